"""Axes of time: ticks at round times of a person's zone, and moments as text. Pure."""

import math
from datetime import date, datetime, timedelta, tzinfo

from dashboard.chart.axis import Tick
from dashboard.chart.window import Window
from dashboard.language import marked
from dashboard.reader import ENGLISH, Reader

PER_TICK = 84
"""Pixels of width for each tick."""
DAY = 86_400
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONTH = 30.44 * DAY
_NAMES = (
    marked("Jan"), marked("Feb"), marked("Mar"), marked("Apr"), marked("May"), marked("Jun"),
    marked("Jul"), marked("Aug"), marked("Sep"), marked("Oct"), marked("Nov"), marked("Dec"),
)  # fmt: skip


def time_ticks(window: Window, width: float, reader: Reader) -> tuple[Tick, ...]:
    """Ticks at round times of a reader's zone of [start, end) on so many pixels of width.

    Where the clock is put back an hour is there twice; where it is put forward one is missing. The first
    moment of a day is said as its date, that of a year as the year.
    """
    zone = reader.clock
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
    return tuple(_tick(moment, window, usual, reader) for moment in moments)


def moment_text(moment: float, reader: Reader = ENGLISH, *, seconds: bool = True) -> str:
    """A moment as people say it: 24 Nov 2026 14:05:09."""
    local = reader.moment(moment)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return reader.say("{day} {year} {clock}", day=day_text(local, reader), year=local.year, clock=clock)


def span_text(window: Window, reader: Reader = ENGLISH) -> str:
    """From when to when, the day said once where it is one."""
    seconds = window.seconds < 600
    first, last = (reader.moment(moment) for moment in (window.start, window.end))
    start, end = (moment_text(moment, reader, seconds=seconds) for moment in (window.start, window.end))
    if first.date() == last.date():
        end = f"{last:%H:%M:%S}" if seconds else f"{last:%H:%M}"
    return reader.say("{start} to {end}", start=start, end=end)


def day_text(local: date, reader: Reader = ENGLISH) -> str:
    """A day of the year: 24 Nov."""
    return reader.say("{day} {month}", day=local.day, month=reader.say(_NAMES[local.month - 1]))


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


def _tick(moment: float, window: Window, usual: str, reader: Reader) -> Tick:
    local = reader.moment(moment)
    at = window.share(moment)
    if usual.startswith("%"):
        begins = moment == _midnight(local.date(), reader.clock)
        return Tick(at, day_text(local, reader) if begins else f"{local:{usual}}", begins)
    if (local.month, local.day) == (1, 1):
        return Tick(at, str(local.year), major=True)
    return Tick(at, reader.say(_NAMES[local.month - 1]) if usual == "month" else day_text(local, reader))


def _midnight(day: date, zone: tzinfo) -> float:
    """The first moment of a local day, also where the clock leaves midnight out."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _offset(moment: float, zone: tzinfo) -> float:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return (offset or timedelta()).total_seconds()
