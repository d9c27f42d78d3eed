"""The overview: every device, by kind, and first those that need attention."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import flet as ft

from dashboard import hints
from dashboard.card import CardPlan, Drawing, Who
from dashboard.census import Standing
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, as_heading, caption, empty
from dashboard.present import kind_title
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.tiles.space import Spot
from dashboard.views import Page, device_card, device_row, overview_wall, summary
from dashboard.views.fleet import Section, sections
from dashboard.views.narrowing import Narrowing
from dashboard.views.wanted import STATES, Wanted, usual, wanted
from dashboard.wording import plain, sentence, shown_text

PER_PAGE = 48
"""Devices that come at once: what a browser is sent, and what it takes to draw them, stay bounded."""
ROWS_PER_PAGE = 144
"""Likewise of rows, which are cheaper, and of which more fill a screen."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """What there is to say where there is no device: the broker to which they may come.

    Or why nobody knows of any (`away`), and whether it is that there was no bridge on `bus` yet.
    """

    broker: str
    away: str = ""
    bus: str = ""
    no_bridge: bool = False


class Choice(NamedTuple):
    """The wanted devices below their headings, how many they are, and of how many."""

    sections: Sequence[Section]
    fit: int
    total: int
    per_page: int

    def part(self, page: int) -> Sequence[tuple[Section, Sequence[Standing]]]:
        """What of each section is on a page."""
        order = [(section, device) for section in self.sections for device in section.devices]
        cut = order[(page - 1) * self.per_page : page * self.per_page]
        return [
            (section, [device for _section, device in part])
            for section, part in groupby(cut, key=lambda one: one[0])
        ]

    @property
    def last(self) -> int:
        """The number of pages."""
        return max(1, -(-self.fit // self.per_page))


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """The devices that the address asks for, from its page on; all of them if it asks for none."""
    these = wanted(values)
    if "kiosk" not in values:
        return _plan(house, these, reader, 0)
    return LayoutPlan(
        f"overview wall{these.route}/{reader.sized}",
        _follows(these),
        partial(_arrange_wall, house, these, overview_wall.spot_of(house, reader)),
        partial(_host, 16),
    )


def more(house: House, values: Mapping[str, str], reader: Reader, n: int) -> LayoutPlan | None:
    """What comes below them; nobody scrolls a screen on the wall."""
    if "kiosk" in values:
        return None
    these = wanted(values)
    choice = _choose(house, these, reader)
    return _plan(house, these, reader, n) if min(these.page, choice.last) + n <= choice.last else None


def _plan(house: House, these: Wanted, reader: Reader, further: int) -> LayoutPlan:
    return LayoutPlan(
        f"overview{these.route}/{further}/{reader.key}",
        _follows(these),
        partial(_arrange, house, these, reader, further),
        partial(_host, 8 if these.size == "compact" else 16),
    )


def _follows(these: Wanted) -> frozenset[str]:
    # What needs attention moves at a tick, so that cards stay where they are meanwhile.
    return frozenset({"devices", "tick", *(["moved"] if these.state else [])})


def _host(spacing: int) -> ft.Control:
    return ft.ResponsiveRow(spacing=spacing, run_spacing=spacing)


def tools(house: House, values: Mapping[str, str], who: Who) -> Narrowing | None:
    """The field to search with, and the filters; none on a wall."""
    return None if "kiosk" in values else Narrowing(house, values, who)


def _choose(house: House, these: Wanted, reader: Reader) -> Choice:
    found, now = house.census.look(house), time.time()
    asked = these.but(size="normal")
    per_page = ROWS_PER_PAGE if these.size == "compact" else PER_PAGE

    def ask() -> Choice:
        titles = {kind.name: kind_title(kind, reader) for kind in house.kinds}
        chosen = sections(found, asked, titles, reader, now)
        return Choice(chosen, sum(len(section.devices) for section in chosen), len(found), per_page)

    # Only the order by age changes without anything being different.
    question = ("choice", asked, per_page, reader.key, now // 5 if these.sort == "heard" else 0)
    choice: Choice = house.census.answer(question, ask)
    return choice


def _arrange(house: House, these: Wanted, reader: Reader, further: int) -> Sequence[CardPlan[Any]]:
    choice = _choose(house, these, reader)
    if choice.total == 0:
        return [] if further else [_nothing_yet(house, reader)]
    begin = min(these.page, choice.last)
    number = begin + further
    plans: list[CardPlan[Any]] = []
    if not further:
        plans.append(summary.plan(house, these, reader))
        if these.filtered and choice.fit:
            plans.append(_found(house, these, reader))
        if choice.fit == 0:
            return [*plans, _no_hit(these, reader)]
    shown = choice.part(number - 1)[-1:] if further else []
    above = shown[0][0].key if shown else None
    for section, devices in choice.part(number):
        if section.title and section.key != above:
            plans.append(_section(house, section, these, reader))
        plans += _cards(house, devices, these, reader)
    if begin > 1 or number < choice.last:
        plans.append(_pager(these, begin, number, choice, reader))
    return plans


def _arrange_wall(house: House, these: Wanted, spot: Spot) -> Sequence[CardPlan[Any]]:
    """As many as at a desk, from the page of the address on."""
    reader = spot.reader
    choice = _choose(house, these, reader)
    if choice.total == 0:
        return [_nothing_yet(house, reader)]
    plans: list[CardPlan[Any]] = [overview_wall.figures(these, spot)]
    shown = 0
    for section, devices in choice.part(min(these.page, choice.last)):
        if section.title:
            plans.append(_section(house, section, these, reader, spot.scale))
        plans += [overview_wall.device(device.id, spot) for device in devices]
        shown += len(devices)
    if not shown:
        return [*plans, overview_wall.nothing(_unfit(these, reader), spot)]
    return [*plans, *overview_wall.rest(shown, choice.fit, spot)]


def _cards(
    house: House, devices: Sequence[Standing], these: Wanted, reader: Reader
) -> Sequence[CardPlan[Any]]:
    """Rows, or cards; those beside each other are of one height."""
    if these.size == "compact":
        return [device_row.plan(house, device.id, reader) for device in devices]
    rooms = device_card.rooms([device_card.height(device, these.size) for device in devices], these.size)
    return [
        device_card.plan(house, device.id, reader, these.size, room)
        for device, room in zip(devices, rooms, strict=True)
    ]


def _found(house: House, these: Wanted, reader: Reader) -> CardPlan[tuple[int, int]]:
    """How many of all are shown, and the way back to all."""

    def look() -> tuple[int, int]:
        choice = _choose(house, these, reader)
        return choice.fit, choice.total

    def draw(drawing: Drawing[tuple[int, int]]) -> ft.Control:
        text = drawing.live(
            ft.Text(size=13, color=SOFT),
            value=lambda v: reader.count(
                "{n} of {total} device", "{n} of {total} devices", v[1], n=plain(v[0]), total=plain(v[1])
            ),
        )
        back = drawing.on(
            ft.TextButton(reader.say("Show all"), height=44), click=lambda who, _data: who.go(these.all.route)
        )
        return ft.Row([text, back], spacing=8, col=12)

    return CardPlan(
        f"found{these.but().route}/{reader.key}", frozenset({"devices", "moved", "tick"}), look, draw
    )


def _unfit(these: Wanted, reader: Reader) -> str:
    """That no device is as the address asks for."""
    state = reader.say(STATES[these.state]) if these.state in STATES else these.state
    # A route is a person's own words: shown as they are, cut where they would fill the screen.
    asked = [shown_text(word, 60) for word in (these.text, these.kind, these.place, state) if word]
    return reader.say("No device fits: {sought}", sought=reader.say(", ").join(asked))


def _no_hit(these: Wanted, reader: Reader) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        say = reader.say
        everything = drawing.on(
            ft.FilledTonalButton(say("Show all devices"), height=44),
            click=lambda who, _data: who.go(these.all.route),
        )
        box = empty("search_off", say("Nothing found"), _unfit(these, reader))
        box.padding = ft.Padding.only(left=24, top=40, right=24, bottom=20)
        return ft.Column(
            [box, everything], col=12, spacing=0, horizontal_alignment=ft.CrossAxisAlignment.CENTER
        )

    return CardPlan(f"no hit/{these.route}/{reader.key}", frozenset(), lambda: None, draw)


def _pager(these: Wanted, begin: int, number: int, choice: Choice, reader: Reader) -> CardPlan[None]:
    """How far one is, with the way on for who does not scroll, and back for who came by a link."""
    first, last = (begin - 1) * choice.per_page + 1, min(number * choice.per_page, choice.fit)

    def draw(drawing: Drawing[None]) -> ft.Control:
        say = reader.say
        if begin > 1:
            where = say(
                "{first} to {last} of {total} devices",
                first=plain(first),
                last=plain(last),
                total=plain(choice.fit),
            )
        else:
            where = say("{n} of {total} devices", n=plain(last), total=plain(choice.fit))
        row: list[ft.Control] = [ft.Text(where, size=12, color=SOFT)]

        def button(label: str, to: int) -> None:
            there = ft.TextButton(label, height=44)
            row.append(drawing.on(there, click=lambda who, _data: who.go(these.but(page=to).route)))

        if begin > 1:
            button(say("From the beginning"), 1)
        if number < choice.last:
            button(say("Next"), number + 1)
        return ft.Row(row, alignment=ft.MainAxisAlignment.CENTER, wrap=True, spacing=8, col=12)

    return CardPlan(
        f"pager/{begin}/{number}/{choice.fit}{these.route}/{reader.key}", frozenset(), lambda: None, draw
    )


def _section(
    house: House, section: Section, these: Wanted, reader: Reader, scale: float = 1.0
) -> CardPlan[int]:
    def look() -> int:
        found = _choose(house, these, reader).sections
        return next((len(one.devices) for one in found if one.key == section.key), 0)

    def draw(drawing: Drawing[int]) -> ft.Control:
        number = drawing.live(ft.Text(size=13 * scale, color=SOFT), value=plain)
        name = ft.Text(
            section.title, size=16 * scale, weight=ft.FontWeight.W_600, max_lines=1,
            overflow=ft.TextOverflow.ELLIPSIS,
        )  # fmt: skip
        row: list[ft.Control] = [as_heading(name, 2), number]
        if section.explanation and scale == 1.0:
            row.append(caption(section.explanation, expand=True))
        heading = ft.Row(row, spacing=10, vertical_alignment=ft.CrossAxisAlignment.END)
        return ft.Container(heading, col=12, padding=ft.Padding.only(top=8))

    name = f"section/{section.key}/{section.title}{these.but().route}/{scale}/{reader.key}"
    return CardPlan(name, frozenset({"devices", "moved", "tick"}), look, draw)


def _nothing_yet(house: House, reader: Reader) -> CardPlan[Nothing]:
    def look() -> Nothing:
        bus = house.bus
        if bus is None or not bus.away:
            return Nothing(house.status.broker_url)
        return Nothing("", bus.away, bus.address, bus.no_bridge)

    return CardPlan(
        f"nothing/{reader.key}",
        frozenset({"status"}),
        look,
        partial(_draw_nothing, reader),
        lambda nothing: nothing,
    )


def _draw_nothing(reader: Reader, drawing: Drawing[Nothing]) -> ft.Control:
    nothing, say = drawing.view, reader.say
    if nothing.no_bridge:
        headline = say("No bridge on {bus} yet", bus=nothing.bus)
        return empty("sensors_off", headline, say("Start one in a terminal:"), hints.bridge(nothing.bus))
    if nothing.away:
        why = sentence(reader.told(shown_text(nothing.away, 300)))
        return empty(
            "link_off", say("Nothing is known of devices yet"), say("{why} It is tried again.", why=why)
        )
    if not nothing.broker:
        return empty("sensors", say("No device has spoken yet"), say("The bridge has not told of any."))
    return empty(
        "sensors",
        say("No device has spoken yet"),
        say("Point your devices at {broker}, or try one of these in a terminal:", broker=nothing.broker),
        hints.mosquitto_pub(nothing.broker),
        hints.publish(nothing.broker),
    )


PAGE = Page(
    "/",
    marked("Overview"),
    "dashboard_outlined",
    layout,
    rank=1,
    key="o",
    selected_icon="dashboard",
    tools=tools,
    more=more,
    usual=usual,
)
