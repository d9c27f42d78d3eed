"""One of a few words, as a pill; trouble stands out by colour and sign."""

from collections.abc import Callable

import flet as ft

from dashboard.card import Who
from dashboard.look import DOTS, INKS, SIGNS, SOFT
from dashboard.present import MetricView
from dashboard.reader import Reader
from dashboard.value_dialog import open_value_dialog
from dashboard.widgets import Entry, Place, tappable
from dashboard.wording import shown_text
from schemas.message import Value
from schemas.traits import Choice

DRAWS = (Choice,)
CHIPS = 6
"""So many words stand beside each other on the device's page; more of them open a dialog."""


def draw(place: Place) -> ft.Control:
    """A pill with the word; on the device's page all the words, if they are few and one can be chosen."""
    metric = place.metric
    if not metric.settable:
        return _pill(place)
    if place.page and len(metric.options) <= CHIPS:
        return ft.Row(
            [_chip(place, option) for option in metric.options], wrap=True, spacing=8, run_spacing=8
        )
    return tappable(place, _pill(place), lambda who: open_value_dialog(place, who), padding=0)


def entry(metric: MetricView, reader: Reader, done: Callable[[], None]) -> Entry:
    """All the words, of which one is chosen."""
    radios: list[ft.Control] = [
        ft.Radio(value=option, label=shown_text(reader.told(option))) for option in metric.options
    ]
    group = ft.RadioGroup(
        ft.Column(radios, spacing=0, tight=True),
        value=metric.shown if isinstance(metric.shown, str) else None,
        on_change=lambda _event: done(),
    )
    error = ft.Text(size=12, color=ft.Colors.ERROR, visible=False)

    def read() -> Value | None:
        return group.value

    def tell(text: str) -> None:
        error.value, error.visible = text, bool(text)

    whole = ft.Column([ft.Text(metric.label, size=12, color=SOFT), group, error], spacing=2, tight=True)
    return Entry(whole, read, tell, decides=True)


def _pill(place: Place) -> ft.Control:
    live, of = place.drawing.live, place.of
    sign = live(
        ft.Icon(ft.Icons.CIRCLE, size=18 if place.large else 14),
        icon=of(lambda m: SIGNS[m.tone]),
        color=of(lambda m: DOTS[m.tone]),
    )
    word = live(
        ft.Text(
            size=18 if place.large else 13, weight=ft.FontWeight.W_500,
            max_lines=1, overflow=ft.TextOverflow.ELLIPSIS,
        ),
        value=of(lambda m: m.said),
        color=of(lambda m: INKS[m.tone]),
    )  # fmt: skip
    parts: list[ft.Control] = [sign, word]
    if place.metric.settable:
        parts.append(ft.Icon(ft.Icons.ARROW_DROP_DOWN, size=18, color=SOFT))
    return live(
        ft.Container(
            ft.Row(parts, spacing=6, tight=True),
            border_radius=20,
            padding=ft.Padding.symmetric(vertical=4, horizontal=8),
        ),
        bgcolor=of(_ground),
    )


def _chip(place: Place, option: str) -> ft.Control:
    def chosen(who: Who, _data: object) -> None:
        if place.metric.shown != option:
            place.act(who, option)

    word = shown_text(place.reader.told(option))
    face = place.drawing.live(ft.Text(word), semantics_label=place.spoken(word))
    chip = ft.Chip(
        face,
        # Beside the colour a check mark.
        show_checkmark=True,
        selected_color=ft.Colors.SECONDARY_CONTAINER,
    )
    place.drawing.live(chip, selected=place.of(lambda m: m.shown == option))
    return place.drawing.on(chip, select=chosen)


def _ground(metric: MetricView) -> str:
    return ft.Colors.ERROR_CONTAINER if metric.tone == "bad" else ft.Colors.SURFACE_CONTAINER_HIGH
