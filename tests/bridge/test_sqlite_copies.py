"""Backups are one moment of a store; a restored one takes the place of everything."""

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.errors import StoreError
from bridge.ports import Batch, Selection, Sought
from bridge.retention import StoreOptions
from bridge.stores.sqlite import SqliteStore, backup, restore_file
from bridge.stores.sqlite.schema import APPLICATION_ID, SCRIPTS, VERSION
from tests.stores import batch


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    store = SqliteStore(tmp_path / "house.db", StoreOptions())
    store.open()
    yield store
    store.close()


def content(path: Path) -> tuple[int, int, int, int]:
    """Readings, as counted and as kept, refused messages and receipts of a file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        assert "ok" == db.execute("PRAGMA integrity_check").fetchone()[0]
        return tuple(
            db.execute(sql).fetchone()[0]
            for sql in (
                "SELECT value FROM counter WHERE name = 'readings'",
                "SELECT count(*) FROM reading",
                "SELECT count(*) FROM quarantine",
                "SELECT count(*) FROM receipt",
            )
        )  # type: ignore[return-value]


def topics(store: SqliteStore) -> list[str]:
    """The topics in quarantine, newest first."""
    return [entry.topic for entry in store.quarantined(Sought())]


def test_backup_is_one_moment_while_others_write(store: SqliteStore, tmp_path: Path) -> None:
    """The copy is of when it began, whole, though something is committed at its every step; it ends once."""
    for number in range(100):
        store.commit(batch(number, 2_000))
    told: list[tuple[int, int]] = []

    def progress(at: int, of: int) -> None:
        told.append((at, of))
        assert len(told) < 100
        store.commit(batch(99 + len(told), 2_000))

    backup(store.path, tmp_path / "copy.db", progress)
    assert (200_000, 200_000, 100, 100) == content(tmp_path / "copy.db")
    assert (len(told) > 2, told[-1][0]) == (True, told[-1][1])
    assert 100 + len(told) == len(store.receipts())
    assert ["copy.db", "house.db"] == sorted(p.name for p in tmp_path.iterdir() if p.suffix == ".db")


def test_backups_of_a_store_that_another_thread_writes(store: SqliteStore, tmp_path: Path) -> None:
    """Each copy is a whole number of batches."""
    store.commit(batch(0, 300))
    done = threading.Event()

    def write() -> None:
        for number in itertools.count(1):
            if done.is_set():
                return
            store.commit(batch(number, 300))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            backup(store.path, tmp_path / f"{n}.db")
    finally:
        done.set()
        writer.join()
    for n in range(5):
        counted, readings, refused, receipts = content(tmp_path / f"{n}.db")
        assert (receipts * 300, receipts * 300, receipts) == (counted, readings, refused)


def test_backup_refuses_a_target_that_is_there(store: SqliteStore, tmp_path: Path) -> None:
    """Nothing is written over unless that is said."""
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(StoreError, match="there already"):
        backup(store.path, target)
    assert "mine" == target.read_text()
    store.commit(batch(0))
    backup(store.path, target, replace=True)
    assert (50, 50, 1, 1) == content(target)


@pytest.mark.parametrize(
    ("written", "told"), [(None, "empty, or not there"), ("x" * 5_000, "no SQLite database")]
)
def test_backup_of_what_is_no_store(tmp_path: Path, written: str | None, told: str) -> None:
    """A source that is no store is refused with one line, and no target appears."""
    source = tmp_path / "source.db"
    if written is not None:
        source.write_text(written)
    with pytest.raises(StoreError, match=told):
        backup(source, tmp_path / "copy.db")
    assert [] == list(tmp_path.glob("*copy*"))


def test_target_folder_that_is_not_there(store: SqliteStore, tmp_path: Path) -> None:
    """It is refused with one line that names the target."""
    with pytest.raises(StoreError, match="failed: unable to open"):
        backup(store.path, tmp_path / "no" / "copy.db")


def test_restored_while_running(store: SqliteStore, tmp_path: Path) -> None:
    """Readers see all of the backup and nothing else afterwards, and writing goes on from there."""
    for number in range(3):
        store.commit(batch(number))
    backup(store.path, tmp_path / "copy.db")
    for number in range(3, 9):
        store.commit(batch(number, device="plug.b"))
    assert 9 == len(store.receipts())
    last = store.quarantined(Sought())[0].id
    store.restore(tmp_path / "copy.db")
    assert ["plug.a/2", "plug.a/1", "plug.a/0"] == topics(store)
    assert (150, 3, 0) == (store.facts().readings, len(store.receipts()), store.count(Selection("plug.b")))
    assert 0 == store.commit(Batch(batch(2).records))
    store.commit(batch(3, device="plug.c"))
    assert 4 == store.quarantined(Sought())[0].id < last
    assert {"plug.a", "plug.c"} == {row.device_id for row in store.export(Selection())}
    store.close()
    store.open()
    assert (200, 4) == (store.facts().readings, len(store.receipts()))


def test_readers_see_the_old_or_the_new(store: SqliteStore, tmp_path: Path) -> None:
    """Whoever reads while a backup is put back sees one of both, never a mixture and never an error."""
    store.commit(batch(0))
    backup(store.path, tmp_path / "one.db")
    store.commit(batch(1, device="plug.b"))
    backup(store.path, tmp_path / "two.db")
    done = threading.Event()
    seen: set[object] = set()

    def read() -> None:
        try:
            while not done.is_set():
                seen.add((store.facts().readings, 0))
                seen.add((0, len(topics(store))))
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost
            seen.add(repr(error))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        store.restore(tmp_path / "one.db")
        store.restore(tmp_path / "two.db")
    done.set()
    for reader in readers:
        reader.join()
    assert seen <= {(50, 0), (100, 0), (0, 1), (0, 2)}


def test_older_backup_is_brought_up(store: SqliteStore, tmp_path: Path) -> None:
    """A backup of the first version is migrated in a copy, and stays as it is, whatever its page size."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        db.execute("PRAGMA page_size = 8192")
        db.executescript(SCRIPTS[0])
        db.execute("INSERT INTO series VALUES (1, 'plug.old', 'plug', 'power', 'W', 'int', 0)")
        db.execute("INSERT INTO reading VALUES (1, 1790000000000000, 5, NULL)")
        db.execute("UPDATE counter SET value = 1")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
    before = old.read_bytes()
    store.commit(batch(0))
    store.restore(old)
    assert [("plug.old", 5)] == [(row.device_id, row.value) for row in store.export(Selection())]
    assert before == old.read_bytes()
    store.commit(batch(1))
    assert ["plug.a/1"] == topics(store)


def damaged(path: Path, store: SqliteStore) -> None:
    """A backup with a torn page."""
    for number in range(20):
        store.commit(batch(number))
    backup(store.path, path)
    torn = bytearray(path.read_bytes())
    torn[len(torn) // 2 : len(torn) // 2 + 20_000] = b"\x55" * 20_000
    path.write_bytes(torn)


def newer(path: Path, store: SqliteStore) -> None:
    """A backup of a version that is not written yet."""
    backup(store.path, path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")


def text(path: Path, store: SqliteStore) -> None:
    """No database."""
    path.write_text("time,value\n" * 1_000)


@pytest.mark.parametrize(
    ("make", "told"), [(damaged, "damaged"), (newer, "newer Fleetglass"), (text, "no SQLite database")]
)
def test_bad_backup_changes_nothing(store: SqliteStore, tmp_path: Path, make: object, told: str) -> None:
    """What is no whole backup is refused with one line, and all stays as it was, in the folder too."""
    make(tmp_path / "bad.db", store)  # type: ignore[operator]
    store.commit(batch(99, device="plug.z"))
    files = sorted(tmp_path.iterdir())
    with pytest.raises(StoreError, match=told) as refused:
        store.restore(tmp_path / "bad.db")
    assert "\n" not in str(refused.value)
    assert "plug.z/99" == topics(store)[0]
    store.commit(batch(100))
    assert files == sorted(tmp_path.iterdir())
    with pytest.raises(StoreError, match=told):
        restore_file(tmp_path / "bad.db", tmp_path / "new.db")
    assert files == sorted(tmp_path.iterdir())


@pytest.mark.parametrize("before", ["none", "store", "killed", "text"])
def test_restored_while_nothing_runs(store: SqliteStore, tmp_path: Path, before: str) -> None:
    """The backup takes the place of a file, which is kept beside with its log, and of no other's log."""
    store.commit(batch(0))
    backup(store.path, tmp_path / "copy.db")
    target = tmp_path / "target.db"
    if before == "text":
        target.write_text("mine")
        Path(f"{target}-wal").write_text("my log")
    elif before != "none":
        other = SqliteStore(target, StoreOptions())
        other.open()
        for number in range(5):
            other.commit(batch(number, device="plug.b"))
        if before == "killed":
            for ending in ("", "-wal"):
                Path(f"{target}.k{ending}").write_bytes(Path(f"{target}{ending}").read_bytes())
        other.close()
        if before == "killed":
            for ending in ("", "-wal"):
                Path(f"{target}.k{ending}").rename(f"{target}{ending}")
    saved = restore_file(tmp_path / "copy.db", target)
    restored = SqliteStore(target, StoreOptions())
    restored.open()
    assert ["plug.a/0"] == topics(restored)
    restored.close()
    if before == "none":
        assert saved is None
        return
    assert saved is not None
    if before == "text":
        assert ("mine", "my log") == (saved.read_text(), Path(f"{saved}-wal").read_text())
    else:
        assert (250, 250, 5, 5) == content(saved)
