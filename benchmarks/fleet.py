"""A fleet of real devices behind a real bridge, without a broker, and a tree of one's own as Flet has it."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import flet as ft
import msgpack
from flet.controls.base_control import BaseControl
from flet.controls.object_patch import ObjectPatch
from flet.messaging.protocol import MessageAction, PatchControlBody, configure_encode_object_for_msgpack

from bridge.service import Plan
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from dashboard.app import LocalHouse
from dashboard.card import CardPlan, Drawing
from dashboard.reader import ENGLISH
from dashboard.scene import LayoutPlan
from dashboard.views import device_card
from schemas.catalog import shipped_kinds

PAYLOADS = {
    "thermostat": '{{"temperature": {0}.5, "humidity": {0}, "heating": true, "target": 21.0}}',
    "plug": '{{"on": true, "power": {0}.25, "energy": {0}}}',
    "air_quality": '{{"co2": 6{0}, "pm25": 4.5, "voc": 12, "temperature": 2{0}.0, "humidity": {0}}}',
    "machine": '{{"state": "running", "speed": 15{0}, "vibration": 1.5, "parts": {0}}}',
}


@dataclass
class Fleet:
    """Devices of four kinds that speak when told to."""

    house: LocalHouse
    source: ThreadTransport
    device_ids: list[str]

    def messages(self) -> Iterator[tuple[str, str]]:
        """Topics and payloads without end, each device in turn, each time with other values."""
        for turn in itertools.count():
            for device_id in self.device_ids:
                kind, name = device_id.split(".")
                yield f"fleet/{kind}/{name}/state", PAYLOADS[kind].format(1 + turn % 7)

    def speak(self, device_id: str, turn: int) -> None:
        """One device says new values, and the bridge has taken them in."""
        kind, name = device_id.split(".")
        payload = PAYLOADS[kind].format(1 + turn % 7)
        self.source.submit(f"fleet/{kind}/{name}/state", payload)
        while self.house.devices[device_id].last_payload != payload.encode():
            time.sleep(0.0005)

    def plans(self) -> list[CardPlan[Any]]:
        """The cards of the overview."""
        return [device_card.plan(self.house, device_id, ENGLISH) for device_id in self.device_ids]

    def layout(self) -> LayoutPlan:
        """All cards."""
        plans = self.plans()
        return LayoutPlan("all", frozenset(), lambda: plans)


@contextmanager
def fleet(size: int) -> Iterator[Fleet]:
    """A fleet of so many devices, all of which have spoken."""
    source = ThreadTransport()
    house = LocalHouse(Plan(shipped_kinds(), [source], MemoryStore()))
    house.start()
    kinds = itertools.cycle(PAYLOADS)
    made = Fleet(house, source, [f"{next(kinds)}.d{number}" for number in range(size)])
    for topic, payload in itertools.islice(made.messages(), size):
        source.submit(topic, payload)
    while len(house.devices) < size:
        time.sleep(0.001)
    try:
        yield made
    finally:
        house.stop()


_encode = configure_encode_object_for_msgpack(BaseControl)  # type: ignore[no-untyped-call]


class OwnTree:
    """What one session of an ordinary Flet app holds: the same cards as controls of its own."""

    def __init__(self, plans: list[CardPlan[Any]]) -> None:
        self.plans = plans
        self.drawings = [Drawing(plan.look()) for plan in plans]
        self.cards = [plan.draw(drawing) for plan, drawing in zip(plans, self.drawings, strict=True)]
        self.host = ft.ResponsiveRow(list(self.cards), spacing=16, run_spacing=16)
        patch, _added, _removed = ObjectPatch.from_diff(None, self.host, control_cls=BaseControl)
        self.opened = bytes(msgpack.packb(patch.to_message(), default=_encode))

    def change(self, number: int) -> None:
        """Set what changed on a card."""
        drawing = self.drawings[number]
        drawing.view = self.plans[number].look()
        for live in drawing.lives:
            value = live.value_of(drawing.view)
            if value != live.value:
                live.value = value
                setattr(live.control, live.name, value)

    def update_card(self, number: int) -> bytes:
        """`card.update()`."""
        return self._update(self.cards[number])

    def update_page(self) -> bytes:
        """`page.update()`."""
        return self._update(self.host)

    def _update(self, control: ft.Control) -> bytes:
        patch, _added, _removed = ObjectPatch.from_diff(control, control, control_cls=BaseControl)
        body = PatchControlBody(control._i, patch.to_message())
        return bytes(msgpack.packb([MessageAction.PATCH_CONTROL, body], default=_encode))
