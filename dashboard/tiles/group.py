"""All devices of a place, a kind, or both."""

import time
from operator import itemgetter
from typing import TypeAlias

import flet as ft

from dashboard.boards import GroupTile
from dashboard.card import CardPlan, Drawing
from dashboard.look import caption
from dashboard.part import Part
from dashboard.present import DeviceView
from dashboard.tiles.device import device_surface
from dashboard.tiles.parts import heading, nothing, of_some, place_title
from dashboard.tiles.space import Columns, Spot
from dashboard.views import device_card

TILE = GroupTile
FRAMED = False
FRESH = 4.0
"""Seconds for which a device that has said nothing new need not be looked at again: ages grow every 5."""

Views: TypeAlias = dict[str, DeviceView]


def plan(tile: GroupTile, spot: Spot) -> CardPlan[Views]:
    """A heading, and the cards of the devices by name; the key of the plan says which they are.

    What one of them says makes only its own view anew.
    """
    house = spot.house
    known: dict[str, tuple[object, object, float, DeviceView]] = {}
    members = of_some(spot, tile.place, tile.kind)
    shown = members[: tile.limit]

    def look() -> Views:
        now = time.monotonic()
        for device_id in shown:
            device = house.devices.get(device_id)
            label = house.label(device) if device is not None else None
            seen = known.get(device_id)
            if seen is None or seen[0] is not device or seen[1] != label or now - seen[2] > FRESH:
                known[device_id] = device, label, now, device_card.look(house, device_id, spot.reader)
        return {device_id: known[device_id][3] for device_id in shown}

    def shape(view: Views) -> object:
        return tuple((device_id, device_card.shape(one)) for device_id, one in view.items())

    def draw(drawing: Drawing[Views]) -> ft.Control:
        view, reader = drawing.view, spot.reader
        lines: list[ft.Control] = [heading(spot, place_title(spot, tile, ""))]
        if not view:
            lines.append(nothing(spot, reader.say("No device is there yet")))
        cards = []
        for device_id in view:
            surface = device_surface(Part(drawing, itemgetter(device_id)), spot)
            surface.col = _columns(tile.width)
            cards.append(surface)
        lines.append(ft.ResponsiveRow(cards, spacing=16, run_spacing=16))
        hidden = len(members) - len(view)
        if hidden > 0:
            lines.append(
                caption(reader.count("and {n} more on the overview", "and {n} more on the overview", hidden))
            )
        scroll = ft.ScrollMode.AUTO if tile.height else None
        return ft.Column(lines, spacing=10, tight=tile.height is None, scroll=scroll)

    follows = frozenset({"tick", *(f"device/{device_id}" for device_id in shown)})
    return CardPlan(f"{len(members)}/{hash(tuple(shown))}", follows, look, draw, shape)


def _columns(width: int) -> Columns:
    """Of the group's own twelve: as wide as a card on the overview."""
    few, many = max(1, width * 3 // 12), max(1, width * 4 // 12)
    return {"xs": 12, "sm": 6 if width > 6 else 12, "lg": 12 / few, "xl": 12 / many}
