"""A metric's history: single readings where they are few, else what was rolled up, in one query a source."""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from bridge.ports import History, Point, Query, Source
from bridge.stores.sqlite.commit import PYTHON, micros
from bridge.stores.sqlite.parts import Dirt, Series, parts
from bridge.stores.steps import HOUR, MINUTE, step_for
from schemas.message import Value

Connection = sqlite3.Connection

CLOSELY = 100_000
"""Texts that are compared with each other for changes; of more, the last of each stretch is looked up."""
_FAR = 2**62

_RANGE = (
    "SELECT json_extract(value, '$[0]') AS series, json_extract(value, '$[1]') AS lo,"
    " json_extract(value, '$[2]') AS hi FROM json_each"
)
_STRETCHES = f"""
WITH hours AS ({_RANGE}(:hours)), minutes AS ({_RANGE}(:minutes)), readings AS ({_RANGE}(:readings))
SELECT (time - :origin) / :step AS stretch, sum(count), total(total), min(low), max(high) FROM (
  SELECT h.hour * {HOUR} AS time, h.low, coalesce(h.high, h.low) AS high,
    coalesce(h.total, h.low * h.count) AS total, h.count
    FROM hours AS r CROSS JOIN hour AS h ON h.series = r.series AND h.hour >= r.lo AND h.hour < r.hi
  UNION ALL
  SELECT m.minute * {MINUTE}, m.low, coalesce(m.high, m.low), coalesce(m.total, m.low * m.count), m.count
    FROM minutes AS r CROSS JOIN minute AS m ON m.series = r.series AND m.minute >= r.lo AND m.minute < r.hi
  UNION ALL
  SELECT v.time, v.value, v.value, v.value, 1
    FROM readings AS r CROSS JOIN reading AS v ON v.series = r.series AND v.time >= r.lo AND v.time < r.hi
) GROUP BY stretch
"""


class _Line(NamedTuple):
    """A series and how its values are read today."""

    source: Source
    series: Series


class _Stretch(NamedTuple):
    readings: int
    total: float
    low: float
    high: float


def history(db: Connection, query: Query) -> History:
    """See `Store`. Where there are too many readings to show each, texts among numbers are left out."""
    begin, end = (max(-_FAR, min(_FAR, micros(moment))) for moment in (query.start, query.end))
    lines = _lines(db, query)
    others = _other_units(db, query)
    numbers = [line for line in lines if line.series.type != "text"]
    rolled = any(_only_rolled(db, line.series, begin, end) for line in numbers)
    if not rolled:
        singles = _singles(db, lines, begin, end, query.points)
        if singles is not None:
            return History(singles, 0.0, others)
    span = _span(db, numbers, begin, end)
    if span is not None:
        by_hour = any(begin < (line.series.minutes_from or -_FAR) * HOUR for line in numbers)
        least = 1 if not rolled else HOUR if by_hour else MINUTE
        step = step_for(span[0], span[1] + 1, query.points, least)
        return History(_stretches(db, numbers, (begin, end), step, span[0]), step / 1e6, others)
    points, step = _texts(db, [line.series for line in lines], begin, end, query.points)
    return History(points, step / 1e6, others)


def _lines(db: Connection, query: Query) -> list[_Line]:
    return [
        _Line(source, Series(*row))
        for source in dict.fromkeys(query.sources)
        for row in db.execute(
            "SELECT id, type, readings_from, minutes_from FROM series"
            " WHERE device = ? AND metric = ? AND unit = ?",
            (query.device_id, source.metric, source.unit),
        )
    ]


def _other_units(db: Connection, query: Query) -> Sequence[str]:
    """Units of the same metrics in which something is kept that no source covers."""
    covered = {(source.metric, source.unit) for source in query.sources}
    found = set()
    for metric in {source.metric for source in query.sources}:
        for number, unit in db.execute(
            "SELECT id, unit FROM series WHERE device = ? AND metric = ?", (query.device_id, metric)
        ).fetchall():
            if (metric, unit) not in covered and db.execute(
                "SELECT 1 FROM reading WHERE series = ?1 UNION ALL SELECT 1 FROM minute WHERE series = ?1"
                " UNION ALL SELECT 1 FROM hour WHERE series = ?1 LIMIT 1",
                (number,),
            ).fetchone():
                found.add(unit)
    return sorted(found)


def _only_rolled(db: Connection, series: Series, begin: int, end: int) -> bool:
    """Whether there are rolled up minutes or hours whose readings were removed."""
    if series.readings_from is None or begin >= series.readings_from * HOUR:
        return False
    end = min(end, series.readings_from * HOUR)
    return db.execute(
        "SELECT 1 FROM minute WHERE series = ?1 AND minute >= ?2 AND minute < ?3"
        " UNION ALL SELECT 1 FROM hour WHERE series = ?1 AND hour >= ?4 AND hour < ?5 LIMIT 1",
        (series.id, -(-begin // MINUTE), -(-end // MINUTE), -(-begin // HOUR), -(-end // HOUR)),
    ).fetchone() is not None  # fmt: skip


def _singles(
    db: Connection, lines: Sequence[_Line], begin: int, end: int, most: int
) -> Sequence[Point] | None:
    """Every reading as a point of its own, None if they are more than so many."""
    found: list[Point] = []
    for source, series in lines:
        rows = db.execute(
            "SELECT time, value FROM reading WHERE series = ? AND time >= ? AND time < ?"
            " ORDER BY time, value LIMIT ?",
            (series.id, begin, end, most + 1 - len(found)),
        ).fetchall()
        python = PYTHON[series.type]
        found += [Point(time / 1e6, _today(python(value), source)) for time, value in rows]
        if len(found) > most:
            return None
    found.sort(key=lambda point: point.time)
    return found


def _today(value: Value, source: Source) -> Value:
    if isinstance(value, str) or (source.factor == 1 and source.offset == 0):
        return value
    return value * source.factor + source.offset


def _span(db: Connection, lines: Sequence[_Line], begin: int, end: int) -> tuple[int, int] | None:
    """The first and the last time of anything numeric between."""
    ends: list[int] = []
    for _, series in lines:
        for table, column, unit in (
            ("reading", "time", 1),
            ("minute",) * 2 + (MINUTE,),
            ("hour",) * 2 + (HOUR,),
        ):
            lo, hi = -(-begin // unit), -(-end // unit)
            for order in ("ASC", "DESC"):
                row = db.execute(
                    f"SELECT {column} FROM {table} WHERE series = ? AND {column} >= ? AND {column} < ?"
                    f" ORDER BY {column} {order} LIMIT 1",
                    (series.id, lo, hi),
                ).fetchone()
                if row is None:
                    break
                ends.append(row[0] * unit)
    return (min(ends), max(ends)) if ends else None


def _stretches(
    db: Connection, lines: Sequence[_Line], bounds: tuple[int, int], step: int, first: int
) -> Sequence[Point]:
    origin = first // step * step
    found: dict[int, _Stretch] = {}
    for source in dict.fromkeys(line.source for line in lines):
        ranges: dict[str, list[tuple[int, int, int]]] = {"hours": [], "minutes": [], "readings": []}
        for line in lines:
            if line.source == source:
                taken = parts(line.series, bounds, step, _dirt(db, line.series, bounds))
                for name, ours in taken._asdict().items():
                    ranges[name] += [(line.series.id, lo, hi) for lo, hi in ours]
        asked = {name: json.dumps(ours) for name, ours in ranges.items()}
        for number, *rest in db.execute(_STRETCHES, {**asked, "origin": origin, "step": step}):
            ours = _converted(_Stretch(*rest), source)
            found[number] = _together(found[number], ours) if number in found else ours
    return [
        Point((origin + number * step) / 1e6, s.total / s.readings, s.low, s.high, s.readings)
        for number, s in sorted(found.items())
    ]


def _dirt(db: Connection, series: Series, bounds: tuple[int, int]) -> Dirt:
    begin, end = bounds
    minutes = db.execute(
        "SELECT minute FROM due WHERE series = ? AND minute >= ? AND minute < ?",
        (series.id, begin // MINUTE, -(-end // MINUTE)),
    )
    hours = db.execute(
        "SELECT hour FROM due_hour WHERE series = ? AND hour >= ? AND hour < ?",
        (series.id, begin // HOUR, -(-end // HOUR)),
    )
    return Dirt(frozenset(row[0] for row in minutes), frozenset(row[0] for row in hours))


def _converted(stretch: _Stretch, source: Source) -> _Stretch:
    factor, offset = source.factor, source.offset
    if factor == 1 and offset == 0:
        return stretch
    low, high = sorted((stretch.low * factor + offset, stretch.high * factor + offset))
    return _Stretch(stretch.readings, stretch.total * factor + offset * stretch.readings, low, high)


def _together(one: _Stretch, other: _Stretch) -> _Stretch:
    return _Stretch(
        one.readings + other.readings, one.total + other.total,
        min(one.low, other.low), max(one.high, other.high),
    )  # fmt: skip


def _texts(
    db: Connection, series: Sequence[Series], begin: int, end: int, points: int
) -> tuple[Sequence[Point], int]:
    """Changes of text, and the length of the stretches of which each is the last, 0 where all are there."""
    rows: list[tuple[int, str]] = []
    for one in series:
        rows += db.execute(
            "SELECT time, value FROM (SELECT time, value, lag(value) OVER (ORDER BY time, value) AS before"
            " FROM (SELECT time, value FROM reading WHERE series = ? AND time >= ? AND time < ?"
            " ORDER BY time, value LIMIT ?)) WHERE before IS NOT value",
            (one.id, begin, end, CLOSELY + 1),
        ).fetchall()
    many = any(
        db.execute(
            "SELECT 1 FROM reading WHERE series = ? AND time >= ? AND time < ? LIMIT 1 OFFSET ?",
            (one.id, begin, end, CLOSELY),
        ).fetchone()
        for one in series
    )
    if not many and len(rows) <= points:
        return [Point(time / 1e6, text) for time, text in sorted(rows)], 0
    span = _span(db, [_Line(Source("", ""), one) for one in series], begin, end) or (begin, begin)
    step = step_for(span[0], span[1] + 1, points)
    if many:
        rows = [row for one in series for row in _lasts(db, one, span, step, (begin, end))]
    last = {time // step: (time, text) for time, text in sorted(rows)}
    return [Point(time / 1e6, text) for time, text in last.values()], step


def _lasts(
    db: Connection, series: Series, span: tuple[int, int], step: int, bounds: tuple[int, int]
) -> list[tuple[int, str]]:
    """The last reading of each stretch, found one by one."""
    starts = range(span[0] // step * step, span[1] + 1, step)
    found = (
        db.execute(
            "SELECT time, value FROM reading WHERE series = ? AND time >= ? AND time < ?"
            " ORDER BY time DESC, value DESC LIMIT 1",
            (series.id, max(start, bounds[0]), min(start + step, bounds[1])),
        ).fetchone()
        for start in starts
    )
    return [row for row in found if row is not None]
