"""A metric that can be set, with the control that its kind asks for."""

import flet as ft

from dashboard.boards import ControlTile
from dashboard.card import CardPlan, Drawing
from dashboard.look import SOFT
from dashboard.part import Part
from dashboard.tiles.metric import since, value
from dashboard.tiles.parts import Single, heading, leading, named, single
from dashboard.tiles.space import Spot
from dashboard.views import device_card
from dashboard.views.metric_cell import cell

TILE = ControlTile
FRAMED = True


def plan(tile: ControlTile, spot: Spot) -> CardPlan[Single]:
    """The widget of the metric's trait; on the wall, where nobody touches it, the value."""

    def draw(drawing: Drawing[Single]) -> ft.Control:
        metric = drawing.view.metric
        if spot.kiosk or metric is None:
            name = named(drawing, spot, tile.title, tile.device)
            return ft.Column([name, value(drawing, spot, 34), since(drawing, spot)], spacing=2)
        part = Part(drawing, lambda view: view.device)
        # The cell says which metric it is.
        text = drawing.live(heading(spot, ""), value=lambda v: tile.title or v.device.title)
        name = leading(drawing, text, tile.device, spot)
        small = tile.height == 1
        shown = cell(part, tile.metric, device_card.actor(spot.house, tile.device), large=not small)
        device_card.fading(part, shown)
        lines: list[ft.Control] = [name, shown]
        if not metric.settable:
            cannot = spot.reader.say("It can be seen, not set")
            lines.append(ft.Text(cannot, size=spot.size(12), color=SOFT))
        if not small:
            lines.append(since(drawing, spot))
        return ft.Column(lines, spacing=4)

    return single(spot, tile.device, tile.metric, draw)
