"""Plans of positions: true to scale, north up, also across the antimeridian."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart import Plan, Position, Size, Track, draw_plan
from dashboard.chart.ink import PALETTE
from dashboard.chart.plan import METRES_PER_DEGREE
from tests.dashboard.chart.drawing import circles, everywhere, names, shapes
from tests.dashboard.chart.histories import sizes

SIZE = Size(228, 128)
"""Within the insets 200 x 100 pixels."""


def path(plan: Plan, number: int = 0) -> list[tuple[float, float]]:
    """The points of the line of a device."""
    (line,) = shapes(plan.svg, stroke=PALETTE[number], stroke_width="2")
    return line.lines[0]


def track(*places: tuple[float, float]) -> Track:
    """A device that was at these latitudes and longitudes, a minute apart."""
    return Track("Van", [Position(*place, 60.0 * minute) for minute, place in enumerate(places)])


@pytest.mark.parametrize("latitude", [0.0, 52.5, -70.0])
def test_a_square_is_square(latitude: float) -> None:
    """A kilometre is as long across as upwards, at any latitude, and north is up."""
    north = 0.01
    east = north / math.cos(math.radians(latitude + north / 2))
    plan = draw_plan(
        [track((latitude, 10), (latitude, 10 + east), (latitude + north, 10 + east), (latitude + north, 10))],
        SIZE,
    )
    assert [(64, 114), (164, 114), (164, 14), (64, 14)] == path(plan)


def test_the_scale_tells_metres() -> None:
    """A round length, as long in the drawing as it says."""
    plan = draw_plan([track((0, 0), (0.01, 0))], SIZE)
    assert plan.scale is not None
    metres_per_pixel = 0.01 * METRES_PER_DEGREE / 100
    assert plan.scale.text == "500 m"
    assert 500 == pytest.approx(plan.scale.box.width * SIZE.width * metres_per_pixel)
    (ruler,) = shapes(plan.svg, stroke_width="1.5")
    assert 500 == pytest.approx((ruler.lines[0][2][0] - ruler.lines[0][1][0]) * metres_per_pixel, rel=0.01)
    far = draw_plan([track((0, 0), (10, 0))], SIZE).scale
    assert far is not None
    assert "500 km" == far.text


def test_the_grid_lies_at_round_degrees() -> None:
    """As far apart as there is room for, each with its degrees; over the antimeridian they begin anew."""
    plan = draw_plan([track((0, 0), (0.01, 0))], SIZE)
    per_degree = 100 / 0.01
    assert [("0.01°", 14 / 128), ("0.00°", 114 / 128)] == [
        (line.text, pytest.approx(line.at)) for line in reversed(plan.norths)
    ]
    assert ["-0.01°", "0.00°", "0.01°"] == [line.text.replace("\N{MINUS SIGN}", "-") for line in plan.easts]
    assert per_degree * 0.01 == pytest.approx((plan.easts[1].at - plan.easts[0].at) * SIZE.width)
    (grid,) = shapes(plan.svg, stroke_width="1")
    assert 5 == len(grid.lines)
    east = [
        line.text.lstrip("-\N{MINUS SIGN}")
        for line in draw_plan([track((0, 179.9), (0, -179.9))], SIZE).easts
    ]
    assert ["179.9°", "180.0°", "179.9°"] == east


def test_across_the_antimeridian() -> None:
    """A ship from 179.9 east to 179.9 west went a fifth of a degree, not around the earth."""
    plan = draw_plan([track((0, 179.9), (0, -179.9))], SIZE)
    assert [(14, 64), (214, 64)] == path(plan)
    assert "22.2 km from west to east" in plan.summary


def test_the_last_position_is_marked() -> None:
    """By a dot in a ring, and told with its place in the drawing."""
    plan = draw_plan(
        [track((0, 0), (0, 0.01)), Track("Away", []), Track("Car", [Position(0, 0.005, 9)])], SIZE
    )
    assert [(214, 64), (214, 64), (114, 64), (114, 64)] == [(x, y) for x, y, _ in circles(plan.svg)]
    assert ["Van", "Car"] == [last.label for last in plan.lasts]
    assert (214 / 228, 0.5) == pytest.approx(plan.lasts[0].at)
    assert (PALETTE[2], Position(0, 0.005, 9)) == (plan.lasts[1].color, plan.lasts[1].position)


def test_silence_breaks_the_track() -> None:
    """Nobody knows which way it went meanwhile."""
    positions = [Position(0, 0.001 * at, at) for at in (0, 1, 2, 8, 9)]
    plan = draw_plan([Track("Van", positions, silence=3)], SIZE)
    (line,) = shapes(plan.svg, stroke=PALETTE[0], stroke_width="2")
    assert [3, 2] == [len(part) for part in line.lines]


def test_who_stays_draws_no_knot() -> None:
    """Positions that tremble by less than a pixel are one; a place alone is 200 metres wide at least."""
    still = draw_plan([track(*[(50 + 1e-7 * (at % 2), 10.0) for at in range(500)])], SIZE)
    assert 2 >= len(path(still))
    assert still.scale is not None
    assert "100 m" == still.scale.text


def test_nothing_to_show() -> None:
    """Without a position, or with one that is none, there is no scale either."""
    plan = draw_plan([track((91, 0), (0, 400))], SIZE)
    assert (None, (), "No positions.", []) == (plan.scale, plan.lasts, plan.summary, shapes(plan.svg))


def test_seven_devices_are_refused() -> None:
    """There are six that can be told apart."""
    with pytest.raises(ValueError, match="a plan shows at most 6 devices, got 7"):
        draw_plan([track()] * 7, SIZE)


@given(
    st.lists(
        st.lists(
            st.builds(Position, st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1e9)), max_size=20
        ),
        max_size=6,
    ),
    sizes,
)  # fmt: skip
def test_any_plan_can_be_drawn(places: list[list[Position]], size: Size) -> None:
    """Every position within the drawing, without text, the poles too."""
    plan = draw_plan([Track("x", positions, 60) for positions in places], size)
    assert names(plan.svg) <= {"svg", "path", "circle"}
    marks = [
        (x, y)
        for shape in shapes(plan.svg)
        if shape.looks["stroke"] in PALETTE
        for line in shape.lines
        for x, y in line
    ]
    assert all(-0.1 <= x <= size.width + 0.1 and -0.1 <= y <= size.height + 0.1 for x, y in marks)
    assert len(everywhere(plan.svg)) >= len(marks)
