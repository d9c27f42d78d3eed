"""What one listener has not taken yet: each changed device once, the latest state, all metrics touched."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol, Self

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
        if not self.has(device):
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

    def has(self, device: DeviceState) -> bool:
        """Whether it is one of the devices and kinds, whatever metrics it has now, or had before."""
        return (not self.devices or device.id in self.devices) and (
            not self.kinds or device.kind in self.kinds
        )

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
GONE: Final = 20_000
"""Devices that have gone, so many are remembered. A listener that has to be told of more is closed, one that
comes back and would have to be begins anew."""


def nothing() -> None:
    """For a listener that looks by itself."""


def tells(frame: Frame) -> bool:
    """Whether there is anything in it."""
    return bool(frame.changes or frame.status is not None or frame.quarantined)


class Behind(NamedTuple):
    """What a listener that was behind misses: the changes after a sequence, and a frame of all else.

    `size` changes were not handed to it as they came; `gone`: it is told of devices that have gone.
    """

    after: int
    size: int
    frame: Frame
    gone: bool


class Owner(Protocol):
    """Who fills subscriptions."""

    @property
    def position(self) -> Position:
        """Where the newest frame is."""

    def missed(self, subscription: "Subscription") -> Frame | None:
        """What a subscription that is behind has missed, as one frame."""

    def forget(self, subscription: "Subscription") -> None:
        """It is closed."""


class Subscription:
    """What one listener has not taken yet: each changed device once, and the newest status.

    A few frames wait as they came. A listener that is further behind has only a position; what it misses is
    made from the present when it comes. So it costs the publisher next to nothing, however slow it is.

    `whole`: what is taken first is everything that is known, not what changed. `position` is how far the
    listener has come with what it took last, and `gone` are the ids of the devices that are no longer there
    since: they are to be forgotten before that frame is looked at, for one of them may have come again.
    `merged` counts changes that a newer one replaced here. Use from any thread, or as a context; iterating
    takes frame by frame, until `close`.
    """

    def __init__(self, owner: Owner, wants: Filter, wake: Callable[[], None]) -> None:
        self.wants = wants
        self.whole = False
        self.merged = 0
        self.closed = False
        self.position = owner.position
        self.gone: Sequence[str] = ()
        self._owner = owner
        self._wake = wake
        self._waiting: list[Frame] = []
        self._left: dict[str, None] = {}
        self._run = owner.position.run
        self._size = 0
        self._after: int | None = None
        # After what it would be behind, if too much waited now.
        self._base = owner.position.sequence
        self._there = threading.Condition()

    def put(self, frame: Frame, run: str, left: Sequence[str] = ()) -> None:
        """Add a frame of what is wanted, and who left before it; wakes the listener if nothing waited.

        By the owner.
        """
        if not tells(frame) and not left:
            return
        with self._there:
            if self.closed:
                return
            quiet = not self._something()
            if left:
                self._leave(left)
            self._run = run
            self._waiting.append(frame if self._after is None else frame.replaced(()))
            self._size += len(frame.changes)
            waiting = len(self._waiting)
            if waiting > FRAMES or (waiting > 1 and self._after is None and self._size > CHANGES):
                if self._after is None:
                    self._after = self._base
                self._waiting = [merged(*(each.replaced(()) for each in self._waiting))]
            self._there.notify_all()
        if len(self._left) > GONE:
            self.close()
        elif quiet:
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

    def begin(self, after: int, left: Iterable[str] = ()) -> None:
        """It misses what came after a sequence, and who left since; -1: all that is known. By the owner."""
        self._after = after
        self._left = dict.fromkeys(left)

    def restart(self, position: Position) -> None:
        """What comes from now on is of another run, and newer than all that waits. By the owner."""
        with self._there:
            self._waiting = [replace(frame, sequence=0) for frame in self._waiting]
            self._run = position.run
            if self._something():
                # No position of this run tells what waits: who breaks off now begins anew.
                self._base = -1
            else:
                self.position, self._base = position, position.sequence
            if self._after is not None:
                self._after = -1

    def catch_up(self, position: Position, left: Callable[[int], Iterable[str]]) -> Behind | None:
        """From now on it has all up to there, but for the changes that are still to be looked for.

        `left` tells who has left after a sequence. None if it is not behind. By the owner.
        """
        with self._there:
            if self.closed or self._after is None:
                return None
            self._run = position.run
            after, size, self._size = self._after, self._size, 0
            if after >= 0 or not self.whole:
                self._left |= dict.fromkeys(left(after))
            frame = self._taken(merged(*self._waiting, Frame(position.sequence, 0.0)))
            return Behind(after, size, frame, bool(self.gone))

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
            self._waiting, self._after, self._left = [], None, {}
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
        self._waiting, self._size, self._after, self._base = [], 0, None, frame.sequence
        self.gone, self._left = tuple(self._left), {}
        self.position = Position(self._run, frame.sequence)
        return frame

    def _leave(self, left: Sequence[str]) -> None:
        these = dict.fromkeys(left)
        self._left |= these
        for number, frame in enumerate(self._waiting):
            changes = tuple([change for change in frame.changes if change.device.id not in these])
            self._size -= len(frame.changes) - len(changes)
            self._waiting[number] = frame.replaced(changes)
