"""One file a type of tile: how it is drawn on a page of one's own. `card_of` finds it.

Such a file has `TILE`, the model of the type, `FRAMED`, whether it needs a surface to stand on,
and `plan`.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Protocol, TypeAlias

import flet as ft

from dashboard.boards import AnyTile
from dashboard.card import CardPlan, Drawing
from dashboard.look import card
from dashboard.tiles.space import Spot, columns, height

Frame: TypeAlias = Callable[[Drawing[Any], AnyTile, ft.Container], ft.Control]
"""Puts something around a tile, such as what it is moved with."""


class _Type(Protocol):
    TILE: type[AnyTile]
    FRAMED: bool

    def plan(self, tile: Any, spot: Spot) -> CardPlan[Any]:  # noqa: ANN401  (each file takes its own type)
        """What is in the tile. Its key holds what it depends on beside the tile and the reader."""


def card_of(tile: AnyTile, spot: Spot, frame: Frame | None = None) -> CardPlan[Any]:
    """The card of a tile. Equal tiles of those who read alike are one card, unless they are framed."""
    kind = _types()[tile.type]
    inner = kind.plan(tile, spot)

    def draw(drawing: Drawing[Any]) -> ft.Control:
        content = inner.draw(drawing)
        high = height(tile, spot)
        if kind.FRAMED:
            content = card(content)
            content.padding = (12 if tile.height == 1 else 16) * spot.scale
        box = ft.Container(content, height=high, clip_behavior=ft.ClipBehavior.HARD_EDGE, border_radius=16)
        if high is None:
            box.clip_behavior = ft.ClipBehavior.NONE
        whole = box if frame is None else frame(drawing, tile, box)
        whole.col = columns(tile, alone=spot.alone)
        return whole

    shown = hashlib.sha256(tile.model_dump_json().encode()).hexdigest()[:16]
    about = f"{spot.page}/arranged" if frame is not None else "wall" if spot.kiosk else "shown"
    key = f"tile/{shown}/{about}/{spot.reader.sized}/{inner.key}"
    # Each change makes it another card, and clicks come quickly one after the other.
    return replace(inner, key=key, draw=draw, late=frame is not None)


@cache
def _types() -> Mapping[str, _Type]:
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded: Any = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "TILE"):
            found[loaded.TILE.model_fields["type"].default] = loaded
    return found
