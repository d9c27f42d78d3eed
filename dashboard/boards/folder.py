"""The folder with people's own pages: read, watched, and written by one at a time."""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from bridge.errors import BoardError, SettingsError
from bridge.settings import Loaded
from bridge.whole_file import replace_file, settle
from dashboard.boards.board import (
    ENDING,
    REMOVED,
    Board,
    Stamp,
    arranged,
    board_of,
    contents,
    free_name,
    listing,
    revision_of,
    told,
)
from dashboard.boards.edits import new_page
from dashboard.boards.model import NAME, Page
from dashboard.boards.reading import Mistake, text_of
from dashboard.boards.writing import new_text, rewritten
from schemas.refusal import shown

Change: TypeAlias = Callable[[Page], Page]
SETTLED = 2_000_000_000
"""Nanoseconds after which a file that was changed again must have another time of change."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes into the folder."""


def boards_of(loaded: Loaded) -> "Boards":
    """The pages of the folder that the settings name, not yet looked at. Raises `SettingsError`."""
    named = loaded.settings.ui.pages
    try:
        return Boards(loaded.path(named))
    except RuntimeError:
        # "~name" of somebody who is not there.
        raise SettingsError(f"{loaded.source}: [ui] pages: no such home folder: {shown(named)}") from None


class Boards:
    """All pages of a folder. It need not be there: the first page that is saved makes it.

    Nothing is known before the first `poll`. `pages`, `get` and `faults` never wait and may be asked on any
    thread; the others may wait for the disk, and take turns. Nothing raises but `BoardError`, on one line.
    `patience`: seconds to wait for another process that writes into the folder.
    """

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self.folder = folder
        self._patience = patience
        self._turn = threading.Lock()
        self._pages: Mapping[str, Board] = MappingProxyType({})
        self._faults: tuple[str, ...] = ()
        self._stamps: dict[str, Stamp | None] = {}
        self._absent: set[str] = set()
        self._untold: set[str] = set()

    def pages(self) -> Mapping[str, Board]:
        """The pages by name, in the order of the navigation, as of the last look. Never changed in place."""
        return self._pages

    def get(self, name: str) -> Board | None:
        """One of them."""
        return self._pages.get(name)

    @property
    def faults(self) -> tuple[str, ...]:
        """A line for each thing that is amiss with the folder, or with a file that is no page."""
        return self._faults

    def poll(self) -> set[str]:
        """Look at the folder; the names of the pages that are new, changed or gone since the last call.

        A file is read only if it has changed. One that is gone counts as such the second time in a row, for
        some editors take it away for a moment while they save it.
        """
        with self._turn:
            found = listing(self.folder)
            self._faults = found.faults
            gone = self._pages.keys() - found.stamps.keys()
            for name in gone & self._absent:
                self._put(name, None)
            self._absent = gone - self._absent
            for name, stamp in found.stamps.items():
                if name not in self._pages or self._stamps.get(name) != stamp:
                    self._read(name, stamp)
            changed, self._untold = self._untold, set()
            return changed

    def edit(self, name: str, revision: str, change: Change) -> Board:
        """Change a page as it was at this revision, and save it; what comes of it.

        Refused, with nothing written, if the file is another one meanwhile: its new contents are then loaded.
        """
        with self._turn, self._writing(name):
            before, data = self._fresh(name)
            if before.revision != revision:
                raise BoardError("changed meanwhile; look again")
            if before.fault:
                raise BoardError(f"{before.fault}; mend that first")
            page = change(before.page)
            if page == before.page:
                return before
            text = rewritten(text_of(data), before.page, page)
            mark = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
            return self._save(name, mark + text.encode(), before=data)

    def create(self, title: str) -> str:
        """A new page without tiles; its name, which is made of its title."""
        with self._turn, self._writing("", make=True):
            page = new_page(title.strip())
            taken = {file.stem for file in self.folder.iterdir() if file.suffix == ENDING}
            name = free_name(page.title, taken)
            self._save(name, new_text(page).encode())
            return name

    def remove(self, name: str) -> str:
        """Take a page away. Its file stays under another name, which is returned, and can be named back."""
        with self._turn, self._writing(name):
            file = self._file(name)
            number, other = 1, f"{name}{REMOVED}"
            while os.path.lexists(self.folder / other):
                number += 1
                other = f"{name}{REMOVED}-{number}"
            file.rename(self.folder / other)
            settle(self.folder)
            self._put(name, None)
            return other

    def _fresh(self, name: str) -> tuple[Board, bytes]:
        """What the file says at this moment, which is then what is known."""
        try:
            data = contents(self._file(name))
        except FileNotFoundError:
            self._put(name, None)
            raise
        known = self._pages.get(name)
        board = board_of(self.folder, name, data, known.page if known else None)
        self._put(name, board)
        return board, data

    def _save(self, name: str, data: bytes, *, before: bytes | None = None) -> Board:
        file = self._file(name)

        def check() -> None:
            # An editor asks nobody; what is left to it is the moment between this and the renaming.
            if (contents(file) if os.path.lexists(file) else None) != before:
                raise BoardError("changed meanwhile; look again")

        replace_file(file, data, check)
        board = board_of(self.folder, name, data)
        self._put(name, board)
        return board

    def _read(self, name: str, stamp: Stamp) -> None:
        known = self._pages.get(name)
        try:
            data = contents(self._file(name))
            if known and known.revision == revision_of(data):
                board = known
            else:
                board = board_of(self.folder, name, data, known.page if known else None)
        except OSError as error:
            fault = told(self.folder, name, Mistake(None, f"cannot be read: {error.strerror}"))
            board = Board(name, known.page if known else Page(title=name), "", fault)
        self._put(name, board)
        settled = time.time_ns() - stamp.changed > SETTLED
        self._stamps[name] = stamp if settled else None

    def _put(self, name: str, board: Board | None) -> None:
        if self._pages.get(name) == board:
            return
        others = {**self._pages}
        others.pop(name, None)
        self._stamps.pop(name, None)
        if board is not None:
            others[name] = board
        self._pages = MappingProxyType(arranged(others.values()))
        self._untold.add(name)

    def _file(self, name: str) -> Path:
        # A name may come from an address, and must not lead out of the folder.
        if NAME.fullmatch(name) is None:
            raise FileNotFoundError
        return self.folder / f"{name}{ENDING}"

    @contextmanager
    def _writing(self, name: str, *, make: bool = False) -> Iterator[None]:
        """No other process writes meanwhile; whatever goes wrong names the file."""
        where = f"{self.folder.name}/{name}{ENDING}" if name else self.folder.name
        try:
            if make:
                self.folder.mkdir(parents=True, exist_ok=True)
            with _alone(self.folder, self._patience):
                yield
        except BoardError as error:
            text = str(error)
            raise BoardError(text if text.startswith(f"{where}:") else f"{where}: {text}") from None
        except FileNotFoundError:
            raise BoardError(f"{where}: there is no such page; look again") from None
        except FileExistsError:
            raise BoardError(f"{where}: expected a folder, got a file") from None
        except OSError as error:
            raise BoardError(f"{where}: cannot be written: {error.strerror}") from None


@contextmanager
def _alone(folder: Path, patience: float) -> Iterator[None]:
    """Keep other processes of ours from writing into a folder. Raises `BoardError` if one takes too long."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise BoardError("another program is writing there; try again") from None
                time.sleep(0.02)
                continue
            except OSError:
                # A file system without locks: the check of the contents has to do.
                pass
            break
        yield
    finally:
        os.close(opened)
