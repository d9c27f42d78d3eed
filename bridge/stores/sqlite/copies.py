"""Backups of a store's file, and putting one back."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bridge.errors import StoreError
from bridge.stores.sqlite.file import PAGE, connect, connect_reader, migrate, spare, version_of
from bridge.stores.sqlite.schema import VERSION

STEP = 500
"""Pages that are copied between two words about the progress."""


def backup(
    source: Path,
    target: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    replace: bool = False,
) -> None:
    """Copy a store's file as it is at this moment, while others may write it.

    `progress` is told how many pages are done, and of how many. The copy is checked before it gets its name.
    A target that is there is refused unless it may be replaced. Raises `StoreError`.
    """
    if target.exists() and not replace:
        raise StoreError(f"{target}: there already; name another file, or say that it may be replaced")
    if not version_of(source, "name the file of a store"):
        raise StoreError(f"{source}: empty, or not there; name the file of a store")
    with _unfinished(target) as part:
        try:
            with closing(connect_reader(source)) as live, closing(_plain(part)) as copy:
                # One snapshot from first to last: without it every commit would make the copy begin again.
                live.execute("BEGIN")
                live.execute("SELECT count(*) FROM sqlite_master").fetchone()
                live.backup(copy, pages=STEP, progress=_counting(progress))
                _finish(copy, source)
            _settle(part, target)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{target}: the backup of {source} failed: {error}") from error


@contextmanager
def restorable(source: Path, beside: Path) -> Iterator[Path]:
    """A checked copy of a backup in the present version, which is removed afterwards. Raises `StoreError`."""
    version = version_of(source, "name a backup of a store")
    if not version:
        raise StoreError(f"{source}: empty, or not there; name a backup of a store")
    with _unfinished(beside) as part:
        try:
            with closing(connect_reader(source)) as live, closing(_plain(part)) as copy:
                live.execute("BEGIN")
                live.backup(copy)
                _finish(copy, source)
                if copy.execute("PRAGMA page_size").fetchone()[0] != PAGE:
                    copy.execute(f"PRAGMA page_size = {PAGE}")
                    copy.execute("VACUUM")
                if version < VERSION:
                    migrate(copy, version)
            yield part
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{source}: cannot be restored: {error}") from error


def restore_file(source: Path, target: Path) -> Path | None:
    """Put a backup in the place of a store's file that nobody has open.

    The file that was there is kept beside it under the name that is returned. Raises `StoreError`.
    """
    with restorable(source, target) as part:
        saved = None
        if target.exists():
            # The log must not be left to the new file, to which it does not belong.
            with suppress(sqlite3.Error, StoreError):
                version_of(target)
                with closing(connect(target)) as db:
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            saved = spare(target, f"{time.strftime('%Y%m%d')}.bak")
            for ending in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):
                    Path(f"{target}{ending}").rename(f"{saved}{ending}")
        _settle(part, target)
    return saved


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A name beside the target for what is not finished; nothing of it is left behind."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{part}{ending}").unlink(missing_ok=True)


def _plain(path: Path) -> sqlite3.Connection:
    """A new file that nothing needs to survive until it is finished."""
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    return db


def _finish(copy: sqlite3.Connection, source: Path) -> None:
    """Make it one file without a log, and check it."""
    copy.execute("PRAGMA journal_mode = DELETE")
    found = " ".join(copy.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    if found != "ok":
        raise StoreError(f"{source}: damaged: {found}; use an older backup")


def _settle(part: Path, target: Path) -> None:
    """Give the finished file its name, so that it is there after a power cut too."""
    with part.open("rb") as finished:
        os.fsync(finished.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _counting(progress: Callable[[int, int], None] | None) -> Callable[[int, int, int], object] | None:
    if progress is None:
        return None
    return lambda _status, remaining, total: progress(total - remaining, total)
