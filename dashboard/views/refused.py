"""The card of one refused message."""

import time
from dataclasses import dataclass

import flet as ft

from bridge.quarantine import Quarantined
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.look import caption, card, copyable
from dashboard.reader import Reader
from dashboard.retry import name_of, retry
from dashboard.views.payload import box, typed
from dashboard.wording import age, payload_text, reason_text, shown_text, size_text


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused message as it is shown, its texts made safe and cut; in English, as all readers share it."""

    id: int
    time: float
    topic: str
    reason: str
    detail: str
    size: int
    retained: bool
    whole: bool
    payload: str


@dataclass(frozen=True, slots=True)
class _Now:
    age: str
    busy: bool


def refused(entry: Quarantined) -> Refused:
    """How a refused message is shown."""
    return Refused(
        id=entry.id,
        time=entry.time,
        topic=shown_text(entry.topic, 200),
        reason=reason_text(entry.reason),
        detail=shown_text(entry.detail, 400),
        size=entry.size,
        retained=entry.retained,
        whole=entry.size == len(entry.payload),
        payload=payload_text(entry.payload, 400),
    )


def plan(house: House, entry: Refused, reader: Reader) -> CardPlan[_Now]:
    """The card of a refused message."""
    trying = name_of(entry.id)

    def look() -> _Now:
        return _Now(age(time.time() - entry.time, reader), house.aside.busy(trying))

    return CardPlan(
        f"refused/{entry.id}/{reader.key}",
        frozenset({"tick", tag(trying)}),
        look,
        lambda d: _draw(d, house, entry, reader),
    )


def _draw(drawing: Drawing[_Now], house: House, entry: Refused, reader: Reader) -> ft.Control:
    topic = copyable(entry.topic, size=14, weight=ft.FontWeight.W_600, expand=True)
    when = drawing.live(caption(), value=lambda now: now.age)
    payload = box(typed(entry.payload or reader.say("(empty)"), size=14))
    again = [_again(drawing, house, entry, reader)] if entry.whole else []
    lines: list[ft.Control] = [
        ft.Row([topic, when], spacing=12, vertical_alignment=ft.CrossAxisAlignment.START),
        ft.Row([_about(entry, reader), *again], spacing=8),
        copyable(reader.told(entry.detail), size=14),
        payload,
    ]
    column = ft.Column(lines, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.Container(card(column), col={"xs": 12, "lg": 6})


def _about(entry: Refused, reader: Reader) -> ft.Control:
    said: list[ft.Control] = [pill(reader.told(entry.reason)), caption(size_text(entry.size, reader))]
    if entry.retained:
        said.append(caption(reader.say("retained by the broker")))
    if not entry.whole:
        said.append(caption(reader.say("not kept whole")))
    return ft.Row(
        said, spacing=10, run_spacing=4, wrap=True, expand=True,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )  # fmt: skip


def _again(drawing: Drawing[_Now], house: House, entry: Refused, reader: Reader) -> ft.Control:
    button = drawing.live(
        ft.TextButton(),
        content=lambda now: reader.say("Trying…") if now.busy else reader.say("Try again"),
        disabled=lambda now: now.busy,
    )
    return drawing.on(button, click=lambda who, _data: retry(house, who, entry.id))


def pill(text: str) -> ft.Container:
    """A short word on red."""
    return ft.Container(
        ft.Text(text, size=12, color=ft.Colors.ON_ERROR_CONTAINER),
        bgcolor=ft.Colors.ERROR_CONTAINER,
        border_radius=12,
        padding=ft.Padding.symmetric(vertical=3, horizontal=10),
    )
