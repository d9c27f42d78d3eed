"""The band below a chart: when a device was there. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from bridge.ports import Heard
from bridge.presence import Availability
from dashboard.chart.clock import moment_text
from dashboard.chart.ink import MEANING, Box, Size, area, bar, document
from dashboard.chart.window import Window
from dashboard.language import marked
from dashboard.reader import Reader
from dashboard.wording import shown_text

_COLUMN = 2.0
"""Pixels of the narrowest bar. What is shorter is not lost: of several the gravest is shown."""
_GRAVITY: Mapping[Availability, int] = {"online": 0, "unknown": 1, "stale": 2, "offline": 3}
_HEIGHTS: Mapping[Availability, tuple[tuple[float, float], ...]] = {
    "online": ((0.6, 0.4),),
    "stale": ((0.3, 0.7),),
    "offline": ((0.0, 1.0),),
    "unknown": ((0.2, 0.12), (0.68, 0.12)),
}
"""Top and height of the bars of each, in parts of the band: the graver, the higher, whatever the colours."""


class Span(NamedTuple):
    """An availability from `start` to `end`, Unix seconds, and why."""

    start: float
    end: float
    availability: Availability
    reason: str


@dataclass(frozen=True, slots=True)
class Band:
    """What to show, and in words; `spans` are in order and fill the window as far as now."""

    svg: str
    size: Size
    window: Window
    reader: Reader
    spans: tuple[Span, ...]
    summary: str

    def at(self, share: float) -> str:
        """What was at a place, 0 at the left edge to 1 at the right one; empty after now."""
        moment = self.window.moment(share)
        span = next((span for span in self.spans if span.start <= moment < span.end), None)
        if span is None:
            return ""
        since = moment_text(span.start, self.reader)
        word = self.reader.told(span.availability)
        if not span.reason:
            return self.reader.say("{word} since {time}", word=word, time=since)
        why = self.reader.told(shown_text(span.reason))
        return self.reader.say("{word} since {time}: {reason}", word=word, time=since, reason=why)


def draw_availability(heard: Iterable[Heard], window: Window, size: Size, reader: Reader, now: float) -> Band:
    """The band of a device from the changes of its availability, in any order; at Unix time `now`.

    Before the first of them nobody knows. The last one before the window tells how it begins.
    """
    spans = _spans(sorted(heard, key=lambda change: change.time), window, now)
    paths: dict[Availability, list[str]] = {}
    for span in _columns(spans, window, size.width):
        left, right = (size.width * window.share(at) for at in (span.start, span.end))
        for top, height in _HEIGHTS[span.availability]:
            box = Box(left, top * size.height, right - left, height * size.height)
            paths.setdefault(span.availability, []).append(bar(box))
    parts = [area("".join(bars), MEANING[availability]) for availability, bars in paths.items()]
    return Band(document(size, parts), size, window, reader, tuple(spans), _summary(spans, reader))


def _spans(changes: Sequence[Heard], window: Window, now: float) -> list[Span]:
    last = min(window.end, now)
    begin = Heard("", window.start, "unknown", marked("nothing is recorded of it"))
    before = [change for change in changes if change.time <= window.start]
    within = [change for change in changes if window.start < change.time < last]
    first = before[-1]._replace(time=window.start) if before else begin
    end = Heard("", last, "unknown", "")
    out: list[Span] = []
    for change, following in pairwise([first, *within, end]):
        span = Span(change.time, following.time, change.availability, change.reason)
        if out and out[-1][2:] == span[2:]:
            out[-1] = out[-1]._replace(end=span.end)
        elif span.start < span.end:
            out.append(span)
    return out


def _columns(spans: Sequence[Span], window: Window, width: float) -> list[Span]:
    """Spans that end at whole columns, so that the shortest is seen; of several in one the gravest."""
    count = max(1, int(width / _COLUMN))
    columns: dict[int, Span] = {}
    for span in spans:
        first = min(count - 1, int(window.share(span.start) * count))
        last = min(count - 1, max(first, int(window.share(span.end) * count - 1e-6)))
        for column in range(first, last + 1):
            there = columns.get(column)
            if there is None or _GRAVITY[there.availability] < _GRAVITY[span.availability]:
                columns[column] = span
    out: list[Span] = []
    for column, span in sorted(columns.items()):
        start, end = (window.moment((column + more) / count) for more in (0, 1))
        if out and out[-1].availability == span.availability:
            out[-1] = out[-1]._replace(end=end)
        else:
            out.append(span._replace(start=start, end=end))
    return out


def _summary(spans: Sequence[Span], reader: Reader) -> str:
    whole = sum(span.end - span.start for span in spans)
    if not whole:
        return reader.say("Availability: nothing to show yet.")
    seconds: dict[Availability, float] = {}
    for span in spans:
        seconds[span.availability] = seconds.get(span.availability, 0.0) + span.end - span.start
    parts = [
        f"{reader.told(availability)} {_percent(seconds[availability] / whole, reader)}"
        for availability in _GRAVITY
        if availability in seconds
    ]
    return reader.say(
        "Availability: {shares} of the time; now {word}.",
        shares=reader.say(", ").join(parts),
        word=reader.told(spans[-1].availability),
    )


def _percent(share: float, reader: Reader) -> str:
    """A share that is not all is not said to be all, nor a small one to be none."""
    percent = 100 * share
    if 0 < percent < 0.1:
        return reader.say("less than 0.1 %")
    if 99.9 < percent < 100:
        return reader.say("more than 99.9 %")
    return f"{percent:.1f} %" if 0 < percent < 100 else f"{percent:.0f} %"
