"""Text, and every trait that has no widget of its own."""

from collections.abc import Callable

import flet as ft

from dashboard.look import INKS, SOFT
from dashboard.present import MetricView
from dashboard.reader import Reader
from dashboard.value_dialog import open_value_dialog
from dashboard.widgets import Entry, Place, tappable
from schemas.message import Value
from schemas.traits import Text

DRAWS = (Text,)
SHORT = 16
"""Characters that are always shown whole; of a longer text there is a tooltip."""
LINES = 6
"""Of a long text on the device's page; all of it is in its last message."""


def draw(place: Place) -> ft.Control:
    """The text, on one line or on a large place on several; a pencil behind it if it can be set."""
    text = ft.Text(
        size=16 if place.large else 15, weight=ft.FontWeight.W_500,
        max_lines=LINES if place.page else 1, overflow=ft.TextOverflow.ELLIPSIS,
    )  # fmt: skip
    place.drawing.live(
        text,
        value=place.of(lambda m: m.said),
        color=place.of(lambda m: INKS[m.tone]),
        tooltip=place.of(lambda m: m.said if len(m.said) > SHORT else None),
    )
    if not place.metric.settable:
        return text
    pencil = ft.Icon(ft.Icons.EDIT, size=14, color=SOFT)
    change = tappable(place, pencil, lambda who: open_value_dialog(place, who))
    return ft.Row([ft.Container(text, expand=True, expand_loose=True), change], spacing=2)


def entry(metric: MetricView, reader: Reader, done: Callable[[], None]) -> Entry:
    """A field for a text, as long as the kind allows."""
    longest = metric.trait.max_length if isinstance(metric.trait, Text) else None
    before = metric.shown if isinstance(metric.shown, str) else ""
    field = ft.TextField(
        before,
        label=metric.label,
        max_length=longest,
        on_submit=lambda _event: done(),
    )

    def read() -> Value | None:
        written = field.value or ""
        if metric.shown is None and not written:
            return None
        if longest is not None and len(written) > longest:
            raise ValueError(reader.say("At most {n} characters", n=longest))
        return written

    def tell(text: str) -> None:
        field.error = text or None

    return Entry(field, read, tell)
