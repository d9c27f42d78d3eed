"""The store itself: one file, one connection that writes, a few that read."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from bridge.commands import CommandRecord
from bridge.errors import StoreError
from bridge.ports import (
    HEAPS,
    Batch,
    Exported,
    Heap,
    Heard,
    History,
    Pictured,
    QuarantineCounts,
    Query,
    Receipt,
    Selection,
    Sought,
    StoreFacts,
)
from bridge.quarantine import Quarantined
from bridge.retention import StoreOptions
from bridge.state import DeviceState
from bridge.stores.sqlite import file, lists
from bridge.stores.sqlite.commit import Known, micros, write
from bridge.stores.sqlite.copies import restorable
from bridge.stores.sqlite.forgetting import bury
from bridge.stores.sqlite.history import history
from bridge.stores.sqlite.pictures import pictures
from bridge.stores.sqlite.removal import Sweep, trim
from bridge.stores.sqlite.rows import tame
from bridge.stores.sqlite.upkeep import roll_up_hours, roll_up_minutes
from schemas.message import RawMessage

log = logging.getLogger(__name__)

READERS = 4
"""Connections that are kept open for reading; more are opened when more read at once."""
T = TypeVar("T")


class SqliteStore:
    """Keeps everything in one file of SQLite's.

    A commit is wholly on the disk when it returns. After one that failed the store can be used as before, and
    the same batch be offered again. It waits `busy` seconds for another program that writes.
    """

    durable = True

    def __init__(self, path: Path, options: StoreOptions, *, busy: float = file.BUSY) -> None:
        self.path = path
        self._busy = busy
        self._options = options
        self._writer: sqlite3.Connection | None = None
        self._known: Known | None = None
        self._readers: list[sqlite3.Connection] = []
        self._closed = True
        self._pool = threading.Lock()
        self._writing = threading.RLock()
        self._sweep = Sweep(options.keep)
        self._next_upkeep = 0

    def open(self) -> None:
        """See `Store`."""
        saved = file.prepare(self.path)
        if saved is not None:
            log.warning("%s: brought up to this version; the file as it was is %s", self.path, saved.name)
        self._closed = False
        try:
            with self._writing:
                self._connected()
            self._read(lists.quarantine_counts)
        except sqlite3.Error as error:
            self.close()
            raise StoreError(file.cannot_open(self.path, error)) from error

    def close(self) -> None:
        """See `Store`."""
        with self._writing:
            self._disconnect()
        with self._pool:
            self._closed = True
            readers, self._readers = self._readers, []
        for reader in readers:
            reader.close()

    def commit(self, batch: Batch) -> int:
        """See `Store`."""
        try:
            return self._commit(batch)
        except (OverflowError, UnicodeEncodeError):
            return self._commit(tame(batch))

    def tend(self, now: float, at_most: float = 0.05) -> bool:
        """See `Store`."""
        end = time.monotonic() + at_most
        upkeep = self._upkeep()
        while self._next_upkeep < len(upkeep):
            with self._transaction() as (db, known):
                more = upkeep[self._next_upkeep](db, known, micros(now))
            if not more:
                self._next_upkeep += 1
            if self._next_upkeep < len(upkeep) and time.monotonic() > end:
                return True
        self._next_upkeep = 0
        return False

    def latest(self) -> Sequence[DeviceState]:
        """See `Store`."""
        return self._read(lists.latest)

    def receipts(self) -> Sequence[Receipt]:
        """See `Store`."""
        return self._read(lists.receipts)

    def pictures(self) -> Sequence[Pictured]:
        """See `Store`."""
        return self._read(pictures)

    def restore(self, source: Path) -> None:
        """See `Store`. Whoever reads sees all of the old or all of the new."""
        with self._writing, restorable(source, self.path) as copy:
            self._known = None
            self._sweep.again()
            with closing(sqlite3.connect(copy)) as backup:
                backup.backup(self._connected())

    def note(self, key: str) -> str | None:
        """See `Store`."""
        row = self._read(lambda db: db.execute("SELECT text FROM note WHERE key = ?", (key,)).fetchone())
        return None if row is None else str(row[0])

    def set_note(self, key: str, text: str) -> None:
        """See `Store`."""
        with self._transaction() as (db, _known):
            db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (key, text))

    def history(self, query: Query) -> History:
        """See `Store`."""
        return self._read(lambda db: history(db, query))

    def export(self, selection: Selection) -> Iterator[Exported]:
        """See `Store`. Reads in pieces, so that a slow receiver holds nothing up."""
        bounds = lists.span(selection)
        series = self._read(lambda db: lists.selected(db, selection))
        for _, rows in groupby(series, key=lambda row: row[:2]):
            group = list(rows)
            after: lists.Place | None = None
            while True:
                found = self._read(partial(lists.exported, group=group, bounds=bounds, after=after))
                for _, reading in found:
                    yield reading
                if len(found) < lists.CHUNK:
                    break
                after = found[-1][0]

    def count(self, selection: Selection) -> int:
        """See `Store`."""
        return self._read(lambda db: lists.count(db, selection))

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """See `Store`."""
        return self._read(lambda db: lists.heard(db, device_id, limit))

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """See `Store`."""
        return self._read(lambda db: lists.commanded(db, device_id, limit))

    def unanswered(self) -> Sequence[CommandRecord]:
        """See `Store`."""
        return self._read(lists.unanswered)

    def unread(self, device_id: str, *, limit: int = 100) -> Sequence[RawMessage]:
        """See `Store`."""
        return self._read(lambda db: lists.unread(db, device_id, limit))

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """See `Store`."""
        return self._read(lambda db: lists.quarantined(db, sought))

    def quarantine_heaps(self, reason: str | None = None, limit: int = HEAPS) -> Sequence[Heap]:
        """See `Store`."""
        return self._read(lambda db: lists.quarantine_heaps(db, reason, limit))

    def quarantine_counts(self) -> QuarantineCounts:
        """See `Store`."""
        return self._read(lists.quarantine_counts)

    def facts(self) -> StoreFacts:
        """See `Store`."""
        size = 0
        for path in (self.path, self.path.with_name(f"{self.path.name}-wal")):
            with suppress(OSError):
                size += path.stat().st_size
        readings, oldest = self._read(lambda db: (lists.count(db, Selection()), lists.oldest(db)))
        return StoreFacts(str(self.path), durable=True, size=size, readings=readings, oldest=oldest)

    def _upkeep(self) -> Sequence[Callable[[sqlite3.Connection, Known, int], bool]]:
        return (
            roll_up_minutes,
            lambda db, _known, now: roll_up_hours(db, now),
            lambda db, _known, now: self._sweep.step(db, now),
            lambda db, _known, _now: bury(db),
            lambda db, _known, now: trim(db, self._options, now),
        )

    def _commit(self, batch: Batch) -> int:
        with self._transaction() as (db, known):
            if batch.forgotten:
                # It has a list of series, of which some are gone now.
                self._sweep.again()
            return write(db, known, batch, self._options.pictures_size)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[sqlite3.Connection, Known]]:
        """All or nothing. What is known in memory goes with it if it fails."""
        with self._writing:
            if self._closed:
                raise StoreError(f"{self.path}: closed")
            db = self._connected()
            try:
                db.execute("BEGIN IMMEDIATE")
                if self._known is None:
                    self._known = Known()
                    self._known.load(db)
                yield db, self._known
                db.execute("COMMIT")
            except BaseException as error:
                self._known = None
                self._sweep.again()
                self._abandon(db, error)
                raise

    def _connected(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = file.connect(self.path, self._busy)
        return self._writer

    def _abandon(self, db: sqlite3.Connection, error: BaseException) -> None:
        """Roll back; where that does not help, begin again with a new connection."""
        with suppress(sqlite3.Error):
            if db.in_transaction:
                db.execute("ROLLBACK")
        busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
        if db.in_transaction or (isinstance(error, sqlite3.Error) and not busy):
            self._disconnect()

    def _disconnect(self) -> None:
        writer, self._writer, self._known = self._writer, None, None
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.close()

    def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """Ask within one snapshot of the file."""
        with self._pool:
            if self._closed:
                raise StoreError(f"{self.path}: closed")
            db = self._readers.pop() if self._readers else None
        if db is None:
            db = file.connect_reader(self.path)
        try:
            db.execute("BEGIN")
            answer = ask(db)
            db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        with self._pool:
            keep = not self._closed and len(self._readers) < READERS
            if keep:
                self._readers.append(db)
        if not keep:
            db.close()
        return answer
