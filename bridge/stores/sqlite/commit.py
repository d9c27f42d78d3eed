"""Writing a batch, inside a transaction that the store holds."""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import json
import sqlite3
import struct
from collections import deque
from collections.abc import Sequence

from bridge.commands import CommandRecord
from bridge.ports import RECEIPTS_KEPT, Batch, Receipt, Record
from bridge.quarantine import Quarantined
from bridge.stores.sqlite.forgetting import forget
from bridge.stores.sqlite.pictures import write_pictures
from bridge.stores.sqlite.rows import Bound, append, chunks, insert
from bridge.stores.states import to_row
from bridge.stores.steps import MINUTE

TYPES: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "text"}
PYTHON: dict[str, type] = {name: python for python, name in TYPES.items()}
NO_MINUTE = -(2**62)


class Known:
    """What the writing connection remembers of its file: series, the last minute of each, and receipts.

    It runs ahead of the file while a transaction is open, so it is thrown away if that fails.
    """

    def __init__(self) -> None:
        self.series: dict[str, dict[tuple[str, str, type], list[int]]] = {}
        """By device and (metric, unit, type): the id, and the last minute that was noted as due."""
        self.by_id: dict[int, list[int]] = {}
        self.receipts: deque[tuple[int, int]] = deque()
        """The id and length of each row of receipts, oldest first."""
        self.receipts_kept = 0
        self.last_series = 0

    def load(self, db: sqlite3.Connection) -> None:
        """Learn all of it from the file."""
        for number, device, metric, unit, kind in db.execute(
            "SELECT id, device, metric, unit, type FROM series"
        ):
            self.add(number, device, (metric, unit, PYTHON[kind]))
        gone = db.execute("SELECT max(series) FROM doomed").fetchone()[0]
        self.last_series = max(self.last_series, gone or 0)
        self.receipts.extend(db.execute("SELECT id, length(ids) / 2 FROM receipt ORDER BY id"))
        self.receipts_kept = sum(count for _, count in self.receipts)

    def add(self, number: int, device: str, key: tuple[str, str, type]) -> list[int]:
        """Remember a series."""
        entry = [number, NO_MINUTE]
        self.series.setdefault(device, {})[key] = entry
        self.by_id[number] = entry
        self.last_series = max(self.last_series, number)
        return entry

    def forget(self, device_id: str) -> None:
        """A device's series are gone."""
        for number, _minute in self.series.pop(device_id, {}).values():
            del self.by_id[number]

    def rolled_up(self, done: Sequence[tuple[int, int]]) -> None:
        """Minutes of series that are due no longer: the next reading in them makes them so again."""
        for series, minute in done:
            entry = self.by_id[series]
            if entry[1] == minute:
                entry[1] = NO_MINUTE


def write(db: sqlite3.Connection, known: Known, batch: Batch, pictures_size: int) -> int:
    """Write all of a batch; how many readings were new. Of pictures at most so many bytes are kept."""
    new = 0
    if batch.records:
        new = _write_records(db, known, batch.records)
    if batch.devices:
        states = {device.id: device for device in batch.devices}
        flat: list[Bound] = [part for state in states.values() for part in to_row(state)]
        insert(db, "OR REPLACE INTO latest (device, state, payload)", 3, flat)
    if batch.receipts:
        _write_receipts(db, known, batch.receipts)
    if batch.unread or batch.quarantined or batch.released:
        _write_messages(db, batch)
    if batch.heard:
        flat = [part for h in batch.heard for part in (h[0], micros(h.time), h.availability, h.reason)]
        append(db, "INTO heard (device, time, availability, reason)", 4, flat)
    if batch.commanded:
        # Few of them: one statement each, of which the last one for a command counts.
        db.executemany(_COMMANDED, [_command_row(record) for record in batch.commanded])
    if batch.pictures:
        write_pictures(db, batch.pictures, pictures_size)
    for forgotten in batch.forgotten:
        forget(db, forgotten)
        if forgotten.history:
            known.forget(forgotten.device_id)
    return new


def micros(seconds: float) -> int:
    """Unix seconds as whole microseconds."""
    return round(seconds * 1e6)


def _write_messages(db: sqlite3.Connection, batch: Batch) -> None:
    flat: list[Bound] = []
    if batch.unread:
        for device_id, raw in batch.unread:
            flat += (device_id, micros(raw.received_at), raw.topic, raw.retained, raw.qos, raw.payload)
        append(db, "INTO unread (device, time, topic, retained, qos, payload)", 6, flat)
    if batch.quarantined:
        flat = [part for entry in batch.quarantined for part in _quarantine_row(entry)]
        append(
            db, "INTO quarantine (time, topic, reason, field, detail, size, retained, qos, payload)", 9, flat
        )
    for ids in chunks(batch.released, 500):
        marks = ",".join("?" * len(ids))
        db.execute(f"DELETE FROM quarantine WHERE id IN ({marks})", tuple(ids))


def _write_records(db: sqlite3.Connection, known: Known, records: Sequence[Record]) -> int:
    rows: list[Bound] = []
    series: list[Bound] = []
    due: list[Bound] = []
    nothing: dict[tuple[str, str, type], list[int]] = {}
    for device_id, kind, at, received_at, readings in records:
        time, received = round(at * 1e6), round(received_at * 1e6)
        minute = time // MINUTE
        kept = None if received == time else received
        metrics = known.series.get(device_id, nothing)
        for metric, value, unit, extra in readings:
            entry = metrics.get((metric, unit, value.__class__))
            if entry is None:
                entry = known.add(known.last_series + 1, device_id, (metric, unit, value.__class__))
                metrics = known.series[device_id]
                series += (entry[0], device_id, kind, metric, unit, TYPES[value.__class__], extra)
            if entry[1] != minute:
                entry[1] = minute
                due += (entry[0], minute, received)
            if value != value:  # noqa: PLR0124 - it is not a number, which SQLite would take for nothing
                raise OverflowError
            rows += (entry[0], time, value, kept)
    if series:
        insert(db, "OR IGNORE INTO series (id, device, kind, metric, unit, type, extra)", 7, series)
    if due:
        insert(db, "OR IGNORE INTO due (series, minute, since)", 3, due)
    new = insert(db, "OR IGNORE INTO reading (series, time, value, received)", 4, rows)
    if new:
        db.execute("UPDATE counter SET value = value + ? WHERE name = 'readings'", (new,))
    return new


def _write_receipts(db: sqlite3.Connection, known: Known, receipts: Sequence[Receipt]) -> None:
    receipts = receipts[-RECEIPTS_KEPT:]
    count = len(receipts)
    ids = struct.pack(f"<{count}H", *[receipt.packet_id for receipt in receipts])
    digests = struct.pack(f"<{count}I", *[receipt.digest for receipt in receipts])
    number = known.receipts[-1][0] + 1 if known.receipts else 1
    db.execute("INSERT INTO receipt VALUES (?, ?, ?)", (number, ids, digests))
    known.receipts.append((number, count))
    known.receipts_kept += count
    # Not with every commit: a statement more is a wait for Python's lock more.
    if known.receipts_kept > RECEIPTS_KEPT * 5 // 4:
        while known.receipts_kept - known.receipts[0][1] >= RECEIPTS_KEPT:
            known.receipts_kept -= known.receipts.popleft()[1]
        db.execute("DELETE FROM receipt WHERE id < ?", (known.receipts[0][0],))


_COMMANDED = """
INSERT INTO commanded (command, device, time, changes, by, ended, ended_at, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (command) DO UPDATE SET ended = excluded.ended, ended_at = excluded.ended_at, note = excluded.note
"""


def _command_row(record: CommandRecord) -> tuple[Bound, ...]:
    ended_at = None if record.ended_at is None else micros(record.ended_at)
    return (
        record.id, record.device_id, micros(record.time), json.dumps(dict(record.changes)), record.by,
        record.ended, ended_at, record.note,
    )  # fmt: skip


def _quarantine_row(entry: Quarantined) -> tuple[Bound, ...]:
    return (
        micros(entry.time), entry.topic, entry.reason, entry.field, entry.detail, entry.size,
        entry.retained, entry.qos, entry.payload,
    )  # fmt: skip
