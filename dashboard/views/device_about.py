"""What a device is and says: its last message as it came, and what its kind declares."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.device_chart import kind_of
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, caption, copyable, named
from dashboard.picture_dialog import open_picture, picture_of_message
from dashboard.present import DeviceView, expected, limit_text
from dashboard.reader import Reader
from dashboard.views.device_card import look
from dashboard.views.payload import box, typed
from dashboard.views.sections import section
from dashboard.wording import payload_text, shown_text, size_text
from schemas.kind import Kind, Metric
from schemas.picture import glimpse_of, reference_of
from schemas.topics import TopicPattern
from schemas.traits import Numeric

LONGEST = 20_000
"""Characters of a schema that are shown; a longer one is cut, and says so."""


class KindView(NamedTuple):
    """The kind of a device, for a reader; None where none claims it."""

    kind: Kind | None
    device_id: str
    reader: Reader


def message_plan(  # noqa: PLR0913  (what a folding card depends on)
    house: House, device_id: str, reader: Reader, turn: str, share: int, *, is_open: bool
) -> CardPlan[DeviceView]:
    """The last message, as it came, in a card of `share` of twelve columns."""
    return CardPlan(
        f"message/{device_id}/{reader.zoned}/{is_open}/{share}/{turn}",
        frozenset({f"device/{device_id}"} if is_open else ()),
        lambda: look(house, device_id, reader),
        lambda drawing: _draw_message(drawing, turn, share, is_open=is_open),
        source=lambda: house.devices.get(device_id),
    )


def kind_plan(  # noqa: PLR0913  (what a folding card depends on)
    house: House, device_id: str, reader: Reader, turn: str, share: int, *, is_open: bool
) -> CardPlan[KindView]:
    """What the kind declares, in a card of `share` of twelve columns."""
    return CardPlan(
        f"kind/{device_id}/{reader.key}/{is_open}/{share}/{turn}",
        frozenset({"devices"}),
        lambda: KindView(kind_of(house, device_id), device_id, reader),
        lambda drawing: _draw_kind(drawing, turn, share, is_open=is_open),
        lambda view: view.kind,
    )


def _draw_message(drawing: Drawing[DeviceView], turn: str, share: int, *, is_open: bool) -> ft.Control:
    reader = drawing.view.reader
    say = reader.say

    def content() -> list[ft.Control]:
        topic = drawing.live(
            copyable(size=13, weight=ft.FontWeight.W_500), value=_topic, semantics_label=_topic
        )
        payload = drawing.live(typed(size=14), value=_payload, semantics_label=_payload)
        size = drawing.live(caption(), value=_size)
        show = ft.TextButton(say("Show the picture"), icon=ft.Icons.IMAGE_OUTLINED, height=44)
        drawing.live(show, visible=lambda v: bool(_picture(v)))
        drawing.on(show, click=lambda who, _data: open_picture(who, drawing.view, _picture(drawing.view)))
        copy = named(ft.IconButton(ft.Icons.CONTENT_COPY, tooltip=say("Copy the payload"), icon_size=18))
        drawing.on(
            copy,
            click=lambda who, _data: who.copy(payload_text(drawing.view.device.last_payload, 100_000)),
        )
        device_id = copyable(shown_text(drawing.view.id, 300), size=13)
        return [
            caption(say("Topic")), topic,
            ft.Row([caption(say("Payload")), size, ft.Container(expand=True), copy], spacing=8), box(payload),
            ft.Row([show]),
            caption(say("Device id")), device_id,
        ]  # fmt: skip

    return section(drawing, say("Last message"), turn, content if is_open else None, reader, share)


def _topic(view: DeviceView) -> str:
    return view.topic or view.reader.say("no message yet")


def _payload(view: DeviceView) -> str:
    return view.payload or view.reader.say("(empty)")


def _picture(view: DeviceView) -> str:
    """The metric whose picture the last message is; empty where it is none."""
    device = view.device
    if glimpse_of(device.last_payload) is None:
        return ""
    newest = max((state.received_at for state in device.metrics.values()), default=0.0)
    return picture_of_message(device, newest)


def _size(view: DeviceView) -> str:
    """How long the last message is. Of a picture its words say it; of what is cut nobody knows it."""
    reference = reference_of(view.device.metrics[name].value) if (name := _picture(view)) else None
    return size_text(len(view.device.last_payload) if reference is None else reference.size, view.reader)


def _draw_kind(drawing: Drawing[KindView], turn: str, share: int, *, is_open: bool) -> ft.Control:
    kind, device_id, reader = drawing.view
    say = reader.say

    def content() -> list[ft.Control]:
        if kind is None:
            return [
                ft.Text(
                    say("No kind claims what it says, so nothing is known of its fields."),
                    size=13,
                    color=SOFT,
                )
            ]
        out: list[ft.Control] = [ft.Text(shown_text(reader.told(kind.doc), 400), size=13, color=SOFT)]
        out += [_fact(say("Topic"), kind.topic.text)]
        if kind.availability is not None:
            out.append(_fact(say("Availability topic"), kind.availability.text))
        silence = (
            say("never counts as stale")
            if kind.stale_after is None
            else say("stale after {n} s of silence", n=f"{kind.stale_after:g}")
        )
        out.append(caption(silence))
        for metric in kind.metrics.values():
            out += [
                ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT),
                _field(metric, kind, device_id, reader),
            ]
        schema = schema_text(kind)
        copy = ft.TextButton(say("Copy the JSON Schema"), icon=ft.Icons.CONTENT_COPY)
        out.append(ft.Row([drawing.on(copy, click=lambda who, _data: who.copy(schema))]))
        return out

    title = say("Kind") if kind is None else say("Kind: {name}", name=reader.told(kind.title))
    return section(drawing, title, turn, content if is_open else None, reader, share)


def _fact(name: str, value: str) -> ft.Control:
    return ft.Column([caption(name), copyable(shown_text(value, 300), size=13)], spacing=1)


def _field(metric: Metric, kind: Kind, device_id: str, reader: Reader) -> ft.Control:
    """One field: its name in JSON and its label, and below it all that is declared of it."""
    say = reader.say
    facts: list[str] = [say(type_of(metric)), say("required") if metric.required else say("may be left out")]
    limits = expected(metric.trait, metric.unit, reader)
    if limits:
        facts.append(say("valid {limits}", limits=limits))
    elif metric.unit:
        facts.append(say("in {unit}", unit=metric.unit))
    if isinstance(metric.trait, Numeric):
        facts += warnings_of(metric.trait, metric.unit, reader)
    if metric.options:
        facts.append(say("one of {options}", options=say(", ").join(map(reader.told, metric.options))))
    lines: list[ft.Control] = [
        ft.Row(
            [ft.Text(shown_text(reader.told(metric.label)), size=13, expand=True),
             typed(metric.key or metric.name, size=13)],
            spacing=8,
        ),
        ft.Text(say(", ").join(facts), size=12, color=SOFT),
    ]  # fmt: skip
    if metric.trait.command is not None:
        topic = TopicPattern(metric.trait.command).format(kind.placeholders_of(device_id))
        lines.append(ft.Text(say("set on {topic}", topic=shown_text(topic, 300)), size=12, color=SOFT))
    return ft.Column(lines, spacing=1)


def warnings_of(trait: Numeric, unit: str, reader: Reader) -> Sequence[str]:
    """Beyond which values it warns, in words."""
    out = []
    if trait.warn_low is not None:
        out.append(reader.say("warns below {limit}", limit=limit_text(trait.warn_low, unit, reader)))
    if trait.warn_high is not None:
        out.append(reader.say("warns above {limit}", limit=limit_text(trait.warn_high, unit, reader)))
    return out


def type_of(metric: Metric) -> str:
    """What a field is in JSON, in English words that the languages know."""
    if metric.whole:
        return marked("whole number")
    goes_with = metric.trait.goes_with
    if "float" in goes_with:
        return marked("number")
    return marked("true or false") if "bool" in goes_with else marked("text")


@lru_cache(64)
def schema_text(kind: Kind) -> str:
    """The JSON Schema of a kind."""
    return json.dumps(kind.model.model_json_schema(), indent=2, ensure_ascii=False)
