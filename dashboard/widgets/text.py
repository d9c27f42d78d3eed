"""Text, and every trait that has no widget of its own."""

import flet as ft

from dashboard.look import INKS
from dashboard.widgets import Place
from schemas.traits import Text

DRAWS = (Text,)


def draw(place: Place) -> ft.Control:
    """One line of text, cut at the end."""
    text = ft.Text(
        size=22 if place.large else 15, weight=ft.FontWeight.W_500,
        max_lines=1, overflow=ft.TextOverflow.ELLIPSIS,
    )  # fmt: skip
    return place.drawing.live(
        text,
        value=place.of(lambda m: m.text),
        color=place.of(lambda m: INKS[m.tone]),
        tooltip=place.of(lambda m: m.why or None),
    )
