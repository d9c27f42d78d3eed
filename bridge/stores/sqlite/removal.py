"""Removing what was kept long enough, a slice at a time, inside a transaction that the store holds."""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from bridge.retention import DAY, Retention, StoreOptions
from bridge.stores.steps import HOUR

ROWS = 5_000
"""Rows, about, that are removed in one transaction."""
SERIES = 200
"""Series that are looked at in one transaction."""
LISTED = 366 * DAY
"""Seconds that availability changes and commands are kept."""
LISTED_ROWS = 1_000_000
"""And how many of each, at the most."""
_NEVER = -(2**30)
_BEFORE_ALL = -(2**62)


class Bounds(NamedTuple):
    """Hours before which nothing is kept any longer; None: everything is."""

    readings: int | None
    minutes: int | None
    hours: int | None


def bounds(keep: Retention, now: int) -> Bounds:
    """What a retention means now. Minutes are kept at least as long as readings, hours as long as minutes."""
    readings = keep.readings
    minutes = None if readings is None or keep.minutes is None else max(readings, keep.minutes)
    hours = None if minutes is None or keep.hours is None else max(minutes, keep.hours)

    def hour(seconds: float | None) -> int | None:
        return None if seconds is None else int((now - seconds * 1e6) // HOUR)

    return Bounds(hour(readings), hour(minutes), hour(hours))


class Sweep:
    """Goes through all series once an hour and removes what is too old, by whole hours.

    Nothing goes before it is rolled up: a series that has anything due stays as it is from there on.
    """

    def __init__(self, keep: Callable[[str], Retention]) -> None:
        self._keep = keep
        self._hour = _BEFORE_ALL
        self._waiting: deque[tuple[int, str]] = deque()

    def step(self, db: sqlite3.Connection, now: int) -> bool:
        """Remove a slice; whether there is more."""
        if self._hour != now // HOUR:
            self._hour = now // HOUR
            self._waiting = deque(db.execute("SELECT id, kind FROM series ORDER BY id"))
        kinds: dict[str, Bounds] = {}
        rows = 0
        for _ in range(min(SERIES, len(self._waiting))):
            number, kind = self._waiting[0]
            if kind not in kinds:
                kinds[kind] = bounds(self._keep(kind), now)
            removed, finished = _sweep(db, number, kinds[kind])
            rows += removed
            if finished:
                self._waiting.popleft()
            if rows >= ROWS:
                break
        return bool(self._waiting)

    def again(self) -> None:
        """Begin anew: the file is another one, or a slice was undone."""
        self._hour = _BEFORE_ALL


def _sweep(db: sqlite3.Connection, series: int, bound: Bounds) -> tuple[int, bool]:
    """Remove what is too old of one series: how many rows, and whether that was all."""
    if bound.readings is None:
        return 0, True
    readings_from = db.execute("SELECT readings_from FROM series WHERE id = ?", (series,)).fetchone()[0]
    begin = _NEVER if readings_from is None else readings_from
    due = db.execute(
        "SELECT min(minute) FROM due WHERE series = ? AND minute >= ?", (series, begin * 60)
    ).fetchone()[0]
    target = bound.readings if due is None else min(bound.readings, due // 60)
    removed, finished = _remove(db, series, "reading", (begin, target))
    if removed:
        db.execute("UPDATE counter SET value = value - ? WHERE name = 'readings'", (removed,))
    if not finished or bound.minutes is None:
        return removed, finished
    due = db.execute("SELECT min(hour) FROM due_hour WHERE series = ?", (series,)).fetchone()[0]
    target = min(bound.minutes, target) if due is None else min(bound.minutes, target, due)
    gone, finished = _remove(db, series, "minute", (_NEVER, target))
    removed += gone
    if not finished or bound.hours is None:
        return removed, finished
    gone, finished = _remove(db, series, "hour", (_NEVER, min(bound.hours, target)))
    return removed + gone, finished


_TABLES = {
    "reading": ("time", HOUR, "readings_from"),
    "minute": ("minute", 60, "minutes_from"),
    "hour": ("hour", 1, "hours_from"),
}
"""The column that says when, how much of it is an hour, and where it is noted what is gone."""


def _remove(db: sqlite3.Connection, series: int, table: str, hours: tuple[int, int]) -> tuple[int, bool]:
    """Remove rows of whole hours, from the first on, before the second: how many, and whether all of them.

    An hour goes at once: half of one could not be counted again.
    """
    column, hour, noted = _TABLES[table]
    begin, end = hours[0] * hour, hours[1] * hour
    found = (
        f"SELECT {column} FROM {table} WHERE series = ? AND {column} >= ? AND {column} < ?"
        f" ORDER BY {column} LIMIT 1 OFFSET ?"
    )
    first = db.execute(found, (series, begin, end, 0)).fetchone()
    if first is None:
        return 0, True
    far = db.execute(found, (series, begin, end, ROWS)).fetchone()
    until = hours[1] if far is None else max(far[0] // hour, first[0] // hour + 1)
    removed = db.execute(
        f"DELETE FROM {table} WHERE series = ? AND {column} >= ? AND {column} < ?",
        (series, begin, until * hour),
    ).rowcount
    db.execute(f"UPDATE series SET {noted} = ? WHERE id = ?", (until, series))
    return removed, until == hours[1]


def trim(db: sqlite3.Connection, options: StoreOptions, now: int) -> bool:
    """Remove a slice of what the lists hold beyond their bounds, the oldest first; whether there is more."""
    more = [_trim_messages(db, table, options, now) for table in ("quarantine", "unread")]
    more += [_trim_list(db, table, now) for table in ("heard", "commanded")]
    return any(more)


def _trim_messages(db: sqlite3.Connection, table: str, options: StoreOptions, now: int) -> bool:
    size = db.execute("SELECT coalesce(sum(size), 0) FROM tally WHERE list = ?", (table,)).fetchone()[0]
    before = _BEFORE_ALL if options.quarantine_age is None else now - round(options.quarantine_age * 1e6)
    last = None
    looked = 0
    for number, time, length in db.execute(
        f"SELECT id, time, length(payload) FROM {table} ORDER BY id LIMIT {ROWS // 10}"
    ):
        if time >= before and size <= options.quarantine_size:
            break
        last = number
        size -= length
        looked += 1
    if last is None:
        return False
    gone = db.execute(f"DELETE FROM {table} WHERE id <= ?", (last,)).rowcount
    db.execute("UPDATE counter SET value = value + ? WHERE name = ?", (gone, f"{table} removed"))
    return looked == ROWS // 10


def _trim_list(db: sqlite3.Connection, table: str, now: int) -> bool:
    newest = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]
    gone = db.execute(
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT {ROWS})"
        " AND (time < ? OR id <= ?)",
        (now - round(LISTED * 1e6), newest - LISTED_ROWS),
    ).rowcount
    return gone == ROWS
