"""A page of one's own: its tiles, arranged in the browser or in its file, and on a screen on the wall."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import flet as ft

from dashboard.arranging import framed
from dashboard.boards import Board, rename
from dashboard.card import CardPlan, Drawing, Question, Who
from dashboard.dragging import grid
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import card, empty, named
from dashboard.page_dialogs import add_dialog, ask_text, new_page_dialog
from dashboard.page_edits import BOARDS, edit, remove, tag_of
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.tiles import card_of
from dashboard.tiles.space import GAP, Spot
from dashboard.turning import turn_pages
from dashboard.views import Page
from dashboard.views.own_pages import ICON
from dashboard.wording import shown_text

WHOLE = 12


class Head(NamedTuple):
    """What stands above the tiles: the pages by name with their titles, and whether this one can be saved."""

    pages: tuple[tuple[str, str], ...]
    fault: str


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """The tiles; with `edit` each has its buttons, with `kiosk` all is large and nothing can be touched."""
    name, kiosk = values["name"], "kiosk" in values
    arranging = "edit" in values and not kiosk
    spot = Spot(house, name, reader, kiosk, arranging)
    mode = "kiosk" if kiosk else "edit" if arranging else "shown"
    follows = frozenset({tag_of(name), "devices"})

    def arrange() -> list[CardPlan[Any]]:
        board = house.boards.get(name)
        if board is None:
            return [_gone(name, spot)]
        plans: list[CardPlan[Any]] = [] if kiosk else [_head(house, name, reader, arranging=arranging)]
        if board.fault:
            plans.append(_mistake(board, spot))
        frame = partial(framed, spot) if arranging else None
        plans += [card_of(tile, spot, frame) for tile in board.page.tiles]
        if not board.page.tiles and not board.fault:
            plans.append(_blank(house, name, reader))
        return plans

    return LayoutPlan(
        f"page/{name}/{mode}/{reader.sized}",
        follows,
        arrange,
        partial(grid, spot) if arranging else lambda: ft.ResponsiveRow(spacing=GAP, run_spacing=GAP),
    )


def _head(house: House, name: str, reader: Reader, *, arranging: bool) -> CardPlan[Head]:
    """The ways to the other pages, and what can be done with this one."""
    say = reader.say

    def look() -> Head:
        boards = house.boards.pages()
        board = boards.get(name)
        named = tuple((one.name, one.page.title) for one in boards.values())
        return Head(named, board.fault if board is not None else "")

    def draw(drawing: Drawing[Head]) -> ft.Control:
        chips = [_way(drawing, other, title, name) for other, title in drawing.view.pages]
        ways = ft.Row(chips if len(chips) > 1 else [], spacing=8, scroll=ft.ScrollMode.HIDDEN, expand=True)
        here = f"/pages/{name}"
        if arranging:
            done = ft.FilledButton(say("Done"), icon=ft.Icons.CHECK, height=44)
            more = ft.FilledTonalButton(say("Add"), icon=ft.Icons.ADD, height=44)
            acts: list[ft.Control] = [
                drawing.on(more, click=lambda who, _data: add_dialog(house, who, name)),
                drawing.on(done, click=lambda who, _data: who.go(here)),
            ]
        else:
            change = ft.OutlinedButton(
                say("Arrange"), icon=ft.Icons.GRID_VIEW, height=44, disabled=bool(drawing.view.fault)
            )
            acts = [drawing.on(change, click=lambda who, _data: who.go(f"{here}?edit"))]
        acts.append(_menu(drawing, house, name, reader))
        if len(chips) <= 1:
            return ft.Row([ft.Container(expand=True), *acts], spacing=8, col=WHOLE)
        return ft.ResponsiveRow(
            [
                ft.Container(ways, col={"xs": 12, "md": 7}),
                ft.Container(
                    ft.Row(acts, spacing=8, alignment=ft.MainAxisAlignment.END), col={"xs": 12, "md": 5}
                ),
            ],
            col=WHOLE, run_spacing=8,
        )  # fmt: skip

    return CardPlan(
        f"page head/{name}/{arranging}/{reader.key}", frozenset({BOARDS}), look, draw, lambda view: view
    )


def _way(drawing: Drawing[Head], name: str, title: str, here: str) -> ft.Control:
    chosen = name == here
    chip = ft.Chip(
        label=ft.Text(title, size=14), selected=chosen, show_checkmark=False,
        selected_color=ft.Colors.PRIMARY_CONTAINER,
    )  # fmt: skip

    def clicked(who: Who, _data: object) -> None:
        if not chosen:
            who.go(f"/pages/{name}")

    return drawing.on(chip, click=clicked)


def _menu(drawing: Drawing[Head], house: House, name: str, reader: Reader) -> ft.Control:
    say = reader.say

    def title_of() -> str:
        board = house.boards.get(name)
        return board.page.title if board is not None else name

    def call(who: Who, _data: object) -> None:
        ask_text(
            who, say("Rename the page"), say("Title"), title_of(),
            lambda text: edit(house, who, name, lambda page: rename(page, text)),
        )  # fmt: skip

    def take_away(who: Who, _data: object) -> None:
        def gone(file: str) -> None:
            who.tell(say("The page is gone. Its file is kept as {file}", file=file))
            who.go("/pages")

        about = say("Its file is kept under another name, and can be named back. No device is touched.")
        title = say("Remove the page {title}?", title=title_of())
        who.ask(Question(title, [about], say("Remove"), lambda: remove(house, who, name, gone)))

    items = [
        (say("Rename"), call),
        (say("Show on a wall"), lambda who, _data: who.go(f"/pages/{name}?kiosk")),
        (say("New page"), lambda who, _data: new_page_dialog(house, who)),
        (say("Remove"), take_away),
    ]
    entries = [
        drawing.on(ft.PopupMenuItem(content=text, height=44), click=handler) for text, handler in items
    ]
    return named(ft.PopupMenuButton(items=entries, icon=ft.Icons.MORE_VERT, tooltip=say("More")))


def _mistake(board: Board, spot: Spot) -> CardPlan[str]:
    reader = spot.reader

    def draw(_drawing: Drawing[str]) -> ft.Control:
        said = reader.say(
            "There is a mistake in the file of this page. Below is what it was before; mend the file, and it "
            "is shown anew."
        )
        color = ft.Colors.ON_ERROR_CONTAINER
        lines = ft.Column(
            [
                ft.Text(said, size=spot.size(14), weight=ft.FontWeight.W_500, color=color),
                ft.Text(reader.told(board.fault), size=spot.size(13), color=color, selectable=True,
                        semantics_label=reader.told(board.fault)),
            ],
            spacing=4, expand=True,
        )  # fmt: skip
        row = ft.Row([ft.Icon(ft.Icons.ERROR_OUTLINE, color=color, size=spot.size(24)), lines], spacing=12)
        surface = card(row)
        surface.bgcolor, surface.border, surface.col = ft.Colors.ERROR_CONTAINER, None, WHOLE
        return surface

    return CardPlan(
        f"page mistake/{board.name}/{board.fault}/{spot.scale}/{reader.key}", frozenset(), str, draw
    )


def _blank(house: House, name: str, reader: Reader) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        say = reader.say
        more = drawing.on(
            ft.FilledButton(say("Add a tile"), icon=ft.Icons.ADD, height=44),
            click=lambda who, _data: add_dialog(house, who, name),
        )
        about = say("Choose values, charts, switches or whole devices; they can be moved and resized.")
        return ft.Column(
            [empty(ICON, say("Nothing is on this page yet"), about), more],
            horizontal_alignment=ft.CrossAxisAlignment.CENTER, spacing=0, col=WHOLE,
        )  # fmt: skip

    return CardPlan(f"page blank/{name}/{reader.key}", frozenset(), lambda: None, draw)


def _gone(name: str, spot: Spot) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        say = spot.reader.say
        about = say("There is no file {file}, or it has been removed.", file=f"{shown_text(name, 60)}.toml")
        if spot.kiosk:
            # Nobody is there to go elsewhere; it is shown again when the file is back.
            return ft.Column(
                [
                    ft.Text(say("There is no such page"), size=spot.size(20), weight=ft.FontWeight.W_600),
                    ft.Text(about, size=spot.size(14)),
                ],
                horizontal_alignment=ft.CrossAxisAlignment.CENTER, col=WHOLE,
            )  # fmt: skip
        back = drawing.on(
            ft.FilledTonalButton(say("All pages"), height=44), click=lambda who, _data: who.go("/pages")
        )
        return ft.Column(
            [empty("explore_off", say("There is no such page"), about), back],
            horizontal_alignment=ft.CrossAxisAlignment.CENTER, spacing=0, col=WHOLE,
        )  # fmt: skip

    return CardPlan(f"page gone/{name}/{spot.scale}/{spot.reader.key}", frozenset(), lambda: None, draw)


def _heading(house: House, values: Mapping[str, str], reader: Reader) -> str:
    board = house.boards.get(values["name"])
    return board.page.title if board is not None else reader.say("Page")


def _named_by(values: Mapping[str, str]) -> frozenset[str]:
    return frozenset({tag_of(values["name"])})


PAGE = Page(
    "/pages/{name}", marked("Page"), ICON, layout, heading=_heading, tools=turn_pages, named_by=_named_by
)
