"""From the bridge to whoever wants to know, on any thread: one fan-out, and a queue for each listener.

A *subscription* holds what its listener has not taken yet: each changed device once, the latest state, the
metrics touched since. So a slow listener never has a backlog, never a gap, and holds nobody up. The hub of
the dashboards is one of them, the API's stream another; code in the same process may have its own.
"""

import asyncio
import logging
import threading
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


UNMERGED: Final = 64
"""Frames that a subscription may hold as they came."""
LARGE: Final = 1_024
"""Changes that it may hold at the least before they are merged."""


def _nothing() -> None:
    return None


class Subscription:
    """One listener's queue: at most one change a device, and the newest status.

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
        self._bound = 0
        self._there = threading.Condition()

    def put(self, frame: Frame, *, before: bool = False) -> None:
        """Add a frame of what is wanted, `before` all that waits; wakes if nothing waited. By the owner."""
        if not (frame.changes or frame.status is not None or frame.quarantined):
            return
        with self._there:
            if self.closed:
                return
            quiet = not self._waiting
            self._waiting.insert(0 if before else len(self._waiting), frame)
            self._size += len(frame.changes)
            # Merging is the listener's work. Who does not come for it is merged now and then, so rarely that
            # it costs each change no more than a few times.
            if len(self._waiting) > UNMERGED or self._size > self._bound:
                self._merge()
                self._bound = max(LARGE, 2 * self._size)
            self._there.notify_all()
        if quiet:
            self._wake_up()

    def take(self, timeout: float | None = 0.0) -> Frame | None:
        """All since it was last taken, as one frame; waits up to `timeout` seconds, None: for ever."""
        with self._there:
            if not self._waiting and timeout != 0.0:
                self._there.wait_for(lambda: self._waiting or self.closed, timeout)
            if not self._waiting:
                return None
            self._merge()
            found = self._waiting[0]
            self._waiting, self._size = [], 0
            self.position = Position(self.position.run, found.sequence)
        return found

    def restart(self, run: str) -> None:
        """What comes from now on is of another run, and newer than all that waits. By the owner."""
        with self._there:
            self._waiting = [replace(frame, sequence=0) for frame in self._waiting]
            self.position = Position(run, 0)

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
        self._wake_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _merge(self) -> None:
        if len(self._waiting) > 1:
            together = merged(*self._waiting)
            self.merged += self._size - len(together.changes)
            self._waiting, self._size = [together], len(together.changes)

    def _wake_up(self) -> None:
        try:
            self._wake()
        except Exception:
            log.exception("our fault: a listener could not be woken")


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
            made.whole = after is not None and (
                after == START or after.run != self.run or after.sequence > self.sequence
            )
            sequence = self.sequence
            known = list(self._present().values()) if made.whole else []
            changes = [] if after is None or made.whole else self._since(after.sequence)
        changes += [Change(device, tuple(device.metrics)) for device in known]
        made.put(wants.of(Frame(sequence, 0.0, tuple(changes))), before=True)
        return made

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

    def _since(self, sequence: int) -> list[Change]:
        changes = []
        for device in list(self._present().values()):
            told = self._told.get(device.id)
            if told is not None and told.last > sequence:
                metrics = tuple([name for name, last in told.metrics.items() if last > sequence])
                changes.append(Change(device, metrics, moved=told.presence > sequence))
        return changes
