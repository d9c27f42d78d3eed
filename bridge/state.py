"""The latest state of every device: frozen values, replaced on change, written by the ingest thread alone."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, cast

from bridge.commands import CommandFailed, CommandSent, CommandState, Note
from bridge.ledger import Ledger
from bridge.presence import UNHEARD, Presence, judge
from schemas.catalog import Kinds
from schemas.device import CONFIRM_WITHIN
from schemas.message import Announcement, Provenance, RawMessage, Readings, Unclaimed, Value

UNCLAIMED = "unclaimed"
UNCLAIMED_STALE_AFTER = 300.0
"""Seconds of silence after which an unclaimed device is stale; nobody has said how often it speaks."""
MAX_DEVICES = 20_000
MAX_METRICS = 256
MAX_RAW = 4_096

_NONE: Mapping[str, "MetricState"] = MappingProxyType({})
# Past the named tuple's own constructor, which costs as much again; for what is made of every message.
_new = tuple.__new__
_NO_COMMANDS: Mapping[str, CommandState] = MappingProxyType({})


class MetricState(NamedTuple):
    """The last value of one metric. `time` is the device's own, `received_at` ours, both Unix seconds."""

    value: Value
    unit: str
    time: float | None
    received_at: float
    provenance: Provenance
    extra: bool = False


class DeviceState(NamedTuple):
    """All that is known of one device now.

    `seen_at` (Unix seconds) and `heard` (monotonic seconds) are of the last live message, None before it;
    `announced` is what its availability topic last said.
    """

    id: str
    kind: str
    name: str | None = None
    place: str | None = None
    metrics: Mapping[str, MetricState] = _NONE
    presence: Presence = UNHEARD
    announced: bool | None = None
    seen_at: float | None = None
    heard: float | None = None
    device_time: float | None = None
    commands: Mapping[str, CommandState] = _NO_COMMANDS
    transport: int = 0
    structured: bool = True
    last_topic: str = ""
    last_payload: bytes = b""


class Change(NamedTuple):
    """A device's new state and the metrics that a message touched (empty: only its presence or commands).

    `moved`: its availability is another one than before.
    """

    device: DeviceState
    metrics: tuple[str, ...] = ()
    moved: bool = False


class TooMany(Exception):
    """A message would make one device, or one metric of a device, more than the bound."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class State:
    """Folds outcomes into device states. Not thread-safe to write; `devices` may be read from anywhere."""

    def __init__(self, kinds: Kinds, *, max_devices: int = MAX_DEVICES) -> None:
        self.devices: dict[str, DeviceState] = {}
        self.max_devices = max_devices
        self.ledger = Ledger()
        self._kinds = kinds
        self._down: dict[int, str] = {}

    def restore(self, devices: Iterable[DeviceState]) -> None:
        """Show what was last known, marked as restored until each device speaks.

        What spoke on a topic that a kind claims by now is left out: it speaks as a device of that kind.
        """
        for device in devices:
            if device.kind == UNCLAIMED and self._kinds.claim(device.last_topic) is not None:
                continue
            metrics = {name: m._replace(provenance="restored") for name, m in device.metrics.items()}
            self.devices[device.id] = device._replace(
                metrics=MappingProxyType(metrics), presence=UNHEARD, announced=None, heard=None,
                commands=_NO_COMMANDS,
            )  # fmt: skip

    def readings(
        self, outcome: Readings | Unclaimed, raw: RawMessage, transport: int, now: float
    ) -> Change | None:
        """Fold a message in. None if it is older than the state, or a retained copy that says nothing new.

        `now` is monotonic seconds. Raises `TooMany`.
        """
        name = place = device_time = None
        structured = True
        if isinstance(outcome, Readings):
            device = self._known(outcome.device_id, outcome.kind)
            name, place, device_time = outcome.name, outcome.place, outcome.device_time
            if (
                device_time is not None
                and device.device_time is not None
                and device_time < device.device_time
            ):
                return None
        else:
            device = self._known(outcome.device_id, UNCLAIMED)
            structured = outcome.structured
        retained, received_at = raw.retained, raw.received_at
        provenance: Provenance = "retained" if retained else "live"
        # A copy of the mapping behind the proxy, which is quicker than a new one made of it.
        metrics = cast(dict[str, MetricState], device.metrics).copy()
        touched = []
        for metric, value, unit, extra in outcome.readings:
            if retained:
                old = metrics.get(metric)
                if old is not None and old.provenance == "live" and old.value == value:
                    continue
            metrics[metric] = _new(MetricState, (value, unit, device_time, received_at, provenance, extra))
            touched.append(metric)
        if len(metrics) > MAX_METRICS and len(metrics) > len(device.metrics):
            text = f"{len(metrics):,} metrics of one device, expected at most {MAX_METRICS:,}"
            raise TooMany("too_many_metrics", text)
        if retained and not touched:
            return None
        commands, announced = device.commands, device.announced
        if device.id in self.ledger and not retained:
            said = {metric: metrics[metric].value for metric in touched}
            commands = self.ledger.heard(device.id, said, now, received_at) or commands
        # A live word proves that it is there, whatever a last will said before.
        if announced is False and not retained:
            announced = True
        device = _new(
            DeviceState,
            (
                device.id,
                device.kind,
                name or device.name,
                place or device.place,
                MappingProxyType(metrics),
                device.presence,
                announced,
                device.seen_at if retained else received_at,
                device.heard if retained else now,
                device.device_time if device_time is None else device_time,
                commands,
                transport,
                structured,
                raw.topic,
                raw.payload[:MAX_RAW],
            ),
        )
        return self._put(device, now, tuple(touched))

    def announcement(self, outcome: Announcement, transport: int, now: float) -> Change | None:
        """Note what an availability topic said. Raises `TooMany`."""
        device = self._known(outcome.device_id, outcome.kind)
        if device.announced is outcome.online and device.id in self.devices:
            return None
        return self._put(device._replace(announced=outcome.online, transport=transport), now)

    def connection(self, transport: int, *, up: bool, detail: str, now: float) -> list[Change]:
        """A transport gained or lost its source: every device behind it is judged anew."""
        if up:
            self._down.pop(transport, None)
        else:
            self._down[transport] = detail
        return self.judge_all(now)

    def commanded(self, note: Note, now: float) -> Change | None:
        """Note that values were asked of a device, could not be, or are with the broker."""
        kind = self._kinds.get(note.device_id.partition(".")[0])
        touched: tuple[str, ...] = ()
        if isinstance(note, CommandSent):
            known = {} if kind is None else kind.metrics
            unseen = frozenset(
                name for name in note.changes if name in known and not known[name].trait.can_be_read
            )
            self.ledger.asked(note, CONFIRM_WITHIN if kind is None else kind.confirm_within, now, unseen)
            touched = tuple(note.changes)
        elif isinstance(note, CommandFailed):
            touched = tuple(name for name in note.changes if kind is not None and name in kind.metrics)
            self.ledger.failed(note, now, touched)
        elif self.ledger.taken(note, now):
            touched = note.metrics
        device = self.devices.get(note.device_id)
        if device is None or not touched:
            return None
        # It may have been asked for what it has never said; who hears of a metric looks it up.
        said = tuple(name for name in touched if name in device.metrics)
        return self._put(device._replace(commands=self.ledger.shown(device.id)), now, said)

    def forget(self, device_id: str) -> DeviceState | None:
        """Know nothing of a device any more, until it speaks again; what was known of it last."""
        return self.devices.pop(device_id, None)

    def judge_all(self, now: float) -> list[Change]:
        """Let time pass: ages, and commands that were not answered. The devices that changed by it."""
        changes = []
        over = self.ledger.pass_time(now)
        for device in list(self.devices.values()):
            commands = device.commands
            if device.id in over:
                commands = self.ledger.shown(device.id)
            presence = self._judge(device, now)
            if presence != device.presence or commands is not device.commands:
                changed = device._replace(presence=presence, commands=commands)
                self.devices[device.id] = changed
                changes.append(Change(changed, moved=device.presence.availability != presence.availability))
        return changes

    def _known(self, device_id: str, kind: str) -> DeviceState:
        device = self.devices.get(device_id)
        if device is not None:
            return device
        if len(self.devices) >= self.max_devices:
            text = f"it would be one more than {self.max_devices:,} devices"
            raise TooMany("too_many_devices", text)
        return DeviceState(device_id, kind)

    def _put(self, device: DeviceState, now: float, metrics: tuple[str, ...] = ()) -> Change:
        before = device.presence
        presence = self._judge(device, now)
        if presence is not before and presence != before:
            device = device._replace(presence=presence)
        self.devices[device.id] = device
        return Change(device, metrics, before.availability != presence.availability)

    def _judge(self, device: DeviceState, now: float) -> Presence:
        kind = self._kinds.get(device.kind)
        return judge(
            announced=device.announced,
            heard=device.heard,
            known=bool(device.metrics),
            stale_after=kind.stale_after if kind else UNCLAIMED_STALE_AFTER,
            broker_down=self._down.get(device.transport),
            now=now,
        )
