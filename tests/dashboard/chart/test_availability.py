"""The band of a device's availability."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bridge.ports import Heard
from bridge.presence import Availability
from dashboard.chart import Band, Size, Window, draw_availability
from dashboard.chart.ink import BAD, GOOD, MUTED, WARN
from tests.dashboard.chart.drawing import everywhere, names, shapes
from tests.dashboard.chart.histories import READER, START, WINDOW, sizes, windows

STATES: tuple[Availability, ...] = ("online", "offline", "stale", "unknown")


def heard(*changes: tuple[float, Availability]) -> list[Heard]:
    """Changes so many seconds after the start, the newest first, as the store tells them."""
    return [Heard("plug.a", START + at, state, f"because {state}") for at, state in reversed(changes)]


def drawn(*changes: tuple[float, Availability], now: float = START + 1_000) -> Band:
    """The band of the changes, ten pixels high, a second a pixel."""
    return draw_availability(heard(*changes), WINDOW, Size(100, 10), READER, now)


def boxes(band: Band, color: str) -> list[tuple[float, float, float, float]]:
    """Left, right, top and bottom of the bars of a colour."""
    return [
        (min(x for x, _ in line), max(x for x, _ in line), min(y for _, y in line), max(y for _, y in line))
        for shape in shapes(band.svg, fill=color)
        for line in shape.lines
    ]


def test_each_availability_has_its_bars() -> None:
    """The graver, the higher; what is unknown has two lines."""
    band = drawn((0, "online"), (30, "stale"), (50, "offline"), (70, "unknown"), (90, "online"))
    assert [(0, 30, 6, 10), (90, 100, 6, 10)] == boxes(band, GOOD)
    assert [(30, 50, 3, 10)] == boxes(band, WARN)
    assert [(50, 70, 0, 10)] == boxes(band, BAD)
    assert [(70, 90, 2, 3.2), (70, 90, 6.8, 8)] == boxes(band, MUTED)
    assert (
        "Availability: online 40.0 %, unknown 20.0 %, stale 20.0 %, offline 20.0 % of the time; now online."
        == band.summary
    )


def test_how_it_began() -> None:
    """As the last change before the window says; without one nobody knows."""
    assert [(0, 60, 0, 10)] == boxes(drawn((-70, "online"), (-50, "offline"), (60, "online")), BAD)
    band = drawn((60, "online"))
    assert [(0, 60), (0, 60)] == [box[:2] for box in boxes(band, MUTED)]
    assert "unknown since 17 Mar 2030 18:46:40: nothing is recorded of it" == band.at(0.1)


def test_nothing_is_drawn_after_now() -> None:
    """The future is empty, and so is what is said of it."""
    band = drawn((0, "online"), now=START + 40)
    assert [(0, 40, 6, 10)] == boxes(band, GOOD)
    assert ["online since 17 Mar 2030 18:46:40: because online", ""] == [band.at(0.3), band.at(0.5)]
    early = drawn((0, "online"), now=START - 5)
    assert ("Availability: nothing to show yet.", []) == (early.summary, shapes(early.svg))


def test_a_moment_offline_is_seen() -> None:
    """Two pixels wide, whatever else happened there, and not counted as more than it was."""
    changes: list[tuple[float, Availability]] = [
        (0, "online"),
        (50.4, "stale"),
        (50.6, "offline"),
        (50.61, "online"),
    ]
    band = drawn(*changes)
    assert [(50, 52, 0, 10)] == boxes(band, BAD)
    assert "online 99.8 %, stale 0.2 %, offline less than 0.1 % of the time" in band.summary


def test_thousands_of_changes_are_small() -> None:
    """No more bars than there is room for."""
    chance = random.Random(2)
    band = drawn(*[(number / 100, chance.choice(STATES)) for number in range(10_000)])
    assert len(band.svg) < 5_000


@given(
    st.lists(st.tuples(st.floats(-300, 900), st.sampled_from(STATES))), windows, sizes, st.floats(-500, 900)
)
def test_any_band_can_be_drawn(
    changes: list[tuple[float, Availability]], window: Window, size: Size, now: float
) -> None:
    """Within its box, without text; the spans follow one another without a gap."""
    band = draw_availability(heard(*changes), window, size, READER, START + now)
    assert names(band.svg) <= {"svg", "path"}
    assert all(-0.1 <= x <= size.width + 0.1 and 0 <= y <= size.height for x, y in everywhere(band.svg))
    assert [span.end for span in band.spans[:-1]] == [span.start for span in band.spans[1:]]
