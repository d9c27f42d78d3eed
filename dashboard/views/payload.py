"""A payload as it is shown: a box of text in which every letter is as wide as the next."""

import flet as ft

from dashboard.look import MONOSPACE, copyable


def typed(text: str = "", **properties: object) -> ft.Text:
    """Such a text, which can be copied."""
    return copyable(text, font_family=MONOSPACE, **properties)


def box(text: ft.Text, *, radius: int = 10) -> ft.Container:
    """The ground that it stands on."""
    return ft.Container(text, bgcolor=ft.Colors.SURFACE_CONTAINER, border_radius=radius, padding=12)
