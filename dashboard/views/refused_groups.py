"""The card of a group of refused messages: how many of what, the newest as an example, and what to do."""

import time
from dataclasses import dataclass

import flet as ft

from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.look import STRETCH, caption, card
from dashboard.reader import Reader
from dashboard.refusals import Row, detail_said, rows, rows_of_detail
from dashboard.retry import MANY, offer
from dashboard.views.compared import came_text, pair
from dashboard.views.refused import COLUMNS, passing, pill
from dashboard.views.refused_reading import Judged, groups, groups_name
from dashboard.views.refused_wanted import Wanted
from dashboard.wording import age, past, plain, reason_text, shown_text


@dataclass(frozen=True, slots=True)
class _Now:
    """What may change. `row` is the first mistake of the newest message, `others` how many more it has."""

    number: str
    devices: str
    when: str
    row: Row | None
    others: int
    detail: str
    passes: bool
    busy: bool


def plan(house: House, judged: Judged, reason: str, reader: Reader) -> CardPlan[_Now]:
    """The card of a group, as it was found among those of a `reason`."""

    def look() -> _Now:
        found = groups(house, reason)
        lot = found.value if found is not None else None
        present = next((each for each in lot.groups if each.key == judged.key), None) if lot else None
        return _now(house, present or judged, reader)

    key = "/".join(judged.key)
    # Of one device there is nothing to sum up.
    alone = judged.group.topics == 1
    topic = shown_text(judged.group.newest.topic if alone else judged.group.topic, 200)
    return CardPlan(
        f"group/{alone}/{reason}/{key}/{reader.key}",
        frozenset({"tick", "quarantine", tag(groups_name(reason)), tag(MANY)}),
        look,
        lambda d: _draw(d, house, topic, wanted_of(judged), reader),
        lambda now: (now.passes, now.row is None, now.row[:2] if now.row else (), bool(now.devices)),
    )


def wanted_of(judged: Judged) -> Wanted:
    """The messages of a group."""
    topic, reason, field = judged.key
    return Wanted(reason, topic=topic, field=field)


def spoken(judged: Judged, reader: Reader) -> str:
    """Since when and how lately."""
    now = time.time()
    first, last = (past(age(now - when, reader), reader) for when in (judged.group.first, judged.group.last))
    if judged.group.number == 1:
        return last
    return reader.say("first {first}, last {last}", first=first, last=last)


def devices_said(judged: Judged, reader: Reader) -> str:
    """Of how many devices a group is; empty where that says nothing."""
    n = judged.group.topics
    return reader.count("{n} device", "{n} devices", n, n=plain(n)) if judged.group.kind else ""


def number_said(judged: Judged, reader: Reader) -> str:
    """How many messages."""
    n = judged.group.number
    return reader.count("{n} message", "{n} messages", n, n=plain(n))


def _now(house: House, judged: Judged, reader: Reader) -> _Now:
    detail = shown_text(judged.group.newest.detail, 400)
    found = rows(judged.verdict.mistakes, reader) or rows_of_detail(detail, reader)
    return _Now(
        number_said(judged, reader),
        devices_said(judged, reader),
        spoken(judged, reader),
        found[0] if found else None,
        len(found) - 1 if found else 0,
        detail_said(detail, reader),
        judged.passes,
        house.aside.busy(MANY),
    )


def _draw(drawing: Drawing[_Now], house: House, topic: str, these: Wanted, reader: Reader) -> ft.Control:
    now = drawing.view
    name = ft.Text(topic, size=14, weight=ft.FontWeight.W_600, expand=True)
    number = drawing.live(
        ft.Text(size=14, weight=ft.FontWeight.W_600, color=ft.Colors.ON_SURFACE), value=lambda now: now.number
    )
    lines: list[ft.Control] = [
        ft.Row([name, number], spacing=12, vertical_alignment=ft.CrossAxisAlignment.START),
        _about(drawing, these, reader),
    ]
    if now.row is not None:
        came = drawing.live(came_text(), value=lambda now: now.row.came if now.row else "")
        lines.append(pair(now.row.place, ft.Text(now.row.expected, size=14), came, reader))
        lines.append(
            drawing.live(
                caption(),
                value=lambda now: (
                    reader.count("and {n} more mistake", "and {n} more mistakes", now.others)
                    if now.others
                    else ""
                ),
                visible=lambda now: now.others > 0,
            )
        )
    else:
        lines.append(
            drawing.live(
                ft.Text(size=14, max_lines=4, overflow=ft.TextOverflow.ELLIPSIS), value=lambda now: now.detail
            )
        )
    lines.append(_actions(drawing, house, these, reader))
    column = ft.Column(lines, spacing=10, horizontal_alignment=STRETCH)
    return ft.Container(card(column), col=COLUMNS)


def _about(drawing: Drawing[_Now], these: Wanted, reader: Reader) -> ft.Control:
    said: list[ft.Control] = [pill(reason_text(these.reason, reader))]
    if drawing.view.devices:
        said.append(drawing.live(caption(), value=lambda now: now.devices))
    said.append(drawing.live(caption(), value=lambda now: now.when))
    if drawing.view.passes:
        said.append(passing(reader.say("the newest would pass now")))
    return ft.Row(said, spacing=10, run_spacing=4, wrap=True, vertical_alignment=ft.CrossAxisAlignment.CENTER)


def _actions(drawing: Drawing[_Now], house: House, these: Wanted, reader: Reader) -> ft.Control:
    passes = drawing.view.passes
    usual = reader.say("Replay") if passes else reader.say("Try again")
    again = drawing.live(
        ft.FilledButton() if passes else ft.TextButton(),
        content=lambda now: reader.say("Trying…") if now.busy else usual,
        disabled=lambda now: now.busy,
    )
    drawing.on(again, click=lambda who, _data: offer(house, who, these.sought))
    show = ft.TextButton(reader.say("Show messages"), icon=ft.Icons.ARROW_FORWARD)
    drawing.on(show, click=lambda who, _data: who.go(these.route))
    both: list[ft.Control] = [again, show] if passes else [show, again]
    return ft.Row(both, spacing=8, run_spacing=0, wrap=True)
