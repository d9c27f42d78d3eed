"""Where in a payload a mistake is: the payload as text, in pieces, of which some are marked. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from dashboard.wording import DEEPEST, ONE_LINE, printable
from schemas.message import Mistake

LIMIT = 1_200
"""Characters of a payload that are shown."""
LEAD = 240
"""Of them, those before the first mark, where that is far down."""
WHOLE = 200
"""Bytes of a payload that is marked as a whole, where it is wrong as one."""
READ = 65_536
"""Bytes that are looked through for the place of a mistake."""
LEVELS = 32
"""Levels down to which a place is found; what is wrong further down is marked with all that it lies in."""
_PARTS = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"')
_WORD = re.compile(r"[\w.+-]*")


class Piece(NamedTuple):
    """Some text of a payload, as it is shown."""

    text: str
    marked: bool = False


class _Part(NamedTuple):
    text: str
    path: tuple[str, ...]
    depth: int


def pieces(payload: bytes, wrongs: Sequence[Mistake] = (), limit: int = LIMIT) -> Sequence[Piece]:
    """The payload in at most about `limit` characters, with what these mistakes mean marked.

    JSON has a line for each of its parts, if it is long; what is no UTF-8 is hexadecimal. Of a long payload
    the beginning is left out where nothing is marked in it, and the end; `…` says so.
    """
    at = next((wrong.at for wrong in wrongs if wrong.at is not None), None)
    head = payload[:READ]
    try:
        text = head.decode("utf-8", "strict" if len(payload) <= READ else "ignore")
    except UnicodeDecodeError as error:
        return _hexadecimal(head, error.start if at is None else at, limit)
    if at is not None:
        found = _broken(text, len(payload[:at].decode("utf-8", "ignore")))
    elif any(not wrong.path and not wrong.own for wrong in wrongs) and len(payload) <= WHOLE:
        found = [Piece(text, marked=True)]
    else:
        found = _structured(text, wrongs)
    safe = [Piece(printable(piece.text, keep="\n"), piece.marked) for piece in found]
    return _cut(safe, limit, more=len(payload) > READ)


def plain_text(shown: Sequence[Piece]) -> str:
    """The same as one text, with marks as arrows, for who does not see them."""
    return "".join(f"→{piece.text}←" if piece.marked else piece.text for piece in shown)


def _hexadecimal(payload: bytes, at: int, limit: int) -> Sequence[Piece]:
    begin = max(0, at - LEAD // 3)
    shown = payload[begin : begin + limit // 3]
    at -= begin
    before, byte, after = shown[:at].hex(" "), shown[at : at + 1].hex(), shown[at + 1 :].hex(" ")
    end = " …" if begin + len(shown) < len(payload) else ""
    found = [
        Piece(("… " if begin else "") + (f"{before} " if before else "")),
        Piece(byte, marked=True),
        Piece((f" {after}" if after else "") + end),
    ]
    return [piece for piece in found if piece.text]


def _broken(text: str, at: int) -> Sequence[Piece]:
    """A text that cannot be read further than `at`; the word there is marked."""
    at = min(at, max(len(text) - 1, 0))
    # A parser may stop within a word, or right after it.
    at -= _word(text[:at][::-1])
    end = at + max(1, _word(text[at:]))
    return [Piece(text[:at]), Piece(text[at:end], marked=True), Piece(text[end:])]


def _word(text: str) -> int:
    """How long the word is that a text begins with."""
    found = _WORD.match(text)
    return found.end() if found is not None else 0


def _structured(text: str, wrongs: Sequence[Mistake]) -> Sequence[Piece]:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return [Piece(text)]
    parts = list(_parts(text))
    # What something lies in begins with a part of its own, so that all places above are among them.
    known = {part.path for part in parts}
    wanted = {place for wrong in wrongs if (place := _place(wrong, known))}
    marks = {path for path in known if any(path[: len(place)] == place for place in wanted)}
    laid = len(text) > ONE_LINE and text.lstrip()[:1] in {"{", "["}
    found: list[Piece] = []
    before = ""
    for part in parts:
        if laid and part.text.isspace():
            continue
        if laid:
            found.append(Piece(_gap(before, part)))
        text = f"{part.text} " if laid and part.text == ":" else part.text
        found.append(Piece(text, part.path in marks))
        before = part.text
    return found


def _gap(before: str, part: _Part) -> str:
    """The new line before a part, if it begins one."""
    opened, closes = before in {"{", "["}, part.text in {"}", "]"}
    new_line = (opened or closes or before == ",") and not (opened and closes)
    return "\n" + "  " * min(part.depth, DEEPEST) if new_line else ""


def _place(wrong: Mistake, known: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The path of a mistake, as far as it is there; what is missing is nowhere."""
    if wrong.missing:
        return ()
    path = tuple(map(str, wrong.path))
    # A name may have dots in it, which stand between levels too.
    whole = next((one for one in known if ".".join(one) == ".".join(path)), None)
    if whole is not None:
        return whole
    return next((path[:length] for length in range(len(path), 0, -1) if path[:length] in known), ())


def _parts(text: str) -> Iterator[_Part]:
    """The parts of a JSON text with the path to each: a key, the colon and the value have the same."""
    # Of every level its present key, or its index; None where a key is to come. And where it lies itself.
    levels: list[str | int | None] = []
    around: list[tuple[str, ...]] = []
    path: tuple[str, ...] = ()
    for found in _PARTS.finditer(text):
        part = found[0]
        if part in {"}", "]"}:
            levels.pop()
            path = around.pop()
        elif part == "," and levels:
            there = levels[-1]
            yield _Part(part, around[-1], len(levels))
            levels[-1], path = None, around[-1]
            if isinstance(there, int):
                levels[-1], path = there + 1, _below(path, str(there + 1))
            continue
        elif levels and levels[-1] is None and part.startswith('"'):
            levels[-1] = key = str(json.loads(part, strict=False)) if "\\" in part else part[1:-1]
            path = _below(path, key)
        yield _Part(part, path, len(levels))
        if part in {"{", "["}:
            around.append(path)
            levels.append(None if part == "{" else 0)
            path = path if part == "{" else _below(path, "0")


def _below(path: tuple[str, ...], level: str) -> tuple[str, ...]:
    return (*path, level) if len(path) < LEVELS else path


def _cut(found: Sequence[Piece], limit: int, *, more: bool) -> Sequence[Piece]:
    """Neighbours joined, and no more than `limit` characters, the first mark among them."""
    joined = [
        Piece("".join(piece.text for piece in same), marked)
        for marked, same in groupby((piece for piece in found if piece.text), key=lambda piece: piece.marked)
    ]
    total = sum(len(piece.text) for piece in joined)
    lead = next((sum(len(p.text) for p in joined[:n]) for n, piece in enumerate(joined) if piece.marked), 0)
    skip = lead - LEAD if total > limit and lead > limit // 2 else 0
    room = limit
    shown: list[Piece] = [Piece("…")] if skip else []
    for text, marked in joined:
        kept = text[skip : skip + room]
        skip = max(0, skip - len(text))
        room -= len(kept)
        if kept:
            shown.append(Piece(kept, marked))
    if more or total > limit:
        shown.append(Piece("…"))
    return shown
