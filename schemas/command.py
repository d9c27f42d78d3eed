"""From the values a person wants to the messages that ask a device for them."""

import json
from collections.abc import Mapping
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from schemas.device import Device, Kind
from schemas.fields import adapter_of
from schemas.kind import Metric
from schemas.message import Value
from schemas.refusal import expectation, shown
from schemas.topics import TopicPattern


class InvalidCommand(ValueError):
    """A command the kind does not allow. The text is one line, fit for a person."""


def encode_command(kind: Kind, device_id: str, changes: Mapping[str, Value]) -> list[tuple[str, bytes]]:
    """The topics and JSON payloads that ask a device for these values: one message a command topic.

    Raises `InvalidCommand` for a metric that is unknown or read-only, a value outside its range or an id that
    is not one of the kind's.
    """
    payloads: dict[str, dict[str, Value]] = {}
    for name, value in changes.items():
        metric = kind.metrics.get(name)
        if metric is None:
            known = ", ".join(kind.metrics)
            raise InvalidCommand(f"{shown(name)[1:-1]}: {kind.name} has no such metric, only {known}")
        topic = _topic(kind, metric, device_id)
        _check(kind, metric, value)
        payloads.setdefault(topic, {})[metric.key] = value
    return [(topic, _json(fields).encode()) for topic, fields in payloads.items()]


def _topic(kind: Kind, metric: Metric, device_id: str) -> str:
    if metric.trait.command is None:
        raise InvalidCommand(f"{metric.name}: it can only be read, not set")
    try:
        return TopicPattern(metric.trait.command).format(kind.placeholders_of(device_id))
    except ValueError as error:
        raise InvalidCommand(str(error)) from error


def _check(kind: Kind, metric: Metric, value: Value) -> None:
    mistake = f"{metric.name}: expected {expectation(metric)}, got {shown(value)}"
    if not isinstance(value, bool | int | float | str):
        raise InvalidCommand(mistake)
    try:
        _adapter(kind.model, metric.name).validate_json(_json(value))
    except (ValidationError, ValueError, UnicodeEncodeError) as error:
        raise InvalidCommand(mistake) from error


@lru_cache(maxsize=1024)
def _adapter(model: type[Device], name: str) -> TypeAdapter[object]:
    return adapter_of(model.model_fields[name])


def _json(value: Value | dict[str, Value]) -> str:
    return json.dumps(value, separators=(",", ":"))
