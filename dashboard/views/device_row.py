"""A device in one row: whether it is there, its name, its main value, and how old that is."""

from functools import partial

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.look import DOTS, FADED, INK, INKS, LINE, PAPER, SIGNS, SOFT, caption
from dashboard.present import DeviceView, MetricView
from dashboard.reader import Reader
from dashboard.views.device_card import columns, look, route_of
from dashboard.views.presence import about, sign
from schemas.traits import Location

HEIGHT = 52
VALUE, AGE = 104, 74
"""Widths, in pixels, so that values stand below each other and nothing moves."""


def plan(house: House, device_id: str, reader: Reader) -> CardPlan[DeviceView]:
    """The row of a device."""
    return CardPlan(
        key=f"row/{device_id}/{reader.key}",
        follows=frozenset({f"device/{device_id}", "tick"}),
        look=partial(look, house, device_id, reader),
        draw=_draw,
        shape=main,
        source=lambda: house.devices.get(device_id),
    )


def main(view: DeviceView) -> str | None:
    """The metric that stands for the whole device: the first that says something by itself."""
    alone = (name for name, metric in view.metrics.items() if not isinstance(metric.trait, Location))
    return next(alone, None)


def _draw(drawing: Drawing[DeviceView]) -> ft.Control:
    live, view = drawing.live, drawing.view
    mark = live(
        sign(), icon=lambda v: SIGNS[v.availability], color=lambda v: DOTS[v.tone], tooltip=lambda v: v.reason
    )
    name = live(
        ft.Text(size=14, color=INK, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS), value=lambda v: v.title
    )
    names = ft.Column([name, live(caption(), value=lambda v: v.subtitle)], spacing=0, tight=True, expand=True)
    state = live(ft.Text(size=12, color=SOFT, no_wrap=True), value=lambda v: v.word)
    when = ft.Column(
        [state, live(caption(text_align=ft.TextAlign.RIGHT), value=lambda v: v.since)],
        spacing=0, tight=True, width=AGE, horizontal_alignment=ft.CrossAxisAlignment.END,
    )  # fmt: skip
    row = ft.Row([mark, names, *_value(drawing), when], spacing=10)
    surface = ft.Container(
        row, height=HEIGHT, ink=True, bgcolor=PAPER, border_radius=10, border=ft.Border.all(1, LINE),
        padding=ft.Padding.symmetric(horizontal=12),
    )  # fmt: skip
    device_id = view.id
    drawing.on(surface, click=lambda who, _data: who.go(route_of(device_id)))
    whole = ft.Semantics(content=surface, container=True, col=columns("compact"))
    return live(whole, label=about)


def _value(drawing: Drawing[DeviceView]) -> list[ft.Control]:
    """The main value, at the right of its place."""
    name = main(drawing.view)
    if name is None:
        return []

    def of(view: DeviceView) -> MetricView:
        return view.metrics[name]

    text = drawing.live(
        ft.Text(
            size=15, weight=ft.FontWeight.W_500, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS,
            text_align=ft.TextAlign.RIGHT, expand=True, expand_loose=True,
        ),
        value=lambda v: f"{of(v).text} {of(v).unit}".rstrip(),
        color=lambda v: INKS[of(v).tone],
        tooltip=lambda v: of(v).why or of(v).label,
        opacity=lambda v: FADED if v.faded else 1.0,
    )  # fmt: skip
    warning = drawing.live(
        ft.Icon(SIGNS["alert"], size=14),
        color=lambda v: INKS[of(v).tone],
        visible=lambda v: of(v).tone in ("warn", "bad"),
    )
    return [ft.Row([warning, text], spacing=4, width=VALUE, alignment=ft.MainAxisAlignment.END)]
