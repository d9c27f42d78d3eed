"""Scales of numbers: round ticks with as many decimals as they need."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.chart.axis import LARGEST, Axis, axis_for, clamped, nice_step, step_text

FLOATS = st.floats(allow_nan=False)


@pytest.mark.parametrize(
    ("least", "step"),
    [(0.9, 1), (1, 1), (1.1, 2), (2.01, 5), (5.1, 10), (0.03, 0.05), (1e-9, 1e-9), (3e20, 5e20), (0.2, 0.2)],
)
def test_steps_are_1_2_or_5(least: float, step: float) -> None:
    """Times a power of ten, and not a hair beside it."""
    assert step == nice_step(least)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.1 + 0.2, 0.1, "0.3"),
        (-0.0, 0.5, "0.0"),
        (-1e-17, 0.1, "0.0"),
        (12_500.0, 500, "12\u202f500"),
        (0.25, 0.05, "0.25"),
        (-20.0, 10, "-20"),
        (5e20, 1e20, "5e+20"),
        (2e-12, 1e-12, "2e-12"),
    ],
)
def test_ticks_read_well(value: float, step: float, text: str) -> None:
    """As many decimals as the step, thousands apart, no -0."""
    assert text == step_text(value, step)


def test_0_is_the_end_where_it_is_near() -> None:
    """Power from 5 to 100 W begins at 0; a temperature of 20 to 22 °C does not."""
    assert 0 == axis_for([5, 100], 100).low
    assert 0 == axis_for([-5, -100], 100).high
    assert pytest.approx((19.88, 22.12)) == (axis_for([20, 22], 100).low, axis_for([20, 22], 100).high)


def test_a_value_that_is_never_negative_gets_no_scale_below_0() -> None:
    """Even if it does not change."""
    axis = axis_for([0.0], 100)
    assert (0, 1) == (axis.low, axis.high)


def test_without_values_there_are_no_ticks() -> None:
    """A scale without a meaning would tell something."""
    assert [] == axis_for([], 100).values()


def test_what_is_beyond_lies_on_the_edge() -> None:
    """Nothing is drawn outside."""
    assert [1, 0.5, 0] == [Axis(0, 10, 5).share(value) for value in (-5, 5, 50)]


@given(st.lists(FLOATS, min_size=1, max_size=5), st.floats(20, 2_000), st.none() | st.integers(0, 12))
def test_every_scale_holds_its_values(values: list[float], height: float, precision: int | None) -> None:
    """Whatever they are, it is finite, has few ticks, rising, and as many texts."""
    axis = axis_for(values, height, precision)
    assert all(axis.low <= clamped(value) <= axis.high for value in values)
    assert math.isfinite(axis.high - axis.low)
    ticks = axis.values()
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= max(3, height / 38) + 2
    assert len(ticks) == len({axis.text(tick) for tick in ticks}) or max(map(abs, ticks)) / axis.step > 1e5


@given(FLOATS | st.integers())
def test_numbers_are_made_drawable(value: float) -> None:
    """Also those for which there is no float."""
    assert -LARGEST <= clamped(value) <= LARGEST
    assert clamped(10**400) == LARGEST
