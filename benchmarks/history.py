"""What the SQLite store costs: commits, room, and the time until a chart is there."""

import itertools
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measure import Row, seconds
from bridge.ports import Batch, Query, Receipt, Record, Source
from bridge.retention import DAY, DEFAULT, Retention, StoreOptions
from bridge.stores.sqlite import SqliteStore
from schemas.message import Reading

READINGS = int(os.environ.get("BENCH_READINGS", "10000000"))
"""In the file whose charts are asked for; a smaller number is enough for a first look."""
SERIES = 10
BEGIN = 1_790_000_000.0
YEAR = 365 * DAY
POINTS = 500
MESSAGES = 1_000
"""In one commit, of four readings each."""
COMMITS = 60
METRICS = ("power", "energy", "voltage", "current")
BARE = "CREATE TABLE bare (device TEXT, metric TEXT, unit TEXT, time REAL, value REAL)"


def rows() -> Iterator[Row]:
    """Commits, bytes a reading, and charts of a day and of a year."""
    with TemporaryDirectory() as folder:
        yield _commits(Path(folder))
    with TemporaryDirectory() as folder:
        store = _filled(Path(folder) / "history.db")
        yield _room(store, Path(folder))
        yield from _charts(store)
        store.close()


def _commits(folder: Path) -> Row:
    """Readings a second, against a statement for each of them."""
    batches = [_batch(number) for number in range(COMMITS)]
    store = SqliteStore(folder / "ours.db", StoreOptions())
    store.open()
    begun = perf_counter()
    new = sum(store.commit(batch) for batch in batches)
    ours = new / (perf_counter() - begun)
    store.close()
    with closing(sqlite3.connect(folder / "rival.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(BARE)
        db.execute("CREATE UNIQUE INDEX bare_key ON bare (device, metric, time, value)")
        begun = perf_counter()
        for batch in batches:
            db.execute("BEGIN")
            db.executemany(
                "INSERT OR IGNORE INTO bare VALUES (?, ?, ?, ?, ?)",
                [(r.device_id, m, unit, r.time, v) for r in batch.records for m, v, unit, _ in r.readings],
            )
            db.execute("COMMIT")
        rival = new / (perf_counter() - begun)
    return Row(
        "readings committed, 1,000 messages at a time", "readings/s", ours, rival,
        "names in each row, `executemany`", more_is_better=True,
    )  # fmt: skip


def _batch(number: int) -> Batch:
    """Messages of twenty devices with four values each."""
    return Batch(
        [
            Record(
                f"energy_meter.{n % 20}", "energy_meter", at, at,
                tuple(Reading(name, n * 0.37 + len(name), "W") for name in METRICS),
            )
            for n in range(MESSAGES)
            for at in (BEGIN + (number * MESSAGES + n) / 20,)
        ],
        receipts=[Receipt(n + 1, n) for n in range(MESSAGES)],
    )  # fmt: skip


def _filled(path: Path) -> SqliteStore:
    """A store with a year of readings, rolled up, none removed."""
    store = SqliteStore(path, StoreOptions(retention={DEFAULT: Retention(None, None, None)}))
    store.open()
    each = READINGS // SERIES
    apart = YEAR / each
    moments = iter(range(each))
    while some := list(itertools.islice(moments, 1_000)):
        store.commit(Batch([_year(n, apart) for n in some]))
        while store.tend(BEGIN + some[-1] * apart, 1.0):
            pass
    while store.tend(BEGIN + YEAR + DAY, 1.0):
        pass
    return store


def _year(n: int, apart: float) -> Record:
    at = round(BEGIN + n * apart, 6)
    readings = tuple(
        Reading(f"m{number}", 20 + n * (number + 7) % 1_000 / 37, "W") for number in range(SERIES)
    )
    return Record("energy_meter.0", "energy_meter", at, at, readings)


def _room(store: SqliteStore, folder: Path) -> Row:
    """Bytes a reading, minutes and hours among them, against a row with its names and an index to find it."""
    count = 100_000
    rival = folder / "rival.db"
    with closing(sqlite3.connect(rival)) as db:
        db.execute(BARE)
        db.execute("CREATE INDEX bare_key ON bare (device, metric, time)")
        db.executemany(
            "INSERT INTO bare VALUES ('energy_meter.0', ?, 'W', ?, ?)",
            [(f"m{n % 10}", BEGIN + n, n / 37) for n in range(count)],
        )
        db.commit()
    facts = store.facts()
    return Row(
        "room a reading takes, a year of them with minutes and hours", "bytes", facts.size / facts.readings,
        rival.stat().st_size / count, "single readings with names in each row",
    )  # fmt: skip


def _charts(store: SqliteStore) -> Iterator[Row]:
    """One metric in at most 500 points, against counting the same readings one by one."""
    end = BEGIN + YEAR
    for name, length, rounds in (("day", DAY, 15), ("year", YEAR, 5)):
        query = Query("energy_meter.0", [Source("m3", "W")], end - length, end, POINTS)
        found = store.history(query)
        assert 100 < len(found.points) <= POINTS
        with closing(sqlite3.connect(store.path)) as db:
            raw = _grouped(db, query, found.step)
            assert sum(point.count for point in found.points) == sum(row[4] for row in raw)
            rival = seconds(lambda db=db, q=query, s=found.step: _grouped(db, q, s), rounds=rounds)  # type: ignore[misc]
        ours = seconds(lambda q=query: store.history(q), rounds=rounds)  # type: ignore[misc]
        yield Row(
            f"chart of a {name}, 500 points, among {READINGS / 1e6:g} million readings", "ms", ours * 1e3,
            rival * 1e3, "GROUP BY over its readings",
        )  # fmt: skip


def _grouped(db: sqlite3.Connection, query: Query, step: float) -> Sequence[tuple[float, ...]]:
    begin, end, micros = round(query.start * 1e6), round(query.end * 1e6), round(step * 1e6)
    return db.execute(
        "SELECT time / ?1, avg(value), min(value), max(value), count(*) FROM reading"
        " WHERE series = (SELECT id FROM series WHERE metric = 'm3') AND time >= ?2 AND time < ?3 GROUP BY 1",
        (micros, begin, end),
    ).fetchall()
