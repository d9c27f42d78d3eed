"""Fields to choose from a list have a name that a screen reader says, and it says what is chosen."""

from pathlib import Path

import flet as ft

import dashboard
from dashboard.dropdown import dropdown

KINDS = {"": "All", "lamp": "Lamp"}


def test_its_name_says_what_is_chosen() -> None:
    """From the beginning, and after each choice, which is told to whoever asked."""
    told: list[str] = []
    field = dropdown("Kind", KINDS, "", told.append)
    assert "Kind: All" == field.tooltip
    field.value = "lamp"
    assert field.on_select is not None
    field.on_select(ft.ControlEvent("select", field))  # type: ignore[call-arg, arg-type, operator]
    assert (["lamp"], "Kind: Lamp") == (told, field.tooltip)


def test_without_somebody_to_tell_it_is_named_after_what_it_is() -> None:
    """Its value may be changed by whoever made it, and a name that is behind would be a lie."""
    assert "Kind" == dropdown("Kind", KINDS, "lamp").tooltip


def test_one_that_can_be_written_in_has_a_name_of_its_own() -> None:
    """Flutter takes its label; a second name would be said as well. Its arrow is named by its icon."""
    field = dropdown("Kind", KINDS, "lamp", print, searchable=True)
    assert None is field.tooltip
    arrows = (field.trailing_icon, field.selected_trailing_icon)
    assert ["Kind", "Kind"] == [icon.semantics_label for icon in arrows if isinstance(icon, ft.Icon)]


def test_all_fields_to_choose_from_are_made_here() -> None:
    """Else one could be without a name."""
    files = Path(dashboard.__file__).parent.rglob("*.py")
    assert ["dropdown.py"] == [file.name for file in files if "ft.Dropdown(" in file.read_text("utf-8")]
