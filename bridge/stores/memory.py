"""A store that forgets when the process ends: for tests and a first look."""

import bisect
import itertools
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bridge.album import Album
from bridge.commands import CommandRecord
from bridge.errors import StoreError
from bridge.ports import (
    HEAPS,
    PICTURES_SIZE,
    RECEIPTS_KEPT,
    Batch,
    Exported,
    Heap,
    Heard,
    History,
    Pictured,
    Point,
    QuarantineCounts,
    Query,
    Receipt,
    Record,
    Selection,
    Sought,
    Source,
    StoreFacts,
)
from bridge.quarantine import Quarantined
from bridge.state import DeviceState
from bridge.stores.matching import pattern_of
from bridge.stores.states import Seen, overlaid
from bridge.stores.steps import step_for
from schemas.message import RawMessage, Value

SERIES = 20_000
READINGS = 2_000
"""Readings of one series that are kept."""
QUARANTINED = 1_000
QUARANTINED_SIZE = 16 * 1024 * 1024
LISTED = 1_000
"""Availability changes, commands and unread messages that are kept, of all devices together."""
_BEFORE_ALL = -(2**63)
TAIL = 16
"""Newest readings of a series that are looked through for what came after the kept state."""


class _Key(NamedTuple):
    device: str
    metric: str
    unit: str
    type: type


class _Kept(NamedTuple):
    time: int
    value: Value
    received: int


class _Series:
    """The newest readings of one metric, by time."""

    def __init__(self, kind: str, *, extra: bool) -> None:
        self.kind = kind
        self.extra = extra
        self.kept: list[_Kept] = []

    def add(self, reading: _Kept) -> int:
        """1 for a reading that was not there."""
        place = bisect.bisect_left(self.kept, reading[:2], key=lambda kept: kept[:2])
        if place < len(self.kept) and self.kept[place][:2] == reading[:2]:
            return 0
        self.kept.insert(place, reading)
        if len(self.kept) > READINGS:
            del self.kept[0]
        return 1

    def between(self, begin: float | None, end: float | None) -> list[_Kept]:
        """The readings from `begin` on, before `end`, in Unix seconds."""
        first = 0 if begin is None else bisect.bisect_left(self.kept, _micros(begin), key=lambda k: k.time)
        last = None if end is None else bisect.bisect_left(self.kept, _micros(end), key=lambda k: k.time)
        return self.kept[first:last]


class MemoryStore:
    """Keeps the last state of each device, and of everything else the newest within the bounds above.

    The least recently written series goes first when there are too many.
    """

    durable = False

    def __init__(self, pictures_size: int = PICTURES_SIZE) -> None:
        self._lock = threading.Lock()
        self._album = Album(pictures_size)
        self._series: OrderedDict[_Key, _Series] = OrderedDict()
        self._latest: dict[str, DeviceState] = {}
        self._notes: dict[str, str] = {}
        self._receipts: deque[Receipt] = deque(maxlen=RECEIPTS_KEPT)
        self._heard: deque[Heard] = deque(maxlen=LISTED)
        self._commanded: OrderedDict[str, CommandRecord] = OrderedDict()
        self._unread: deque[tuple[str, RawMessage]] = deque(maxlen=LISTED)
        self._quarantine: OrderedDict[int, Quarantined] = OrderedDict()
        self._ids = itertools.count(1)
        self._forgotten: dict[str, int] = {}
        self._size = 0
        self._removed = 0

    def open(self) -> None:
        """See `Store`."""

    def close(self) -> None:
        """See `Store`."""

    def commit(self, batch: Batch) -> int:
        """See `Store`."""
        with self._lock:
            new = sum(self._keep(record) for record in batch.records)
            for device in batch.devices:
                self._latest[device.id] = device._replace(heard=None, commands=MappingProxyType({}))
            self._receipts.extend(batch.receipts)
            self._heard.extend(batch.heard)
            for asked in batch.commanded:
                self._commanded[asked.id] = asked
            while len(self._commanded) > LISTED:
                self._commanded.popitem(last=False)
            for device_id, raw in batch.unread:
                self._unread.append((device_id, raw._replace(dup=False, packet_id=0, connection=0)))
            for entry in batch.quarantined:
                self._refuse(entry)
            for number in batch.released:
                self._release(number)
            self._album.put(batch.pictures)
            for device_id, time, history in batch.forgotten:
                self._forget(device_id, time, history=history)
            return new

    def tend(self, now: float, at_most: float = 0.05) -> bool:
        """See `Store`. The bounds are kept with every commit."""
        del now, at_most
        return False

    def latest(self) -> Sequence[DeviceState]:
        """See `Store`."""
        with self._lock:
            states = dict(self._latest)
            later: dict[str, list[Seen]] = {}
            for key, series in self._series.items():
                since = self._forgotten.get(key.device, _BEFORE_ALL)
                seen = [
                    Seen(
                        key.metric, kept.value, key.unit,
                        None if kept.time == kept.received else kept.time / 1e6,
                        kept.received / 1e6, series.extra,
                    )
                    for kept in series.kept[-TAIL:]
                    if kept.received > since
                ]  # fmt: skip
                if seen:
                    states.setdefault(key.device, DeviceState(key.device, series.kind))
                    later.setdefault(key.device, []).extend(seen)
            return [overlaid(state, later.get(name, ())) for name, state in states.items()]

    def receipts(self) -> Sequence[Receipt]:
        """See `Store`."""
        with self._lock:
            return list(self._receipts)

    def pictures(self) -> Sequence[Pictured]:
        """See `Store`."""
        return self._album.all()

    def restore(self, source: Path) -> None:
        """See `Store`. There is nothing to restore into."""
        raise StoreError(f"{source}: memory:// keeps nothing; a backup needs a store with a file")

    def note(self, key: str) -> str | None:
        """See `Store`."""
        with self._lock:
            return self._notes.get(key)

    def set_note(self, key: str, text: str) -> None:
        """See `Store`."""
        with self._lock:
            self._notes[key] = text

    def history(self, query: Query) -> History:
        """See `Store`."""
        with self._lock:
            found = [
                _shown(kept, source)
                for source in query.sources
                for key, series in self._series.items()
                if key[:3] == (query.device_id, source.metric, source.unit)
                for kept in series.between(query.start, query.end)
            ]
            names = {source.metric for source in query.sources}
            covered = {source[:2] for source in query.sources}
            others = {
                key.unit
                for key in self._series
                if key.device == query.device_id
                and key.metric in names
                and (key.metric, key.unit) not in covered
            }
        found.sort(key=lambda kept: kept.time)
        points, step = _told(found, query.points)
        return History(points, step / 1e6, sorted(others))

    def export(self, selection: Selection) -> Iterator[Exported]:
        """See `Store`."""
        with self._lock:
            found = [
                Exported(kept.time / 1e6, kept.received / 1e6, key.device, key.metric, kept.value, key.unit)
                for key, series in self._chosen(selection)
                for kept in series.between(selection.start, selection.end)
            ]
        yield from sorted(found, key=lambda row: (row.device_id, row.metric, row.time))

    def count(self, selection: Selection) -> int:
        """See `Store`."""
        with self._lock:
            return sum(
                len(series.between(selection.start, selection.end)) for _, series in self._chosen(selection)
            )

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """See `Store`."""
        with self._lock:
            found = (heard for heard in reversed(self._heard) if heard.device_id == device_id)
            return list(itertools.islice(found, limit))

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """See `Store`."""
        with self._lock:
            newest = reversed(self._commanded.values())
            found = (asked for asked in newest if device_id in {None, asked.device_id})
            return list(itertools.islice(found, limit))

    def unanswered(self) -> Sequence[CommandRecord]:
        """See `Store`."""
        with self._lock:
            return [asked for asked in self._commanded.values() if asked.ended == "pending"]

    def unread(self, device_id: str, *, limit: int = 100) -> Sequence[RawMessage]:
        """See `Store`."""
        with self._lock:
            found = (raw for device, raw in reversed(self._unread) if device == device_id)
            return list(itertools.islice(found, limit))

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """See `Store`."""
        text = (sought.text or "").casefold()
        fits = None if sought.topic is None else pattern_of(sought.topic).fullmatch
        with self._lock:
            found = (
                entry
                for entry in reversed(self._quarantine.values())
                if (sought.before is None or entry.id < sought.before)
                and (sought.reason is None or entry.reason == sought.reason)
                and (sought.field is None or entry.field == sought.field)
                and (fits is None or fits(entry.topic))
                and (not text or any(text in part.casefold() for part in _words(entry)))
            )
            return list(itertools.islice(found, sought.limit))

    def quarantine_heaps(self, reason: str | None = None, limit: int = HEAPS) -> Sequence[Heap]:
        """See `Store`."""
        with self._lock:
            entries = [e for e in self._quarantine.values() if reason is None or e.reason == reason]
        heaps: dict[tuple[str, str, str], Heap] = {}
        for e in entries:
            key = (e.topic, e.reason, e.field)
            before = heaps.pop(key, Heap(*key, 0, e.time, e.time, e.id))
            first, last = min(before.first, e.time), max(before.last, e.time)
            heaps[key] = Heap(*key, before.number + 1, first, last, e.id)
        return list(itertools.islice(reversed(heaps.values()), limit))

    def quarantine_counts(self) -> QuarantineCounts:
        """See `Store`."""
        with self._lock:
            reasons = Counter(entry.reason for entry in self._quarantine.values())
            return QuarantineCounts(len(self._quarantine), self._size, self._removed, dict(reasons))

    def facts(self) -> StoreFacts:
        """See `Store`."""
        with self._lock:
            kept = [series.kept for series in self._series.values()]
            oldest = min((readings[0].time for readings in kept), default=None)
            return StoreFacts(
                "memory", durable=False, readings=sum(map(len, kept)),
                oldest=None if oldest is None else oldest / 1e6,
            )  # fmt: skip

    def _keep(self, record: Record) -> int:
        new = 0
        time, received = _micros(record.time), _micros(record.received_at)
        for metric, value, unit, extra in record.readings:
            key = _Key(record.device_id, metric, unit, value.__class__)
            series = self._series.get(key)
            if series is None:
                series = self._series[key] = _Series(record.kind, extra=extra)
                if len(self._series) > SERIES:
                    self._series.popitem(last=False)
            self._series.move_to_end(key)
            new += series.add(_Kept(time, value, received))
        return new

    def _refuse(self, entry: Quarantined) -> None:
        number = next(self._ids)
        self._quarantine[number] = replace(entry, id=number)
        self._size += len(entry.payload)
        while self._quarantine and (len(self._quarantine) > QUARANTINED or self._size > QUARANTINED_SIZE):
            self._release(next(iter(self._quarantine)))
            self._removed += 1

    def _forget(self, device_id: str, time: float, *, history: bool) -> None:
        self._latest.pop(device_id, None)
        self._album.forget(device_id)
        self._forgotten[device_id] = _micros(time)
        if len(self._forgotten) > 2 * SERIES:
            known = {key.device for key in self._series}
            del self._forgotten[next(name for name in self._forgotten if name not in known)]
        if history:
            for key in [key for key in self._series if key.device == device_id]:
                del self._series[key]
            for number in [each.id for each in self._commanded.values() if each.device_id == device_id]:
                del self._commanded[number]
            heard = [each for each in self._heard if each.device_id != device_id]
            self._heard.clear()
            self._heard.extend(heard)
            unread = [each for each in self._unread if each[0] != device_id]
            self._unread.clear()
            self._unread.extend(unread)

    def _release(self, number: int) -> None:
        entry = self._quarantine.pop(number, None)
        if entry is not None:
            self._size -= len(entry.payload)

    def _chosen(self, selection: Selection) -> Iterator[tuple[_Key, _Series]]:
        for key, series in self._series.items():
            if selection.device_id in {None, key.device} and selection.metric in {None, key.metric}:
                yield key, series


def _told(found: Sequence[_Kept], points: int) -> tuple[Sequence[Point], int]:
    """Readings by time as at most so many points, and the length that one of them stands for."""
    if len(found) <= points:
        return [Point(kept.time / 1e6, kept.value) for kept in found], 0
    step = step_for(found[0].time, found[-1].time + 1, points)
    texts = [kept for kept in found if isinstance(kept.value, str)]
    if len(texts) == len(found):
        changes = [k for k, before in zip(texts, [None, *texts], strict=False) if _differs(k, before)]
        if len(changes) <= points:
            return [Point(kept.time / 1e6, kept.value) for kept in changes], 0
        last = {kept.time // step: kept for kept in changes}
        return [Point(kept.time / 1e6, kept.value) for kept in last.values()], step
    stretches: dict[int, list[bool | int | float]] = {}
    for kept in found:
        if not isinstance(kept.value, str):
            stretches.setdefault(kept.time // step, []).append(kept.value)
    return [
        Point(
            number * step / 1e6, sum(map(float, values)) / len(values),
            min(values), max(values), len(values),
        )
        for number, values in stretches.items()
    ], step  # fmt: skip


def _differs(kept: _Kept, before: _Kept | None) -> bool:
    return before is None or kept.value != before.value


def _shown(kept: _Kept, source: Source) -> _Kept:
    """A reading as it is to be read today."""
    if isinstance(kept.value, str) or (source.factor, source.offset) == (1.0, 0.0):
        return kept
    return kept._replace(value=kept.value * source.factor + source.offset)


def _words(entry: Quarantined) -> tuple[str, str, str]:
    return entry.topic, entry.detail, entry.payload.decode("utf-8", "replace")


def _micros(seconds: float) -> int:
    return round(seconds * 1e6)


SCHEMES = {"memory": lambda _url, options: MemoryStore(options.pictures_size)}
