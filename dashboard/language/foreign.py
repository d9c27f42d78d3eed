"""What the bridge, the stores and the kinds say in English, with holes for what they say it of.

They know no languages. What is shown of theirs is recognised here; a test holds this against what they say.
"""

from collections.abc import Sequence

from dashboard.language import marked

SENTENCES: Sequence[str] = (marked("No connection to the broker: {why}"),)
