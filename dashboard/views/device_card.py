"""The card of one device, drawn from its kind."""

import time
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

import flet as ft

from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House, act
from dashboard.look import CARD_COLUMNS, DOTS, FADED, SOFT, caption, card, icon, title
from dashboard.present import DeviceView, device_view, gone_view
from dashboard.reader import Reader
from dashboard.views.metric_cell import cell, cells
from dashboard.widgets import Act
from schemas.message import Value
from schemas.traits import Numeric

MOST = 9
"""Metrics on a card; the device's page shows all."""


def plan(house: House, device_id: str, reader: Reader) -> CardPlan[DeviceView]:
    """The card of a device for an overview."""
    return CardPlan(
        key=f"card/{device_id}/{reader.key}",
        follows=frozenset({f"device/{device_id}", "tick"}),
        look=partial(look, house, device_id, reader),
        draw=lambda drawing: _draw(drawing, actor(house, device_id)),
        shape=shape,
        source=lambda: house.devices.get(device_id),
    )


def look(house: House, device_id: str, reader: Reader) -> DeviceView:
    """The device as it is shown now."""
    device = house.devices.get(device_id)
    if device is None:
        return gone_view(device_id, reader)
    return device_view(device, house.kinds.get(device.kind), house.label(device), time.time(), reader)


def shape(view: DeviceView) -> object:
    """What the tree of a device's card depends on: which metrics there are, and of which sort."""
    return view.kind, tuple((name, type(m.trait), m.settable) for name, m in view.metrics.items())


def actor(house: House, device_id: str) -> Act:
    """Commands to this device."""

    def commanded(who: Who, changes: Mapping[str, Value]) -> None:
        act(house, device_id, who, changes)

    return commanded


def route_of(device_id: str) -> str:
    """Where a device's page is."""
    return "/devices/" + quote(device_id, safe="")


def header(drawing: Drawing[DeviceView], *, opens: bool) -> ft.Control:
    """Icon, name and place, whether the device is there, and the age of what we know."""
    view, live = drawing.view, drawing.live
    badge = ft.Container(
        ft.Icon(icon(view.icon), size=20, color=ft.Colors.ON_PRIMARY_CONTAINER),
        width=38, height=38, border_radius=12,
        bgcolor=ft.Colors.PRIMARY_CONTAINER, alignment=ft.Alignment.CENTER,
    )  # fmt: skip
    names = ft.Column(
        [live(title(), value=lambda v: v.title), live(caption(), value=lambda v: v.subtitle)],
        spacing=1,
        expand=True,
    )
    row = ft.Row([badge, names, presence(drawing)], spacing=12)
    if not opens:
        return row
    opener = ft.Container(row, ink=True, border_radius=10, tooltip=None)
    device_id = view.id
    return drawing.on(opener, click=lambda who, _data: who.go(route_of(device_id)))


def presence(drawing: Drawing[DeviceView]) -> ft.Control:
    """A dot and a word for the availability, with the reason as tooltip, and how old what we know is."""
    live = drawing.live
    dot = live(
        ft.Icon(ft.Icons.CIRCLE, size=10),
        icon=lambda v: ft.Icons.CIRCLE if v.availability == "online" else ft.Icons.CIRCLE_OUTLINED,
        color=lambda v: DOTS[v.tone],
    )
    word = live(ft.Text(size=12, color=SOFT), value=lambda v: v.word, tooltip=lambda v: v.reason)
    when = live(caption(), value=lambda v: v.since)
    return ft.Column(
        [ft.Row([dot, word], spacing=5, tight=True), when],
        spacing=2,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.END,
    )


def fading(drawing: Drawing[DeviceView], values: ft.LayoutControl) -> ft.LayoutControl:
    """Values, switches and all, that fade while they may no longer be true."""
    return drawing.live(values, opacity=lambda v: FADED if v.faded else 1.0)


def _blank() -> ft.Control:
    return ft.Container(expand=True)


def _draw(drawing: Drawing[DeviceView], act: Act) -> ft.Control:
    view = drawing.view
    every = cells(view)
    names = every[:MOST]
    lines: list[ft.Control] = []
    if names and isinstance(view.metrics[names[0]].trait, Numeric):
        lines.append(cell(drawing, names.pop(0), act, large=True))
    values = ft.Column(
        lines + [
            ft.Row([cell(drawing, name, act) for name in pair] + [_blank() for _ in range(2 - len(pair))],
                   spacing=12, vertical_alignment=ft.CrossAxisAlignment.START)
            for pair in (names[i : i + 2] for i in range(0, len(names), 2))
        ],
        spacing=12,
    )  # fmt: skip
    fading(drawing, values)
    surface = card(ft.Column([header(drawing, opens=True), values], spacing=14))
    surface.col = {**CARD_COLUMNS}
    hidden = len(every) - MOST
    if hidden > 0:
        values.controls.append(
            caption(view.reader.count("and {n} more on its page", "and {n} more on its page", hidden))
        )
    return surface
