"""A page of one's own as a value: what stands in its file, checked. Pure."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from bridge.sections import Section

MAX_TILES = 200
MAX_TITLE = 100
COLUMNS = 12
ROWS = 6
NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
"""The name of a page, which is its file's without the ending, and the id of a tile."""
_UNSEEN = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
"""Control characters, those that turn the direction of what follows, and halves of characters."""
_NOT_ON_A_LINE = re.compile(f"[\t\n{_UNSEEN}]")
_NOT_IN_A_TEXT = re.compile(f"[{_UNSEEN}]")
_ICON = re.compile(r"[a-z0-9][a-z0-9_]{0,60}", re.ASCII)


def _one_line(text: str) -> str:
    if _NOT_ON_A_LINE.search(text) or text != text.strip():
        raise ValueError("expected a text on one line, without space at its ends")
    return text


def _prose(text: str) -> str:
    if _NOT_IN_A_TEXT.search(text):
        raise ValueError("expected a text without control characters")
    return text


def _name(text: str) -> str:
    if NAME.fullmatch(text) is None:
        raise ValueError("expected at most 40 of a to z, 0 to 9 and -")
    return text


def _icon(text: str) -> str:
    if _ICON.fullmatch(text) is None:
        raise ValueError("expected the name of a Material icon, such as kitchen or water_drop")
    return text


Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE), AfterValidator(_one_line)]
DeviceId = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_prose)]
MetricName = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_prose)]
Prose = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_prose)]
TileId = Annotated[str, AfterValidator(_name)]
Icon = Annotated[str, AfterValidator(_icon)]
Width = Annotated[int, Field(ge=1, le=COLUMNS)]
Height = Annotated[int, Field(ge=1, le=ROWS)]
Limit = Annotated[int, Field(ge=1, le=100)]


class Tile(Section):
    """What all tiles have.

    `id` is stable; `identified` gives one where the file has none. `width` in columns of 12 on a desktop.
    `height` in rows; where it may be None, that is as high as what stands in it.
    """

    id: TileId = ""
    """Empty: none was given."""
    width: Width = 4


class DeviceTile(Tile):
    """A device's whole card."""

    type: Literal["device"] = "device"
    device: DeviceId
    height: Height | None = None


class _OneMetric(Tile):
    device: DeviceId
    metric: MetricName
    title: Title | None = None
    width: Width = 3
    height: Height | None = None


class MetricTile(_OneMetric):
    """One big value, with what it was lately as a small line below."""

    type: Literal["metric"] = "metric"


class Series(Section):
    """One line of a chart."""

    device: DeviceId
    metric: MetricName


def _some(series: tuple[Series, ...]) -> tuple[Series, ...]:
    # A bound of the field's own would count those alone that are right, and tell of a second mistake.
    if not series:
        raise ValueError("expected at least 1 of them")
    return series


class ChartTile(Tile):
    """The history of one or several metrics, of whatever devices."""

    type: Literal["chart"] = "chart"
    series: Annotated[tuple[Series, ...], Field(strict=False, max_length=6), AfterValidator(_some)]
    range: Literal["1h", "6h", "24h", "7d", "30d", "90d", "1y"] = "24h"
    title: Title | None = None
    width: Width = 6
    height: Height = 3


class GaugeTile(_OneMetric):
    """A value between its limits."""

    type: Literal["gauge"] = "gauge"


class ControlTile(_OneMetric):
    """A metric that can be set, with the control that its kind asks for: a switch, a slider, a choice."""

    type: Literal["control"] = "control"


class GroupTile(Tile):
    """The cards of all devices of a place, a kind, or both, at most `limit` of them."""

    type: Literal["group"] = "group"
    place: Title | None = None
    kind: Title | None = None
    limit: Limit = 20
    title: Title | None = None
    width: Width = COLUMNS
    height: Height | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.place is None and self.kind is None:
            raise ValueError("expected place, kind or both, got neither")
        return self


class TextTile(Tile):
    """A heading, a note below it, or one of them. Plain text; line breaks count."""

    type: Literal["text"] = "text"
    title: Title | None = None
    text: Prose | None = None
    width: Width = COLUMNS
    height: Height | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.text is None:
            raise ValueError("expected title, text or both, got neither")
        return self


class EventsTile(Tile):
    """What has happened last, newest first: of one device, or of all."""

    type: Literal["events"] = "events"
    device: DeviceId | None = None
    limit: Limit = 20
    title: Title | None = None
    width: Width = 6
    height: Height = 3


class MapTile(Tile):
    """Where devices are that say so: those of a place, of a kind, or named; each that is given narrows it."""

    type: Literal["map"] = "map"
    place: Title | None = None
    kind: Title | None = None
    devices: Annotated[tuple[DeviceId, ...], Field(strict=False, max_length=100)] = ()
    title: Title | None = None
    width: Width = 6
    height: Height = 4


AnyTile: TypeAlias = (
    DeviceTile
    | MetricTile
    | ChartTile
    | GaugeTile
    | ControlTile
    | GroupTile
    | TextTile
    | EventsTile
    | MapTile
)
TILES: dict[str, type[AnyTile]] = {
    tile.model_fields["type"].default: tile
    for tile in (
        DeviceTile, MetricTile, ChartTile, GaugeTile, ControlTile, GroupTile, TextTile, EventsTile, MapTile,
    )
}  # fmt: skip
"""The model of each type."""


class Page(Section):
    """A page: its heading, its entry in the navigation, and its tiles in reading order.

    Pages with an `order` come first, smallest first; the others follow, by title.
    """

    title: Title
    icon: Icon | None = None
    order: float | None = None
    tiles: Annotated[
        tuple[Annotated[AnyTile, Field(discriminator="type")], ...],
        Field(strict=False, max_length=MAX_TILES),
    ] = ()

    def tile(self, tile_id: str) -> AnyTile | None:
        """The tile with this id."""
        return next((tile for tile in self.tiles if tile.id == tile_id), None)


def identified(tiles: Sequence[AnyTile]) -> tuple[AnyTile, ...]:
    """The tiles, each with an id: its own, or one made of what it shows, numbered where there are several.

    The same tiles in the same order always get the same ids.
    """
    taken = {tile.id for tile in tiles if tile.id}
    found: list[AnyTile] = []
    for tile in tiles:
        tile_id = tile.id
        if not tile_id:
            tile_id = _free(_derived(tile), taken)
            taken.add(tile_id)
        found.append(tile if tile.id else tile.model_copy(update={"id": tile_id}))
    return tuple(found)


def repeated(tiles: Sequence[Tile]) -> int | None:
    """The position of the first tile whose id an earlier one has; None if there is none."""
    seen: set[str] = set()
    for position, tile in enumerate(tiles):
        if tile.id and tile.id in seen:
            return position
        seen.add(tile.id)
    return None


def _derived(tile: AnyTile) -> str:
    shows = tile.model_dump(mode="json", exclude={"id", "width", "height", "title", "limit"})
    if isinstance(tile, TextTile):
        shows["title"] = tile.title
    packed = json.dumps(shows, sort_keys=True).encode()
    return f"{tile.type}-{hashlib.sha256(packed).hexdigest()[:6]}"


def _free(wanted: str, taken: set[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
