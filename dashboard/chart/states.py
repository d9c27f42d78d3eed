"""Bars for what has words, not numbers: switches, choices, texts, events. Pure."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from bridge.ports import Point
from dashboard.chart.ink import BAD, MUTED, PALETTE, Box, area, bar, ink_on
from dashboard.chart.series import Series
from dashboard.chart.window import Window
from dashboard.present import format_value
from dashboard.reader import Reader
from dashboard.wording import shown_text
from schemas.message import Value
from schemas.traits import Binary, Choice, Color, Event, Switch

LEAST = 2.0
"""Pixels of a bar at the least, so that a short state is seen."""
_LETTER = 6.5
"""Pixels a letter of a bar's word takes, about."""
_COLOR = re.compile("#[0-9a-fA-F]{6}")

Shape: TypeAlias = Literal["full", "most", "low", "part", "mark"]
"""How a bar looks beside its colour: high for on and for trouble, a little less for other words, low for off,
pale where it is now this, now that, a mark for what is momentary."""
_HEIGHTS: dict[Shape, tuple[float, float]] = {
    "full": (0.0, 1.0), "most": (0.15, 0.85), "low": (0.85, 0.15), "part": (0.3, 0.7), "mark": (0.0, 1.0),
}  # fmt: skip


class State(NamedTuple):
    """A word that was true from `start` to `end`, Unix seconds."""

    start: float
    end: float
    text: str
    color: str
    shape: Shape


class Word(NamedTuple):
    """A label within a bar. The box is in fractions of the drawing; `color` is empty for ordinary ink."""

    box: Box
    text: str
    color: str


def states(series: Series, window: Window, now: float, color: str, reader: Reader) -> list[State]:
    """What was true when, within the window and not after now; where nobody knows there is nothing.

    A word holds until the next reading, but no longer than the metric may be silent. `color` is that of on.
    """
    ink = _Ink(series, color, reader)
    points = series.history.points
    if isinstance(series.trait, Event):
        moments = (point for point in points if window.start <= point.time < window.end)
        return [State(point.time, point.time, *ink.of(point)) for point in moments]
    longest, after = _holds(series)
    last = min(window.end, now)
    out: list[State] = []
    for number, point in enumerate(points):
        until = points[number + 1].time if number + 1 < len(points) else math.inf
        if until - point.time > longest:
            until = point.time + after
        start, end = max(point.time, window.start), min(until, last)
        if start >= end:
            continue
        state = State(start, end, *ink.of(point))
        if out and out[-1].end >= start and out[-1][2:] == state[2:]:
            out[-1] = out[-1]._replace(end=end)
        else:
            out.append(state)
    return out


def drawn(found: Sequence[State], window: Window, box: Box) -> list[str]:
    """The SVG of the bars in their box, one path for each look."""
    paths: dict[tuple[str, Shape], list[str]] = {}
    for state in _gathered(found, window, box.width):
        paths.setdefault((state.color, state.shape), []).append(bar(_place(state, window, box)))
    return [
        area("".join(bars), color, 0.45 if shape == "part" else 1) for (color, shape), bars in paths.items()
    ]


def words(found: Sequence[State], window: Window, box: Box, whole: Box) -> list[Word]:
    """The words of those bars that have room for them; their boxes as fractions of the whole drawing."""
    out = []
    for state in _gathered(found, window, box.width):
        left, _, width, _ = _place(state, window, box)
        if state.shape != "mark" and width >= _LETTER * len(state.text) + 8:
            place = Box(
                left / whole.width, box.top / whole.height, width / whole.width, box.height / whole.height
            )
            solid = state.shape in {"full", "most"}
            out.append(Word(place, state.text, ink_on(state.color) if solid else ""))
    return out


class _Ink:
    """Which word, colour and shape a point of a metric has."""

    def __init__(self, series: Series, color: str, reader: Reader) -> None:
        self._reader = reader
        self._series = series
        self._color = color
        self._numbers = {option: number for number, option in enumerate(series.options)}

    def of(self, point: Point) -> tuple[str, str, Shape]:
        trait, value = self._series.trait, point.value
        if not isinstance(value, str) and isinstance(trait, Switch | Binary):
            return self._yes_or_no(value)
        text = shown_text(format_value(value, trait, self._reader), 40)
        if isinstance(trait, Color) and _COLOR.fullmatch(str(value)):
            return text, str(value).lower(), "full"
        if isinstance(value, bool):
            return (text, self._color, "full") if value else (text, MUTED, "low")
        if isinstance(trait, Choice) and value in trait.alarming:
            return text, BAD, "full"
        number = self._numbers.setdefault(str(value), len(self._numbers))
        return text, PALETTE[number % len(PALETTE)], "mark" if isinstance(trait, Event) else "most"

    def _yes_or_no(self, value: Value) -> tuple[str, str, Shape]:
        on = format_value(True, self._series.trait, self._reader)
        share = min(1.0, max(0.0, float(value)))
        if share == 1:
            return on, self._color, "full"
        if share == 0:
            return format_value(False, self._series.trait, self._reader), MUTED, "low"
        # Rolled up: of many readings this share said yes.
        return f"{on} {100 * share:.0f} %", self._color, "part"


def _holds(series: Series) -> tuple[float, float]:
    """How long a state is believed without a new reading, and for how long it is shown where that is over."""
    step = series.history.step
    if step and not any(isinstance(point.value, str) for point in series.history.points):
        return (3 * step if series.silence is None else max(1.5 * step, series.silence + step)), step
    # Of texts together only the changes are told: that nothing is said of one means that it stayed.
    longest = math.inf if step or series.silence is None else series.silence
    return longest, longest


def _gathered(found: Iterable[State], window: Window, width: float) -> list[State]:
    """Bars that are too narrow to be told apart as one, in which there are several."""
    least = LEAST * window.seconds / width
    out: list[State] = []
    for state in found:
        before = out[-1] if out else None
        narrow = state.shape == "mark" or state.end - state.start < least
        if (
            before is None
            or not narrow
            or not (before.text == "several" or _narrow(before, least))
            or state.start - before.start >= (least if state.shape == "mark" else math.inf)
            or state.start - before.end > least
        ):
            out.append(state)
        elif state.shape == "mark":
            out[-1] = before._replace(end=state.end)
        else:
            out[-1] = State(before.start, state.end, "several", MUTED, "part")
    return out


def _narrow(state: State, least: float) -> bool:
    return state.end - state.start < least


def _place(state: State, window: Window, box: Box) -> Box:
    left, right = (box.width * min(1.0, max(0.0, window.share(at))) for at in (state.start, state.end))
    # A hair between two bars of one colour keeps them apart.
    width = max(LEAST, right - left - (0.6 if right - left > 6 else 0))
    left = min(left, box.width - width)
    top, height = _HEIGHTS[state.shape]
    return Box(box.left + left, box.top + top * box.height, width, height * box.height)
