"""A device as one reader sees it, looked at again and again: what has not changed is not made anew."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from bridge.commands import CommandState
from bridge.labels import Label
from bridge.presence import Presence
from bridge.state import UNCLAIMED, DeviceState, MetricState
from dashboard.course import NO_TREND, Trend
from dashboard.language import marked
from dashboard.present import (
    AVAILABILITY_TONES,
    DASH,
    NO_WORDS,
    NOT_YET,
    SENT,
    WAITING,
    DeviceView,
    MetricView,
    default_name,
    format_value,
    inferred,
    judge,
    kind_title,
    moment_text,
)
from dashboard.reader import ENGLISH, Reader
from dashboard.wording import age, shown_text
from schemas.kind import Kind, Metric
from schemas.traits import Choice, Counter, Numeric, Timestamp, Trait

TrendOf: TypeAlias = Callable[[DeviceState, str, int | None, float], Trend]
"""The trend of a metric that is shown with so many decimals, at a Unix time."""

# Past the named tuples' own constructors, which cost as much again; many are made of every message.
_new = tuple.__new__


class Sight:
    """Looks at one device for one reader. What it gives is what `device_view` gives, at a fraction of it.

    Not thread-safe.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kind: Kind | None = None
        self._kind_title = ""
        self._declared: dict[str, _MetricSight] = {}
        self._extra: dict[str, _MetricSight] = {}
        self._label: Label | None = None
        self._title = self._place = ""
        self._presence: Presence | None = None
        self._reason = ""
        self._last: DeviceView | None = None
        self._form: object = None

    def look(
        self,
        device: DeviceState,
        kind: Kind | None,
        label: Label,
        now: float,
        trend_of: TrendOf | None = None,
    ) -> DeviceView:
        """How it is shown at Unix time `now`. All metrics the kind declares are there, heard or not.

        With `trend_of` that of its first metric, if this is a number.
        """
        reader, last = self._reader, self._last
        if last is None or kind is not self._kind:
            self._learn(kind)
        if label is not self._label and label != self._label:
            self._label = label
            self._title, self._place = (
                shown_text(label.name or default_name(device.id)),
                shown_text(label.place or ""),
            )
        if device.presence is not self._presence:
            self._presence = device.presence
            self._reason = shown_text(reader.told(device.presence.reason))
        metrics = self._metrics(device, now)
        availability, kept = device.presence.availability, _kept(device)
        when = age(now - device.seen_at, reader) if device.seen_at is not None else reader.say(NOT_YET)
        lasting: object = None
        if last is not None:
            same = (
                last.lasting is not None
                and last.age == when
                and last.availability == availability
                and last.kept == kept
                and last.form is self._form
                and last.title == self._title
                and last.place == self._place
                and last.reason == self._reason
                and last.retired == label.retired
            )
            lasting = last.lasting if same else object()
        self._last = _new(
            DeviceView,
            (
                device.id,
                device.kind,
                self._kind_title,
                kind.icon if kind else "help_outline",
                self._title,
                self._place,
                availability,
                self._reason,
                AVAILABILITY_TONES[availability],
                when,
                kept,
                metrics,
                device,
                reader,
                label.retired,
                NO_WORDS,
                NO_TREND if trend_of is None else self._trend(device, metrics, now, trend_of),
                self._form,
                lasting,
            ),
        )
        return self._last

    def _learn(self, kind: Kind | None) -> None:
        """What the kind says, which does not change."""
        self._kind, self._kind_title = kind, kind_title(kind, self._reader)
        declared = kind.metrics if kind else {}
        self._declared = {name: _MetricSight(metric, self._reader) for name, metric in declared.items()}
        self._extra = {}
        self._form = None

    def _metrics(self, device: DeviceState, now: float) -> Mapping[str, MetricView]:
        states, commands = device.metrics, device.commands
        declared, extra = self._declared, self._extra
        metrics = {
            name: sight.look(states.get(name), commands.get(name), now) for name, sight in declared.items()
        }
        others = 0
        for name, state in states.items():
            if name in declared:
                continue
            others += 1
            sight = extra.get(name)
            if sight is None or not sight.fits(state):
                sight = extra[name] = _MetricSight(
                    _Undeclared(name, state, self._reader), self._reader, state
                )
                self._form = None
            metrics[name] = sight.look(state, commands.get(name), now)
        if self._form is None or others != len(extra):
            self._extra = {name: sight for name, sight in extra.items() if name in metrics}
            self._form = (
                device.kind,
                tuple([(name, type(m.trait), m.settable) for name, m in metrics.items()]),
            )
        return metrics

    @staticmethod
    def _trend(
        device: DeviceState, metrics: Mapping[str, MetricView], now: float, trend_of: TrendOf
    ) -> Trend:
        for name, metric in metrics.items():
            trait = metric.trait
            return trend_of(device, name, trait.precision, now) if isinstance(trait, Numeric) else NO_TREND
        return NO_TREND


class _Undeclared:
    """A metric that no kind declares, seen like one that is."""

    def __init__(self, name: str, state: MetricState, reader: Reader) -> None:
        self.name = name
        word = shown_text(name)
        self.label = reader.say("{name} (extra)", name=word) if state.extra else word
        self.trait: Trait = inferred(state)
        self.options: tuple[str, ...] = ()
        self.settable = False
        self.whole = False
        self.unit = shown_text(state.unit, 20)


class _MetricSight:
    """One metric for one reader."""

    def __init__(self, metric: Metric | _Undeclared, reader: Reader, like: MetricState | None = None) -> None:
        self._metric = metric
        self._reader = reader
        self._like = like
        self._label = reader.told(metric.label)
        trait = metric.trait
        self._into = reader.conversion(metric.unit)
        self._unit = metric.unit if self._into is None else self._into.unit
        # The usual: a number with so many decimals, as the device says it.
        plain = self._into is None and isinstance(trait, Numeric | Counter) and trait.precision is not None
        self._fixed = f",.{trait.precision}f" if plain and isinstance(trait, Numeric | Counter) else ""
        self._judged = isinstance(trait, Choice) or (
            isinstance(trait, Numeric) and (trait.warn_low is not None or trait.warn_high is not None)
        )
        self._moment = isinstance(trait, Timestamp)
        self._state: MetricState | None = None
        self._command: CommandState | None = None
        self._last: MetricView | None = None

    def fits(self, state: MetricState) -> bool:
        """Whether what was learnt of an undeclared metric still holds."""
        like = self._like
        return (
            like is not None
            and type(like.value) is type(state.value)
            and like.unit == state.unit
            and like.extra == state.extra
            and (type(like.value) is not str or self._metric.trait is inferred(state))
        )

    def look(self, state: MetricState | None, command: CommandState | None, now: float) -> MetricView:
        """How it is shown now."""
        reader, last = self._reader, self._last
        when = (
            ""
            if state is None
            else age(now - (state.received_at if state.time is None else state.time), reader)
        )
        same_command = command is self._command
        if (
            last is not None
            and state is self._state
            and same_command
            and last.age == when
            and not self._moment
        ):
            return last
        metric = self._metric
        pending = command is not None and command.status == "pending"
        text, tone, why, source, unit = DASH, "muted", "", "", ""
        if state is not None:
            text, source, unit = self._text(state, now), state.provenance, self._unit
            tone, why = (
                judge(state.value, metric.trait, metric.unit, reader) if self._judged else ("plain", "")
            )
        lasting: object = None
        if last is not None:
            kept = (
                last.lasting is not None
                and same_command
                and last.source == source
                and last.tone == tone
                and last.why == why
            )
            lasting = last.lasting if kept else object()
        self._state, self._command = state, command
        self._last = _new(
            MetricView,
            (
                metric.name,
                self._label,
                metric.trait,
                text,
                unit,
                tone,
                why,
                None if state is None else state.value,
                command.value if command is not None and pending else None,
                "" if command is None else reader.told(_note_of(command, metric.trait)),
                pending,
                metric.settable,
                source,
                when,
                metric.options,
                self._into,
                format_value(command.value, metric.trait, reader, self._into)
                if command is not None and pending
                else "",
                "" if command is None else command.status,
                metric.whole,
                lasting,
            ),
        )
        return self._last

    def _text(self, state: MetricState, now: float) -> str:
        value = state.value
        if self._fixed and type(value) in (float, int) and -1e15 < value < 1e15:  # type: ignore[operator]
            return format(value, self._fixed).replace(",", "\u202f")
        if self._moment:
            return moment_text(value, now, self._reader)
        return format_value(value, self._metric.trait, self._reader, self._into)


def device_view(
    device: DeviceState, kind: Kind | None, label: Label, now: float, reader: Reader = ENGLISH
) -> DeviceView:
    """How a device is shown at Unix time `now`, looked at once."""
    return Sight(reader).look(device, kind, label, now)


def of_device(view: DeviceView) -> object:
    """For `Drawing.lasting`: what follows neither values nor trend."""
    return view.lasting


@lru_cache(1_024)
def of_metric(name: str) -> Callable[[DeviceView], object]:
    """For `Drawing.lasting`: what follows neither text, value nor age of a metric."""
    return lambda view: view.metrics[name].lasting


def of_trend(view: DeviceView) -> object:
    """For `Drawing.lasting`: what follows the trend alone."""
    return view.trend


def gone_view(device_id: str, reader: Reader = ENGLISH) -> DeviceView:
    """How a device is shown of which nothing has been heard."""
    nobody = Presence("unknown", marked("nothing has been heard of a device with this id"))
    view = device_view(DeviceState(device_id, UNCLAIMED, presence=nobody), None, Label(), 0.0, reader)
    # That no kind claims it is said of what has spoken.
    return view._replace(kind_title="")


def _note_of(command: CommandState, trait: Trait) -> str:
    """What the card says of it; that it was confirmed the value itself shows, where there is one."""
    if command.status == "pending":
        return WAITING
    if command.status == "confirmed":
        return "" if trait.can_be_read else SENT
    return command.note


def _kept(device: DeviceState) -> str:
    """A word for it if all that is known is a copy: from before our restart, or one that the broker kept."""
    found = ""
    for metric in device.metrics.values():
        if metric.provenance == "live":
            return ""
        if metric.provenance == "restored" or not found:
            found = metric.provenance
    return found
