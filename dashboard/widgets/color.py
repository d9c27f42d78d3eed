"""A colour: a swatch and its code."""

import flet as ft

from dashboard.look import INKS, LINE
from dashboard.widgets import Place
from schemas.traits import Color

DRAWS = (Color,)


def draw(place: Place) -> ft.Control:
    """The swatch, then `#rrggbb`."""
    live, of = place.drawing.live, place.of
    swatch = live(
        ft.Container(width=18, height=18, border_radius=9, border=ft.Border.all(1, LINE)),
        bgcolor=of(lambda m: m.value if isinstance(m.value, str) else None),
    )
    code = live(
        ft.Text(size=14, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.text),
        color=of(lambda m: INKS[m.tone]),
    )
    return ft.Row([swatch, code], spacing=8, tight=True)
