"""Yes or no that can only be read: a sign that differs in shape, and the word."""

from collections.abc import Mapping

import flet as ft

from dashboard.look import INKS
from dashboard.present import MetricView
from dashboard.widgets import Place
from schemas.traits import Binary

DRAWS = (Binary,)
Signs = tuple[ft.IconData, ft.IconData]
PLAIN: Signs = (ft.Icons.CHECK_CIRCLE, ft.Icons.RADIO_BUTTON_UNCHECKED)
"""For yes and for no."""
SIGNS: Mapping[str, Signs] = {
    "opening": (ft.Icons.MEETING_ROOM, ft.Icons.DOOR_FRONT_DOOR_OUTLINED),
    "motion": (ft.Icons.DIRECTIONS_RUN, ft.Icons.MAN_OUTLINED),
    "occupancy": (ft.Icons.PERSON, ft.Icons.PERSON_OFF_OUTLINED),
    "heating": (ft.Icons.LOCAL_FIRE_DEPARTMENT, ft.Icons.MODE_STANDBY),
    "smoke": (ft.Icons.SMOKING_ROOMS, ft.Icons.SMOKE_FREE),
    "leak": (ft.Icons.WATER_DROP, ft.Icons.FORMAT_COLOR_RESET_OUTLINED),
    "lock": (ft.Icons.LOCK_OPEN, ft.Icons.LOCK),
}
"""By what is measured."""


def draw(place: Place) -> ft.Control:
    """A filled sign for yes, an outlined other one for no, a question mark while nothing is known."""
    live, of = place.drawing.live, place.of
    yes, no = SIGNS.get(place.metric.trait.measure or "", PLAIN)

    def sign(metric: MetricView) -> ft.IconData:
        return ft.Icons.HELP_OUTLINE if metric.value is None else yes if metric.value is True else no

    icon = live(
        ft.Icon(ft.Icons.HELP_OUTLINE, size=26 if place.large else 18),
        icon=of(sign),
        color=of(lambda m: ft.Colors.PRIMARY if m.value is True else ft.Colors.OUTLINE),
    )
    word = live(
        ft.Text(size=22 if place.large else 15, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.text),
        color=of(lambda m: INKS[m.tone]),
    )
    return ft.Row([icon, word], spacing=8, tight=True)
