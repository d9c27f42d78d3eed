"""One of a few words, as a pill; trouble stands out by colour and sign."""

import flet as ft

from dashboard.look import DOTS
from dashboard.present import MetricView
from dashboard.widgets import Place
from schemas.traits import Choice

DRAWS = (Choice,)


def draw(place: Place) -> ft.Control:
    """A pill with the word, and a sign before it that differs in shape for trouble."""
    live, of = place.drawing.live, place.of
    icon = live(
        ft.Icon(ft.Icons.CIRCLE, size=16 if place.large else 12),
        icon=of(lambda m: ft.Icons.WARNING_ROUNDED if m.tone == "bad" else ft.Icons.CIRCLE),
        color=of(lambda m: DOTS[m.tone]),
    )
    word = live(
        ft.Text(size=18 if place.large else 14, weight=ft.FontWeight.W_500, no_wrap=True),
        value=of(lambda m: m.text),
        tooltip=of(lambda m: m.why or None),
    )
    row = ft.Row([icon, word], spacing=8, tight=True)
    return live(
        ft.Container(row, border_radius=20, padding=ft.Padding.symmetric(vertical=4, horizontal=12)),
        bgcolor=of(_ground),
    )


def _ground(metric: MetricView) -> str:
    return ft.Colors.ERROR_CONTAINER if metric.tone == "bad" else ft.Colors.SURFACE_CONTAINER_HIGH
