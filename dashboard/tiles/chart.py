"""The history of metrics, of whatever devices."""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import flet as ft

from bridge.ports import History
from dashboard.aside import Found, tag
from dashboard.boards import ChartTile
from dashboard.card import CardPlan, Drawing
from dashboard.chart import Chart, Series, Size, draw_chart
from dashboard.chart.ink import Box
from dashboard.chart.window import named as window_named
from dashboard.chart.window import points_for, redraw_after
from dashboard.look import INK, SOFT
from dashboard.pointing import Pointing
from dashboard.tiles.metric import BLANK
from dashboard.tiles.parts import ELLIPSIS, heading, known_name, nothing
from dashboard.tiles.space import Spot, drawn, inner
from dashboard.wording import shown_text
from schemas.traits import Numeric

TILE = ChartTile
FRAMED = True
SCALE_WIDTH = 46
HEADING, LEGEND, BELOW = 22, 20, 18
LEGEND_ROWS = 3
"""More are scrolled to."""
NARROW = 420
"""Pixels of width in which two names with their values do not fit beside each other."""
AROUND_TIME = 32
"""Pixels on either side of a tick below the chart that its text may take."""
RENEWED = 10.0
"""Seconds from one drawing to the next, at the least."""


class Drawn(NamedTuple):
    """A chart with what is not known of it, on one line, if there is anything."""

    chart: Chart
    empty: bool
    why: str = ""

    def there(self, _share: float) -> str:
        """What a place has beside its values: nothing, for it may be of several devices."""
        return ""


def plan(tile: ChartTile, spot: Spot) -> CardPlan[Found[Drawn] | None]:
    """Drawn beside the loop, as often as its window moves; while nobody looks, it is not."""
    wide, high = inner(tile, spot)
    rows = _legend_rows(tile, wide, spot)
    around = HEADING + LEGEND * rows + BELOW
    size = drawn(
        Size(max(60.0, wide - spot.size(SCALE_WIDTH)), max(40.0, high - spot.size(around) - 8)), spot
    )
    shown = ";".join(f"{one.device} {one.metric}" for one in tile.series)
    name = f"chart {tile.range} {shown} {size.width:.0f} {size.height:.0f} {spot.reader.zoned}"

    title = tile.title or " · ".join(dict.fromkeys(known_name(spot, one.device) for one in tile.series))

    def look() -> Found[Drawn] | None:
        now = time.time()
        pace = max(RENEWED, redraw_after(window_named(tile.range, now), size.width) or RENEWED)
        return spot.house.aside.look(name, int(now // pace), lambda: _drawn(tile, spot, size))

    def draw(drawing: Drawing[Found[Drawn] | None]) -> ft.Control:
        found = drawing.view
        if found is None or found.value is None:
            if found is None:
                return ft.Column([heading(spot, title)])
            why = spot.reader.say("The history cannot be read: {why}", why=spot.reader.told(found.fault))
            return ft.Column([heading(spot, title), nothing(spot, why, "error_outline")], spacing=8)
        if found.value.empty:
            why = found.value.why or spot.reader.say("Nothing was heard in this time")
            return ft.Column([heading(spot, title), nothing(spot, why, "show_chart")], spacing=8)
        return _chart(drawing, found.value.chart, spot, title, rows)

    return CardPlan(title, frozenset({"tick", tag(name)}), look, draw, _shape)


def _shape(view: Found[Drawn] | None) -> object:
    if view is None or view.value is None:
        return view
    chart = view.value.chart
    if view.value.empty:
        return view.value.why
    return (
        chart.size, len(chart.y_ticks), len(chart.y2_ticks), len(chart.x_ticks), len(chart.words),
        len(chart.panels),
        tuple(entry.label for entry in chart.legend),
    )  # fmt: skip


def _drawn(tile: ChartTile, spot: Spot, size: Size) -> Drawn:
    house, reader, now = spot.house, spot.reader, time.time()
    window = window_named(tile.range, now)
    series, unknown = [], []
    for one in tile.series:
        kind = house.kinds.get(one.device.partition(".")[0])
        metric = kind.metrics.get(one.metric) if kind is not None else None
        label = " · ".join(
            [
                known_name(spot, one.device),
                reader.told(metric.label) if metric else shown_text(one.metric, 60),
            ]
        )
        try:
            unit, history = house.history(
                one.device, one.metric, window.start, window.end, points_for(size.width * spot.scale)
            )
        except LookupError:
            unit, history = "", History([])
            unknown.append(label)
        trait = metric.trait if metric is not None else Numeric()
        options = metric.options if metric is not None else ()
        silence = kind.stale_after if kind is not None else None
        series.append(Series(label, history, trait, unit, options, silence))
    why = reader.say("There is no history of {what}", what=reader.say(", ").join(unknown)) if unknown else ""
    return Drawn(
        draw_chart(series, window, size, reader, now), not any(one.history.points for one in series), why
    )


def _chart(
    drawing: Drawing[Found[Drawn] | None], now: Chart, spot: Spot, title: str, rows: int
) -> ft.Control:
    small, down = spot.size(11), now.size.height * spot.scale

    def of(view: Found[Drawn] | None) -> Chart:
        return view.value.chart if view is not None and view.value is not None else now

    def nth(n: int, read: Callable[[Chart, int], object]) -> Callable[[Found[Drawn] | None], object]:
        return lambda view: read(of(view), n)

    def scale(which: str, align: ft.TextAlign) -> ft.Control:
        texts: list[ft.Control] = [
            drawing.live(
                ft.Text(size=small, color=SOFT, no_wrap=True, text_align=align, left=0, right=0),
                value=nth(n, lambda c, i: getattr(c, which)[i].text),
                top=nth(n, lambda c, i: max(-2.0, getattr(c, which)[i].at * down - 0.65 * small)),
            )
            for n in range(len(getattr(now, which)))
        ]
        # The label of a line at the very edge stands half outside.
        clip = ft.ClipBehavior.NONE
        return ft.Stack(texts, width=spot.size(SCALE_WIDTH - 6), height=down, clip_behavior=clip)

    image = drawing.live(
        ft.Image(
            src=BLANK, fit=ft.BoxFit.FILL, left=0, right=0, top=0, bottom=0, gapless_playback=True,
            exclude_from_semantics=True,
        ),
        src=lambda v: of(v).svg,
    )  # fmt: skip
    words: list[ft.Control] = [
        drawing.live(
            ft.Container(
                drawing.live(
                    ft.Text(size=small, no_wrap=True),
                    value=nth(n, lambda c, i: c.words[i].text),
                    color=nth(n, lambda c, i: c.words[i].color or INK),
                ),
                left=0, right=0,
            ),
            top=nth(n, lambda c, i: c.words[i].box.top * down + 2),
            alignment=nth(n, lambda c, i: _left(_middle(c.words[i].box))),
        )
        for n in range(len(now.words))
    ]  # fmt: skip
    if len(now.panels) > 1:
        for n in range(len(now.panels)):
            title_of = ft.Text(size=small, color=SOFT, no_wrap=True, left=0)
            drawing.live(
                title_of,
                value=nth(n, lambda c, i: c.panels[i].title),
                top=nth(n, lambda c, i: c.panels[i].top * down - 1.5 * small),
            )
            words.append(title_of)
    plot: ft.Control = ft.Stack([image, *words], height=down, expand=True)
    if not spot.kiosk:
        pointing = Pointing(now.size.width, brief=True)
        over = ft.Stack([image, *words, pointing.overlay], height=down)
        plot = pointing.surface(drawing, lambda v: v.value if v is not None else None, over)
        plot.expand = True
    times: list[ft.Control] = []
    wide = spot.size(2 * AROUND_TIME)
    for n in range(len(now.x_ticks)):
        text = ft.Text(size=small, color=SOFT, no_wrap=True, text_align=ft.TextAlign.CENTER, width=wide)
        drawing.live(text, value=nth(n, lambda c, i: c.x_ticks[i].text))
        # As wide on both sides of its place, which may be the very edge.
        box = ft.Container(text, left=-wide / 2, right=-wide / 2)
        times.append(drawing.live(box, alignment=nth(n, lambda c, i: _left(c.x_ticks[i].at))))
    right = [scale("y2_ticks", ft.TextAlign.LEFT)] if now.y2_ticks else []
    gap = ft.Container(width=spot.size(SCALE_WIDTH - 6))
    below = ft.Row(
        [
            gap,
            ft.Stack(times, expand=True, clip_behavior=ft.ClipBehavior.NONE, height=spot.size(BELOW - 2)),
            *([gap] if right else []),
        ],
        spacing=6,
    )
    body = ft.Row([scale("y_ticks", ft.TextAlign.RIGHT), plot, *right], spacing=6)
    said = drawing.live(ft.Semantics(content=body, exclude_semantics=True), label=lambda v: of(v).summary)
    return ft.Column(
        [heading(spot, title), _legend(drawing, now, spot, rows), said, below], spacing=2,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )  # fmt: skip


def _legend_rows(tile: ChartTile, wide: float, spot: Spot) -> int:
    """Where there is room for one beside another, all stand on one row; else each on its own, up to three."""
    return min(LEGEND_ROWS, len(tile.series)) if wide < spot.size(NARROW) else 1


def _legend(drawing: Drawing[Found[Drawn] | None], now: Chart, spot: Spot, rows: int) -> ft.Control:
    def last(n: int, view: Found[Drawn] | None) -> str:
        chart = view.value.chart if view is not None and view.value is not None else now
        entry = chart.legend[n]
        return f"{entry.last} {entry.unit}".rstrip()

    entries: list[ft.Control] = []
    size = spot.size(12)
    for n, entry in enumerate(now.legend):
        name = ft.Text(entry.label, size=size, color=SOFT, max_lines=1, overflow=ELLIPSIS, no_wrap=True)
        value = drawing.live(ft.Text(size=size, color=INK, no_wrap=True), value=partial(last, n))
        mark = ft.Container(width=size, height=3, bgcolor=entry.color, border_radius=2)
        # The value is seen whole; a long name is what gives way.
        name.expand, name.expand_loose = rows > 1, True
        entries.append(
            ft.Row([mark, name, value], spacing=spot.size(6), tight=rows == 1, height=spot.size(LEGEND - 2))
        )
    high = spot.size(LEGEND) * rows - 2
    if rows == 1:
        return ft.Row(entries, spacing=spot.size(14), height=high, scroll=ft.ScrollMode.HIDDEN)
    return ft.Column(entries, spacing=2, height=high, scroll=ft.ScrollMode.HIDDEN)


def _middle(box: Box) -> float:
    return box.left + box.width / 2


def _left(at: float) -> ft.Alignment:
    return ft.Alignment(2 * min(1.0, max(0.0, at)) - 1, 0)
