"""What is read out as it was written: receipts, lists of a device, the quarantine, single readings, facts."""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import json
import sqlite3
import struct
from collections.abc import Sequence
from types import MappingProxyType

from bridge.commands import CommandRecord
from bridge.ports import (
    RECEIPTS_KEPT,
    Exported,
    Heap,
    Heard,
    QuarantineCounts,
    Receipt,
    Selection,
    Sought,
)
from bridge.quarantine import Quarantined
from bridge.state import DeviceState
from bridge.stores.matching import pattern_of
from bridge.stores.sqlite.commit import PYTHON, micros
from bridge.stores.states import Seen, from_row, overlaid
from schemas.message import RawMessage

Connection = sqlite3.Connection
TAIL = 16
"""Newest readings of a series that are looked through for what came after the kept state."""
CHUNK = 2_000
"""Readings that an export reads at a time."""
Chosen = tuple[str, str, str, str, int]
"""A series: device, metric, unit, type and id."""
Place = tuple[int, int, object]
"""Where an export stands: time, series and value of the last reading."""
_ENDS = (-(2**63), 2**63 - 1)


def latest(db: Connection) -> Sequence[DeviceState]:
    """The kept states, each with the readings that came after it.

    Those are in minutes that are still due: a minute is rolled up long after the state was handed over.
    """
    states = {
        device: from_row(state, payload)
        for device, state, payload in db.execute("SELECT device, state, payload FROM latest")
    }
    forgotten = dict(db.execute("SELECT device, time FROM forgotten").fetchall())
    later: dict[str, list[Seen]] = {}
    kinds: dict[str, str] = {}
    for number, device, kind, metric, unit, type_, extra in db.execute(
        "SELECT id, device, kind, metric, unit, type, extra FROM series AS s"
        " WHERE EXISTS (SELECT 1 FROM due WHERE due.series = s.id)"
        " OR NOT EXISTS (SELECT 1 FROM latest WHERE latest.device = s.device)"
    ).fetchall():
        python = PYTHON[type_]
        kinds.setdefault(device, kind)
        seen = later.setdefault(device, [])
        for time, value, received in db.execute(
            "SELECT time, value, received FROM reading WHERE series = ? ORDER BY time DESC LIMIT ?",
            (number, TAIL),
        ):
            own = None if received is None else time / 1e6
            if (time if received is None else received) <= forgotten.get(device, _ENDS[0]):
                continue
            at = (time if received is None else received) / 1e6
            seen.append(Seen(metric, python(value), unit, own, at, bool(extra)))
    for device, seen in later.items():
        if device in states or seen:
            states[device] = overlaid(states.get(device) or DeviceState(device, kinds[device]), seen)
    return list(states.values())


def receipts(db: Connection) -> Sequence[Receipt]:
    """The newest, oldest first."""
    found: list[Receipt] = []
    for ids, digests in db.execute("SELECT ids, digests FROM receipt ORDER BY id"):
        count = len(ids) // 2
        found += map(Receipt, struct.unpack(f"<{count}H", ids), struct.unpack(f"<{count}I", digests))
    return found[-RECEIPTS_KEPT:]


def heard(db: Connection, device_id: str, limit: int) -> Sequence[Heard]:
    """The changes of a device's availability, newest first."""
    rows = db.execute(
        "SELECT time, availability, reason FROM heard WHERE device = ? ORDER BY id DESC LIMIT ?",
        (device_id, limit),
    )
    return [Heard(device_id, time / 1e6, availability, reason) for time, availability, reason in rows]


_COMMANDED = "SELECT command, device, time, changes, by, ended, ended_at, note FROM commanded"


def commanded(db: Connection, device_id: str | None, limit: int) -> Sequence[CommandRecord]:
    """What was asked of a device, or of all (None), newest first."""
    where, values = ("", ()) if device_id is None else ("WHERE device = ?", (device_id,))
    return _commands(db.execute(f"{_COMMANDED} {where} ORDER BY id DESC LIMIT ?", (*values, limit)))


def unanswered(db: Connection) -> Sequence[CommandRecord]:
    """The commands whose end is not recorded, oldest first."""
    return _commands(db.execute(f"{_COMMANDED} WHERE ended = 'pending' ORDER BY id"))


def _commands(rows: sqlite3.Cursor) -> Sequence[CommandRecord]:
    return [
        CommandRecord(
            number, device, time / 1e6, MappingProxyType(json.loads(changes)), by, ended,
            None if ended_at is None else ended_at / 1e6, note,
        )
        for number, device, time, changes, by, ended, ended_at, note in rows
    ]  # fmt: skip


def unread(db: Connection, device_id: str, limit: int) -> Sequence[RawMessage]:
    """A device's messages that its readings do not hold wholly, newest first."""
    rows = db.execute(
        "SELECT topic, payload, time, retained, qos FROM unread WHERE device = ? ORDER BY id DESC LIMIT ?",
        (device_id, limit),
    )
    return [
        RawMessage(topic, payload, time / 1e6, retained=bool(retained), qos=qos)
        for topic, payload, time, retained, qos in rows
    ]


def quarantined(db: Connection, sought: Sought) -> Sequence[Quarantined]:
    """A page of refused messages, newest first."""
    where, values = ["id < ?"], [_ENDS[1] if sought.before is None else sought.before]
    if sought.reason is not None:
        where.append("reason = ?")
        values.append(sought.reason)  # type: ignore[arg-type]
    if sought.field is not None:
        where.append("field = ?")
        values.append(sought.field)  # type: ignore[arg-type]
    fits = None
    if sought.topic is not None:
        if "+" in sought.topic.split("/"):
            fits = pattern_of(sought.topic).fullmatch
        else:
            where.append("topic = ?")
            values.append(sought.topic)  # type: ignore[arg-type]
    sql = (
        "SELECT id, time, topic, reason, detail, payload, size, field, retained, qos FROM quarantine"
        f" WHERE {' AND '.join(where)} ORDER BY id DESC"
    )
    text = "" if sought.text is None else sought.text.casefold()
    found: list[Quarantined] = []
    for number, time, topic, reason, detail, payload, size, field, retained, qos in db.execute(sql, values):
        if len(found) >= sought.limit:
            break
        if fits is not None and not fits(topic):
            continue
        if text and not any(
            text in part.casefold() for part in (topic, detail, payload.decode("utf-8", "replace"))
        ):
            continue
        found.append(
            Quarantined(number, time / 1e6, topic, reason, detail, payload, size, field, bool(retained), qos)
        )
    return found


def quarantine_heaps(db: Connection, reason: str | None, limit: int) -> Sequence[Heap]:
    """The refused messages by topic, reason and field, the heap with the newest first."""
    where, values = ("", ()) if reason is None else ("WHERE reason = ?", (reason,))
    rows = db.execute(
        "SELECT topic, reason, field, count(*), min(time), max(time), max(id) FROM quarantine"
        f" {where} GROUP BY topic, reason, field ORDER BY max(id) DESC LIMIT ?",
        (*values, limit),
    )
    return [
        Heap(topic, code, field, number, first / 1e6, last / 1e6, newest)
        for topic, code, field, number, first, last, newest in rows
    ]


def quarantine_counts(db: Connection) -> QuarantineCounts:
    """How much is in quarantine."""
    rows = db.execute(
        "SELECT reason, kept, size FROM tally WHERE list = 'quarantine' AND kept > 0"
    ).fetchall()
    removed = db.execute("SELECT value FROM counter WHERE name = 'quarantine removed'").fetchone()[0]
    return QuarantineCounts(
        sum(row[1] for row in rows),
        sum(row[2] for row in rows),
        removed,
        MappingProxyType({reason: kept for reason, kept, _size in rows}),
    )


def selected(db: Connection, selection: Selection) -> list[Chosen]:
    """The series of a selection, by device and metric."""
    return db.execute(
        "SELECT device, metric, unit, type, id FROM series WHERE (?1 IS NULL OR device = ?1)"
        " AND (?2 IS NULL OR metric = ?2) ORDER BY device, metric, id",
        (selection.device_id, selection.metric),
    ).fetchall()


def span(selection: Selection) -> tuple[int, int]:
    """The times of a selection: from the first on, before the second."""
    begin = _ENDS[0] if selection.start is None else micros(selection.start)
    end = _ENDS[1] if selection.end is None else micros(selection.end)
    return begin, end


def count(db: Connection, selection: Selection) -> int:
    """How many readings an export would be."""
    begin, end = span(selection)
    if selection == Selection():
        return int(db.execute("SELECT value FROM counter WHERE name = 'readings'").fetchone()[0])
    return sum(
        db.execute(
            "SELECT count(*) FROM reading WHERE series = ? AND time >= ? AND time < ?", (row[4], begin, end)
        ).fetchone()[0]
        for row in selected(db, selection)
    )


def exported(
    db: Connection, group: Sequence[Chosen], bounds: tuple[int, int], after: Place | None
) -> list[tuple[Place, Exported]]:
    """The next readings of one metric, whose series are `group`, by time; at most `CHUNK` of each series."""
    begin, end = bounds
    rows: list[tuple[int, int, object, int | None]] = []
    for *_, number in group:
        if after is None:
            where, values = "time >= ?", [begin]
        elif number > after[1]:
            where, values = "time >= ?", [after[0]]
        elif number < after[1]:
            where, values = "time > ?", [after[0]]
        else:
            where, values = "(time, value) > (?, ?)", [after[0], after[2]]  # type: ignore[list-item]
        found = db.execute(
            f"SELECT time, series, value, received FROM reading WHERE series = ? AND {where} AND time < ?"
            f" ORDER BY time, value LIMIT {CHUNK}",
            (number, *values, end),
        ).fetchall()
        rows += found
    names = {row[4]: row for row in group}
    rows.sort(key=lambda row: row[:2])
    result: list[tuple[Place, Exported]] = []
    for time, number, value, received in rows[:CHUNK]:
        device, metric, unit, type_, _ = names[number]
        at = time if received is None else received
        kept = Exported(time / 1e6, at / 1e6, device, metric, PYTHON[type_](value), unit)
        result.append(((time, number, value), kept))
    return result


def oldest(db: Connection) -> float | None:
    """The time of the first reading."""
    first = db.execute(
        "SELECT min((SELECT time FROM reading WHERE series = s.id ORDER BY time LIMIT 1)) FROM series AS s"
    ).fetchone()[0]
    return None if first is None else first / 1e6
