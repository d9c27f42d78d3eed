"""The history of a device: its metrics as a chart, over the stretch of time that the address says."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, urlencode

import flet as ft

from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.chart import Size, Window, WindowError
from dashboard.chart import window as windows
from dashboard.chart.clock import span_text
from dashboard.chart.ink import MOST_SERIES
from dashboard.chart_drawing import chart_shape, draw_picture
from dashboard.device_chart import ASKED, Offered, Picture, asks, chosen, offered, picture
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, as_heading, card, named, small, title
from dashboard.pointing import Pointing
from dashboard.reader import Reader
from dashboard.views.device_card import route_of

NAMES: Mapping[str, str] = {
    "1h": marked("1 h"), "6h": marked("6 h"), "24h": marked("24 h"), "7d": marked("7 d"),
    "30d": marked("30 d"), "90d": marked("90 d"), "1y": marked("1 year"),
}  # fmt: skip
ZOOM = 2.0
MANY = 12
"""Metrics that have a chip each."""
LATE = 300
"""Seconds after which what does not move is read anew, for what was delivered late."""
PLOTS: Mapping[int, int] = {
    360: 264, 480: 384, 600: 504, 768: 568, 992: 452, 1_200: 560, 1_500: 740, 1_900: 960, 2_500: 1_300,
    3_800: 2_000,
}  # fmt: skip
"""Pixels of width of the chart by the width of the window; from 992 on it stands beside the values."""


def _zoomed(window: Window, now: float, factor: float) -> Window:
    # What goes on with time keeps its end, which is now.
    return windows.zoomed(window, factor, 1.0 if window.live else 0.5, now)


EARLIER, LATER = partial(windows.panned, steps=-1.0), partial(windows.panned, steps=1.0)
SHORTER, LONGER = partial(_zoomed, factor=1 / ZOOM), partial(_zoomed, factor=ZOOM)
MOVES: Mapping[str, "partial[Window]"] = {
    "+": SHORTER, "=": SHORTER, "Numpad Add": SHORTER, "-": LONGER, "Numpad Subtract": LONGER,
    "Shift Arrow Left": EARLIER, "Shift Arrow Right": LATER,
}  # fmt: skip
"""With Shift, as the arrows alone move a slider that has the focus, and with it a device."""
KEYS: Sequence[tuple[str, str]] = (
    ("+ −", marked("a chart of a device shows a shorter or a longer time")),
    ("Shift ← →", marked("a chart of a device shows an earlier or a later time")),
    (marked("Ctrl and wheel, or pinch"), marked("the same as + and −, around the pointer")),
    (marked("Shift and wheel, or drag"), marked("the same as Shift ← and →")),
)
"""What the help says of the chart."""


class HistoryView(NamedTuple):
    """What is shown: the picture once it has been read; what is `wrong` with the address, if anything."""

    names: tuple[str, ...]
    known: Mapping[str, Offered]
    window: Window
    picture: Picture | None
    fault: str
    wrong: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an address asks for; `kept` is what it says besides."""

    device_id: str
    values: Mapping[str, str]

    def window(self, now: float) -> Window:
        """Raises `WindowError`."""
        return windows.read(self.values, now)

    def route(self, names: Sequence[str] | None, window: Window) -> str:
        """The address that asks for something else, and says what this one says besides.

        Without names it asks for the same metrics.
        """
        other = {name: value for name, value in self.values.items() if name not in {*ASKED, "id"}}
        if names is None:
            names = self.values["show"].split(",") if "show" in self.values else None
        query = asks(names, window) + ("&" + urlencode(other, quote_via=quote) if other else "")
        return f"{route_of(self.device_id)}?{query}"


def plan(house: House, device_id: str, values: Mapping[str, str], reader: Reader) -> CardPlan[HistoryView]:
    """The card of the chart that an address asks for."""
    asked = _Asked(device_id, {name: value for name, value in values.items() if name != "id"})
    said = urlencode({name: values[name] for name in sorted(values) if name != "id"})
    key = f"history/{device_id}/{said}/{reader.sized}"
    pointing = Pointing(size_for(reader).width)
    return CardPlan(
        key,
        frozenset({"tick", tag(key)}),
        partial(_look, house, asked, reader, key),
        lambda drawing: _draw(drawing, asked, pointing),
        _shape,
    )


def press(values: Mapping[str, str], key: str, who: Who) -> None:
    """Move the stretch that the address asks for, where the key is one of those that do."""
    move, now = MOVES.get(key), time.time()
    if move is None:
        return
    asked = _Asked(values["id"], {name: value for name, value in values.items() if name != "id"})
    try:
        window = move(asked.window(now), now=now)
    except WindowError:
        return
    who.refine(asked.route(None, window))


def size_for(reader: Reader) -> Size:
    """How large a chart is drawn for a person's window."""
    return Size(PLOTS[reader.window], 200 if reader.window < 600 else 250)


def _look(house: House, asked: _Asked, reader: Reader, key: str) -> HistoryView:
    now = time.time()
    known = offered(house, asked.device_id, reader)
    names = chosen(asked.values, known)
    wrong = ""
    try:
        window = asked.window(now)
    except WindowError as error:
        window, wrong = windows.named(windows.USUAL, now), str(error)
    size = size_for(reader)
    pace = windows.redraw_after(window, size.width) or LATE
    version = (names, int(now / pace))
    work = partial(picture, house, asked.device_id, names, window, size, reader)
    found = house.aside.look(key, version, work)
    if found is None:
        return HistoryView(names, known, window, None, "", wrong, reader)
    if found.value is not None:
        window = found.value.chart.window
    return HistoryView(names, known, window, found.value, found.fault, wrong, reader)


def _shape(view: HistoryView) -> object:
    drawn = None if view.picture is None else chart_shape(view.picture)
    return drawn, view.names, tuple(view.known), view.wrong, view.picture is not None and view.picture.blank


def _draw(drawing: Drawing[HistoryView], asked: _Asked, pointing: Pointing) -> ft.Control:
    view, live = drawing.view, drawing.live
    say = view.reader.say
    span = live(small(), value=lambda v: span_text(v.window, v.reader))
    name = as_heading(title(say("History")), 2)
    head = ft.Row(
        [ft.Column([name, span], spacing=1, expand=True), *_moves(drawing, asked)], spacing=0
    )  # fmt: skip
    rows: list[ft.Control] = [head, _ranges(drawing, asked)]
    if len(view.known) > 1:
        rows.append(_metrics(drawing, asked))
    if view.wrong:
        rows.append(
            _warning(
                say(
                    "The address asks for something else than there is: {why}",
                    why=view.reader.told(view.wrong),
                )
            )
        )
    rows.append(
        live(
            _warning(""),
            value=lambda v: v.reader.say("The history cannot be read now: {why}", why=v.reader.told(v.fault)),
            visible=lambda v: bool(v.fault),
        )
    )
    rows.append(_body(drawing, asked, pointing))
    rows.append(_exports(drawing, asked))
    return ft.Container(card(ft.Column(rows, spacing=10)), col={"xs": 12, "lg": 7})


def _body(drawing: Drawing[HistoryView], asked: _Asked, pointing: Pointing) -> ft.Control:
    view = drawing.view
    say, high = view.reader.say, size_for(view.reader).height
    if not view.names:
        return _note(say("Choose a metric to see its history."), high)
    if view.picture is None:
        waiting = ft.ProgressRing(width=28, height=28, semantics_label=say("The history is being read"))
        ring = drawing.live(ft.Container(waiting), visible=lambda v: not v.fault)
        return ft.Container(ring, height=high, alignment=ft.Alignment.CENTER)

    pointing.wish = lambda who, window: who.refine(asked.route(drawing.view.names, window))
    parts: list[ft.Control] = []
    if view.picture.blank:
        parts.append(ft.Text(say("There are no readings in this stretch of time."), size=13, color=SOFT))
    parts.append(draw_picture(drawing, _picture_of, pointing))
    return ft.Column(parts, spacing=6)


def _picture_of(view: HistoryView) -> Picture:
    if view.picture is None:
        raise LookupError("there is no picture yet")
    return view.picture


def _ranges(drawing: Drawing[HistoryView], asked: _Asked) -> ft.Control:
    """Buttons for the stretches that end now."""
    view = drawing.view

    def button(name: str) -> ft.Control:
        def go(who: Who, _data: object) -> None:
            who.go(asked.route(drawing.view.names, windows.named(name, time.time())))

        text = view.reader.say(NAMES[name])
        chosen_one = view.window.name == name
        made = (ft.FilledTonalButton if chosen_one else ft.TextButton)(
            text,
            style=ft.ButtonStyle(padding=ft.Padding.symmetric(horizontal=12)),
            tooltip=view.reader.say("The last {span}, up to now", span=text),
        )
        named = ft.Semantics(content=made, selected=chosen_one)
        drawing.on(made, click=go)
        return named

    return ft.Row([button(name) for name in windows.RANGES], wrap=True, spacing=2, run_spacing=2)


def _moves(drawing: Drawing[HistoryView], asked: _Asked) -> list[ft.Control]:
    """Buttons that move the stretch, or make it shorter or longer."""
    say = drawing.view.reader.say

    def button(icon: ft.IconData, tooltip: str, move: "partial[Window]") -> ft.Control:
        def go(who: Who, _data: object) -> None:
            who.refine(asked.route(drawing.view.names, move(drawing.view.window, now=time.time())))

        return drawing.on(named(ft.IconButton(icon, tooltip=tooltip, icon_size=20)), click=go)

    return [
        button(ft.Icons.CHEVRON_LEFT, say("Earlier"), EARLIER),
        button(ft.Icons.CHEVRON_RIGHT, say("Later"), LATER),
        button(ft.Icons.ZOOM_IN, say("Show a shorter time"), SHORTER),
        button(ft.Icons.ZOOM_OUT, say("Show a longer time"), LONGER),
    ]


def _metrics(drawing: Drawing[HistoryView], asked: _Asked) -> ft.Control:
    """A chip for each metric, to show it or not; of many, those that are not shown are in a menu."""
    view = drawing.view

    def going(one: Offered) -> Callable[[Who, object], None]:
        def go(who: Who, _data: object) -> None:
            names = drawing.view.names
            if one.name in names:
                wanted = tuple(name for name in names if name != one.name)
            elif len(names) < MOST_SERIES:
                wanted = (*names, one.name)
            else:
                who.tell(
                    view.reader.say("A chart shows at most {n} metrics; take one away first", n=MOST_SERIES)
                )
                return
            who.go(asked.route(wanted, drawing.view.window))

        return go

    offered = list(view.known.values())
    chips = offered if len(offered) <= MANY else [one for one in offered if one.name in view.names]
    rest = [one for one in offered if one not in chips]
    row: list[ft.Control] = [
        drawing.on(
            ft.Chip(label=one.label, selected=one.name in view.names, show_checkmark=True), select=going(one)
        )
        for one in chips
    ]
    if rest:
        text = view.reader.count("{n} more metric", "{n} more metrics", len(rest))
        head = ft.Row([ft.Icon(ft.Icons.ADD, size=18), ft.Text(text, size=14)], tight=True, spacing=6)
        items = [drawing.on(ft.PopupMenuItem(content=one.label), click=going(one)) for one in rest]
        opener = ft.Container(head, height=44, padding=ft.Padding.symmetric(horizontal=10))
        row.append(ft.PopupMenuButton(content=opener, items=items, tooltip=view.reader.say("Show a metric")))
    return ft.Row(row, wrap=True, spacing=6, run_spacing=4, vertical_alignment=ft.CrossAxisAlignment.CENTER)


def _exports(drawing: Drawing[HistoryView], asked: _Asked) -> ft.Control:
    say = drawing.view.reader.say

    def link(text: str, tooltip: str, sort: str) -> ft.Control:
        button = ft.TextButton(text, icon=ft.Icons.DOWNLOAD, tooltip=tooltip)
        return drawing.live(
            button,
            url=lambda v: export_url(asked.device_id, v, sort),
            disabled=lambda v: v.picture is None,
        )

    return ft.Row(
        [link("CSV", say("Download what is shown as a table"), "csv"),
         link("SVG", say("Download what is shown as a picture"), "svg")],
        spacing=4, wrap=True,
    )  # fmt: skip


def export_url(device_id: str, view: HistoryView, sort: str) -> str:
    """Where what is shown can be had as a file."""
    reader = view.reader
    more = {"format": sort, "zone": reader.zone, "units": reader.units, "language": reader.language}
    if sort == "svg":
        more["width"] = f"{max(600.0, size_for(reader).width):.0f}"
    else:
        more["bom"] = "1"
    # A live window says its name, so that the address does not change with time.
    window = view.window
    return f"/api/v1/devices/{quote(device_id, safe='')}/chart?{asks(view.names, window)}&" + urlencode(
        more, quote_via=quote
    )


def _warning(text: str) -> ft.Text:
    return ft.Text(text, size=13, color=ft.Colors.TERTIARY)


def _note(text: str, height: float) -> ft.Control:
    return ft.Container(ft.Text(text, size=13, color=SOFT), height=height, alignment=ft.Alignment.CENTER)
