"""Sections of a page that fold. Which are open stands in the address, else it depends on the window."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import quote, urlencode

import flet as ft

from dashboard.card import Drawing
from dashboard.look import PAD, PHONE, as_heading, card
from dashboard.reader import Reader

View = TypeVar("View")

FOLDS = "open"
"""The parameter of the address: the open sections, with commas between them."""
WHOLE = "all"
"""The parameter of the address for the lists that are shown with all their lines."""


def named_in(values: Mapping[str, str], parameter: str) -> tuple[str, ...]:
    """The sections that a parameter names."""
    return tuple(name for name in values.get(parameter, "").split(",") if name)


def opened(
    values: Mapping[str, str], reader: Reader, sections: tuple[str, ...], but: str = ""
) -> tuple[str, ...]:
    """The sections that are open: as the address says, else all `but` that one, on a phone none."""
    if FOLDS in values:
        return tuple(name for name in sections if name in named_in(values, FOLDS))
    return () if reader.window < PHONE else tuple(name for name in sections if name != but)


def turned(path: str, values: Mapping[str, str], parameter: str, names: tuple[str, ...], name: str) -> str:
    """The address at which a section is open that is folded now, or the other way round; the rest stays."""
    after = tuple(one for one in names if one != name) if name in names else (*names, name)
    said = {key: value for key, value in values.items() if key not in {parameter, "id"}}
    return f"{path}?{urlencode({**said, parameter: ','.join(after)}, quote_via=quote, safe=',:')}"


def section(  # noqa: PLR0913, PLR0917  (what a folding card depends on)
    drawing: Drawing[View],
    title: str,
    turn: str,
    content: Callable[[], list[ft.Control]] | None,
    reader: Reader,
    share: int = 12,
) -> ft.Control:
    """A card with a heading that leads to `turn`, where it is folded or open. Folded it has no content.

    On a large window it takes `share` of twelve columns.
    """
    is_open = content is not None
    head = ft.Container(
        ft.Row(
            [
                ft.Text(title, size=15, weight=ft.FontWeight.W_600, expand=True),
                ft.Icon(ft.Icons.EXPAND_LESS if is_open else ft.Icons.EXPAND_MORE, size=22),
            ]
        ),
        ink=True, border_radius=8, height=44,
    )  # fmt: skip
    drawing.on(head, click=lambda who, _data: who.go(turn))
    named = ft.Semantics(
        content=head, button=True, expanded=is_open, container=True, exclude_semantics=True,
        label=title, hint_text=reader.say("Fold") if is_open else reader.say("Unfold"),
    )  # fmt: skip
    heading = as_heading(named, 2)
    heading.container = True
    rows: list[ft.Control] = [heading]
    if content is not None:
        rows += content()
    surface = card(ft.Column(rows, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH))
    surface.padding = ft.Padding.only(left=PAD, right=PAD, top=6, bottom=PAD if is_open else 6)
    return ft.Container(surface, col={"xs": 12, "lg": share})
