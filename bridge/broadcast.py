"""From the bridge to whoever wants to know, on any thread: one fan-out, and a queue for each listener.

A `Subscription` holds what its listener has not taken yet, so a slow listener never has a backlog, never a
gap, and holds nobody up. The hub of the dashboards is one of them, the API's stream another; code in the same
process may have its own.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.frames import Frame
from bridge.state import Change, DeviceState
from bridge.subscription import ALL, GONE, START, Filter, Position, Subscription, nothing, tells

__all__ = ["ALL", "START", "Broadcast", "Filter", "Position", "Subscription"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Told:
    """When a device, its presence and its metrics were last told of, as sequences of frames."""

    last: float = 0
    presence: float = 0
    metrics: dict[str, float] = field(default_factory=dict)


class Broadcast:
    """Takes frames from one thread and hands them to every subscription. `run` names this life of the bridge.

    `present` gives the states that are known now; those that no frame told of belong to a snapshot all the
    same. While it is not `certain` (the bridge is not heard) what is told is not what the bridge had at that
    sequence: the positions are of no run, so that who goes on with one anywhere is told everything.
    """

    def __init__(self, present: Callable[[], Mapping[str, DeviceState]], run: str) -> None:
        self.run = run
        self.sequence = 0
        self.certain = True
        self._present = present
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._first: list[Callable[[Frame], None]] = []
        self._told: dict[str, _Told] = {}
        self._left: dict[str, tuple[float, DeviceState]] = {}
        self._left_known_after = 0.0
        self._merged_before = 0

    @property
    def position(self) -> Position:
        """Where the newest frame is."""
        return Position(self.run if self.certain else f"{self.run}~", self.sequence)

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

    def publish(self, frame: Frame, left: Sequence[DeviceState] = ()) -> None:
        """Hand a frame to everybody. From one thread; neither waits nor raises.

        `left` are devices that are no longer there, as they were last, besides those that the frame names.
        Listeners find their ids in `gone`, not in the frame.
        """
        for listener in self._first:
            try:
                listener(frame)
            except Exception:
                log.exception("our fault: a listener failed at frame %d", frame.sequence)
        if frame.left:
            left, frame = (*frame.left, *left), replace(frame, left=())
        with self._lock:
            self._note(frame, left)
            subscriptions, run = list(self._subscriptions), self.position.run
        by_device = {change.device.id: change for change in frame.changes}
        wanted: dict[Filter, Frame] = {ALL: frame}
        for subscription in subscriptions:
            wants = subscription.wants
            if wants not in wanted:
                wanted[wants] = wants.of(frame, by_device)
            subscription.put(wanted[wants], run, [device.id for device in left if wants.has(device)])

    def restart(self, run: str) -> None:
        """Another bridge speaks from now on: positions of before mean nothing. By the publishing thread."""
        with self._lock:
            self.run, self.sequence = run, 0
            # Another one: somebody may still be looking at that of before.
            self._told = {}
            self._left, self._left_known_after = {}, 0.0
            for subscription in self._subscriptions:
                subscription.restart(self.position)

    def subscribe(
        self, wake: Callable[[], None] = nothing, wants: Filter = ALL, after: Position | None = None
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
                there = self._left_known_after <= after.sequence <= self.sequence
                made.whole = after == START or after.run != self.run or not there
                if made.whole:
                    made.begin(-1)
                else:
                    made.begin(after.sequence, self._left_since(after.sequence, wants))
        if after is not None:
            made.wake()
        return made

    def missed(self, subscription: Subscription) -> Frame | None:
        """What a subscription that is behind has missed, as one frame; on its listener's thread."""
        # Under the lock nothing is published: neither a gap nor anything older can come of it. Only what is
        # to be looked at is taken there, for looking may take long.
        with self._lock:
            # The states first: what is handed to it after that is no older than these. Who has left with the
            # newest frame may not have been handed to it yet.
            wants, devices, told = subscription.wants, list(self._present().values()), self._told
            behind = subscription.catch_up(self.position, lambda after: self._left_since(after, wants))
            if behind is None:
                return None
        missed = wants.of(behind.frame.replaced(_since(behind.after, devices, told)))
        subscription.merged += max(0, behind.size - len(missed.changes))
        return missed if tells(missed) or behind.gone else None

    def forget(self, subscription: Subscription) -> None:
        """It is closed."""
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
                self._merged_before += subscription.merged

    def _left_since(self, after: int, wants: Filter) -> Sequence[str]:
        return [one.id for at, one in self._left.values() if at > after and wants.has(one)]

    def _note(self, frame: Frame, left: Sequence[DeviceState]) -> None:
        # A frame may bear the number of the one before (the link to a bus tells of itself). Who has that
        # number may have either, and is told again.
        at = frame.sequence if frame.sequence > self.sequence else frame.sequence + 0.5
        self.sequence = frame.sequence
        for device in left:
            self._told.pop(device.id, None)
            self._left.pop(device.id, None)
            self._left[device.id] = (at, DeviceState(device.id, device.kind))
        while len(self._left) > GONE:
            self._left_known_after, _ = self._left.pop(next(iter(self._left)))
        for device, metrics, moved in frame.changes:
            told = self._told.get(device.id)
            if told is None:
                told = self._told[device.id] = _Told()
            told.last = at
            if moved or not metrics:
                told.presence = at
            for name in metrics:
                told.metrics[name] = at


def _since(after: int, devices: Iterable[DeviceState], told: Mapping[str, _Told]) -> tuple[Change, ...]:
    """What was told of these devices after a sequence, while more may be told; -1: all of them."""
    if after < 0:
        return tuple([Change(device, tuple(device.metrics)) for device in devices])
    changes = []
    for device in devices:
        about = told.get(device.id)
        if about is not None and about.last > after:
            # Told meanwhile of a metric that the device did not have yet: the next frame has it.
            metrics = tuple(
                [name for name, at in list(about.metrics.items()) if at > after and name in device.metrics]
            )
            changes.append(Change(device, metrics, moved=about.presence > after))
    return tuple(changes)
