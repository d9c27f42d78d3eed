"""A switch: shows what was asked for while the device has not answered, and the truth otherwise."""

import flet as ft

from dashboard.card import Who
from dashboard.look import SOFT
from dashboard.widgets import Place, unset_or_label
from schemas.traits import Switch

DRAWS = (Switch,)


def draw(place: Place) -> ft.Control:
    """A switch if it can be set, else the word."""
    live, of = place.drawing.live, place.of
    word = live(
        ft.Text(size=15, weight=ft.FontWeight.W_500),
        value=of(lambda m: "…" if m.pending else m.text),
        color=of(lambda m: SOFT if m.value is None else ft.Colors.ON_SURFACE),
    )
    if not place.metric.settable:
        return word
    switch = live(
        ft.Switch(padding=0, height=32),
        value=of(lambda m: m.shown is True),
        disabled=of(lambda m: m.value is None),
        tooltip=of(unset_or_label),
    )
    name = place.name

    def changed(who: Who, data: object) -> None:
        place.act(who, {name: data is True or data == "true"})

    place.drawing.on(switch, change=changed)
    waiting = live(ft.ProgressRing(width=14, height=14, stroke_width=2), visible=of(lambda m: m.pending))
    return ft.Row([switch, word, waiting], spacing=8, tight=True)
