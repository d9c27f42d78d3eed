"""How much room a tile has: columns of its page, rows, pixels. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import flet as ft

from dashboard.boards import COLUMNS, AnyTile
from dashboard.chart import Size
from dashboard.house import House
from dashboard.look import PHONE
from dashboard.reader import Reader

ROW = 76
"""Pixels of height of a row."""
GAP = 16
SCALE = 1.75
"""How much larger all is on a screen on the wall, to be read from some metres away."""
FULL_HD = 1_900
"""Pixels of a screen on the wall from which on all grows with it: one with more of them is not larger."""
SMALL = frozenset({"metric", "gauge", "control"})
"""Types that are two rows high unless they say otherwise, so that they stand in line."""
SMALL_ROWS = 2
ROWS_BY_GUESS: Mapping[str, int] = {"device": 3, "group": 4, "text": 1}
"""What a tile without a height counts as when it is made higher or lower."""
Columns: TypeAlias = dict[str | ft.ResponsiveRowBreakpoint, int | float]
MIDDLE, LARGE = 768, 992
"""Pixels of a window from which on Flet takes what is said for `md`, and for `lg`."""
RAIL = 92
PADDING = 16


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a tile is drawn: on which page, for whom, whether that is a screen on the wall or being arranged.

    `framed`: each tile has what it is moved by around it.
    """

    house: House
    page: str
    reader: Reader
    kiosk: bool = False
    framed: bool = False

    @property
    def alone(self) -> bool:
        """Whether nothing stands beside a tile on a phone.

        There must be room for its buttons; and who looks at a wall stands further away.
        """
        return self.kiosk or self.framed

    @property
    def scale(self) -> float:
        """How large texts are: 1 at a desk and in a hand, whatever it shows."""
        return enlarged(self.reader.window) if self.kiosk else 1.0

    def size(self, pixels: float) -> float:
        """A size as it is here."""
        return round(pixels * self.scale)


def drawn(size: Size, spot: Spot) -> Size:
    """How large a drawing is made that is then shown in `size`: on a wall its lines grow with its texts."""
    return Size(size.width / spot.scale, size.height / spot.scale)


def enlarged(window: int) -> float:
    """How many times as large all is on a wall as at a desk, in a window of this many pixels of width."""
    return 1.0 if window < PHONE else SCALE * max(1.0, window / FULL_HD)


def columns(tile: AnyTile, *, alone: bool = False) -> Columns:
    """Columns of twelve by the width of the window: as asked on a desktop, all or half of them on a phone.

    `alone`: on a phone it has all of them.
    """
    small = tile.type in SMALL and tile.width <= 6
    narrow = COLUMNS if alone or not small else 6
    middle = 6 if tile.width <= 6 else COLUMNS
    return {"xs": narrow, "sm": narrow, "md": middle, "lg": max(2, tile.width)}


def rows(tile: AnyTile) -> int | None:
    """How many rows high a tile is; None for as high as what is in it."""
    return SMALL_ROWS if tile.height is None and tile.type in SMALL else tile.height


def counted_rows(tile: AnyTile) -> int:
    """How many rows it counts as when it is to become higher or lower."""
    return rows(tile) or ROWS_BY_GUESS.get(tile.type, 3)


def height(tile: AnyTile, spot: Spot) -> float | None:
    """Pixels of height, None for as high as what is in it."""
    high = rows(tile)
    return None if high is None else pixels_of(high, spot)


def pixels_of(high: int, spot: Spot) -> float:
    """Pixels of height of so many rows."""
    return high * spot.size(ROW) + (high - 1) * GAP


def shown_columns(tile: AnyTile, spot: Spot) -> int:
    """How many columns a tile has in this person's window."""
    window, by_width = spot.reader.window, columns(tile, alone=spot.alone)
    return int(by_width["xs" if window < MIDDLE else "md" if window < LARGE else "lg"])


def inner(tile: AnyTile, spot: Spot) -> tuple[float, float]:
    """Pixels of width and height within the surface of a tile, about as many as there are at the least."""
    window = spot.reader.window
    beside = 32 if window < PHONE else 48 + (0 if spot.kiosk else RAIL)
    wide = (window - beside + GAP) * shown_columns(tile, spot) / COLUMNS - GAP
    around = 2 * PADDING * spot.scale
    return max(80.0, wide - around), max(24.0, (height(tile, spot) or 168) - around)
