"""Histories to draw, and what hypothesis may make of them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from bridge.ports import History, Point
from dashboard.chart import Series, Size, Window
from dashboard.reader import Reader
from schemas.message import Value
from schemas.traits import Binary, Choice, Color, Counter, Event, Numeric, Switch, Text, Trait

READER = Reader(zone="Europe/Berlin")
START = 1_900_000_000.0
"""The left edge of what the tests draw."""
SIZE = Size(100, 108)
"""A second is a pixel in the window below; within the insets a panel alone is 100 pixels high."""
WINDOW = Window(START, START + 100)
FLOATS = st.floats(allow_nan=False)


def single(*readings: tuple[float, Value]) -> History:
    """Single readings, so many seconds after the start."""
    return History([Point(START + second, value) for second, value in readings])


def rolled(step: float, *points: tuple[float, float, float, float]) -> History:
    """Points of many readings each: second, mean, least and greatest."""
    return History([Point(START + at, mean, low, high, 10) for at, mean, low, high in points], step)


def numbers(*readings: tuple[float, float], silence: float | None = 20, trait: Trait | None = None) -> Series:
    """A numeric metric with a scale from 0 to about 100."""
    return Series("Power", single(*readings), trait or Numeric(unit="W"), "W", silence=silence)


TRAITS: Sequence[Trait] = (
    Numeric(), Numeric(precision=1, low=-5, high=50, warn_low=0, warn_high=30), Counter(precision=2),
    Switch(), Binary(), Choice(alarming=("fault",)), Text(), Color(), Event(),
)  # fmt: skip
MOMENTS = st.floats(START - 500, START + 700)
VALUES: st.SearchStrategy[Value] = st.one_of(
    FLOATS, st.booleans(), st.integers(), st.sampled_from(["idle", "fault", "#ff8800", "\u202ex"]), st.text()
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any points, in order of time."""
    times = sorted(draw(st.lists(MOMENTS, max_size=40)))
    step = draw(st.sampled_from([0.0, 1.0, 60.0]))
    points = []
    for time in times:
        value = draw(VALUES)
        if step and not isinstance(value, str):
            points.append(Point(time, value, draw(FLOATS), draw(FLOATS), draw(st.integers(1, 10_000))))
        else:
            points.append(Point(time, value))
    return History(points, step)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    """Any metric, whether or not its values fit its trait."""
    return Series(
        draw(st.text(max_size=5)),
        draw(histories()),
        draw(st.sampled_from(TRAITS)),
        draw(st.sampled_from(["", "°C", "kWh", "%"])),
        ("idle", "fault"),
        draw(st.sampled_from([None, 1.0, 60.0, 1e9])),
        draw(st.booleans()),
    )


windows = st.builds(lambda start, seconds: Window(start, start + seconds), MOMENTS, st.floats(10, 1_000))
sizes = st.builds(Size, st.integers(40, 1_200), st.integers(20, 600))
