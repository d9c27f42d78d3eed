"""For whom something is drawn: language, units and time zone. Those who are alike in it share every card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from dashboard.language import Language, catalog
from dashboard.language.told import told
from dashboard.units import Conversion, System, conversion


@dataclass(frozen=True)
class Reader:
    """What differs from person to person, and that shared cards depend on.

    `key` stands for it in their names. `units` is the system in which values are shown, or "device": as the
    devices say them. `zone` is an IANA name; only what shows absolute times depends on it, and says so by
    `zoned` in its name. `window` is how wide his window is, in pixels and few steps; only what is drawn in
    pixels depends on it, and says so by `sized`.
    """

    language: Language = "en"
    units: System = "device"
    zone: str = "UTC"
    window: int = 1_200

    @cached_property
    def key(self) -> str:
        """Of everything without absolute times."""
        return f"{self.language}.{self.units}"

    @cached_property
    def zoned(self) -> str:
        """Of what has absolute times."""
        return f"{self.key}.{self.zone}"

    @cached_property
    def sized(self) -> str:
        """Of what is drawn in pixels as well."""
        return f"{self.zoned}.{self.window}"

    @cached_property
    def clock(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone)

    def say(self, text: str, /, **values: object) -> str:
        """A text of ours in this language, with `values` in the place of what stands in braces."""
        # An empty text is the key of the catalog's own head.
        said = text if self.language == "en" or not text else catalog(self.language).gettext(text)
        return said.format(**values) if values else said

    def count(self, one: str, more: str, number: float, /, **values: object) -> str:
        """What is said of a number, which stands in the text as `{n}`: as it is, or as `n` in `values`."""
        said = catalog(self.language).ngettext(one, more, 1 if number == 1 else 2)
        return said.format(**{"n": number, **values})

    def told(self, text: str) -> str:
        """What another part says in English, such as a reason or a label, in this language where it is known.

        What is not known, such as the words of a device, stays as it is.
        """
        return text if self.language == "en" else told(self.language, text)

    def conversion(self, unit: str) -> Conversion | None:
        """How a value in a device's unit is shown; None if as it is."""
        return None if self.units == "device" else conversion(unit, self.units)

    def within(self, width: float | None) -> "Reader":
        """The same person before a window of so many pixels, as far as that is known."""
        return replace(self, window=window_of(float(width))) if width else self

    def moment(self, when: float) -> datetime:
        """Unix seconds on this person's clock."""
        return datetime.fromtimestamp(when, self.clock)


WINDOWS = (360, 480, 600, 768, 992, 1_200, 1_500, 1_900, 2_500, 3_800)
"""The steps of `Reader.window`: as few as make drawings that fit, so that many share them.

Among them are 768 and 992, from which on Flet's `md` and `lg` count.
"""


def window_of(width: float) -> int:
    """The step of a window of so many pixels: the widest that is not wider, or the least."""
    return max((step for step in WINDOWS if step <= width), default=WINDOWS[0])


ENGLISH = Reader()
"""Who has said nothing: English, as the devices say it, UTC."""


@lru_cache(64)
def known_zone(names: Sequence[str]) -> str:
    """The first of these that is a time zone here, else UTC."""
    for name in names:
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            continue
        return name
    return "UTC"
