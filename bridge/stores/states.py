"""A device's state as a row, and what later readings make of it."""

import json
from collections.abc import Iterable
from types import MappingProxyType
from typing import NamedTuple

from bridge.presence import Presence
from bridge.state import DeviceState, MetricState
from schemas.message import Value

_APART = {"metrics", "presence", "commands", "heard", "last_payload"}
_PLAIN = tuple(name for name in DeviceState._fields if name not in _APART)


class Seen(NamedTuple):
    """A reading that was kept. `time` is the device's own, if it gave one."""

    metric: str
    value: Value
    unit: str
    time: float | None
    received_at: float
    extra: bool = False


def to_row(device: DeviceState) -> tuple[str, str, bytes]:
    """A state as id, JSON and last payload. Commands and monotonic times mean nothing to the next process."""
    words: dict[str, object] = {name: getattr(device, name) for name in _PLAIN}
    words["presence"] = [device.presence.availability, device.presence.reason]
    words["metrics"] = {
        name: [m.value, m.unit, m.time, m.received_at, m.provenance, m.extra]
        for name, m in device.metrics.items()
    }
    return device.id, json.dumps(words, separators=(",", ":")), device.last_payload


def from_row(text: str, payload: bytes) -> DeviceState:
    """The state of a row. Words that this version does not know are passed over."""
    words = json.loads(text)
    metrics = {name: MetricState(*parts) for name, parts in words["metrics"].items()}
    known = {name: words[name] for name in _PLAIN if name in words}
    return DeviceState(
        **known,
        metrics=MappingProxyType(metrics),
        presence=Presence(*words["presence"]),
        last_payload=payload,
    )


def overlaid(device: DeviceState, later: Iterable[Seen]) -> DeviceState:
    """A state with the readings that came after it.

    The rule is that of the live state: the order of receipt, but a reading with an older device time than the
    last is history only.
    """
    metrics = dict(device.metrics)
    device_time, seen_at = device.device_time, device.seen_at
    changed = False
    for seen in sorted(later, key=lambda seen: seen.received_at):
        old = metrics.get(seen.metric)
        if old is not None and seen.received_at <= old.received_at:
            continue
        if seen.time is not None:
            if device_time is not None and seen.time < device_time:
                continue
            device_time = seen.time
        extra = old.extra if old is not None else seen.extra
        metrics[seen.metric] = MetricState(
            seen.value, seen.unit, seen.time, seen.received_at, "restored", extra
        )
        seen_at = seen.received_at if seen_at is None else max(seen_at, seen.received_at)
        changed = True
    if not changed:
        return device
    return device._replace(metrics=MappingProxyType(metrics), device_time=device_time, seen_at=seen_at)
