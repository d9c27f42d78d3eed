"""Yes or no that can only be read: a dot and the word."""

import flet as ft

from dashboard.look import DOTS, INKS
from dashboard.widgets import Place
from schemas.traits import Binary

DRAWS = (Binary,)


def draw(place: Place) -> ft.Control:
    """A filled dot for yes, a ring for no."""
    live, of = place.drawing.live, place.of
    icon = live(
        ft.Icon(ft.Icons.CIRCLE, size=16 if place.large else 12),
        icon=of(lambda m: ft.Icons.CIRCLE if m.value is True else ft.Icons.CIRCLE_OUTLINED),
        color=of(lambda m: DOTS["plain" if m.value is True else "muted"]),
    )
    word = live(
        ft.Text(size=22 if place.large else 15, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.text),
        color=of(lambda m: INKS[m.tone]),
    )
    return ft.Row([icon, word], spacing=8, tight=True)
