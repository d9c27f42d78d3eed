"""Which characters each font has that Flet's client may ask us for: its own table, read from its code.

What none of the client's fonts can show it looks up in a table of some 700 pieces of Noto fonts, and asks for the
pieces that it needs by their names. The table is a list of the pieces and two texts: the sets of pieces that there
are, and which of these sets each run of characters has.
"""

import re
from collections.abc import Mapping, Sequence

RUNS_END = 0x110000
"""Behind the last character that there is."""

_PIECE = re.compile(r'\w\.\w+\("[\w ]+","([\w-]+/v\d+/[\w./-]+\.woff2)"\)')
_SETS = re.compile(r'\("(,[a-z0-9,]{4000,})"')
_RUNS = re.compile(r'\("([a-zA-Z0-9]{4000,})"')
_SET_STEP = re.compile(r"(\d*)([a-z])")
_RUN_STEP = re.compile(r"(\d*)([a-zA-Z])")
_LETTERS = 26

Table = Mapping[str, Sequence[range]]
"""The address of each piece below `assets/fonts/`, and the characters that it has, in order."""


def table(script: str) -> Table:
    """The table in the code of Flet's client, `main.dart.js`. Raises `ValueError` if it is not there."""
    pieces = _PIECE.findall(script)
    sets, runs = _SETS.search(script), _RUNS.search(script)
    if not pieces or sets is None or runs is None:
        raise ValueError("the code of Flet's client has no table of fonts that we can read")
    members = [_members(text) for text in sets[1].split(",")]
    found: dict[str, list[range]] = {piece: [] for piece in pieces}
    for run, number in _runs(runs[1]):
        for index in members[number]:
            found[pieces[index]].append(run)
    return found


def _members(text: str) -> Sequence[int]:
    """The numbers of the pieces in a set: each is written as its distance from the one before."""
    numbers: list[int] = []
    last = -1
    for prefix, letter in _SET_STEP.findall(text):
        last += int(prefix or 0) * _LETTERS + ord(letter) - ord("a") + 1
        numbers.append(last)
    return numbers


def _runs(text: str) -> Sequence[tuple[range, int]]:
    """Runs of characters without a gap, and the number of the set of pieces that have them.

    A small letter says how long the next run is, if it is longer than one; a capital letter ends a run.
    """
    runs: list[tuple[range, int]] = []
    start, size = 0, 1
    for prefix, letter in _RUN_STEP.findall(text):
        value = int(prefix or 0) * _LETTERS
        if letter.islower():
            size = value + ord(letter) - ord("a") + 2
            continue
        runs.append((range(start, start + size), value + ord(letter) - ord("A")))
        start, size = start + size, 1
    if start != RUNS_END:
        raise ValueError(f"the table of fonts of Flet's client ends at {start:#x} in place of {RUNS_END:#x}")
    return runs
