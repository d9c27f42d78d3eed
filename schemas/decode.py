"""From one raw message to what it means. Pure: no I/O, and it never raises, whatever comes."""

import enum
import math
from datetime import UTC, datetime

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.catalog import Kinds
from schemas.device import Device, Kind
from schemas.flatten import flatten, unclaimed_readings
from schemas.message import (
    Announcement,
    Ignored,
    Outcome,
    RawMessage,
    Reading,
    Readings,
    Rejected,
    Unclaimed,
    Value,
)
from schemas.refusal import refusal_of, shown
from schemas.topics import quote_topic

MAX_PAYLOAD = 262_144
FUTURE_SECONDS = 300.0
"""How far a device's clock may be ahead of ours."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRESENCE = {b"online": True, b"offline": False}


def decode(message: RawMessage, kinds: Kinds, *, max_payload: int = MAX_PAYLOAD) -> Outcome:
    """What the message turned out to be. Bad input is a `Rejected`, never an exception."""
    claim = kinds.claim(message.topic)
    if claim is not None and claim.role == "command":
        return Ignored("command")
    if claim is None and message.topic.startswith("$"):
        return Ignored("system topic")
    if len(message.payload) > max_payload:
        size = f"{len(message.payload):,} bytes"
        return Rejected("too_large", f"the message: expected at most {max_payload:,} bytes, got {size}")
    if claim is None:
        return _unclaimed(message)
    if claim.role == "availability":
        return _announcement(message, claim.kind, claim.device_id)
    try:
        return _state(message, claim.kind, claim.device_id)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        # A kind's own validators may raise anything; that must cost one message, not the thread.
        text = shown(f"{type(error).__name__}: {error}")
        return Rejected("invalid_value", f"the kind {claim.kind.name} failed on this message: {text}")


def _state(message: RawMessage, kind: Kind, device_id: str) -> Readings | Rejected:
    if not message.payload:
        return Rejected("empty", "the message: expected a JSON object, got an empty payload")
    try:
        device = kind.model.model_validate_json(message.payload)
    except ValidationError as error:
        return refusal_of(error, kind, message.payload)
    device_time = None if device.time is None else (device.time - _EPOCH).total_seconds()
    if device_time is not None and device_time > message.received_at + FUTURE_SECONDS:
        ahead = f"{device_time - message.received_at:,.0f} seconds ahead"
        return Rejected("future_time", f"time: expected at most 5 minutes ahead, got {ahead}", "time")
    values = device.__dict__
    readings = [
        Reading(name, _value(values[name]), metric.unit)
        for name, metric in kind.metrics.items()
        if values[name] is not None
    ]
    if device.model_extra:
        extras = _extras(device, kind)
        if isinstance(extras, Rejected):
            return extras
        readings += extras
    return Readings(
        device_id, kind.name, tuple(readings), device_time, _called(device.name), _called(device.place)
    )


def _value(value: object) -> Value:
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a field became a {type(value).__name__}")


def _called(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _extras(device: Device, kind: Kind) -> list[Reading] | Rejected:
    readings: list[Reading] = []
    for name, value in flatten(device.model_extra or {}).items():
        if name in kind.metrics:
            continue
        if isinstance(value, float) and not math.isfinite(value):
            return Rejected(
                "not_finite", f"{shown(name)[1:-1]}: expected a finite number, got {shown(value)}", name
            )
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            text = f"{shown(name)[1:-1]}: expected a number of at most 64 bits, got {shown(value)}"
            return Rejected("out_of_range", text, name)
        readings.append(Reading(name, value, extra=True))
    return readings


def _announcement(message: RawMessage, kind: Kind, device_id: str) -> Announcement | Rejected:
    online = _PRESENCE.get(message.payload.strip())
    if online is not None:
        return Announcement(device_id, kind.name, online)
    got = shown(message.payload[:100].decode("utf-8", "replace")) if message.payload else "an empty payload"
    return Rejected("invalid_availability", f"availability: expected online or offline, got {got}")


def _unclaimed(message: RawMessage) -> Unclaimed:
    device_id = f"topic.{quote_topic(message.topic)}"
    try:
        content: object = from_json(message.payload)
    except ValueError:
        content = None
    readings, structured = unclaimed_readings(content, message.payload)
    return Unclaimed(device_id, readings, structured)
