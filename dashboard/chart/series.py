"""From a metric's history to what is drawn of it: samples, in runs without a gap. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from bridge.ports import History, Point
from dashboard.chart.axis import clamped
from dashboard.chart.window import Window
from dashboard.present import decimals
from dashboard.reader import Reader
from dashboard.units import Conversion
from schemas.image import Image
from schemas.traits import Binary, Choice, Color, Counter, Event, Numeric, Switch, Text, Timestamp, Trait

HOUR = 3_600.0
_WORDS = (Switch, Binary, Choice, Color, Event, Text, Timestamp, Image)
_PER_HOUR = {"kWh": "kW", "Wh": "W"}
_SILENCES = 10
"""A metric of which nobody knows how long it may be silent is, after so many times its usual distance."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric to be drawn, with its history.

    `silence` is for how many seconds it may say nothing (its kind's `stale_after`), None where nobody knows.
    `options` are the words of a choice in their order. `per_hour` shows a counter as its growth.
    """

    label: str
    history: History
    trait: Trait = field(default_factory=Numeric)
    unit: str = ""
    options: Sequence[str] = ()
    silence: float | None = None
    per_hour: bool = False

    @property
    def is_state(self) -> bool:
        """Whether it is drawn as bars with words, not as a line."""
        if isinstance(self.trait, _WORDS):
            return True
        points = self.history.points
        return bool(points) and all(isinstance(point.value, bool | str) for point in points)

    @property
    def shown_unit(self) -> str:
        """The unit of what is drawn."""
        if not self.grows:
            return self.unit
        return _PER_HOUR.get(self.unit, f"{self.unit}/h" if self.unit else "per hour")

    @property
    def grows(self) -> bool:
        """Whether a counter's growth is drawn."""
        return self.per_hour and isinstance(self.trait, Counter)

    @property
    def precision(self) -> int | None:
        """Decimals of its values, None where nobody said."""
        if self.grows or not isinstance(self.trait, Numeric | Counter):
            return None
        return self.trait.precision


class Sample(NamedTuple):
    """A value at a moment, or the mean of `count` readings around it with their extremes."""

    time: float
    value: float
    low: float
    high: float
    count: int  # type: ignore[assignment]  # a field, where a tuple has a method


def read_by(series: Series, reader: Reader) -> Series:
    """The metric in the units of a reader: its history, and the limits and decimals of its trait."""
    into = reader.conversion(series.unit)
    if into is None or series.is_state:
        return series
    points = [_point_in(point, into) for point in series.history.points]
    history = replace(series.history, points=points)
    return replace(series, history=history, trait=trait_in(series.trait, into), unit=into.unit)


def trait_in(trait: Trait, into: Conversion) -> Trait:
    """A trait whose limits and decimals are those of another unit."""
    if isinstance(trait, Counter):
        return replace(trait, unit=into.unit, precision=decimals(trait, into))
    if not isinstance(trait, Numeric):
        return trait
    low, high, warn_low, warn_high = (
        None if limit is None else into.shown(limit)
        for limit in (trait.low, trait.high, trait.warn_low, trait.warn_high)
    )
    return replace(
        trait, unit=into.unit, precision=decimals(trait, into), low=low, high=high,
        warn_low=warn_low, warn_high=warn_high,
    )  # fmt: skip


def _point_in(point: Point, into: Conversion) -> Point:
    if isinstance(point.value, str):
        return point
    low, high = (None if end is None else into.shown(end) for end in (point.low, point.high))
    # A whole number may be larger than any float.
    value = point.value if isinstance(point.value, float) else clamped(point.value)
    return Point(point.time, into.shown(value), low, high, point.count)


def runs(series: Series, window: Window) -> list[list[Sample]]:
    """The samples of a numeric metric from just before the window to just after it.

    A new run begins where it was silent for longer than it should be. What is no finite number is left out.
    """
    samples = _samples(series.history, window)
    longest = longest_silence(series)
    if series.grows:
        return _near(_growth(samples, longest, rolled=series.history.step > 0), window)
    return _near(_parted(samples, longest), window)


def longest_silence(series: Series) -> float:
    """Seconds between two samples beyond which the metric was silent for too long.

    Of points that stand for many readings this is what may lie between their middles: an empty one is a
    silence at least as long as it.
    """
    step = series.history.step
    if series.silence is not None:
        return max(1.5 * step, series.silence + step)
    times = [point.time for point in series.history.points]
    if len(times) < 3:
        return 3 * step if step else math.inf
    usual = median(after - before for before, after in pairwise(times))
    return max(3 * step, 3 * usual) if step else max(1.0, _SILENCES * usual)


def thinned(parts: Sequence[Sequence[Sample]], window: Window, most: int) -> list[list[Sample]]:
    """Runs of about `most` samples at most, each the mean and the extremes of its stretch of time."""
    if sum(len(run) for run in parts) <= most:
        return [list(run) for run in parts]
    width = window.seconds / most
    out: list[list[Sample]] = []
    for run in parts:
        short = _merged(run, width)
        lone = len(short) == 1 and out and len(out[-1]) == 1
        if lone and out[-1][0].time // width == short[0].time // width:
            out[-1] = _merged([*out[-1], *short], width)
        else:
            out.append(short)
    return out


def _samples(history: History, window: Window) -> list[Sample]:
    found = []
    step = history.step
    for point in history.points:
        number = _number(point)
        if number is not None:
            low = number if point.low is None else min(number, clamped(point.low))
            high = number if point.high is None else max(number, clamped(point.high))
            time = _middle(point.time, step, window) if step else point.time
            found.append(Sample(time, number, low, high, point.count))
    return found


def _number(point: Point) -> float | None:
    if isinstance(point.value, str):
        return None
    # A whole number may be larger than any float, which `isfinite` cannot take.
    return clamped(point.value) if isinstance(point.value, int) or math.isfinite(point.value) else None


def _middle(time: float, step: float, window: Window) -> float:
    """Where the readings of a point lie: in the middle of the part of it that is shown."""
    first, last = max(time, window.start), min(time + step, window.end)
    return (first + last) / 2 if first < last else time + step / 2


def _parted(samples: Iterable[Sample], longest: float) -> list[list[Sample]]:
    out: list[list[Sample]] = []
    for sample in samples:
        if out and 0 <= sample.time - out[-1][-1].time <= longest:
            out[-1].append(sample)
        else:
            out.append([sample])
    return out


def _near(parts: Iterable[list[Sample]], window: Window) -> list[list[Sample]]:
    """What lies in the window, with the sample before and the one after it where a line leads to them."""
    found = []
    for run in parts:
        first = next((at for at, sample in enumerate(run) if sample.time >= window.start), len(run))
        last = next((at for at, sample in enumerate(run) if sample.time >= window.end), len(run))
        if first == len(run) or (first == last and first == 0):
            continue
        found.append(run[max(0, first - 1) : last + 1])
    return found


def _growth(samples: Sequence[Sample], longest: float, *, rolled: bool) -> list[list[Sample]]:
    """How much was added an hour between two readings, at the moment between them.

    A single reading below the one before is a counter that began anew at 0. Of many readings together nobody
    knows when it did: there the growth is unknown.
    """
    out: list[list[Sample]] = []
    whole = False
    for before, after in pairwise(samples):
        seconds = after.time - before.time
        if not 0 < seconds <= longest or (rolled and after.low < before.high):
            whole = whole and seconds <= 0
            continue
        grown = after.value - before.value if after.value >= before.value else after.value
        rate = clamped(grown / seconds * HOUR)
        sample = Sample((before.time + after.time) / 2, rate, rate, rate, after.count)
        if whole:
            out[-1].append(sample)
        else:
            out.append([sample])
        whole = True
    return out


def _merged(run: Sequence[Sample], width: float) -> list[Sample]:
    out: list[Sample] = []
    group: list[Sample] = []
    for sample in run:
        if group and group[0].time // width != sample.time // width:
            out.append(_one(group))
            group = []
        group.append(sample)
    out.append(_one(group))
    return out


def _one(group: Sequence[Sample]) -> Sample:
    if len(group) == 1:
        return group[0]
    count = sum(sample.count for sample in group)
    return Sample(
        sum(sample.time * (sample.count / count) for sample in group),
        sum(sample.value * (sample.count / count) for sample in group),
        min(sample.low for sample in group),
        max(sample.high for sample in group),
        count,
    )
