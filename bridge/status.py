"""How the bridge itself is doing: counters for machines, a status for people."""

from bisect import bisect_left
from collections import Counter, deque
from dataclasses import dataclass, field

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the stage histograms, seconds."""
STAGES = ("receive", "decode", "commit", "frame", "send")
"""receive: waited in the inbox; decode: read and folded into the state; commit: written by the store; frame:
waited to be shown; send: from the frame to the sessions' hands. Seconds, of the oldest message of a batch."""


@dataclass(slots=True)
class Histogram:
    """Counts per bucket, for Prometheus. One writer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one span of time."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class Counts:
    """Totals since the start. Written by the ingest thread, but for the stages `commit` and `send`.

    `repeated`: redeliveries that were recognised, and not taken a second time; `stored`: readings that the
    store has taken as new; `broker_dropped`: what the broker itself says that it dropped, None while it says
    nothing.
    """

    received: int = 0
    repeated: int = 0
    accepted: int = 0
    unclaimed: int = 0
    ignored: int = 0
    readings: int = 0
    stored: int = 0
    broker_dropped: int | None = None
    quarantined: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    stages: dict[str, Histogram] = field(default_factory=lambda: {stage: Histogram() for stage in STAGES})


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """What people want to know of the bridge, as of one moment. Rates are messages a second over 10 s.

    `waiting` are messages that were received and are not kept yet, the oldest of them for `lag` seconds; from
    `mark` on reading is `paused`, and the broker holds the rest.
    """

    broker_up: bool = False
    broker_detail: str = "starting"
    broker_url: str = ""
    embedded: bool = False
    received: int = 0
    repeated: int = 0
    quarantined: int = 0
    unclaimed: int = 0
    stored: int = 0
    rate: float = 0.0
    waiting: int = 0
    mark: int = 0
    paused: bool = False
    lag: float = 0.0
    broker_dropped: int | None = None
    frames: int = 0
    merged: int = 0
    store_fault: str = ""
    """Why the store does not take what it is given, in one line; empty while it does."""


class Rate:
    """Events a second over the last `span` seconds, from a growing total."""

    def __init__(self, span: float = 10.0) -> None:
        self._span = span
        self._points: deque[tuple[float, int]] = deque()

    def update(self, total: int, now: float) -> float:
        """Note the total at monotonic time `now`; the rate since about `span` seconds ago."""
        self._points.append((now, total))
        while len(self._points) > 2 and self._points[1][0] <= now - self._span:
            self._points.popleft()
        start, before = self._points[0]
        return (total - before) / (now - start) if now > start else 0.0
