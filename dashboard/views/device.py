"""The page of one device: every metric with its source and age, its limits, and its last message."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import flet as ft

from dashboard.card import CardPlan, Drawing, Who
from dashboard.command_form import can_be_set, open_command_form
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, caption, card, copyable, empty
from dashboard.present import DeviceView, expected
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page
from dashboard.views.device_card import actor, fading, header, look, shape
from dashboard.views.metric_cell import cell, cells
from dashboard.views.payload import box, typed
from dashboard.widgets import Act
from dashboard.wording import sentence, shown_text

UNTIL_THEN = "It is shown here as soon as it speaks. If it has spoken already, its id is another one."
UNTIL_HEARD = "Whether there is such a device is not known until a bridge is heard."


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """One device, by its id; that nobody has heard of it, as long as that is so."""
    device_id = values["id"]
    its_own = f"device/{device_id}"
    follows = frozenset({its_own, "tick"})
    seen = partial(look, house, device_id, reader)

    def source() -> object:
        return house.devices.get(device_id)

    plans = [
        CardPlan(
            f"detail/{device_id}/{reader.zoned}",
            follows,
            seen,
            lambda d: _draw(d, actor(house, device_id), partial(open_command_form, house, device_id)),
            shape,
            source,
        ),
        CardPlan(f"message/{device_id}/{reader.key}", follows, seen, _draw_message, source=source),
    ]
    nobody: Sequence[CardPlan[Any]] = [_nobody(house, device_id)]
    arranged = frozenset({"devices", its_own})
    return LayoutPlan(
        f"{its_own}/{reader.zoned}", arranged, lambda: plans if device_id in house.devices else nobody
    )


def _nobody(house: House, device_id: str) -> CardPlan[str]:
    def why() -> str:
        away = house.bus.away if house.bus is not None else ""
        return f"{sentence(away)} {UNTIL_HEARD}" if away else UNTIL_THEN

    def draw(drawing: Drawing[str]) -> ft.Control:
        told = f"Nothing has been heard of {shown_text(device_id, 100)}"
        back = drawing.on(ft.FilledTonalButton("Show all devices"), click=lambda who, _data: who.go("/"))
        return ft.Column(
            [empty("sensors_off", told, drawing.view), back],
            col=12, spacing=0, horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )  # fmt: skip

    return CardPlan(f"nobody/{device_id}", frozenset({"status"}), why, draw, lambda told: told)


def _draw(drawing: Drawing[DeviceView], act: Act, form: Callable[[Who], None]) -> ft.Control:
    reason = drawing.live(ft.Text(size=13, color=SOFT), value=_about)
    rows: list[ft.Control] = [header(drawing, opens=False), reason]
    if can_be_set(drawing.view):
        several = ft.OutlinedButton(drawing.view.reader.say("Set several…"), icon=ft.Icons.TUNE)
        rows.append(ft.Row([drawing.on(several, click=lambda who, _data: form(who))]))
    for name in cells(drawing.view):
        rows += [ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT), _row(drawing, name, act)]
    if not drawing.view.metrics:
        rows.append(ft.Text("There is nothing to show of it yet.", color=SOFT))
    return ft.Container(card(ft.Column(rows, spacing=12)), col={"xs": 12, "lg": 7})


def _row(drawing: Drawing[DeviceView], name: str, act: Act) -> ft.Control:
    metric = drawing.view.metrics[name]
    limits = expected(metric.trait, metric.unit)
    about = ft.Column(
        [
            drawing.live(caption(), value=lambda v: v.source(name)),
            caption(f"valid {limits}" if limits else ""),
        ],
        spacing=2, horizontal_alignment=ft.CrossAxisAlignment.END,
    )  # fmt: skip
    return ft.Row([fading(drawing, cell(drawing, name, act, large=True, page=True)), about], spacing=12)


def _draw_message(drawing: Drawing[DeviceView]) -> ft.Control:
    topic = drawing.live(copyable(size=13, weight=ft.FontWeight.W_500), value=_topic, semantics_label=_topic)
    payload = drawing.live(typed(size=14), value=_payload, semantics_label=_payload)
    device_id = copyable(shown_text(drawing.view.id, 300), size=13)
    return ft.Container(
        card(ft.Column(
            [ft.Text("Last message", size=15, weight=ft.FontWeight.W_600), caption("Topic"), topic,
             caption("Payload"), box(payload), caption("Device id"), device_id],
            spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        )),
        col={"xs": 12, "lg": 5},
    )  # fmt: skip


def _topic(view: DeviceView) -> str:
    return view.topic or "no message yet"


def _payload(view: DeviceView) -> str:
    return view.payload or "(empty)"


def _about(view: DeviceView) -> str:
    return f"{view.availability.capitalize()}: {view.reason}"


def _heading(house: House, values: Mapping[str, str], reader: Reader) -> str:
    return look(house, values["id"], reader).title


PAGE = Page("/devices/{id}", marked("Device"), "sensors", layout, heading=_heading)
