"""Numbers: a value with its unit; if it can be set, steps, a dialog to type into, and a slider."""

from collections.abc import Callable

import flet as ft

from dashboard.card import Who
from dashboard.look import INKS, SOFT
from dashboard.present import MetricView, decimals, format_value
from dashboard.reader import Reader
from dashboard.steps import Steps
from dashboard.value_dialog import open_value_dialog
from dashboard.widgets import Entry, Place, tappable
from dashboard.widgets.gauge import gauge
from schemas.message import Value
from schemas.traits import Counter, Numeric

DRAWS = (Numeric, Counter)
WIDEST = 8
"""Characters for which room is kept between the step buttons, so that they stay below the finger."""

LONG_UNIT = 8
"""Characters of a unit that surely stand beside its number."""
FIGURE = 136
"""Pixels for a number and its unit beside a gauge, at the least."""


def draw(place: Place) -> ft.Control:
    """The number and its unit on one baseline; minus and plus beside it, and a slider, if it can be set."""
    row = figure(place)
    if not place.metric.settable or not isinstance(place.metric.trait, Numeric):
        ring = gauge(place) if place.page else None
        if ring is None:
            return row
        # With the same room for each value, rings stand below each other, and still while values change.
        room = ft.Column([row, ft.Container(width=FIGURE)], spacing=0, tight=True)
        return ft.Row(
            [room, ring],
            spacing=16,
            run_spacing=8,
            wrap=True,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        )
    row.width = _room(place)
    value = tappable(
        place, row, lambda who: open_value_dialog(place, who),
        shape=ft.RoundedRectangleBorder(radius=8), padding=0,
    )  # fmt: skip
    both = ft.Row(
        [_step(place, ft.Icons.REMOVE, -1), _step(place, ft.Icons.ADD, +1)],
        spacing=4 if place.large else 0,
        tight=True,
    )
    # Where both have no room beside the value, they stand below it.
    steps = ft.Row(
        [value, both],
        spacing=12 if place.large else 0, run_spacing=0, wrap=True,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )  # fmt: skip
    slider = _slider(place) if place.page else None
    return steps if slider is None else ft.Column([steps, slider], spacing=0, tight=True)


def figure(place: Place) -> ft.Row:
    """The number, and its unit smaller behind it."""
    live, of = place.drawing.live, place.of
    number = live(
        ft.Text(size=34 if place.large else 17, weight=ft.FontWeight.W_500, no_wrap=True),
        value=of(lambda m: m.said),
    )
    place.lasting(number, color=lambda m: INKS[m.tone])
    unit = place.lasting(
        ft.Text(size=16 if place.large else 12, color=SOFT, no_wrap=True), value=lambda m: m.unit
    )
    # The boxes end together; the smaller text is raised so that the baselines do.
    raised = ft.Container(unit, padding=ft.Padding.only(bottom=4 if place.large else 1))
    row = ft.Row([number, raised], spacing=4, tight=True, vertical_alignment=ft.CrossAxisAlignment.END)
    if len(place.metric.unit) > LONG_UNIT:
        # Where there is no room for it beside the number it stands below, on two lines.
        unit.no_wrap, unit.max_lines, unit.overflow = False, 2, ft.TextOverflow.ELLIPSIS
        row.wrap, row.run_spacing = True, 0
    return row


def steps_of(metric: MetricView, reader: Reader) -> Steps:
    """Which values a settable number may have."""
    trait = metric.trait if isinstance(metric.trait, Numeric) else Numeric()
    return Steps(trait, trait.unit, metric.whole, metric.into, reader)


def entry(metric: MetricView, reader: Reader, done: Callable[[], None]) -> Entry:
    """A field for a number in the person's unit, with what it may be below it."""
    steps = steps_of(metric, reader)
    number = metric.shown
    known = isinstance(number, int | float) and not isinstance(number, bool)
    before = steps.typed(number) if known and isinstance(number, int | float) else ""
    field = ft.TextField(
        before,
        label=metric.label,
        suffix=steps.shown_unit or None,
        helper=steps.hint or None,
        keyboard_type=ft.KeyboardType.TEXT,
        on_submit=lambda _event: done(),
    )

    def read() -> Value | None:
        written = (field.value or "").strip()
        if known and written == before:
            return number
        return steps.read(written) if written else None

    def tell(text: str) -> None:
        field.error = text or None

    return Entry(field, read, tell)


def _room(place: Place) -> int:
    metric = place.metric
    bounds = [metric.trait.low, metric.trait.high] if isinstance(metric.trait, Numeric) else []
    texts = [
        format_value(bound, metric.trait, place.reader, metric.into) for bound in bounds if bound is not None
    ]
    steps = steps_of(metric, place.reader)
    longest = min(WIDEST, max((len(text) for text in [*texts, metric.said]), default=1))
    digit, sign = (20, 10) if place.large else (10, 8)
    return longest * digit + min(LONG_UNIT, len(steps.shown_unit)) * sign + 3


def _step(place: Place, icon: ft.IconData, direction: int) -> ft.Control:
    say = place.reader.say
    # No width and height: where fingers touch it, Flutter makes it 48 pixels large.
    sign = ft.Icon(icon, size=18)
    place.drawing.live(sign, semantics_label=place.spoken(say("less") if direction < 0 else say("more")))
    button = ft.IconButton(
        sign, padding=0,
        size_constraints=ft.BoxConstraints(min_width=32, min_height=32),
        style=ft.ButtonStyle(bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH),
    )  # fmt: skip
    place.drawing.live(button, disabled=place.of(lambda m: not isinstance(m.shown, int | float)))

    def clicked(who: Who, _data: object) -> None:
        metric = place.metric
        if isinstance(metric.shown, int | float):
            place.act(who, steps_of(metric, place.reader).moved(metric.shown, direction))

    return place.drawing.on(button, click=clicked)


def _slider(place: Place) -> ft.Control | None:
    """For a number with bounds and steps; it commands when it is let go."""
    steps = steps_of(place.metric, place.reader)
    if steps.range is None or not steps.trait.step:
        return None
    low, high = steps.range

    def position(metric: MetricView) -> float:
        if not isinstance(metric.shown, int | float):
            return low
        return min(high, max(low, steps.shown(metric.shown)))

    slider = ft.Slider(
        min=low, max=high, divisions=steps.divisions, label="{value}",
        round=decimals(steps.trait, steps.into) or 0, padding=ft.Padding.symmetric(vertical=12),
    )  # fmt: skip
    place.drawing.live(
        slider,
        value=place.of(position),
        disabled=place.of(lambda m: not isinstance(m.shown, int | float)),
    )

    def let_go(who: Who, data: object) -> None:
        if isinstance(data, int | float) and not isinstance(data, bool):
            wanted = steps.chosen(float(data))
            if wanted != place.metric.shown:
                place.act(who, wanted)

    place.drawing.on(slider, change_end=let_go)
    said = place.drawing.live(ft.Semantics(content=slider), label=place.spoken(place.reader.say("slider")))
    # One node: else the slider itself has no name.
    return ft.MergeSemantics(said)
