"""What every page says at its top when something is wrong with the whole."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import flet as ft

from bridge.status import BridgeStatus
from dashboard.card import CardPlan, Drawing
from dashboard.house import Dropped, House
from dashboard.present import not_heard
from dashboard.reader import ENGLISH, Reader
from dashboard.scene import LayoutPlan
from dashboard.tiles.space import enlarged
from dashboard.wording import plain, sentence

if TYPE_CHECKING:
    from bridge.bus.follower import BusLink

BEHIND = 2.0
"""Seconds that a message may wait to be kept without anything being said of it."""
NEWS = 60.0
"""Seconds for which a loss at the broker is told on every page; the system page goes on to tell it."""


@dataclass(frozen=True, slots=True)
class Notices:
    """One line for each thing that can be wrong, empty while it is not."""

    bus: str = ""
    broker: str = ""
    store: str = ""
    behind: str = ""
    dropped: str = ""


def notices(
    status: BridgeStatus, dropped: Dropped, now: float, bus: "BusLink | None" = None, reader: Reader = ENGLISH
) -> Notices:
    """What is to be said at Unix time `now`. Nobody knows more of a bridge that is not heard."""
    if bus is not None and bus.away:
        return Notices(bus=_bus(bus, now, reader), dropped=_dropped(dropped, now, reader))
    return Notices(
        "",
        _broker(status, reader),
        _store(status, reader),
        _behind(status, reader),
        _dropped(dropped, now, reader),
    )


def banner(house: House, reader: Reader, *, kiosk: bool = False) -> LayoutPlan:
    """What is wrong with the whole, gone while all is well; on a screen on the wall as large as the rest."""
    scale = enlarged(reader.window) if kiosk else 1.0
    name = f"banner/{reader.key}/{scale}"
    plan = CardPlan(
        name,
        frozenset({"status", "tick"}),
        lambda: notices(house.status, house.dropped, time.time(), house.bus, reader),
        partial(_draw, scale),
    )
    return LayoutPlan(name, frozenset(), lambda: [plan], lambda: ft.Column(spacing=0))


def _draw(scale: float, drawing: Drawing[Notices]) -> ft.Control:
    def notice(icon: ft.IconData, ink: str, ground: str, text_of: Callable[[Notices], str]) -> ft.Control:
        text = drawing.live(ft.Text(size=round(14 * scale), color=ink, expand=True), value=text_of)
        row = ft.Row([ft.Icon(icon, size=round(18 * scale), color=ink), text], spacing=12)
        # Read out as it comes; not what counts on and on.
        said = ft.Semantics(content=row, container=True, live_region=ground == ft.Colors.ERROR_CONTAINER)
        surface = ft.Container(
            said, bgcolor=ground, border_radius=12, margin=ft.Margin.only(top=12),
            padding=ft.Padding.symmetric(vertical=10, horizontal=16),
        )  # fmt: skip
        return drawing.live(surface, visible=lambda told: bool(text_of(told)))

    wrong = (ft.Colors.ON_ERROR_CONTAINER, ft.Colors.ERROR_CONTAINER)
    late = (ft.Colors.ON_SECONDARY_CONTAINER, ft.Colors.SECONDARY_CONTAINER)
    return ft.Column(
        [
            notice(ft.Icons.LINK_OFF, *wrong, lambda told: told.bus),
            notice(ft.Icons.ERROR_OUTLINE, *wrong, lambda told: told.broker),
            notice(ft.Icons.SAVE_OUTLINED, *wrong, lambda told: told.store),
            notice(ft.Icons.HOURGLASS_BOTTOM, *late, lambda told: told.behind),
            notice(ft.Icons.WARNING_AMBER, *wrong, lambda told: told.dropped),
        ],
        spacing=0,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _bus(bus: "BusLink", now: float, reader: Reader) -> str:
    say = reader.say
    what = sentence(not_heard(bus, now, reader))
    if bus.heard is None:
        return say("{what} Nothing is known of devices until a bridge is heard. Retrying.", what=what)
    meanwhile = (
        say("if it has ended, what devices send at QoS 1 waits at the broker")
        if bus.up
        else say("a bridge that runs goes on keeping what devices send")
    )
    return say(
        "{what} Values are the last known and nothing can be switched; {meanwhile}. Retrying.",
        what=what,
        meanwhile=meanwhile,
    )


def _broker(status: BridgeStatus, reader: Reader) -> str:
    if status.broker_up:
        return ""
    return reader.say(
        "No connection to the broker: {why}. Values are the last known; retrying.",
        why=reader.told(status.broker_detail),
    )


def _store(status: BridgeStatus, reader: Reader) -> str:
    if not status.store_fault:
        return ""
    return reader.say(
        "The store cannot be written: {why}; nothing is acknowledged, so the broker keeps what devices send. "
        "Retrying.",
        why=reader.told(status.store_fault),
    )


def _behind(status: BridgeStatus, reader: Reader) -> str:
    # While the store takes nothing, that is what is to be said; that messages wait follows from it.
    if status.store_fault or not (status.paused or status.lag > BEHIND) or not status.waiting:
        return ""
    told = reader.count(
        "Catching up: 1 message waits, the oldest {lag} s.",
        "Catching up: {n} messages wait, the oldest {lag} s.",
        status.waiting,
        n=plain(status.waiting),
        lag=f"{status.lag:.0f}",
    )
    rest = reader.say("The broker holds the rest.")
    return f"{told} {rest}" if status.paused else told


def _dropped(dropped: Dropped, now: float, reader: Reader) -> str:
    if dropped.last is None or now - dropped.last > NEWS:
        return ""
    return reader.count(
        "The broker has dropped {n} message since Fleetglass started, because they were too many for a "
        "client that was away or slow. The system page says more.",
        "The broker has dropped {n} messages since Fleetglass started, because they were too many for a "
        "client that was away or slow. The system page says more.",
        dropped.count,
        n=plain(dropped.count),
    )
