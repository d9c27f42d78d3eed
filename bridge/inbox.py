"""The bounded queue between the network threads and the ingest thread."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from bridge.commands import CommandFailed, CommandSent
from bridge.ports import Connection
from schemas.message import RawMessage

MAX_ITEMS = 100_000
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message with the index of the transport it came by, which is where commands go back."""

    transport: int
    message: RawMessage


@dataclass(frozen=True, slots=True)
class Linked:
    """A transport gained or lost its source."""

    transport: int
    connection: Connection


Item: TypeAlias = Arrived | Linked | CommandSent | CommandFailed


class Inbox:
    """Many writers, one reader, one wake-up a batch.

    Bound: `max_items` and `max_bytes` of payload. Rule of loss: a message above the bound is refused
    (`put` is False) and counted in `dropped`; control items are never refused.
    """

    def __init__(self, max_items: int = MAX_ITEMS, max_bytes: int = MAX_BYTES) -> None:
        self.max_items = max_items
        self.max_bytes = max_bytes
        self.dropped = 0
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._filled = threading.Event()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> bool:
        """Add from any thread, without waiting. False if the message had to be dropped."""
        with self._lock:
            if isinstance(item, Arrived):
                size = len(item.message.payload)
                if len(self._items) >= self.max_items or self._bytes + size > self.max_bytes:
                    self.dropped += 1
                    return False
                self._bytes += size
            self._items.append(item)
        if not self._filled.is_set():
            self._filled.set()
        return True

    def take(self, timeout: float, at_most: int = 5_000) -> list[Item]:
        """Wait up to `timeout` seconds; all that is there, oldest first, at most `at_most` items."""
        self._filled.wait(timeout)
        # Cleared before the drain: an item that comes during it sets the event again and is not lost.
        self._filled.clear()
        with self._lock:
            batch = [self._items.popleft() for _ in range(min(at_most, len(self._items)))]
            self._bytes -= sum(len(i.message.payload) for i in batch if isinstance(i, Arrived))
            if self._items:
                self._filled.set()
        return batch

    def wake(self) -> None:
        """Make a waiting `take` return at once."""
        self._filled.set()
