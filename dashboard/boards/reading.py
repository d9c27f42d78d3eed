"""From the text of a page's file to the page, or to its first mistake. Pure."""

import re
import tomllib
from collections.abc import Mapping
from itertools import takewhile
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bridge.mistakes import expectation
from dashboard.boards.model import TILES, Page, Series, Tile, identified, repeated
from dashboard.boards.pieces import cut, lines_of
from schemas.refusal import one_line, shown

MAX_BYTES = 1 << 20
_TITLE = re.compile(r"""[ \t]*(title|"title"|'title')[ \t]*=""")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")


class Mistake(NamedTuple):
    """What is wrong: the line, the first being 1, where it is known; and where, expected and got in words."""

    line: int | None
    text: str


def read_page(data: bytes) -> Page | Mistake:
    """The page that stands in a file, every tile with an id."""
    if len(data) > MAX_BYTES:
        return Mistake(None, f"expected at most {MAX_BYTES >> 20} MiB, got {len(data) >> 10} KiB")
    try:
        text = text_of(data)
    except UnicodeDecodeError as error:
        # Not `count`, which the gatherer of texts takes for one of ours.
        broken = len(data[: error.start].split(b"\n"))
        return Mistake(broken, f"expected text in UTF-8, got the byte 0x{data[error.start]:02x}")
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return _no_toml(text, error)
    try:
        page = Page.model_validate(tables)
    except ValidationError as error:
        return _mistake(text, error)
    twice = repeated(page.tiles)
    if twice is not None:
        tile = page.tiles[twice]
        where = _place(("tiles", twice, tile.type, "id"))
        line = _line(text, ("tiles", twice, "id"))
        return Mistake(line, f'{where}: expected an id that no other tile has, got "{tile.id}" again')
    return page.model_copy(update={"tiles": identified(page.tiles)})


def title_in(data: bytes) -> str | None:
    """The title of a page whose file has a mistake, if that is not in what stands above its first table."""
    lines = lines_of(data[:MAX_BYTES].decode("utf-8-sig", errors="replace"))
    above = takewhile(lambda line: not line.lstrip().startswith("["), lines)
    found = next((line for line in above if _TITLE.match(line)), "")
    try:
        return Page.model_validate(tomllib.loads(found)).title
    except (ValueError, RecursionError):
        return None


def text_of(data: bytes) -> str:
    """The text of a file, without the byte order mark that some editors put first."""
    return data.decode("utf-8-sig")


def explained(error: ValidationError) -> str:
    """The first mistake in a page or a tile that was not read from a file."""
    return _told(error)


def _no_toml(text: str, error: Exception) -> Mistake:
    """tomllib's own error is a ValueError; a number of thousands of digits raises a plain one."""
    words = str(error).splitlines()[0]
    at = _AT_LINE.search(words)
    last = text.count("\n") + (not text.endswith("\n"))
    line = None if at is None else int(at[1] or last)
    return Mistake(line, one_line(f"not valid TOML: {_AT_LINE.sub('', words)}"))


def _mistake(text: str, error: ValidationError) -> Mistake:
    first = _first(error)
    location = tuple(part for number, part in enumerate(first["loc"]) if number != 2)
    if first["type"] == "union_tag_invalid":
        location += ("type",)
    return Mistake(_line(text, location), _told(error))


def _first(error: ValidationError) -> ErrorDetails:
    """The mistake to tell: a key that is missing is often there, misspelt, which then says more."""
    mistakes = error.errors(include_url=False)
    return next((mistake for mistake in mistakes if mistake["type"] != "missing"), mistakes[0])


def _told(error: ValidationError) -> str:
    first = _first(error)
    location, given = first["loc"], first["input"]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    match first["type"]:
        case "extra_forbidden":
            words = f"{_place(location)}: unknown key; expected one of {', '.join(_known(location))}"
        case "missing":
            words = f"{_place(location)}: expected a value, got nothing"
        case "union_tag_not_found" if isinstance(given, Mapping):
            words = f"{_place((*location, '', 'type'))}: expected one of {', '.join(TILES)}, got nothing"
        case "union_tag_invalid" if isinstance(given, Mapping):
            got = shown(given["type"])
            words = f"{_place((*location, '', 'type'))}: expected one of {', '.join(TILES)}, got {got}"
        case _:
            words = f"{_place(location)}: {_expected(first)}"
    return one_line(words) + more


def _expected(error: ErrorDetails) -> str:
    given: object = error["input"]
    if error["type"] == "value_error" and isinstance(given, Mapping):
        # The words of a check of the whole table say what it has.
        return expectation(error)
    expected = "expected a table" if error["type"].startswith("union_tag") else expectation(error)
    if isinstance(given, Mapping | Tile):
        return f"{expected}, got a table"
    if isinstance(given, list | tuple):
        return f"{expected}, got {f'a list of {len(given)}' if given else 'an empty list'}"
    return f"{expected}, got {shown(given)}"


def _known(location: tuple[int | str, ...]) -> list[str]:
    model: type[Page | Tile | Series] = Page
    if len(location) > 4:
        model = Series
    elif len(location) > 3:
        model = TILES[str(location[2])]
    fields = list(model.model_fields)
    return ["type", *(field for field in fields if field != "type")] if "type" in fields else fields


def _place(location: tuple[int | str, ...]) -> str:
    """`title`; or `tile 3 (chart), series, item 1, device`, where counting begins with 1."""
    if location[:1] != ("tiles",) or len(location) < 2:
        return _keys(location) or "the tile"
    number, kind, *rest = (*location[1:], "")[: max(2, len(location) - 1)]
    tile = f"tile {int(number) + 1}" + (f" ({kind})" if kind else "")
    return f"{tile}, {_keys(tuple(rest))}" if rest else tile


def _keys(location: tuple[int | str, ...]) -> str:
    return ", ".join(f"item {part + 1}" if isinstance(part, int) else one_line(part, 80) for part in location)


def _line(text: str, location: tuple[int | str, ...]) -> int | None:
    """The line of a key, or of the nearest thing around it; `location` without the type of the tile."""
    pieces = cut(text)
    first, lines, path = 1, text, location
    if pieces is not None and location[:1] == ("tiles",) and len(location) > 1:
        piece = pieces.tiles[int(location[1])]
        lines, path = piece.text, location[2:]
        first = piece.line - _header(lines)
        if not path:
            return piece.line
        found = _find(lines, path)
        return piece.line if found is None else first + found
    found = _find(lines, path[:1])
    return first if found is None else first + found


def _header(lines: str) -> int:
    """How many comments stand above the header of a tile."""
    return next(number for number, line in enumerate(lines_of(lines)) if not line.lstrip().startswith("#"))


def _find(lines: str, path: tuple[int | str, ...]) -> int | None:
    """The number of the line, from 0, on which a key is set; of a list of tables, that of the right one."""
    key = re.escape(str(path[0]))
    name = rf"""(?:{key}|"{key}"|'{key}')"""
    numbered = list(enumerate(lines_of(lines)))
    set_here = [n for n, line in numbered if re.match(rf"[ \t]*{name}[ \t]*[=.]", line)]
    if set_here:
        return set_here[0]
    tables = [
        n for n, line in numbered if re.match(rf"[ \t]*\[\[?[ \t]*(?:tiles[ \t]*\.[ \t]*)?{name}", line)
    ]
    wanted = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
    if wanted >= len(tables):
        return None
    below = "".join(line for _, line in numbered[tables[wanted] + 1 :])
    inside = _find(below, path[2:]) if len(path) > 2 else None
    return tables[wanted] + (0 if inside is None else inside + 1)
