"""Axes of numbers: which range is shown, where its ticks stand and how they read. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

LARGEST = 1e300
"""Values beyond it are drawn at it, so that no difference overflows."""
PER_TICK = 38
"""Pixels of height for each tick."""
_FINEST = 1e-9
"""The least range that is shown, in parts of the greatest value: below it floats tell nothing apart."""


class Tick(NamedTuple):
    """A label beside an axis. `at` is its place as a fraction: from the top, or from the left.

    `major` marks the beginning of a day, a month or a year where the others are times within it.
    """

    at: float
    text: str
    major: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values, `low` below `high`, with its ticks' distance."""

    low: float
    high: float
    step: float

    def share(self, value: float) -> float:
        """How far from the top a value lies, 0 to 1; what is beyond the range lies on its edge."""
        return min(1.0, max(0.0, (self.high - value) / (self.high - self.low)))

    def values(self) -> list[float]:
        """The values of the ticks, rising; none where there is nothing to be measured."""
        if not math.isfinite(self.step):
            return []
        first, last = math.ceil(self.low / self.step - 1e-6), math.floor(self.high / self.step + 1e-6)
        return [self.step * number for number in range(first, last + 1)]

    def text(self, value: float) -> str:
        """A tick's value, with as many decimals as the distance of the ticks needs."""
        return step_text(value, self.step)


def axis_for(values: Iterable[float], height: float, precision: int | None = None) -> Axis:
    """The axis that shows all values on so many pixels of height. It ends a little beyond them.

    From 0 where that is near; without a tick where there are no values. `precision` (decimals) keeps the
    noise of a steady value from filling it.
    """
    found = [clamped(value) for value in values]
    if not found:
        return Axis(0.0, 1.0, math.inf)
    low, high = min(found), max(found)
    size = max(abs(low), abs(high))
    least = max(size * _FINEST, 4 * 10.0**-precision if precision is not None else size * 0.02, 1e-12)
    if high - low < least:
        middle = low / 2 + high / 2
        room = least if high > low or size else 1.0
        # What is never below 0 shall not look as if it could be.
        below = room / 2 if low < 0 or middle >= room / 2 else middle
        low, high = middle - below, middle - below + room
    else:
        room = (high - low) * 0.06
        floor = 0.0 if 0 <= low <= (high - low) * 0.5 else low - room
        ceiling = 0.0 if 0 >= high >= -(high - low) * 0.5 else high + room
        low, high = floor, ceiling
    return Axis(low, high, nice_step((high - low) / max(3.0, height / PER_TICK)))


def nice_step(least: float) -> float:
    """The next 1, 2 or 5 times a power of ten that is at least so much; above 0."""
    power = math.floor(math.log10(least))
    for factor in (1, 2, 5):
        # Written out, because a power of ten below 1 times 2 is not the float that reads the same.
        if (step := float(f"{factor}e{power}")) >= least * (1 - 1e-9):
            return step
    return float(f"1e{power + 1}")


def step_text(value: float, step: float) -> str:
    """A multiple of a step as text: thousands apart, only as many decimals as the step has."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(value) >= 1e15 or decimals > 9:
        return f"{value:.6g}"
    # Adding 0 takes the sign from -0.
    return f"{round(value, decimals) + 0:,.{decimals}f}".replace(",", "\u202f")


def clamped(value: float) -> float:
    """A number as a float within what can be drawn. Not for NaN."""
    # A whole number may be larger than any float.
    return float(value if -LARGEST <= value <= LARGEST else LARGEST if value > 0 else -LARGEST)
