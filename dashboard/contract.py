"""The JSON of the API: the outside contract as pydantic models."""

import base64
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from bridge.presence import Availability
from bridge.quarantine import Quarantined
from bridge.service import Label
from bridge.state import DeviceState
from dashboard.present import default_name
from schemas.message import Provenance, Value


class Health(BaseModel):
    """`ok`, or `degraded` while the broker is away or the store fails (`store` says how, else empty)."""

    status: Literal["ok", "degraded"]
    broker_connected: bool
    broker: str
    store: str
    inbox_depth: int
    sessions: int


class MetricValue(BaseModel):
    """The last value of a metric. `time` is the device's own if it gave one, else when we received it."""

    value: Value
    unit: str
    time: datetime
    provenance: Provenance


class Device(BaseModel):
    """A device with all its metrics. `last_seen` is null until it has spoken live."""

    id: str
    name: str
    place: str | None
    kind: str
    availability: Availability
    availability_reason: str
    last_seen: datetime | None
    metrics: dict[str, MetricValue]


class DevicePage(BaseModel):
    """Some devices; `next` is the cursor for more."""

    items: list[Device]
    next: str | None


class QuarantinedMessage(BaseModel):
    """A refused message.

    `payload` is text, or base64 where `encoding` says so; `size` is its length in bytes, of which at most
    65,536 are kept.
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
    try:
        payload, encoding = entry.payload.decode(), None
    except UnicodeDecodeError:
        payload, encoding = base64.b64encode(entry.payload).decode(), "base64"
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


def moment(seconds: float) -> datetime:
    """Unix seconds as a time with its zone."""
    return datetime.fromtimestamp(seconds, UTC)
