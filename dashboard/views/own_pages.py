"""The list of people's own pages, and a new one."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import flet as ft

from dashboard.boards import Board
from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import CARD_COLUMNS, SOFT, caption, card, empty, icon, title
from dashboard.page_dialogs import new_page_dialog
from dashboard.page_edits import BOARDS
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page

ICON = "dashboard_customize_outlined"
EXAMPLE = """title = "Kitchen"

[[tiles]]
type = "metric"
device = "thermostat.living_room"
metric = "temperature\""""


class Listed(NamedTuple):
    """What the list shows: the pages in their order, and what is amiss with the folder."""

    boards: tuple[Board, ...]
    faults: tuple[str, ...]


def layout(house: House, _values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """A card for each page; without any, what they are and how one is made."""
    plans = [
        CardPlan(
            f"pages/{reader.key}", frozenset({BOARDS}), partial(_look, house),
            lambda drawing: _draw(drawing, house, reader), lambda view: view,
        )
    ]  # fmt: skip
    return LayoutPlan(f"pages/{reader.key}", frozenset(), lambda: plans)


def _look(house: House) -> Listed:
    return Listed(tuple(house.boards.pages().values()), house.boards.faults)


def _draw(drawing: Drawing[Listed], house: House, reader: Reader) -> ft.Control:
    say, view = reader.say, drawing.view
    new = drawing.on(
        ft.FilledButton(say("New page"), icon=ft.Icons.ADD, height=44),
        click=lambda who, _data: new_page_dialog(house, who),
    )
    faults: list[ft.Control] = [
        ft.Text(say("Not shown: {why}", why=reader.told(line)), size=13, color=ft.Colors.ERROR, col=12)
        for line in view.faults
    ]
    if not view.boards:
        about = say(
            "A page of your own shows what you choose, as you arrange it. Make one here, or write its file: "
            "{file} beside the config file, with an editor of your own.",
            file="pages/kitchen.toml",
        )
        hint = empty(ICON, say("No page of your own yet"), about, EXAMPLE)
        center = ft.Column([hint, new], horizontal_alignment=ft.CrossAxisAlignment.CENTER, spacing=0, col=12)
        return ft.ResponsiveRow([*faults, center], col=12)
    cards = [_entry(drawing, board, reader) for board in view.boards]
    top = ft.Row([new], col=12)
    return ft.ResponsiveRow([top, *faults, *cards], spacing=16, run_spacing=16, col=12)


def _entry(drawing: Drawing[Listed], board: Board, reader: Reader) -> ft.Control:
    badge = ft.Container(
        ft.Icon(icon(board.page.icon or ICON), size=20, color=ft.Colors.ON_PRIMARY_CONTAINER),
        width=38, height=38, border_radius=12,
        bgcolor=ft.Colors.PRIMARY_CONTAINER, alignment=ft.Alignment.CENTER,
    )  # fmt: skip
    count = reader.count("{n} tile", "{n} tiles", len(board.page.tiles))
    # How many tiles there are, nobody knows of a file that cannot be read.
    below = (
        ft.Text(reader.say("There is a mistake in its file"), size=12, color=ft.Colors.ERROR)
        if board.fault
        else caption(count)
    )
    about: list[ft.Control] = [title(board.page.title), below]
    row = ft.Row(
        [badge, ft.Column(about, spacing=1, expand=True), ft.Icon(ft.Icons.CHEVRON_RIGHT, color=SOFT)],
        spacing=12,
    )
    surface = card(row, ink=True)
    surface.col = {**CARD_COLUMNS}
    route = f"/pages/{board.name}"

    def clicked(who: Who, _data: object) -> None:
        who.go(route)

    return drawing.on(surface, click=clicked)


PAGE = Page(
    "/pages",
    marked("Pages"),
    ICON,
    layout,
    rank=2,
    key="p",
    selected_icon="dashboard_customize",
)
