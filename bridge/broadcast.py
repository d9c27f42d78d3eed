"""From the bridge to whoever wants to know, on any thread: one fan-out, and a queue for each listener.

A *subscription* holds what its listener has not taken yet: each changed device once, the latest state, the
metrics touched since. So a slow listener never has a backlog, never a gap, and holds nobody up. The hub of
the dashboards is one of them, the API's stream another; code in the same process may have its own.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
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

    `metrics`: only devices that have one of these, and of their metrics only these. That such a device's
    availability changed is told all the same.
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
        if not self.metrics:
            return change
        metrics = tuple([name for name in change.metrics if name in self.metrics])
        if metrics:
            # Most changes are wanted wholly; then nothing is made anew.
            return change if len(metrics) == len(change.metrics) else change._replace(metrics=metrics)
        if (change.moved or not change.metrics) and not self.metrics.isdisjoint(device.metrics):
            return change._replace(metrics=())
        return None

    def of(self, frame: Frame, by_device: Mapping[str, Change] | None = None) -> Frame:
        """The frame as far as it is wanted. `by_device`: its changes, for who asks with many filters."""
        if self == ALL:
            return frame
        changes: Iterable[Change] = frame.changes
        if by_device is not None and self.devices and len(self.devices) < len(by_device):
            changes = [by_device[one] for one in self.devices if one in by_device]
        found = [self.wanted(change) for change in changes]
        return frame.replaced(tuple([change for change in found if change is not None]))


ALL: Final = Filter()


FRAMES: Final = 64
CHANGES: Final = 10_000
"""So many of them may wait in a subscription as they came; beyond that only where its listener is counts."""


def _nothing() -> None:
    return None


class Subscription:
    """What one listener has not taken yet: each changed device once, and the newest status.

    A few frames wait as they came. A listener that is further behind has only a position; what it misses is
    made from the present when it comes. So it costs the publisher next to nothing, however slow it is.

    `whole`: what is taken first is everything that is known, not what changed. `position` is how far the
    listener has come with what it took last. `merged` counts changes that a newer one replaced here. Use
    from any thread, or as a context; iterating takes frame by frame, until `close`.
    """

    def __init__(self, owner: "Broadcast", wants: Filter, wake: Callable[[], None]) -> None:
        self.wants = wants
        self.whole = False
        self.merged = 0
        self.closed = False
        self.position = owner.position
        self._owner = owner
        self._wake = wake
        self._waiting: list[Frame] = []
        self._size = 0
        self._after: int | None = None
        self._there = threading.Condition()

    def put(self, frame: Frame) -> None:
        """Add a frame of what is wanted; wakes the listener if nothing waited. By the owner."""
        if not (frame.changes or frame.status is not None or frame.quarantined):
            return
        with self._there:
            if self.closed:
                return
            quiet = not self._something()
            self._waiting.append(frame if self._after is None else frame.replaced(()))
            self._size += len(frame.changes)
            waiting = len(self._waiting)
            if waiting > FRAMES or (waiting > 1 and self._after is None and self._size > CHANGES):
                if self._after is None:
                    self._after = self.position.sequence
                self._waiting = [merged(*(each.replaced(()) for each in self._waiting))]
            self._there.notify_all()
        if quiet:
            self.wake()

    def take(self, timeout: float | None = 0.0) -> Frame | None:
        """All since it was last taken, as one frame; waits up to `timeout` seconds, None: for ever."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._there:
                if timeout != 0.0:
                    left = None if until is None else until - time.monotonic()
                    self._there.wait_for(lambda: self._something() or self.closed, left)
                if self.closed or not self._something():
                    return None
                if self._after is None:
                    return self._taken(merged(*self._waiting))
            found = self._owner.missed(self)
            if found is not None or timeout == 0.0:
                return found

    def begin(self, after: int) -> None:
        """It misses what came after a sequence; -1: everything that is known. By the owner."""
        self._after = after

    def restart(self, run: str) -> None:
        """What comes from now on is of another run, and newer than all that waits. By the owner."""
        with self._there:
            self._waiting = [replace(frame, sequence=0) for frame in self._waiting]
            self.position = Position(run, 0)
            if self._after is not None:
                self._after = -1

    def caught_up(self, frame: Callable[[int], Frame]) -> Frame | None:
        """What it missed, by `frame` of what came after a sequence; None if that is nothing. By the owner."""
        with self._there:
            if self.closed or self._after is None:
                return None
            missed = frame(self._after)
            together = replace(merged(*self._waiting, missed.replaced(())), changes=missed.changes)
            found = self._taken(together)
        return found if found.changes or found.status is not None or found.quarantined else None

    def wake(self) -> None:
        """There is something, or it is closed."""
        try:
            self._wake()
        except Exception:
            log.exception("our fault: a listener could not be woken")

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
            self._waiting, self._after = [], None
            self._there.notify_all()
        self._owner.forget(self)
        self.wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _something(self) -> bool:
        return bool(self._waiting) or self._after is not None

    def _taken(self, frame: Frame) -> Frame:
        self.merged += max(0, self._size - len(frame.changes))
        self._waiting, self._size, self._after = [], 0, None
        self.position = Position(self.position.run, frame.sequence)
        return frame


@dataclass(slots=True)
class _Told:
    """When a device, its presence and its metrics were last told of, as sequences of frames."""

    last: float = 0
    presence: float = 0
    metrics: dict[str, float] = field(default_factory=dict)


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
            self._note(frame)
            subscriptions = list(self._subscriptions)
        by_device = {change.device.id: change for change in frame.changes}
        wanted: dict[Filter, Frame] = {ALL: frame}
        for subscription in subscriptions:
            wants = subscription.wants
            if wants not in wanted:
                wanted[wants] = wants.of(frame, by_device)
            subscription.put(wanted[wants])

    def restart(self, run: str) -> None:
        """Another bridge speaks from now on: positions of before mean nothing. By the publishing thread."""
        with self._lock:
            self.run, self.sequence = run, 0
            self._told.clear()
            for subscription in self._subscriptions:
                subscription.restart(run)

    def subscribe(
        self, wake: Callable[[], None] = _nothing, wants: Filter = ALL, after: Position | None = None
    ) -> Subscription:
        """A queue of one's own, from now on; with `after` it begins with what came after that position.

        `START`, a position of another run, or one that has not been yet: with everything that is known.
        `wake` is called, from whatever thread publishes, when there is something to take and there was
        nothing before; it must neither wait nor raise.
        """
        with self._lock:
            made = Subscription(self, wants, wake)
            self._subscriptions.append(made)
            if after is not None:
                made.whole = after == START or after.run != self.run or after.sequence > self.sequence
                made.begin(-1 if made.whole else after.sequence)
        if after is not None:
            made.wake()
        return made

    def missed(self, subscription: Subscription) -> Frame | None:
        """What a subscription that is behind has missed, as one frame; on its listener's thread."""
        # Under the lock nothing is published: neither a gap nor anything older can come of it.
        with self._lock:
            return subscription.caught_up(lambda after: subscription.wants.of(self._since(after)))

    def forget(self, subscription: Subscription) -> None:
        """It is closed."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
                self._merged_before += subscription.merged

    def _note(self, frame: Frame) -> None:
        # A frame may bear the number of the one before (the link to a bus tells of itself). Who has that
        # number may have either, and is told again.
        at = frame.sequence if frame.sequence > self.sequence else frame.sequence + 0.5
        self.sequence = frame.sequence
        for device, metrics, moved in frame.changes:
            told = self._told.get(device.id)
            if told is None:
                told = self._told[device.id] = _Told()
            told.last = at
            if moved or not metrics:
                told.presence = at
            for name in metrics:
                told.metrics[name] = at

    def _since(self, after: int) -> Frame:
        changes = []
        for device in list(self._present().values()):
            told = self._told.get(device.id)
            if after < 0:
                changes.append(Change(device, tuple(device.metrics)))
            elif told is not None and told.last > after:
                metrics = tuple([name for name, last in told.metrics.items() if last > after])
                changes.append(Change(device, metrics, moved=told.presence > after))
        return Frame(self.sequence, 0.0, tuple(changes))
