"""What every page says at its top when the broker is away."""

import flet as ft

from bridge.status import BridgeStatus
from dashboard.house import House
from dashboard.scene import CardPlan, Drawing, LayoutPlan


def banner(house: House) -> LayoutPlan:
    """One line, gone while all is well."""
    plan = CardPlan("banner", frozenset({"status"}), lambda: house.status, _draw)
    return LayoutPlan("banner", frozenset(), lambda: [plan], lambda: ft.Column(spacing=0))


def _draw(drawing: Drawing[BridgeStatus]) -> ft.Control:
    text = drawing.live(
        ft.Text(size=14, color=ft.Colors.ON_ERROR_CONTAINER, expand=True), value=_text
    )
    row = ft.Row([ft.Icon(ft.Icons.CLOUD_OFF, size=18, color=ft.Colors.ON_ERROR_CONTAINER), text], spacing=12)
    surface = ft.Container(
        row, bgcolor=ft.Colors.ERROR_CONTAINER, border_radius=12, margin=ft.Margin.only(top=12),
        padding=ft.Padding.symmetric(vertical=10, horizontal=16),
    )  # fmt: skip
    return drawing.live(surface, visible=lambda status: not status.broker_up)


def _text(status: BridgeStatus) -> str:
    return f"No connection to the broker: {status.broker_detail}. Values are the last known; it is being retried."
