"""The card of one refused message."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import flet as ft

from bridge.quarantine import Quarantined
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.look import STRETCH, caption, card, copyable, small
from dashboard.marking import Piece, pieces
from dashboard.reader import Reader
from dashboard.refusals import detail_said, rows, rows_of_detail, verdict
from dashboard.retry import name_of, retry
from dashboard.views.compared import compared, payload
from dashboard.wording import age, reason_text, shown_text, size_text
from schemas.catalog import Kinds
from schemas.message import Mistake

COLUMNS: dict[str | ft.ResponsiveRowBreakpoint, int | float] = {"xs": 12, "lg": 6}


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused message as it is shown, its texts made safe and cut; in English, as all readers share it.

    `mistakes` are what the present kinds find; none where they would take it, or it is not kept whole.
    `passes`: they would take it. `earlier`: they say something else than `detail`, which was said as it came.
    """

    id: int
    time: float
    topic: str
    reason: str
    detail: str
    size: int
    retained: bool
    whole: bool
    payload: Sequence[Piece]
    mistakes: tuple[Mistake, ...]
    passes: bool
    earlier: bool


@dataclass(frozen=True, slots=True)
class _Now:
    age: str
    busy: bool


def refused(entry: Quarantined, kinds: Kinds) -> Refused:
    """How a refused message is shown. Decodes it again: not for the web loop."""
    now = verdict(entry, kinds)
    # Where the kinds find nothing any more, what is known is the field of that time.
    blamed = now.mistakes or ((Mistake((entry.field,), "", ""),) if entry.field else ())
    return Refused(
        id=entry.id,
        time=entry.time,
        topic=shown_text(entry.topic, 200),
        reason=reason_text(entry.reason),
        detail=shown_text(entry.detail, 400),
        size=entry.size,
        retained=entry.retained,
        whole=entry.size == len(entry.payload),
        payload=tuple(pieces(entry.payload, blamed)),
        mistakes=now.mistakes,
        passes=now.now == "",
        earlier=now.detail != entry.detail,
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
    again = [_again(drawing, house, entry, reader)] if entry.whole else []
    found = rows(entry.mistakes, reader) or rows_of_detail(entry.detail, reader)
    lines: list[ft.Control] = [
        ft.Row([topic, when], spacing=12, vertical_alignment=ft.CrossAxisAlignment.START),
        ft.Row([_about(entry, reader), *again], spacing=8),
        *compared(found, reader),
    ]
    if not found:
        lines.append(copyable(detail_said(entry.detail, reader), size=14))
    elif entry.mistakes and entry.earlier:
        lines.append(small(reader.say("When it came: {why}", why=detail_said(entry.detail, reader))))
    lines.append(payload(entry.payload, reader))
    return ft.Container(card(ft.Column(lines, spacing=10, horizontal_alignment=STRETCH)), col=COLUMNS)


def _about(entry: Refused, reader: Reader) -> ft.Control:
    said: list[ft.Control] = [pill(reader.told(entry.reason)), caption(size_text(entry.size, reader))]
    if entry.retained:
        said.append(caption(reader.say("retained by the broker")))
    if not entry.whole:
        said.append(caption(reader.say("not kept whole")))
    if entry.passes:
        said.append(passing(reader.say("would pass now")))
    return ft.Row(
        said, spacing=10, run_spacing=4, wrap=True, expand=True,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )  # fmt: skip


def _again(drawing: Drawing[_Now], house: House, entry: Refused, reader: Reader) -> ft.Control:
    usual = reader.say("Replay") if entry.passes else reader.say("Try again")
    button = drawing.live(
        ft.FilledTonalButton() if entry.passes else ft.TextButton(),
        content=lambda now: reader.say("Trying…") if now.busy else usual,
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


def passing(text: str) -> ft.Control:
    """A short word that it is well now, with a sign."""
    sign = ft.Icon(ft.Icons.CHECK_CIRCLE_OUTLINE_ROUNDED, size=16, color=ft.Colors.SECONDARY)
    return ft.Row([sign, ft.Text(text, size=12, color=ft.Colors.SECONDARY)], spacing=4, tight=True)
