"""The card of one device, drawn from its kind."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias
from urllib.parse import quote

import flet as ft

from dashboard.card import CardPlan, Drawing, Who
from dashboard.census import Standing
from dashboard.house import House, act
from dashboard.look import FADED, caption, card, icon, title
from dashboard.present import DeviceView
from dashboard.reader import Reader
from dashboard.sight import Sight, device_view, gone_view, of_device
from dashboard.trends import tag
from dashboard.views.metric_cell import cell, cells
from dashboard.views.presence import about, presence
from dashboard.views.sparkline import sparkline
from dashboard.views.wanted import Size
from dashboard.widgets import Act
from schemas.message import Value
from schemas.traits import Numeric

Breakpoint: TypeAlias = str | ft.ResponsiveRowBreakpoint
Rooms: TypeAlias = tuple[int, ...]
"""Pixels that a card leaves free at its end, for each of the widths in `BESIDE`."""

MOST: Mapping[Size, int] = {"compact": 1, "normal": 5, "large": 9}
"""Metrics on a card; the device's page shows all."""
BESIDE: Mapping[Size, Mapping[Breakpoint, int]] = {
    "compact": {"xs": 1, "lg": 2, "xl": 3},
    "normal": {"xs": 1, "sm": 2, "lg": 3, "xl": 4},
    "large": {"xs": 1, "md": 2, "xl": 3},
}
"""Cards beside each other, by the width of the window."""
LARGE_LINE, LINE, MORE_LINE = 86, 74, 18
"""Least heights of what stands on a card, in pixels, with room for a note: a card does not grow by one."""
BETWEEN = 4
LONG_NAME = 44
"""Letters of a name that two lines hold."""


def plan(
    house: House, device_id: str, reader: Reader, size: Size = "normal", rooms: Rooms = ()
) -> CardPlan[DeviceView]:
    """The card of a device for an overview. `rooms` make it as high as those that stand beside it."""
    return CardPlan(
        key=f"card/{device_id}/{size}/{'.'.join(map(str, rooms))}/{reader.key}",
        follows=frozenset({f"device/{device_id}", tag(device_id), "tick"}),
        look=partial(_look, house, device_id, reader, Sight(reader)),
        draw=lambda drawing: _draw(drawing, actor(house, device_id), size, rooms),
        shape=shape,
        source=lambda: house.devices.get(device_id),
    )


def look(house: House, device_id: str, reader: Reader) -> DeviceView:
    """The device as it is shown now."""
    device = house.devices.get(device_id)
    if device is None:
        return gone_view(device_id, reader)
    return device_view(device, house.kinds.get(device.kind), house.label(device), time.time(), reader)


def _look(house: House, device_id: str, reader: Reader, sight: Sight) -> DeviceView:
    """The same again and again, with the trend of its main number."""
    device = house.devices.get(device_id)
    if device is None:
        return gone_view(device_id, reader)
    kind, label = house.kinds.get(device.kind), house.label(device)
    return sight.look(device, kind, label, time.time(), house.trends.look)


def shape(view: DeviceView) -> object:
    """What the tree of a device's card depends on: which metrics there are, and of which sort."""
    return view.form


def height(device: Standing, size: Size) -> int:
    """Of the values on a device's card, in pixels."""
    return _height(device.metrics, size, number=device.number)


def rooms(heights: Sequence[int], size: Size) -> Sequence[Rooms]:
    """For cards of these heights, one after the other from the beginning of a row: what each lacks there."""
    found: list[list[int]] = [[] for _ in heights]
    for beside in BESIDE[size].values():
        for begin in range(0, len(heights), beside):
            row = heights[begin : begin + beside]
            for place, own in enumerate(row, begin):
                found[place].append(max(row) - own)
    return [tuple(one) if any(one) else () for one in found]


def columns(size: Size) -> dict[Breakpoint, int | float]:
    """How many of twelve columns a card takes."""
    return {width: 12 / beside for width, beside in BESIDE[size].items()}


def actor(house: House, device_id: str) -> Act:
    """Commands to this device."""

    def commanded(who: Who, changes: Mapping[str, Value]) -> None:
        act(house, device_id, who, changes)

    return commanded


def route_of(device_id: str) -> str:
    """Where a device's page is."""
    return "/devices/" + quote(device_id, safe="")


def header(drawing: Drawing[DeviceView]) -> ft.Control:
    """What opens the device's page: icon, name, whether it is there, what it is, where, how old that is."""
    view, live = drawing.view, partial(drawing.lasting, of_device)
    first = ft.Row([badge(view), name_of(drawing), presence(drawing)], spacing=10)
    second = ft.Row(
        [live(caption(expand=True), value=lambda v: v.subtitle), live(caption(), value=lambda v: v.since)],
        spacing=8,
    )
    both = ft.Column([ft.Container(first, height=44), second], spacing=4, tight=True)
    opener = ft.Container(both, ink=True, border_radius=10, tooltip=None)
    drawing.on(opener, click=lambda who, _data: who.go(route_of(view.id)))
    return ft.Semantics(content=opener, container=True, button=True)


def badge(view: DeviceView) -> ft.Control:
    """The icon of its kind, on a ground."""
    return ft.Container(
        ft.Icon(icon(view.icon), size=20, color=ft.Colors.ON_PRIMARY_CONTAINER),
        width=38, height=38, border_radius=12,
        bgcolor=ft.Colors.PRIMARY_CONTAINER, alignment=ft.Alignment.CENTER,
    )  # fmt: skip


def name_of(drawing: Drawing[DeviceView]) -> ft.Text:
    """Its name, in two lines at the most; a longer one is whole in the tooltip."""
    name = title(expand=True)
    name.max_lines = 2
    return drawing.lasting(of_device, name, value=lambda v: kept_end(v.title, LONG_NAME), tooltip=_whole)


def kept_end(name: str, most: int) -> str:
    """A name of at most so many letters; of a topic the last levels are kept, which say the most."""
    if len(name) <= most:
        return name
    return "…" + name[1 - most :] if "/" in name else name[: most - 1] + "…"


def _whole(view: DeviceView) -> str | None:
    return view.title if len(view.title) > LONG_NAME else None


def fading(drawing: Drawing[DeviceView], values: ft.LayoutControl) -> ft.LayoutControl:
    """Values, switches and all, that fade while they may no longer be true."""
    return drawing.lasting(of_device, values, opacity=lambda v: FADED if v.faded else 1.0)


def _blank() -> ft.Control:
    return ft.Container(expand=True)


def _number(view: DeviceView) -> str | None:
    """The metric that stands large on the card: the first, if it is a number."""
    first = next(iter(view.metrics), None)
    return first if first is not None and isinstance(view.metrics[first].trait, Numeric) else None


def _draw(drawing: Drawing[DeviceView], act: Act, size: Size, rooms: Rooms) -> ft.Control:
    view = drawing.view
    every = cells(view)
    lines = _lines(drawing, act, every[: MOST[size]])
    hidden = len(every) - MOST[size]
    if hidden > 0:
        more = view.reader.count("and {n} more on its page", "and {n} more on its page", hidden)
        lines.append(ft.Container(caption(more), height=MORE_LINE))
    values = fading(drawing, ft.Column(lines, spacing=BETWEEN, tight=True))
    parts = [header(drawing), values]
    surface = card(ft.Column(parts, spacing=10, tight=True))
    if rooms:
        # The room is between the parts and nothing, because that may depend on the width of the window.
        filled = ft.ResponsiveRow(
            [ft.Column(parts, spacing=10, tight=True), ft.Container(height=0)],
            spacing=0,
            run_spacing=dict(zip(BESIDE[size], rooms, strict=True)),
        )
        surface = card(filled)
    whole = ft.Semantics(content=surface, container=True, col=columns(size))
    return drawing.lasting(of_device, whole, label=about)


def _lines(drawing: Drawing[DeviceView], act: Act, names: Sequence[str]) -> list[ft.Control]:
    """A large number with its trend, then two metrics a line."""
    number = _number(drawing.view)
    lines: list[ft.Control] = []
    if number is not None:
        names = names[1:]
        lines.append(_line([cell(drawing, number, act, large=True), sparkline(drawing)], LARGE_LINE))
    for pair in (names[i : i + 2] for i in range(0, len(names), 2)):
        row = [cell(drawing, name, act) for name in pair] + [_blank() for _ in range(2 - len(pair))]
        lines.append(_line([*row], LINE))
    return lines


def _line(row: list[ft.Control], least: int) -> ft.Control:
    """Of a height that holds what is usual; it grows where a value needs more."""
    strut = ft.Container(width=0, height=least)
    return ft.Row([*row, strut], spacing=8, vertical_alignment=ft.CrossAxisAlignment.START)


def _height(metrics: int, size: Size, *, number: bool) -> int:
    shown = min(metrics, MOST[size])
    pairs = -(-(shown - number) // 2)
    heights = [LARGE_LINE] * number + [LINE] * pairs + [MORE_LINE] * (metrics > shown)
    return sum(heights) + BETWEEN * max(0, len(heights) - 1)
