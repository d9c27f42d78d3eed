"""A field to search with: what it finds is shown as he types, and stands in the address a moment later."""

from collections.abc import Callable, Mapping

import flet as ft

from dashboard.card import Who
from dashboard.look import named


class SearchField:
    """See `Tools`. `route_of` gives the address for a text, trimmed or empty; `q` in it is the text.

    It belongs to one person.
    """

    def __init__(
        self, who: Who, values: Mapping[str, str], hint: str, longest: int, route_of: Callable[[str], str]
    ) -> None:
        self._who = who
        self._longest = longest
        self.route_of = route_of
        self._clear = named(
            ft.IconButton(
                ft.Icons.CLOSE,
                tooltip=who.reader.say("Clear the search"),
                icon_size=18,
                on_click=lambda _event: self._cleared(),
            )
        )
        self.field = ft.TextField(
            # A hint would be gone once something is written, and with it the name for screen readers.
            label=ft.Text(hint, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS),
            prefix_icon=ft.Icons.SEARCH,
            text_size=14,
            content_padding=ft.Padding.symmetric(vertical=8, horizontal=16),
            border=ft.OutlineInputBorder(border_radius=24),
            max_length=longest,
            counter="",
            expand=True,
            on_change=lambda _event: self._typed(),
            on_focus=lambda _event: self._focused(here=True),
            on_blur=lambda _event: self._focused(here=False),
            on_submit=lambda _event: who.go(self.route_of(self.text)),
        )
        self.control: ft.Control = self.field
        self.typing = False
        self.follow(values)

    @property
    def text(self) -> str:
        """What is sought."""
        return (self.field.value or "").strip()[: self._longest]

    def follow(self, values: Mapping[str, str]) -> None:
        """See `Tools`. What he is just typing is not touched for a space that the address has not."""
        text = values.get("q", "").strip()[: self._longest]
        if text != self.text:
            self.field.value = text
        self.field.suffix_icon = self._clear if text else None

    async def search(self) -> None:
        """See `Tools`."""
        await self.field.focus()  # type: ignore[no-untyped-call]

    def _focused(self, *, here: bool) -> None:
        self.typing = here

    def _typed(self) -> None:
        self._who.refine(self.route_of(self.text))

    def _cleared(self) -> None:
        self.field.value = ""
        self._typed()
