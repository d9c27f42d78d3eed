"""A house without threads, clocks and sockets: what tests of the dashboard put behind it."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import flet as ft

from bridge.album import Album
from bridge.broadcast import Broadcast
from bridge.commands import CommandRecord, CommandSent, CommandTaken
from bridge.errors import FleetglassError
from bridge.explorer import Explorer, check_publishable
from bridge.frames import Frame
from bridge.groups import Groups, groups_of
from bridge.labels import NOTHING, Label, relabelled, retired_of, shown
from bridge.ports import Batch, Heard, History, Pictured, QuarantineCounts, Query, Sought, Source, StoreFacts
from bridge.quarantine import Quarantined, quarantine
from bridge.replay import Replayed, replay
from bridge.simulate.pictures import png
from bridge.state import Change, DeviceState, State
from bridge.status import BridgeStatus, Counts
from bridge.stores.memory import MemoryStore
from bridge.topic_levels import LISTED, TopicEntry, TopicLevel
from bridge.topics import Topics
from dashboard.app import tags_of
from dashboard.aside import Aside, Found
from dashboard.boards import Boards
from dashboard.card import Question
from dashboard.census import Census
from dashboard.house import Dropped
from dashboard.reader import ENGLISH
from dashboard.timing import Timing
from dashboard.trends import Trends
from dashboard.vitals import Vitals
from schemas import history_sources
from schemas.catalog import shipped_kinds
from schemas.decode import decode
from schemas.message import Announcement, RawMessage, Readings, Rejected, Unclaimed, Value
from schemas.picture import Picture
from schemas.suggest import Suggestion

T = TypeVar("T")
PICTURE = base64.b64encode(png(4, 3, bytes(15))).decode()
"""A picture of 4 by 3 pixels, as it stands in JSON."""
SAMPLES: Mapping[str, Sequence[Mapping[str, object]]] = {
    "thermostat": (
        {"temperature": 21.5, "humidity": 40, "heating": True, "target": 22},
        {"temperature": 34.9, "humidity": 71.4, "heating": False, "target": 5},
        {"temperature": 19},
    ),
    "plug": (
        {"on": True, "power": 12.5, "energy": 1234.5},
        {"on": False, "power": 0, "energy": 1235.5},
        {"on": True},
    ),
    "lamp": (
        {"on": True, "brightness": 40, "color": "#ff8800"},
        {"on": False, "brightness": 0, "color": "#001122"},
        {"on": False},
    ),
    "contact": ({"open": True, "battery": 90}, {"open": False, "battery": 5}, {"open": True}),
    "motion": (
        {"motion": True, "illuminance": 300, "battery": 80},
        {"motion": False, "illuminance": 0, "battery": 1},
        {"motion": False},
    ),
    "air_quality": (
        {"co2": 600, "pm25": 4, "voc": 20, "temperature": 20, "humidity": 50},
        {"co2": 2400, "pm25": 99, "voc": 300, "temperature": 31, "humidity": 80},
        {"co2": 400},
    ),
    "energy_meter": (
        {"power": 1200, "energy": 99999.25, "voltage": 230.1, "current": 5.2},
        {"power": -300, "energy": 100000.5, "voltage": 229.9, "current": -1.3},
        {"power": 0},
    ),
    "tank": (
        {"level": 55, "volume": 1100, "temperature": 12, "pump": False},
        {"level": 3, "volume": 60, "temperature": 11, "pump": True},
        {"level": 100},
    ),
    "machine": (
        {"state": "running", "speed": 1500, "vibration": 1.2, "parts": 10},
        {"state": "fault", "speed": 0, "vibration": 0, "parts": 11},
        {"state": "idle"},
    ),
    "tracker": (
        {"latitude": 52.52, "longitude": 13.405, "speed": 30, "battery": 77},
        {"latitude": -33.86, "longitude": 151.2, "speed": 0, "battery": 9},
        {"latitude": 0, "longitude": 0},
    ),
    "camera": (
        {"image": PICTURE, "motion": True},
        {"motion": False},
        {},
    ),
    "button": ({"event": "single"}, {"event": "double"}, {"event": "long"}),
}
"""For every shipped kind a full message, another, and one with the required fields only."""


class StillAside(Aside):
    """Without a loop, as where only what is drawn is looked at, nothing is read: it stays unread."""

    def look(self, name: str, version: object, work: Callable[[], T]) -> Found[T] | None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return None
        return super().look(name, version, work)


class FakeHouse:
    """The present state as the bridge would hold it, changed by the test. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self.kinds = shipped_kinds()
        self.state = State(self.kinds)
        self.broadcast = Broadcast(lambda: self.devices, "fake")
        self.sessions = 0
        self.behind = 0
        self.merged = 0
        self.counts = Counts()
        self.status = BridgeStatus(
            broker_up=True, broker_detail="connected", broker_url="embedded://127.0.0.1:1883"
        )
        self.labels: dict[str, Label] = {}
        self.store = MemoryStore()
        self.album = Album()
        self.store.open()
        self.aside = StillAside()
        self.boards = Boards(Path("no such folder"))
        self.timing = Timing()
        self.census = Census()
        self.trends = Trends()
        self.vitals = Vitals()
        self.dropped = Dropped()
        self.quarantine_changes = 0
        self.bus = None
        self.voice = None
        self.sent: list[tuple[str, Mapping[str, Value], str]] = []
        self.forgot: list[tuple[str, bool, bool]] = []
        self.kind_folder: str | None = None
        self.published: list[tuple[str, bytes, int, bool, str]] = []
        self.table = Topics(self.kinds, lambda: self.now)
        self.explorer = Explorer(self.table, self.kinds, self.store, [], lambda note: None)
        self.refuses: FleetglassError | None = None
        self.now = 1_000.0
        self._tags = tags_of(self)

    @property
    def devices(self) -> Mapping[str, DeviceState]:
        return self.state.devices

    def label(self, device: DeviceState) -> Label:
        return shown(self.labels.get(device.id, NOTHING), device)

    @property
    def retired(self) -> frozenset[str]:
        return retired_of(self.labels)

    def relabel(self, device_id: str, *, name: str | None, place: str | None) -> None:
        given = self.labels.get(device_id, NOTHING)
        self.labels[device_id] = relabelled(given, self.devices.get(device_id), name, place)

    def retire(self, device_id: str, *, retired: bool) -> None:
        self.labels[device_id] = replace(self.labels.get(device_id, NOTHING), retired=retired)

    def forget(self, device_id: str, *, history: bool, retained: bool) -> None:
        self.forgot.append((device_id, history, retained))
        self.state.forget(device_id)

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        return self.store.quarantined(sought)

    def quarantine_groups(self, reason: str | None = None) -> Groups:
        return groups_of(self.store, self.kinds, reason)

    def quarantine_counts(self) -> QuarantineCounts:
        return self.store.quarantine_counts()

    def replay(self, *, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
        return replay(self.store, self.kinds, self.keep, dry_run=dry_run, ids=ids)

    def history(
        self, device_id: str, metric: str, start: float, end: float, points: int
    ) -> tuple[str, History]:
        kind = self.kinds.get(device_id.partition(".")[0])
        sources = [Source(*source) for source in history_sources(kind, metric, "")]
        found = self.store.history(Query(device_id, sources, start, end, points))
        if (kind is None or metric not in kind.metrics) and not found.points:
            raise LookupError(f"{device_id} has no metric {metric}, and there is no history of one")
        return sources[0].unit, found

    def picture(self, device_id: str, metric: str) -> Picture | None:
        return self.album.get(device_id, metric)

    def facts(self) -> StoreFacts:
        return self.store.facts()

    def restore(self, file: Path) -> None:
        self.store.restore(file)

    def keep(self, batch: Batch) -> None:
        """What a commit does to the quarantine."""
        self.store.commit(batch)
        self.quarantine_changes += 1

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.sent.append((device_id, changes, by))
        sent = CommandSent(device_id, changes, by)
        self.state.commanded(sent, self.now)
        self.state.commanded(CommandTaken(sent.id, device_id, tuple(changes)), self.now)
        return sent.id

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        self.store.commit(Batch(commanded=self.state.ledger.take()))
        return self.store.commanded(device_id, limit=limit)

    def topics(self, prefix: str = "", *, limit: int = LISTED) -> TopicLevel:
        return self.explorer.level(prefix, limit)

    def topic(self, name: str) -> TopicEntry | None:
        return self.explorer.entry(name)

    def find_topics(self, text: str, limit: int = 100) -> Sequence[TopicEntry]:
        return self.explorer.find(text, limit)

    def publish(self, topic: str, payload: bytes, *, by: str, qos: int = 1, retain: bool = False) -> None:
        check_publishable(topic, payload, qos)
        if self.refuses is not None:
            raise self.refuses
        self.published.append((topic, payload, qos, retain, by))

    def clear_retained(self, topic: str, *, by: str) -> None:
        self.publish(topic, b"", by=by, retain=True)

    def samples(self, device_id: str, limit: int = 50) -> Sequence[RawMessage]:
        return self.explorer.samples(device_id, limit)

    def suggestion(self, topic: str) -> Suggestion:
        return self.explorer.suggestion(topic)

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        return self.store.heard(device_id, limit=limit)

    def hear(
        self, topic: str, payload: bytes | str | Mapping[str, object], *, retained: bool = False
    ) -> set[str]:
        """Take a message in; the tags that it touches."""
        if isinstance(payload, Mapping):
            payload = json.dumps(payload)
        data = payload.encode() if isinstance(payload, str) else payload
        raw = RawMessage(topic, data, time.time(), retained=retained)
        outcome = decode(raw, self.kinds)
        self.table.heard({topic: [(raw, outcome)]}, self.now)
        if isinstance(outcome, Rejected):
            self.keep(Batch(quarantined=[quarantine(raw, outcome)]))
            self.counts.quarantined[outcome.code] += 1
            return {"quarantine"}
        change: Change | None = None
        if isinstance(outcome, Readings | Unclaimed):
            change = self.state.readings(outcome, raw, 0, self.now)
            for name, picture in outcome.pictures:
                self.album.put([Pictured(outcome.device_id, name, raw.received_at, picture)])
        elif isinstance(outcome, Announcement):
            change = self.state.announcement(outcome, 0, self.now)
        return self._touched([] if change is None else [change])

    def hear_all(self, kinds: Iterable[str] = tuple(SAMPLES), sample: int = 0) -> set[str]:
        """One device of each kind, called `one`, says its sample."""
        tags: set[str] = set()
        for kind in kinds:
            tags |= self.hear(f"fleet/{kind}/one/state", SAMPLES[kind][sample])
        return tags

    def let_pass(self, seconds: float) -> set[str]:
        """Let time pass for ages and commands; the tags that it touches."""
        self.now += seconds
        return self._touched(self.state.judge_all(self.now))

    def broker(self, *, up: bool, detail: str) -> set[str]:
        """The broker goes or comes; the tags that it touches."""
        self.status = replace(self.status, broker_up=up, broker_detail=detail)
        changes = self.state.connection(0, up=up, detail=detail, now=self.now)
        return self._touched(changes, self.status)

    def renamed(self, device_id: str) -> set[str]:
        """A device has another name or place, or was put away or taken back; the tags that it touches."""
        return self._touched([Change(self.devices[device_id], (), moved=False)])

    def lose(self, device_id: str) -> set[str]:
        """A device is forgotten; the tags that it touches."""
        self.state.forget(device_id)
        return self._tags(Frame(0, 0.0), [device_id])

    def _touched(self, changes: Sequence[Change], status: BridgeStatus | None = None) -> set[str]:
        return self._tags(Frame(0, 0.0, tuple(changes), status))


class Person:
    """Who clicks on a shared card: notes what it is told."""

    def __init__(self, name: str = "somebody") -> None:
        self.name = name
        self.told: list[str] = []
        self.gone: list[str] = []
        self.asked: list[Question] = []
        self.dialogs: list[ft.DialogControl] = []
        self.copied: list[str] = []
        self.frames: list[bytes] = []
        self.refined: list[str] = []
        self.remembered: list[Mapping[str, str]] = []
        self.origin = "http://127.0.0.1:8550"
        self.reader = ENGLISH

    def tell(self, text: str) -> None:
        self.told.append(text)

    def go(self, route: str) -> None:
        self.gone.append(route)

    def ask(self, question: Question) -> None:
        self.asked.append(question)

    def copy(self, text: str) -> None:
        self.copied.append(text)

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def hold(
        self, control: int, again: Callable[[], None] | None, changed: Callable[[], None] | None = None
    ) -> None:
        pass

    def refine(self, route: str) -> None:
        self.refined.append(route)

    def remember(self, usual: Mapping[str, str]) -> None:
        self.remembered.append(usual)

    def open(self, dialog: ft.DialogControl) -> None:
        dialog.open = True
        self.dialogs.append(dialog)

    def close(self, dialog: ft.DialogControl) -> None:
        dialog.open = False
