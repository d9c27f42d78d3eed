"""Nested JSON as flat readings: for fields no kind declares, and for messages no kind claims."""

import base64
import json
import math
from collections.abc import Mapping

from schemas.message import Reading, Value

MAX_READINGS = 64
MAX_TEXT = 1024
MAX_NAME = 256


def flatten(content: Mapping[str, object]) -> dict[str, Value]:
    """The scalars of an object by their dotted names, at most 64, in order.

    Lists become their JSON text, texts and names are cut, nulls are left out. Numbers are left as they are,
    so they may be infinite or of any size.
    """
    found: dict[str, Value] = {}
    _collect(content, "", found)
    return found


def unclaimed_readings(content: object, payload: bytes) -> tuple[tuple[Reading, ...], bool]:
    """The readings of a message without a kind, and whether it had a structure to read."""
    if isinstance(content, Mapping):
        found = flatten(content)
    elif isinstance(content, bool | int | float | str):
        found = {"value": _cut(content)}
    else:
        found = {}
    if found:
        return tuple(Reading(name, _storable(value)) for name, value in found.items()), True
    return (Reading("payload", _raw(payload)),), False


def _collect(content: Mapping[str, object], prefix: str, found: dict[str, Value]) -> None:
    for key, value in content.items():
        if len(found) >= MAX_READINGS:
            return
        name = f"{prefix}{key}"[:MAX_NAME] or "_"
        if isinstance(value, Mapping):
            _collect(value, f"{name}."[:MAX_NAME], found)
        elif isinstance(value, list):
            found[name] = _json(value)
        elif isinstance(value, bool | int | float | str):
            found[name] = _cut(value)


def _cut(value: Value) -> Value:
    return value[:MAX_TEXT] if isinstance(value, str) else value


def _json(value: list[object]) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:MAX_TEXT]
    except (ValueError, RecursionError):
        return "[…]"


def _storable(value: Value) -> Value:
    """A number as text where it is none that a store could keep."""
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return _digits(value)
    return value


def _digits(number: int) -> str:
    try:
        return str(number)[:MAX_TEXT]
    except ValueError:
        return "a number of more than 4,300 digits"


def _raw(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")[:MAX_TEXT]
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(payload[: MAX_TEXT * 3 // 4]).decode('ascii')}"
