"""A tile in a person's hand while a page is arranged: taken to another place, or larger by its corner.

What he sees meanwhile is sent to him alone; the page is changed once, when he lets go. Nothing of it is live.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary, WeakValueDictionary

import flet as ft

from dashboard.boards import COLUMNS, ROWS, AnyTile, Page, onto, resize
from dashboard.card import Drawing, Who
from dashboard.flet_messages import set_properties
from dashboard.look import PHONE
from dashboard.page_edits import edit
from dashboard.pointing import number_in, place_in
from dashboard.tiles.space import GAP, ROW, Spot, columns, inner, pixels_of, shown_columns

OFTEN = 50
"""Milliseconds between two words of how far a corner has been drawn."""
BORDER = 6
_GRIP = 28
_held: WeakKeyDictionary[Who, str] = WeakKeyDictionary()
"""The tile that each person has in hand, or had last: Flet tells its target only a control's id."""


_grids: WeakValueDictionary[tuple[str, str], ft.ResponsiveRow] = WeakValueDictionary()
"""What the tiles of a page lie in while it is arranged, by the name of the page and those who read alike."""


def grid(spot: Spot) -> ft.ResponsiveRow:
    """What the tiles of a page lie in."""
    made = ft.ResponsiveRow(spacing=GAP, run_spacing=GAP)
    _grids[spot.page, spot.reader.sized] = made
    return made


def taken(  # noqa: PLR0913  (what is taken, and how)
    spot: Spot,
    drawing: Drawing[object],
    tile: AnyTile,
    name: str,
    content: ft.Control,
    *,
    affinity: ft.Axis | None = None,
) -> ft.Control:
    """`content` as what a tile is taken by. `name` hangs at the pointer.

    `affinity`: a finger that goes the other way does something else, such as scroll.
    """

    def start(who: Who, _data: object) -> None:
        _held[who] = tile.id

    # Of a card's own, a text has the look of the page; at the pointer it stands alone.
    tag = ft.Card(
        ft.Container(ft.Text(name, size=14, color=ft.Colors.ON_PRIMARY_CONTAINER), padding=10),
        bgcolor=ft.Colors.PRIMARY_CONTAINER,
    )
    drag = ft.Draggable(
        content, group=_group(spot), content_feedback=tag, max_simultaneous_drags=1, affinity=affinity
    )
    return drawing.on(drag, drag_start=start)


def cover(content: ft.Control) -> ft.Control:
    """What is seen as it is, cannot be switched, and can be taken anywhere."""
    # What lets pointers through cannot be taken; what lies above it, unseen, can.
    above = ft.Container(left=0, right=0, top=0, bottom=0, bgcolor=ft.Colors.TRANSPARENT)
    return ft.Stack([ft.Container(content, ignore_interactions=True), above])


def landing(spot: Spot, drawing: Drawing[object], tile: AnyTile, content: ft.Control) -> ft.Control:
    """`content` as where another tile can be let go, which then takes this one's place."""
    house, page = spot.house, spot.page
    mark = ft.Container(
        left=0, right=0, top=0, bottom=0, visible=False, ignore_interactions=True,
        bgcolor=ft.Colors.with_opacity(0.12, ft.Colors.PRIMARY),
    )  # fmt: skip

    def show(who: Who, _data: object) -> None:
        board, held = house.boards.get(page), _held.get(who)
        if board is not None and held is not None and held != tile.id:
            side = _side(board.page, held, tile, spot)
            who.send(set_properties(mark._i, {"visible": True, "border": side}))

    def hide(who: Who, _data: object) -> None:
        who.send(set_properties(mark._i, {"visible": False}))

    def drop(who: Who, data: object) -> None:
        hide(who, data)
        held = _held.pop(who, None)
        if held is not None and held != tile.id:
            edit(house, who, page, lambda now: onto(now, held, tile.id))

    target = ft.DragTarget(ft.Stack([content, mark]), group=_group(spot))
    return drawing.on(target, will_accept=show, leave=hide, accept=drop)


def _side(page: Page, held: str, tile: AnyTile, spot: Spot) -> ft.Border:
    """On which side of a tile what is held comes to stand."""
    ids = [one.id for one in page.tiles]
    later = held in ids and tile.id in ids and ids.index(held) < ids.index(tile.id)
    line = ft.BorderSide(BORDER, ft.Colors.PRIMARY)
    if shown_columns(tile, spot) == COLUMNS:
        return ft.Border(bottom=line) if later else ft.Border(top=line)
    return ft.Border(right=line) if later else ft.Border(left=line)


def _group(spot: Spot) -> str:
    return f"tiles of {spot.page}"


@dataclass(slots=True)
class _Pull:
    """One person's: pixels of the tile on his screen, and where he took its corner; None: he has not."""

    wide: float | None = None
    high: float | None = None
    began: tuple[float, float, float, float] | None = None
    size: tuple[int | None, int | None] = (None, None)


@dataclass(slots=True, eq=False)
class Corner:
    """The corner of one drawn tile, by which it is drawn larger or smaller, to whole columns and rows.

    `box` is what has the height of the tile; `whole` what has its columns. On a phone the width stays.
    """

    spot: Spot
    tile: AnyTile
    box: ft.Container
    _pulls: WeakKeyDictionary[Who, _Pull] = field(default_factory=WeakKeyDictionary)

    def grip(self, drawing: Drawing[object], whole: ft.Container, label: str) -> ft.Control:
        """The corner; `label` says what it is for."""
        phone = self.spot.reader.window < PHONE
        side = 44 if phone else _GRIP

        def measure(who: Who, data: object) -> None:
            pull = self._pull(who)
            pull.wide, pull.high = number_in(data, "w"), number_in(data, "h")

        def start(who: Who, data: object) -> None:
            pull, at = self._pull(who), place_in(data, "g")
            wide, high = inner(self.tile, self.spot)
            pull.size = (None, None)
            pull.began = at and (*at, pull.wide or wide, pull.high or high)

        def draw(who: Who, data: object) -> None:
            pull, at = self._pull(who), place_in(data, "g")
            if pull.began is None or at is None:
                return
            size = self._size(pull.began, at, phone=phone)
            if size != pull.size:
                pull.size = size
                self._show(who, whole, *size)

        def let_go(who: Who, _data: object) -> None:
            pull = self._pull(who)
            (width, height), pull.began = pull.size, None
            if (width, height) != (None, None):
                edit(
                    self.spot.house, who, self.spot.page,
                    lambda now: resize(now, self.tile.id, width=width, height=height),
                    refused=lambda: self._show(who, whole, None, None),
                )  # fmt: skip

        drawing.on(self.box, size_change=measure)
        arrow = ft.Container(
            ft.Icon(ft.Icons.SOUTH_EAST if not phone else ft.Icons.HEIGHT, size=18, color=ft.Colors.PRIMARY),
            width=side, height=side, alignment=ft.Alignment.CENTER, bgcolor=ft.Colors.SURFACE_CONTAINER,
            border_radius=ft.BorderRadius.only(top_left=10, bottom_right=10), tooltip=label,
        )  # fmt: skip
        hands = ft.GestureDetector(
            arrow, drag_interval=OFTEN, right=0, bottom=0,
            mouse_cursor=ft.MouseCursor.RESIZE_UP_LEFT_DOWN_RIGHT,
        )  # fmt: skip
        if phone:
            # A list that scrolls would have a finger's way up or down for itself.
            return drawing.on(
                hands, vertical_drag_start=start, vertical_drag_update=draw, vertical_drag_end=let_go
            )
        return drawing.on(hands, pan_start=start, pan_update=draw, pan_end=let_go)

    def _pull(self, who: Who) -> _Pull:
        return self._pulls.setdefault(who, _Pull())

    def _size(
        self, began: tuple[float, float, float, float], at: tuple[float, float], *, phone: bool
    ) -> tuple[int | None, int | None]:
        """Columns and rows to which the tile has been drawn; None where that is what it has."""
        x, y, wide, high = began
        shown = shown_columns(self.tile, self.spot)
        # Around the tile stand the frame and half a gap on either side.
        column = (wide + GAP + 2 * (BORDER + 1)) / shown
        more = 0 if phone else round((at[0] - x) / column)
        width = max(1, min(COLUMNS, shown + more)) if more else None
        down = at[1] - y
        if abs(down) < (ROW + GAP) / 2:
            return width, None
        height = max(1, min(ROWS, round((high + down + GAP) / (ROW + GAP))))
        return width, height if height != self.tile.height else None

    def _show(self, who: Who, whole: ft.Container, width: int | None, height: int | None) -> None:
        """The tile on his screen as large as that."""
        wide = self.tile.model_copy(update={"width": width or self.tile.width})
        high = self.box.height if height is None else pixels_of(height, self.spot)
        sizes: Mapping[str, object] = {"col": columns(wide, alone=True)}
        who.send(set_properties(whole._i, sizes))
        who.send(set_properties(self.box._i, {"height": high}))
        lain = _grids.get((self.spot.page, self.spot.reader.sized))
        if lain is not None:
            # It places its tiles anew only when something of its own is set.
            who.send(set_properties(lain._i, {"spacing": GAP}))
