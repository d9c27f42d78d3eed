"""From which table each part of a history is taken. Pure.

What is not rolled up yet (`Dirt`) is taken from the readings; where readings or minutes were removed, from
what is left. A row of minutes or hours stands for its time from the beginning on.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bridge.stores.steps import HOUR, MINUTE

Range = tuple[int, int]
"""From the first on, before the second: microseconds, or numbers of minutes or hours."""
_NEVER = -(2**62)


class Series(NamedTuple):
    """A stored series, and the hours before which its readings and its minutes were removed."""

    id: int
    type: str
    readings_from: int | None = None
    minutes_from: int | None = None


class Dirt(NamedTuple):
    """Minutes in which readings came since they were rolled up, and hours whose minutes changed since."""

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()


class Parts(NamedTuple):
    """Hours and minutes by number, readings by time."""

    hours: list[Range]
    minutes: list[Range]
    readings: list[Range]


def parts(series: Series, bounds: Range, step: int, dirt: Dirt) -> Parts:
    """Where the history of a range of time is found, when it is told in stretches of `step` microseconds."""
    begin, end = bounds
    readings_from = _NEVER if series.readings_from is None else series.readings_from * HOUR
    minutes_from = _NEVER if series.minutes_from is None else series.minutes_from * HOUR
    by_hour, by_minute = step % HOUR == 0, step % MINUTE == 0
    found = Parts([], [], [])

    # Hours alone are left.
    _add(found.hours, _up(begin, HOUR), _up(min(end, minutes_from), HOUR))
    # Minutes are left, and single readings that came late.
    rest: Iterable[Range] = [(max(begin, minutes_from), min(end, readings_from))]
    if by_hour:
        rest = _take(found.hours, rest, HOUR, dirt.hours)
    for lo, hi in rest:
        _add(found.minutes, _up(lo, MINUTE), _up(hi, MINUTE))
    for minute in sorted(dirt.minutes):
        lo, hi = minute * MINUTE, (minute + 1) * MINUTE
        _add(found.readings, max(lo, begin), min(hi, end, readings_from))
    # Everything is left.
    rest = [(max(begin, readings_from), end)]
    if by_hour:
        rest = _take(found.hours, rest, HOUR, dirt.hours | {minute // 60 for minute in dirt.minutes})
    if by_minute:
        rest = _take(found.minutes, rest, MINUTE, dirt.minutes)
    for lo, hi in rest:
        _add(found.readings, lo, hi)
    return found


def _take(into: list[Range], ranges: Iterable[Range], unit: int, dirty: frozenset[int]) -> list[Range]:
    """Take what whole clean units there are; what is left of the ranges."""
    left: list[Range] = []
    for begin, end in ranges:
        first, last = _up(begin, unit), end // unit
        if first >= last:
            _add(left, begin, end)
            continue
        _add(left, begin, first * unit)
        place = first
        for number in sorted(number for number in dirty if first <= number < last):
            _add(into, place, number)
            _add(left, number * unit, (number + 1) * unit)
            place = number + 1
        _add(into, place, last)
        _add(left, last * unit, end)
    return left


def _add(ranges: list[Range], begin: int, end: int) -> None:
    """One more range, in one with the last where they touch."""
    if begin >= end:
        return
    if ranges and ranges[-1][1] == begin:
        ranges[-1] = (ranges[-1][0], end)
    else:
        ranges.append((begin, end))


def _up(time: int, unit: int) -> int:
    return -(-time // unit)
