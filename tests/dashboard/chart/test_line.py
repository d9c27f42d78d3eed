"""Charts of numbers: what is drawn where, what is not drawn, and what is said of it."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ports import History, Point
from dashboard.chart import Chart, Series, Size, Window, draw_chart
from dashboard.chart.ink import DASHES, PALETTE
from dashboard.chart.line import LEAST_PANEL
from dashboard.reader import Reader
from schemas.traits import Counter, Numeric
from tests.dashboard.chart.drawing import circles, everywhere, names, shapes
from tests.dashboard.chart.histories import (
    READER,
    SIZE,
    START,
    WINDOW,
    any_series,
    numbers,
    rolled,
    single,
    sizes,
    windows,
)


def drawn(*series: Series, now: float = START + 10_000, window: Window = WINDOW, size: Size = SIZE) -> Chart:
    """The chart, long after the window unless `now` says otherwise."""
    return draw_chart(series, window, size, READER, now)


def lines(chart: Chart, number: int = 0, width: str = "2") -> list[list[tuple[float, float]]]:
    """The points of a series' line, or of its dots."""
    found = shapes(chart.svg, stroke=PALETTE[number], stroke_width=width)
    return [line for shape in found for line in shape.lines]


# Where things stand.


def test_values_stand_at_their_pixels() -> None:
    """A second is a pixel; 0 is at the bottom and the greatest value a little below the top."""
    chart = drawn(numbers((10, 0.0), (20, 50.0), (30, 100.0)))
    # The scale goes from 0 to 106, the inset is 4.
    assert [[(10, 104), (20, 56.8), (30, 9.7)]] == lines(chart)
    assert [(104 / 108, "0"), (pytest.approx((104 - 5_000 / 106) / 108), "50")] == [
        (tick.at, tick.text) for tick in chart.y_ticks[:2]
    ]


def test_the_scale_need_not_begin_at_0() -> None:
    """Where the values are far from it, they fill the height."""
    chart = drawn(numbers((10, 20.0), (20, 22.0)))
    (line,) = lines(chart)
    assert [(10, 98.6), (20, 9.4)] == line
    assert ["20", "21", "22"] == [tick.text for tick in chart.y_ticks]


def test_a_line_leads_in_and_out() -> None:
    """What is just outside the window is not drawn, but the line to it is, up to the edge."""
    chart = drawn(numbers((-10, 0.0), (10, 100.0), (90, 100.0), (110, 0.0), silence=100))
    assert [[(0, 98.6), (10, 9.4), (90, 9.4), (100, 98.6)]] == lines(chart)


def test_a_line_crosses_a_window_without_readings() -> None:
    """Between a reading before and one after it, unless the metric was silent for too long."""
    readings = ((-50, 100.0), (150, 100.0))
    assert [[0, 100]] == [[x for x, _ in line] for line in lines(drawn(numbers(*readings, silence=300)))]
    assert [] == lines(drawn(numbers(*readings, silence=100)))


def test_a_steady_value_does_not_fill_the_height() -> None:
    """A value that never changes is a line in the middle, not noise from edge to edge."""
    steady = numbers((10, 20.0), (20, 20.1), trait=Numeric(precision=1))
    (line,) = lines(drawn(steady))
    assert 100 / 4 == pytest.approx(line[0][1] - line[1][1], abs=0.2)
    (level,) = lines(drawn(numbers((10, 20.0), (20, 20.0))))
    assert [(10, 54), (20, 54)] == level


# Gaps.


def test_silence_is_a_gap() -> None:
    """The line breaks where the metric was silent for longer than it should be, and only there."""
    chart = drawn(numbers((0, 1.0), (20, 1.0), (40.1, 1.0), (60, 1.0), silence=20))
    assert [[0, 20], [40.1, 60]] == [[x for x, _ in line] for line in lines(chart)]
    assert "1 gap" in chart.summary


def test_a_reading_alone_is_a_dot() -> None:
    """It would not be seen as a line."""
    chart = drawn(numbers((0, 1.0), (10, 1.0), (50, 1.0), (90, 1.0), (99, 1.0)))
    assert [[0, 10], [90, 99]] == [[x for x, _ in line] for line in lines(chart)]
    assert [[50, 50]] == [[x for x, _ in line] for line in lines(chart, width="4.5")]


def test_an_empty_stretch_of_many_readings_is_a_gap() -> None:
    """Where the metric may be silent for less than a point stands for, an empty one is silence."""
    points = [(at, 1.0, 1.0, 1.0) for at in (0, 10, 20, 40, 50)]
    chart = drawn(Series("Power", rolled(10, *points), silence=5))
    assert [[5, 15, 25], [45, 55]] == [[x for x, _ in line] for line in lines(chart)]
    patient = drawn(Series("Power", rolled(10, *points), silence=30))
    assert [[5, 15, 25, 45, 55]] == [[x for x, _ in line] for line in lines(patient)]


def test_without_a_known_silence_the_usual_distance_tells() -> None:
    """Three times a point's stretch, ten times the usual distance of single readings."""
    often = [(at, 1.0) for at in range(0, 50, 2)]
    chart = drawn(numbers(*often, (68, 1.0), (70, 1.0), (90.5, 1.0), (92, 1.0), silence=None))
    assert [[0, 70], [90.5, 92]] == [[line[0][0], line[-1][0]] for line in lines(chart)]
    points = [(at, 1.0, 1.0, 1.0) for at in (0, 1, 2, 3, 6, 7, 11, 12)]
    chart = drawn(Series("Power", rolled(1, *points)))
    assert [[0.5, 7.5], [11.5, 12.5]] == [[line[0][0], line[-1][0]] for line in lines(chart)]


# Many readings together.


def test_extremes_are_a_band() -> None:
    """It encloses the greatest and the least of each point, the line is the mean, in the point's middle."""
    chart = drawn(Series("Power", rolled(10, (10, 50.0, 0.0, 100.0), (20, 50.0, 25.0, 75.0)), silence=60))
    (band,) = shapes(chart.svg, fill=PALETTE[0])
    assert [[(15, 9.7), (25, 33.2), (25, 80.4), (15, 104)]] == band.lines
    assert [[(15, 56.8), (25, 56.8)]] == lines(chart)


def test_a_point_at_the_edge_stands_in_the_middle_of_what_is_seen() -> None:
    """Its readings lie within the window as far as it is shown."""
    chart = drawn(Series("Power", rolled(40, (-20, 1.0, 1.0, 1.0), (20, 1.0, 1.0, 1.0)), silence=60))
    assert [[10, 40]] == [[x for x, _ in line] for line in lines(chart)]


def test_more_than_can_be_drawn_keeps_its_extremes() -> None:
    """A single spike among 20,000 readings is seen."""
    readings = [(at / 200, 5_000.0 if at == 7_000 else at % 7) for at in range(20_000)]
    chart = drawn(numbers(*readings))
    (band,) = shapes(chart.svg, fill=PALETTE[0])
    assert 9.7 == min(y for line in band.lines for _, y in line)
    assert len(chart.svg) < 25_000


@pytest.mark.parametrize("step", [0.0, 200.0], ids=["single", "rolled"])
def test_two_series_of_500_points_are_small(step: float) -> None:
    """At most 25 kB, even if the values jump from edge to edge."""
    chance = random.Random(4)

    def wild() -> Series:
        points = []
        for number in range(500):
            low, value, high = sorted(chance.uniform(0, 1_000) for _ in range(3))
            at = START + number * 200
            points.append(Point(at, value, low, high, 9) if step else Point(at, value))
        return Series("Power", History(points, step), silence=1_000)

    chart = drawn(wild(), wild(), window=Window(START, START + 100_000), size=Size(1_000, 240))
    assert 500 <= sum(len(line) for line in lines(chart)) + step
    assert len(chart.svg) < 25_000


# Counters.


def test_a_counter_as_growth() -> None:
    """What was added an hour between two readings; one that began anew at 0 grew by what it has."""
    energy = Series(
        "Energy", single((0, 1.0), (10, 1.1), (20, 1.3), (30, 0.1)), Counter(unit="kWh"), "kWh",
        silence=60, per_hour=True,
    )  # fmt: skip
    chart = drawn(energy)
    assert [[5, 15, 25]] == [[x for x, _ in line] for line in lines(chart)]
    entry = chart.legend[0]
    assert ("kW", "36", "72", "48", "36") == (entry.unit, entry.low, entry.high, entry.mean, entry.last)
    totals = drawn(Series("Energy", energy.history, energy.trait, "kWh", silence=60))
    assert ("kWh", "0.1") == (totals.legend[0].unit, totals.legend[0].last)


def test_a_counter_that_began_anew_among_many_readings() -> None:
    """Nobody knows how much it grew then: there is a gap."""
    points = [
        (0, 5.0, 0.0, 9.0), (10, 15.0, 10.0, 19.0), (20, 12.0, 0.0, 25.0),
        (30, 5.0, 1.0, 9.0), (40, 15.0, 10.0, 19.0), (50, 25.0, 20.0, 29.0),
    ]  # fmt: skip
    chart = drawn(Series("Parts", rolled(10, *points), Counter(), silence=60, per_hour=True))
    assert "per hour" == chart.legend[0].unit
    assert [[40, 50]] == [[x for x, _ in line] for line in lines(chart)]
    assert [[10, 10]] == [[x for x, _ in line] for line in lines(chart, width="4.5")]


# Scales, limits, several series.


def test_two_units_have_two_scales() -> None:
    """The first unit's is left, the second one's right, each with its own values."""
    power = numbers((0, 0.0), (20, 100.0))
    volts = Series("Voltage", single((0, 200.0), (20, 240.0)), Numeric(unit="V"), "V", silence=60)
    chart = drawn(power, volts)
    assert [("Power, Voltage", "W", "V")] == [panel[2:] for panel in chart.panels]
    assert "0" == chart.y_ticks[0].text
    assert "200" == chart.y2_ticks[0].text
    assert [(0, 104), (20, 9.7)] == lines(chart, 0)[0]
    assert [(0, 98.6), (20, 9.4)] == lines(chart, 1)[0]
    assert ["", DASHES[1]] == [entry.dash for entry in chart.legend]


def test_more_units_have_a_panel_each() -> None:
    """Each as high as can be read; the drawing grows if it must, and nothing lies upon another."""
    series = [
        Series(f"M{number}", single((0, 1.0), (20, 9.0)), Numeric(), f"u{number}") for number in range(3)
    ]
    chart = drawn(*series)
    assert ["u0", "u1", "u2"] == [panel.unit for panel in chart.panels]
    assert () == chart.y2_ticks
    edges = [edge for panel in chart.panels for edge in (panel.top, panel.bottom)]
    assert sorted(edges) == edges
    assert LEAST_PANEL == pytest.approx((chart.panels[0].bottom - chart.panels[0].top) * chart.size.height)
    for number, panel in enumerate(chart.panels):
        ys = [y / chart.size.height for line in lines(chart, number) for _, y in line]
        assert panel.top < min(ys) < max(ys) < panel.bottom


def test_seven_series_are_refused() -> None:
    """There are six that can be told apart."""
    with pytest.raises(ValueError, match="a chart shows at most 6 metrics, got 7"):
        drawn(*[numbers()] * 7)


def test_limits_in_one_place_are_said_beside_each_other() -> None:
    """Two scales that both go from 0 to 100 have one text at each end, which says both."""
    one = numbers((0, 0.0), (50, 100.0), trait=Numeric(unit="W", low=0, high=100))
    chart = drawn(one, replace(one, unit="V"))
    texts = [limit.text for limit in chart.limits]
    assert ["at least 0 W · at least 0 V", "at most 100 W · at most 100 V"] == sorted(texts)


def test_limits_are_dashed_lines() -> None:
    """Those that are near the values, with what they mean; far ones would flatten the line."""
    trait = Numeric(unit="W", low=-10_000, high=110, warn_high=50)
    chart = drawn(numbers((0, 0.0), (50, 100.0), trait=trait))
    assert [("warns above 50 W", True), ("at most 110 W", False)] == [limit[1:] for limit in chart.limits]
    # The scale now goes to 116.6, which holds the highest limit.
    (warns,) = shapes(chart.svg, stroke_dasharray="4 3")
    assert [[(0, 61.1), (100, 61.1)]] == warns.lines
    assert 61.1 == pytest.approx(chart.limits[0].at * 108, abs=0.05)


def test_nothing_to_draw() -> None:
    """Without a reading there is neither a scale that would mean something nor a value."""
    chart = drawn(numbers())
    assert ((), ["–"]) == (chart.y_ticks, [entry.last for entry in chart.legend])
    assert "Power: no readings." in chart.summary
    assert ["no reading"] == [near.text for near in chart.at(0.5).near]


# The live end.


def test_the_newest_value_has_a_dot_while_the_window_reaches_now() -> None:
    """A full one; a ring after it has been silent for too long; none in a window of the past."""
    series = numbers((50, 0.0), (90, 100.0), silence=60)
    live = Window(START, START + 100, "1h")
    assert [(90, 9.7, PALETTE[0])] == circles(drawn(series, now=START + 100, window=live).svg)
    assert [(90, 9.7, PALETTE[0])] == circles(drawn(series, now=START + 100).svg)
    silent = numbers((20, 0.0), (30, 100.0), silence=60)
    assert [(30, 9.7, "none")] == circles(drawn(silent, now=START + 100, window=live).svg)
    assert [] == circles(drawn(series, now=START + 200).svg)


def test_the_dot_is_whole_at_the_edge() -> None:
    """A value of this very moment is not cut in half."""
    series = numbers((50, 0.0), (99.9, 100.0), silence=60)
    assert [(96.5, 9.7, PALETTE[0])] == circles(drawn(series, now=START + 100).svg)


# What is said.


def test_hover() -> None:
    """The nearest value of each series with its moment and its place, or that there is none."""
    power = numbers((10, 0.0), (20, 100.0), silence=20)
    many = Series("Load", rolled(10, (0, 5.0, 1.0, 9.0)), Numeric(unit="%", precision=1), "%", silence=60)
    hover = drawn(power, many).at(0.18)
    assert "17 Mar 2030 18:46:58" == hover.time
    first, second = hover.near
    assert ("100 W", "17 Mar 2030 18:47:00", 0.2) == (first.text, first.time, first.at)
    assert 9.7 == pytest.approx(first.y, abs=0.1)
    assert ("5.0 % (1.0 to 9.0)", 0.05) == (second.text, second.at)
    assert "no reading" == drawn(power).at(0.9).near[0].text
    assert "0 W" == drawn(power).at(-3).near[0].text


def test_the_legend_and_the_summary() -> None:
    """Least, greatest, mean and last of the readings within the window, not of those that lead to it."""
    chart = drawn(
        numbers((-10, 900.0), (10, 1.0), (11, 1.0), (50, 5.0), trait=Numeric(unit="W", precision=1))
    )
    entry = chart.legend[0]
    assert ("1.0", "5.0", "2.3", "5.0") == (entry.low, entry.high, entry.mean, entry.last)
    assert (
        "17 Mar 2030 18:46:40 to 18:48:20. Power: 1.0 to 5.0 W, mean 2.3 W, last 5.0 W at "
        "17 Mar 2030 18:47:30, silent since, 1 gap." == chart.summary
    )


def test_a_mean_counts_every_reading() -> None:
    """A point of many readings weighs as many."""
    history = History([Point(START, 0.0, 0.0, 0.0, 1), Point(START + 10, 10.0, 10.0, 10.0, 9)], 10.0)
    assert "9.0" == drawn(Series("Power", history, Numeric(precision=1))).legend[0].mean


def test_thousands_are_apart() -> None:
    """By a narrow space, in ticks and values alike."""
    chart = drawn(numbers((0, 0.0), (10, 2_000.0)))
    assert "2\u202f000" == chart.legend[0].last
    assert "1\u202f000" in [tick.text for tick in chart.y_ticks]


# For whom.


def test_a_chart_in_other_units() -> None:
    """Values, extremes, limits and ticks are those of the reader's units, and say so."""
    trait = Numeric(unit="°C", precision=1, low=-40, high=80, warn_high=25)
    history = rolled(10, (10, 20.0, 10.0, 30.0), (20, 20.0, 10.0, 30.0))
    series = Series("Indoors", history, trait, "°C", silence=60)
    reader = Reader(units="imperial", zone="America/New_York")
    chart = draw_chart([series], WINDOW, SIZE, reader, START + 1_000)
    entry = chart.legend[0]
    assert ("°F", 50, 86, 68) == (entry.unit, float(entry.low), float(entry.high), float(entry.mean))
    assert ["warns above 77 °F"] == [limit.text for limit in chart.limits]
    assert "17 Mar 2030 13:46:40 to 13:48:20" == chart.span
    assert "68 °F (50 to 86)" == chart.at(0.15).near[0].text.replace(".0", "")


def test_a_number_beyond_all_floats_in_other_units() -> None:
    """It is drawn at the edge of what can be drawn."""
    series = Series("Odd", single((10, 10**400), (20, "?"), (30, 1)), Numeric(unit="°C"), "°C", silence=60)
    chart = draw_chart([series], WINDOW, SIZE, Reader(units="imperial"), START + 1_000)
    assert 2 == len(chart.traces[0].within(WINDOW))


# Laws.


@given(
    st.lists(any_series(), max_size=6), windows, sizes, st.floats(START - 600, START + 900), st.floats(-1, 2)
)
def test_anything_can_be_drawn(
    series: list[Series], window: Window, size: Size, now: float, share: float
) -> None:
    """Whatever devices said: no exception, nothing outside the drawing, no text in it, labels in place."""
    chart = draw_chart(series, window, size, READER, now)
    assert names(chart.svg) <= {"svg", "path", "circle"}
    for x, y in everywhere(chart.svg):
        assert 0 <= x <= chart.size.width + 0.1
        assert 0 <= y <= chart.size.height + 0.1
    assert all(0 <= tick.at <= 1 for tick in (*chart.y_ticks, *chart.y2_ticks, *chart.x_ticks))
    assert all(0 <= limit.at <= 1 for limit in chart.limits)
    assert [one.label for one in series] == [entry.label for entry in chart.legend]
    assert len(series) == len(chart.at(share).near)
    assert chart.size.height >= size.height or all(one.is_state for one in series)


@given(
    st.lists(st.tuples(st.floats(0, 99), st.floats(-1e6, 1e6)), min_size=1, max_size=60), st.floats(0.5, 50)
)
def test_gaps_are_where_they_must_be(readings: list[tuple[float, float]], silence: float) -> None:
    """No line goes over a silence that is too long, and none breaks anywhere else."""
    readings = sorted({round(at): value for at, value in readings}.items())
    chart = drawn(numbers(*readings, silence=silence))
    expected: list[list[float]] = []
    for at, _ in readings:
        if expected and at - expected[-1][-1] <= silence:
            expected[-1].append(at)
        else:
            expected.append([at])
    long = [[x for x, _ in line] for line in lines(chart)]
    lone = [[line[0][0]] for line in lines(chart, width="4.5")]
    assert expected == sorted(long + lone)
