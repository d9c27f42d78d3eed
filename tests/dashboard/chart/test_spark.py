"""Sparklines, and whether values rise or fall."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart import Frame, Size, draw_spark, trend
from dashboard.chart.ink import PALETTE
from dashboard.chart.spark import MOST, UNKNOWN
from tests.dashboard.chart.drawing import circles, everywhere, names, shapes
from tests.dashboard.chart.histories import FLOATS

SIZE = Size(107, 27)
"""Within the insets 100 x 20 pixels."""
COLOR = PALETTE[0]


def test_a_sparkline_fills_its_box() -> None:
    """From the least to the greatest value, with a dot at the last one and an area below."""
    svg = draw_spark([(0, 0.0), (50, 20.0), (100, 10.0)], SIZE)
    (line,) = shapes(svg, stroke=COLOR)
    assert [[(3.5, 23.5), (53.5, 3.5), (103.5, 13.5)]] == line.lines
    (ground,) = shapes(svg, fill=COLOR)
    assert [[(3.5, 27), (3.5, 23.5), (53.5, 3.5), (103.5, 13.5), (103.5, 27)]] == ground.lines
    assert [(103.5, 13.5, COLOR)] == circles(svg)


def test_silence_is_a_gap() -> None:
    """As in a chart; a value that stands alone is a dot."""
    svg = draw_spark([(0, 1.0), (10, 2.0), (50, 1.0), (90, 2.0), (100, 1.0)], SIZE, silence=10)
    (line,) = shapes(svg, stroke_width="1.5")
    assert [[3.5, 13.5], [93.5, 103.5]] == [[x for x, _ in part] for part in line.lines]
    (lone,) = shapes(svg, stroke_width="3")
    assert [53.5] == [part[0][0] for part in lone.lines]


def test_a_level_line_is_in_the_middle() -> None:
    """A value that does not change is neither high nor low."""
    (line,) = shapes(draw_spark([(0, 5.0), (100, 5.0)], SIZE), stroke=COLOR)
    assert [[(3.5, 13.5), (103.5, 13.5)]] == line.lines


def test_within_a_frame_there_is_a_scale() -> None:
    """From edge to edge, all values, what is beyond lies on the edge; no dot, for it may be stretched."""
    values = [(0, -5.0), (50, 10.0), (100, 30.0)]
    svg = draw_spark(values, Size(100, 22), frame=Frame(0, 200, 0, 20))
    (line,) = shapes(svg, stroke=COLOR)
    assert [[(0, 21), (25, 11), (50, 1)]] == line.lines
    assert [] == circles(svg)
    many = draw_spark([(at, float(at % 7)) for at in range(MOST + 20)], SIZE, frame=Frame(0, 100, 0, 7))
    assert [MOST + 20] == [len(part) for part in shapes(many, stroke=COLOR)[0].lines]


def test_only_the_last_are_drawn() -> None:
    """A card has no room for more."""
    (line,) = shapes(draw_spark([(at, float(at)) for at in range(500)], SIZE), stroke=COLOR)
    assert [MOST] == [len(part) for part in line.lines]


@given(st.lists(st.tuples(st.floats(0, 1e9), FLOATS), max_size=80), st.none() | st.floats(0, 1e6))
def test_any_sparkline_can_be_drawn(values: list[tuple[float, float]], silence: float | None) -> None:
    """Within its box, in any order, whatever the values are."""
    svg = draw_spark(values, SIZE, silence)
    assert names(svg) <= {"svg", "path", "circle"}
    assert all(0 <= x <= 107 and 0 <= y <= 27 for x, y in everywhere(svg))
    assert trend(values).word in {"rising", "falling", "steady", ""}


@pytest.mark.parametrize(
    ("slope", "precision", "word"),
    [
        (0.1, 1, "rising"), (-0.1, 1, "falling"), (0.004, 1, "steady"), (0.004, 3, "rising"),
        (-0.1, None, "falling"),
    ],
)  # fmt: skip
def test_what_rises(slope: float, precision: int | None, word: str) -> None:
    """A change of more than the decimals that are shown; less is steady."""
    found = trend([(at, 20 + slope * at) for at in range(20)], precision)
    assert word == found.word
    assert ("→" if word == "steady" else "↗" if word == "rising" else "↘") == found.arrow
    assert (0 if word == "steady" else pytest.approx(19 * slope)) == found.change


def test_one_wrong_value_is_no_trend() -> None:
    """The median of the slopes does not mind it, neither where nothing else moves nor where all else does."""
    steady = [*((float(at), 20.0) for at in range(19)), (19.0, 500.0)]
    rising = [*((float(at), 20.0 + at) for at in range(19)), (19.0, -500.0)]
    assert ["steady", "rising"] == [trend(values, 1).word for values in (steady, rising)]


def test_noise_is_steady() -> None:
    """Of 200 metrics that only tremble at most one in fifty seems to go anywhere."""
    chance = random.Random(7)
    words = [trend([(at, chance.gauss(20, 1)) for at in range(20)], 1).word for _ in range(200)]
    assert words.count("steady") >= 196


def test_only_the_last_part_counts() -> None:
    """What rose an hour ago and fell since is falling."""
    values = [(float(at), float(at)) for at in range(40)] + [(40.0 + at, 40.0 - at) for at in range(20)]
    assert "falling" == trend(values, 1).word


def test_too_few_to_tell() -> None:
    """Five values are no trend, nor are many of one moment."""
    assert [UNKNOWN, UNKNOWN] == [trend([(at, float(at)) for at in range(5)]), trend([(1, 2.0)] * 9)]
