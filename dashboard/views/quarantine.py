"""The quarantine: what was refused, where, why, and what it was; searched, and tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import flet as ft

from bridge.ports import QuarantineCounts, Sought
from dashboard import hints
from dashboard.aside import Found, tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, empty
from dashboard.reader import Reader
from dashboard.retry import MANY, offer
from dashboard.scene import LayoutPlan
from dashboard.search import SearchField
from dashboard.views import Page
from dashboard.views.refused import Refused, refused
from dashboard.views.refused import plan as entry
from dashboard.wording import plain, reason_text, sentence, shown_text, size_text

MOST = 50
"""Messages on one page; older ones are a page further."""
LONGEST = 200
"""Characters of a text that is sought."""
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which refused messages: of a reason, with a text in them, older than an id. As in the address."""

    reason: str = ""
    text: str = ""
    before: int | None = None

    @property
    def route(self) -> str:
        """The page that shows these."""
        values = {"reason": self.reason, "q": self.text, "before": self.before}
        query = urlencode({name: value for name, value in values.items() if value}, quote_via=quote)
        return "/quarantine" + (f"?{query}" if query else "")

    @property
    def sought(self) -> Sought:
        """The same for the store."""
        return Sought(self.before, MOST + 1, self.reason or None, self.text or None)

    @property
    def filtered(self) -> bool:
        """Whether these are not simply all."""
        return bool(self.reason or self.text)


def wanted(values: Mapping[str, str]) -> Wanted:
    """What the address asks for; what makes no sense is left out."""
    before = values.get("before", "")
    number = int(before) if before.isdecimal() and len(before) <= LONGEST_NUMBER else None
    return Wanted(values.get("reason", "")[:LONGEST], values.get("q", "").strip()[:LONGEST], number)


@dataclass(frozen=True, slots=True)
class Lot:
    """What was read of the quarantine: one page, whether there are older ones than on it, and the counts."""

    entries: Sequence[Refused]
    more: bool
    counts: QuarantineCounts


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the entries."""

    counts: QuarantineCounts
    shown: int
    fault: str
    busy: bool


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """Refused messages, the newest first."""
    these = wanted(values)
    name = these.route.lstrip("/")
    return LayoutPlan(
        f"{name}/{reader.key}", frozenset({"quarantine", tag(name)}), partial(_arrange, house, these, reader)
    )


class Search(SearchField):
    """The field to search with, among those of one reason if the address names it."""

    def __init__(self, who: Who, values: Mapping[str, str]) -> None:
        hint = who.reader.say("Search topics, details and payloads")
        super().__init__(who, values, hint, LONGEST, self._of)

    def follow(self, values: Mapping[str, str]) -> None:
        """See `Tools`."""
        self._these = wanted(values)
        super().follow(values)

    def _of(self, text: str) -> str:
        return replace(self._these, text=text, before=None).route


def tools(_house: House, values: Mapping[str, str], who: Who) -> Search:
    """The field to search with."""
    return Search(who, values)


def read(house: House, these: Wanted) -> Lot:
    """Read them. May wait for the disk."""
    found = house.quarantined(these.sought)
    entries = tuple(refused(entry) for entry in found[:MOST])
    return Lot(entries, len(found) > MOST, house.quarantine_counts())


def _look(house: House, these: Wanted) -> Found[Lot] | None:
    name = these.route.lstrip("/")
    return house.aside.look(name, house.quarantine_changes, partial(read, house, these))


def _arrange(house: House, these: Wanted, reader: Reader) -> Sequence[CardPlan[Any]]:
    found = _look(house, these)
    if found is None:
        return [_reading(these, reader)]
    if found.value is None:
        return [_unreadable(found.fault, reader)]
    lot = found.value
    if not lot.counts.kept and not lot.entries:
        return [_all_well(house, reader)]
    cards: list[CardPlan[Any]] = [_head(house, these, reader)]
    cards += [entry(house, one, reader) for one in lot.entries] or [_no_hit(these, reader)]
    if lot.more or these.before:
        cards.append(_pager(these, lot.entries[-1].id if lot.more else None, reader))
    return cards


def _head(house: House, these: Wanted, reader: Reader) -> CardPlan[Head]:
    def look() -> Head:
        found = _look(house, these)
        lot = found.value if found is not None else None
        return Head(
            lot.counts if lot is not None else QuarantineCounts(),
            len(lot.entries) if lot is not None else 0,
            found.fault if found is not None else "",
            house.aside.busy(MANY),
        )

    def draw(drawing: Drawing[Head]) -> ft.Control:
        anew = reader.say("Try these again") if these.filtered else reader.say("Try again")
        again = drawing.live(
            ft.OutlinedButton(),
            content=lambda head: reader.say("Trying…") if head.busy else anew,
            disabled=lambda head: head.busy or not head.shown,
        )
        drawing.on(again, click=lambda who, _data: offer(house, who, replace(these, before=None).sought))
        text = drawing.live(
            ft.Text(size=13, color=SOFT, expand=True), value=lambda head: _summary(head, reader)
        )
        chips = [
            _chip(drawing, these, "", reader),
            *(_chip(drawing, these, r, reader) for r in _reasons(drawing.view, these)),
        ]
        return ft.Container(
            ft.Column(
                [ft.Row([text, again], spacing=12), ft.Row(chips, wrap=True, spacing=8, run_spacing=8)],
                spacing=12,
            ),
            col=12,
        )

    name = these.route.lstrip("/")
    return CardPlan(
        f"head/{name}/{reader.key}",
        frozenset({"quarantine", tag(name), tag(MANY)}),
        look,
        draw,
        lambda head: tuple(_reasons(head, these)),
    )


def _summary(head: Head, reader: Reader) -> str:
    counts = head.counts
    if head.fault:
        why = sentence(reader.told(shown_text(head.fault)))
        return reader.say("The quarantine cannot be read now: {why} What is shown is older.", why=why)
    kept, size = plain(counts.kept), size_text(counts.size, reader)
    if not counts.removed:
        return reader.say("{n} kept, {size}", n=kept, size=size)
    return reader.say(
        "{n} kept, {size}; {removed} older ones were removed by the bounds",
        n=kept,
        size=size,
        removed=plain(counts.removed),
    )


def _reasons(head: Head, these: Wanted) -> Sequence[str]:
    """Those of which there are messages, and the one that is chosen; by name, so that they stay in place."""
    return sorted({*head.counts.reasons, *([these.reason] if these.reason else [])})


def _chip(drawing: Drawing[Head], these: Wanted, reason: str, reader: Reader) -> ft.Control:
    """Leads to the messages of a reason, or of all; shows how many there are."""

    def text_of(head: Head) -> str:
        if not reason:
            return reader.say("all {n}", n=plain(head.counts.kept))
        return f"{reason_text(reason, reader)} {plain(head.counts.reasons.get(reason, 0))}"

    chosen = reason == these.reason
    ink = ft.Colors.ON_PRIMARY_CONTAINER if chosen else SOFT
    chip = ft.Container(
        drawing.live(ft.Text(size=13, color=ink), value=text_of),
        ink=True,
        bgcolor=ft.Colors.PRIMARY_CONTAINER if chosen else None,
        border=ft.Border.all(1, ft.Colors.PRIMARY_CONTAINER if chosen else ft.Colors.OUTLINE_VARIANT),
        border_radius=18,
        padding=ft.Padding.symmetric(vertical=8, horizontal=14),
    )
    to = replace(these, reason=reason, before=None).route
    return drawing.on(chip, click=lambda who, _data: who.go(to))


def _pager(these: Wanted, last: int | None, reader: Reader) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        def button(label: str, to: Wanted | None) -> ft.Control:
            there = ft.OutlinedButton(label, disabled=to is None)
            return there if to is None else drawing.on(there, click=lambda who, _data: who.go(to.route))

        newest = button(reader.say("Newest"), replace(these, before=None) if these.before else None)
        older = button(reader.say("Older"), replace(these, before=last) if last is not None else None)
        row = ft.Row([newest, older], alignment=ft.MainAxisAlignment.CENTER, spacing=16)
        return ft.Container(row, col=12, padding=ft.Padding.only(top=8))

    return CardPlan(f"pager/{these.route}/{last}/{reader.key}", frozenset(), lambda: None, draw)


def _no_hit(these: Wanted, reader: Reader) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        everything = ft.OutlinedButton(reader.say("Show all"))
        clear = drawing.on(everything, click=lambda who, _data: who.go("/quarantine"))
        nothing = empty("search_off", reader.say("No such message"), _none(these, reader))
        nothing.padding = ft.Padding.only(left=24, top=56, right=24)
        column = ft.Column(
            [nothing, clear], horizontal_alignment=ft.CrossAxisAlignment.CENTER, spacing=20, tight=True
        )
        return ft.Container(column, col=12, alignment=ft.Alignment.CENTER)

    return CardPlan(f"no_hit/{these.route}/{reader.key}", frozenset(), lambda: None, draw)


def _none(these: Wanted, reader: Reader) -> str:
    """That there is no such message, as one whole sentence for each way to ask."""
    text, reason = shown_text(these.text, 60), reason_text(these.reason, reader)
    if these.text and these.reason:
        if these.before:
            said = marked(
                "There is none older than those before with “{text}” in it and refused as “{reason}”."
            )
        else:
            said = marked("There is none with “{text}” in it and refused as “{reason}”.")
    elif these.text:
        if these.before:
            said = marked("There is none older than those before with “{text}” in it.")
        else:
            said = marked("There is none with “{text}” in it.")
    elif these.reason:
        if these.before:
            said = marked("There is none older than those before refused as “{reason}”.")
        else:
            said = marked("There is none refused as “{reason}”.")
    else:
        said = marked("There is none older than those before.") if these.before else marked("There is none.")
    return reader.say(said, text=text, reason=reason)


def _reading(these: Wanted, reader: Reader) -> CardPlan[None]:
    def draw(_drawing: Drawing[None]) -> ft.Control:
        words = ft.Text(
            reader.say("Searching…") if these.filtered else reader.say("Reading…"), size=14, color=SOFT
        )
        ring = ft.ProgressRing(width=18, height=18, stroke_width=2)
        row = ft.Row([ring, words], spacing=12, alignment=ft.MainAxisAlignment.CENTER)
        return ft.Container(row, col=12, padding=ft.Padding.symmetric(vertical=56))

    return CardPlan(f"reading/{these.filtered}/{reader.key}", frozenset(), lambda: None, draw)


def _unreadable(fault: str, reader: Reader) -> CardPlan[None]:
    def draw(_drawing: Drawing[None]) -> ft.Control:
        fault_said = sentence(reader.told(shown_text(fault, 300)))
        why = reader.say("{fault} It is tried again.", fault=fault_said)
        return empty("error_outline", reader.say("The quarantine cannot be read"), why)

    return CardPlan(f"unreadable/{fault}/{reader.key}", frozenset(), lambda: None, draw)


def _all_well(house: House, reader: Reader) -> CardPlan[None]:
    def draw(_drawing: Drawing[None]) -> ft.Control:
        return empty(
            "verified_outlined",
            reader.say("Nothing in quarantine"),
            reader.say("A message that is not valid is kept here, with the reason; try one:"),
            hints.mosquitto_pub(house.status.broker_url, hints.BAD),
        )

    return CardPlan(f"all_well/{reader.key}", frozenset(), lambda: None, draw)


PAGE = Page(
    "/quarantine",
    marked("Quarantine"),
    "report_outlined",
    layout,
    rank=3,
    key="q",
    selected_icon="report",
    tools=tools,
)
