"""The queue between the network threads and the ingest thread, which also knows what is not kept yet."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bridge.commands import Note
from bridge.ports import Connection
from schemas.message import RawMessage

MARK_ITEMS = 15_000
"""Below what an MQTT session lets be on its way at QoS 1, so that the mark is what stops the reading."""
MARK_BYTES = 64 * 1024 * 1024
HURRY = 300
"""Waiting messages from which on nobody rests, however little time has gone by."""
LOW = 0.5
"""The part of a mark below which reading goes on."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Messages with the index of the transport they came by, `size` bytes in all, at monotonic time `at`."""

    transport: int
    messages: Sequence[RawMessage]
    size: int
    at: float


@dataclass(frozen=True, slots=True)
class Linked:
    """A transport gained or lost its source."""

    transport: int
    connection: Connection


@dataclass(frozen=True, slots=True)
class Kept:
    """The store took a batch: how many new readings, and whether the quarantine changed. Or its `fault`."""

    readings: int = 0
    quarantine: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Forget:
    """A device is to be forgotten, with its `history` or without; `done` is called when that is kept.

    `cleared`: the broker was asked to forget what it had retained of it, which comes back as an empty
    message.
    """

    device_id: str
    history: bool
    cleared: bool
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Relabelled:
    """These devices have other names or places, or were retired or taken back."""

    device_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Published:
    """We have sent a message to be retained; `retained` is False where it was an empty one, which clears."""

    topic: str
    retained: bool


Control: TypeAlias = Linked | Kept | Note | Forget | Relabelled | Published
Item: TypeAlias = Arrived | Control


class Inbox:
    """Many writers, one reader, one wake-up a batch.

    `depth` and `size` are of all messages that were delivered and are not settled: those that wait here, and
    those that were taken and are not committed. Mark: `mark_items`, `mark_bytes`. Above it nothing is
    dropped, but whoever delivers is asked to stop, and told by `on_room` when half of it is free again.
    """

    def __init__(self, mark_items: int = MARK_ITEMS, mark_bytes: int = MARK_BYTES) -> None:
        self.mark_items = mark_items
        self.mark_bytes = mark_bytes
        self.depth = 0
        self.size = 0
        self.full = False
        self._closing = False
        self.on_room: Callable[[], None] = lambda: None
        self._items: deque[Item] = deque()
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._hurry = threading.Event()
        self._waiting = 0

    @property
    def oldest(self) -> float | None:
        """The monotonic time since when the oldest message waits here, None if none does."""
        with self._lock:
            return next((item.at for item in self._items if isinstance(item, Arrived)), None)

    @property
    def unread(self) -> int:
        """How many messages wait here, and were not taken yet."""
        return self._waiting

    def deliver(self, transport: int, messages: Sequence[RawMessage]) -> bool:
        """Add messages from any thread, without waiting. False: stop delivering until `on_room`."""
        size = sum([len(message[0]) + len(message[1]) for message in messages])
        arrived = Arrived(transport, messages, size, time.monotonic())
        with self._lock:
            self.depth += len(messages)
            self.size += size
            if self.depth > self.mark_items or self.size > self.mark_bytes:
                self.full = True
            self._items.append(arrived)
            self._waiting += len(messages)
            hurry = self._waiting >= HURRY
            room = not self.full
        self._filled.set()
        if hurry:
            self._hurry.set()
        return room

    def put(self, item: Control, *, wake: bool = True) -> None:
        """Add news from any thread, without waiting. What wakes nobody is taken with what comes next."""
        with self._lock:
            self._items.append(item)
        if wake:
            self.wake()

    def rest(self, seconds: float) -> None:
        """Let messages gather: return after so long, or at once for news, for many messages, for `wake`.

        A thread that is woken for each message alone costs more than what it does with it.
        """
        self._hurry.wait(seconds)

    def take(self, timeout: float, at_most: int = 2_000) -> list[Item]:
        """Wait up to `timeout` seconds; what is there, oldest first, up to about `at_most` messages."""
        self._filled.wait(timeout)
        # Cleared before the drain: an item that comes during it sets the event again and is not lost.
        self._filled.clear()
        self._hurry.clear()
        batch: list[Item] = []
        count = 0
        with self._lock:
            while self._items and count < at_most:
                item = self._items.popleft()
                batch.append(item)
                if isinstance(item, Arrived):
                    count += len(item.messages)
                    self._waiting -= len(item.messages)
                else:
                    count += 1
            if self._items:
                self.wake()
        return batch

    def settle(self, count: int, size: int) -> None:
        """So many messages are kept now. From the writing thread."""
        with self._lock:
            self.depth -= count
            self.size -= size
            low = self.depth <= self.mark_items * LOW and self.size <= self.mark_bytes * LOW
            room = self.full and low and not self._closing
            if room:
                self.full = False
        if room:
            self.on_room()

    def close(self) -> None:
        """Ask everybody who delivers to stop, for good. What they deliver all the same is still taken."""
        with self._lock:
            self._closing = self.full = True
        self.wake()

    def wake(self) -> None:
        """Make a waiting `take`, or a `rest`, return at once."""
        self._filled.set()
        self._hurry.set()
