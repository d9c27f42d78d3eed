"""The values of a number that a person can choose: by typing, by the step buttons, and with the slider."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.reader import Reader
from dashboard.steps import Steps
from dashboard.units import conversion
from schemas.message import Value
from schemas.traits import Numeric

TARGET = Numeric(unit="°C", low=5, high=30, step=0.5, precision=1)


def steps(trait: Numeric = TARGET, *, whole: bool = False, imperial: bool = False) -> Steps:
    """As the widgets have them."""
    into = conversion(trait.unit, "imperial") if imperial else None
    return Steps(trait, trait.unit, whole, into, Reader(units="imperial" if imperial else "device"))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("21.5", 21.5),
        ("21,5", 21.5),
        (" 21 ", 21.0),
        ("5", 5.0),
        ("3e1", 30.0),
        ("07.5", 7.5),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, value: Value) -> None:
    """With a comma or a dot before the decimals, with space around it."""
    assert value == steps().read(typed)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("warm", "Enter a number, such as 17.5"),
        ("", "Enter a number, such as 17.5"),
        ("nan", "Enter a number, such as 17.5"),
        ("1e999", "Enter a number, such as 17.5"),
        ("2_0", "Enter a number, such as 17.5"),
        ("1,234", "Enter a number, such as 17.5"),
        ("4.5", "At least 5 °C"),
        ("-20", "At least 5 °C"),
        ("30.5", "At most 30 °C"),
        ("21.3", "In steps of 0.5 °C"),
    ],
)
def test_what_cannot_be_is_told(typed: str, why: str) -> None:
    """No number, beyond the bounds, between the steps: each in words, with what would be right."""
    with pytest.raises(ValueError, match=f"^{why}$"):
        steps().read(typed)


@pytest.mark.parametrize(
    ("typed", "value"), [("69.8", 21.0), ("70", 21.0), ("71", 21.5), ("41", 5.0), ("86", 30.0)]
)
def test_a_person_types_in_his_own_unit(typed: str, value: Value) -> None:
    """It is turned into the device's, and to the step that is nearest."""
    assert value == steps(imperial=True).read(typed)


@pytest.mark.parametrize(("typed", "why"), [("40", "At least 41 °F"), ("87", "At most 86 °F")])
def test_bounds_are_told_in_his_own_unit(typed: str, why: str) -> None:
    """As he reads the value itself."""
    with pytest.raises(ValueError, match=f"^{why}$"):
        steps(imperial=True).read(typed)


def test_a_hint_says_what_may_be() -> None:
    """The bounds and the steps, in the person's unit; nothing where nothing is bounded."""
    assert ("5 to 30 °C · in steps of 0.5 °C", "41 to 86 °F · in steps of 0.9 °F", "") == (
        steps().hint,
        steps(imperial=True).hint,
        steps(Numeric()).hint,
    )


def test_whole_numbers_stay_whole() -> None:
    """What the device takes as whole numbers only is sent as such, and a fraction is refused."""
    level = steps(Numeric(low=0, high=10), whole=True)
    assert (3, int) == (level.read("3"), type(level.read("3")))
    assert (4, int) == (level.moved(3, +1), type(level.moved(3, +1)))
    with pytest.raises(ValueError, match="Enter a whole number"):
        level.read("3.5")


@pytest.mark.parametrize(
    ("value", "direction", "then"), [(20.5, +1, 21.0), (20.5, -1, 20.0), (30.0, +1, 30.0), (5.2, -1, 5.0)]
)
def test_a_step_stays_within_the_bounds(value: float, direction: int, then: Value) -> None:
    """Up and down by the step, and no further than the bounds."""
    assert then == steps().moved(value, direction)


def test_a_slider_has_as_many_places_as_there_are_steps() -> None:
    """Where bounds and step allow it; else it moves freely."""
    assert (50, (5, 30), None, None) == (
        steps().divisions,
        steps().range,
        steps(Numeric(low=0, high=1, step=0.3)).divisions,
        steps(Numeric(low=0, step=1)).range,
    )
    assert (41.0, 86.0) == steps(imperial=True).range


@given(st.floats(5, 30), st.booleans())
def test_what_is_chosen_is_always_valid(value: float, imperial: bool) -> None:  # noqa: FBT001
    """Wherever a slider is let go, the device gets one of its steps within its bounds."""
    found = steps(imperial=imperial)
    chosen = found.chosen(found.shown(value))
    assert isinstance(chosen, float)
    assert (True, 0.0) == (5 <= chosen <= 30, (chosen * 2) % 1)


@given(st.floats(5, 30).map(lambda value: round(value * 2) / 2), st.booleans())
def test_what_stands_in_the_field_means_the_value(value: float, imperial: bool) -> None:  # noqa: FBT001
    """Who sends it as it stands sends the present value."""
    found = steps(imperial=imperial)
    assert value == found.read(found.typed(value))
