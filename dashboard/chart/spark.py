"""A sparkline for a card, and whether its values rise or fall. Pure."""

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from statistics import median
from typing import Literal, NamedTuple

from dashboard.chart.axis import clamped
from dashboard.chart.ink import PALETTE, Point, Size, area, document, dot, polyline, stroke

MOST = 60
"""Of more values the last so many are drawn."""
_INSET = 3.5
_RIM = 1.0
_RECENT = 20
"""Values of which the trend is that of."""
_FEWEST = 6
_NOISE = 17.0
"""Of n values that only tremble, the line seldom changes by more than this times their usual distance to it,
divided by the root of n - 3: about once in fifty times."""


class Trend(NamedTuple):
    """Where the last values go: a word, an arrow, and by how much they changed, 0 where they are steady."""

    word: Literal["rising", "falling", "steady", ""]
    arrow: Literal["↗", "↘", "→", ""]
    change: float = 0.0


UNKNOWN = Trend("", "")
"""Too few values to tell."""


class Frame(NamedTuple):
    """What a drawing reaches over, from edge to edge: Unix seconds [start, end], values [low, high].

    What lies outside is drawn at its edge.
    """

    start: float
    end: float
    low: float
    high: float


def draw_spark(
    values: Sequence[tuple[float, float]],
    size: Size,
    silence: float | None = None,
    color: str = PALETTE[0],
    frame: Frame | None = None,
) -> str:
    """The SVG of (Unix seconds, value), oldest first: a line over a soft area, with a dot at the last value.

    The line breaks where there was no value for longer than `silence` (seconds), if it is given. Without a
    `frame` the last `MOST` values fill the drawing; with one there is a scale, all are drawn, and no dot, for
    such a drawing may be stretched.
    """
    drawn = values if frame else values[-MOST:]
    known = [(at, clamped(value)) for at, value in drawn if math.isfinite(value)]
    if not known:
        return document(size, [])
    placed = _placed(known, size) if frame is None else _within(known, size, frame)
    longest = math.inf if silence is None else silence
    runs: list[list[Point]] = [[placed[0]]]
    for (before, after), point in zip(pairwise(known), placed[1:], strict=True):
        if 0 <= after[0] - before[0] <= longest:
            runs[-1].append(point)
        else:
            runs.append([point])
    lines = [run for run in runs if len(run) > 1]
    ground = "".join(
        polyline([(run[0][0], size.height), *run, (run[-1][0], size.height)], closed=True) for run in lines
    )
    lone = "".join(polyline(run) for run in runs if len(run) == 1)
    return document(
        size,
        [
            area(ground, color, 0.16),
            stroke("".join(polyline(run) for run in lines), color, 1.5),
            stroke(lone, color, 3),
            "" if frame else dot(placed[-1], color, 2.5),
        ],
    )


def trend(values: Sequence[tuple[float, float]], precision: int | None = None) -> Trend:
    """Where the last 20 of (Unix seconds, value) go, by the median of the slopes between all pairs of them.

    They are steady unless the line changes by more than one and a half of the last decimal that is shown
    (`precision`; without one, by a hundredth of the value), and by more than noise as it is around the line
    would make it change once in fifty times.
    """
    last = [(at, clamped(value)) for at, value in values[-_RECENT:] if math.isfinite(value)]
    slopes = [
        (b - a) / (later - sooner) for (sooner, a), (later, b) in combinations(last, 2) if later > sooner
    ]
    if len(last) < _FEWEST or not slopes:
        return UNKNOWN
    slope = median(slopes)
    change = slope * (last[-1][0] - last[0][0])
    origin = median(value - slope * (at - last[0][0]) for at, value in last)
    noise = median(abs(value - origin - slope * (at - last[0][0])) for at, value in last)
    grain = 1.5 * 10.0**-precision if precision is not None else 0.01 * abs(median(v for _, v in last))
    if abs(change) <= max(grain, _NOISE * noise / math.sqrt(len(last) - 3)):
        return Trend("steady", "→")
    return Trend("rising", "↗", change) if change > 0 else Trend("falling", "↘", change)


def _placed(known: Sequence[tuple[float, float]], size: Size) -> list[Point]:
    first = min(at for at, _ in known)
    low, high = (edge(value for _, value in known) for edge in (min, max))
    seconds, room = max(at for at, _ in known) - first, high - low
    width, height = size.width - 2 * _INSET, size.height - 2 * _INSET
    return [
        (
            _INSET + (width * (at - first) / seconds if seconds else width),
            _INSET + (height * (high - value) / room if room else height / 2),
        )
        for at, value in known
    ]


def _within(known: Sequence[tuple[float, float]], size: Size, frame: Frame) -> list[Point]:
    """The line has room for its own width above and below."""
    seconds, room = frame.end - frame.start or 1.0, frame.high - frame.low or 1.0
    height = size.height - 2 * _RIM

    def part(of: float) -> float:
        return min(1.0, max(0.0, of))

    return [
        (
            size.width * part((at - frame.start) / seconds),
            _RIM + height * part((frame.high - value) / room),
        )
        for at, value in known
    ]
