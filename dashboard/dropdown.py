"""A field to choose from a list, with a name that a screen reader says."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import flet as ft

Chosen: TypeAlias = Callable[[str], None]


def dropdown(
    label: str,
    options: Mapping[str, str],
    value: str | None,
    chosen: Chosen | None = None,
    *,
    searchable: bool = False,
) -> ft.Dropdown:
    """One of `options`, values with their texts. `chosen` is told each choice, empty for none.

    With it, the name says what is chosen too; without it, whoever asks for the value may change it as well.
    A `searchable` one can be written in, which finds the options with these letters.
    """
    field = ft.Dropdown(
        label=label,
        value=value,
        options=[ft.DropdownOption(key=key, text=text) for key, text in options.items()],
        expand=True,
        menu_height=320,
        enable_filter=searchable,
        editable=searchable,
    )
    # Flutter's accessibility tree has a button without a name here: the field, or where it can be written in,
    # the arrow.
    if searchable:
        field.trailing_icon = ft.Icon(ft.Icons.ARROW_DROP_DOWN, semantics_label=label)
        field.selected_trailing_icon = ft.Icon(ft.Icons.ARROW_DROP_UP, semantics_label=label)
    else:
        field.tooltip = label
    if chosen is None:
        return field

    def named() -> None:
        text = options.get(field.value or "")
        if not searchable and text:
            field.tooltip = f"{label}: {text}"

    def take(_event: object) -> None:
        named()
        chosen(field.value or "")

    named()
    field.on_select = take
    return field
