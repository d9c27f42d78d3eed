"""The rows of a forgotten history go in slices, out of everybody's reach from the first moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.ports import Batch, Forgotten, Query, Record, Selection
from bridge.retention import StoreOptions
from bridge.stores.sqlite import SqliteStore, forgetting
from schemas.message import Reading
from tests.stores import CELSIUS, DEVICE, NOW

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "house.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """A store with a day of two thermostats' readings, rolled up."""
    store = SqliteStore(path, StoreOptions())
    store.open()
    for device in (DEVICE, "thermostat.b"):
        store.commit(
            Batch(
                [
                    Record(device, "thermostat", at, at, (Reading("temperature", float(n % 30), "°C"),))
                    for n in range(2_000)
                    for at in (NOW + n * 43.2,)
                ]
            )
        )
    tended(store)
    yield store
    store.close()


def tended(store: SqliteStore, at: float = NOW + 2 * DAY) -> None:
    """All that is due is done."""
    while store.tend(at):
        pass


def rows(path: Path) -> dict[str, int]:
    """How many rows there are."""
    tables = ("series", "reading", "minute", "hour", "due", "due_hour", "doomed")
    with closing(sqlite3.connect(path)) as db:
        return {
            name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - names of ours
            for name in tables
        }


def test_all_rows_go_in_time(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found from the commit on; in the end there is as much as is the other device's."""
    monkeypatch.setattr(forgetting, "ROWS", 100)
    before = rows(path)
    store.commit(Batch(forgotten=[Forgotten(DEVICE, NOW + DAY, history=True)]))
    assert (0, []) == (
        store.count(Selection(DEVICE)), list(store.history(Query(DEVICE, CELSIUS, NOW, NOW + DAY)).points)
    )  # fmt: skip
    assert before["reading"] == rows(path)["reading"]
    tended(store)
    assert {name: count // 2 for name, count in before.items()} == rows(path)
    assert (2_000, 2_000) == (store.facts().readings, store.count(Selection("thermostat.b")))


@pytest.mark.parametrize("restarted", [False, True], ids=["at once", "after a restart"])
def test_who_comes_back_meanwhile_is_another(store: SqliteStore, path: Path, *, restarted: bool) -> None:
    """The new readings are not mixed with rows that are still to go."""
    last = Record("zone.z", "zone", NOW, NOW, (Reading("temperature", 1.0, "°C"),))
    store.commit(Batch([last]))
    store.commit(Batch(forgotten=[Forgotten("zone.z", NOW + 1, history=True)]))
    store.commit(Batch(forgotten=[Forgotten(DEVICE, NOW + DAY, history=True)]))
    if restarted:
        store.close()
        store = SqliteStore(path, StoreOptions())
        store.open()
    for number in range(2):
        at = NOW + 3 * DAY + number
        reading = Reading("temperature", 5.0 + number, "°C")
        store.commit(Batch([Record(DEVICE, "thermostat", at, at, (reading,))]))
    expected = [5.0, 6.0]
    assert expected == [row.value for row in store.export(Selection(DEVICE))]
    tended(store, NOW + 4 * DAY)
    assert expected == [row.value for row in store.export(Selection(DEVICE))]
    assert (2, 2_002, 0) == tuple(rows(path)[name] for name in ("series", "reading", "doomed"))
    store.close()


def test_the_upkeep_under_way_does_not_stumble(store: SqliteStore) -> None:
    """A sweep that has the forgotten series on its list, and minutes that are due, are no hindrance."""
    for n in range(300):
        at = NOW + 2 * DAY + n
        one = Record(f"thermostat.{n}", "thermostat", at, at, (Reading("temperature", 1.0, "°C"),))
        store.commit(Batch([one]))
    # Minutes, hours, and the first series of the sweep.
    for _ in range(3):
        store.tend(NOW + 3 * DAY, at_most=0.0)
    for n in range(300):
        store.commit(Batch(forgotten=[Forgotten(f"thermostat.{n}", NOW + 3 * DAY, history=True)]))
    tended(store, NOW + 3 * DAY)
    assert 4_000 == store.facts().readings


def test_marks_are_bounded(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of devices without a history go, the oldest first; one that keeps a device away stays."""
    monkeypatch.setattr(forgetting, "MARKS", 3)
    store.commit(Batch(forgotten=[Forgotten(DEVICE, NOW + DAY)]))
    for n in range(6):
        store.commit(Batch(forgotten=[Forgotten(f"plug.{n}", NOW + DAY + n + 1)]))
    with closing(sqlite3.connect(path)) as db:
        marks = [row[0] for row in db.execute("SELECT device FROM forgotten ORDER BY time")]
    assert [DEVICE, "plug.3", "plug.4", "plug.5"] == marks
    assert ["thermostat.b"] == [known.id for known in store.latest()]
