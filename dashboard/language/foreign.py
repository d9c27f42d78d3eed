"""What the bridge, the stores and the kinds say in English, with holes for what they say it of.

They know no languages. What is shown of theirs is recognised here; a test holds this against what they say.
"""

from collections.abc import Sequence

from dashboard.language import marked

SENTENCES: Sequence[str] = (
    marked("No connection to the broker: {why}"),
    marked("{n} browser has it open, and there is no room for more."),
    marked("{n} browsers have it open, and there is no room for more."),
    marked("not heard yet"),
    marked("not heard live yet, only a kept value"),
    marked("said so, or its last will did"),
    marked("announced itself; no live message yet"),
    marked("announced and heard"),
    marked("heard"),
    marked("no connection to the broker: {why}"),
    marked("silent for more than {span}"),
)
