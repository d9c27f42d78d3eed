"""The page of one device: every metric with its source and age, its limits, and its last message."""

from collections.abc import Mapping
from functools import partial

import flet as ft

from dashboard.house import House
from dashboard.look import SOFT, caption, card, copyable
from dashboard.present import DeviceView, MetricView, expected, shown_text
from dashboard.scene import CardPlan, Drawing, LayoutPlan
from dashboard.views import Page
from dashboard.views.device_card import actor, cell, header, look, shape
from dashboard.widgets import Act


def layout(house: House, values: Mapping[str, str]) -> LayoutPlan:
    """One device, by its id."""
    device_id = values["id"]
    follows = frozenset({f"device/{device_id}", "tick"})
    seen = partial(look, house, device_id)
    plans = [
        CardPlan(f"detail/{device_id}", follows, seen, lambda d: _draw(d, actor(house, device_id)), shape),
        CardPlan(f"message/{device_id}", follows, seen, _draw_message),
    ]
    return LayoutPlan(f"device/{device_id}", frozenset(), lambda: plans)


def _draw(drawing: Drawing[DeviceView], act: Act) -> ft.Control:
    reason = drawing.live(ft.Text(size=13, color=SOFT), value=_about)
    rows: list[ft.Control] = [header(drawing, opens=False), reason]
    for name in drawing.view.metrics:
        rows += [ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT), _row(drawing, name, act)]
    if not drawing.view.metrics:
        rows.append(ft.Text("There is nothing to show of it yet.", color=SOFT))
    return ft.Container(card(ft.Column(rows, spacing=12)), col={"xs": 12, "lg": 7})


def _row(drawing: Drawing[DeviceView], name: str, act: Act) -> ft.Control:
    metric = drawing.view.metrics[name]
    limits = expected(metric.trait, metric.unit)
    about = ft.Column(
        [
            drawing.live(caption(), value=lambda v: _source(v.metrics[name])),
            caption(f"valid {limits}" if limits else ""),
        ],
        spacing=2, horizontal_alignment=ft.CrossAxisAlignment.END,
    )  # fmt: skip
    return ft.Row([cell(drawing, name, act), about], spacing=12)


def _draw_message(drawing: Drawing[DeviceView]) -> ft.Control:
    topic = drawing.live(copyable(size=13, weight=ft.FontWeight.W_500), value=_topic, semantics_label=_topic)
    payload = drawing.live(
        copyable(size=13, font_family="monospace"),
        value=lambda v: v.payload, semantics_label=lambda v: v.payload,
    )  # fmt: skip
    body = ft.Container(payload, bgcolor=ft.Colors.SURFACE_CONTAINER, border_radius=10, padding=12)
    device_id = copyable(shown_text(drawing.view.id, 300), size=13)
    return ft.Container(
        card(ft.Column(
            [ft.Text("Last message", size=15, weight=ft.FontWeight.W_600), caption("Topic"), topic,
             caption("Payload"), body, caption("Device id"), device_id],
            spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        )),
        col={"xs": 12, "lg": 5},
    )  # fmt: skip


def _topic(view: DeviceView) -> str:
    return view.topic or "no message yet"


def _about(view: DeviceView) -> str:
    return f"{view.availability.capitalize()}: {view.reason}"


def _source(metric: MetricView) -> str:
    return f"{metric.source} · {metric.age}" if metric.source else "not heard yet"


def _heading(house: House, values: Mapping[str, str]) -> str:
    return look(house, values["id"]).title


PAGE = Page("/devices/{id}", "Device", "sensors", layout, heading=_heading)
