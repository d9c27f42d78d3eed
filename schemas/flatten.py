"""Nested JSON as flat readings: for fields no kind declares, and for messages no kind claims."""

import base64
import json
from math import inf

from pydantic_core import from_json

from schemas.message import Reading, Value

MAX_READINGS = 64
MAX_TEXT = 1024
MAX_NAME = 256

# A union written in the call would be made anew for each message.
_SCALARS = (bool, int, float, str)
_STRICT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_LENIENT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

SMALLEST_INT = -(2**63)
LARGEST_INT = 2**63 - 1


class Flat:
    """The scalars of a JSON object by their dotted names, at most 64, in order.

    Lists become their JSON text, texts and names are cut, nulls and empty objects carry nothing. Numbers are
    left as they are; `odd` names those that are not finite or beyond 64 bits. `whole` is False where
    something was cut or left out. `colons` counts those of the object in JSON, as far as it was looked at.
    """

    __slots__ = ("colons", "odd", "values", "whole")

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.odd: list[str] = []
        self.whole = True
        self.colons = 0

    def collect(self, content: dict[str, object], prefix: str = "") -> None:
        """Add what an object holds, each name after the prefix."""
        values = self.values
        self.colons += len(content) + "".join(content).count(":")
        for key, value in content.items():
            if value is None:
                continue
            name = prefix + key or "_"
            if len(name) > MAX_NAME:
                name = name[:MAX_NAME]
                self.whole = False
            if isinstance(value, dict):
                self.collect(value, f"{name}.")
            elif name in values:
                self.whole = False
            elif len(values) >= MAX_READINGS:
                self.whole = False
                return
            else:
                values[name] = self._scalar(name, value)

    def _scalar(self, name: str, value: object) -> Value:
        if isinstance(value, float):
            if not -inf < value < inf:
                self.odd.append(name)
            return value
        if isinstance(value, str):
            self.colons += value.count(":")
            return self._cut(value)
        if isinstance(value, int):
            if not SMALLEST_INT <= value <= LARGEST_INT:
                self.odd.append(name)
            return value
        return self._list(value)

    def _list(self, value: object) -> str:
        try:
            text = _STRICT.encode(value)
        except ValueError:
            # Such as 1e999, which is not Infinity.
            self.whole = False
            text = _LENIENT.encode(value)
        self.colons += text.count(":")
        return self._cut(text)

    def _cut(self, text: str) -> str:
        if len(text) <= MAX_TEXT:
            return text
        self.whole = False
        return text[:MAX_TEXT]


def flatten(content: dict[str, object]) -> Flat:
    """A JSON object as flat values."""
    flat = Flat()
    flat.collect(content)
    return flat


def unclaimed_readings(payload: bytes) -> tuple[tuple[Reading, ...], bool, bool]:
    """The readings of a message without a kind, whether it had a structure, and whether they are whole.

    Numbers that no store could keep become text. What has no structure is one reading, `payload`.
    """
    try:
        content = from_json(payload)
    except ValueError:
        return _raw(payload)
    scalar = isinstance(content, _SCALARS)
    if not scalar and not isinstance(content, dict):
        return _raw(payload)
    flat = flatten({"value": content} if scalar else content)
    values = flat.values
    if not values:
        return _raw(payload)
    for name in flat.odd:
        values[name] = _as_text(values[name])
    whole = flat.whole and not flat.odd and (scalar or not repeats(payload, flat.colons))
    make = tuple.__new__
    return tuple([make(Reading, (name, value, "", False)) for name, value in values.items()]), True, whole


def repeats(payload: bytes, colons: int) -> bool:
    """Whether a key stands twice in an object of a JSON text, of which the last value alone was read.

    `colons` are those of what was read: as many in the payload, and nothing is missing.
    """
    if payload.count(b":") == colons and b"\\" not in payload:
        return False
    try:
        json.loads(payload.decode(), object_pairs_hook=_refuse_repeated)
    except (ValueError, RecursionError):
        return True
    return False


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise ValueError


def _as_text(number: Value) -> Value:
    try:
        return json.dumps(number)[:MAX_TEXT]
    except ValueError:
        return "a number of more than 4,300 digits"


def _raw(payload: bytes) -> tuple[tuple[Reading, ...], bool, bool]:
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        kept = payload[: MAX_TEXT * 3 // 4]
        text = f"base64:{base64.b64encode(kept).decode('ascii')}"
        return (Reading("payload", text),), False, len(kept) == len(payload)
    return (Reading("payload", text[:MAX_TEXT]),), False, len(text) <= MAX_TEXT
