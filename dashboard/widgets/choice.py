"""One of a few words, as a pill; trouble stands out by colour and sign. A menu if it can be set."""

import flet as ft

from dashboard.look import DOTS
from dashboard.present import MetricView
from dashboard.widgets import Place, menu
from schemas.traits import Choice

DRAWS = (Choice,)


def draw(place: Place) -> ft.Control:
    """A pill with the word, and a sign before it that differs in shape for trouble."""
    live, of = place.drawing.live, place.of
    icon = live(
        ft.Icon(ft.Icons.CIRCLE, size=16 if place.large else 10),
        icon=of(lambda m: ft.Icons.WARNING_ROUNDED if m.tone == "bad" else ft.Icons.CIRCLE),
        color=of(lambda m: DOTS[m.tone]),
    )
    word = live(
        ft.Text(size=18 if place.large else 13, weight=ft.FontWeight.W_500, no_wrap=True),
        value=of(lambda m: m.wanted if isinstance(m.wanted, str) else m.text),
        tooltip=of(lambda m: m.why or None),
    )
    parts: list[ft.Control] = [icon, word]
    if place.metric.settable:
        parts.append(ft.Icon(ft.Icons.ARROW_DROP_DOWN, size=16))
    pill = live(
        ft.Container(
            ft.Row(parts, spacing=6, tight=True),
            border_radius=20,
            padding=ft.Padding.symmetric(vertical=4, horizontal=10),
        ),
        bgcolor=of(_ground),
    )
    if not place.metric.settable:
        return pill
    return menu(place, pill, {option: ft.Text(option) for option in place.metric.options})


def _ground(metric: MetricView) -> str:
    return ft.Colors.ERROR_CONTAINER if metric.tone == "bad" else ft.Colors.SURFACE_CONTAINER_HIGH
