"""Scales of time: round moments of a person's zone, also where the clock jumps."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart.clock import moment_text, rfc3339, span_text, time_ticks
from dashboard.chart.window import LONGEST, SHORTEST, Window
from dashboard.reader import Reader

BERLIN = ZoneInfo("Europe/Berlin")
READER = Reader(zone="Europe/Berlin")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
)
HOUR = 3_600


def window(start: str, hours: float, zone: ZoneInfo = BERLIN) -> Window:
    """From a local time on for so many hours."""
    first = datetime.fromisoformat(start).replace(tzinfo=zone).timestamp()
    return Window(first, first + hours * HOUR)


def told(shown: Window, zone: ZoneInfo = BERLIN, width: float = 600) -> list[str]:
    """The texts of the ticks."""
    return [tick.text for tick in time_ticks(shown, width, Reader(zone=zone.key))]


@pytest.mark.parametrize(
    ("start", "hours", "texts"),
    [
        ("2026-07-01T12:00:03", 10 / HOUR, ["12:00:04", "12:00:06", "12:00:08", "12:00:10", "12:00:12"]),
        ("2026-07-01T11:50", 1, ["11:50", "12:00", "12:10", "12:20", "12:30", "12:40"]),
        ("2026-07-01T20:00", 12, ["20:00", "22:00", "2 Jul", "02:00", "04:00", "06:00"]),
        ("2026-06-29T20:00", 24 * 6, ["30 Jun", "1 Jul", "2 Jul", "3 Jul", "4 Jul", "5 Jul"]),
        ("2026-07-01T12:00", 24 * 30, ["6 Jul", "13 Jul", "20 Jul", "27 Jul"]),
        ("2026-07-01T12:00", 24 * 366, ["Sep", "Nov", "2027", "Mar", "May", "Jul"]),
        ("2026-07-01T12:00", 24 * 366 * 10, ["2028", "2030", "2032", "2034", "2036"]),
    ],
    ids=["seconds", "hour", "evening", "days", "weeks", "months", "years"],
)
def test_ticks_are_round(start: str, hours: float, texts: list[str]) -> None:
    """In the zone's own time; a new day is said by its date, a new year by its number."""
    assert texts == told(window(start, hours))


def test_days_are_major_among_hours() -> None:
    """So that the dashboard can write them bold."""
    ticks = time_ticks(window("2026-07-01T20:00", 12), 600, READER)
    assert ["2 Jul"] == [tick.text for tick in ticks if tick.major]


def test_the_clock_put_forward() -> None:
    """In Berlin there is no 02:00 on that night; the hours stay an hour apart."""
    shown = window("2026-03-29T00:30", 5)
    assert ["01:00", "03:00", "04:00", "05:00", "06:00"] == told(shown)
    places = [tick.at for tick in time_ticks(shown, 600, READER)]
    assert [0.1, 0.3, 0.5, 0.7, 0.9] == [round(place, 6) for place in places]


def test_the_clock_put_back() -> None:
    """02:00 is there twice; every other tick is a multiple of the step on the clock as it then is."""
    assert ["22:00", "25 Oct", "02:00", "02:00", "04:00", "06:00", "08:00"] == told(
        window("2026-10-24T22:00", 12)
    )
    assert ["01:00", "02:00", "02:00", "03:00", "04:00"] == told(window("2026-10-25T00:30", 5))


def test_a_day_without_midnight() -> None:
    """In Santiago the clock goes from 24:00 to 01:00: the day begins then, and is said."""
    zone = ZoneInfo("America/Santiago")
    shown = window("2026-09-05T22:00", 5, zone)
    assert ["22:00", "23:00", "6 Sep", "02:00", "03:00"] == told(shown, zone)


def test_ticks_have_room() -> None:
    """On a phone there are fewer."""
    assert ["1 Jul", "12:00", "2 Jul", "12:00"] == told(window("2026-07-01T00:00", 48), width=360)


@given(st.floats(0, 4e9), st.floats(SHORTEST, LONGEST), st.sampled_from(ZONES), st.floats(60, 2_000))
def test_ticks_stand_within_the_window(start: float, seconds: float, zone: str, width: float) -> None:
    """In order, no two in one place, not too many, and each where its text says."""
    shown = Window(start, start + seconds)
    ticks = time_ticks(shown, width, Reader(zone=zone))
    places = [tick.at for tick in ticks]
    assert places == sorted(set(places))
    assert all(0 <= place <= 1 for place in places)
    assert len(ticks) <= max(2, width / 84) + 3
    for tick in ticks:
        if ":" in tick.text:
            # To the nearest second, because a place is a fraction.
            local = datetime.fromtimestamp(shown.moment(tick.at) + 0.5, ZoneInfo(zone))
            assert f"{local:%H:%M:%S}".startswith(tick.text)


def test_moments_as_text() -> None:
    """In words for people, in RFC 3339 for files; a span says its day once."""
    moment = datetime(2026, 7, 1, 12, 0, 3, 250_000, UTC).timestamp()
    assert "1 Jul 2026 14:00:03" == moment_text(moment, READER)
    assert "2026-07-01T14:00:03.250+02:00" == rfc3339(moment, BERLIN)
    assert "2026-07-01T14:00:03+02:00" == rfc3339(moment - 0.25, BERLIN)
    assert "1 Jul 2026 12:00 to 13:00" == span_text(window("2026-07-01T12:00", 1), READER)
    assert "1 Jul 2026 23:30 to 2 Jul 2026 00:30" == span_text(window("2026-07-01T23:30", 1), READER)
    assert timedelta(hours=2) == datetime.fromisoformat(rfc3339(moment, BERLIN)).utcoffset()
