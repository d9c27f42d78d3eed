"""What stays on one person's screen from page to page: the heading, the ways to the pages, the banner."""

import re
from dataclasses import dataclass

import flet as ft

from dashboard.look import PHONE, STRETCH
from dashboard.mount import Mount

PLACE = 2
"""Of the page below the heading and the banner."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How it is arranged: for a phone, or for a screen on the wall, which nobody touches."""

    phone: bool = False
    kiosk: bool = False

    @classmethod
    def of(cls, width: float | None, route: str) -> "Shape":
        """For a window of so many pixels, as far as that is known, and an address."""
        kiosk = re.search(r"[?&]kiosk(?:[=&]|$)", route) is not None
        return cls(phone=bool(width) and float(width or 0) < PHONE, kiosk=kiosk)

    @property
    def padding(self) -> int:
        """The space between the edge of the screen and what is on it."""
        return 16 if self.phone else 24


class Surroundings:
    """Built once for a shape of the screen, with the page in its place; `control` is all of it.

    A page that comes is filled out of sight before it takes the place of the one that is shown.
    """

    def __init__(self, shape: Shape, head: Mount, ways: Mount, banner: Mount, place: ft.Column) -> None:
        self.shape = shape
        self.head = head
        self.ways = ways
        self._coming: ft.Column | None = None
        banner.slot.padding = ft.Padding.symmetric(horizontal=shape.padding)
        head.slot.visible = ways.slot.visible = not shape.kiosk
        self._main = ft.Column([head.slot, banner.slot, place], spacing=0, expand=True)
        self.control: ft.Control
        if shape.phone:
            self._main.controls.append(ways.slot)
            self.control = ft.SafeArea(self._main, expand=True)
        else:
            self.control = ft.Row([ways.slot, self._main], spacing=0, expand=True, vertical_alignment=STRETCH)

    def bring(self, place: ft.Column) -> None:
        """Put a page behind the one that is shown, out of sight until it is filled: see `turn`."""
        place.visible = False
        shown = PLACE + 1
        self._main.controls[shown : shown + (self._coming is not None)] = [place]
        self._coming = place
        self._main.update()

    def turn(self) -> bool:
        """The browser has all of what it was brought, which is shown from now on; False: nothing comes."""
        if self._coming is None:
            return False
        self._coming.visible = True
        self._coming = None
        del self._main.controls[PLACE]
        self._main.update()
        return True
