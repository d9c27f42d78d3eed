"""Pages of one's own: files that people and the browser write. What is drawn of them is not here."""

from dashboard.boards.board import MAX_PAGES, Board
from dashboard.boards.edits import (
    add,
    alter,
    arrange,
    drop,
    move,
    onto,
    rename,
    resize,
    retitle,
    shift,
    tile_of,
)
from dashboard.boards.folder import Boards, boards_of
from dashboard.boards.model import (
    COLUMNS,
    MAX_TILES,
    ROWS,
    TILES,
    AnyTile,
    ChartTile,
    ControlTile,
    DeviceTile,
    EventsTile,
    GaugeTile,
    GroupTile,
    MapTile,
    MetricTile,
    Page,
    Series,
    TextTile,
)

__all__ = [
    "COLUMNS", "MAX_PAGES", "MAX_TILES", "ROWS", "TILES", "AnyTile", "Board", "Boards", "ChartTile",
    "ControlTile", "DeviceTile", "EventsTile", "GaugeTile", "GroupTile", "MapTile", "MetricTile", "Page",
    "Series", "TextTile", "add", "alter", "arrange", "boards_of", "drop", "move", "onto", "rename", "resize",
    "retitle", "shift", "tile_of",
]  # fmt: skip
