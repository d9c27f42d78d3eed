"""The values of a number that a person can choose: bounds, steps, and what he types. Pure.

A device's own unit and that of the person may differ; steps are the device's.
"""

import math
import re
from dataclasses import dataclass

from dashboard.present import decimals, limit_text
from dashboard.reader import Reader
from dashboard.units import Conversion
from dashboard.wording import plain
from schemas.message import Value
from schemas.traits import LIMIT, Numeric

MOST_DIVISIONS = 1_000
"""Steps of a slider; with more of them it moves without."""
NEAR = 1e-6
"""Part of a step by which a value may be off, because it was computed."""
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
"""What is one number to some and another one to others, and is therefore none."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What a settable number may be, in the device's unit `unit`, shown through `into`."""

    trait: Numeric
    unit: str
    whole: bool
    into: Conversion | None
    reader: Reader

    @property
    def step(self) -> float:
        """The distance of two values that the step buttons choose."""
        return self.trait.step or 1.0

    @property
    def shown_unit(self) -> str:
        """The unit in which he reads and types."""
        return self.unit if self.into is None else self.into.unit

    @property
    def range(self) -> tuple[float, float] | None:
        """The bounds in the person's unit; None without both."""
        if self.trait.low is None or self.trait.high is None or self.trait.low >= self.trait.high:
            return None
        return self.shown(self.trait.low), self.shown(self.trait.high)

    @property
    def divisions(self) -> int | None:
        """How many steps lie between the bounds; None if it is no whole number of them, or too many."""
        if self.range is None or self.trait.low is None or self.trait.high is None:
            return None
        count = (self.trait.high - self.trait.low) / self.step
        return round(count) if abs(count - round(count)) < NEAR and 1 <= count <= MOST_DIVISIONS else None

    def shown(self, value: float) -> float:
        """A device's value in the person's unit."""
        return value if self.into is None else self.into.shown(value)

    def typed(self, value: float) -> str:
        """A value as he would type it: in his unit, without signs between the thousands."""
        shown = self.shown(value)
        precision = decimals(self.trait, self.into)
        if precision is not None:
            return f"{shown:.{precision}f}"
        return f"{round(shown, 6 if self.into is None else 2):.12g}"

    def moved(self, value: float, direction: int) -> Value:
        """The next value up (+1) or down (-1), within the bounds."""
        return self.valid(value + direction * self.step)

    def chosen(self, shown: float) -> Value:
        """The device's value nearest to one in the person's unit that fits bounds and steps."""
        meant = shown if self.into is None else self.into.meant(shown)
        return self.valid(self._on_step(meant) if self.trait.step else meant)

    def valid(self, value: float) -> Value:
        """Moved into the bounds, and whole where the device takes nothing else."""
        low, high = self.trait.bounds
        bounded = min(high, max(low, round(value, 6)))
        return round(bounded) if self.whole else float(bounded)

    def read(self, text: str) -> Value:
        """What he typed, as the device's value. Raises ValueError with what is wrong, in his words."""
        say = self.reader.say
        shown = _number(text)
        if shown is None:
            raise ValueError(say("Enter a number, such as {example}", example=self._example()))
        meant = shown if self.into is None else self.into.meant(shown)
        low, high = self.trait.bounds
        slack = NEAR * self.step
        if meant < low - slack:
            raise ValueError(say("At least {limit}", limit=limit_text(low, self.unit, self.reader)))
        if meant > high + slack:
            raise ValueError(say("At most {limit}", limit=limit_text(high, self.unit, self.reader)))
        if self.into is not None:
            # Nobody can know which values of his unit the device's steps are: the nearest is meant.
            return self.chosen(shown)
        if self.whole and not float(meant).is_integer():
            raise ValueError(say("Enter a whole number"))
        if self.trait.step and abs(meant - self._on_step(meant)) > slack:
            raise ValueError(say("In steps of {step}", step=self._step_text()))
        return self.valid(meant)

    @property
    def hint(self) -> str:
        """Which values there are, in words; empty if all are."""
        parts, say = [], self.reader.say
        low, high = self.trait.low, self.trait.high
        if low is not None and high is not None and max(abs(low), abs(high)) < LIMIT:
            first = plain(round(self.shown(low), 2))
            parts.append(say("{low} to {high}", low=first, high=limit_text(high, self.unit, self.reader)))
        if self.trait.step:
            parts.append(say("in steps of {step}", step=self._step_text()))
        return " · ".join(parts)

    def _on_step(self, value: float) -> float:
        origin = self.trait.low or 0.0
        return origin + round((value - origin) / self.step) * self.step

    def _step_text(self) -> str:
        shown = self.step if self.into is None else self.into.distance(self.step)
        return f"{plain(round(shown, 4))} {self.shown_unit}".rstrip()

    def _example(self) -> str:
        low, high = self.trait.low, self.trait.high
        middle = 20.0 if low is None or high is None else self._on_step((low + high) / 2)
        return self.typed(float(self.valid(middle)))


def _number(text: str) -> float | None:
    """A number as people type it: a comma or a dot before the decimals, spaces between the thousands."""
    tidy = "".join(text.split()).replace("\u202f", "").replace("−", "-")
    if tidy.count(",") == 1 and "." not in tidy and not _THOUSANDS.fullmatch(tidy):
        tidy = tidy.replace(",", ".")
    try:
        number = float(tidy)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in tidy else None
