"""Which refused messages a page shows, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bridge.ports import Sought

MOST = 50
"""Messages that are read at a time; older ones follow when he has scrolled to the end."""
LONGEST = 200
"""Characters of a text that is sought."""
LONGEST_TOPIC = 1_000
LONGEST_NUMBER = 18
MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of a reason, with a text in them, older than an id, of a topic, wrong at a field.

    `topic` may have levels `+` for any; `field` is None for any, "" for none. `show` is `MESSAGES` where they
    are wanted one by one; a text, a topic or an id asks for that too.
    """

    reason: str = ""
    text: str = ""
    before: int | None = None
    topic: str = ""
    field: str | None = None
    show: str = ""

    @property
    def route(self) -> str:
        """The page that shows these."""
        values = {
            "show": self.show,
            "topic": self.topic,
            "reason": self.reason,
            "q": self.text,
            "before": self.before,
        }
        given = {name: value for name, value in values.items() if value}
        if self.field is not None:
            given["field"] = self.field
        query = urlencode(given, quote_via=quote)
        return "/quarantine" + (f"?{query}" if query else "")

    @property
    def name(self) -> str:
        """What they are called among the layouts, and beside the loop."""
        return self.route.lstrip("/")

    @property
    def sought(self) -> Sought:
        """The same for the store."""
        return Sought(
            self.before, MOST + 1, self.reason or None, self.text or None, self.topic or None, self.field
        )

    @property
    def filtered(self) -> bool:
        """Whether these are not simply all."""
        return bool(self.reason or self.text or self.topic or self.field is not None)

    @property
    def grouped(self) -> bool:
        """Whether they are shown in groups."""
        one_by_one = self.text or self.before or self.topic or self.field is not None
        return not one_by_one and self.show != MESSAGES

    @property
    def group(self) -> tuple[str, str, str] | None:
        """Topic, reason and field, where these are one group."""
        return None if self.field is None or not self.topic else (self.topic, self.reason, self.field)


def wanted(values: Mapping[str, str]) -> Wanted:
    """What the address asks for; what makes no sense is left out."""
    before = values.get("before", "")
    number = int(before) if before.isdecimal() and len(before) <= LONGEST_NUMBER else None
    return Wanted(
        values.get("reason", "")[:LONGEST],
        values.get("q", "").strip()[:LONGEST],
        number,
        values.get("topic", "")[:LONGEST_TOPIC],
        values["field"][:LONGEST] if "field" in values else None,
        MESSAGES if values.get("show") == MESSAGES else "",
    )
