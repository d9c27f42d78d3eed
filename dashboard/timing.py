"""How long messages take to the browsers, as this dashboard knows it. On the web loop, told the time."""

from collections.abc import Mapping

from bridge.frames import Frame, Trace, all_traces
from bridge.status import Histogram, Recent, Spread
from dashboard.roundtrip import Trips

OURS = ("send", "total", "browser")
"""The stages that are measured here; all others are the bridge's."""
LATE = 10.0
"""Seconds after which nobody waits for a frame any more: a browser that takes none for as long is let go."""


class Timing:
    """Of one dashboard process. `told`: when the frame that is being told of was made; 0 while none is.

    A frame is `take`n, then each browser's socket takes it (one more has `passed`), or does not (`owe`) and
    takes it later (`sent`, at the time of the oldest that it missed); `done` ends the telling, and is the
    time at which all took it that did so at once.
    """

    def __init__(self) -> None:
        self.stages: Mapping[str, Histogram] = {stage: Histogram() for stage in OURS}
        self.trips = Trips(self.stages["browser"].observe)
        self.told = 0.0
        self.passed = 0
        self._send, self._total = self.stages["send"], self.stages["total"]
        self._recent = Recent()
        self._traces: tuple[Trace, ...] = ()
        self._owing = False

    def take(self, frame: Frame, now: float) -> None:
        """The screens are about to be told of this frame."""
        # What passed since the last telling, such as the truth after a click, was of no frame.
        self.told, self.passed = frame.framed or now, 0
        kept = tuple(trace for trace in self._traces if now - trace.decoded < LATE) if self._owing else ()
        traces = frame.traces
        if not traces and frame.changes and frame.changed_at:
            # It came from another process, which says only when the oldest of its changes was.
            traces = (Trace(frame.changed_at, frame.changed_at, len(frame.changes)),)
        self._traces = all_traces(kept, traces)
        self._owing = False

    def owe(self) -> None:
        """A browser's socket does not take the frame now."""
        self._owing = True

    def sent(self, told: float, now: float, sockets: int = 1) -> None:
        """So many browsers' sockets took what they were told of at that time."""
        if told:
            self._send.observe(now - told, sockets)
            if self._traces:
                for trace in self._traces:
                    self._total.observe(now - trace.received, trace.count)
                self._traces = ()

    def done(self, now: float) -> None:
        """All screens have been told: what leaves for another reason is nobody's frame."""
        if self.passed:
            self.sent(self.told, now, self.passed)
        self.told, self.passed = 0.0, 0

    def tick(self, bridge: Mapping[str, Histogram], now: float) -> None:
        """Called about once a second, with the stages of the bridge."""
        self._recent.note({**bridge, **self.stages}, now)
        self.trips.turn(now)

    def spreads(self, bridge: Mapping[str, Histogram]) -> Mapping[str, Spread]:
        """By stage, of the last minute; without those that measured nothing."""
        return self._recent.spreads({**bridge, **self.stages})
