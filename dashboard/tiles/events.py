"""What has happened last, newest first: of one device, or of all."""

import time
from functools import partial
from typing import NamedTuple

import flet as ft

from bridge.state import DeviceState
from dashboard.aside import Found, tag
from dashboard.boards import EventsTile
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import INK, SOFT
from dashboard.present import WORDS, format_value
from dashboard.tiles.parts import ELLIPSIS, heading, known_name, nothing
from dashboard.tiles.space import Spot
from dashboard.wording import shown_text
from schemas.kind import Kind
from schemas.traits import Event

TILE = EventsTile
FRAMED = True
AGO = 7 * 86_400.0
"""Seconds back that momentary readings are looked for."""
MOST_DEVICES = 100
"""Of more devices those are asked that tell of something momentary, then the first by id."""
RENEWED = 15.0
ENDS = {
    "pending": marked("{changes} was asked for"),
    "confirmed": marked("{changes} was asked for, and done"),
    "timed_out": marked("{changes} was asked for: no answer"),
    "refused": marked("{changes} was asked for, and refused"),
    "not_sent": marked("{changes} was asked for, and not sent"),
    "replaced": marked("{changes} was asked for, and then something else"),
}


class Happened(NamedTuple):
    """Something at a moment, Unix seconds."""

    time: float
    device_id: str
    text: str


def plan(tile: EventsTile, spot: Spot) -> CardPlan[Found[list[Happened]] | None]:
    """Coming and going, commands and momentary readings, with their times on the reader's clock."""
    house, reader = spot.house, spot.reader
    name = f"events {tile.device or '*'} {tile.limit} {reader.zoned}"

    def look() -> Found[list[Happened]] | None:
        devices = _asked(house, tile.device)
        version = int(time.time() // RENEWED), tuple(_last(house, device) for device in devices)
        return house.aside.look(name, version, partial(_happened, tile, spot, devices))

    def draw(drawing: Drawing[Found[list[Happened]] | None]) -> ft.Control:
        found, title = drawing.view, tile.title or reader.say("What has happened last")
        if tile.title is None and tile.device is not None:
            title = known_name(spot, tile.device)
        lines: list[ft.Control] = []
        if found is not None and found.value:
            lines = [_line(spot, one, alone=tile.device is not None) for one in found.value]
        elif found is not None:
            why = reader.say("It cannot be read: {why}", why=reader.told(found.fault)) if found.fault else ""
            lines = [nothing(spot, why or reader.say("Nothing has happened yet"), "history")]
        listing = ft.Column(lines, spacing=6, scroll=ft.ScrollMode.AUTO, expand=True)
        return ft.Column([heading(spot, title), listing], spacing=8)

    follows = {"moved", "devices", "tick", tag(name)}
    if tile.device is not None:
        follows.add(f"device/{tile.device}")
    follows |= {f"device/{device.id}" for device in _asked(house, tile.device) if _event_of(house, device)}
    return CardPlan("", frozenset(follows), look, draw, lambda view: view)


def _asked(house: House, device_id: str | None) -> list[DeviceState]:
    if device_id is not None:
        device = house.devices.get(device_id)
        return [] if device is None else [device]
    every = list(house.devices.values())
    return sorted(every, key=lambda device: (_event_of(house, device) is None, device.id))[:MOST_DEVICES]


def _event_of(house: House, device: DeviceState) -> str | None:
    """The metric of a device that tells of something momentary."""
    kind = house.kinds.get(device.kind)
    metrics = kind.metrics.values() if kind is not None else ()
    return next((metric.name for metric in metrics if isinstance(metric.trait, Event)), None)


def _last(house: House, device: DeviceState) -> object:
    """What changes whenever something has happened to it."""
    name = _event_of(house, device)
    momentary = device.metrics.get(name) if name is not None else None
    commands = tuple((metric, command.status) for metric, command in device.commands.items())
    return device.id, device.presence.availability, momentary and momentary.received_at, commands


def _happened(tile: EventsTile, spot: Spot, devices: list[DeviceState]) -> list[Happened]:
    house, reader = spot.house, spot.reader
    found: list[Happened] = []
    for device in devices:
        for heard in house.heard(device.id, limit=tile.limit):
            word = reader.say(WORDS[heard.availability])
            why = reader.told(shown_text(heard.reason))
            text = reader.say("{word}: {reason}", word=word, reason=why) if why else word
            found.append(Happened(heard.time, device.id, text))
        name, kind = _event_of(house, device), house.kinds.get(device.kind)
        if name is not None and kind is not None:
            found += _momentary(spot, device.id, name, kind, tile.limit)
    for asked in house.commanded(tile.device, limit=tile.limit):
        changes = ", ".join(f"{metric} = {value}" for metric, value in asked.changes.items())
        words = ENDS.get(asked.ended, ENDS["pending"])
        found.append(
            Happened(asked.time, asked.device_id, reader.say(words, changes=shown_text(changes, 80)))
        )
    return sorted(found, key=lambda one: -one.time)[: tile.limit]


def _momentary(spot: Spot, device_id: str, name: str, kind: Kind, limit: int) -> list[Happened]:
    now = time.time()
    try:
        _unit, history = spot.house.history(device_id, name, now - AGO, now + 1, 1_000)
    except LookupError:
        return []
    trait = kind.metrics[name].trait
    return [
        Happened(point.time, device_id, format_value(point.value, trait, spot.reader))
        for point in list(history.points)[-limit:]
    ]


def _line(spot: Spot, one: Happened, *, alone: bool) -> ft.Control:
    local = spot.reader.moment(one.time)
    today = local.date() == spot.reader.moment(time.time()).date()
    when = f"{local:%H:%M:%S}" if today else f"{local:%Y-%m-%d %H:%M}"
    about = [] if alone else [
        ft.Text(known_name(spot, one.device_id), size=spot.size(13), color=INK, no_wrap=True)
    ]  # fmt: skip
    text = ft.Text(
        one.text, size=spot.size(13), color=SOFT if about else INK, max_lines=2, overflow=ELLIPSIS,
        expand=True,
    )  # fmt: skip
    clock = ft.Text(when, size=spot.size(12), color=SOFT, no_wrap=True)
    return ft.Row([clock, *about, text], spacing=10, vertical_alignment=ft.CrossAxisAlignment.START)
