"""A series as it is drawn, and what there is to say of it: the legend, a moment, the whole in words. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple

from dashboard.chart.axis import Axis, step_text
from dashboard.chart.clock import moment_text
from dashboard.chart.ink import Box
from dashboard.chart.series import Sample, Series, longest_silence
from dashboard.chart.states import State
from dashboard.chart.window import Window
from dashboard.present import DASH, format_value
from dashboard.reader import ENGLISH, Reader
from schemas.message import Value
from schemas.traits import Event

_REACH = 0.01
"""A lone value is near a place that is this part of the window away, though it would be silent there."""


class Legend(NamedTuple):
    """A series beside the chart. The texts hold no unit; they are empty where there is nothing to say."""

    label: str
    unit: str
    color: str
    dash: str
    last: str
    low: str = ""
    high: str = ""
    mean: str = ""


class Near(NamedTuple):
    """The value of a series that is nearest to a place: its text with unit, when it was, and where it is.

    `at` is a fraction from the left, `height` one of pixels from the top; None where nothing is near.
    """

    label: str
    color: str
    text: str
    time: str = ""
    at: float | None = None
    y: float | None = None


class Hover(NamedTuple):
    """What was at a place: the moment as text, and what is near, in the order of the series."""

    time: str
    near: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A series in its box (pixels): the runs of its samples, all and as they are drawn, or its states."""

    number: int
    series: Series
    color: str
    dash: str
    box: Box
    axis: Axis | None = None
    runs: tuple[tuple[Sample, ...], ...] = ()
    shown: tuple[tuple[Sample, ...], ...] = ()
    states: tuple[State, ...] = ()

    def within(self, window: Window) -> list[Sample]:
        """Its samples in the window."""
        return [sample for run in self.runs for sample in run if window.start <= sample.time < window.end]

    def text(self, value: Value, *, mean: bool = False, reader: Reader = ENGLISH) -> str:
        """A value or a mean without its unit, with the decimals that the kind says or that tell something."""
        series = self.series
        worked_out = mean or series.grows
        if self.axis is None or isinstance(value, str) or series.precision is not None or not worked_out:
            return format_value(value, series.trait, reader)
        return step_text(value, self.axis.step / 10)

    @property
    def rolled(self) -> bool:
        """Whether its samples are of many readings each."""
        return self.series.history.step > 0


def legend(trace: Trace, window: Window) -> Legend:
    """What stands beside the chart."""
    series = trace.series
    blank = Legend(series.label, series.shown_unit, trace.color, trace.dash, DASH)
    if trace.axis is None:
        return blank._replace(last=trace.states[-1].text) if trace.states else blank
    facts = facts_of(trace, window)
    return blank if facts is None else blank._replace(**facts._asdict())


class Facts(NamedTuple):
    """The least, the greatest, the mean and the last value in a window, as texts without unit."""

    low: str
    high: str
    mean: str
    last: str


def facts_of(trace: Trace, window: Window) -> Facts | None:
    """What is known of numbers in the window; None without a reading. The mean is that of the readings."""
    samples = trace.within(window)
    if not samples:
        return None
    count = sum(sample.count for sample in samples)
    mean = fsum(sample.value * (sample.count / count) for sample in samples)
    return Facts(
        trace.text(min(sample.low for sample in samples)),
        trace.text(max(sample.high for sample in samples)),
        trace.text(mean, mean=True),
        trace.text(samples[-1].value, mean=trace.rolled),
    )


def hover(traces: Sequence[Trace], window: Window, share: float, reader: Reader) -> Hover:
    """What is nearest to a place; 0 is the left edge, 1 the right one, and what is beyond counts as they."""
    moment = window.moment(min(1.0, max(0.0, share)))
    return Hover(moment_text(moment, reader), tuple(_near(trace, window, moment, reader) for trace in traces))


def told(trace: Trace, window: Window, reader: Reader, now: float) -> str:
    """A series in words, one sentence."""
    series = trace.series
    if trace.axis is None:
        return reader.say("{what}: {facts}.", what=series.label, facts=_states_told(trace, reader))
    facts, samples = facts_of(trace, window), trace.within(window)
    if facts is None:
        return reader.say("{what}: {facts}.", what=series.label, facts=reader.say("no readings"))
    unit = f" {series.shown_unit}" if series.shown_unit else ""
    silent = min(now, window.end) - samples[-1].time > longest_silence(series)
    when = moment_text(samples[-1].time, reader)
    last = reader.say("last {value} at {time}", value=facts.last + unit, time=when)
    gaps = sum(any(sample.time >= window.start for sample in run) for run in trace.runs) - 1
    parts = [
        reader.say("{low} to {high}", low=facts.low, high=facts.high + unit),
        reader.say("mean {value}", value=facts.mean + unit),
        reader.say("{last}, silent since", last=last) if silent else last,
        reader.count("{n} gap", "{n} gaps", gaps) if gaps else reader.say("no gaps"),
    ]
    return reader.say("{what}: {facts}.", what=series.label, facts=reader.say(", ").join(parts))


def _states_told(trace: Trace, reader: Reader) -> str:
    found = trace.states
    if not found:
        return reader.say("no readings")
    last = found[-1]
    if isinstance(trace.series.trait, Event):
        events = reader.count("{n} event", "{n} events", len(found))
        at = reader.say("last {value} at {time}", value=last.text, time=moment_text(last.start, reader))
        return reader.say(", ").join((events, at))
    known = sum(state.end - state.start for state in found)
    shares: dict[str, float] = {}
    for state in found:
        shares[state.text] = shares.get(state.text, 0.0) + (state.end - state.start) / known
    most = sorted(shares.items(), key=lambda item: -item[1])[:4]
    changes = len(found) - 1
    parts = [
        reader.say("last {value}", value=last.text),
        *(
            reader.say("{word} {percent} % of the time", word=word, percent=f"{100 * share:.0f}")
            for word, share in most
        ),
        reader.count("{n} change", "{n} changes", changes) if changes else reader.say("no changes"),
    ]
    return reader.say(", ").join(parts)


def _near(trace: Trace, window: Window, moment: float, reader: Reader) -> Near:
    nothing = Near(trace.series.label, trace.color, reader.say("no reading"))
    reach = max(longest_silence(trace.series), _REACH * window.seconds)
    if trace.axis is None:
        return _near_state(trace, window, moment, reader) or nothing
    samples = trace.within(window)
    at = bisect_left(samples, moment, key=lambda sample: sample.time)
    near = min(samples[max(0, at - 1) : at + 1], key=lambda sample: abs(sample.time - moment), default=None)
    if near is None or abs(near.time - moment) > reach:
        return nothing
    text = trace.text(near.value, mean=trace.rolled)
    unit = f" {trace.series.shown_unit}" if trace.series.shown_unit else ""
    if near.low < near.high:
        extremes = reader.say("{low} to {high}", low=trace.text(near.low), high=trace.text(near.high))
        unit += f" ({extremes})"
    y = trace.box.top + trace.axis.share(near.value) * trace.box.height
    return nothing._replace(
        text=text + unit, time=moment_text(near.time, reader), at=window.share(near.time), y=y
    )


def _near_state(trace: Trace, window: Window, moment: float, reader: Reader) -> Near | None:
    def away(state: State) -> float:
        return max(state.start - moment, moment - state.end, 0.0)

    state = min(trace.states, key=away, default=None)
    if state is None or away(state) > _REACH * window.seconds:
        return None
    since = moment_text(state.start, reader)
    at = window.share(max(state.start, min(state.end, moment)))
    return Near(trace.series.label, state.color, state.text, since, at, trace.box.top)
