"""The system page: broker, rates, depths, sessions, versions."""

import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import flet as ft

from bridge.status import BridgeStatus
from dashboard.house import House
from dashboard.look import DOTS, SOFT, card, copyable
from dashboard.present import plain
from dashboard.scene import CardPlan, Drawing, LayoutPlan
from dashboard.views import Page

PACKAGES = ("fleetglass", "flet", "paho-mqtt", "amqtt", "pydantic")
EMBEDDED_NOTE = "The embedded broker is meant for a first look; use Mosquitto in production (see the README)."


def layout(house: House, _values: Mapping[str, str]) -> LayoutPlan:
    """Four cards of rows."""
    cards: list[CardPlan[Any]] = [
        _broker(house, EMBEDDED_NOTE if house.status.embedded else ""),
        _rows(house, "Messages", {
            "Messages a second": lambda s: f"{s.rate:.1f}",
            "Received": lambda s: plain(s.received),
            "Quarantined": lambda s: plain(s.quarantined),
            "Unclaimed": lambda s: plain(s.unclaimed),
        }),
        _rows(house, "Queues and frames", {
            "Inbox": lambda s: f"{plain(s.inbox_depth)} of {plain(s.inbox_limit)}",
            "Dropped at the inbox": lambda s: plain(s.inbox_dropped),
            "Frames": lambda s: plain(s.frames),
            "Values merged into a newer one": lambda s: plain(s.merged),
        }),
        _sessions(house),
    ]  # fmt: skip
    return LayoutPlan("system", frozenset(), lambda: cards)


def _broker(house: House, note: str) -> CardPlan[BridgeStatus]:
    def draw(drawing: Drawing[BridgeStatus]) -> ft.Control:
        live = drawing.live
        dot = live(
            ft.Icon(ft.Icons.CIRCLE, size=12),
            icon=lambda s: ft.Icons.CIRCLE if s.broker_up else ft.Icons.CIRCLE_OUTLINED,
            color=lambda s: DOTS["good" if s.broker_up else "bad"],
        )
        word = live(
            ft.Text(size=15, weight=ft.FontWeight.W_500),
            value=lambda s: "Connected" if s.broker_up else "Not connected",
        )
        lines: list[ft.Control] = [
            ft.Row([dot, word], spacing=8),
            live(
                copyable(size=13, color=SOFT),
                value=lambda s: s.broker_detail,
                semantics_label=lambda s: s.broker_detail,
            ),
        ]
        if note:
            lines.append(ft.Text(note, size=13, color=SOFT))
        return _titled("Broker", lines)

    return CardPlan("system/broker", frozenset({"status"}), lambda: house.status, draw)


def _rows(
    house: House, name: str, rows: Mapping[str, Callable[[BridgeStatus], str]]
) -> CardPlan[BridgeStatus]:
    def draw(drawing: Drawing[BridgeStatus]) -> ft.Control:
        lines: list[ft.Control] = [
            _row(label, drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=value_of))
            for label, value_of in rows.items()
        ]
        return _titled(name, lines)

    return CardPlan(f"system/{name}", frozenset({"status"}), lambda: house.status, draw)


def _sessions(house: House) -> CardPlan[int]:
    def draw(drawing: Drawing[int]) -> ft.Control:
        sessions = drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=str)
        rows = [_row("Open sessions", sessions)]
        rows += [_row(name, ft.Text(text, size=14)) for name, text in versions().items()]
        return _titled("Sessions and versions", rows)

    return CardPlan("system/sessions", frozenset({"sessions"}), lambda: house.sessions, draw)


def versions() -> Mapping[str, str]:
    """What runs here."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _titled(name: str, lines: list[ft.Control]) -> ft.Control:
    heading = ft.Text(name, size=15, weight=ft.FontWeight.W_600)
    return ft.Container(card(ft.Column([heading, *lines], spacing=10)), col={"xs": 12, "md": 6})


def _row(label: str, value: ft.Control) -> ft.Control:
    return ft.Row([ft.Text(label, size=14, color=SOFT, expand=True), value])


PAGE = Page("/system", "System", "monitor_heart_outlined", layout, rank=3, selected_icon="monitor_heart")
