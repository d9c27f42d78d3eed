"""A device's whole card; on the wall its values in large letters."""

from functools import partial

import flet as ft

from dashboard.boards import DeviceTile
from dashboard.card import CardPlan, Drawing
from dashboard.look import DOTS, INKS, SIGNS, SOFT, card
from dashboard.part import Part
from dashboard.present import DeviceView, MetricView
from dashboard.tiles.parts import Single, heading, known_name, leading, nothing, unheard
from dashboard.tiles.space import Spot, counted_rows, pixels_of
from dashboard.views import device_card
from dashboard.widgets import Place
from dashboard.widgets.image import framed
from schemas.image import Image

TILE = DeviceTile
FRAMED = False
MOST_ON_THE_WALL = 6
PICTURE = 110
"""Pixels of height of a picture, as at a desk."""


def plan(tile: DeviceTile, spot: Spot) -> CardPlan[Single]:
    """The card that the overview has, or that nothing has been heard of the device."""
    house, device_id = spot.house, tile.device

    def look() -> Single:
        return Single(device_card.look(house, device_id, spot.reader), "", device_id in house.devices)

    def draw(drawing: Drawing[Single]) -> ft.Control:
        if not drawing.view.heard:
            return _unheard(drawing, tile, spot)
        surface = device_surface(Part(drawing, lambda view: view.device), spot)
        if tile.height is not None:
            return ft.Column([surface], scroll=ft.ScrollMode.AUTO, spacing=0)
        return surface

    def shape(view: Single) -> object:
        return view.heard, device_card.shape(view.device)

    return CardPlan("", frozenset({f"device/{device_id}", "tick", "devices"}), look, draw, shape)


def _unheard(drawing: Drawing[Single], tile: DeviceTile, spot: Spot) -> ft.Control:
    """A surface as high as such a card is about, with the name that the device would have."""
    device_id = tile.device
    name = leading(drawing, heading(spot, known_name(spot, device_id)), device_id, spot)
    surface = card(ft.Column([name, nothing(spot, unheard(device_id, spot.reader.say))], spacing=8))
    surface.height = pixels_of(counted_rows(tile), spot)
    return surface


def device_surface(part: Drawing[DeviceView], spot: Spot) -> ft.Control:
    """A device on a surface of its own."""
    if spot.kiosk:
        return _on_the_wall(part, spot)
    return device_card.plan(spot.house, part.view.id, spot.reader).draw(part)


def _on_the_wall(part: Drawing[DeviceView], spot: Spot) -> ft.Control:
    live = part.live
    name = live(
        ft.Text(size=spot.size(15), weight=ft.FontWeight.W_600, max_lines=1, expand=True,
                overflow=ft.TextOverflow.ELLIPSIS),
        value=lambda v: v.title,
    )  # fmt: skip
    dot = live(
        ft.Icon(ft.Icons.CIRCLE, size=spot.size(12)),
        icon=lambda v: SIGNS[v.availability],
        color=lambda v: DOTS[v.tone],
    )
    word = live(ft.Text(size=spot.size(12), color=SOFT), value=lambda v: v.word)
    rows: list[ft.Control] = [ft.Row([name, dot, word], spacing=8)]
    for metric in list(part.view.metrics)[:MOST_ON_THE_WALL]:
        if isinstance(part.view.metrics[metric].trait, Image):
            place = Place(part, metric, device_card.actor(spot.house, part.view.id))
            rows.append(framed(place, opens=False, height=spot.size(PICTURE)))
            continue
        value = live(
            ft.Text(size=spot.size(18), weight=ft.FontWeight.W_500, no_wrap=True),
            value=partial(_worded, metric), color=partial(_ink, metric),
        )  # fmt: skip
        label = ft.Text(
            part.view.metrics[metric].label, size=spot.size(12), color=SOFT, expand=True, max_lines=1,
            overflow=ft.TextOverflow.ELLIPSIS,
        )  # fmt: skip
        rows.append(ft.Row([label, value], spacing=12))
    body = device_card.fading(part, ft.Column(rows, spacing=6))
    surface = card(body)
    surface.padding = spot.size(14)
    return surface


def worded(metric: MetricView) -> str:
    """A value with its unit."""
    return f"{metric.text} {metric.unit}".rstrip()


def _worded(name: str, view: DeviceView) -> str:
    return worded(view.metrics[name])


def _ink(name: str, view: DeviceView) -> str:
    return INKS[view.metrics[name].tone]
