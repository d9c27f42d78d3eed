"""The newest picture of every metric that is one, in the file."""

import sqlite3
from collections.abc import Sequence

from bridge.ports import Pictured
from schemas.picture import Picture


def write_pictures(db: sqlite3.Connection, pictures: Sequence[Pictured], most: int) -> None:
    """Keep the last of these for each metric; beyond `most` bytes the pictures go that came longest ago."""
    newest = {(pictured.device_id, pictured.metric): pictured for pictured in pictures}
    for device_id, metric, at, (media, width, height, data) in newest.values():
        db.execute(
            "INSERT OR REPLACE INTO picture (device, metric, time, media, width, height, size, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (device_id, metric, round(at * 1e6), media, width, height, len(data), data),
        )
    over = db.execute("SELECT total(size) FROM picture").fetchone()[0] - most
    while over > 0:
        number, size = db.execute("SELECT id, size FROM picture ORDER BY time, id LIMIT 1").fetchone()
        db.execute("DELETE FROM picture WHERE id = ?", (number,))
        over -= size


def pictures(db: sqlite3.Connection) -> Sequence[Pictured]:
    """All that are kept, that which came longest ago first."""
    rows = db.execute(
        "SELECT device, metric, time, media, width, height, data FROM picture ORDER BY time, id"
    )
    return [Pictured(row[0], row[1], row[2] / 1e6, Picture(*row[3:])) for row in rows]
