"""Axes of time: ticks at round times of a person's zone, and moments as text. Pure."""

import math
from datetime import date, datetime, timedelta, tzinfo

from dashboard.chart.axis import Tick
from dashboard.chart.window import Window

PER_TICK = 84
"""Pixels of width for each tick."""
DAY = 86_400
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONTH = 30.44 * DAY
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def time_ticks(window: Window, width: float, zone: tzinfo) -> tuple[Tick, ...]:
    """Ticks at round local times of [start, end) on so many pixels of width.

    Where the clock is put back an hour is there twice; where it is put forward one is missing. The first
    moment of a day is said as its date, that of a year as the year.
    """
    least = window.seconds / max(2.0, width / PER_TICK)
    step = next((step for step in _SECONDS if step >= least), None)
    if step is not None:
        moments = _within_days(window, step, zone)
        usual = "%H:%M" if step % 60 == 0 else "%H:%M:%S"
    elif least <= _DAYS[-1] * DAY:
        moments = _days(window, next(days for days in _DAYS if days * DAY >= least), zone)
        usual = ""
    else:
        months = next((months for months in _MONTHS if months * _MONTH >= least), _MONTHS[-1])
        moments = _months(window, months, zone)
        usual = "month"
    return tuple(_tick(moment, window, usual, zone) for moment in moments)


def moment_text(moment: float, zone: tzinfo, *, seconds: bool = True) -> str:
    """A moment as people say it: 24 Nov 2026 14:05:09."""
    local = datetime.fromtimestamp(moment, zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{day_text(local)} {local.year} {clock}"


def span_text(window: Window, zone: tzinfo) -> str:
    """From when to when, the day said once where it is one."""
    seconds = window.seconds < 600
    first, last = (moment_text(moment, zone, seconds=seconds) for moment in (window.start, window.end))
    day, _, clock = last.rpartition(" ")
    return f"{first} to {clock if first.rpartition(' ')[0] == day else last}"


def day_text(local: date) -> str:
    """A day of the year: 24 Nov."""
    return f"{local.day} {_NAMES[local.month - 1]}"


def rfc3339(moment: float, zone: tzinfo) -> str:
    """A moment in the zone, to milliseconds where it has any."""
    local = datetime.fromtimestamp(round(moment, 3), zone)
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def _within_days(window: Window, step: int, zone: tzinfo) -> list[float]:
    offsets = {_offset(moment, zone) for moment in _samples(window)}
    found = set()
    for offset in offsets:
        number = math.ceil((window.start + offset) / step)
        while (moment := number * step - offset) < window.end:
            # Rounding may have put the first a hair before the start.
            if moment >= window.start and _offset(moment, zone) == offset:
                found.add(moment)
            number += 1
    return sorted(found)


def _samples(window: Window) -> list[float]:
    count = int(window.seconds // DAY) + 1
    return [window.start, *(window.start + DAY * number for number in range(1, count)), window.end]


def _days(window: Window, step: int, zone: tzinfo) -> list[float]:
    day = datetime.fromtimestamp(window.start, zone).date() - timedelta(days=1)
    found = []
    while (moment := _midnight(day, zone)) < window.end:
        # Weeks begin on Monday, which day 1 of the calendar is; two days go on from month to month.
        if moment >= window.start and (day.toordinal() - 1) % step == 0:
            found.append(moment)
        day += timedelta(days=1)
    return found


def _months(window: Window, step: int, zone: tzinfo) -> list[float]:
    first = datetime.fromtimestamp(window.start, zone)
    number = (first.year * 12 + first.month - 1) // step * step
    found = []
    while (moment := _midnight(date(number // 12, number % 12 + 1, 1), zone)) < window.end:
        if moment >= window.start:
            found.append(moment)
        number += step
    return found


def _tick(moment: float, window: Window, usual: str, zone: tzinfo) -> Tick:
    local = datetime.fromtimestamp(moment, zone)
    at = window.share(moment)
    if usual.startswith("%"):
        begins = moment == _midnight(local.date(), zone)
        return Tick(at, day_text(local) if begins else f"{local:{usual}}", begins)
    if (local.month, local.day) == (1, 1):
        return Tick(at, str(local.year), major=True)
    return Tick(at, _NAMES[local.month - 1] if usual == "month" else day_text(local))


def _midnight(day: date, zone: tzinfo) -> float:
    """The first moment of a local day, also where the clock leaves midnight out."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _offset(moment: float, zone: tzinfo) -> float:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return (offset or timedelta()).total_seconds()
