"""Which devices the overview is asked for, and how they are to stand: what its address says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast, get_args
from urllib.parse import urlencode

from dashboard.census import Standing
from dashboard.language import marked
from dashboard.wishes import Wishes

LONGEST_NUMBER = 6
LONGEST = 100
"""Letters of each word that is searched for."""

Group: TypeAlias = Literal["kind", "place", "none"]
Sort: TypeAlias = Literal["attention", "name", "heard"]
Size: TypeAlias = Literal["normal", "compact", "large"]
GROUPS: Mapping[Group, str] = {
    "kind": marked("By kind"), "place": marked("By place"), "none": marked("All together"),
}  # fmt: skip
SORTS: Mapping[Sort, str] = {
    "attention": marked("What needs attention first"),
    "name": marked("By name"),
    "heard": marked("Last heard first"),
}
SIZES: Mapping[Size, str] = {
    "compact": marked("Rows"), "normal": marked("Cards"), "large": marked("Large cards"),
}  # fmt: skip
STATES: Mapping[str, str] = {
    "online": marked("Online"), "offline": marked("Offline"), "stale": marked("Stale"),
    "unknown": marked("Unknown"), "alert": marked("Alerts"),
}  # fmt: skip
"""What `state` may be. An `alert` is a value beyond its limits, or one that means trouble."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Those that fit all that is given, from the page `page` on.

    `text` stands in the name, the place, the id or the name of the kind, upper and lower case alike.
    """

    text: str = ""
    kind: str = ""
    place: str = ""
    state: str = ""
    group: Group = "kind"
    sort: Sort = "attention"
    size: Size = "normal"
    page: int = 1

    @property
    def route(self) -> str:
        """Where these devices are shown so."""
        usual = Wanted()
        asked = {
            "q": self.text, "kind": self.kind, "place": self.place, "state": self.state,
            "group": self.group if self.group != usual.group else "",
            "sort": self.sort if self.sort != usual.sort else "",
            "size": self.size if self.size != usual.size else "",
            "page": str(self.page) if self.page > 1 else "",
        }  # fmt: skip
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"/?{query}" if query else "/"

    @property
    def filtered(self) -> bool:
        """Whether these are not simply all."""
        return bool(self.text or self.kind or self.place or self.state)

    def but(self, **changes: Any) -> "Wanted":  # noqa: ANN401  (any of the fields)
        """The same with another choice, from the first page on."""
        return replace(self, **{"page": 1, **changes})

    @property
    def all(self) -> "Wanted":
        """Every device, standing as these do."""
        return self.but(text="", kind="", place="", state="")

    def fits(self, device: Standing, kind_title: str) -> bool:
        """Whether a device is one of these. `kind_title` is what the person calls its kind."""
        if self.kind and device.kind != self.kind:
            return False
        if self.place and device.place != self.place:
            return False
        if self.state and not (device.alert if self.state == "alert" else device.availability == self.state):
            return False
        if not self.text:
            return True
        sought = self.text.casefold()
        return sought in device.words or sought in kind_title.casefold()


def wanted(values: Mapping[str, str]) -> Wanted:
    """What the address asks for; what makes no sense is left out."""
    text = values.get("page", "1")
    number = int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else 1
    text, kind, place, state = (
        values.get(name, "").strip()[:LONGEST] for name in ("q", "kind", "place", "state")
    )
    return Wanted(
        text,
        kind,
        place,
        state,
        cast("Group", _one_of(values.get("group"), Group, "kind")),
        cast("Sort", _one_of(values.get("sort"), Sort, "attention")),
        cast("Size", _one_of(values.get("size"), Size, "normal")),
        max(1, number),
    )


ASKED = frozenset({"q", "kind", "place", "state", "group", "sort", "size", "page"})
"""What an address of the overview may say."""


def usual(values: Mapping[str, str], wishes: Wishes) -> Mapping[str, str]:
    """What the address says; where it asks for nothing, the devices stand as this person wants them."""
    return values if ASKED & values.keys() else {**values, **wishes.overview}


def _one_of(given: str | None, known: object, usual: str) -> str:
    return given if given is not None and given in get_args(known) else usual
