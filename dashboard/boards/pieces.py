"""The text of a page, cut into its tiles, so that one can be changed and the others stay. Pure."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_HEADER = re.compile(r"""[ \t]*\[\[[ \t]*(?:tiles|"tiles"|'tiles')[ \t]*\]\]""")
_TABLE = re.compile(r"[ \t]*\[")
_COMMENT = re.compile(r"[ \t]*#")
MOST = 1_000
"""Headers; what has more of them is no page, and is not cut."""


class Piece(NamedTuple):
    """One tile: what stands before it (blank lines, and comments that are apart), and its own lines.

    The comments right above its header are its own. `line` is that of its header, the first being 1.
    """

    before: str
    text: str
    line: int = 0


class Pieces(NamedTuple):
    """`head`, then the tiles, then `rest`: joined they are the text again."""

    head: str
    tiles: Sequence[Piece]
    rest: str

    @property
    def joined(self) -> str:
        """The whole text."""
        return self.head + "".join(tile.before + tile.text for tile in self.tiles) + self.rest


def cut(text: str) -> Pieces | None:
    """Cut valid TOML at its `[[tiles]]`; None where the tiles are written in another way.

    Guarantees that `joined` is the text, and that each piece by itself is TOML that holds one tile.
    """
    lines = lines_of(text)
    starts = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    if len(starts) > MOST:
        return None
    tops = [*(_above(lines, number) for number in starts), len(lines)]
    head, _, before = _parted(lines[: tops[0]])
    tiles: list[Piece] = []
    begun, top = 0, tops[0]
    while begun < len(starts):
        ends = (to for to in _ends(begun, starts, tops) if _holds_a_tile("".join(lines[top : to.line])))
        end = next(ends, None)
        if end is None:
            return None
        own, whole, after = _parted(lines[top : end.line])
        if not _holds_a_tile(own):
            own, after = whole, ""
        tiles.append(Piece(before, own, starts[begun] + 1))
        before, begun, top = after, end.header, end.line
    pieces = Pieces(head, tiles, before)
    return pieces if "tiles" not in _parsed(head, {"tiles": 0}) else None


def keys_end(lines: Sequence[str]) -> tuple[int, int]:
    """Of the lines below a header: where the last key ends, and where the first sub-table begins."""
    below = next(
        (n for n, line in enumerate(lines) if _TABLE.match(line) and _is_whole(lines[:n])), len(lines)
    )
    end = below
    while end and (not lines[end - 1].strip() or _COMMENT.match(lines[end - 1])):
        end -= 1
    return (end if _is_whole(lines[:end]) else below), below


def lines_of(text: str) -> Sequence[str]:
    """The lines as TOML has them, with their ends; a text may hold what else ends a line in Python."""
    lines = re.split(r"(?<=\n)", text)
    return lines if lines[-1] else lines[:-1]


class _End(NamedTuple):
    header: int
    line: int


def _ends(begun: int, starts: Sequence[int], tops: Sequence[int]) -> Iterator[_End]:
    """Before which line a tile may end, nearest first, and which header is the next one then.

    A header inside of a text of several lines is none, and what looks like a comment may be the last line of
    one: what ends there is no TOML.
    """
    for header in range(begun + 1, len(tops)):
        yield _End(header, tops[header])
        if header < len(starts) and starts[header] != tops[header]:
            yield _End(header, starts[header])


def _above(lines: Sequence[str], header: int) -> int:
    """Where the comments right above a header begin."""
    while header and _COMMENT.match(lines[header - 1]):
        header -= 1
    return header


def _parted(lines: Sequence[str]) -> tuple[str, str, str]:
    """Lines up to the last that says something, with the comments right below it; all; what is left."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _COMMENT.match(lines[end - 1])):
        end -= 1
    while end < len(lines) and lines[end].strip():
        end += 1
    return "".join(lines[:end]), "".join(lines), "".join(lines[end:])


def _is_whole(lines: Sequence[str]) -> bool:
    text = "".join(lines)
    return not text.strip() or bool(_parsed(text, {}))


def _holds_a_tile(text: str) -> bool:
    tiles = _parsed(text, {}).get("tiles")
    return isinstance(tiles, list) and len(tiles) == 1


def _parsed(text: str, otherwise: Mapping[str, object]) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except ValueError:
        return otherwise
