"""Refused messages, kept with their reason."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from schemas.message import RawMessage, Rejected

KEEP_PAYLOAD = 65_536
"""Bytes kept of one refused payload; `size` tells how long it was."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One refused message. `id` grows by one with each; `time` is Unix seconds of receipt."""

    id: int
    time: float
    topic: str
    reason: str
    detail: str
    payload: bytes = field(repr=False)
    size: int
    field: str = ""


def quarantine(number: int, raw: RawMessage, why: Rejected) -> Quarantined:
    """The record of a refusal."""
    return Quarantined(
        number, raw.received_at, raw.topic, why.code, why.detail,
        raw.payload[:KEEP_PAYLOAD], len(raw.payload), why.field,
    )  # fmt: skip


class QuarantineBook:
    """The newest refusals in memory. Bound: `max_items` and `max_bytes`; the oldest go first, counted."""

    def __init__(self, max_items: int = 1_000, max_bytes: int = 16 * 1024 * 1024) -> None:
        self.max_items = max_items
        self.max_bytes = max_bytes
        self.removed = 0
        self._kept: deque[Quarantined] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, entry: Quarantined) -> None:
        """Keep one more."""
        self._kept.append(entry)
        self._bytes += len(entry.payload)
        while len(self._kept) > self.max_items or (self._bytes > self.max_bytes and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().payload)
            self.removed += 1

    def page(self, before: int | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """Newest first, at most `limit`, only ids below `before`."""
        newest = reversed(self._kept)
        return list(islice((e for e in newest if before is None or e.id < before), limit))
