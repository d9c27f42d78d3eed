"""Gauges: a value between its limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart import Gauge, Size, draw_gauge
from dashboard.chart.gauge import scale, tells
from dashboard.chart.ink import GOOD, MUTED, PALETTE, WARN
from dashboard.reader import Reader
from schemas.traits import Numeric
from tests.dashboard.chart.drawing import everywhere, names, shapes
from tests.dashboard.chart.histories import FLOATS

TRAIT = Numeric(unit="°C", low=0, high=40, warn_low=10, warn_high=30, precision=1)
SIZE = Size(106, 40)
"""The bar is 100 pixels long, from 3 on."""


def bar(value: float | None, trait: Numeric = TRAIT) -> Gauge:
    """The gauge as a bar."""
    gauge = draw_gauge(value, trait, SIZE, "bar")
    assert gauge is not None
    return gauge


def test_a_value_stands_where_it_lies() -> None:
    """The bar ends there, and a marker points at it."""
    gauge = bar(20)
    body, marker = shapes(gauge.svg, fill=PALETTE[0])
    assert [[(3, 16), (53, 16), (53, 24), (3, 24)]] == body.lines
    assert (53, 25) == marker.lines[0][0]
    assert (0.5, "", "20.0 °C of 0 to 40 °C") == (gauge.share, gauge.warns, gauge.summary)


def test_zones_are_told_apart_without_colour() -> None:
    """Where the kind warns, the line along the scale is interrupted; a notch is at each such limit."""
    gauge = bar(20)
    (good,) = shapes(gauge.svg, stroke=GOOD)
    assert ([(28, 12.5), (78, 12.5)], None) == (good.lines[0], good.looks.get("stroke-dasharray"))
    warns = shapes(gauge.svg, stroke=WARN)
    assert [[(3, 12.5), (28, 12.5)], [(78, 12.5), (103, 12.5)]] == [zone.lines[0] for zone in warns]
    assert {"4 2"} == {zone.looks["stroke-dasharray"] for zone in warns}
    assert [28, 78] == [notch.lines[0][0][0] for notch in shapes(gauge.svg, stroke=MUTED)]
    assert [(0, "0"), (0.25, "10"), (0.75, "30"), (1, "40")] == [tick[:2] for tick in gauge.ticks]


@pytest.mark.parametrize(
    ("value", "warns", "summary"),
    [
        (9.9, "low", "9.9 °C of 0 to 40 °C, below 10"),
        (10, "", "10.0 °C of 0 to 40 °C"),
        (30.1, "high", "30.1 °C of 0 to 40 °C, above 30"),
        (None, "", "no value, of 0 to 40 °C"),
    ],
)
def test_a_warning_is_said(value: float | None, warns: str, summary: str) -> None:
    """In words, and the value is amber; without a value the scale stands alone."""
    gauge = bar(value)
    assert (warns, summary) == (gauge.warns, gauge.summary)
    assert bool(warns) == bool(shapes(gauge.svg, fill=WARN))
    assert (value is None) == (gauge.share is None)


def test_the_ring_goes_from_left_to_right() -> None:
    """Over the top, which is the middle of the scale."""
    ends = []
    for value in (10, 20, 40):
        gauge = draw_gauge(value, Numeric(low=0, high=40), Size(106, 56))
        assert gauge is not None
        (ring,) = shapes(gauge.svg, stroke=PALETTE[0])
        ends.append(ring.lines[0])
    # The ring's middle is 40 pixels around (53, 50): what is left beside the zones and the marker.
    start = (13, 50)
    assert [start, start, start] == [line[0] for line in ends]
    assert [(24.7, 21.7), (53, 10), (93, 50)] == [line[1] for line in ends]


def test_a_gauge_in_other_units() -> None:
    """The value stands in the same place, the limits read in the reader's units."""
    gauge = draw_gauge(20, TRAIT, SIZE, "bar", Reader(units="imperial"))
    assert gauge is not None
    assert (bar(20).svg, 0.5, ["32", "50", "86", "104"]) == (
        gauge.svg, gauge.share, [tick.text for tick in gauge.ticks]
    )  # fmt: skip
    assert "°F of 32 to 104 °F" in gauge.summary


def test_without_limits_there_is_no_gauge() -> None:
    """A limit that only keeps out nonsense is none."""
    assert [None] * 4 == [
        draw_gauge(5, trait, SIZE)
        for trait in (Numeric(), Numeric(low=0), Numeric(low=0, high=1e9), Numeric(low=3, high=3))
    ]


@pytest.mark.parametrize(
    ("trait", "ends", "says"),
    [
        (Numeric(low=0, high=50_000, warn_high=1_000), (0, 1_500), True),
        (Numeric(low=-20_000, high=20_000, warn_high=3_500), (0, 5_500), True),
        (Numeric(low=-50, high=100, warn_low=5, warn_high=35), (-10, 50), True),
        (Numeric(low=-50, high=100, warn_high=35), (-50, 100), True),
        (Numeric(low=-50, high=20, warn_high=-15), (-50, 20), True),
        (Numeric(low=0, high=100, warn_low=20, warn_high=70), (0, 100), True),
        (Numeric(low=0, high=8, warn_high=7.1), (0, 8), True),
        (Numeric(low=0, high=100), (0, 100), True),
        (Numeric(low=-100, high=500), (-100, 500), False),
        (Numeric(low=0, high=100_000, warn_low=10), (0, 100_000), False),
        (Numeric(low=0, high=1e9, warn_high=100), (0, 150), True),
        (Numeric(low=0, high=1e9), None, False),
    ],
    ids=[
        "far",
        "both_ways",
        "around",
        "below_zero",
        "cold",
        "percent",
        "near",
        "plain",
        "vast",
        "low",
        "endless",
        "none",
    ],
)
def test_a_scale_is_of_the_size_of_what_is_good(
    trait: Numeric, ends: tuple[float, float] | None, *, says: bool
) -> None:
    """Limits that only keep out nonsense give way to those that warn; where there is none, nobody is told."""
    assert (ends, says) == (scale(trait), tells(trait))


def test_beyond_a_narrow_scale_a_value_stands_at_its_end() -> None:
    """The words say the value, and beyond which limit it is."""
    gauge = bar(4_000, Numeric(unit="ppm", low=0, high=50_000, warn_high=1_000, precision=0))
    assert (1.0, "high") == (gauge.share, gauge.warns)
    assert "4\u202f000 ppm of 0 to 1\u202f500 ppm, above 1\u202f000" == gauge.summary


@given(
    st.none() | FLOATS | st.integers(),
    st.lists(st.integers(-100_000, 100_000), min_size=4, max_size=4, unique=True),
    st.sampled_from(["ring", "bar"]),
)  # fmt: skip
def test_any_gauge_can_be_drawn(value: float | None, limits: list[int], shape: str) -> None:
    """Within its box, also where the warning limits lie beyond the others."""
    low, high = sorted(limits[:2])
    warn_low, warn_high = sorted(limits[2:])
    trait = Numeric(low=low, high=high, warn_low=warn_low, warn_high=warn_high)
    gauge = draw_gauge(value, trait, Size(120, 70), shape="ring" if shape == "ring" else "bar")
    assert gauge is not None
    assert names(gauge.svg) <= {"svg", "path"}
    assert all(-0.5 <= x <= 120.5 and 0 <= y <= 70 for x, y in everywhere(gauge.svg))
    assert gauge.share is None or 0 <= gauge.share <= 1
