"""What a chart shows, to take along: as CSV text, and as an SVG file that stands alone. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence
from html import escape

from bridge.export import FORMULA
from dashboard.chart.clock import rfc3339
from dashboard.chart.ink import BAD, WARN, document, flat, level, pixels
from dashboard.chart.line import Chart
from dashboard.chart.series import Series, read_by, runs
from dashboard.chart.trace import Legend
from dashboard.chart.window import Window
from dashboard.language import marked
from dashboard.reader import Reader
from schemas.message import Value

INK, SOFT, PAPER = "#172022", "#536164", "#ffffff"
_SIDE = 72.0
_TOP = 58.0
_BELOW = 40.0
_LINE = 20.0
_FONT = "font-family=\"Roboto, 'Noto Sans', sans-serif\""


def csv_text(series: Sequence[Series], window: Window, reader: Reader) -> str:
    """A head and a line for each moment at which one of the metrics has a value, in order of time.

    Times are RFC 3339 in the reader's zone, values in his units; the time of many readings together is when
    they begin. A metric has one column with its unit, and where it has such points two more with their
    extremes. Words are as devices said them; one that a spreadsheet would take for a formula gets an
    apostrophe before it.
    """
    series = [read_by(one, reader) for one in series]
    columns = [_columns(one, reader) for one in series]
    rows: dict[tuple[float, int], list[Value | None]] = {}
    width = sum(len(names) for names in columns)
    left = 0
    for one, names in zip(series, columns, strict=True):
        seen: dict[float, int] = {}
        for time, *values in _values(one, window):
            # Two readings of one moment are two lines.
            number = seen[time] = seen.get(time, -1) + 1
            row = rows.setdefault((time, number), [None] * width)
            row[left : left + len(names)] = values[: len(names)]
        left += len(names)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["time", *(_harmless(name) for names in columns for name in names)])
    for (time, _), row in sorted(rows.items()):
        writer.writerow([rfc3339(time, reader.clock), *(_written(value) for value in row)])
    return text.getvalue()


def standalone(chart: Chart, title: str) -> str:
    """The chart as the text of an SVG file, with its labels, on a light ground."""
    width = chart.size.width + 2 * _SIDE
    bottom = _TOP + chart.size.height
    height = bottom + _BELOW + _LINE * len(chart.legend)
    inner = chart.svg.replace("<svg ", f'<svg x="{pixels(_SIDE)}" y="{pixels(_TOP)}" ', 1)
    parts = [
        f'<rect width="{pixels(width)}" height="{pixels(height)}" fill="{PAPER}"/>',
        _text(_SIDE, 22, title, size=16),
        _text(_SIDE, 40, chart.span, SOFT),
        inner,
        *_axes(chart),
        *_inside(chart),
        *(
            part
            for number, entry in enumerate(chart.legend)
            for part in _entry(entry, chart.reader, bottom + _BELOW + _LINE * number + 4)
        ),
    ]
    return document(chart.size._replace(width=width, height=height), parts)


def _columns(series: Series, reader: Reader) -> list[str]:
    unit = f" ({series.shown_unit})" if series.shown_unit and not series.is_state else ""
    names = [series.label]
    if not series.grows and any(point.low is not None for point in series.history.points):
        ends = (marked("{what}, lowest"), marked("{what}, highest"))
        names += [reader.say(end, what=series.label) for end in ends]
    return [name + unit for name in names]


def _values(
    series: Series, window: Window
) -> Iterator[tuple[float, Value | None, Value | None, Value | None]]:
    if series.grows:
        for run in runs(series, window):
            for sample in run:
                if window.start <= sample.time < window.end:
                    yield sample.time, sample.value, None, None
        return
    step = series.history.step
    for point in series.history.points:
        if point.time < window.end and (point.time >= window.start or point.time + step > window.start):
            yield point.time, point.value, point.low, point.high


def _axes(chart: Chart) -> Iterator[str]:
    right = _SIDE + chart.size.width
    for side, ticks in (("end", chart.y_ticks), ("start", chart.y2_ticks)):
        for tick in ticks:
            x = _SIDE - 6 if side == "end" else right + 6
            yield _text(x, _TOP + tick.at * chart.size.height + 4, tick.text, SOFT, anchor=side)
    for panel in chart.panels:
        y = _TOP + panel.top * chart.size.height - 5
        if len(chart.panels) > 1:
            yield _text(_SIDE, y, panel.title, SOFT)
        yield _text(_SIDE - 6, y, panel.unit, SOFT, anchor="end")
        yield _text(right + 6, y, panel.unit2, SOFT)
    for tick in chart.x_ticks:
        yield _text(
            _SIDE + tick.at * chart.size.width,
            _TOP + chart.size.height + 16,
            tick.text,
            INK if tick.major else SOFT,
            anchor="middle",
        )


def _inside(chart: Chart) -> Iterator[str]:
    """The words of bars, and the limits' own."""
    for word in chart.words:
        left, top, width, height = word.box
        x = _SIDE + (left + width / 2) * chart.size.width
        y = _TOP + (top + height / 2) * chart.size.height + 4
        yield _text(x, y, word.text, word.color or INK, anchor="middle")
    for limit in chart.limits:
        y = _TOP + limit.at * chart.size.height - 3
        yield _text(_SIDE + chart.size.width - 4, y, limit.text, WARN if limit.warns else BAD, "end", 10)


def _entry(entry: Legend, reader: Reader, y: float) -> Iterator[str]:
    sample = flat(level(y - 4, 24), entry.color, 2, entry.dash)
    yield f'<g transform="translate({pixels(_SIDE)} 0)">{sample}</g>'
    unit = f" {entry.unit}" if entry.unit else ""
    facts = f"{entry.label}: {entry.last}{unit}"
    if entry.mean:
        extremes = reader.say("{low} to {high}", low=entry.low, high=entry.high + unit)
        facts += f" ({extremes}, {reader.say('mean {value}', value=entry.mean + unit)})"
    yield _text(_SIDE + 32, y, facts)


def _text(x: float, y: float, text: str, color: str = INK, anchor: str = "start", size: float = 12) -> str:  # noqa: PLR0913, PLR0917  (what a text in SVG says)
    if not text:
        return ""
    # XML has no control characters, and not half of a surrogate pair either.
    clean = "".join(
        character if character.isprintable() or character == "\u202f" else "�" for character in text
    )
    return (
        f'<text x="{pixels(x)}" y="{pixels(y)}" {_FONT} font-size="{size:g}" fill="{color}" '
        f'text-anchor="{anchor}">{escape(clean, quote=False)}</text>'
    )


def _written(value: Value | None) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
