"""The stretch of time that is shown: in the address, moved and zoomed, within its bounds."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart.window import (
    LONGEST,
    RANGES,
    SHORTEST,
    Window,
    WindowError,
    advanced,
    bounded,
    named,
    panned,
    parameters,
    points_for,
    read,
    redraw_after,
    zoomed,
)

NOW = 1_900_000_000.0
DAY = 86_400.0
NO_TIME = "expected Unix seconds, or a time with its zone such as 2026-01-31T12:00:00Z"
WINDOWS = st.builds(
    lambda ago, seconds: bounded(NOW - ago - seconds, NOW - ago, NOW), st.floats(0, 1e9), st.floats(0, 1e9)
)


@pytest.mark.parametrize(
    ("address", "window"),
    [
        ({}, Window(NOW - DAY, NOW, "24h")),
        ({"range": "7d"}, Window(NOW - 7 * DAY, NOW, "7d")),
        ({"from": "1899999000", "to": "1899999900"}, Window(NOW - 1_000, NOW - 100)),
        ({"from": "2030-03-17T17:30:00Z", "to": "2030-03-17T18:40:00+01:00"}, Window(NOW - 1_000, NOW - 400)),
        ({"from": "2030-03-17T18:30:00 01:00", "to": "1899999600"}, Window(NOW - 1_000, NOW - 400)),
        ({"from": "1899999000"}, Window(NOW - 1_000, NOW)),
        ({"to": "1899999000"}, Window(NOW - 1_000 - DAY, NOW - 1_000)),
        ({"from": "-2h", "to": "now"}, Window(NOW - 7_200, NOW)),
        ({"from": "1899999999.5", "to": "1900000000"}, Window(NOW - SHORTEST, NOW)),
        ({"from": "0", "to": "now"}, Window(NOW - LONGEST, NOW)),
        ({"from": "1899999000", "to": "2900000000"}, Window(NOW - LONGEST, NOW)),
    ],
    ids=[
        "nothing", "range", "unix", "rfc", "plus", "from", "to", "ago", "short", "long", "future",
    ],
)  # fmt: skip
def test_an_address_asks_for_a_window(address: Mapping[str, str], window: Window) -> None:
    """By a name, or from and to in any of the notations; beyond the bounds it is brought within."""
    found = read(address, NOW)
    assert window == found


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"range": "5h"}, "range: expected one of 1h, 6h, 24h, 7d, 30d, 90d, 1y, got '5h'"),
        ({"range": "1h", "to": "now"}, "range: expected either a range, or from and to; got both"),
        ({"from": "20", "to": "10"}, "from: expected a time before that of to, got 20"),
        ({"to": "yesterday" * 9}, f"to: {NO_TIME}, got 'yesterdayyesterdayyesterdayyesterdayyest'"),
        ({"from": "9" * 16}, f"from: {NO_TIME}, got '9999999999999999'"),
    ],
    ids=["unknown", "both", "backwards", "word", "huge"],
)
def test_a_wrong_address_is_told(address: Mapping[str, str], told: str) -> None:
    """In one line: what, what is expected, what came."""
    with pytest.raises(WindowError) as refused:
        read(address, NOW)
    assert told == str(refused.value)


@given(st.dictionaries(st.sampled_from(["range", "from", "to"]), st.text(max_size=20)))
def test_any_address_is_read_or_told(address: Mapping[str, str]) -> None:
    """What a person writes into the browser's bar is never our fault."""
    try:
        told, seconds = "", read(address, NOW).seconds
    except WindowError as error:
        told, seconds = str(error), SHORTEST
    assert ("\n" not in told, SHORTEST <= seconds * 1.000001) == (True, True)


@given(WINDOWS)
def test_an_address_brings_the_window_back(window: Window) -> None:
    """To the second; to the millisecond where it is shorter than a minute."""
    again = read(parameters(window), NOW)
    tolerance = 0.0006 if window.seconds < 60 else 0.6
    assert (window.start, window.end) == pytest.approx((again.start, again.end), abs=tolerance)


@pytest.mark.parametrize("name", RANGES)
def test_a_range_goes_on(name: str) -> None:
    """A named range is told by its name and ends now; an absolute one stays where it is."""
    window = named(name, NOW)
    assert {"range": name} == parameters(window)
    assert (NOW + 60, window.seconds) == (advanced(window, NOW + 60).end, advanced(window, NOW + 60).seconds)
    still = Window(NOW - 100, NOW)
    assert still == advanced(still, NOW + 60)


def test_moving_by_halves() -> None:
    """Back and forth, but never beyond now; what was live stays where it was put."""
    window = named("1h", NOW)
    back = panned(window, -1, NOW)
    assert Window(NOW - 5_400, NOW - 1_800) == back
    assert Window(NOW - 3_600, NOW) == panned(back, 1, NOW) == panned(back, 5, NOW)


def test_zooming_around_a_point() -> None:
    """What is under the pointer stays there."""
    window = Window(NOW - 10_000, NOW - 6_000)
    closer = zoomed(window, 0.5, 0.25, NOW)
    assert Window(NOW - 9_500, NOW - 7_500) == closer
    assert window == zoomed(closer, 2, 0.25, NOW)
    assert Window(NOW - 8_000, NOW) == zoomed(Window(NOW - 4_000, NOW), 2, 0.25, NOW)


@given(WINDOWS, st.floats(1e-6, 1e6), st.floats(0, 1), st.floats(-1e3, 1e3))
def test_no_way_leads_out_of_the_bounds(window: Window, factor: float, at: float, steps: float) -> None:
    """At least 10 s, at most 10 years, never beyond now nor before 1970."""
    for moved in (zoomed(window, factor, at, NOW), panned(window, steps, NOW)):
        assert SHORTEST - 1e-6 <= moved.seconds <= LONGEST + 1e-6
        assert 0 <= moved.start
        assert moved.end <= NOW


def test_how_often_and_how_much() -> None:
    """A live window is drawn anew when it has moved by a pixel; there is a point for every two pixels."""
    assert [3.6, 60, 1, None] == [
        redraw_after(window, 1_000)
        for window in (named("1h", NOW), named("1y", NOW), Window(NOW - 10, NOW, "x"), Window(NOW - 10, NOW))
    ]
    assert [60, 180, 500] == [points_for(width) for width in (50, 360, 5_000)]
