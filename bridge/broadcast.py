"""From the bridge to whoever wants to know, on any thread: one fan-out, and a queue for each listener.

A *subscription* holds what its listener has not taken yet: each changed device once, the latest state, the
metrics touched since. So a slow listener never has a backlog, never a gap, and holds nobody up. The hub of
the dashboards is one of them, the API's stream another; code in the same process may have its own.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

from bridge.frames import Frame, merged
from bridge.state import Change, DeviceState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a listener has come: a frame of one `run` of the bridge. As text `run-sequence`."""

    run: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.run}-{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Raises ValueError for a text that is none."""
        run, dash, number = text.rpartition("-")
        if not (run and dash and number.isascii() and number.isdecimal() and len(number) < 19):
            raise ValueError(f"expected a position such as 1f00ab42-17, got {text[:60]!r}")
        return cls(run, int(number))


START: Final = Position("", 0)
"""Before everything: who begins there gets all that is known now."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listener wants to hear of; an empty set is all.

    `metrics` leaves out changes of other metrics, but not those of a device's availability.
    """

    devices: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()

    def wanted(self, change: Change) -> Change | None:
        """The change as far as it is wanted; None if it is not."""
        device = change.device
        if self.devices and device.id not in self.devices:
            return None
        if self.kinds and device.kind not in self.kinds:
            return None
        if not self.metrics or not change.metrics:
            return change
        metrics = tuple(name for name in change.metrics if name in self.metrics)
        return change._replace(metrics=metrics) if metrics or change.moved else None

    def of(self, frame: Frame) -> Frame:
        """The frame as far as it is wanted."""
        if self == ALL:
            return frame
        found = (self.wanted(change) for change in frame.changes)
        return frame.replaced(tuple(change for change in found if change is not None))


ALL: Final = Filter()


def _nothing() -> None:
    return None


class Subscription:
    """One listener's queue: at most one change a device, and the newest status.

    `whole`: what is taken first is everything that is known, not what changed. `merged` counts changes that a
    newer one replaced here. Use from any thread, or as a context; iterating takes frame by frame, until
    `close`.
    """

    def __init__(self, owner: "Broadcast", wants: Filter, wake: Callable[[], None]) -> None:
        self.whole = False
        self.merged = 0
        self.closed = False
        self._owner = owner
        self._wants = wants
        self._wake = wake
        self._waiting: Frame | None = None
        self._there = threading.Condition()

    def put(self, frame: Frame) -> None:
        """Add a frame; wakes the listener if there was nothing. By the owner."""
        wanted = self._wants.of(frame)
        if not (wanted.changes or wanted.status is not None or wanted.quarantined):
            return
        with self._there:
            if self.closed:
                return
            before = self._waiting
            if before is None:
                self._waiting = wanted
            else:
                self._waiting = merged(before, wanted)
                self.merged += len(before.changes) + len(wanted.changes) - len(self._waiting.changes)
            self._there.notify_all()
        if before is None:
            try:
                self._wake()
            except Exception:
                log.exception("our fault: a listener could not be woken")

    def take(self, timeout: float | None = 0.0) -> Frame | None:
        """All since it was last taken, as one frame; waits up to `timeout` seconds, None: for ever."""
        with self._there:
            self._there.wait_for(lambda: self._waiting is not None or self.closed, timeout)
            found, self._waiting = self._waiting, None
        return found

    def __iter__(self) -> Iterator[Frame]:
        """Frame by frame, in a thread of one's own."""
        while not self.closed:
            frame = self.take(timeout=None)
            if frame is not None:
                yield frame

    async def frames(self) -> AsyncIterator[Frame]:
        """Frame by frame, in an event loop. In place of `wake`, and for one reader."""
        loop, there = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            # The loop may have ended while somebody published.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(there.set)

        self._wake = wake
        while not self.closed:
            frame = self.take()
            if frame is not None:
                yield frame
            else:
                await there.wait()
                there.clear()

    def close(self) -> None:
        """Listen no more."""
        with self._there:
            self.closed = True
            self._waiting = None
            self._there.notify_all()
        self._owner.forget(self)
        self._wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True)
class _Told:
    """When a device and its metrics were last told of, as sequences of frames."""

    last: int = 0
    metrics: dict[str, int] = field(default_factory=dict)


class Broadcast:
    """Takes frames from one thread and hands them to every subscription. `run` names this life of the bridge.

    `present` gives the states that are known now; those that no frame told of belong to a snapshot all the
    same.
    """

    def __init__(self, present: Callable[[], Mapping[str, DeviceState]], run: str) -> None:
        self.run = run
        self.sequence = 0
        self._present = present
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._first: list[Callable[[Frame], None]] = []
        self._told: dict[str, _Told] = {}
        self._merged_before = 0

    @property
    def position(self) -> Position:
        """Where the newest frame is."""
        return Position(self.run, self.sequence)

    @property
    def listening(self) -> int:
        """How many subscriptions there are."""
        return len(self._subscriptions)

    @property
    def merged(self) -> int:
        """Changes that a newer one replaced before a subscription's listener took them."""
        with self._lock:
            return self._merged_before + sum(each.merged for each in self._subscriptions)

    def first(self, listener: Callable[[Frame], None]) -> None:
        """Hand every frame to `listener` before all subscriptions, on the publishing thread."""
        self._first.append(listener)

    def publish(self, frame: Frame) -> None:
        """Hand a frame to everybody. From one thread; neither waits nor raises."""
        for listener in self._first:
            try:
                listener(frame)
            except Exception:
                log.exception("our fault: a listener failed at frame %d", frame.sequence)
        with self._lock:
            self.sequence = frame.sequence
            for change in frame.changes:
                told = self._told.setdefault(change.device.id, _Told())
                told.last = frame.sequence
                told.metrics.update(dict.fromkeys(change.metrics, frame.sequence))
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.put(frame)

    def restart(self, run: str) -> None:
        """Another bridge speaks from now on: positions of before mean nothing. By the publishing thread."""
        with self._lock:
            self.run, self.sequence = run, 0
            self._told.clear()

    def subscribe(
        self, wake: Callable[[], None] = _nothing, wants: Filter = ALL, after: Position | None = None
    ) -> Subscription:
        """A queue of one's own, from now on; with `after` it begins with what came after that position.

        `START`, a position of another run, or one that has not been yet: with everything that is known.
        `wake` is called, from whatever thread publishes, when there is something to take and there was
        nothing before; it must neither wait nor raise.
        """
        made = Subscription(self, wants, wake)
        with self._lock:
            self._subscriptions.append(made)
            if after is not None:
                made.whole = after.run != self.run or after.sequence > self.sequence
                begin = self._since(after, whole=made.whole)
        if after is not None:
            # What is published in between is merged: the states here are read later than the sequence.
            made.put(begin)
        return made

    def forget(self, subscription: Subscription) -> None:
        """It is closed."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
                self._merged_before += subscription.merged

    def _since(self, after: Position, *, whole: bool) -> Frame:
        changes = []
        for device in list(self._present().values()):
            told = self._told.get(device.id)
            if whole:
                changes.append(Change(device, tuple(device.metrics)))
            elif told is not None and told.last > after.sequence:
                metrics = [name for name, last in told.metrics.items() if last > after.sequence]
                changes.append(Change(device, tuple(metrics)))
        return Frame(self.sequence, 0.0, tuple(changes))
