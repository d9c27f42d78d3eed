"""Bars with words: what was true when, and what is said where there are many readings."""

import pytest

from bridge.ports import History, Point
from dashboard.chart import Chart, Series, Size, Window, draw_chart
from dashboard.chart.ink import BAD, MUTED, PALETTE, contrast
from dashboard.chart.line import ROW
from schemas.traits import Binary, Choice, Color, Event, Switch, Text, Trait
from tests.dashboard.chart.drawing import Shape, shapes
from tests.dashboard.chart.histories import READER, SIZE, START, WINDOW, single

OPTIONS = ("idle", "running", "fault")
MACHINE = Choice(alarming=("fault",))


def drawn(series: Series, now: float = START + 1_000, window: Window = WINDOW) -> Chart:
    """The chart of one metric with words."""
    return draw_chart([series], window, SIZE, READER, now)


def bars(chart: Chart, color: str) -> list[tuple[float, float]]:
    """From where to where the bars of a colour go."""
    return [
        (min(x for x, _ in line), max(x for x, _ in line))
        for shape in shapes(chart.svg, fill=color)
        for line in shape.lines
    ]


def test_the_same_state_is_one_bar() -> None:
    """On and off of a switch, however often it is told; off is low, so that it differs without its colour."""
    series = Series("Heating", single((10, True), (20, True), (40, False), (70, True)), Switch(), silence=60)
    chart = drawn(series)
    assert [(10, 39.4), (70, 99.4)] == bars(chart, PALETTE[0])
    assert [(40, 69.4)] == bars(chart, MUTED)
    (on,), (off,) = (shapes(chart.svg, fill=color) for color in (PALETTE[0], MUTED))
    assert (ROW, 3.3) == (_height(on), _height(off))
    assert ["on", "off", "on"] == [word.text for word in chart.words]
    assert "Heating: last on, on 67 % of the time, off 33 % of the time, 2 changes." in chart.summary


def test_nothing_is_known_before_the_first_word() -> None:
    """Nor after the metric has been silent for too long, nor after now."""
    series = Series("Door", single((10, True), (50, False)), Binary(on="open", off="closed"), silence=20)
    chart = drawn(series, now=START + 60)
    assert [(10, 29.4)] == bars(chart, PALETTE[0])
    assert [(50, 59.4)] == bars(chart, MUTED)
    assert ["no reading", "open", "no reading", "closed"] == [
        chart.at(share).near[0].text for share in (0.05, 0.2, 0.4, 0.55)
    ]


def test_silence_parts_two_equal_states() -> None:
    """That it was open before and after does not tell that it was open meanwhile."""
    series = Series("Door", single((10, True), (50, True)), Binary(), silence=20)
    assert [(10, 29.4), (50, 69.4)] == bars(drawn(series), PALETTE[0])


def test_a_word_from_before_the_window_holds_in_it() -> None:
    """It is drawn from the edge on, unless too much time has passed."""
    series = Series("Door", single((-10, True)), Binary(), silence=60)
    assert [(0, 49.4)] == bars(drawn(series), PALETTE[0])
    assert [] == bars(drawn(Series("Door", single((-70, True)), Binary(), silence=60)), PALETTE[0])


def test_words_of_a_choice() -> None:
    """Each has its colour by its place among the options; trouble is red and higher."""
    series = Series(
        "State", single((0, "running"), (40, "fault"), (60, "idle")), MACHINE, options=OPTIONS, silence=50
    )
    chart = drawn(series)
    assert [(0, 39.4)] == bars(chart, PALETTE[1])
    assert [(40, 59.4)] == bars(chart, BAD)
    assert [(60, 99.4)] == bars(chart, PALETTE[0])
    heights = [_height(shapes(chart.svg, fill=color)[0]) for color in (BAD, PALETTE[1])]
    assert heights == [ROW, 18.7]
    # The others do not fit into their bars.
    assert ["idle"] == [word.text for word in chart.words]
    assert all(contrast(word.color, PALETTE[0]) >= 4.5 for word in chart.words)


def test_other_words_have_colours_in_order_of_appearance() -> None:
    """Free texts are not listed anywhere."""
    series = Series("Note", single((0, "b"), (50, "a"), (80, "b")), Text(), silence=60)
    assert [(0, 49.4), (80, 99.4)] == bars(drawn(series), PALETTE[0])
    assert [(50, 79.4)] == bars(drawn(series), PALETTE[1])


def test_a_colour_is_shown_as_it_is() -> None:
    """What a lamp shines is seen."""
    series = Series("Colour", single((0, "#FF8800"), (50, "red")), Color(), silence=60)
    assert [(0, 49.4)] == bars(drawn(series), "#ff8800")


def test_changes_of_texts_hold_until_the_next() -> None:
    """Where only changes are told, saying nothing is no silence."""
    series = Series("State", History([Point(START, "idle")], 10.0), MACHINE, options=OPTIONS, silence=5)
    assert [(0, 99.4)] == bars(drawn(series), PALETTE[0])


def test_many_readings_of_a_switch_together() -> None:
    """Wholly on and wholly off are said so, all else with its share; an empty stretch stays empty."""
    points = [Point(START + at, mean, float(mean == 1), float(mean > 0), 9) for at, mean in (
        (0, 1.0), (10, 0.25), (20, 0.0), (50, 1.0),
    )]  # fmt: skip
    chart = drawn(Series("Heating", History(points, 10.0), Switch(), silence=5))
    full, pale = shapes(chart.svg, fill=PALETTE[0])
    assert (2, 1) == (len(full.lines), len(pale.lines))
    assert (None, "0.45") == (full.looks.get("fill-opacity"), pale.looks.get("fill-opacity"))
    assert [(0, 9.4), (50, 59.4), (10, 19.4)] == bars(chart, PALETTE[0])
    assert [(20, 29.4)] == bars(chart, MUTED)
    assert ["on", "on 25 %", "off", "no reading"] == [
        chart.at(share).near[0].text for share in (0.05, 0.15, 0.25, 0.4)
    ]


def test_events_are_marks() -> None:
    """Each press of a button is seen, as long as it is alone."""
    series = Series("Press", single((10, "single"), (60, "double")), Event(), options=("single", "double"))
    chart = drawn(series)
    assert [(10, 12)] == bars(chart, PALETTE[0])
    assert [(60, 62)] == bars(chart, PALETTE[1])
    assert "Press: 2 events, last double at 17 Mar 2030 18:47:40." in chart.summary
    assert "single" == chart.at(0.1).near[0].text


def test_a_short_state_is_seen() -> None:
    """A door that was open for a second of a day."""
    day = Window(START, START + 86_400)
    series = Series("Door", single((0, False), (43_200, True), (43_201, False)), Binary())
    assert [(50, 52)] == bars(drawn(series, now=day.end, window=day), PALETTE[0])


@pytest.mark.parametrize("trait", [Switch(), MACHINE, Event()], ids=["switch", "choice", "event"])
def test_thousands_of_changes_are_few_bars(trait: Trait) -> None:
    """What is too narrow to be told apart is one bar that says so, and the drawing stays small."""
    choices = (False, True) if isinstance(trait, Switch) else ("idle", "running")
    points = [Point(START + number / 50, choices[number % 2]) for number in range(5_000)]
    chart = drawn(Series("State", History(points), trait, options=OPTIONS))
    assert len(chart.svg) < 5_000
    several = 0 if isinstance(trait, Event) else 1
    assert several == len([word for word in chart.words if word.text == "several"])


def test_words_have_room() -> None:
    """A label is never wider than its bar, and its box is where the bar is."""
    series = Series("State", single((0, "running"), (5, "idle"), (50, "running")), MACHINE, options=OPTIONS)
    chart = draw_chart([series], WINDOW, Size(400, 100), READER, START + 1_000)
    assert [("idle", 0.05, 0.45), ("running", 0.5, 0.5)] == [
        (word.text, word.box.left, pytest.approx(word.box.width, abs=0.01)) for word in chart.words
    ]
    assert all(word.box.top + word.box.height <= 1 for word in chart.words)


def _height(shape: Shape) -> float:
    ys = [y for line in shape.lines for _, y in line]
    return round(max(ys) - min(ys), 1)
