"""The page of one device: its values, their history, what happened to it, and what it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.device_chart import kind_of
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import empty
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page, device_about, device_history, device_lists, device_messages, device_values
from dashboard.views.device_card import look, route_of
from dashboard.views.sections import FOLDS, WHOLE, named_in, opened, turned
from dashboard.wording import sentence, shown_text

UNTIL_THEN = marked("It is shown here as soon as it speaks. If it has spoken already, its id is another one.")
UNTIL_HEARD = marked("Whether there is such a device is not known until a bridge is heard.")
MESSAGE, MESSAGES, KIND = "message", "messages", "kind"


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """One device, by its id; that nobody has heard of it, as long as that is so."""
    device_id = values["id"]
    its_own = f"device/{device_id}"
    said = "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "id")

    def arrange() -> Sequence[CardPlan[Any]]:
        return (
            _plans(house, values, reader)
            if device_id in house.devices
            else [_nobody(house, device_id, reader)]
        )

    return LayoutPlan(f"{its_own}?{said}/{reader.sized}", frozenset({"devices", its_own}), arrange)


def _plans(house: House, values: Mapping[str, str], reader: Reader) -> Sequence[CardPlan[Any]]:
    device_id = values["id"]
    path = route_of(device_id)
    lists = [device_lists.COMMANDS, device_lists.AVAILABILITY]
    kind = kind_of(house, device_id)
    if kind is None or not kind.commands:
        lists.remove(device_lists.COMMANDS)
    if device_lists.has_events(house, device_id, reader):
        lists.insert(0, device_lists.EVENTS)
    names = (*(listed.name for listed in lists), MESSAGE, MESSAGES, KIND)
    are_open = opened(values, reader, names, but=MESSAGES)
    whole = named_in(values, WHOLE)
    turns = {name: turned(path, values, FOLDS, are_open, name) for name in names}
    # Their edges go on those of the values and the chart above.
    folding = (*(listed.name for listed in lists), MESSAGE, KIND)
    shares = {name: 7 if place % 2 else 5 for place, name in enumerate(folding)}
    if len(folding) % 2:
        shares[KIND] = 12
    return [
        device_values.plan(house, device_id, reader),
        device_history.plan(house, device_id, values, reader),
        *(
            device_lists.plan(
                house, device_id, listed, reader,
                turns[listed.name], turned(path, values, WHOLE, whole, listed.name), shares[listed.name],
                is_open=listed.name in are_open, whole=listed.name in whole,
            )
            for listed in lists
        ),
        device_about.message_plan(
            house, device_id, reader, turns[MESSAGE], shares[MESSAGE], is_open=MESSAGE in are_open
        ),
        device_about.kind_plan(
            house, device_id, reader, turns[KIND], shares[KIND], is_open=KIND in are_open
        ),
        device_messages.plan(house, device_id, reader, turns[MESSAGES], is_open=MESSAGES in are_open),
    ]  # fmt: skip


def _nobody(house: House, device_id: str, reader: Reader) -> CardPlan[str]:
    say = reader.say

    def why() -> str:
        away = house.bus.away if house.bus is not None else ""
        if not away:
            return say(UNTIL_THEN)
        return say("{why} {more}", why=sentence(reader.told(away)), more=say(UNTIL_HEARD))

    def draw(drawing: Drawing[str]) -> ft.Control:
        told = say("Nothing has been heard of {device}", device=shown_text(device_id, 100))
        back = drawing.on(ft.FilledTonalButton(say("Show all devices")), click=lambda who, _data: who.go("/"))
        return ft.Column(
            [empty("sensors_off", told, drawing.view), back],
            col=12, spacing=0, horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )  # fmt: skip

    return CardPlan(f"nobody/{device_id}/{reader.key}", frozenset({"status"}), why, draw, lambda told: told)


def _heading(house: House, values: Mapping[str, str], reader: Reader) -> str:
    return look(house, values["id"], reader).title


def _named_by(values: Mapping[str, str]) -> frozenset[str]:
    return frozenset({f"device/{values['id']}"})


PAGE = Page(
    "/devices/{id}", marked("Device"), "sensors", layout, heading=_heading, named_by=_named_by,
    press=device_history.press, keys=device_history.KEYS,
)  # fmt: skip
