"""When to show: at once after silence, merged while busy. Pure, told the time."""

from dataclasses import dataclass, field, replace

from bridge.state import Change, DeviceState
from bridge.status import BridgeStatus

GAP = 0.08
"""Seconds between frames while busy."""
GAP_UNDER_LOAD = 0.25
"""Seconds between frames while the inbox is filling faster than it drains."""
MOST_TRACES = 64
"""Of one frame. Further ones are joined with the last."""


@dataclass(frozen=True, slots=True)
class Trace:
    """When `count` messages were received and decoded, monotonic seconds; of several, when the oldest was."""

    received: float
    decoded: float
    count: int

    def joined(self, other: "Trace") -> "Trace":
        """Both as one."""
        received, decoded = min(self.received, other.received), min(self.decoded, other.decoded)
        return Trace(received, decoded, self.count + other.count)


@dataclass(frozen=True, slots=True)
class Frame:
    """What changed since the frame before: each changed device once, latest state, all metrics touched since.

    `changed_at` is the monotonic time of the oldest change in it. `quarantined` tells that the quarantine
    grew; `status` is there if it changed. `traces` are the times of the messages that changed something, and
    `framed` that of the frame itself (0: not known); two frames that tell the same are equal whatever these.
    `left` are devices that are no longer there, as they were last; one of them may have come again since, and
    is then among the changes.
    """

    sequence: int
    changed_at: float
    changes: tuple[Change, ...] = ()
    status: BridgeStatus | None = None
    quarantined: bool = False
    traces: tuple[Trace, ...] = field(default=(), compare=False)
    framed: float = field(default=0.0, compare=False)
    left: tuple[DeviceState, ...] = ()

    @property
    def devices(self) -> tuple[DeviceState, ...]:
        """The devices that changed."""
        return tuple(change.device for change in self.changes)

    def replaced(self, changes: tuple[Change, ...]) -> "Frame":
        """The same with other changes."""
        return replace(self, changes=changes)


def joined(before: Change, after: Change) -> Change:
    """Two changes of one device, one after the other, as one."""
    metrics = before.metrics if before.metrics == after.metrics else (*before.metrics, *after.metrics)
    return Change(after.device, tuple(dict.fromkeys(metrics)), before.moved or after.moved)


def merged(*frames: Frame) -> Frame:
    """One or more frames as one, in the order of their sequences, and else as they are given."""
    if len(frames) == 1:
        return frames[0]
    ordered = sorted(frames, key=lambda frame: frame.sequence)
    changes: dict[str, Change] = {}
    status: BridgeStatus | None = None
    traces: tuple[Trace, ...] = ()
    for frame in ordered:
        for change in frame.changes:
            before = changes.get(change.device.id)
            changes[change.device.id] = change if before is None else joined(before, change)
        status = frame.status if frame.status is not None else status
        traces = all_traces(traces, frame.traces)
    return Frame(
        ordered[-1].sequence,
        min((frame.changed_at for frame in ordered if frame.changed_at), default=0.0),
        tuple(changes.values()),
        status,
        any(frame.quarantined for frame in ordered),
        traces,
        min((frame.framed for frame in ordered if frame.framed), default=0.0),
    )


def all_traces(traces: tuple[Trace, ...], more: tuple[Trace, ...]) -> tuple[Trace, ...]:
    """Those of two frames as those of one."""
    together = (*traces, *more)
    if len(together) <= MOST_TRACES:
        return together
    last = together[MOST_TRACES - 1]
    for trace in together[MOST_TRACES:]:
        last = last.joined(trace)
    return (*together[: MOST_TRACES - 1], last)


class FrameClock:
    """Collects changes, latest wins, and says when they are due. `merged` counts values never shown."""

    def __init__(self, gap: float = GAP) -> None:
        self.gap = gap
        self.merged = 0
        self.sequence = 0
        self._changes: dict[str, Change] = {}
        self._status: BridgeStatus | None = None
        self._quarantined = False
        self._since: float | None = None
        self._last = float("-inf")
        self._traces: list[Trace] = []
        self._left: dict[str, DeviceState] = {}

    def gone(self, device: DeviceState, now: float) -> None:
        """A device is no longer there; what was to be told of it is not any more."""
        self._changes.pop(device.id, None)
        self._left[device.id] = device
        self._begin(now)

    def change(self, change: Change, now: float) -> None:
        """A device changed."""
        before = self._changes.get(change.device.id)
        if before is None:
            self._changes[change.device.id] = change
        else:
            both = joined(before, change)
            self.merged += len(before.metrics) + len(change.metrics) - len(both.metrics)
            self._changes[change.device.id] = both
        self._begin(now)

    def trace(self, trace: Trace) -> None:
        """Messages changed something that the next frame shows."""
        if len(self._traces) < MOST_TRACES:
            self._traces.append(trace)
        else:
            self._traces[-1] = self._traces[-1].joined(trace)

    def status(self, status: BridgeStatus, now: float) -> None:
        """The bridge itself changed."""
        self._status = status
        self._begin(now)

    def quarantined(self, now: float) -> None:
        """A message was refused."""
        self._quarantined = True
        self._begin(now)

    def wait(self, now: float) -> float | None:
        """Seconds until the next frame is due (0: now), None while there is nothing to show."""
        return None if self._since is None else max(0.0, self._last + self.gap - now)

    def rest(self, now: float) -> float:
        """Seconds until a frame may be again, whether there is something to show or not."""
        return max(0.0, self._last + self.gap - now)

    def take(self, now: float) -> Frame | None:
        """The frame, if one is due."""
        if self._since is None or self._last + self.gap > now:
            return None
        self.sequence += 1
        frame = Frame(
            self.sequence,
            self._since,
            tuple(self._changes.values()),
            self._status,
            self._quarantined,
            tuple(self._traces),
            now,
            tuple(self._left.values()),
        )
        self._changes, self._traces, self._left = {}, [], {}
        self._status, self._quarantined, self._since, self._last = None, False, None, now
        return frame

    def _begin(self, now: float) -> None:
        if self._since is None:
            self._since = now
