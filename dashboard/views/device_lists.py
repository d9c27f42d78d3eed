"""What happened to a device: what was asked of it, when it came and went, and its events."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import flet as ft

from bridge.commands import CommandRecord, reasons_in
from bridge.ports import Heard
from bridge.state import DeviceState
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.chart.clock import moment_text
from dashboard.device_chart import Offered, offered
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import DOTS, SIGNS, SOFT, small
from dashboard.present import AVAILABILITY_TONES, WORDS, Tone, format_value
from dashboard.reader import Reader
from dashboard.views.sections import section
from dashboard.wording import shown_text
from schemas.message import Value
from schemas.traits import Event

MOST = 50
FEW = 6
"""Lines of a list before somebody asks for all of them."""
PACE = 10
"""Seconds after which a list is read again, for what was not yet in the store when it was read."""
WEEK = 7 * 86_400.0
ENDS: Mapping[str, tuple[Tone, str]] = {
    "pending": ("muted", marked("waiting for the device")),
    "confirmed": ("good", marked("confirmed")),
    "timed_out": ("warn", marked("no answer")),
    "refused": ("bad", marked("refused")),
    "not_sent": ("bad", marked("not sent")),
    "replaced": ("muted", marked("replaced by a newer one")),
}


class Line(NamedTuple):
    """One entry: how it stands, what it was, and a line below about it. `when` is Unix seconds.

    `sign` is one of `look.SIGNS`; empty for that of the tone.
    """

    when: float
    tone: Tone
    text: str
    word: str
    below: str
    sign: str = ""


class ListView(NamedTuple):
    """The lines, newest first; None before they have been read."""

    lines: Sequence[Line] | None
    fault: str
    reader: Reader


class Listed(NamedTuple):
    """A list of a device: its name in addresses, its title, what it says when empty, and how it is read.

    When what it `depends` on is another, it is read anew.
    """

    name: str
    title: str
    nothing: str
    read: Callable[[House, str, Reader], Sequence[Line]]
    depends: Callable[[DeviceState], object]


def has_events(house: House, device_id: str, reader: Reader) -> bool:
    """Whether the device tells of momentary things."""
    return any(isinstance(one.trait, Event) for one in offered(house, device_id, reader).values())


def plan(  # noqa: PLR0913, PLR0917  (what a folding list depends on)
    house: House,
    device_id: str,
    listed: Listed,
    reader: Reader,
    turn: str,
    more: str,
    share: int,
    *,
    is_open: bool,
    whole: bool,
) -> CardPlan[ListView]:
    """A list. `turn` and `more` are the addresses at which it is folded or open, whole or short.

    It takes `share` of twelve columns.
    """
    name = f"{listed.name}/{device_id}/{reader.zoned}"
    look = partial(_look, house, device_id, listed, reader, name) if is_open else partial(_unseen, reader)
    key = f"{name}/{is_open}/{whole}/{share}/{turn}/{more}"
    follows = frozenset({f"device/{device_id}", "tick", tag(name)} if is_open else ())
    return CardPlan(
        key,
        follows,
        look,
        lambda drawing: _draw(drawing, listed, turn, more, share, is_open=is_open, whole=whole),
        lambda view: view,
    )


def _unseen(reader: Reader) -> ListView:
    return ListView(None, "", reader)


def _look(house: House, device_id: str, listed: Listed, reader: Reader, name: str) -> ListView:
    device = house.devices.get(device_id)
    version = (device and listed.depends(device), int(time.time() // PACE))
    found = house.aside.look(name, version, partial(listed.read, house, device_id, reader))
    if found is None:
        return ListView(None, "", reader)
    return ListView(found.value, found.fault, reader)


def _draw(  # noqa: PLR0913  (see `plan`)
    drawing: Drawing[ListView],
    listed: Listed,
    turn: str,
    more: str,
    share: int,
    *,
    is_open: bool,
    whole: bool,
) -> ft.Control:
    reader = drawing.view.reader

    def content() -> list[ft.Control]:
        view, say = drawing.view, reader.say
        out: list[ft.Control] = []
        if view.fault:
            why = say("This cannot be read now: {why}", why=reader.told(view.fault))
            out.append(ft.Text(why, size=13, color=ft.Colors.TERTIARY))
        if view.lines is None:
            return out or [ft.Text(say("Being read…"), size=13, color=SOFT)]
        if not view.lines:
            return [*out, ft.Text(say(listed.nothing), size=13, color=SOFT)]
        shown = view.lines if whole else view.lines[:FEW]
        out += [_row(line, reader) for line in shown]
        if len(view.lines) > FEW:
            text = say("Show fewer") if whole else say("Show all {n}", n=len(view.lines))
            out.append(ft.Row([drawing.on(ft.TextButton(text), click=lambda who, _data: who.go(more))]))
        return out

    return section(drawing, reader.say(listed.title), turn, content if is_open else None, reader, share)


def _row(line: Line, reader: Reader) -> ft.Control:
    sign = ft.Icon(SIGNS[line.sign or line.tone], size=13, color=DOTS[line.tone], tooltip=line.word or None)
    head = ft.Row(
        [
            sign,
            ft.Text(line.text, size=13, expand=True, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS),
            ft.Text(moment_text(line.when, reader), size=12, color=SOFT, no_wrap=True),
        ],
        spacing=8, vertical_alignment=ft.CrossAxisAlignment.START,
    )  # fmt: skip
    below = " · ".join(part for part in (line.word, line.below) if part)
    if not below:
        return head
    return ft.Column([head, ft.Container(small(below), padding=ft.Padding.only(left=21))], spacing=1)


def _commands(house: House, device_id: str, reader: Reader) -> Sequence[Line]:
    known = offered(house, device_id, reader)
    return [_command(record, known, reader) for record in house.commanded(device_id, limit=MOST)]


def _command(record: CommandRecord, known: Mapping[str, Offered], reader: Reader) -> Line:
    tone, word = ENDS.get(record.ended, ("muted", record.ended))
    changes = reader.say(", ").join(
        _change(name, value, known, reader) for name, value in record.changes.items()
    )
    by = reader.say("by {who}", who=shown_text(record.by, 80))
    note = "" if record.ended == "confirmed" else shown_text(_note(record, known, reader), 300)
    return Line(record.time, tone, changes, reader.say(word), " · ".join(part for part in (by, note) if part))


def _note(record: CommandRecord, known: Mapping[str, Offered], reader: Reader) -> str:
    """How it ended, and where its metrics ended differently, how each did."""
    parts = [
        reader.say(
            "{metric}: {what}",
            metric=known[name].label if name in known else shown_text(name),
            what=reader.told(why),
        )
        for name, why in reasons_in(record.note, list(record.changes)).items()
    ]
    return reader.say("; ").join(parts) or reader.told(record.note)


def _change(name: str, value: Value, known: Mapping[str, Offered], reader: Reader) -> str:
    one = known.get(name)
    if one is None:
        return reader.say("{metric}: {what}", metric=shown_text(name), what=shown_text(str(value)))
    into = reader.conversion(one.unit)
    unit = one.unit if into is None else into.unit
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = format_value(value, one.trait, reader, into)
    what = f"{text} {unit}" if number and unit else text
    return reader.say("{metric}: {what}", metric=one.label, what=what)


def _availability(house: House, device_id: str, reader: Reader) -> Sequence[Line]:
    def line(heard: Heard) -> Line:
        state, why = heard.availability, shown_text(reader.told(heard.reason), 300)
        return Line(heard.time, AVAILABILITY_TONES[state], reader.say(WORDS[state]), "", why, state)

    return [line(heard) for heard in house.heard(device_id, limit=MOST)]


def _events(house: House, device_id: str, reader: Reader) -> Sequence[Line]:
    now = time.time()
    lines = []
    for name, one in offered(house, device_id, reader).items():
        if isinstance(one.trait, Event):
            _unit, history = house.history(device_id, name, now - WEEK, now + 1.0, 5_000)
            lines += [
                Line(point.time, "plain", format_value(point.value, one.trait, reader), one.label, "")
                for point in history.points[-MOST:]
            ]
    return sorted(lines, key=lambda line: -line.when)[:MOST]


def _spoken(device: DeviceState) -> object:
    """When each of its metrics was heard last: a second event of the same sort is another one."""
    return tuple(metric.received_at for metric in device.metrics.values())


COMMANDS = Listed(
    "commands",
    marked("Commands"),
    marked("Nothing has been asked of it yet, as far as is kept."),
    _commands,
    lambda device: dict(device.commands),
)
AVAILABILITY = Listed(
    "availability",
    marked("Availability"),
    marked("It has neither come nor gone, as far as is kept."),
    _availability,
    lambda device: device.presence,
)
EVENTS = Listed(
    "events", marked("Events"), marked("Nothing has happened in the last 7 days."), _events, _spoken
)
