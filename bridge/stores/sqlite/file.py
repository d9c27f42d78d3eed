"""A store's file: whose it is, of which version, and how it is opened."""

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from bridge.errors import StoreError
from bridge.stores.sqlite.schema import APPLICATION_ID, SCRIPTS, VERSION

PAGE = 4_096
BUSY = 2.0
"""Seconds that a commit waits for another program that writes."""
CHECKPOINT = 4_000
"""Pages of the log after which a commit moves them into the file."""
LOG_KEPT = 64 * 1024 * 1024
"""Bytes that the log keeps for use again, however long it once was."""


def version_of(path: Path, mend: str = "name another file in [store] url") -> int:
    """How many scripts have run in a file; 0 for one that is empty or not there. Changes nothing.

    Raises `StoreError` for what is no file of ours, or of a version after this one; `mend` says what to do.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            return 0
        with closing(sqlite3.connect(_uri(path, "ro"), uri=True, timeout=BUSY)) as db:
            owner = db.execute("PRAGMA application_id").fetchone()[0]
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            used = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except (sqlite3.Error, OSError) as error:
        raise StoreError(cannot_open(path, error, mend)) from error
    if owner != APPLICATION_ID:
        if not used and not owner:
            return 0
        raise StoreError(f"{path}: another program's database; {mend}")
    if version > VERSION:
        raise StoreError(
            f"{path}: written by a newer Fleetglass (version {version} of the file, this one reads up to "
            f"{VERSION}); install the newer one, or {mend}"
        )
    return version


def cannot_open(path: Path, error: Exception, mend: str = "restore a backup of it") -> str:
    """Why a file cannot be opened, as one line that says how to mend it."""
    if "not a database" in str(error):
        return f"{path}: no SQLite database; {mend}"
    if "malformed" in str(error):
        return f"{path}: damaged ({error}); {mend}"
    if "full" in str(error):
        return f"{path}: cannot be opened: {error}; make room"
    if "locked" in str(error):
        return f"{path}: another program writes it; end that one, or {mend}"
    return f"{path}: cannot be opened: {error}; look at the rights of the file and its folder"


def prepare(path: Path) -> Path | None:
    """Make a file of the present version: new, or migrated after a backup, whose path is returned.

    Raises `StoreError`.
    """
    version = version_of(path)
    if version == VERSION:
        return None
    saved = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(connect(path)) as db:
            if version:
                saved = spare(path, f"v{version}-{time.strftime('%Y%m%d')}.bak")
                with closing(sqlite3.connect(saved, isolation_level=None)) as copy:
                    db.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
            migrate(db, version)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(cannot_open(path, error)) from error
    return saved


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Run the scripts that are missing, all or none."""
    steps = "".join(SCRIPTS[version:])
    try:
        db.executescript(
            f"BEGIN IMMEDIATE; {steps} PRAGMA application_id = {APPLICATION_ID}; "
            f"PRAGMA user_version = {VERSION}; COMMIT;"
        )
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def connect(path: Path, busy: float = BUSY) -> sqlite3.Connection:
    """The connection that writes. A commit is on the disk when it returns, not only with the system."""
    db = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False)
    return _set(
        db,
        f"page_size = {PAGE}",
        "journal_mode = WAL",
        "synchronous = FULL",
        f"wal_autocheckpoint = {CHECKPOINT}",
        f"journal_size_limit = {LOG_KEPT}",
        "cache_size = -32000",
        "secure_delete = OFF",
        "temp_store = MEMORY",
    )


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, and waits for no commit."""
    db = sqlite3.connect(
        _uri(path, "rw"), uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False
    )
    return _set(db, "query_only = ON", "cache_size = -8000", "temp_store = MEMORY")


def _set(db: sqlite3.Connection, *pragmas: str) -> sqlite3.Connection:
    """The connection with these pragmas set, in this order; closed if one cannot be."""
    try:
        for pragma in pragmas:
            db.execute(f"PRAGMA {pragma}")
    except BaseException:
        db.close()
        raise
    return db


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def spare(path: Path, ending: str) -> Path:
    """A name beside a file that nothing has yet."""
    spare = path.with_name(f"{path.name}.{ending}")
    n = 2
    while spare.exists():
        spare = path.with_name(f"{path.name}.{ending}.{n}")
        n += 1
    return spare
