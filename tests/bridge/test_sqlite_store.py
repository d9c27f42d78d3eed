"""The file of the SQLite store: whose it is, its versions, and what happens when things break."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.errors import SettingsError, StoreError
from bridge.ports import Batch, Query, Source
from bridge.quarantine import Quarantined
from bridge.retention import StoreOptions
from bridge.stores import store_for
from bridge.stores.sqlite import SqliteStore
from bridge.stores.sqlite.schema import APPLICATION_ID, SCRIPTS, VERSION
from tests.stores import NOW, batch, whole

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store's file may be."""
    return tmp_path / "house.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """An empty store."""
    store = SqliteStore(path, StoreOptions())
    store.open()
    yield store
    store.close()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite://house.db", "sqlite:///folder/", "sqlite:house.db"]
)
def test_url_without_a_file(url: str) -> None:
    """A URL that names no file is the user's mistake."""
    with pytest.raises(SettingsError, match="expected a file, as in sqlite:///fleetglass"):
        store_for(url, StoreOptions())


def test_where_the_file_is(tmp_path: Path) -> None:
    """Three slashes begin a name below the folder, four an absolute one; folders on the way are made."""
    store = store_for("sqlite:///sub/house.db", StoreOptions(tmp_path))
    store.open()
    store.close()
    assert (tmp_path / "sub" / "house.db").is_file()
    absolute = store_for(f"sqlite:///{tmp_path}/other.db", StoreOptions(tmp_path / "sub"))
    absolute.open()
    absolute.close()
    assert (tmp_path / "other.db").is_file()


def test_everything_is_there_after_a_restart(store: SqliteStore) -> None:
    """A file that is opened again goes on where it was, in the ids too."""
    for number in range(3):
        store.commit(batch(number))
    store.set_note("key", "word")
    store.close()
    store.open()
    assert 0 == store.commit(Batch(batch(2).records))
    store.commit(batch(3))
    assert 4 == whole(store)
    assert "word" == store.note("key")


def old_file(path: Path) -> None:
    """A file of the first version, with readings in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(SCRIPTS[0])
        db.execute("INSERT INTO series VALUES (7, 'plug.a', 'plug', 'power', 'W', 'float', 0)")
        db.execute("BEGIN")
        rows = [(7, round((NOW + n * 40) * 1e6), n / 2) for n in range(1_000)]
        db.executemany("INSERT INTO reading VALUES (?, ?, ?, NULL)", rows)
        db.execute("UPDATE counter SET value = 1000")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("COMMIT")


def test_older_file_is_saved_and_brought_up(path: Path) -> None:
    """A file of an earlier version is first copied beside, then used, with all that was in it."""
    old_file(path)
    store = SqliteStore(path, StoreOptions())
    store.open()
    query = Query("plug.a", [Source("power", "W")], NOW, NOW + 40_000, 20)
    before = store.history(query)
    while store.tend(NOW + 90_000):
        pass
    assert before == store.history(query)
    assert 1_000 == sum(point.count for point in before.points) == store.facts().readings
    assert [499.5] == [metric.value for metric in store.latest()[0].metrics.values()]
    store.commit(batch(1))
    store.close()
    (saved,) = path.parent.glob("house.db.v1-*.bak")
    with closing(sqlite3.connect(saved)) as db:
        assert (1, 1_000) == (
            db.execute("PRAGMA user_version").fetchone()[0],
            db.execute("SELECT count(*) FROM reading").fetchone()[0],
        )


def test_older_commands_are_told_as_far_as_they_are_known(path: Path) -> None:
    """A version that kept what was asked, and in a row of its own what was not sent, knew no other ends."""
    old_file(path)
    rows = [
        ("lamp.a", NOW, '{"on": true}', "ann", "sent", ""),
        ("lamp.b", NOW + 1, '{"on": true}', "ann", "sent", ""),
        ("lamp.a", NOW + 2, '{"on": true}', "ann", "failed", "gone"),
        ("lamp.a", NOW + 900, '{"on": true}', "ann", "sent", ""),
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(SCRIPTS[1])
        db.execute("PRAGMA user_version = 2")
        db.executemany(
            "INSERT INTO commanded (device, time, changes, by, status, note) VALUES (?, ?, ?, ?, ?, ?)",
            [(device, round(time * 1e6), *rest) for device, time, *rest in rows],
        )
    store = SqliteStore(path, StoreOptions())
    store.open()
    found = store.commanded(None)
    unknown = ("timed_out", None, "an earlier Fleetglass did not record how it ended")
    assert [
        ("lamp.a", NOW + 900, *unknown),
        ("lamp.a", NOW + 2, "not_sent", NOW + 2, "gone"),
        ("lamp.b", NOW + 1, *unknown),
    ] == [(one.device_id, one.time, one.ended, one.ended_at, one.note) for one in found]
    assert ({"on": True}, "ann", 3) == (found[0].changes, found[0].by, len({one.id for one in found}))
    assert [] == list(store.unanswered())
    store.close()


def test_second_opening_changes_nothing(path: Path) -> None:
    """Migrating and saving happen once."""
    old_file(path)
    for _ in range(2):
        store = SqliteStore(path, StoreOptions())
        store.open()
        store.close()
    assert ["house.db"] == [p.name for p in path.parent.iterdir() if not p.name.endswith(".bak")]
    assert 2 == len(list(path.parent.iterdir()))


def newer(path: Path) -> None:
    """A file of a version that is not written yet."""
    store = SqliteStore(path, StoreOptions())
    store.open()
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
        db.execute("PRAGMA journal_mode = DELETE")


def foreign(path: Path) -> None:
    """Another program's database."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmark (url TEXT)")
        db.commit()


def text(path: Path) -> None:
    """No database at all."""
    path.write_text("temperature,21\n" * 1_000)


def torn(path: Path) -> None:
    """A file of ours whose first table is damaged."""
    store = SqliteStore(path, StoreOptions())
    store.open()
    store.close()
    content = bytearray(path.read_bytes())
    content[100:4_096] = b"\x77" * 3_996
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            newer,
            f"written by a newer Fleetglass (version {VERSION + 1} of the file, this one reads",
        ),
        (foreign, "another program's database; name another file in [store] url"),
        (text, "no SQLite database; name another file in [store] url"),
        (torn, "damaged (database disk image is malformed)"),
    ],
)
def test_file_that_is_not_to_be_used(path: Path, make: object, told: str) -> None:
    """It is refused with one line that names it, and not changed in a byte."""
    make(path)  # type: ignore[operator]
    content = path.read_bytes()
    with pytest.raises(StoreError) as refused:
        SqliteStore(path, StoreOptions()).open()
    assert str(refused.value).startswith(f"{path}: {told}")
    assert "\n" not in str(refused.value)
    assert content == path.read_bytes()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file below another file is refused with one line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(tmp_path / "file" / "house.db", StoreOptions()).open()


def test_locked_by_another_program(path: Path) -> None:
    """A commit that comes while somebody else writes fails wholly; the same batch is taken later, once."""
    store = SqliteStore(path, StoreOptions(), busy=0.01)
    store.open()
    store.commit(batch(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE note SET text = ''")
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                store.commit(batch(1))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                store.tend(NOW)
        assert 1 == whole(store)
        other.execute("ROLLBACK")
    store.commit(batch(1))
    assert 2 == whole(store)
    store.close()


def test_series_of_another_process_are_respected(store: SqliteStore, path: Path) -> None:
    """After a commit that failed nothing is believed of what it began: series are looked up anew."""
    store.commit(batch(0))
    with pytest.raises(sqlite3.Error):
        store.commit(Batch(batch(1, 80).records, quarantined=[Quarantined(0, NOW, "t", None, "", b"", 0)]))  # type: ignore[arg-type]
    store.commit(batch(1))
    assert 2 == whole(store)


FULL = """
import resource, sqlite3, sys
sys.path.insert(0, {root!r})
import signal
from pathlib import Path
from bridge.retention import StoreOptions
from bridge.stores.sqlite import SqliteStore
from tests.stores import batch, whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore(Path({path!r}), StoreOptions())
store.open()
store.commit(batch(0))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
done = 1
failed = 0
while failed < 3:
    try:
        store.commit(batch(done))
        done += 1
    except sqlite3.Error as error:
        failed += 1
        told = str(error)
assert done > 2, done
assert done == whole(store), "a failed commit left something"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.commit(batch(done))
assert done + 1 == whole(store)
store.close()
print(told)
"""


def test_full_disk(path: Path) -> None:
    """Where nothing more can be written a commit fails wholly; when there is room again, it goes on."""
    script = FULL.format(root=ROOT, path=str(path))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert (0, "") == (ran.returncode, ran.stderr)
    assert "disk" in ran.stdout


WRITER = """
import itertools, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from bridge.retention import StoreOptions
from bridge.stores.sqlite import SqliteStore
from tests.stores import NOW, batch
store = SqliteStore(Path({path!r}), StoreOptions())
store.open()
for number in itertools.count(len(store.receipts())):
    store.commit(batch(number))
    print(number, flush=True)
    store.tend(NOW + 3_600 + number * 30, 0.001)
"""


@pytest.mark.slow
def test_killed_in_the_midst(path: Path) -> None:
    """After kill -9 all that a commit returned for is there, wholly, and nothing half; again and again."""
    script = WRITER.format(root=ROOT, path=str(path))
    for stop_after in (1, 30, 3, 80, 17):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            last = -1
            for _ in range(stop_after):
                last = int(writer.stdout.readline())
            os.kill(writer.pid, signal.SIGKILL)
            last = max([last, *map(int, writer.stdout.read().split("\n")[:-1])])
        store = SqliteStore(path, StoreOptions())
        store.open()
        assert last + 1 <= whole(store) <= last + 2
        with closing(sqlite3.connect(path)) as db:
            assert "ok" == db.execute("PRAGMA integrity_check").fetchone()[0]
        found = store.history(Query("plug.a", [Source("m0", "W")], NOW - 1, NOW + 1e6, 4))
        assert whole(store) == sum(point.count for point in found.points)
        store.close()


def test_readers_wait_for_no_commit(store: SqliteStore, path: Path) -> None:
    """While a transaction is open, reading answers from before it."""
    store.commit(batch(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM reading")
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(whole(store))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [1] * 8 == answers
        other.execute("ROLLBACK")


def test_closed_store_is_closed(store: SqliteStore) -> None:
    """After the end a store says so, and leaves one file."""
    store.commit(batch(0))
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.commit(batch(1))
    with pytest.raises(StoreError, match="closed"):
        store.latest()
    assert ["house.db"] == [path.name for path in store.path.parent.iterdir()]
