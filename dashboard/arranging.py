"""A tile while its page is arranged: what it is dragged by, and the menu of all that can be done with it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import flet as ft

from dashboard.boards import COLUMNS, ROWS, AnyTile, Page, drop, resize, retitle, shift
from dashboard.boards.folder import Change
from dashboard.card import Drawing, OnEvent, Question, Who
from dashboard.dragging import BORDER, Corner, cover, landing, taken
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import PHONE, caption, named
from dashboard.page_dialogs import ask_text
from dashboard.page_edits import edit
from dashboard.reader import Reader
from dashboard.tiles.space import Spot, counted_rows

FINGER, MOUSE = 44, 36
"""Pixels of a button on a phone, and on a desktop."""
NAMES = {
    "device": marked("Device"), "metric": marked("Value"), "chart": marked("Chart"),
    "gauge": marked("Gauge"), "control": marked("Control"), "group": marked("Group of devices"),
    "text": marked("Text"), "events": marked("Events"), "map": marked("Map"),
}  # fmt: skip
"""Of the types of tiles."""


class Step(NamedTuple):
    """One way to change a tile; `can`: there is room for it."""

    icon: ft.IconData
    words: str
    change: Change
    can: bool = True


def framed(spot: Spot, drawing: Drawing[object], tile: AnyTile, content: ft.Container) -> ft.Container:
    """A tile with a handle, a menu and a corner. Each change is saved at once."""
    reader = spot.reader
    phone = reader.window < PHONE
    side = FINGER if phone else MOUSE
    # All are named with the type of the tile: several have the same.
    name = reader.say(NAMES[tile.type])
    inside = cover(content)
    if not phone:
        # A finger that goes up or down scrolls; a mouse takes it in every direction.
        inside = taken(spot, drawing, tile, name, inside, affinity=ft.Axis.HORIZONTAL)
    handle = ft.Container(
        ft.Icon(ft.Icons.DRAG_INDICATOR, size=20), width=side, height=side,
        alignment=ft.Alignment.CENTER, tooltip=reader.say("{tile}: drag to move", tile=name),
    )  # fmt: skip
    bar = ft.Row(
        [taken(spot, drawing, tile, name, handle), caption(name, expand=True),
         *_buttons(spot, drawing, tile, side)],
        spacing=0,
    )  # fmt: skip
    whole = ft.Container(
        border=ft.Border.all(1, ft.Colors.PRIMARY), border_radius=16, padding=BORDER,
        clip_behavior=ft.ClipBehavior.HARD_EDGE,
    )  # fmt: skip
    corner = Corner(spot, tile, content).grip(drawing, whole, reader.say("{tile}: draw to resize", tile=name))
    stood = ft.Column([bar, inside], spacing=4, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    whole.content = landing(spot, drawing, tile, ft.Stack([stood, corner]))
    return whole


def _buttons(spot: Spot, drawing: Drawing[object], tile: AnyTile, side: float) -> Sequence[ft.Control]:
    """The pencil, and a menu with all the rest, by which no hand has to drag."""
    house, reader = spot.house, spot.reader
    say, name = reader.say, reader.say(NAMES[tile.type])

    def entry(icon: ft.IconData, words: str, clicked: OnEvent, *, can: bool = True) -> ft.PopupMenuItem:
        item = ft.PopupMenuItem(content=say(words), icon=icon, height=44, disabled=not can)
        return drawing.on(item, click=clicked)

    entries = [
        entry(step.icon, step.words, _doing(house, spot.page, step.change), can=step.can)
        for step in _steps(tile, phone=reader.window < PHONE)
    ]
    away = _removing(house, spot.page, tile.id, reader)
    entries.append(entry(ft.Icons.DELETE_OUTLINE, marked("Remove"), away))
    more = ft.PopupMenuButton(
        items=entries, icon=ft.Icons.MORE_VERT, icon_size=20, width=side, height=side, padding=0,
        tooltip=say("{tile}: move, resize, remove", tile=name),
    )  # fmt: skip
    if "title" not in type(tile).model_fields:
        return [named(more)]
    pen = ft.IconButton(
        ft.Icons.EDIT_OUTLINED, icon_size=18, width=side, height=side, padding=0,
        tooltip=say("{tile}: rename", tile=name),
    )  # fmt: skip
    return [drawing.on(named(pen), click=_renaming(house, spot.page, tile, reader)), named(more)]


def _steps(tile: AnyTile, *, phone: bool) -> Sequence[Step]:
    """On a phone a tile has the whole width or half of it, whatever it has on a desktop."""
    tile_id, rows = tile.id, counted_rows(tile)
    icons = ft.Icons
    places = [
        Step(icons.ARROW_BACK, marked("Move earlier"), lambda page: shift(page, tile_id, -1)),
        Step(icons.ARROW_FORWARD, marked("Move later"), lambda page: shift(page, tile_id, 1)),
    ]
    widths = [
        Step(icons.REMOVE, marked("Narrower"), _wider(tile_id, -1), can=tile.width > 1),
        Step(icons.ADD, marked("Wider"), _wider(tile_id, 1), can=tile.width < COLUMNS),
    ]
    heights = [
        Step(icons.UNFOLD_LESS, marked("Lower"), _higher(tile_id, -1), can=rows > 1),
        Step(icons.UNFOLD_MORE, marked("Higher"), _higher(tile_id, 1), can=rows < ROWS),
    ]
    return [*places, *([] if phone else widths), *heights]


def _wider(tile_id: str, by: int) -> Change:
    def change(page: Page) -> Page:
        tile = page.tile(tile_id)
        width = 1 if tile is None else max(1, min(COLUMNS, tile.width + by))
        return resize(page, tile_id, width=width)

    return change


def _higher(tile_id: str, by: int) -> Change:
    def change(page: Page) -> Page:
        tile = page.tile(tile_id)
        height = 1 if tile is None else max(1, min(ROWS, counted_rows(tile) + by))
        return resize(page, tile_id, height=height)

    return change


def _doing(house: House, page: str, change: Change) -> OnEvent:
    return lambda who, _data: edit(house, who, page, change)


def _renaming(house: House, page: str, tile: AnyTile, reader: Reader) -> OnEvent:
    say, before = reader.say, getattr(tile, "title", None) or ""

    def saved(who: Who) -> Callable[[str], None]:
        return lambda text: edit(house, who, page, lambda now: retitle(now, tile.id, text))

    def ask(who: Who, _data: object) -> None:
        label = say("Heading")
        ask_text(who, say("Heading of the tile"), label, before, saved(who), may_be_empty=True)

    return ask


def _removing(house: House, page: str, tile_id: str, reader: Reader) -> OnEvent:
    say = reader.say

    def ask(who: Who, _data: object) -> None:
        about = say("Only the tile goes; the device and its history stay.")
        sure = _doing(house, page, lambda now: drop(now, tile_id))
        who.ask(Question(say("Remove this tile?"), [about], say("Remove"), lambda: sure(who, None)))

    return ask
