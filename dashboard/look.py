"""The visual language: colours by meaning, a type scale, spacing. Colours work on light and dark alike."""

from collections.abc import Mapping
from typing import TypeVar

import flet as ft

from dashboard.present import Tone

Pressable = TypeVar("Pressable", ft.IconButton, ft.PopupMenuButton)
STRETCH = ft.CrossAxisAlignment.STRETCH
GAP = 8
PAD = 16
RADIUS = 16
PHONE = 720
"""Narrower windows, in pixels, get the layout for a phone."""
CARD_COLUMNS: Mapping[str | ft.ResponsiveRowBreakpoint, int | float] = {
    "xs": 12,
    "sm": 6,
    "md": 6,
    "lg": 4,
    "xl": 3,
}

MONOSPACE = "Roboto Mono"
"""The face of fixed width, which `FontManifest.json` names; `monospace` is not among the client's fonts."""
INK = ft.Colors.ON_SURFACE
SOFT = ft.Colors.ON_SURFACE_VARIANT
LINE = ft.Colors.OUTLINE_VARIANT
PAPER = ft.Colors.SURFACE_CONTAINER_LOWEST
GROUND = ft.Colors.SURFACE_CONTAINER_LOW

DOTS: Mapping[Tone, str] = {
    "plain": ft.Colors.PRIMARY,
    "good": ft.Colors.SECONDARY,
    "warn": ft.Colors.TERTIARY,
    "bad": ft.Colors.ERROR,
    "muted": ft.Colors.OUTLINE,
}
"""Colours of dots and icons: 3:1 on every ground, faded too, and never the only sign of what they mean."""

SIGNS: Mapping[str, ft.IconData] = {
    "plain": ft.Icons.CIRCLE,
    "good": ft.Icons.CIRCLE,
    "warn": ft.Icons.WARNING_ROUNDED,
    "bad": ft.Icons.DANGEROUS_ROUNDED,
    "muted": ft.Icons.CIRCLE_OUTLINED,
    "online": ft.Icons.CIRCLE,
    "stale": ft.Icons.HISTORY_TOGGLE_OFF,
    "offline": ft.Icons.CANCEL,
    "unknown": ft.Icons.CIRCLE_OUTLINED,
    "alert": ft.Icons.WARNING_ROUNDED,
}
"""The shapes that tell tones apart without their colours: a dot, a triangle, an octagon, a ring; and how a
device is: a dot, a clock, a crossed circle, a ring, and the triangle where one of its values is an alert."""

INKS: Mapping[Tone, str] = {
    "plain": ft.Colors.ON_SURFACE,
    "good": ft.Colors.ON_SURFACE,
    "warn": ft.Colors.TERTIARY,
    "bad": ft.Colors.ERROR,
    "muted": ft.Colors.ON_SURFACE_VARIANT,
}
"""Colours of text: 4.5:1 on every ground, faded too."""

FADED = 0.8
"""How much remains of what may no longer be true: as little as its smallest text can still be read with."""


def theme(brightness: ft.Brightness) -> ft.Theme:
    """The theme for light or dark."""
    dark = brightness == ft.Brightness.DARK
    scheme = ft.ColorScheme(
        primary="#5ad1c4" if dark else "#0b6b63",
        on_primary="#00332e" if dark else "#ffffff",
        primary_container="#0d4a45" if dark else "#cdf1ec",
        on_primary_container="#b9f1ea" if dark else "#04443e",
        secondary="#4cc38a" if dark else "#12784a",
        on_secondary="#00331c" if dark else "#ffffff",
        secondary_container="#23403d" if dark else "#d9ebe8",
        on_secondary_container="#cfe7e3" if dark else "#1c3a36",
        tertiary="#ffb868" if dark else "#8a4200",
        error="#ff8a80" if dark else "#b3261e",
        error_container="#5c1a17" if dark else "#fbe1df",
        on_error_container="#ffdad6" if dark else "#5c110d",
        surface="#101617" if dark else "#f4f7f7",
        on_surface="#e4eaea" if dark else "#172022",
        on_surface_variant="#a9b6b7" if dark else "#465457",
        outline="#8b9899" if dark else "#647274",
        outline_variant="#2b3536" if dark else "#dbe3e4",
        surface_container_lowest="#182021" if dark else "#ffffff",
        surface_container_low="#101617" if dark else "#f4f7f7",
        surface_container="#1d2627" if dark else "#edf2f2",
        surface_container_high="#253031" if dark else "#e5ebec",
        surface_container_highest="#2e3a3b" if dark else "#dde5e6",
        inverse_surface="#e4eaea" if dark else "#263133",
        on_inverse_surface="#172022" if dark else "#eef3f3",
    )
    return ft.Theme(color_scheme=scheme, font_family="Roboto", visual_density=ft.VisualDensity.STANDARD)


def card(content: ft.Control, **properties: object) -> ft.Container:
    """The surface that everything stands on."""
    return ft.Container(
        content=content,
        padding=PAD,
        bgcolor=PAPER,
        border_radius=RADIUS,
        border=ft.Border.all(1, LINE),
        **properties,  # type: ignore[arg-type]
    )


def caption(text: str = "", **properties: object) -> ft.Text:
    """Small text that names something."""
    return ft.Text(text, size=12, color=SOFT, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS, **properties)  # type: ignore[arg-type]


def small(text: str = "", **properties: object) -> ft.Text:
    """Small text that explains something, on as many lines as it takes."""
    return ft.Text(text, size=12, color=SOFT, **properties)  # type: ignore[arg-type]


def title(text: str = "", **properties: object) -> ft.Text:
    """The name of a card."""
    return ft.Text(
        text, size=15, weight=ft.FontWeight.W_600, color=INK, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS,
        **properties,  # type: ignore[arg-type]
    )  # fmt: skip


def copyable(text: str = "", **properties: object) -> ft.Text:
    """Text that can be copied. If `value` is live, `semantics_label` must be too, with the same text."""
    # Flutter's accessibility tree has a selectable text as an empty field, unless it has a label.
    return ft.Text(text, selectable=True, semantics_label=text, **properties)  # type: ignore[arg-type]


def named(button: Pressable) -> Pressable:
    """A button that shows nothing but an icon, named by its tooltip for who does not see it."""
    # Flutter's accessibility tree has a tooltip around its button, where no screen reader looks for a name.
    if isinstance(button.icon, ft.IconData) and isinstance(button.tooltip, str):
        button.icon = ft.Icon(button.icon, semantics_label=button.tooltip)
    return button


def as_heading(content: ft.Control, level: int) -> ft.Semantics:
    """What names a part of the page, level 1 all of it: a screen reader goes from one to the next."""
    return ft.Semantics(content=content, header=True, heading_level=level)


def icon(name: str) -> ft.IconData:
    """A Material icon by its lower snake case name; a plain sensor if there is none of that name."""
    found = getattr(ft.Icons, name.upper(), None)
    return found if found is not None else ft.Icons.SENSORS


def empty(icon_name: str, headline: str, explanation: str, *code: str) -> ft.Container:
    """What a page says when there is nothing to show yet."""
    lines: list[ft.Control] = [
        ft.Icon(icon(icon_name), size=40, color=ft.Colors.PRIMARY),
        as_heading(ft.Text(headline, size=18, weight=ft.FontWeight.W_600, text_align=ft.TextAlign.CENTER), 2),
        ft.Text(explanation, size=14, color=SOFT, text_align=ft.TextAlign.CENTER),
    ]
    lines += [
        ft.Container(
            copyable(line, size=13, font_family=MONOSPACE, color=INK),
            bgcolor=ft.Colors.SURFACE_CONTAINER, border_radius=8, padding=10,
        )
        for line in code
    ]  # fmt: skip
    column = ft.Column(lines, horizontal_alignment=ft.CrossAxisAlignment.CENTER, spacing=12, tight=True)
    return ft.Container(
        column,
        padding=ft.Padding.symmetric(vertical=56, horizontal=24),
        alignment=ft.Alignment.CENTER,
        col=12,
    )
