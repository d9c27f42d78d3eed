"""The JSON of the API: the outside contract as pydantic models."""

import base64
from codecs import utf_8_decode
from datetime import UTC, datetime
from operator import not_
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.commands import CommandEnd, CommandRecord
from bridge.groups import Group
from bridge.labels import Label
from bridge.ports import History
from bridge.presence import Availability
from bridge.quarantine import Quarantined
from bridge.state import DeviceState
from dashboard.present import default_name
from schemas.message import Provenance, Value

PAYLOAD = 65_536
"""Bytes of a refused message that are told; all of it may be a thousand times as much."""
MOST = 2**63 - 1
"""The greatest id that a store can have given."""


class Health(BaseModel):
    """`ok`, or `degraded` while the broker is away, the store fails or a bridge elsewhere is not heard.

    `store` and `bus` say why, and are empty while all is well. `inbox_depth` messages are received and not
    kept yet, the oldest of them for `lag_seconds`; `paused`: so many that no more are read, and the broker
    holds the rest. What only the bridge knows is null while it is not heard.
    """

    status: Literal["ok", "degraded"]
    broker_connected: bool | None
    broker: str
    store: str | None
    inbox_depth: int | None
    lag_seconds: float | None
    paused: bool | None
    bus: str
    sessions: int


class MetricValue(BaseModel):
    """The last value of a metric. `time` is the device's own if it gave one, else when we received it."""

    value: Value
    unit: str
    time: datetime
    provenance: Provenance


class Device(BaseModel):
    """A device with all its metrics. `last_seen` is null until it has spoken live.

    `retired` is there, and true, where somebody has taken it out of use; what it says is kept all the same.
    """

    id: str
    name: str
    place: str | None
    kind: str
    availability: Availability
    availability_reason: str
    last_seen: datetime | None
    retired: Annotated[bool, Field(exclude_if=not_)] = False
    metrics: dict[str, MetricValue]


class DevicePage(BaseModel):
    """Some devices; `next` is the cursor for more."""

    items: list[Device]
    next: str | None


class HistoryPoint(BaseModel):
    """One reading, or `count` together: then `time` is where they begin and `value` their mean.

    `low` and `high` are the extremes of numbers, null for texts.
    """

    time: datetime
    value: Value
    low: float | None
    high: float | None
    count: int


class HistoryPage(BaseModel):
    """A metric's history, oldest first. `step` is the seconds that a point stands for, 0 for single readings.

    `other_units` are units in which there is history that could not be told in `unit`.
    """

    items: list[HistoryPoint]
    next: None = None
    unit: str
    step: float
    other_units: list[str]


class Command(BaseModel):
    """What was asked of a device and how it ended; `ended_at` is null while that is not known."""

    id: str
    device: str
    time: datetime
    changes: dict[str, Value]
    by: str
    ended: CommandEnd
    ended_at: datetime | None
    note: str


class CommandPage(BaseModel):
    """The newest commands of a device, newest first."""

    items: list[Command]
    next: None = None


class QuarantinedMessage(BaseModel):
    """A refused message.

    `payload` is text, or base64 where `encoding` says so: the first 65,536 bytes. `size` is its whole length.
    """

    id: int
    time: datetime
    topic: str
    reason: str
    detail: str
    payload: str
    encoding: Literal["base64"] | None = None
    size: int


class QuarantinePage(BaseModel):
    """Some refused messages; `next` is the cursor for older ones."""

    items: list[QuarantinedMessage]
    next: str | None


class QuarantineGroup(BaseModel):
    """Messages that were refused for the same reason at the same field, of devices that speak alike.

    `topic` has `+` where the kind's topic has a placeholder. `would_pass` is of the newest, null where that
    is not kept wholly.
    """

    topic: str
    reason: str
    field: str
    kind: str
    messages: int
    topics: int
    first: datetime
    last: datetime
    newest: int
    detail: str
    would_pass: bool | None


class QuarantineGroups(BaseModel):
    """Those with the most messages first; `more` smaller ones are left out."""

    items: list[QuarantineGroup]
    next: None = None
    more: int


class Replay(BaseModel):
    """Which refused messages to try again: these, else all. `dry_run` only says what would pass."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False
    ids: Annotated[list[Annotated[int, Field(ge=1, le=MOST)]], Field(max_length=10_000)] | None = None


class ReplayResult(BaseModel):
    """`tried` were decoded with the present kinds, `passed` of them are in the history now.

    `still_refused` counts the others by today's reason; `cut` were not tried, not being kept wholly.
    """

    tried: int
    passed: int
    still_refused: dict[str, int]
    cut: int


def device_json(device: DeviceState, label: Label) -> Device:
    """A device as the API tells it."""
    return Device(
        id=device.id,
        name=label.name or default_name(device.id),
        place=label.place,
        kind=device.kind,
        availability=device.presence.availability,
        availability_reason=device.presence.reason,
        last_seen=moment(device.seen_at) if device.seen_at is not None else None,
        retired=label.retired,
        metrics={
            name: MetricValue(
                value=metric.value,
                unit=metric.unit,
                time=moment(metric.time if metric.time is not None else metric.received_at),
                provenance=metric.provenance,
            )
            for name, metric in device.metrics.items()
        },
    )


def quarantined_json(entry: Quarantined) -> QuarantinedMessage:
    """A refused message as the API tells it."""
    payload = _text(entry.payload)
    encoding = None
    if payload is None:
        payload, encoding = base64.b64encode(entry.payload[:PAYLOAD]).decode(), "base64"
    return QuarantinedMessage.model_validate(
        {
            "id": entry.id,
            "time": moment(entry.time),
            "topic": entry.topic.encode("utf-8", "replace").decode(),
            "reason": entry.reason,
            "detail": entry.detail,
            "payload": payload,
            "encoding": encoding,
            "size": entry.size,
        }
    )


def group_json(group: Group) -> QuarantineGroup:
    """A group of refused messages as the API tells it."""
    return QuarantineGroup(
        topic=group.topic.encode("utf-8", "replace").decode(),
        reason=group.reason,
        field=group.field,
        kind=group.kind,
        messages=group.number,
        topics=group.topics,
        first=moment(group.first),
        last=moment(group.last),
        newest=group.newest.id,
        detail=group.newest.detail,
        would_pass=None if group.now is None else not group.now,
    )


def command_json(record: CommandRecord) -> Command:
    """A command as the API tells it."""
    return Command(
        id=record.id,
        device=record.device_id,
        time=moment(record.time),
        changes=dict(record.changes),
        by=record.by,
        ended=record.ended,
        ended_at=None if record.ended_at is None else moment(record.ended_at),
        note=record.note,
    )


def history_json(unit: str, history: History) -> HistoryPage:
    """A history as the API tells it."""
    return HistoryPage(
        items=[
            HistoryPoint(time=moment(at), value=value, low=low, high=high, count=count)
            for at, value, low, high, count in history.points
        ],
        unit=unit,
        step=history.step,
        other_units=list(history.other_units),
    )


def _text(payload: bytes) -> str | None:
    """The beginning of a payload as text, None if it is none. A letter that is cut through is left out."""
    cut = len(payload) > PAYLOAD
    try:
        return utf_8_decode(payload[:PAYLOAD], "strict", not cut)[0]
    except UnicodeDecodeError:
        return None


def moment(seconds: float) -> datetime:
    """Unix seconds as a time with its zone."""
    return datetime.fromtimestamp(seconds, UTC)
