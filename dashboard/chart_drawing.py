"""A chart on the screen: the picture with its labels around it, and what a person points at above it.

The labels and the picture are live; the chart is as wide as there is room, and as high as it was drawn.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import flet as ft

from dashboard.card import Drawing
from dashboard.chart import Chart, Tick
from dashboard.chart.ink import BAD, WARN, Size, document, flat, level
from dashboard.device_chart import BAND_HEIGHT, Picture
from dashboard.look import INK, SOFT, caption, small
from dashboard.pointing import Pointing

View = TypeVar("View")

SIDE = 44
"""Pixels beside the plot for the labels of a scale."""
_FLEX = 10_000
_NARROWEST = 38.0
"""Pixels that a label below the plot takes at the least."""
_SWATCH = Size(22, 8)

Of = Callable[[View], Picture]


def chart_shape(picture: Picture) -> object:
    """What the tree that `draw_picture` gives depends on."""
    chart = picture.chart
    rows = tuple(round(word.box.top, 4) for word in chart.words)
    return (
        len(chart.x_ticks), len(chart.y_ticks), len(chart.y2_ticks), len(chart.limits), rows,
        tuple(panel[2:] for panel in chart.panels),
        tuple(entry[:3] for entry in chart.legend), chart.size.width,
    )  # fmt: skip


def draw_picture(drawing: Drawing[View], of: Of[View], pointing: Pointing) -> ft.Control:
    """The chart, what stands around it, the availability below it, and the legend."""
    live, chart = drawing.live, of(drawing.view).chart
    right = SIDE if chart.y2_ticks else 0

    def height(view: View) -> float:
        return of(view).chart.size.height

    image = live(
        ft.Image(src="", fit=ft.BoxFit.FILL, exclude_from_semantics=True), src=lambda v: of(v).chart.svg
    )
    ground = live(pointing.carry(image), height=height)
    drawn = ft.Semantics(
        content=ft.Stack([ground, *_titles(drawing, of), *_limits(drawing, of), *_words(drawing, of)]),
        container=True, image=True, exclude_semantics=True,
    )  # fmt: skip
    live(drawn, label=lambda v: f"{of(v).chart.summary} {of(v).band.summary}")
    behind = ft.Container(drawn, left=0, right=0, top=0, bottom=0)
    plot = live(ft.Stack([behind, pointing.overlay], clip_behavior=ft.ClipBehavior.HARD_EDGE), height=height)
    surface = pointing.surface(drawing, of, plot)
    surface.expand = True
    band = ft.Image(src="", fit=ft.BoxFit.FILL, height=BAND_HEIGHT, expand=True, exclude_from_semantics=True)
    second = [_scale(drawing, of, second=True)] if right else []
    rows: list[ft.Control] = [
        ft.Row(
            [_scale(drawing, of, second=False), surface, *second],
            spacing=0, vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        ft.Row([ft.Container(width=SIDE), _times(drawing, of), *_room(right)], spacing=0),
        ft.Row(
            [ft.Container(width=SIDE), live(band, src=lambda v: of(v).band.svg), *_room(right)], spacing=0
        ),
    ]  # fmt: skip
    if len(chart.panels) == 1 and (chart.panels[0].unit or chart.panels[0].unit2):
        panel = chart.panels[0]
        units: list[ft.Control] = [
            caption(panel.unit, expand=True),
            caption(panel.unit2, expand=True, text_align=ft.TextAlign.END),
        ]
        rows.insert(0, ft.Row(units, spacing=0))
    said = live(small(), value=lambda v: of(v).band.summary)
    return ft.Column([*rows, said, _legend(drawing, of)], spacing=6)


def _room(width: float) -> list[ft.Control]:
    return [ft.Container(width=width)] if width else []


def _scale(drawing: Drawing[View], of: Of[View], *, second: bool) -> ft.Control:
    def ticks(view: View) -> Sequence[Tick]:
        chart = of(view).chart
        return chart.y2_ticks if second else chart.y_ticks

    def label(number: int) -> ft.Control:
        text = drawing.live(_small(), value=lambda v: ticks(v)[number].text)
        place = ft.Container(text, right=None if second else 6, left=6 if second else None)
        return drawing.live(place, top=lambda v: ticks(v)[number].at * of(v).chart.size.height - 8)

    labels = [label(number) for number in range(len(ticks(drawing.view)))]
    stack = ft.Stack(labels, width=SIDE, clip_behavior=ft.ClipBehavior.NONE)
    return drawing.live(stack, height=lambda v: of(v).chart.size.height)


def _times(drawing: Drawing[View], of: Of[View]) -> ft.Control:
    """Labels in boxes around their ticks, and what lies between them: as wide as the chart is shown."""

    def label(number: int) -> ft.Control:
        text = _small(text_align=ft.TextAlign.CENTER, overflow=ft.TextOverflow.VISIBLE)
        return drawing.live(text, value=lambda v: _time_text(of(v).chart, number))

    return _spread(drawing, len(of(drawing.view).chart.x_ticks), lambda v: _stretches(of(v).chart), label, 16)


def _spread(
    drawing: Drawing[View],
    count: int,
    stretches: Callable[[View], Sequence[int]],
    label: Callable[[int], ft.Control],
    height: float | None = None,
) -> ft.Row:
    """So many labels in a row; `stretches` are the shares of the gaps and of the labels between them."""

    def part(number: int) -> ft.Control:
        content = label(number // 2) if number % 2 else None
        box = ft.Container(content, alignment=ft.Alignment.CENTER, height=height)
        return drawing.live(
            box,
            expand=lambda v: stretches(v)[number] or 1,
            visible=lambda v: stretches(v)[number] > 0,
        )

    return ft.Row([part(number) for number in range(2 * count + 1)], spacing=0, expand=True)


def _stretches(chart: Chart) -> list[int]:
    """The share of each part of the width: before the first label, its box, between, …, after the last."""
    at = [round(tick.at * _FLEX) for tick in chart.x_ticks]
    near = min([b - a for a, b in pairwise(at)], default=_FLEX) // 2
    out, end = [], 0
    for place in at:
        half = max(1, min(near, place, _FLEX - place))
        out += [max(0, place - half - end), 2 * half]
        end = place + half
    return [*out, max(0, _FLEX - end)]


def _time_text(chart: Chart, number: int) -> str:
    tick = chart.x_ticks[number]
    return tick.text if 2 * min(tick.at, 1 - tick.at) * chart.size.width >= _NARROWEST else ""


def _titles(drawing: Drawing[View], of: Of[View]) -> list[ft.Control]:
    panels = of(drawing.view).chart.panels
    if len(panels) < 2:
        return []

    def title(number: int) -> ft.Control:
        panel = panels[number]
        units = " / ".join(unit for unit in (panel.unit, panel.unit2) if unit)
        text = f"{panel.title} ({units})" if units else panel.title
        place = ft.Container(_small(text), left=0)
        return drawing.live(
            place, top=lambda v: of(v).chart.panels[number].top * of(v).chart.size.height - 17
        )

    return [title(number) for number in range(len(panels))]


def _limits(drawing: Drawing[View], of: Of[View]) -> list[ft.Control]:
    def limit(number: int) -> ft.Control:
        text = drawing.live(
            ft.Text(size=10),
            value=lambda v: of(v).chart.limits[number].text,
            color=lambda v: WARN if of(v).chart.limits[number].warns else BAD,
        )
        place = ft.Container(text, right=4)
        return drawing.live(place, top=lambda v: of(v).chart.limits[number].at * of(v).chart.size.height - 14)

    return [limit(number) for number in range(len(of(drawing.view).chart.limits))]


def _words(drawing: Drawing[View], of: Of[View]) -> list[ft.Control]:
    """The words within bars: a row for each bar, in which each has its part of the width."""
    tops: dict[float, list[int]] = {}
    for number, word in enumerate(of(drawing.view).chart.words):
        tops.setdefault(round(word.box.top, 4), []).append(number)

    def stretches(view: View, numbers: Sequence[int]) -> list[int]:
        out, end = [], 0.0
        for number in numbers:
            left, _top, width, _height = of(view).chart.words[number].box
            out += [max(0, round((left - end) * _FLEX)), max(1, round(width * _FLEX))]
            end = left + width
        return [*out, max(0, round((1 - end) * _FLEX))]

    def row(numbers: Sequence[int]) -> ft.Control:
        def label(place: int) -> ft.Control:
            return drawing.live(
                _small(text_align=ft.TextAlign.CENTER),
                value=lambda v: of(v).chart.words[numbers[place]].text,
                color=lambda v: of(v).chart.words[numbers[place]].color or INK,
            )

        words = _spread(drawing, len(numbers), lambda v: stretches(v, numbers), label)
        place = ft.Container(words, left=0, right=0)

        def top(view: View) -> float:
            return of(view).chart.words[numbers[0]].box.top * of(view).chart.size.height

        def high(view: View) -> float:
            return of(view).chart.words[numbers[0]].box.height * of(view).chart.size.height

        return drawing.live(place, top=top, height=high)

    return [row(numbers) for numbers in tops.values()]


def _legend(drawing: Drawing[View], of: Of[View]) -> ft.Control:
    def entry(number: int) -> ft.Control:
        shown = of(drawing.view).chart.legend[number]
        swatch = document(_SWATCH, [flat(level(4, _SWATCH.width), shown.color, 3, shown.dash)])
        unit = f" {shown.unit}" if shown.unit else ""
        last = drawing.live(
            ft.Text(size=13, weight=ft.FontWeight.W_600),
            value=lambda v: of(v).chart.legend[number].last + unit,
        )
        more = drawing.live(
            small(),
            value=lambda v: _facts(of(v), number),
            visible=lambda v: bool(_facts(of(v), number)),
        )
        name = ft.Row(
            [ft.Image(src=swatch, width=22, height=8, exclude_from_semantics=True),
             ft.Text(shown.label, size=13), last],
            spacing=8, run_spacing=0, tight=True, wrap=True,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        )  # fmt: skip
        return ft.Container(ft.Column([name, more], spacing=1, tight=True), padding=ft.Padding.only(right=16))

    entries = [entry(number) for number in range(len(of(drawing.view).chart.legend))]
    return ft.Row(entries, wrap=True, spacing=8, run_spacing=8)


def _facts(picture: Picture, number: int) -> str:
    """The extremes and the mean of a series, in words."""
    entry, say = picture.chart.legend[number], picture.chart.reader.say
    if not entry.mean:
        return ""
    unit = f" {entry.unit}" if entry.unit else ""
    return say(
        "least {low}, greatest {high}, mean {mean}",
        low=entry.low + unit, high=entry.high + unit, mean=entry.mean + unit,
    )  # fmt: skip


def _small(text: str = "", **properties: object) -> ft.Text:
    return ft.Text(text, size=11, color=SOFT, no_wrap=True, max_lines=1, **properties)  # type: ignore[arg-type]
