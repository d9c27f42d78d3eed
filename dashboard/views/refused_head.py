"""What stands above the refused messages: how many, trying them again, the reasons, the group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import flet as ft

from bridge.ports import QuarantineCounts
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.look import SOFT, STRETCH, caption, copyable
from dashboard.reader import Reader
from dashboard.retry import MANY, offer
from dashboard.views.refused import passing, pill
from dashboard.views.refused_groups import devices_said, number_said, spoken
from dashboard.views.refused_reading import COUNTS, counts, groups, groups_name, one_group, stretch, tags
from dashboard.views.refused_wanted import MESSAGES, Wanted
from dashboard.wording import plain, reason_text, sentence, shown_text, size_text


@dataclass(frozen=True, slots=True)
class Head:
    """What there is, if it is known; whether any is shown; why it cannot be read; whether it is tried."""

    counts: QuarantineCounts | None
    some: bool
    fault: str
    busy: bool


def head(house: House, these: Wanted, reader: Reader) -> CardPlan[Head]:
    """The card above all: it is the same while what is below is read."""

    def look() -> Head:
        number = counts(house)
        found = groups(house, these.reason) if these.grouped else stretch(house, these)
        some = found is not None and found.value is not None and found.value.some
        fault = (found.fault if found is not None else "") or (number.fault if number is not None else "")
        return Head(number.value if number is not None else None, some, fault, house.aside.busy(MANY))

    news = frozenset({tag(groups_name(these.reason))}) if these.grouped else tags(these, 0)
    return CardPlan(
        f"head/{these.name}/{reader.key}",
        frozenset({"quarantine", tag(COUNTS), tag(MANY)}) | news,
        look,
        lambda drawing: _draw(drawing, house, these, reader),
    )


def choice(house: House, these: Wanted, reader: Reader) -> CardPlan[QuarantineCounts | None]:
    """The reasons to choose from. A card of its own: it is drawn anew when there is another."""

    def look() -> QuarantineCounts | None:
        found = counts(house)
        return found.value if found is not None else None

    def draw(drawing: Drawing[QuarantineCounts | None]) -> ft.Control:
        chips = [
            _chip(drawing, these, "", reader),
            *(_chip(drawing, these, reason, reader) for reason in _reasons(drawing.view, these)),
            _other_way(drawing, these, reader),
        ]
        return ft.Container(ft.Row(chips, wrap=True, spacing=8, run_spacing=8), col=12)

    return CardPlan(
        f"choice/{these.name}/{reader.key}",
        frozenset({"quarantine", tag(COUNTS)}),
        look,
        draw,
        lambda view: tuple(_reasons(view, these)),
    )


def _draw(drawing: Drawing[Head], house: House, these: Wanted, reader: Reader) -> ft.Control:
    anew = reader.say("Try these again") if these.filtered else reader.say("Try again")
    again = drawing.live(
        ft.OutlinedButton(),
        content=lambda view: reader.say("Trying…") if view.busy else anew,
        disabled=lambda view: view.busy or not view.some,
    )
    drawing.on(again, click=lambda who, _data: offer(house, who, replace(these, before=None).sought))
    text = drawing.live(ft.Text(size=13, color=SOFT, expand=True), value=lambda view: _summary(view, reader))
    return ft.Container(ft.Row([text, again], spacing=12), col=12)


def _summary(view: Head, reader: Reader) -> str:
    if view.fault:
        why = sentence(reader.told(shown_text(view.fault)))
        return reader.say("The quarantine cannot be read now: {why} What is shown is older.", why=why)
    if view.counts is None:
        return reader.say("Reading…")
    kept, size = plain(view.counts.kept), size_text(view.counts.size, reader)
    if not view.counts.removed:
        return reader.say("{n} kept, {size}", n=kept, size=size)
    return reader.say(
        "{n} kept, {size}; {removed} older ones were removed by the bounds",
        n=kept,
        size=size,
        removed=plain(view.counts.removed),
    )


def _reasons(number: QuarantineCounts | None, these: Wanted) -> Sequence[str]:
    """Those of which there are messages, and the one that is chosen; by name, so that they stay in place."""
    return sorted(
        {*(number.reasons if number is not None else ()), *([these.reason] if these.reason else [])}
    )


def _chip(
    drawing: Drawing[QuarantineCounts | None], these: Wanted, reason: str, reader: Reader
) -> ft.Control:
    """Leads to the messages of a reason, or of all; shows how many there are, unless a text is sought."""

    def text_of(number: QuarantineCounts | None) -> str:
        if these.text:
            return reason_text(reason, reader) if reason else reader.say("all")
        if not reason:
            return reader.say("all {n}", n=plain(number.kept) if number is not None else "…")
        return f"{reason_text(reason, reader)} {plain(number.reasons.get(reason, 0)) if number else '…'}"

    chosen = reason == these.reason
    ink = ft.Colors.ON_PRIMARY_CONTAINER if chosen else SOFT
    chip = ft.Container(
        drawing.live(ft.Text(size=13, color=ink), value=text_of),
        ink=True,
        bgcolor=ft.Colors.PRIMARY_CONTAINER if chosen else None,
        border=ft.Border.all(1, ft.Colors.PRIMARY_CONTAINER if chosen else ft.Colors.OUTLINE_VARIANT),
        border_radius=22,
        padding=ft.Padding.symmetric(vertical=12, horizontal=14),
    )
    to = replace(these, reason=reason, before=None, topic="", field=None).route
    return drawing.on(chip, click=lambda who, _data: who.go(to))


def _other_way(drawing: Drawing[QuarantineCounts | None], these: Wanted, reader: Reader) -> ft.Control:
    """Leads from groups to messages, and back."""
    if these.grouped:
        button = ft.TextButton(reader.say("One by one"), icon=ft.Icons.LIST)
        to = replace(these, show=MESSAGES)
    else:
        button = ft.TextButton(reader.say("In groups"), icon=ft.Icons.WORKSPACES_OUTLINED)
        to = Wanted(these.reason)
    return drawing.on(button, click=lambda who, _data: who.go(to.route))


@dataclass(frozen=True, slots=True)
class _Opened:
    number: str = ""
    devices: str = ""
    when: str = ""
    passes: bool = False


def opened(house: House, these: Wanted, reader: Reader) -> CardPlan[_Opened]:
    """What the messages below have in common."""

    def look() -> _Opened:
        judged = one_group(house, these)
        if judged is None:
            return _Opened()
        return _Opened(
            number_said(judged, reader), devices_said(judged, reader), spoken(judged, reader), judged.passes
        )

    def draw(drawing: Drawing[_Opened]) -> ft.Control:
        about: list[ft.Control] = [pill(reason_text(these.reason, reader))] if these.reason else []
        if these.field:
            about.append(ft.Text(shown_text(these.field), size=13, weight=ft.FontWeight.W_600))
        about += [
            drawing.live(caption(), value=lambda view: view.number),
            drawing.live(caption(), value=lambda view: view.devices, visible=lambda view: bool(view.devices)),
            drawing.live(caption(), value=lambda view: view.when),
        ]
        if drawing.view.passes:
            about.append(passing(reader.say("the newest would pass now")))
        lines: list[ft.Control] = [
            copyable(shown_text(these.topic, 300), size=16, weight=ft.FontWeight.W_600),
            ft.Row(about, spacing=10, run_spacing=4, wrap=True),
        ]
        if drawing.view.passes:
            replay = ft.FilledButton(reader.say("Replay"))
            drawing.on(replay, click=lambda who, _data: offer(house, who, replace(these, before=None).sought))
            lines.append(ft.Row([replay]))
        return ft.Container(ft.Column(lines, spacing=6, horizontal_alignment=STRETCH), col=12)

    return CardPlan(
        f"opened/{these.name}/{reader.key}",
        frozenset({"tick", "quarantine", tag(groups_name(these.reason))}),
        look,
        draw,
        lambda view: view.passes,
    )
