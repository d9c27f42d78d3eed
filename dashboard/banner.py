"""What every page says at its top when the broker is away."""

import flet as ft

from bridge.status import BridgeStatus
from dashboard.house import House
from dashboard.scene import CardPlan, Drawing, LayoutPlan


def banner(house: House) -> LayoutPlan:
    """What is wrong with the whole, gone while all is well."""
    plan = CardPlan("banner", frozenset({"status"}), lambda: house.status, _draw)
    return LayoutPlan("banner", frozenset(), lambda: [plan], lambda: ft.Column(spacing=0))


def _draw(drawing: Drawing[BridgeStatus]) -> ft.Control:
    text = drawing.live(ft.Text(size=14, color=ft.Colors.ON_ERROR_CONTAINER, expand=True), value=_text)
    row = ft.Row(
        [ft.Icon(ft.Icons.ERROR_OUTLINE, size=18, color=ft.Colors.ON_ERROR_CONTAINER), text], spacing=12
    )
    surface = ft.Container(
        row, bgcolor=ft.Colors.ERROR_CONTAINER, border_radius=12, margin=ft.Margin.only(top=12),
        padding=ft.Padding.symmetric(vertical=10, horizontal=16),
    )  # fmt: skip
    return drawing.live(surface, visible=lambda status: bool(_text(status)))


def _text(status: BridgeStatus) -> str:
    wrong = []
    if not status.broker_up:
        wrong.append(
            f"No connection to the broker: {status.broker_detail}. Values are the last known; retrying."
        )
    if status.store_fault:
        wrong.append(f"The store cannot be written: {status.store_fault}. Retrying; nothing is lost so far.")
    return "\n".join(wrong)
