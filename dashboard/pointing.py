"""What one person points at on a shared chart, and how he moves it: seen by him alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

import flet as ft

from dashboard.card import Drawing, View, Who
from dashboard.chart import Chart
from dashboard.flet_messages import prepare, set_properties
from dashboard.look import INK, LINE, SOFT

OFTEN = 50
"""Milliseconds between two words of where the pointer is."""
FAR = 8.0
"""Pixels by which a chart must be dragged to be moved."""
_DOT = 9
_BOX, _BRIEF = 290.0, 170.0
"""Pixels of width of the box with the values, at the most; with and without names."""


class Pointed(Protocol):
    """What can be pointed at."""

    @property
    def chart(self) -> Chart:
        """The chart."""

    def there(self, share: float) -> str:
        """What else is to be said of a place, 0 at the left edge to 1 at the right one; may be empty."""


@dataclass(slots=True)
class _Hand:
    """One person's: how wide the chart is on his screen, how far he has dragged it, whether he points."""

    width: float | None = None
    dragged: float = 0.0
    points: bool = False


@dataclass(slots=True, eq=False)
class Pointing:
    """The overlay of one drawn chart.

    `moved` is called with the share of its width by which it was dragged; without it the chart stays where it
    is, and a finger that is drawn over it points. `brief`: values without names, where there is little room.
    Nothing of it is live: it is sent to who points, and gone when the chart is drawn anew. `usual` is the
    width of the chart in pixels where a screen has not said it yet.
    """

    usual: float
    moved: Callable[[Who, float], None] | None = None
    brief: bool = False
    overlay: ft.Stack = field(default_factory=lambda: ft.Stack([], left=0, right=0, top=0, bottom=0))
    _hands: WeakKeyDictionary[Who, _Hand] = field(default_factory=WeakKeyDictionary)

    def surface(
        self,
        drawing: Drawing[View],
        of: Callable[[View], Pointed | None],
        plot: ft.Control,
        image: ft.Control,
    ) -> ft.GestureDetector:
        """`plot` as something to point at and to drag; `image` is what follows the finger."""

        def point(who: Who, data: object) -> None:
            picture, at = of(drawing.view), place_in(data, "l")
            if picture is not None and at is not None:
                hand = self._hand(who)
                hand.points = True
                self._show(who, cross_hair(picture, at[0], hand.width or self.usual, brief=self.brief))

        def leave(who: Who, _data: object) -> None:
            hand = self._hand(who)
            if hand.points:
                hand.points = False
                self._show(who, [])

        def measure(who: Who, data: object) -> None:
            width = number_in(data, "w")
            if width is not None and width > 0:
                self._hand(who).width = width

        hands = ft.GestureDetector(
            content=plot, hover_interval=OFTEN, drag_interval=OFTEN, mouse_cursor=ft.MouseCursor.PRECISE
        )
        drawing.on(hands, hover=point, tap_up=point, exit=leave, size_change=measure)
        if self.moved is None:
            return drawing.on(hands, horizontal_drag_update=point)
        drawing.on(hands, horizontal_drag_start=leave)
        return self._movable(drawing, hands, image, self.moved)

    def _movable(
        self,
        drawing: Drawing[View],
        hands: ft.GestureDetector,
        image: ft.Control,
        moved: Callable[[Who, float], None],
    ) -> ft.GestureDetector:
        def drag(who: Who, data: object) -> None:
            hand = self._hand(who)
            hand.dragged += number_in(data, "pd") or 0.0
            who.send(set_properties(image._i, {"left": hand.dragged, "right": -hand.dragged}))

        def drop(who: Who, _data: object) -> None:
            hand = self._hand(who)
            dragged, hand.dragged = hand.dragged, 0.0
            if abs(dragged) < FAR:
                who.send(set_properties(image._i, {"left": 0, "right": 0}))
            else:
                moved(who, dragged / (hand.width or self.usual))

        return drawing.on(hands, horizontal_drag_update=drag, horizontal_drag_end=drop)

    def _hand(self, who: Who) -> _Hand:
        return self._hands.setdefault(who, _Hand())

    def _show(self, who: Who, controls: list[ft.Control]) -> None:
        for control in controls:
            prepare(control)
        who.send(set_properties(self.overlay._i, {"controls": controls}))


def cross_hair(picture: Pointed, x: float, width: float, *, brief: bool = False) -> list[ft.Control]:
    """What is shown of a place, `x` pixels from the left: a line, a dot on each series, and the values."""
    chart = picture.chart
    share = min(1.0, max(0.0, x / width))
    found = chart.at(share)
    line = ft.Container(width=1, height=chart.size.height, left=share * width, top=0, bgcolor=SOFT)
    dots: list[ft.Control] = [
        ft.Container(
            width=_DOT, height=_DOT, border_radius=_DOT, bgcolor=near.color,
            left=near.at * width - _DOT / 2, top=near.y - _DOT / 2,
            border=ft.Border.all(1, ft.Colors.SURFACE_CONTAINER_LOWEST),
        )
        for near in found.near
        if near.at is not None and near.y is not None
    ]  # fmt: skip
    rows: list[ft.Control] = [ft.Text(found.time, size=11, color=SOFT)]
    rows += [
        ft.Row(
            [ft.Container(width=8, height=8, border_radius=4, bgcolor=near.color),
             *([] if brief else [ft.Text(near.label, size=12, color=SOFT)]),
             ft.Text(near.text, size=12, color=INK, weight=ft.FontWeight.W_600)],
            spacing=6, run_spacing=2, wrap=True, vertical_alignment=ft.CrossAxisAlignment.CENTER,
        )
        for near in found.near
    ]  # fmt: skip
    there = picture.there(share)
    if there:
        rows.append(ft.Text(there, size=11, color=SOFT, max_lines=3))
    box = ft.Container(
        ft.Column(rows, spacing=2, tight=True), top=4, padding=8, border_radius=8,
        width=min(_BRIEF if brief else _BOX, width - 8),
        bgcolor=ft.Colors.SURFACE_CONTAINER, border=ft.Border.all(1, LINE),
    )  # fmt: skip
    if share < 0.5:
        box.right = 4
    else:
        box.left = 4
    return [line, *dots, box]


def place_in(data: object, name: str) -> tuple[float, float] | None:
    """What an event says of a place: pixels from the left and from the top."""
    place = data.get(name) if isinstance(data, Mapping) else None
    if isinstance(place, Mapping):
        place = [place.get("x"), place.get("y")]
    if isinstance(place, list | tuple) and len(place) == 2:
        x, y = (number_in({"n": one}, "n") for one in place)
        return None if x is None or y is None else (x, y)
    return None


def number_in(data: object, name: str) -> float | None:
    """What an event says of a number, unless it is beyond all screens."""
    found = data.get(name) if isinstance(data, Mapping) else None
    return float(found) if isinstance(found, int | float) and abs(found) < 1e6 else None
