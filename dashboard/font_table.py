"""The table by which Flet's client finds a font for a character: read from its code, and written anew.

What none of its own fonts can show, the client looks up in a table of some 700 pieces of Noto fonts, and
asks for those that it needs by their addresses. The table is a list of the pieces and two texts: the sets of
pieces that there are, and the set that has each run of characters.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

END = 0x110000
"""Behind the last character that there is."""

_PIECE = re.compile(r'"[\w ]+","([a-z0-9]+/v\d+/[\w.-]+\.woff2)"')
_SETS = re.compile(r'\("(,[a-z0-9,]{4000,})"')
_RUNS = re.compile(r'\("([a-zA-Z0-9]{4000,})"')
_STEP = re.compile(r"(\d*)([a-zA-Z])")
_LETTERS = 26

NONE: tuple[int, ...] = ()

Run = tuple[int, int, tuple[int, ...]]
"""The first character, the one behind the last, and the pieces that have all of them, by their numbers."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The table's two texts, as they stand in the client's code."""

    sets: str
    runs: str


@dataclass(frozen=True, slots=True)
class Table:
    """The addresses of the pieces below `assets/fonts/`, in order, and the texts."""

    pieces: Sequence[str]
    texts: Texts


def find(script: str) -> Table:
    """The table in the code of Flet's client, `main.dart.js`. Raises `ValueError` if it is not there."""
    pieces = _PIECE.findall(script)
    sets, runs = _SETS.search(script), _RUNS.search(script)
    if not pieces or sets is None or runs is None:
        raise ValueError("the code of Flet's client has no table of fonts that we can read")
    return Table(pieces, Texts(sets[1], runs[1]))


def read(texts: Texts) -> Iterator[Run]:
    """All runs, from the first character to the last. Raises `ValueError`.

    A small letter says how long the next run is, if it is longer than one; a capital letter ends a run.
    """
    # They mean nothing, and may be more than Python takes for a number.
    sets, letters = (text.lstrip("0") for text in (texts.sets, texts.runs))
    members = [_members(text) for text in sets.split(",")]
    start, size = 0, 1
    for prefix, letter in _STEP.findall(letters):
        value = int(prefix or 0) * _LETTERS
        if letter.islower():
            size = value + ord(letter) - ord("a") + 2
            continue
        yield start, start + size, members[value + ord(letter) - ord("A")]
        start, size = start + size, 1
    if start != END:
        raise ValueError(f"the table of fonts of Flet's client ends at {start:#x} in place of {END:#x}")


def _members(text: str) -> tuple[int, ...]:
    """The pieces of a set: each is written as its distance from the one before."""
    numbers: list[int] = []
    last = -1
    for prefix, letter in _STEP.findall(text):
        last += int(prefix or 0) * _LETTERS + ord(letter) - ord("a") + 1
        numbers.append(last)
    return tuple(numbers)


def write(runs: Iterable[Run], room: Texts) -> Texts:
    """The texts for these runs, in order, which may leave gaps; just as long as those of `room`.

    Raises `ValueError` if they need more. Zeros, which mean nothing where they stand, fill them up.
    """
    whole = list(_whole(runs))
    often = Counter(members for _, members in whole)
    numbers = {members: number for number, (members, _) in enumerate(often.most_common())}
    sets = ",".join(_set_text(members) for members in numbers)
    text = "".join(
        ("" if size == 1 else _number(size - 2, "a")) + _number(numbers[members], "A")
        for size, members in whole
    )
    if len(sets) > len(room.sets) or len(text) > len(room.runs):
        raise ValueError("the client's code has no room for the table of the fonts that are installed")
    return Texts(sets.rjust(len(room.sets), "0"), text.rjust(len(room.runs), "0"))


def _whole(runs: Iterable[Run]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The length of each run and its pieces: gaps filled with none, neighbours that are alike joined."""
    begun, held = 0, NONE
    for start, pieces in _changes(runs):
        if pieces != held:
            if start > begun:
                yield start - begun, held
            begun, held = start, pieces
    yield END - begun, held


def _changes(runs: Iterable[Run]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Where a run or a gap begins, and its pieces."""
    behind = 0
    for start, end, members in runs:
        if start > behind:
            yield behind, NONE
        yield start, members
        behind = end
    if behind < END:
        yield behind, NONE


def _set_text(members: tuple[int, ...]) -> str:
    return "".join(
        _number(number - before - 1, "a") for before, number in zip((-1, *members), members, strict=False)
    )


def _number(value: int, zero: str) -> str:
    """A number as decimal digits and a last letter, which is a digit of base 26 and says where it ends."""
    return (str(value // _LETTERS) if value >= _LETTERS else "") + chr(ord(zero) + value % _LETTERS)
