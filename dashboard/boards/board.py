"""A page of one's own as it is known now, and what a folder of them looks like."""

import errno
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bridge.errors import BoardError
from dashboard.boards.model import NAME, Page
from dashboard.boards.reading import MAX_BYTES, Mistake, read_page, title_in
from schemas.refusal import one_line

ENDING = ".toml"
REMOVED = ".toml.removed"
MAX_PAGES = 100


@dataclass(frozen=True, slots=True)
class Board:
    """A page with its name, which is that of its file and of its address.

    `revision` changes with the file. `fault` is the mistake in it, on one line: `page` is then the last that
    was right, or an empty one, with its title if that can be read. Empty: all is well.
    """

    name: str
    page: Page
    revision: str = ""
    fault: str = ""


class Stamp(NamedTuple):
    """By what a file is known to be unchanged: Unix nanoseconds, bytes, and which file it is."""

    changed: int
    size: int
    node: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in the folder: the file of each page with its stamp, and a line for each thing amiss."""

    stamps: Mapping[str, Stamp]
    faults: tuple[str, ...] = ()


def listing(folder: Path) -> Listing:
    """Look into a folder. One that is not there has no pages; hidden files are nobody's business."""
    stamps: dict[str, Stamp] = {}
    faults: list[str] = []
    try:
        with os.scandir(folder) as entries:
            files = sorted(entry.name for entry in entries)
    except FileNotFoundError:
        return Listing({})
    except NotADirectoryError:
        return Listing({}, (f"{folder.name}: expected a folder, got a file",))
    except OSError as error:
        return Listing({}, (f"{folder.name}: cannot be read: {error.strerror}",))
    for file in files:
        name = file.removesuffix(ENDING)
        if name == file or file.startswith("."):
            continue
        if NAME.fullmatch(name) is None:
            wrong = "expected a name of at most 40 of a to z, 0 to 9 and - before .toml"
            faults.append(one_line(f"{folder.name}/{file}: not a page: {wrong}"))
        elif len(stamps) < MAX_PAGES:
            stamps[name] = _stamp(folder / file)
        else:
            faults.append(f"{folder.name}/{file}: left out: expected at most {MAX_PAGES} pages")
    return Listing(stamps, tuple(faults))


def _stamp(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return Stamp(0, -1, 0)
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


def contents(file: Path) -> bytes:
    """What stands in a file, of one that is too large only so much as shows that. Raises `OSError`."""
    if file.exists() and not file.is_file():
        # Reading a pipe would wait for ever.
        raise OSError(errno.EINVAL, "it is no file")
    with file.open("rb") as reading:
        return reading.read(MAX_BYTES + 1)


def revision_of(data: bytes) -> str:
    """By what contents are known again."""
    return hashlib.sha256(data).hexdigest()[:16]


def board_of(folder: Path, name: str, data: bytes, before: Page | None = None) -> Board:
    """The board of a file with this in it. With a mistake it keeps the page of `before`, if there was one."""
    found, revision = read_page(data), revision_of(data)
    if isinstance(found, Page):
        return Board(name, found, revision)
    page = before or Page(title=title_in(data) or name)
    return Board(name, page, revision, told(folder, name, found))


def told(folder: Path, name: str, mistake: Mistake) -> str:
    """A mistake with its place: `pages/kitchen.toml:12: tile 3 (chart), width: expected …, got …`."""
    line = "" if mistake.line is None else f":{mistake.line}"
    return f"{folder.name}/{name}{ENDING}{line}: {mistake.text}"


def arranged(boards: Iterable[Board]) -> Mapping[str, Board]:
    """The boards by name, in the order of the navigation."""

    def place(board: Board) -> tuple[bool, float, str, str]:
        order = board.page.order
        return order is None, order or 0.0, board.page.title.casefold(), board.name

    return {board.name: board for board in sorted(boards, key=place)}


def free_name(title: str, taken: Iterable[str]) -> str:
    """A name for a new page, made of its title: `Küche & Flur` is `kuche-flur`, and `页面` is `page`.

    Raises `BoardError` when there are as many pages as there may be.
    """
    names = set(taken)
    if len(names) >= MAX_PAGES:
        raise BoardError(f"there are {MAX_PAGES} pages already, and there may not be more: remove one first")
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].rstrip("-") or "page"
    number, name = 1, stem
    while name in names:
        number += 1
        name = f"{stem}-{number}"
    return name
