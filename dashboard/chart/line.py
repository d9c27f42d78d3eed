"""A chart: one or more metrics over one stretch of time. Pure.

The SVG holds no text. All labels are data, with their places as fractions of the drawing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from dashboard.chart import ink
from dashboard.chart.axis import Axis, Tick, axis_for
from dashboard.chart.clock import span_text, time_ticks
from dashboard.chart.ink import Box, Size
from dashboard.chart.series import Sample, Series, read_by, runs, thinned
from dashboard.chart.states import Word, drawn, states, words
from dashboard.chart.strokes import band, clipped, end_dot, line
from dashboard.chart.trace import Hover, Legend, Trace, hover, legend, told
from dashboard.chart.window import Window
from dashboard.language import marked
from dashboard.present import WORTH_SAYING
from dashboard.reader import Reader
from dashboard.wording import plain
from schemas.traits import Numeric

TITLE = 18.0
"""Pixels left free above each panel where there are several, for its title."""
ROW = 22.0
"""Pixels of height of a bar with words."""
LEAST_PANEL = 80.0
"""Pixels of height of a panel with lines, at the least; the drawing grows where it needs more."""
GAP = 10.0
_INSET = 4.0
"""Pixels by which lines stay away from the edge of their panel, so that none is cut."""
_BUDGET = 20_000
_COSTS = (7.5, 21.0)
"""Bytes of SVG for all lines, and what a sample takes of them: without and with extremes."""


_WORDS_APART = 13.0
"""Pixels from the words of one limit to those of the next."""


class Limit(NamedTuple):
    """A dashed line at a limit that the kind states. `at` is its place as a fraction from the top."""

    at: float
    text: str
    warns: bool


class Panel(NamedTuple):
    """A part of the drawing with scales of its own, or a row of bars. Fractions from the top."""

    top: float
    bottom: float
    title: str
    unit: str = ""
    unit2: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What to show. `y_ticks` stand left, `y2_ticks` right, of all panels; `x_ticks` below.

    `span` says from when to when, `summary` all of it in words, for who does not see it.
    """

    svg: str
    size: Size
    window: Window
    reader: Reader
    panels: tuple[Panel, ...]
    y_ticks: tuple[Tick, ...]
    y2_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    limits: tuple[Limit, ...]
    words: tuple[Word, ...]
    legend: tuple[Legend, ...]
    span: str
    summary: str
    traces: tuple[Trace, ...]

    def at(self, share: float) -> Hover:
        """What was at a place, 0 at the left edge to 1 at the right one: the nearest value of each series."""
        return hover(self.traces, self.window, share, self.reader)


def draw_chart(series: Sequence[Series], window: Window, size: Size, reader: Reader, now: float) -> Chart:
    """The chart of up to six metrics for a reader at Unix time `now`. Raises `ValueError` for more.

    It is in the reader's language, units and time zone.
    Metrics of one or two units share a panel; of more, each unit has its own; words have a row each. The
    drawing is as wide as asked and as high, or higher where it could not be read.
    """
    if len(series) > ink.MOST_SERIES:
        raise ValueError(f"a chart shows at most {ink.MOST_SERIES} metrics, got {len(series)}")
    series = [read_by(one, reader) for one in series]
    plots, whole = _layout(series, size)
    drawing = Size(whole.width, whole.height)
    ticks = time_ticks(window, size.width, reader)
    sheets = [
        _row(series, plot, window, now, reader) if plot.is_row else _panel(series, plot, window, now, reader)
        for plot in plots
    ]
    traces = tuple(sorted(chain.from_iterable(s.traces for s in sheets), key=lambda trace: trace.number))
    parts = [
        ink.stroke(
            "".join(ink.upright(tick.at * size.width, 0, whole.height) for tick in ticks),
            ink.GRID, 1, opacity=0.22,
        ),
        *chain.from_iterable(sheet.parts for sheet in sheets),
    ]  # fmt: skip
    down = whole.height
    return Chart(
        svg=ink.document(drawing, parts),
        size=drawing,
        window=window,
        reader=reader,
        panels=tuple(
            Panel(
                plot.box.top / down,
                (plot.box.top + plot.box.height) / down,
                _title(series, plot),
                *plot.units,
            )
            for plot in plots
        ),
        y_ticks=tuple(_down(sheets, 0, down)),
        y2_ticks=tuple(_down(sheets, 1, down)),
        x_ticks=ticks,
        limits=_apart(
            [limit._replace(at=limit.at / down) for sheet in sheets for limit in sheet.limits], down
        ),
        words=tuple(chain.from_iterable(words(trace.states, window, trace.box, whole) for trace in traces)),
        legend=tuple(legend(trace, window) for trace in traces),
        span=span_text(window, reader),
        summary=" ".join(
            [f"{span_text(window, reader)}.", *(told(trace, window, reader, now) for trace in traces)]
        ),
        traces=traces,
    )


class _Plot(NamedTuple):
    """Where which series, by their numbers, are drawn: those of the left scale, those of the right one."""

    box: Box
    left: tuple[int, ...]
    right: tuple[int, ...] = ()
    units: tuple[str, ...] = ()
    is_row: bool = False


class _Sheet(NamedTuple):
    """A plot as it is drawn, with the scales beside it, as far as it has them."""

    parts: list[str]
    traces: list[Trace]
    box: Box
    axes: tuple[Axis, ...] = ()
    limits: tuple[Limit, ...] = ()


def _layout(series: Sequence[Series], size: Size) -> tuple[list[_Plot], Box]:
    units: dict[str, list[int]] = {}
    rows = []
    for number, one in enumerate(series):
        if one.is_state:
            rows.append(number)
        else:
            units.setdefault(one.shown_unit, []).append(number)
    groups = (
        [{unit: numbers} for unit, numbers in units.items()] if len(units) > 2 else [units] if units else []
    )
    title = TITLE if len(groups) + len(rows) > 1 else 0.0
    below = len(rows) * (ROW + title + GAP)
    each = (size.height - below + GAP) / max(1, len(groups)) - GAP - title
    each = max(LEAST_PANEL, each)
    plots, top = [], 0.0
    for group in groups:
        top += title
        left, right = (*(tuple(numbers) for numbers in group.values()), ())[:2]
        plots.append(_Plot(Box(0, top, size.width, each), left, right, tuple(group)))
        top += each + GAP
    for number in rows:
        top += title
        plots.append(_Plot(Box(0, top, size.width, ROW), (number,), is_row=True))
        top += ROW + GAP
    height = max(top - GAP, ROW if rows and not groups else size.height)
    return plots, Box(0, 0, size.width, height)


def _row(series: Sequence[Series], plot: _Plot, window: Window, now: float, reader: Reader) -> _Sheet:
    number = plot.left[0]
    color = ink.PALETTE[number]
    found = states(series[number], window, now, color, reader)
    trace = Trace(number, series[number], color, "", plot.box, states=tuple(found))
    rest = ink.stroke(ink.level(plot.box.top + ROW, plot.box.width), ink.GRID, 1, opacity=0.5)
    return _Sheet([rest, *drawn(found, window, plot.box)], [trace], plot.box)


def _panel(series: Sequence[Series], plot: _Plot, window: Window, now: float, reader: Reader) -> _Sheet:
    inner = Box(0, plot.box.top + _INSET, plot.box.width, plot.box.height - 2 * _INSET)
    share = _BUDGET / sum(not one.is_state for one in series)
    axes: list[Axis] = []
    traces: list[Trace] = []
    limits: list[Limit] = []
    for side in (side for side in (plot.left, plot.right) if side):
        whole = {number: runs(series[number], window) for number in side}
        shown = {number: _shown(parts, window, plot.box.width, share) for number, parts in whole.items()}
        axis, lines = _scale([series[number] for number in side], shown.values(), inner, reader)
        axes.append(axis)
        limits += lines
        traces += [
            Trace(
                number, series[number], ink.PALETTE[number], ink.DASHES[number], inner, axis,
                tuple(tuple(run) for run in whole[number]), tuple(tuple(run) for run in shown[number]),
            )
            for number in side
        ]  # fmt: skip
    grid = (inner.top + axes[0].share(value) * inner.height for value in axes[0].values())
    parts = [ink.stroke("".join(ink.level(y, inner.width) for y in grid), ink.GRID, 1, opacity=0.35)]
    parts += [
        ink.stroke(
            ink.level(limit.at, inner.width), ink.WARN if limit.warns else ink.BAD, 1,
            "4 3" if limit.warns else "1 3",
        )
        for limit in limits
    ]  # fmt: skip
    parts += [band(trace, window) for trace in traces]
    parts += [line(trace, window) for trace in traces]
    parts += [end_dot(trace, window, now) for trace in traces]
    return _Sheet(parts, traces, inner, tuple(axes), tuple(limits))


def _shown(
    parts: Sequence[Sequence[Sample]], window: Window, width: float, share: float
) -> list[list[Sample]]:
    """The runs as they are drawn: no more samples than fit into so many bytes, within the window."""
    rolled = any(sample.low < sample.high for run in parts for sample in run)
    if rolled or sum(len(run) for run in parts) * _COSTS[0] > share:
        parts = thinned(parts, window, int(min(share / _COSTS[1], max(60.0, width))))
    return [run for run in (clipped(run, window) for run in parts) if run]


def _scale(
    series: Sequence[Series], shown: Iterable[Sequence[Sequence[Sample]]], box: Box, reader: Reader
) -> tuple[Axis, list[Limit]]:
    """The scale of some metrics of one unit, and those of their limits that are near enough to be shown."""
    samples = [sample for parts in shown for run in parts for sample in run]
    values = [value for sample in samples for value in (sample.low, sample.high)]
    precisions = {one.precision for one in series} - {None}
    precision = max((number for number in precisions if number is not None), default=None)
    low, high = min(values, default=0.0), max(values, default=0.0)
    near = max(0.5 * (high - low), 0.05 * max(abs(low), abs(high)))
    stated = sorted({limit for one in series for limit in _stated(one, reader)})
    seen = [limit for limit in stated if low - near <= limit[0] <= high + near] if samples else []
    axis = axis_for([*values, *(value for value, _, _ in seen)], box.height, precision)
    return axis, [Limit(box.top + axis.share(value) * box.height, text, warns) for value, text, warns in seen]


def _stated(series: Series, reader: Reader) -> list[tuple[float, str, bool]]:
    trait = series.trait
    if not isinstance(trait, Numeric):
        return []
    space = f" {series.unit}" if series.unit else ""
    return [
        (float(value), reader.say(text, limit=plain(value) + space), warns)
        for text, value, warns in (
            (marked("warns below {limit}"), trait.warn_low, True),
            (marked("warns above {limit}"), trait.warn_high, True),
            (marked("at least {limit}"), trait.low, False),
            (marked("at most {limit}"), trait.high, False),
        )
        if value is not None and abs(value) < WORTH_SAYING
    ]


def _down(sheets: Iterable[_Sheet], side: int, height: float) -> list[Tick]:
    return [
        Tick((sheet.box.top + axis.share(value) * sheet.box.height) / height, axis.text(value))
        for sheet in sheets
        for axis in sheet.axes[side : side + 1]
        for value in axis.values()
    ]


def _apart(limits: Sequence[Limit], height: float) -> tuple[Limit, ...]:
    """Limits whose words would lie upon each other as one, which says what all of them say."""
    out: list[Limit] = []
    for limit in limits:
        near = [n for n, other in enumerate(out) if abs(limit.at - other.at) * height < _WORDS_APART]
        if not near:
            out.append(limit)
        elif limit.text not in out[near[0]].text:
            other = out[near[0]]
            text = f"{other.text} · {limit.text}"
            out[near[0]] = other._replace(text=text, warns=other.warns and limit.warns)
    return tuple(out)


def _title(series: Sequence[Series], plot: _Plot) -> str:
    return ", ".join(series[number].label for number in (*plot.left, *plot.right))
