"""Rolling readings up into minutes and hours, a slice at a time, inside a transaction that the store holds.

A minute is counted anew from its readings, and an hour from its minutes, so that doing it twice changes
nothing. Only where the readings were removed already, a late one is added to what was rolled up, in the
transaction that removes it.
"""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import json
import sqlite3
from collections.abc import Iterable

from bridge.stores.sqlite.commit import Known
from bridge.stores.steps import HOUR, MINUTE, SECOND

SLICE = 500
"""Minutes, or hours, of series that are rolled up in one transaction."""
REST = 60 * SECOND
"""A minute is left alone for so long after it is over, and after something late came for it."""

_PAIRS = (
    "SELECT json_extract(value, '$[0]') AS series, json_extract(value, '$[1]') AS number"
    " FROM json_each(:pairs)"
)
_READINGS = f"""
({_PAIRS}) AS due CROSS JOIN reading AS r ON r.series = due.series
  AND r.time >= due.number * {MINUTE} AND r.time < (due.number + 1) * {MINUTE}
"""
_COUNTED = "min(value) AS low, max(value) AS high, total(value) AS total, count(*) AS count"
# `high` and `total` are left out where every value is the same, as it is where there is one only.
_SLIM = "low, nullif(high, low), CASE WHEN high = low THEN NULL ELSE total END, count"
_ADDED = """
DO UPDATE SET low = min(low, excluded.low),
  high = max(coalesce(high, low), coalesce(excluded.high, excluded.low)),
  total = coalesce(total, low * count) + coalesce(excluded.total, excluded.low * excluded.count),
  count = count + excluded.count
"""
_MINUTES_OF_READINGS = f"""
INTO minute SELECT series, number, {_SLIM} FROM (
  SELECT due.series, due.number, {_COUNTED} FROM {_READINGS} GROUP BY due.series, due.number
) WHERE true
"""
_MINUTES = f"INSERT OR REPLACE {_MINUTES_OF_READINGS}"
_MERGE_MINUTES = f"INSERT {_MINUTES_OF_READINGS} ON CONFLICT (series, minute) {_ADDED}"
# Divided so that it rounds down before 1970 too.
_MERGE_HOURS = f"""
INSERT INTO hour SELECT series, number, {_SLIM} FROM (
  SELECT due.series, (due.number - (due.number % 60 + 60) % 60) / 60 AS number, {_COUNTED}
  FROM {_READINGS} GROUP BY 1, 2
) WHERE true ON CONFLICT (series, hour) {_ADDED}
"""
_HOURS = f"""
INSERT OR REPLACE INTO hour SELECT series, number, {_SLIM} FROM (
  SELECT due.series, due.number, min(m.low) AS low, max(coalesce(m.high, m.low)) AS high,
    total(coalesce(m.total, m.low * m.count)) AS total, sum(m.count) AS count
  FROM ({_PAIRS}) AS due CROSS JOIN minute AS m ON m.series = due.series
    AND m.minute >= due.number * 60 AND m.minute < (due.number + 1) * 60
  GROUP BY due.series, due.number
)
"""
_REMOVE_READINGS = f"""
DELETE FROM reading WHERE (series, time, value) IN (SELECT r.series, r.time, r.value FROM {_READINGS})
"""


def roll_up_minutes(db: sqlite3.Connection, known: Known, now: int) -> bool:
    """Roll up a slice of the minutes that are over; whether there may be more."""
    rows = db.execute(
        "SELECT due.series, due.minute, type, readings_from, minutes_from, hours_from"
        " FROM due JOIN series ON series.id = due.series"
        " WHERE minute < ? AND NOT (since > ? AND since <= ?) ORDER BY minute LIMIT ?",
        ((now - REST) // MINUTE, now - REST, now + HOUR, SLICE),
    ).fetchall()
    if not rows:
        return False
    whole, to_minutes, to_hours, late = [], [], [], []
    for series, minute, kind, readings_from, minutes_from, hours_from in rows:
        pair, hour = (series, minute), minute // 60
        if readings_from is not None and hour < readings_from:
            late.append(pair)
            if kind == "text":
                continue
            if minutes_from is None or hour >= minutes_from:
                to_minutes.append(pair)
            elif hours_from is None or hour >= hours_from:
                to_hours.append(pair)
        elif kind != "text":
            whole.append(pair)
    _run(db, _MINUTES, whole)
    _run(db, _MERGE_MINUTES, to_minutes)
    _run(db, _MERGE_HOURS, to_hours)
    changed = {(series, minute // 60) for series, minute in whole + to_minutes}
    _run(db, f"INSERT OR IGNORE INTO due_hour {_PAIRS}", changed)
    removed = _run(db, _REMOVE_READINGS, late)
    if removed:
        db.execute("UPDATE counter SET value = value - ? WHERE name = 'readings'", (removed,))
    done = [row[:2] for row in rows]
    _run(db, f"DELETE FROM due WHERE (series, minute) IN ({_PAIRS})", done)
    known.rolled_up(done)
    return len(rows) == SLICE


def roll_up_hours(db: sqlite3.Connection, now: int) -> bool:
    """Roll up a slice of the hours that are over; whether there may be more."""
    rows = db.execute(
        "SELECT series, hour FROM due_hour WHERE hour < ? ORDER BY hour LIMIT ?",
        ((now - REST) // HOUR, SLICE),
    ).fetchall()
    _run(db, _HOURS, rows)
    _run(db, f"DELETE FROM due_hour WHERE (series, hour) IN ({_PAIRS})", rows)
    return len(rows) == SLICE


def _run(db: sqlite3.Connection, sql: str, pairs: Iterable[tuple[int, int]]) -> int:
    pairs = list(pairs)
    return db.execute(sql, {"pairs": json.dumps(pairs)}).rowcount if pairs else 0
