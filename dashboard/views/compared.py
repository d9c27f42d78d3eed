"""What was expected beside what came, and the payload with the place of it marked."""

from collections.abc import Sequence

import flet as ft

from dashboard.look import MONOSPACE, SOFT, caption
from dashboard.marking import Piece, plain_text
from dashboard.reader import Reader
from dashboard.refusals import Row
from dashboard.views.payload import box

MARKED = ft.TextStyle(
    color=ft.Colors.ON_ERROR_CONTAINER,
    bgcolor=ft.Colors.ERROR_CONTAINER,
    weight=ft.FontWeight.W_700,
    decoration=ft.TextDecoration.UNDERLINE,
    decoration_style=ft.TextDecorationStyle.WAVY,
    decoration_color=ft.Colors.ERROR,
)
"""How what is wrong looks: on another ground, and underlined, so that the colour is not the only sign."""


def compared(found: Sequence[Row], reader: Reader) -> Sequence[ft.Control]:
    """For each mistake where it is, and below what was expected beside what came."""
    return [pair(row.place, _words(row.expected), _words(row.came, wrong=True), reader) for row in found]


def pair(place: str, expected: ft.Text, came: ft.Text, reader: Reader) -> ft.Control:
    """One mistake, its texts already made."""
    at = ft.Row(
        [
            ft.Icon(ft.Icons.ERROR_OUTLINE_ROUNDED, size=16, color=ft.Colors.ERROR),
            ft.Text(place, size=14, weight=ft.FontWeight.W_600, expand=True),
        ],
        spacing=8,
    )
    beside = ft.Row(
        [_column(reader.say("expected"), expected), _column(reader.say("came"), came)],
        spacing=12,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )
    return ft.Column([at, ft.Container(beside, padding=ft.Padding.only(left=24))], spacing=4)


def came_text(**properties: object) -> ft.Text:
    """A text of what came, to be filled."""
    return ft.Text(
        size=14,
        color=ft.Colors.ERROR,
        max_lines=3,
        overflow=ft.TextOverflow.ELLIPSIS,
        **properties,  # type: ignore[arg-type]
    )


def payload(shown: Sequence[Piece], reader: Reader) -> ft.Control:
    """The payload with what is wrong marked; between arrows for who does not see it."""
    text = plain_text(shown)
    if not text:
        return box(ft.Text(reader.say("(empty)"), size=14, color=SOFT))
    label = reader.say("payload: {text}", text=text)
    spans = [ft.TextSpan(piece.text, style=MARKED if piece.marked else None) for piece in shown]
    return box(ft.Text(spans=spans, size=14, font_family=MONOSPACE, selectable=True, semantics_label=label))


def _words(text: str, *, wrong: bool = False) -> ft.Text:
    words = came_text() if wrong else ft.Text(size=14)
    words.value = text
    return words


def _column(name: str, text: ft.Text) -> ft.Control:
    return ft.Column([caption(name), text], spacing=2, expand=True)
