"""From one raw message to what it means. Pure: no I/O, and it never raises, whatever comes."""

import enum
from datetime import UTC, datetime
from functools import lru_cache
from math import inf

from pydantic import ValidationError

from schemas.catalog import Claim, Kinds
from schemas.flatten import LARGEST_INT, SMALLEST_INT, Flat, flatten, repeats, unclaimed_readings
from schemas.image import Image
from schemas.kind import Kind
from schemas.message import (
    Announcement,
    Ignored,
    Mistake,
    Outcome,
    RawMessage,
    Reading,
    Readings,
    Rejected,
    Unclaimed,
    Value,
)
from schemas.picture import NoPicture, Picture, bare_picture, picture_of
from schemas.refusal import named, one_line, refusal_of, sentence, shown
from schemas.topics import quote_topic

MAX_PAYLOAD = 262_144
FUTURE_SECONDS = 300.0
"""How far a device's clock may be ahead of ours."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRESENCE = {b"online": True, b"offline": False}
_COMMAND = Ignored("command")
_CLEARED = Ignored("retained message cleared")
_SYSTEM = Ignored("system topic")
_CACHED_TOPICS = 10_000
_CACHED_LENGTH = 512


def decode(message: RawMessage, kinds: Kinds, *, max_payload: int = MAX_PAYLOAD) -> Outcome:
    """What the message turned out to be. Bad input is a `Rejected`, never an exception."""
    topic, payload = message.topic, message.payload
    claim = kinds.claim(topic)
    if claim is None and topic.startswith("$"):
        return _SYSTEM
    if claim is not None and claim.role == "command":
        return _COMMAND
    if len(payload) > max_payload and (
        claim is None or (claim.role != "image" and len(payload) > max_payload + claim.kind.largest)
    ):
        size = f"{len(payload):,} bytes"
        large = Mistake((), f"at most {max_payload:,} bytes", size)
        return Rejected("too_large", sentence(large), mistakes=(large,))
    if claim is None:
        return _unclaimed(topic, payload)
    if not payload:
        # So a retained message is taken back; who is subscribed cannot tell it from anything else.
        return _CLEARED
    if claim.role == "availability":
        return _announcement(payload, claim.kind, claim.device_id)
    if claim.role == "image":
        return _picture(payload, claim)
    try:
        return _state(payload, message.received_at, claim.kind, claim.device_id)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        # A kind's own validators may raise anything; that must cost one message, not the thread.
        text = f"the kind {claim.kind.name} failed on this message: {_told(error)}"
        return Rejected("invalid_value", one_line(text))


def _state(payload: bytes, received_at: float, kind: Kind, device_id: str) -> Readings | Rejected:
    try:
        device = kind.validate(payload)
    except ValidationError as error:
        return refusal_of(error, kind, payload)
    values = device.__dict__
    time: datetime | None = values["time"]
    device_time = None if time is None else (time - _EPOCH).total_seconds()
    if device_time is not None and device_time > received_at + FUTURE_SECONDS:
        ahead = f"{device_time - received_at:,.0f} seconds ahead"
        early = Mistake(("time",), "at most 5 minutes ahead", ahead)
        return Rejected("future_time", sentence(early), "time", (early,))
    make, metrics = tuple.__new__, kind.metrics
    readings: list[Reading] = []
    for name, unit in kind.units:
        value = values[name]
        if value is None:
            continue
        if not (value.__class__ is float and -inf < value < inf) and value.__class__ is not bool:
            value = _value(value)
        # Half the time of Reading(…), and it is done for every value of every message.
        readings.append(make(Reading, (name, value, unit, False)))
    extra, whole = device.__pydantic_extra__, True
    if extra:
        flat = flatten(extra)
        if flat.odd:
            return _odd(flat)
        extras = [Reading(key, item, extra=True) for key, item in flat.values.items() if key not in metrics]
        readings += extras
        declared = len(device.__pydantic_fields_set__) - len(extra)
        whole = (
            flat.whole and len(extras) == len(flat.values) and not repeats(payload, flat.colons + declared)
        )
    name, place = values["name"], values["place"]
    return Readings(
        device_id,
        kind.name,
        tuple(readings),
        device_time,
        None if name is None else _called(name),
        None if place is None else _called(place),
        values["sequence"] if "sequence" in kind.about else None,
        whole,
        _pictures(kind, values) if kind.pictures else (),
    )


def _unclaimed(topic: str, payload: bytes) -> Unclaimed:
    """What can be read without a kind. A bare picture is one, though its words do not hold the message."""
    device_id, (readings, structured, whole) = _topic_id(topic), unclaimed_readings(payload)
    picture = None if structured else bare_picture(payload)
    if picture is None:
        return Unclaimed(device_id, readings, structured, whole)
    (raw,) = readings
    shown = (raw._replace(value=picture.words),)
    return Unclaimed(device_id, shown, structured=False, whole=False, pictures=((raw.metric, picture),))


def _picture(payload: bytes, claim: Claim) -> Readings | Rejected:
    """A picture that came by itself, on a topic of its own."""
    kind, metric = claim.kind, claim.kind.metrics[claim.metric]
    assert isinstance(metric.trait, Image)  # noqa: S101  (no other trait has a topic of its own)
    try:
        picture = picture_of(payload, metric.trait.max_bytes)
    except NoPicture as error:
        wrong = Mistake((metric.name,), error.expected, error.came)
        code = "too_large" if error.large else "invalid_value"
        return Rejected(code, sentence(wrong), metric.name, (wrong,))
    reading = Reading(metric.name, picture.words)
    return Readings(claim.device_id, kind.name, (reading,), pictures=((metric.name, picture),))


def _pictures(kind: Kind, values: dict[str, object]) -> tuple[tuple[str, Picture], ...]:
    found = [(name, values[name]) for name in kind.pictures]
    return tuple((name, picture) for name, picture in found if isinstance(picture, Picture))


def _value(value: object) -> Value:
    """A value that any store can keep. Raises `TypeError` or `ValueError` for what no field may become."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if SMALLEST_INT <= value <= LARGEST_INT:
            return value
        raise ValueError("a field became a number of more than 64 bits")
    if isinstance(value, float):
        if -inf < value < inf:
            return value
        raise ValueError("a field became a number that is not finite")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Picture):
        return value.words
    raise TypeError(f"a field became a {type(value).__name__}")


def _text(text: str) -> str:
    """The text itself. Raises `ValueError` if it is no Unicode."""
    if not text.isascii():
        text.encode()
    return text


def _called(text: str) -> str | None:
    return _text(text).strip() or None


def _odd(flat: Flat) -> Rejected:
    name = flat.odd[0]
    value = flat.values[name]
    field, path = named(name), tuple(name.split("."))
    if isinstance(value, float):
        wrong, code = Mistake(path, "a finite number", shown(value)), "not_finite"
    else:
        wrong, code = Mistake(path, "a number of at most 64 bits", shown(value)), "out_of_range"
    return Rejected(code, sentence(wrong), field, (wrong,))


def _announcement(payload: bytes, kind: Kind, device_id: str) -> Announcement | Rejected:
    online = _PRESENCE.get(payload.strip())
    if online is not None:
        return Announcement(device_id, kind.name, online)
    got = shown(payload[:100].decode("utf-8", "replace"))
    wrong = Mistake((), "online or offline", got)
    text = f"availability: expected {wrong.expected}, got {got}"
    return Rejected("invalid_availability", text, mistakes=(wrong,))


def _topic_id(topic: str) -> str:
    return _short_topic_id(topic) if len(topic) <= _CACHED_LENGTH else f"topic.{quote_topic(topic)}"


@lru_cache(_CACHED_TOPICS)
def _short_topic_id(topic: str) -> str:
    return f"topic.{quote_topic(topic)}"


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001
        # Even the text of a kind's own error may be code that fails.
        return type(error).__name__
