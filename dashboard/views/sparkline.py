"""The last hour of a card's main number, and whether it rises or falls."""

from functools import partial

import flet as ft

from dashboard.card import Drawing
from dashboard.course import NO_TREND
from dashboard.look import SOFT
from dashboard.present import DeviceView
from dashboard.sight import of_trend
from dashboard.trends import SIZE, WORDS

_NOTHING = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
ARROWS = {
    "rising": ft.Icons.NORTH_EAST,
    "falling": ft.Icons.SOUTH_EAST,
    "steady": ft.Icons.EAST,
    "": ft.Icons.EAST,
}


def sparkline(drawing: Drawing[DeviceView]) -> ft.Control:
    """A small picture with an arrow; there is room for it before it is known."""
    live = partial(drawing.lasting, of_trend)
    picture = live(
        ft.Image(src="", width=SIZE.width, height=SIZE.height),
        src=lambda v: v.trend.picture or _NOTHING,
        exclude_from_semantics=lambda v: v.trend == NO_TREND,
        semantics_label=_said,
        tooltip=lambda v: _said(v) or None,
    )
    arrow = live(
        ft.Icon(ft.Icons.EAST, size=14, color=SOFT),
        icon=lambda v: ARROWS[v.trend.direction],
        opacity=lambda v: 1.0 if v.trend.direction else 0.0,
    )
    column = ft.Column(
        [picture, arrow], spacing=0, tight=True, horizontal_alignment=ft.CrossAxisAlignment.END
    )
    return ft.Container(column, padding=ft.Padding.only(top=14))


def _said(view: DeviceView) -> str:
    if view.trend == NO_TREND:
        return ""
    if not view.trend.direction:
        return view.reader.say("the last hour")
    return view.reader.say("the last hour, {course}", course=view.reader.say(WORDS[view.trend.direction]))
