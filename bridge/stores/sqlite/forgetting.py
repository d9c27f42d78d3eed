"""Forgetting a device: at once for whoever asks, its rows a slice at a time afterwards."""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import sqlite3

from bridge.ports import Forgotten

ROWS = 5_000
"""Rows, about, that are removed in one transaction."""
MARKS = 20_000
"""Marks that are kept of devices without a history; with one, each is kept."""
_BY_SERIES = (("reading", "time"), ("minute", "minute"), ("hour", "hour"))
_BY_DEVICE = ("unread", "heard", "commanded")


def forget(db: sqlite3.Connection, forgotten: Forgotten) -> None:
    """Take a device out of what is known now, and with its history out of all that can be asked."""
    device_id, time, history = forgotten
    db.execute("DELETE FROM latest WHERE device = ?", (device_id,))
    db.execute("DELETE FROM picture WHERE device = ?", (device_id,))
    db.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?)", (device_id, round(time * 1e6)))
    db.execute(
        "DELETE FROM forgotten WHERE device IN (SELECT device FROM forgotten"
        " WHERE device NOT IN (SELECT device FROM series) ORDER BY time DESC LIMIT -1 OFFSET ?)",
        (MARKS,),
    )
    if not history:
        return
    its = "SELECT id FROM series WHERE device = ?"
    db.execute(f"INSERT INTO doomed {its}", (device_id,))
    for table in ("due", "due_hour"):
        db.execute(f"DELETE FROM {table} WHERE series IN ({its})", (device_id,))
    db.execute("DELETE FROM series WHERE device = ?", (device_id,))
    for table in _BY_DEVICE:
        db.execute(f"DELETE FROM {table} WHERE device = ?", (device_id,))


def bury(db: sqlite3.Connection) -> bool:
    """Remove a slice of the rows of series that were forgotten; whether there is more."""
    found = db.execute("SELECT min(series) FROM doomed").fetchone()[0]
    if found is None:
        return False
    for table, column in _BY_SERIES:
        removed, finished = _remove(db, found, table, column)
        if table == "reading" and removed:
            db.execute("UPDATE counter SET value = value - ? WHERE name = 'readings'", (removed,))
        if not finished:
            return True
    db.execute("DELETE FROM doomed WHERE series = ?", (found,))
    return True


def _remove(db: sqlite3.Connection, series: int, table: str, column: str) -> tuple[int, bool]:
    far = db.execute(
        f"SELECT {column} FROM {table} WHERE series = ? ORDER BY {column} LIMIT 1 OFFSET ?", (series, ROWS)
    ).fetchone()
    where, values = ("", [series]) if far is None else (f" AND {column} <= ?", [series, far[0]])
    removed = db.execute(f"DELETE FROM {table} WHERE series = ?{where}", values).rowcount
    return removed, far is None
