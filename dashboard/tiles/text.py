"""A heading, or a note."""

import flet as ft

from dashboard.boards import TextTile
from dashboard.card import CardPlan, Drawing
from dashboard.look import INK, SOFT
from dashboard.tiles.space import Spot

TILE = TextTile
FRAMED = False


def plan(tile: TextTile, spot: Spot) -> CardPlan[TextTile]:
    """The words as they are."""

    def draw(_drawing: Drawing[TextTile]) -> ft.Control:
        lines: list[ft.Control] = []
        if tile.title:
            lines.append(ft.Text(tile.title, size=spot.size(18), weight=ft.FontWeight.W_600, color=INK))
        if tile.text:
            lines.append(ft.Text(tile.text.strip("\n"), size=spot.size(14), color=SOFT))
        scroll = ft.ScrollMode.AUTO if tile.height else None
        return ft.Container(
            ft.Column(lines, spacing=4, tight=True, scroll=scroll), padding=ft.Padding.only(top=8, left=2)
        )

    return CardPlan("", frozenset(), lambda: tile, draw)
