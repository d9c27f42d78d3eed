"""Numbers: a value with its unit, steps if it can be set, and the reason when it is out of its limits."""

import flet as ft

from dashboard.card import Who
from dashboard.look import INKS, SOFT
from dashboard.present import MetricView
from dashboard.widgets import Place, unset_or_label
from schemas.traits import Counter, Location, Numeric

DRAWS = (Numeric, Counter, Location)


def draw(place: Place) -> ft.Control:
    """The number and its unit on one baseline; minus and plus beside it if it can be set."""
    live, of = place.drawing.live, place.of
    number = live(
        ft.Text(size=34 if place.large else 17, weight=ft.FontWeight.W_500, no_wrap=True),
        value=of(_text),
        color=of(lambda m: INKS[m.tone]),
        tooltip=of(lambda m: m.why or None),
    )
    unit = live(ft.Text(size=16 if place.large else 12, color=SOFT, no_wrap=True), value=of(lambda m: m.unit))
    # The boxes end together; the smaller text is raised so that the baselines do.
    raised = ft.Container(unit, padding=ft.Padding.only(bottom=4 if place.large else 1))
    row = ft.Row([number, raised], spacing=4, tight=True, vertical_alignment=ft.CrossAxisAlignment.END)
    if not place.metric.settable:
        return row
    return ft.Row(
        [_step(place, ft.Icons.REMOVE, -1), row, _step(place, ft.Icons.ADD, +1)],
        spacing=2, tight=True, vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )  # fmt: skip


def _text(metric: MetricView) -> str:
    if isinstance(metric.wanted, int | float):
        return f"{metric.wanted:g}"
    return metric.text


def _step(place: Place, icon: ft.IconData, direction: int) -> ft.Control:
    button = ft.IconButton(
        icon, icon_size=16, width=28, height=28, padding=0,
        style=ft.ButtonStyle(bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH),
    )  # fmt: skip
    word = "less" if direction < 0 else "more"
    place.drawing.live(
        button,
        disabled=place.of(lambda m: not isinstance(m.shown, int | float)),
        tooltip=place.of(lambda m: unset_or_label(m) if m.value is None else f"{m.label}: {word}"),
    )

    def clicked(who: Who, _data: object) -> None:
        metric = place.metric
        if isinstance(metric.shown, int | float) and isinstance(metric.trait, Numeric):
            low, high = metric.trait.bounds
            wanted = min(high, max(low, round(metric.shown + direction * (metric.trait.step or 1.0), 6)))
            place.act(who, {place.name: int(wanted) if isinstance(metric.value, int) else float(wanted)})

    return place.drawing.on(button, click=clicked)
