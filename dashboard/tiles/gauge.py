"""A value between its limits."""

import flet as ft

from dashboard.boards import GaugeTile
from dashboard.card import CardPlan, Drawing
from dashboard.chart import Gauge, Size, draw_gauge
from dashboard.look import SOFT
from dashboard.tiles.metric import BLANK, since, value
from dashboard.tiles.parts import Single, named, single
from dashboard.tiles.space import Spot, drawn, inner
from schemas.traits import Numeric

TILE = GaugeTile
FRAMED = True


def plan(tile: GaugeTile, spot: Spot) -> CardPlan[Single]:
    """A half ring with the value in it; where the kind states no limits, the value, and that it is so."""
    wide, high = inner(tile, spot)
    around = spot.size(18 + 16)
    ring = Size(min(wide, 2 * (high - around)), min(high - around, wide / 2))

    def picture(view: Single) -> Gauge | None:
        metric = view.metric
        if metric is None or not isinstance(metric.trait, Numeric):
            return None
        number = metric.value
        known = float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None
        return draw_gauge(known, metric.trait, drawn(ring, spot), "ring", spot.reader)

    def draw(drawing: Drawing[Single]) -> ft.Control:
        heading = named(drawing, spot, tile.title, tile.device)
        if drawing.view.picture is None:
            without = ft.Text(
                spot.reader.say("Its kind states no limits to show it between"), size=spot.size(12),
                color=SOFT, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS,
            )  # fmt: skip
            return ft.Column([heading, value(drawing, spot, 34), without, since(drawing, spot)], spacing=2)
        image = drawing.live(
            ft.Image(
                src=BLANK, width=ring.width, height=ring.height, fit=ft.BoxFit.FILL, gapless_playback=True
            ),
            src=lambda v: v.picture.svg,
        )
        said = drawing.live(ft.Semantics(content=image), label=lambda v: v.picture.summary)
        number = ft.Container(value(drawing, spot, 24), alignment=ft.Alignment.BOTTOM_CENTER)
        number.width, number.height = ring.width, ring.height
        dial = ft.Stack([said, number], width=ring.width, height=ring.height)
        ends = ft.Row(
            [_limit(drawing, spot, first=True), _limit(drawing, spot, first=False)],
            width=ring.width, alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
        )  # fmt: skip
        middle = ft.Column(
            [dial, ends], spacing=0, horizontal_alignment=ft.CrossAxisAlignment.CENTER, expand=True
        )
        return ft.Column([heading, middle], spacing=2, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)

    made = single(spot, tile, draw, picture)
    return CardPlan(
        "", made.follows, made.look, made.draw, lambda view: (made.shape(view), view.picture is None)
    )


def _limit(drawing: Drawing[Single], spot: Spot, *, first: bool) -> ft.Control:
    def of(view: Single) -> str:
        ticks = view.picture.ticks
        return str(ticks[0 if first else -1].text) if ticks else ""

    return drawing.live(ft.Text(size=spot.size(11), color=SOFT), value=of)
