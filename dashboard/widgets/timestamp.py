"""A moment: how long ago or ahead, and on the device's page also when, on the person's clock."""

import flet as ft

from dashboard.look import INKS, SOFT
from dashboard.present import MetricView, unix_seconds
from dashboard.widgets import Place
from schemas.traits import Timestamp

DRAWS = (Timestamp,)


def draw(place: Place) -> ft.Control:
    """The distance from now; where there is room, date, time and zone below it."""
    live, of, reader = place.drawing.live, place.of, place.reader
    distance = live(
        ft.Text(size=22 if place.large else 15, weight=ft.FontWeight.W_500, no_wrap=True),
        value=of(lambda m: m.text),
        color=of(lambda m: INKS[m.tone]),
    )
    if not place.page:
        return distance

    def absolute(metric: MetricView) -> str:
        when = unix_seconds(metric.value)
        return "" if when is None else f"{reader.moment(when):%Y-%m-%d %H:%M:%S} {reader.zone}"

    return ft.Column(
        [distance, live(ft.Text(size=13, color=SOFT), value=of(absolute))], spacing=2, tight=True
    )
