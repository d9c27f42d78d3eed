"""What a person has chosen: theme, language, units, time zone, and how devices stand on the overview.

It is kept by his browser, which says it when it opens.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast, get_args

from starlette.datastructures import URL, QueryParams

from dashboard.language import LANGUAGES, Language, language_of
from dashboard.reader import Reader, known_zone
from dashboard.units import System

Theme: TypeAlias = Literal["system", "light", "dark"]
PARAMETER = "wish"
"""In the address of a socket, from `connection.js`: what this browser keeps, and what it knows itself."""
NOTE = b"\x02"
"""Begins a message for `connection.js`, which Flet's client drops; JSON follows."""
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """Empty is "as the browser has it". `languages` and `here` are the browser's own, the best first.

    `group`, `sort` and `size` are how the overview stands where its address does not say it; empty is as for
    everybody.
    """

    theme: Theme = "system"
    language: Language | Literal[""] = ""
    units: System = "device"
    zone: str = ""
    languages: tuple[str, ...] = ()
    here: str = ""
    group: str = ""
    sort: str = ""
    size: str = ""

    def reader(self, usual: str = "") -> Reader:
        """For whom to draw. `usual` is the language of who wishes none."""
        languages = (usual, *self.languages) if usual else self.languages
        return Reader(language_of(self.language, languages), self.units, known_zone((self.zone, self.here)))

    @property
    def overview(self) -> Mapping[str, str]:
        """What he wants of the overview, as its address would say it."""
        wanted = {"group": self.group, "sort": self.sort, "size": self.size}
        return {name: value for name, value in wanted.items() if value}

    def but_overview(self, wanted: Mapping[str, str]) -> "Wishes":
        """The same, but for these of `group`, `sort` and `size`."""
        group, sort = wanted.get("group", self.group), wanted.get("sort", self.sort)
        return replace(self, group=group, sort=sort, size=wanted.get("size", self.size))

    @property
    def note(self) -> bytes:
        """The message by which the browser keeps them."""
        kept = {"theme": self.theme, "language": self.language, "units": self.units, "zone": self.zone}
        kept |= self.overview
        return note({"wish": kept})


def note(told: Mapping[str, object]) -> bytes:
    """A message for our own page's script."""
    return NOTE + json.dumps(told, separators=(",", ":")).encode()


def wishes_of(address: URL) -> Wishes:
    """What the address of a socket says; whatever makes no sense is as if it had not been said."""
    text = QueryParams(address.query).get(PARAMETER, "")
    try:
        said = json.loads(text) if len(text) <= LONGEST else {}
    except (ValueError, RecursionError):
        said = {}
    if not isinstance(said, dict):
        return Wishes()
    languages = said.get("languages")
    return Wishes(
        theme=cast("Theme", _one_of(said.get("theme"), get_args(Theme), "system")),
        language=cast("Language", _one_of(said.get("language"), LANGUAGES, "")),
        units=cast("System", _one_of(said.get("units"), get_args(System), "device")),
        zone=_text(said.get("zone")),
        languages=tuple(map(_text, languages[:10])) if isinstance(languages, list) else (),
        here=_text(said.get("here")),
        group=_text(said.get("group")),
        sort=_text(said.get("sort")),
        size=_text(said.get("size")),
    )


def _one_of(given: object, known: object, usual: str) -> str:
    return given if isinstance(given, str) and given in tuple(known) else usual  # type: ignore[arg-type]


def _text(given: object) -> str:
    return given[:64] if isinstance(given, str) else ""
