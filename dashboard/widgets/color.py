"""A colour: a swatch and its code. A palette, a hue and a field for the code if it can be set."""

import colorsys
import re
from collections.abc import Callable, Mapping

import flet as ft

from dashboard.language import marked
from dashboard.look import INKS, SOFT, named
from dashboard.present import MetricView
from dashboard.reader import Reader
from dashboard.value_dialog import open_value_dialog
from dashboard.widgets import Entry, Place, tappable
from schemas.message import Value
from schemas.traits import Color

DRAWS = (Color,)

COMMON: Mapping[str, str] = {
    "#ffffff": marked("white"),
    "#ffd6a5": marked("warm white"),
    "#a5d8ff": marked("cool white"),
    "#ff4d4d": marked("red"),
    "#ff9f1c": marked("orange"),
    "#ffe14d": marked("yellow"),
    "#4dd964": marked("green"),
    "#3b82f6": marked("blue"),
    "#a855f7": marked("violet"),
    "#ff6fb5": marked("pink"),
}
"""The palette."""
_CODE = re.compile(r"#?([0-9a-fA-F]{6})")


def draw(place: Place) -> ft.Control:
    """The swatch, then `#rrggbb`."""
    live, of = place.drawing.live, place.of
    swatch = live(
        _swatch(28 if place.large else 18),
        bgcolor=of(lambda m: m.shown if isinstance(m.shown, str) else None),
    )
    code = live(
        ft.Text(size=18 if place.large else 14, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.said),
        color=of(lambda m: INKS[m.tone]),
    )
    row = ft.Row([swatch, code], spacing=8, tight=True)
    if not place.metric.settable:
        return row
    row.controls.append(ft.Icon(ft.Icons.EDIT, size=14, color=SOFT))
    return tappable(
        place, row, lambda who: open_value_dialog(place, who),
        shape=ft.RoundedRectangleBorder(radius=8), padding=ft.Padding.only(right=4),
    )  # fmt: skip


def entry(metric: MetricView, reader: Reader, done: Callable[[], None]) -> Entry:
    """The palette, a slider for the hue, and a field for the code, which all show the same colour."""
    say = reader.say
    before = metric.shown if isinstance(metric.shown, str) else ""
    sample = _swatch(24)
    sample.bgcolor = before or None
    field: ft.TextField = ft.TextField(
        before,
        label=metric.label,
        hint_text="#rrggbb",
        prefix_icon=ft.Container(sample, width=40, alignment=ft.Alignment.CENTER),
        on_submit=lambda _event: done(),
        on_change=lambda _event: show(field.value or ""),
    )

    def show(code: str) -> None:
        sample.bgcolor = _code(code)
        field.error = None

    def choose(code: str) -> None:
        field.value = code
        show(code)

    palette = ft.Row(
        [
            named(ft.IconButton(
                ft.Icons.CIRCLE, icon_color=code, icon_size=30, tooltip=f"{say(name)} {code}",
                style=ft.ButtonStyle(side=ft.BorderSide(1, ft.Colors.OUTLINE)),
                on_click=lambda _event, code=code: choose(code),
            ))
            for code, name in COMMON.items()
        ],
        wrap=True, spacing=4, run_spacing=4,
    )  # fmt: skip
    hue = ft.Slider(
        min=0,
        max=359,
        value=_hue(before),
        on_change=lambda event: choose(_of_hue(float(event.control.value or 0))),
    )

    def read() -> Value | None:
        written = (field.value or "").strip()
        if not written:
            return None
        code = _code(written)
        if code is None:
            raise ValueError(
                say("Enter a colour as {form}, such as {example}", form="#rrggbb", example="#ff8800")
            )
        return before if code == before.lower() else code

    def tell(text: str) -> None:
        field.error = text or None

    spectrum = ft.Semantics(content=hue, label=say("{metric}: hue", metric=metric.label))
    caption = ft.Text(say("Hue"), size=12, color=SOFT)
    whole = ft.Column(
        [field, palette, caption, ft.MergeSemantics(spectrum)],
        spacing=8, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )  # fmt: skip
    return Entry(whole, read, tell)


def _code(text: str) -> str | None:
    found = _CODE.fullmatch(text.strip())
    return f"#{found[1].lower()}" if found else None


def _hue(code: str) -> float:
    if _code(code) is None:
        return 0.0
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return min(359.0, colorsys.rgb_to_hsv(red, green, blue)[0] * 360)


def _of_hue(hue: float) -> str:
    parts = colorsys.hsv_to_rgb(hue / 360, 1.0, 1.0)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _swatch(size: int) -> ft.Container:
    return ft.Container(
        width=size, height=size, border_radius=size / 2, border=ft.Border.all(1, ft.Colors.OUTLINE)
    )
