"""Refused messages, kept with their reason."""

from collections.abc import Collection
from dataclasses import dataclass, field

from schemas.message import RawMessage, Rejected
from schemas.refusal import CODES, shown

REASONS = CODES | {"too_many_devices", "too_many_metrics", "internal_error"}
"""Every reason for which a message can be here: what a kind refuses, our own bounds, a fault of ours."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One refused message.

    `id` is given by the store, 0 before that, and grows with each; `time` is Unix seconds of receipt; `size`
    is the length of the whole payload in bytes. `retained` and `qos` are as it came.
    """

    id: int
    time: float
    topic: str
    reason: str
    detail: str
    payload: bytes = field(repr=False)
    size: int
    field: str = ""
    retained: bool = False
    qos: int = 0


def quarantine(raw: RawMessage, why: Rejected) -> Quarantined:
    """The record of a refusal, not yet kept."""
    return Quarantined(
        0, raw.received_at, raw.topic, why.code, why.detail,
        raw.payload, len(raw.payload), why.field, raw.retained, raw.qos,
    )  # fmt: skip


def message_of(entry: Quarantined) -> RawMessage:
    """The message as it came, to be tried again."""
    return RawMessage(entry.topic, entry.payload, entry.time, retained=entry.retained, qos=entry.qos)


def check_reason(reason: str, kept: Collection[str]) -> None:
    """Raises `ValueError` for what is no reason, unless another version `kept` something for it."""
    if reason not in REASONS and reason not in kept:
        raise ValueError(f"there is no reason {shown(reason)}; known are {', '.join(sorted(REASONS))}")
