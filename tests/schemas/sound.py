"""What every outcome of decoding must be like, and how much of a message it must hold."""

import base64
import json
from collections.abc import Iterator
from math import inf, isfinite

from schemas.flatten import MAX_NAME, MAX_READINGS, MAX_TEXT
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
from schemas.topics import unquote_topic

CODES = {
    "too_large",
    "invalid_utf8",
    "invalid_json",
    "not_an_object",
    "missing_field",
    "unknown_field",
    "wrong_type",
    "out_of_range",
    "not_finite",
    "invalid_time",
    "future_time",
    "invalid_availability",
    "invalid_value",
}
DEEPEST = 200
"""Levels of JSON that are read."""


def check(raw: RawMessage, outcome: Outcome) -> None:
    """Fail unless stores and views can take the outcome as it is, and nothing is left out silently."""
    match outcome:
        case Rejected():
            assert outcome.code in CODES
            assert outcome.detail.isprintable()
            assert 0 < len(outcome.detail) <= 300
            assert "expected" in outcome.detail
            assert "got" in outcome.detail
            assert outcome.field.isprintable()
            assert len(outcome.field) <= 80
        case Readings():
            texts = (outcome.device_id, outcome.kind, outcome.name, outcome.place)
            assert all(encodes(text) for text in texts if text is not None)
            assert outcome.device_time is None or isfinite(outcome.device_time)
            assert outcome.sequence is None or 0 <= outcome.sequence < 2**63
            assert len(outcome.readings) <= 80
            assert all(storable(reading) for reading in outcome.readings)
        case Unclaimed():
            assert raw.topic == unquote_topic(outcome.device_id.removeprefix("topic."))
            assert outcome.device_id.isascii()
            assert 1 <= len(outcome.readings) <= MAX_READINGS
            assert all(storable(reading) for reading in outcome.readings)
            names = [reading.metric for reading in outcome.readings]
            assert len(names) == len(set(names))
            said = expected_of(raw.payload)
            assert (said is not None) == outcome.whole
            if said is not None:
                assert said == [(reading.metric, reading.value) for reading in outcome.readings]
                assert [type(value) for _, value in said] == [
                    type(reading.value) for reading in outcome.readings
                ]
        case Announcement():
            assert encodes(outcome.device_id)
        case Ignored():
            assert outcome.reason in ("command", "system topic", "retained message cleared")
            assert (outcome.reason == "retained message cleared") <= (raw.payload == b"")


def storable(reading: Reading) -> bool:
    """Whether any store can keep a reading."""
    value = reading.value
    if not encodes(reading.metric) or len(reading.metric) > MAX_NAME:
        return False
    if isinstance(value, str):
        return len(value) <= MAX_TEXT + len("base64:") and encodes(value)
    return isfinite(value) if isinstance(value, float) else -(2**63) <= value < 2**63


def encodes(text: str) -> bool:
    """Whether a text has a form in UTF-8."""
    try:
        return text == text.encode().decode()
    except UnicodeEncodeError:
        return False


def expected_of(payload: bytes) -> list[tuple[str, Value]] | None:
    """The readings that hold all of a message without a kind, or None if none can.

    Worked out with another parser than the product's, which sees repeated keys.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        binary = f"base64:{base64.b64encode(payload).decode()}"
        return [("payload", binary)] if len(payload) <= MAX_TEXT * 3 // 4 else None
    raw: list[tuple[str, Value]] | None = [("payload", text)] if len(text) <= MAX_TEXT else None
    repeated: list[bool] = []
    try:
        content: object = json.loads(text, object_pairs_hook=lambda pairs: _dict(pairs, repeated))
        if not encodes(json.dumps(content, ensure_ascii=False)) or _depth(content) > DEEPEST:
            return raw
    except (ValueError, RecursionError):
        return raw
    if isinstance(content, bool | int | float | str):
        content = {"value": content}
    leaves = list(_leaves(content, "")) if isinstance(content, dict) else []
    if not leaves:
        return raw
    names = {name for name, _ in leaves}
    fits = not repeated and len(names) == len(leaves) <= MAX_READINGS and _short(content)
    return leaves if fits and all(_fits(value) for _, value in leaves) else None


def _dict(pairs: list[tuple[str, object]], repeated: list[bool]) -> dict[str, object]:
    content = dict(pairs)
    if not encodes(json.dumps(pairs, ensure_ascii=False)):
        raise ValueError
    if len(content) != len(pairs):
        repeated.append(True)
    return content


def _leaves(content: dict[str, object], prefix: str) -> Iterator[tuple[str, Value]]:
    for key, value in content.items():
        name = prefix + key or "_"
        if isinstance(value, dict):
            yield from _leaves(value, f"{name}.")
        elif isinstance(value, list):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            yield name, text if _finite(value) else inf
        elif isinstance(value, bool | int | float | str):
            yield name, value


def _short(content: object, room: int = MAX_NAME) -> bool:
    """Whether every name has its place, those of objects too."""
    if not isinstance(content, dict):
        return True
    return all(
        len(key) <= room and _short(value, room - len(key) - 1)
        for key, value in content.items()
        if value is not None
    )


def _fits(value: Value) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return isfinite(value) if isinstance(value, float) else -(2**63) <= value < 2**63


def _finite(content: object) -> bool:
    if isinstance(content, dict):
        return all(map(_finite, content.values()))
    if isinstance(content, list):
        return all(map(_finite, content))
    return not isinstance(content, float) or isfinite(content)


def _depth(content: object) -> int:
    """The levels of JSON in each other; what is empty has none."""
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return 1 + max(map(_depth, inner)) if inner else 0


class Object(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a key may stand there twice."""


def written(content: object, *, escaped: bool = False, blanks: str = "") -> str:
    """The JSON text of a content."""
    if isinstance(content, Object):
        pairs = [
            f"{written(key, escaped=escaped)}{blanks}:{written(value, escaped=escaped, blanks=blanks)}"
            for key, value in content
        ]
        return f"{{{blanks}{f',{blanks}'.join(pairs)}}}"
    if isinstance(content, list):
        items = [written(item, escaped=escaped, blanks=blanks) for item in content]
        return f"[{f',{blanks}'.join(items)}]"
    return json.dumps(content, ensure_ascii=escaped)
