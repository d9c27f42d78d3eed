"""A changed page back into the text of its file, where all that was not changed stays as it was. Pure."""

import itertools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Item

from bridge.errors import BoardError
from dashboard.boards.model import AnyTile, Page, identified
from dashboard.boards.pieces import Piece, Pieces, cut, keys_end, lines_of
from dashboard.boards.reading import read_page

Values = Mapping[str, Any]
_BARE_END = re.compile(r"(?<!\r)\n")
_FIRST, _LAST = ("id", "type"), ("title", "width", "height")


def new_text(page: Page) -> str:
    """The text of a page that has no file yet."""
    head = "".join(f"{key} = {_item(key, value).as_string()}\n" for key, value in _dumped(page).items())
    return rewritten(head, page.model_copy(update={"tiles": ()}), page)


def rewritten(text: str, before: Page, after: Page) -> str:
    """The text of `before` made into one of `after`: the lines of what is the same in both are untouched.

    Raises `BoardError` where that cannot be done without harm to what stands there.
    """
    pieces = cut(text)
    if pieces is None or len(pieces.tiles) != len(before.tiles):
        raise BoardError("its tiles are not written as [[tiles]], one below the other: change it by hand")
    try:
        changed = _joined(_page(pieces, before, after))
        if "\r\n" in text and not _BARE_END.search(text):
            changed = _BARE_END.sub("\r\n", changed)
        if read_page(changed.encode()) == after:
            return changed
    except (TOMLKitError, UnicodeEncodeError):
        pass
    raise BoardError("this cannot be written without harm to what stands in the file: change it by hand")


def _page(pieces: Pieces, before: Page, after: Page) -> Pieces:
    old = {tile.id: (tile, piece) for tile, piece in zip(before.tiles, pieces.tiles, strict=True)}
    named = {tile_id for tile_id, (_, piece) in old.items() if "id" in _values_of(piece.text)}
    must = _named(after.tiles, named)
    texts = {}
    for tile in after.tiles:
        number = {"id": tile.id} if tile.id in must - named else {}
        if tile.id in old:
            was, piece = old[tile.id]
            if was.type != tile.type:
                texts[tile.id] = _remarks(piece.text) + _new_tile({"id": tile.id} | _dumped(tile, new=True))
                continue
            texts[tile.id] = _set(piece.text, _dumped(was), _dumped(tile) | number, tile=True)
        else:
            texts[tile.id] = _new_tile(number | _dumped(tile, new=True))
    head = _set(pieces.head, _dumped(before), _dumped(after), tile=False)
    ids, wanted = [tile.id for tile in before.tiles], [tile.id for tile in after.tiles]
    tiles, rest = list(pieces.tiles), pieces.rest
    stay = {ids[at] for block in _same(ids, wanted) for at in range(block.a, block.a + block.size)}
    for position in reversed(range(len(ids))):
        if ids[position] not in stay:
            tiles, rest = _without(tiles, rest, position)
    tiles = [
        piece._replace(text=texts[tile_id])
        for tile_id, piece in zip([i for i in ids if i in stay], tiles, strict=True)
    ]
    for position, tile_id in enumerate(wanted):
        if tile_id not in stay:
            tiles, rest = _with(tiles, rest, position, texts[tile_id])
    return Pieces(head, tiles, rest)


def _same(ids: Sequence[str], wanted: Sequence[str]) -> Iterable[Any]:
    return SequenceMatcher(None, ids, wanted, autojunk=False).get_matching_blocks()


def _named(tiles: Sequence[AnyTile], named: Iterable[str]) -> set[str]:
    """Those whose id must stand in the file, because reading would not find it again otherwise."""
    must = set(named)
    while True:
        bare = [tile if tile.id in must else tile.model_copy(update={"id": ""}) for tile in tiles]
        lost = {tile.id for tile, found in zip(tiles, identified(bare), strict=True) if tile.id != found.id}
        if not lost:
            return must
        must |= lost


# Tiles in their order.


def _without(tiles: Sequence[Piece], rest: str, position: int) -> tuple[list[Piece], str]:
    """One tile less. The comments that stand apart from it stay."""
    gone, below = tiles[position], list(tiles[position + 1 :])
    if below:
        below[0] = below[0]._replace(before=_one_gap(gone.before, below[0].before))
    elif gone.before.strip():
        rest = _one_gap(gone.before, rest)
    return [*tiles[:position], *below], rest


def _one_gap(above: str, below: str) -> str:
    if not below.strip():
        return above
    return above + below if above.strip() else below


def _with(tiles: Sequence[Piece], rest: str, position: int, text: str) -> tuple[list[Piece], str]:
    """One tile more, apart from its neighbours by a blank line."""
    if position == len(tiles):
        gap = f"{rest.rstrip()}\n\n" if rest.strip() else "\n"
        return [*tiles, Piece(gap, text)], ""
    here, *below = tiles[position:]
    added = Piece(here.before or "\n", text)
    return [*tiles[:position], added, here._replace(before="\n"), *below], rest


def _joined(pieces: Pieces) -> str:
    """The text; what had no line end at the end of the file gets one where more follows."""
    text = ""
    for part in (pieces.head, *(part for tile in pieces.tiles for part in tile[:2]), pieces.rest):
        text = (_ended(text) if part else text) + part
    return text


# Keys and values.


def _dumped(model: Page | AnyTile, *, new: bool = False) -> dict[str, Any]:
    """What stands in the file; with `new` only what is not the default anyway. The id is not among it."""
    values = model.model_dump(exclude={"id", "tiles"}, exclude_none=True, exclude_defaults=new)
    if not isinstance(model, Page):
        values["type"] = model.type
    if isinstance(values.get("order"), float) and values["order"].is_integer():
        values["order"] = int(values["order"])
    return {key: _listed(value) for key, value in values.items()}


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _values_of(text: str) -> Values:
    return cast(Values, tomllib.loads(text)["tiles"][0])


def _set(text: str, was: Values, now: Values, *, tile: bool) -> str:
    """Set and take away keys of a table, in its own text."""
    if was == now:
        return text
    lines = lines_of(text)
    first = 1 + len(lines_of(_remarks(text))) if tile else 0
    end, below = (first + at for at in keys_end(lines[first:]))
    document = tomlkit.parse("".join(lines[first:end]))
    for key in was.keys() - now.keys():
        document.remove(key)
    changed = {key: value for key, value in now.items() if was.get(key) != value}
    for key in changed.keys() & document.keys():
        document[key] = _item(key, changed[key])
    added = [(key, value) for key, value in changed.items() if key not in document]
    return "".join(
        [
            *lines[:first],
            _ended(document.as_string()),
            *(
                f"{_indent(lines[first:end])}{key} = {_item(key, value).as_string()}\n"
                for key, value in added
            ),
            *lines[end:below],
            # A new list takes the place of one that was written as tables of its own.
            *([] if "series" in changed else lines[below:]),
        ]
    )


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _indent(lines: Sequence[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    return first[: len(first) - len(first.lstrip())]


def _remarks(text: str) -> str:
    """The comments above a tile."""
    lines = lines_of(text)
    return "".join(itertools.takewhile(lambda line: line.lstrip().startswith("#"), lines))


def _new_tile(values: Values) -> str:
    """A tile's own lines."""
    middle = [key for key in values if key not in _FIRST + _LAST]
    keys = [key for key in (*_FIRST, *middle, *_LAST) if key in values]
    lines = [f"{key} = {_item(key, values[key]).as_string()}\n" for key in keys]
    return "".join(["[[tiles]]\n", *lines])


def _item(key: str, value: object) -> Item:
    if key == "series":
        array: Array = tomlkit.array()
        for series in cast("list[Values]", value):
            row = tomlkit.inline_table()
            row.update(series)
            array.append(row)
        return array.multiline(multiline=True)
    if isinstance(value, str) and "\n" in value:
        text = tomlkit.string(value, multiline=True).as_string()
        # A line end right after the quotes is none of the text's own.
        return tomlkit.value(text if value[0] == "\n" else text.replace('"""', '"""\n', 1))
    return tomlkit.item(value)
