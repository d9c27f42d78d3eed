"""Something momentary: what happened last, and how long ago."""

import flet as ft

from dashboard.look import INKS, SOFT
from dashboard.widgets import Place
from schemas.traits import Event

DRAWS = (Event,)


def draw(place: Place) -> ft.Control:
    """The word of the last event with its age."""
    live, of = place.drawing.live, place.of
    word = live(
        ft.Text(size=22 if place.large else 15, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.text),
        color=of(lambda m: INKS[m.tone]),
    )
    when = live(ft.Text(size=12, color=SOFT, no_wrap=True), value=of(lambda m: m.age))
    return ft.Row([word, when], spacing=8, tight=True, vertical_alignment=ft.CrossAxisAlignment.END)
