"""How the bridge itself is doing: counters for machines, a status for people."""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

BUCKETS = (
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
)  # fmt: skip
"""Upper bounds of the stage histograms, seconds."""
STAGES = ("receive", "decode", "commit", "frame", "send", "total", "browser")
"""Of every message: receive, waited in the inbox; decode, read and folded into the state; commit, from there
until the store had it; frame, from decode until its frame was made; total, from the receipt until the sockets
that take it at once have it. send: of every frame and browser, from the frame until these have it; a slow one
for itself. browser: sampled, from there until it said that it had taken the frame in. Seconds."""
BRIDGED = STAGES[:4]
"""Those that the bridge measures; the others are the dashboard's."""


@dataclass(slots=True)
class Histogram:
    """Counts per bucket, for Prometheus. One writer; who reads may see it a moment old."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def observe(self, seconds: float, count: int = 1) -> None:
        """Count so many spans of the same time."""
        self.counts[bisect_left(BUCKETS, seconds)] += count
        self.total += seconds * count


def quantile(counts: Sequence[int], part: float) -> float | None:
    """The time that `part` of the spans stayed below, seconds: even within a bucket; None without spans.

    What lies beyond the last bound is told as that bound.
    """
    rank = part * sum(counts)
    below, low = 0, 0.0
    for count, high in zip(counts, BUCKETS, strict=False):
        if count and below + count >= rank:
            return low + (high - low) * (rank - below) / count
        below, low = below + count, high
    return low if any(counts) else None


@dataclass(frozen=True, slots=True)
class Spread:
    """How long a stage took: half of the spans were below `p50` seconds, 99 % below `p99`."""

    p50: float
    p99: float
    count: int


class Recent:
    """What the histograms counted within about the last `span` seconds. One user; pure, told the time.

    It remembers their counts every `step` seconds, so that observing costs nothing more.
    """

    def __init__(self, span: float = 60.0, step: float = 5.0) -> None:
        self._span = span
        self._step = step
        self._points: deque[tuple[float, Mapping[str, Sequence[int]]]] = deque()

    def note(self, stages: Mapping[str, Histogram], now: float) -> None:
        """Look at them, at monotonic time `now`; more often than a step does no harm."""
        if self._points and now - self._points[-1][0] < self._step:
            return
        counts = {name: tuple(histogram.counts) for name, histogram in stages.items()}
        if self._points and any(map(_fewer, self._points[-1][1].values(), counts.values())):
            # They are those of another bridge, which began at nothing.
            self._points.clear()
        self._points.append((now, counts))
        while len(self._points) > 1 and self._points[1][0] <= now - self._span:
            self._points.popleft()

    def spreads(self, stages: Mapping[str, Histogram]) -> Mapping[str, Spread]:
        """By stage, of those that counted something since the oldest look that still matters."""
        before = self._points[0][1] if self._points else {}
        found = {}
        for name, histogram in stages.items():
            old = before.get(name) or [0] * len(histogram.counts)
            counts = [max(0, now - then) for now, then in zip(histogram.counts, old, strict=False)]
            half, most = quantile(counts, 0.5), quantile(counts, 0.99)
            if half is not None and most is not None:
                found[name] = Spread(half, most, sum(counts))
        return found


def _fewer(before: Sequence[int], after: Sequence[int]) -> bool:
    return sum(after) < sum(before)


@dataclass(slots=True)
class Counts:
    """Totals since the start. Written by the ingest thread; the stage `commit` is the keeper's.

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
    stages: dict[str, Histogram] = field(default_factory=lambda: {stage: Histogram() for stage in BRIDGED})


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """What people want to know of the bridge, as of one moment. Rates are messages a second over 10 s.

    `waiting` are messages that were received and are not kept yet, the oldest of them for `lag` seconds; from
    `mark` on reading is `paused`, and the broker holds the rest. Of them `unread` are not even decoded.
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
    unread: int = 0
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
