"""What one person points at on a shared chart, and how he moves it: seen by him alone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol
from weakref import WeakKeyDictionary

import flet as ft

from dashboard.card import Drawing, View, Who
from dashboard.chart import Chart, Window
from dashboard.chart import window as windows
from dashboard.flet_messages import prepare, set_properties
from dashboard.look import INK, LINE, SOFT

OFTEN = 50
"""Milliseconds between two words of where the pointer is."""
FAR = 8.0
"""Pixels by which a chart must be dragged to be moved."""
STEP = 1.25
"""How many times as long the window is after a step of the wheel."""
ZOOMS = 0.01
"""Pixels below which a scroll is the word of our page's script for a wheel that is turned with Ctrl."""
SOON = 1.0
"""Seconds after which a person has seen the window that he asked for."""
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
    """One person's: how wide the chart is on his screen, where he points, what he has moved it by.

    He was `told` of what he points at from this picture.
    `pinched` is by how much two fingers have spread, and the place between them; `wanted` is the window that
    he asked for last, from the one that was shown then, at a monotonic time.
    """

    width: float | None = None
    dragged: float = 0.0
    at: float | None = None
    told: Pointed | None = None
    pinched: tuple[float, float] | None = None
    shown: Window | None = None
    wanted: Window | None = None
    wished: float = 0.0


@dataclass(slots=True, eq=False)
class Pointing:
    """What lies above a chart and takes the pointer, one for a card: it outlasts its drawings.

    Nothing of it is live. What a person sees of it is sent to him alone, and again when the chart is drawn
    anew under his pointer. `usual` is the width of the chart in pixels where a screen has not said it yet;
    `wish` is called with the window that he asks for; without it the chart stays where it is, and a finger
    that is drawn over it points. `brief`: values without names, where there is little room.
    """

    usual: float
    wish: Callable[[Who, Window], None] | None = None
    brief: bool = False
    overlay: ft.Stack = field(default_factory=lambda: ft.Stack([], left=0, right=0, top=0, bottom=0))
    ground: ft.Container = field(default_factory=lambda: ft.Container(left=0, right=0, top=0))
    _hands: WeakKeyDictionary[Who, _Hand] = field(default_factory=WeakKeyDictionary)
    _picture: Callable[[], Pointed | None] = lambda: None
    _surface: ft.GestureDetector = field(
        default_factory=lambda: ft.GestureDetector(
            hover_interval=OFTEN, drag_interval=OFTEN, mouse_cursor=ft.MouseCursor.PRECISE
        )
    )

    def carry(self, image: ft.Control) -> ft.Container:
        """The ground, with this on it."""
        _fill(self.ground, image)
        return self.ground

    def surface(
        self, drawing: Drawing[View], of: Callable[[View], Pointed | None], plot: ft.Control
    ) -> ft.GestureDetector:
        """`plot` as something to point at, to drag and to zoom; `ground` in it follows the finger."""
        self._picture = lambda: of(drawing.view)
        surface = self._surface
        _fill(surface, plot)
        drawing.on(
            surface, hover=self._point, tap_up=self._point, exit=self._leave, size_change=self._measure
        )
        if self.wish is None:
            return drawing.on(surface, horizontal_drag_update=self._point)
        return drawing.on(
            surface, scroll=self._scroll, scale_update=self._pinch, scale_end=self._release,
            horizontal_drag_start=self._leave, horizontal_drag_update=self._drag,
            horizontal_drag_end=self._drop,
        )  # fmt: skip

    def _point(self, who: Who, data: object) -> None:
        at = place_in(data, "l")
        if at is not None and self._picture() is not None:
            self._hand(who).at = at[0]
            self._show(who)
            who.hold(self._surface._i, partial(self._again, who), partial(self._changed, who))

    def _leave(self, who: Who, _data: object) -> None:
        hand = self._hand(who)
        if hand.at is not None:
            hand.at = None
            self._show(who)
            who.hold(self._surface._i, None)

    def _again(self, who: Who) -> None:
        """The chart has been drawn anew under his pointer, or in his hand."""
        hand = self._hand(who)
        if hand.at is not None:
            self._show(who)
        if hand.dragged:
            self._stretch(who, hand.dragged, -hand.dragged)

    def _changed(self, who: Who) -> None:
        """Something has changed on the page: if it is the chart, what lies under his pointer has too."""
        hand = self._hand(who)
        if hand.at is not None and self._picture() is not hand.told:
            self._show(who)

    def _show(self, who: Who) -> None:
        """Send the cross-hair, or that there is none."""
        hand, picture = self._hand(who), self._picture()
        hand.told = None if hand.at is None else picture
        shown: list[ft.Control] = []
        if hand.at is not None and picture is not None:
            shown = cross_hair(picture, hand.at, hand.width or self.usual, brief=self.brief)
        for control in shown:
            prepare(control)
        who.send(set_properties(self.overlay._i, {"controls": shown}))

    def _drag(self, who: Who, data: object) -> None:
        hand = self._hand(who)
        hand.dragged += number_in(data, "pd") or 0.0
        self._stretch(who, hand.dragged, -hand.dragged)
        who.hold(self._surface._i, partial(self._again, who))

    def _drop(self, who: Who, _data: object) -> None:
        hand = self._hand(who)
        dragged, hand.dragged = hand.dragged, 0.0
        who.hold(self._surface._i, None)
        if abs(dragged) < FAR:
            self._stretch(who, 0, 0)
        else:
            self._pan(who, -dragged)

    def _pinch(self, who: Who, data: object) -> None:
        hand, fingers, scale = self._hand(who), number_in(data, "pc"), number_in(data, "s")
        if fingers is None or fingers < 2 or scale is None or not 0.01 < scale < 100:
            return
        width = hand.width or self.usual
        middle = place_in(data, "lfp") or (width / 2, 0.0)
        x = hand.pinched[1] if hand.pinched is not None else min(width, max(0.0, middle[0]))
        hand.pinched = scale, x
        self._stretch(who, x * (1 - scale), (width - x) * (1 - scale))

    def _release(self, who: Who, _data: object) -> None:
        hand = self._hand(who)
        pinched, hand.pinched = hand.pinched, None
        if pinched is not None:
            self._stretch(who, 0, 0)
            self._zoom(who, 1 / pinched[0], pinched[1])

    def _scroll(self, who: Who, data: object) -> None:
        at, turned = place_in(data, "l"), place_in(data, "sd")
        if at is None or turned is None or not turned[0]:
            return
        across, down = turned
        if abs(across) < ZOOMS:
            self._zoom(who, 1 / STEP if across > 0 else STEP, at[0])
        elif abs(across) > abs(down):
            self._pan(who, across)

    def _measure(self, who: Who, data: object) -> None:
        width = number_in(data, "w")
        if width is not None and width > 0:
            self._hand(who).width = width

    def _stretch(self, who: Who, left: float, right: float) -> None:
        who.send(set_properties(self.ground._i, {"left": left, "right": right}))

    def _pan(self, who: Who, pixels: float) -> None:
        steps = 2 * pixels / (self._hand(who).width or self.usual)
        self._ask(who, lambda window, now: windows.panned(window, steps, now))

    def _zoom(self, who: Who, factor: float, x: float) -> None:
        at = min(1.0, max(0.0, x / (self._hand(who).width or self.usual)))
        self._ask(who, lambda window, now: windows.zoomed(window, factor, at, now))

    def _ask(self, who: Who, change: Callable[[Window, float], Window]) -> None:
        """Ask for another window; what comes soon after goes on from there, as it is not shown yet."""
        picture, hand, now = self._picture(), self._hand(who), time.monotonic()
        if picture is None or self.wish is None:
            return
        shown = picture.chart.window
        if hand.wanted is None or hand.shown != shown or now - hand.wished > SOON:
            hand.wanted = shown
        hand.shown, hand.wished = shown, now
        hand.wanted = change(hand.wanted, time.time())
        self.wish(who, hand.wanted)

    def _hand(self, who: Who) -> _Hand:
        return self._hands.setdefault(who, _Hand())


def _fill(place: ft.GestureDetector | ft.Container, content: ft.Control) -> None:
    # Flet keeps what is there if the new one equals it, which then lacks the new one's ids.
    place.content = None
    place.content = content


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
