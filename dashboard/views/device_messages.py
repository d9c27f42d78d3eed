"""The last messages on the topics of a device as they came, also those that were refused."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import flet as ft

from bridge.state import DeviceState
from bridge.topic_levels import TopicMessage
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.chart.clock import moment_text
from dashboard.device_chart import kind_of
from dashboard.house import House
from dashboard.look import DOTS, SIGNS, SOFT, named, small
from dashboard.picture_dialog import open_picture, picture_of_message
from dashboard.present import Tone
from dashboard.reader import Reader
from dashboard.views.device_card import look
from dashboard.views.payload import box, typed
from dashboard.views.refused_wanted import Wanted
from dashboard.views.sections import section
from dashboard.views.topics import OUTCOMES
from dashboard.wording import message_text, payload_text, reason_text, shown_text, size_text
from schemas.picture import glimpse_of
from schemas.topics import TopicPattern

MOST = 10
"""Messages that are shown; the bridge holds the last few of each topic."""
LONGEST = 2_000
"""Characters of a payload that are shown; all that is held of it is copied."""
PACE = 2
"""Seconds after which they are read again."""


class Message(NamedTuple):
    """One message, and the topic it came on."""

    topic: str
    said: TopicMessage


class MessagesView(NamedTuple):
    """The messages, newest first; None before they have been read."""

    messages: Sequence[Message] | None
    fault: str
    reader: Reader
    device: DeviceState | None = None


def plan(house: House, device_id: str, reader: Reader, turn: str, *, is_open: bool) -> CardPlan[MessagesView]:
    """The section. While it is folded nothing is read."""
    name = f"messages/{device_id}/{reader.zoned}"

    def look() -> MessagesView:
        if not is_open:
            return MessagesView(None, "", reader)
        version = int(time.time() // PACE)
        found = house.aside.look(name, version, partial(read, house, device_id))
        if found is None:
            return MessagesView(None, "", reader)
        return MessagesView(found.value, found.fault, reader, house.devices.get(device_id))

    follows = frozenset({f"device/{device_id}", "quarantine", "tick", tag(name)} if is_open else ())
    return CardPlan(
        f"{name}/{is_open}/{turn}",
        follows,
        look,
        lambda drawing: _draw(drawing, house, turn, is_open=is_open),
        lambda view: (view.messages is None or len(view.messages), view.fault),
    )


def topics_of(house: House, device_id: str) -> Sequence[str]:
    """The topics on which a device is heard and asked, as far as its kind or its last message tells."""
    kind, device = kind_of(house, device_id), house.devices.get(device_id)
    found = [device.last_topic] if device is not None and device.last_topic else []
    if kind is not None:
        patterns = [kind.topic, kind.availability, *(own for _metric, own in kind.own_topics)]
        commands = dict.fromkeys(metric.trait.command for metric in kind.metrics.values())
        patterns += [TopicPattern(text) for text in commands if text is not None]
        try:
            values = kind.placeholders_of(device_id)
            found += [pattern.format(values) for pattern in patterns if pattern is not None]
        except ValueError:
            # An id that the kind has not made: what it said last is all there is.
            pass
    return list(dict.fromkeys(found))


def read(house: House, device_id: str) -> Sequence[Message]:
    """The last messages on the topics of a device, newest first. May wait."""
    entries = [house.topic(topic) for topic in topics_of(house, device_id)]
    found = [Message(entry.topic, said) for entry in entries if entry is not None for said in entry.recent]
    return sorted(found, key=lambda message: -message.said.received_at)[:MOST]


def _draw(drawing: Drawing[MessagesView], house: House, turn: str, *, is_open: bool) -> ft.Control:
    view, say = drawing.view, drawing.view.reader.say

    def content() -> list[ft.Control]:
        out: list[ft.Control] = []
        if view.fault:
            why = say("This cannot be read now: {why}", why=view.reader.told(view.fault))
            out.append(ft.Text(why, size=13, color=ft.Colors.TERTIARY))
        if view.messages is None:
            return out or [ft.Text(say("Being read…"), size=13, color=SOFT)]
        if not view.messages:
            return [*out, ft.Text(say("No message is at hand; those from before a restart are not."),
                                  size=13, color=SOFT)]  # fmt: skip
        entries = [_entry(drawing, house, number) for number in range(len(view.messages))]
        return [*out, ft.ResponsiveRow(entries, spacing=16, run_spacing=20)]

    return section(drawing, say("Messages as they came"), turn, content if is_open else None, view.reader)


def _entry(drawing: Drawing[MessagesView], house: House, number: int) -> ft.Control:
    """One message. Its place stays while others move through it, so that only words are sent."""
    say, live = drawing.view.reader.say, drawing.live

    def of(words: Callable[[Message, Reader], str]) -> Callable[[MessagesView], str]:
        return lambda view: words(_at(view, number), view.reader)

    def refused(view: MessagesView) -> bool:
        return _tone(_at(view, number)) == "bad"

    sign = live(
        ft.Icon(ft.Icons.CIRCLE, size=13),
        icon=lambda v: SIGNS[_tone(_at(v, number))],
        color=lambda v: DOTS[_tone(_at(v, number))],
        tooltip=of(_outcome),
    )
    when = live(ft.Text(size=13, weight=ft.FontWeight.W_500), value=of(_when))
    facts = live(small(), value=of(_facts))
    topic = live(
        ft.Text(size=12, color=SOFT, selectable=True), value=of(lambda m, _r: shown_text(m.topic, 300))
    )
    outcome = live(ft.Text(size=12), value=of(_why), visible=lambda v: bool(_why(_at(v, number), v.reader)))
    payload = live(typed(size=13), value=of(_payload), semantics_label=of(_payload))
    copy = named(ft.IconButton(ft.Icons.CONTENT_COPY, tooltip=say("Copy the payload"), icon_size=18))
    drawing.on(
        copy,
        click=lambda who, _data: who.copy(payload_text(_at(drawing.view, number).said.payload, 100_000)),
    )
    link = live(
        ft.TextButton(say("Show in the quarantine"), icon=ft.Icons.CHEVRON_RIGHT, height=44), visible=refused
    )
    drawing.on(link, click=lambda who, _data: who.go(_quarantine(_at(drawing.view, number))))
    show = live(
        ft.TextButton(say("Show the picture"), icon=ft.Icons.IMAGE_OUTLINED, height=44),
        visible=lambda v: bool(_picture(v, number)),
    )
    drawing.on(show, click=lambda who, _data: _show(house, who, drawing.view, number))
    head = ft.Row([sign, ft.Column([when, facts], spacing=0, expand=True), copy], spacing=8)
    return ft.Column(
        [head, topic, box(payload), outcome, ft.Row([link, show])],
        spacing=4, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, col={"xs": 12, "lg": 6},
    )  # fmt: skip


def _at(view: MessagesView, number: int) -> Message:
    # What is asked of a place is asked while there are as many messages.
    return (view.messages or ())[number]


def _picture(view: MessagesView, number: int) -> str:
    """The metric whose newest picture came with the message; empty where none did."""
    return picture_of_message(view.device, _at(view, number).said.received_at)


def _show(house: House, who: Who, view: MessagesView, number: int) -> None:
    name = _picture(view, number)
    if view.device is not None and name:
        open_picture(who, look(house, view.device.id, who.reader), name)


def _tone(message: Message) -> Tone:
    said = message.said.outcome
    return "good" if said == "accepted" else "muted" if said in OUTCOMES else "bad"


def _when(message: Message, reader: Reader) -> str:
    return moment_text(message.said.received_at, reader)


def _facts(message: Message, reader: Reader) -> str:
    said, say = message.said, reader.say
    words = [size_text(said.size, reader)]
    if said.size > len(said.payload) and glimpse_of(said.payload) is None:
        words.append(say("of which {size} are shown", size=size_text(len(said.payload), reader)))
    words += [say("QoS {n}", n=said.qos), *([say("retained")] if said.retained else [])]
    return " · ".join([*words, _outcome(message, reader)])


def _outcome(message: Message, reader: Reader) -> str:
    said = message.said.outcome
    if said in OUTCOMES:
        return reader.say(OUTCOMES[said])
    return reader.say("refused: {why}", why=reason_text(said, reader))


def _why(message: Message, reader: Reader) -> str:
    return shown_text(reader.told(message.said.detail), 300)


def _payload(message: Message, reader: Reader) -> str:
    said = message.said
    return message_text(said.payload, reader, LONGEST, said.size) or reader.say("(empty)")


def _quarantine(message: Message) -> str:
    return Wanted(message.said.outcome, topic=message.topic).route
