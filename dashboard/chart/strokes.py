"""The lines, bands and dots of a numeric series. Pure."""

from collections.abc import Iterable, Sequence

from dashboard.chart.ink import Point, area, dot, polyline, stroke
from dashboard.chart.series import Sample, longest_silence
from dashboard.chart.trace import Trace
from dashboard.chart.window import Window

DOT = 3.5
"""Pixels from the middle of a dot to its edge."""


def line(trace: Trace, window: Window) -> str:
    """A line through each run; a reading that stands alone is a dot."""
    long = "".join(polyline(_middles(run, trace, window)) for run in trace.shown if len(run) > 1)
    lone = "".join(polyline(_middles(run, trace, window)) for run in trace.shown if len(run) == 1)
    return stroke(long, trace.color, 2, trace.dash) + stroke(lone, trace.color, 4.5)


def band(trace: Trace, window: Window) -> str:
    """What lies between the extremes of many readings together, where they differ."""
    parts = []
    for run in trace.shown:
        if any(sample.low < sample.high for sample in run):
            over = _places([(sample.time, sample.high) for sample in run], trace, window)
            under = _places([(sample.time, sample.low) for sample in reversed(run)], trace, window)
            parts.append(polyline([*over, *under], closed=len(run) > 1))
    outlines = [part for part in parts if part.endswith("z")]
    uprights = [part for part in parts if not part.endswith("z")]
    return area("".join(outlines), trace.color, 0.22) + stroke(
        "".join(uprights), trace.color, 4.5, opacity=0.3
    )


def end_dot(trace: Trace, window: Window, now: float) -> str:
    """A dot at the newest value, if the window reaches now; a ring where it has been silent for too long."""
    if not trace.shown or not reaches(window, now, trace.box.width):
        return ""
    last = trace.shown[-1][-1]
    silent = now - last.time > longest_silence(trace.series)
    across, down = _middles([last], trace, window)[0]
    # All of it is seen at the edge too.
    within = min(trace.box.width - DOT, max(DOT, across))
    return dot((within, down), trace.color, DOT, hollow=silent)


def reaches(window: Window, now: float, width: float) -> bool:
    """Whether the window's right edge is now, to the pixel."""
    return window.live or window.end >= now - window.seconds / width


def clipped(run: Sequence[Sample], window: Window) -> list[Sample]:
    """A run within the window; where it goes beyond an edge, with what lies on the line at it."""
    out: list[Sample] = []
    for before, after in zip((None, *run[:-1]), run, strict=True):
        if before is not None:
            out += [
                _between(before, after, edge)
                for edge in (window.start, window.end)
                if before.time < edge < after.time
            ]
        if window.start <= after.time <= window.end:
            out.append(after)
    return out


def _places(moments: Iterable[tuple[float, float]], trace: Trace, window: Window) -> list[Point]:
    """Where values at moments stand, in pixels; both lie within the window and the axis."""
    box, axis = trace.box, trace.axis
    if axis is None:
        return []
    left, top, high = box.left, box.top, axis.high
    across, down = box.width / window.seconds, box.height / (axis.high - axis.low)
    start = window.start
    return [(left + (time - start) * across, top + (high - value) * down) for time, value in moments]


def _middles(run: Iterable[Sample], trace: Trace, window: Window) -> list[Point]:
    return _places([(sample.time, sample.value) for sample in run], trace, window)


def _between(before: Sample, after: Sample, edge: float) -> Sample:
    share = (edge - before.time) / (after.time - before.time)
    value, low, high = (
        old * (1 - share) + new * share for old, new in zip(before[1:4], after[1:4], strict=True)
    )
    return Sample(edge, value, min(value, low), max(value, high), 1)
