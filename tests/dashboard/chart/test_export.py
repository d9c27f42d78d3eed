"""What a chart shows, to take along."""

import csv
import io
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from bridge.export import FORMULA
from bridge.ports import History, Point
from dashboard.chart import Series, Size, Window, csv_text, draw_chart, standalone
from schemas.traits import Choice, Counter, Numeric, Switch, Text
from tests.dashboard.chart.drawing import shapes, texts
from tests.dashboard.chart.histories import (
    READER,
    SIZE,
    START,
    WINDOW,
    any_series,
    numbers,
    rolled,
    single,
    windows,
)


def lines(text: str) -> list[list[str]]:
    """The cells of a CSV text."""
    return list(csv.reader(io.StringIO(text, newline="")))


def test_single_readings_as_csv() -> None:
    """A line for each moment, a column for each metric with its unit, empty where it said nothing."""
    text = csv_text(
        [
            numbers((-1, 9.0), (0, 1.0), (10.5, 2.5), (100, 9.0)),
            Series("Heating", single((10.5, True)), Switch()),
        ],
        WINDOW, READER,
    )  # fmt: skip
    assert [
        ["time", "Power (W)", "Heating"],
        ["2030-03-17T18:46:40+01:00", "1.0", ""],
        ["2030-03-17T18:46:50.500+01:00", "2.5", "true"],
    ] == lines(text)


def test_many_readings_as_csv() -> None:
    """The mean, and two columns more with the extremes; their time is when they begin."""
    text = csv_text([Series("Power", rolled(10, (-5, 2.0, 1.0, 3.0)), Numeric(), "W")], WINDOW, READER)
    assert [
        ["time", "Power (W)", "Power, lowest (W)", "Power, highest (W)"],
        ["2030-03-17T18:46:35+01:00", "2.0", "1.0", "3.0"],
    ] == lines(text)


def test_growth_as_csv() -> None:
    """A counter that is shown as its growth is exported so."""
    energy = Series("Energy", single((0, 1.0), (10, 2.0)), Counter(unit="kWh"), "kWh", per_hour=True)
    assert [["time", "Energy (kW)"], ["2030-03-17T18:46:45+01:00", "360.0"]] == lines(
        csv_text([energy], WINDOW, READER)
    )


def test_two_readings_of_one_moment_are_two_lines() -> None:
    """Nothing is lost."""
    text = csv_text(
        [numbers((0, 1.0), (0, 2.0)), Series("Heating", single((0, True)), Switch())], WINDOW, READER
    )
    assert [["1.0", "true"], ["2.0", ""]] == [line[1:] for line in lines(text)[1:]]


@given(st.lists(any_series(), max_size=3), windows)
def test_every_reading_of_the_window_is_exported(series: list[Series], window: Window) -> None:
    """As many cells as there are readings, and none that a spreadsheet would calculate."""
    head, *body = lines(csv_text(series, window, READER))
    assert {len(head)} >= {len(line) for line in body}
    plain = [one for one in series if not one.grows]
    expected = sum(
        window.start <= point.time < window.end for one in plain for point in one.history.points
        if not one.history.step
    )  # fmt: skip
    assert expected <= sum(bool(cell) for line in body for cell in line[1:]) + _empty(plain)
    foreign = [cell for line in [head, *body] for cell in line[1:] if not _is_number(cell)]
    assert [] == [cell for cell in foreign if cell.startswith(FORMULA)]


def test_a_chart_as_a_file() -> None:
    """It has all the labels as text, and the same lines as on the screen."""
    trait = Numeric(unit="W", warn_high=60)
    power = numbers((0, 0.0), (20, 100.0), trait=trait)
    state = Series("State", single((0, "idle <&>")), Choice(), silence=200)
    chart = draw_chart([power, state], WINDOW, Size(300, 150), READER, START + 200)
    file = standalone(chart, 'Plug "A" \x00')
    found = texts(file)
    for text in (
        'Plug "A" �',
        chart.span,
        "Power",
        "State",
        "W",
        "0",
        "50",
        "100",
        "idle <&>",
        "warns above 60 W",
    ):
        assert text in found
    assert "Power: 100 W (0 to 100 W, mean 50 W)" in found
    assert {len(line.lines) for line in shapes(chart.svg)} <= {len(line.lines) for line in shapes(file)}


@given(st.lists(any_series(), max_size=3), st.text())
def test_any_file_is_well_formed(series: list[Series], title: str) -> None:
    """Whatever stands in names and words, an XML reader reads it."""
    chart = draw_chart(series, WINDOW, SIZE, READER, START + 50)
    assert ET.fromstring(standalone(chart, title)).tag.endswith("svg")  # noqa: S314  (our own drawing)


def test_a_word_that_looks_like_a_formula() -> None:
    """Gets an apostrophe, as in the export of the whole history."""
    series = Series("=1+1", History([Point(START, "=cmd()")]), Text())
    assert [["time", "'=1+1"], ["2030-03-17T18:46:40+01:00", "'=cmd()"]] == lines(
        csv_text([series], WINDOW, READER)
    )


def _empty(series: list[Series]) -> int:
    """Readings that are empty words, which a cell does not show."""
    return sum(point.value == "" for one in series for point in one.history.points)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
