"""One big value, with what it was lately as a small line below; a picture as large as there is room for."""

import time
from functools import partial
from typing import NamedTuple

import flet as ft

from bridge.ports import History
from dashboard.aside import tag
from dashboard.boards import MetricTile
from dashboard.card import CardPlan, Drawing
from dashboard.chart import Size, draw_spark, trend
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import INKS, SOFT
from dashboard.part import Part
from dashboard.present import DASH
from dashboard.tiles.parts import ELLIPSIS, Single, named, single
from dashboard.tiles.space import Spot, drawn, inner
from dashboard.views.device_card import actor, fading
from dashboard.widgets import Place
from dashboard.widgets.image import framed
from schemas.image import Image
from schemas.traits import Counter, Numeric

TILE = MetricTile
FRAMED = True
LATELY = 6 * 3_600.0
POINTS = 60
RENEWED = 60.0
"""Seconds from a look at the history to the next."""
SPARK = 36.0
WORDS = {"rising": marked("rising"), "falling": marked("falling"), "steady": marked("steady"), "": ""}
ICONS = {
    "rising": ft.Icons.TRENDING_UP, "falling": ft.Icons.TRENDING_DOWN, "steady": ft.Icons.TRENDING_FLAT,
    "": ft.Icons.TRENDING_FLAT,
}  # fmt: skip


class Lately(NamedTuple):
    """What a number was lately: a small line, and a word for where it goes."""

    svg: str = ""
    word: str = ""


def plan(tile: MetricTile, spot: Spot) -> CardPlan[Single]:
    """The value, and of a number the last hours."""
    house = spot.house
    wide, high = inner(tile, spot)
    name = f"spark {tile.device} {tile.metric} {wide:.0f} {high:.0f}"
    high_line = spot.size(SPARK)
    size = drawn(Size(wide, high_line), spot)

    def picture(view: Single) -> Lately:
        metric = view.metric
        if metric is None or not isinstance(metric.trait, Numeric | Counter) or tile.height == 1:
            return Lately()
        work = partial(_lately, house, tile.device, tile.metric, metric.trait, size)
        found = house.aside.look(name, _minute(name), work)
        return (found.value if found is not None else None) or Lately()

    def draw(drawing: Drawing[Single]) -> ft.Control:
        metric, small = drawing.view.metric, tile.height == 1
        if metric is not None and isinstance(metric.trait, Image):
            return _pictured(drawing, tile, spot)
        lines: list[ft.Control] = [
            named(drawing, spot, tile.title, tile.device),
            value(drawing, spot, 22 if small else 34),
        ]
        if not small:
            image = ft.Image(
                src=BLANK, fit=ft.BoxFit.FILL, left=0, right=0, top=0, bottom=0, gapless_playback=True,
                exclude_from_semantics=True,
            )  # fmt: skip
            drawing.live(image, src=lambda v: v.picture.svg or BLANK)
            line = ft.Stack([image], height=high_line)
            lines += [ft.Container(expand=True), line, since(drawing, spot)]
        return ft.Column(lines, spacing=0 if small else 2)

    return single(spot, tile, draw, picture, frozenset({tag(name)}))


BLANK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'


def _pictured(drawing: Drawing[Single], tile: MetricTile, spot: Spot) -> ft.Control:
    """The name and the picture, beside each other where the tile is low."""
    part = Part(drawing, lambda view: view.device)
    place = Place(part, tile.metric, actor(spot.house, tile.device))
    name = named(drawing, spot, tile.title, tile.device)
    shown = fading(part, ft.Container(framed(place, opens=not spot.kiosk), expand=True))
    if tile.height == 1:
        return ft.Row([ft.Container(name, expand=True), shown], spacing=12)
    return ft.Column(
        [name, shown, since(drawing, spot)], spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )


def value(drawing: Drawing[Single], spot: Spot, size: float) -> ft.Control:
    """The value with its unit, and behind it where it goes, as far as that is known."""
    live = drawing.live
    number = live(
        ft.Text(size=spot.size(size), weight=ft.FontWeight.W_500, max_lines=1, overflow=ELLIPSIS),
        value=lambda v: DASH if v.metric is None else v.metric.text,
        color=lambda v: INKS["muted" if v.metric is None else v.metric.tone],
        tooltip=lambda v: (v.metric.why or None) if v.metric is not None else None,
    )
    unit = live(
        ft.Text(size=spot.size(size * 0.45), color=SOFT, no_wrap=True),
        value=lambda v: "" if v.metric is None else v.metric.unit,
    )
    arrow = live(
        ft.Icon(ft.Icons.TRENDING_FLAT, size=spot.size(size * 0.5), color=SOFT),
        icon=lambda v: ICONS[_goes(v)],
        visible=lambda v: bool(_goes(v)),
        semantics_label=lambda v: spot.reader.say(_goes(v)) if _goes(v) else None,
    )
    raised = ft.Container(unit, padding=ft.Padding.only(bottom=spot.size(size * 0.12)))
    row = ft.Row([number, raised, arrow], spacing=4, vertical_alignment=ft.CrossAxisAlignment.END, tight=True)
    return fading(Part(drawing, lambda view: view.device), row)


def since(drawing: Drawing[Single], spot: Spot) -> ft.Control:
    """Where the value is from and how old it is; whether the device is there, if it is not."""
    return drawing.live(
        ft.Text(size=spot.size(11), color=SOFT, max_lines=1, overflow=ELLIPSIS),
        value=lambda v: " · ".join(
            [*([v.device.word] if v.device.faded else []), v.device.source(v.name)]
            if v.metric is not None
            else []
        ),
        tooltip=lambda v: v.device.reason,
    )


def _goes(view: Single) -> str:
    """A word for where it goes; empty where nobody knows."""
    return view.picture.word if isinstance(view.picture, Lately) else ""


def _minute(name: str) -> int:
    # Not all at the same moment.
    return int((time.time() + hash(name) % RENEWED) // RENEWED)


def _lately(house: House, device_id: str, name: str, trait: Numeric | Counter, size: Size) -> Lately:
    now = time.time()
    try:
        _unit, history = house.history(device_id, name, now - LATELY, now, POINTS)
    except LookupError:
        return Lately()
    values = numbers(history)
    if not values:
        return Lately()
    kind = house.kinds.get(device_id.partition(".")[0])
    silence = kind.stale_after if kind is not None else None
    if silence is not None:
        silence = max(silence, 3 * history.step)
    return Lately(draw_spark(values, size, silence), WORDS[trend(values, trait.precision).word])


def numbers(history: History) -> list[tuple[float, float]]:
    """The numbers of a history with their times."""
    return [
        (point.time, float(point.value))
        for point in history.points
        if isinstance(point.value, int | float) and not isinstance(point.value, bool)
    ]
