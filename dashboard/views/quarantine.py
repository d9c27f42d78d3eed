"""The quarantine: what was refused, in groups; the messages of one, why, and what they were; tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import flet as ft

from dashboard import hints
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, empty
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.search import SearchField
from dashboard.views import Page
from dashboard.views.refused import COLUMNS
from dashboard.views.refused import plan as entry
from dashboard.views.refused_groups import plan as group
from dashboard.views.refused_head import choice, head, opened
from dashboard.views.refused_reading import COUNTS, counts, groups, groups_name, stretch, tags
from dashboard.views.refused_wanted import LONGEST, MESSAGES, Wanted, wanted
from dashboard.wording import plain, reason_text, sentence, shown_text

FURTHER = 19
"""How often more follows below; what is older still is a page of its own."""


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """Groups of refused messages, those that would pass and the largest first; or messages, newest first."""
    these = wanted(values)
    if these.grouped:
        return LayoutPlan(
            f"{these.name}/{reader.key}",
            frozenset({"quarantine", tag(COUNTS), tag(groups_name(these.reason))}),
            partial(_arrange_groups, house, these, reader),
        )
    return _messages(house, these, reader, 0)


def more(house: House, values: Mapping[str, str], reader: Reader, n: int) -> LayoutPlan | None:
    """Older messages."""
    these = wanted(values)
    if these.grouped or n > FURTHER:
        return None
    above = stretch(house, these, n - 1)
    if above is None or above.value is None or not above.value.more:
        return None
    return _messages(house, these, reader, n)


def _messages(house: House, these: Wanted, reader: Reader, n: int) -> LayoutPlan:
    return LayoutPlan(
        f"{these.name}/{n}/{reader.key}",
        frozenset({"quarantine", tag(COUNTS)}) | tags(these, n),
        partial(_arrange, house, these, reader, n),
    )


class Search(SearchField):
    """The field to search with, among those of one reason or group if the address names it."""

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


def _arrange_groups(house: House, these: Wanted, reader: Reader) -> Sequence[CardPlan[Any]]:
    found, above = groups(house, these.reason), _above(house, these, reader)
    if found is None:
        return [*above, *_reading(these, reader)]
    if found.value is None:
        return [_unreadable(found.fault, reader)]
    lot = found.value
    if not lot.groups:
        if not these.reason or _nothing(house):
            return [_all_well(house, reader)]
        return [*above, _no_hit(these, reader)]
    cards = [*above]
    cards += [group(house, judged, these.reason, reader) for judged in lot.groups]
    if lot.more:
        few = marked("{n} smaller groups are not shown here: choose a reason, search, or look one by one.")
        cards.append(_note(reader.say(few, n=plain(lot.more)), reader))
    if not lot.whole:
        old = marked("There are more topics than can be counted; those that were silent longest are missing.")
        cards.append(_note(reader.say(old), reader))
    return cards


def _arrange(house: House, these: Wanted, reader: Reader, n: int) -> Sequence[CardPlan[Any]]:
    found = stretch(house, these, n)
    above = _above(house, these, reader) if not n else []
    if found is None:
        return [*above, *_reading(these, reader)]
    if found.value is None:
        return [_unreadable(found.fault, reader)]
    entries, older = found.value.entries, found.value.more
    if not entries and not n and _nothing(house):
        return [_all_well(house, reader)]
    cards = [*above, *(entry(house, one, reader) for one in entries)]
    if not entries and not n:
        cards.append(_no_hit(these, reader))
    last = entries[-1].id if older and n == FURTHER else None
    if last is not None or (these.before and not n):
        cards.append(_pager(these, last, reader))
    return cards


def _above(house: House, these: Wanted, reader: Reader) -> Sequence[CardPlan[Any]]:
    """What stands above the groups, or the messages, whether they are read or not."""
    both: list[CardPlan[Any]] = [head(house, these, reader), choice(house, these, reader)]
    return [*both, opened(house, these, reader)] if these.topic else both


def _nothing(house: House) -> bool:
    """Whether the quarantine is known to be empty."""
    found = counts(house)
    return found is not None and found.value is not None and not found.value.kept


def _pager(these: Wanted, last: int | None, reader: Reader) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        def button(label: str, to: Wanted | None) -> ft.Control:
            there = ft.OutlinedButton(label, disabled=to is None)
            return there if to is None else drawing.on(there, click=lambda who, _data: who.go(to.route))

        newest = button(reader.say("Newest"), replace(these, before=None, show=MESSAGES))
        older = button(reader.say("Older"), replace(these, before=last) if last is not None else None)
        both = [newest, older] if last is not None else [newest]
        row = ft.Row(both, alignment=ft.MainAxisAlignment.CENTER, spacing=16)
        return ft.Container(row, col=12, padding=ft.Padding.only(top=8))

    return CardPlan(f"pager/{these.route}/{last}/{reader.key}", frozenset(), lambda: None, draw)


def _note(text: str, reader: Reader) -> CardPlan[None]:
    def draw(_drawing: Drawing[None]) -> ft.Control:
        return ft.Container(ft.Text(text, size=14, color=SOFT), col=12)

    return CardPlan(f"note/{text}/{reader.key}", frozenset(), lambda: None, draw)


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
    if these.topic:
        said = (
            marked('No message of this group is left with "{text}" in it.')
            if these.text
            else marked("No message of this group is left.")
        )
        return reader.say(said, text=text)
    if these.text and these.reason:
        if these.before:
            said = marked(
                'There is none older than those before with "{text}" in it and refused as "{reason}".'
            )
        else:
            said = marked('There is none with "{text}" in it and refused as "{reason}".')
    elif these.text:
        if these.before:
            said = marked('There is none older than those before with "{text}" in it.')
        else:
            said = marked('There is none with "{text}" in it.')
    elif these.reason:
        if these.before:
            said = marked('There is none older than those before refused as "{reason}".')
        else:
            said = marked('There is none refused as "{reason}".')
    else:
        said = marked("There is none older than those before.") if these.before else marked("There is none.")
    return reader.say(said, text=text, reason=reason)


def _reading(these: Wanted, reader: Reader) -> Sequence[CardPlan[None]]:
    """The place of what is read, so that nothing jumps when it comes."""

    def plan(n: int) -> CardPlan[None]:
        def draw(_drawing: Drawing[None]) -> ft.Control:
            words = reader.say("Searching…") if these.text else reader.say("Reading…")
            inside = ft.Text(words, size=13, color=SOFT) if not n else None
            place = ft.Container(
                inside, height=200, padding=16, border_radius=16, bgcolor=ft.Colors.SURFACE_CONTAINER
            )
            return ft.Container(place, col=COLUMNS)

        return CardPlan(f"reading/{bool(these.text)}/{n}/{reader.key}", frozenset(), lambda: None, draw)

    return [plan(n) for n in range(4)]


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
    more=more,
)
