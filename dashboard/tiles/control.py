"""A metric that can be set, with the control that its kind asks for."""

import flet as ft

from dashboard.boards import ControlTile
from dashboard.card import CardPlan, Drawing
from dashboard.look import INKS, SOFT
from dashboard.part import Part
from dashboard.present import DeviceView, Tone
from dashboard.tiles.metric import since, value
from dashboard.tiles.parts import ELLIPSIS, Single, heading, leading, named, single
from dashboard.tiles.space import Spot, inner
from dashboard.views import device_card
from dashboard.views.metric_cell import cell, note_of
from dashboard.widgets import Place, widget_for
from schemas.traits import Numeric

TILE = ControlTile
FRAMED = True
BESIDE = 200
"""Pixels of width from which on a number has its steps beside it."""


def plan(tile: ControlTile, spot: Spot) -> CardPlan[Single]:
    """The widget of the metric's trait; on the wall, where nobody touches it, the value."""

    def draw(drawing: Drawing[Single]) -> ft.Control:
        metric = drawing.view.metric
        if spot.kiosk or metric is None:
            name = named(drawing, spot, tile.title, tile.device)
            return ft.Column([name, value(drawing, spot, 34), since(drawing, spot)], spacing=2)
        part = Part(drawing, lambda view: view.device)
        if _narrow(tile, spot) and metric.settable and isinstance(metric.trait, Numeric):
            return _upright(drawing, part, tile, spot)
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

    return single(spot, tile, draw)


def _narrow(tile: ControlTile, spot: Spot) -> bool:
    """Whether the steps of a number stand below it, not beside it, for which there must be room."""
    return tile.height != 1 and inner(tile, spot)[0] < BESIDE


def _upright(drawing: Drawing[Single], part: Part[DeviceView], tile: ControlTile, spot: Spot) -> ft.Control:
    """The number above its steps. One line says what it is of, and one how it is: a word or its age."""
    act = device_card.actor(spot.house, tile.device)
    widget = widget_for(part.view.metrics[tile.metric].trait)
    number = device_card.fading(part, ft.Container(widget(Place(part, tile.metric, act, large=True))))
    name = named(drawing, spot, tile.title, tile.device)
    told = since(drawing, spot)
    age = drawing.live(ft.Container(told), visible=lambda v: not _note(v)[1])
    note = drawing.live(
        ft.Text(size=11, max_lines=1, overflow=ELLIPSIS),
        value=lambda v: _note(v)[1], color=lambda v: INKS[_note(v)[0]], visible=lambda v: bool(_note(v)[1]),
    )  # fmt: skip
    return ft.Column([name, number, age, note], spacing=2)


def _note(view: Single) -> tuple[Tone, str]:
    return note_of(view.device, view.name) if view.metric is not None else ("muted", "")
