"""What stands above the overview: the field to search with, the filters, and how devices are to stand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import flet as ft

from dashboard.card import Who
from dashboard.dialogs import dialog_of
from dashboard.dropdown import dropdown
from dashboard.house import House
from dashboard.look import named, small
from dashboard.present import kind_title
from dashboard.search import SearchField
from dashboard.views.wanted import GROUPS, LONGEST, SIZES, SORTS, STATES, Wanted, wanted
from dashboard.wording import shown_text

MOST_PLACES = 200
"""Places to choose from; the search finds the others."""
CHIP = 24
"""Letters of a chosen word that are shown."""


class Narrowing:
    """See `Tools`. It belongs to one person; each choice of his stands in the address."""

    def __init__(self, house: House, values: Mapping[str, str], who: Who) -> None:
        self._house = house
        self._who = who
        self._these = wanted(values)
        say = who.reader.say
        hint = say("Search devices by name, place, id or kind")
        self._search = SearchField(who, values, hint, LONGEST, lambda text: self._these.but(text=text).route)
        filters = _button(ft.Icons.FILTER_LIST, say("Filter by kind, place and state"), self._open)
        # What it leads to is made when it is pressed: it would be half of what a session holds.
        view = _button(ft.Icons.VIEW_MODULE_OUTLINED, say("Group, sort, size"), self._open_view)
        self._chosen = ft.Row(spacing=8, run_spacing=8, wrap=True)
        self.control: ft.Control = ft.Column(
            [ft.Row([self._search.control, filters, view], spacing=4), self._chosen], spacing=8
        )
        self._show()

    @property
    def typing(self) -> bool:
        """See `Tools`."""
        return self._search.typing

    async def search(self) -> None:
        """See `Tools`."""
        await self._search.search()

    def follow(self, values: Mapping[str, str]) -> None:
        """See `Tools`."""
        self._these = wanted(values)
        self._search.follow(values)
        self._show()

    def _show(self) -> None:
        self._chosen.controls = [self._chip(name, text) for name, text in self._filters()]
        self._chosen.visible = bool(self._chosen.controls)

    def _filters(self) -> Iterable[tuple[str, str]]:
        """The filters that are on, but for the text: which, and what it is called."""
        these, say = self._these, self._who.reader.say
        if these.kind:
            kind = self._house.kinds.get(these.kind)
            yield "kind", kind_title(kind, self._who.reader) if kind else shown_text(these.kind, CHIP)
        if these.place:
            yield "place", shown_text(these.place, CHIP)
        if these.state:
            yield (
                "state",
                say(STATES[these.state]) if these.state in STATES else shown_text(these.state, CHIP),
            )

    def _chip(self, name: str, text: str) -> ft.Control:
        tooltip = self._who.reader.say("Show those that are not {filter} too", filter=text)
        return ft.Chip(
            label=ft.Text(text, size=13),
            on_delete=lambda _event: self._choose(**{name: ""}),
            delete_icon_tooltip=tooltip,
        )

    def _choose(self, **changes: str) -> None:
        self._who.go(self._these.but(**changes).route)

    def _open(self, _event: object) -> None:
        """The filters, with what there is to choose from now."""
        reader, say = self._who.reader, self._who.reader.say
        found = self._house.census.look(self._house)
        kinds = {device.kind for device in found}
        titles = {name: kind_title(self._house.kinds.get(name), reader) for name in kinds}
        places = sorted({device.place for device in found if device.place}, key=str.casefold)
        every = ("", say("All"))
        kind_words = sorted(titles.items(), key=lambda item: item[1].casefold())
        place_words = [(place, shown_text(place, 60)) for place in places[:MOST_PLACES]]
        fields: list[ft.Control] = [
            self._menu("kind", say("Kind"), [every, *kind_words], self._choose),
            self._menu("place", say("Place"), [every, *place_words], self._choose),
            self._menu("state", say("State"), [every, *self._said(STATES)], self._choose),
        ]
        self._ask(say("Filter"), fields, say("Show all"), self._reset)

    def _open_view(self, _event: object) -> None:
        """How the devices are to stand."""
        say = self._who.reader.say
        fields: list[ft.Control] = [
            self._menu("group", say("Groups"), self._said(GROUPS), self._stand),
            self._menu("sort", say("Order"), self._said(SORTS), self._stand),
            self._menu("size", say("Size"), self._said(SIZES), self._stand),
            small(say("Kept in this browser, for when the overview is opened.")),
        ]
        self._ask(say("View"), fields, say("As at first"), self._stand_as_at_first)

    def _said(self, words: Mapping[Any, str]) -> Sequence[tuple[str, str]]:
        return [(value, self._who.reader.say(word)) for value, word in words.items()]

    def _stand(self, **changes: str) -> None:
        """From now on he wants it so wherever an address does not say it."""
        these, usual = self._these.but(**changes), Wanted()
        kept = {name: "" if value == getattr(usual, name) else value for name, value in changes.items()}
        self._who.remember(kept)
        self._who.go(these.route)

    def _stand_as_at_first(self) -> None:
        usual = Wanted()
        self._stand(group=usual.group, sort=usual.sort, size=usual.size)

    def _ask(self, title: str, fields: list[ft.Control], undo: str, undone: Callable[[], None]) -> None:
        say = self._who.reader.say

        def close(then: Callable[[], None]) -> None:
            if dialog.open:
                self._who.close(dialog)
                then()

        actions: list[ft.Control] = [
            ft.TextButton(undo, on_click=lambda _event: close(undone)),
            ft.FilledButton(say("Done"), on_click=lambda _event: close(lambda: None)),
        ]
        dialog = dialog_of(title, fields, actions)
        self._who.open(dialog)

    def _reset(self) -> None:
        self._search.field.value = ""
        self._choose(text="", kind="", place="", state="")

    def _menu(
        self, name: str, label: str, words: Sequence[tuple[str, str]], choose: Callable[..., None]
    ) -> ft.Control:
        field = dropdown(
            label, dict(words), getattr(self._these, name), lambda value: choose(**{name: value})
        )
        return ft.Row([field])


def _button(icon: ft.IconData, name: str, pressed: Callable[[object], None]) -> ft.IconButton:
    return named(ft.IconButton(icon, tooltip=name, on_click=pressed, width=48, height=48))
