"""A colour: a swatch and its code. A menu of common colours if it can be set."""

from collections.abc import Mapping

import flet as ft

from dashboard.look import INKS, LINE
from dashboard.widgets import Place, menu
from schemas.traits import Color

DRAWS = (Color,)

COMMON: Mapping[str, str] = {
    "#ffffff": "white",
    "#ffd6a5": "warm white",
    "#a5d8ff": "cool white",
    "#ff4d4d": "red",
    "#ff9f1c": "orange",
    "#ffe14d": "yellow",
    "#4dd964": "green",
    "#3b82f6": "blue",
    "#a855f7": "violet",
    "#ff6fb5": "pink",
}
"""What the menu offers; any other can be sent through the API."""


def draw(place: Place) -> ft.Control:
    """The swatch, then `#rrggbb`."""
    live, of = place.drawing.live, place.of
    swatch = live(_swatch(), bgcolor=of(lambda m: m.shown if isinstance(m.shown, str) else None))
    code = live(
        ft.Text(size=14, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.wanted if isinstance(m.wanted, str) else m.text),
        color=of(lambda m: INKS[m.tone]),
    )
    row = ft.Row([swatch, code], spacing=8, tight=True)
    if not place.metric.settable:
        return row
    choices: dict[str, ft.Control] = {}
    for color, name in COMMON.items():
        sample = _swatch()
        sample.bgcolor = color
        choices[color] = ft.Row([sample, ft.Text(name)], spacing=8, tight=True)
    return menu(place, row, choices)


def _swatch() -> ft.Container:
    return ft.Container(width=18, height=18, border_radius=9, border=ft.Border.all(1, LINE))
