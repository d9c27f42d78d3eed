"""What can be done to a page: pure functions from a page to the next. All of them raise `BoardError`."""

import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bridge.errors import BoardError
from dashboard.boards.model import TILES, AnyTile, Page
from dashboard.boards.reading import explained


def tile_of(values: Mapping[str, Any]) -> AnyTile:
    """A tile of the keys that its table in a file would have, such as `{"type": "text", "text": "Hello"}`."""
    kind = values.get("type")
    model = TILES.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise BoardError(f"type: expected one of {', '.join(TILES)}")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise BoardError(explained(error)) from None


def new_page(title: str) -> Page:
    """A page without tiles."""
    return _checked({"title": title})


def add(page: Page, tile: AnyTile, *, before: str | None = None) -> Page:
    """One tile more, before that with this id or at the end. A tile without an id gets one."""
    if tile.id and page.tile(tile.id) is not None:
        raise BoardError(f"there is a tile with the id {tile.id} already")
    position = len(page.tiles) if before is None else _position(page, before)
    added = tile.model_copy(update={"id": tile.id or _new_id(page)})
    return _checked(page, tiles=(*page.tiles[:position], added, *page.tiles[position:]))


def drop(page: Page, tile_id: str) -> Page:
    """One tile less."""
    position = _position(page, tile_id)
    return _checked(page, tiles=page.tiles[:position] + page.tiles[position + 1 :])


def move(page: Page, tile_id: str, *, before: str | None = None, after: str | None = None) -> Page:
    """A tile before or after another; with neither it becomes the last."""
    tile = page.tiles[_position(page, tile_id)]
    if tile_id in (before, after):
        return page
    others = drop(page, tile_id)
    if after is not None:
        position = _position(others, after) + 1
    else:
        position = len(others.tiles) if before is None else _position(others, before)
    return _checked(page, tiles=(*others.tiles[:position], tile, *others.tiles[position:]))


def shift(page: Page, tile_id: str, steps: int) -> Page:
    """A tile so many places later, or earlier if it is negative, as far as there are others."""
    others = [tile.id for tile in page.tiles if tile.id != tile_id]
    position = max(0, min(len(others), _position(page, tile_id) + steps))
    return move(page, tile_id, before=others[position] if position < len(others) else None)


def onto(page: Page, tile_id: str, other: str) -> Page:
    """A tile in the place of another, which makes room towards where the tile came from."""
    if _position(page, tile_id) < _position(page, other):
        return move(page, tile_id, after=other)
    return move(page, tile_id, before=other)


def alter(page: Page, tile_id: str, changes: Mapping[str, Any]) -> Page:
    """Other values for some keys of a tile; None takes a key away, so that its default counts."""
    position = _position(page, tile_id)
    kept = {**page.tiles[position].model_dump(exclude_none=True), **changes, "id": tile_id}
    tile = tile_of({key: value for key, value in kept.items() if value is not None})
    return _checked(page, tiles=(*page.tiles[:position], tile, *page.tiles[position + 1 :]))


def resize(page: Page, tile_id: str, *, width: int | None = None, height: int | None = None) -> Page:
    """Another width in columns, or height in rows; what is None stays."""
    given = {"width": width, "height": height}
    return alter(page, tile_id, {key: size for key, size in given.items() if size is not None})


def retitle(page: Page, tile_id: str, title: str | None) -> Page:
    """Another heading for a tile; none or an empty one takes it away."""
    return alter(page, tile_id, {"title": (title or "").strip() or None})


def rename(page: Page, title: str) -> Page:
    """Another title for the page. Its name, and with it its address, stays."""
    return _checked(page, title=title.strip())


def arrange(page: Page, *, icon: str | None, order: float | None) -> Page:
    """Another icon and place in the navigation; None takes them away."""
    return _checked(page, icon=icon, order=order)


def _new_id(page: Page) -> str:
    while page.tile(tile_id := secrets.token_hex(3)) is not None:
        pass
    return tile_id


def _position(page: Page, tile_id: str) -> int:
    for position, tile in enumerate(page.tiles):
        if tile.id == tile_id:
            return position
    raise BoardError("the tile is not there any more; look again")


def _checked(page: Page | Mapping[str, Any], **changes: object) -> Page:
    kept = {name: getattr(page, name) for name in Page.model_fields} if isinstance(page, Page) else page
    try:
        return Page.model_validate({**kept, **changes})
    except ValidationError as error:
        raise BoardError(explained(error)) from None
