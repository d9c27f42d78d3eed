"""How the fields of a device move: one mover each, chosen by the trait alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Literal, Protocol

from bridge.simulate.span import WATT_HOURS, WATTS, Span, measure_of, span_of
from schemas.kind import Metric
from schemas.message import Value
from schemas.traits import Timestamp

HELD = 600.0
"""For so many seconds the device leaves alone what a command has set."""


@dataclass(slots=True)
class Moment:
    """One step of a device: the clock, the seconds since the last step, and what is known already.

    `active` is whether the device works: it is switched on, and in no idle state. `watts` is its power.
    """

    now: float
    dt: float
    active: bool = True
    watts: float | None = None
    measures: dict[str, float] = field(default_factory=dict)
    goals: dict[str, float] = field(default_factory=dict)


class Mover(Protocol):
    """Moves one field. `value` is None where there is nothing to tell."""

    def value(self, moment: Moment) -> Value | None: ...

    def put(self, value: Value, now: float) -> None:
        """Take over a value that a command has set."""


class Dweller:
    """Stays at one of some values, each for its own mean time, and then goes to another.

    `shares` says how often each is chosen. A commanded value is held.
    """

    def __init__(
        self, rng: Random, values: Sequence[Value], dwell: Sequence[float], shares: Sequence[float]
    ) -> None:
        self._rng = rng
        self._values = values
        self._dwell = dwell
        self._shares = shares
        self._at: Value = rng.choices(values, [d * s for d, s in zip(dwell, shares, strict=True)])[0]
        self._until: float | None = None

    def value(self, moment: Moment) -> Value:
        if self._until is not None and moment.now >= self._until:
            others = [
                (value, share)
                for value, share in zip(self._values, self._shares, strict=True)
                if value != self._at
            ]
            if others:
                self._at = self._rng.choices(*zip(*others, strict=True))[0]
            self._until = None
        if self._until is None:
            mean = self._dwell[self._values.index(self._at)] if self._at in self._values else HELD
            self._until = moment.now + self._rng.uniform(0.3, 1.7) * mean
        return self._at

    def put(self, value: Value, now: float) -> None:
        self._at = value
        self._until = now + HELD


class _Moved:
    """A mover that starts anew from a value it is given."""

    def __init__(self, rng: Random, span: Span) -> None:
        self._rng = rng
        self._span = span

    def put(self, value: Value, now: float) -> None:
        """Nothing to do: only what stays where it is can be commanded."""


class Wave(_Moved):
    """A slow wave with some noise inside the calm range. Towards a target if the device has one.

    With `needs_activity` it falls to zero while the device is not active.
    """

    def __init__(self, rng: Random, span: Span, measure: str, *, needs_activity: bool = False) -> None:
        super().__init__(rng, span)
        self._measure = measure
        self._needs_activity = needs_activity
        self._period = _PERIODS.get(measure, 600.0) * rng.uniform(0.8, 1.25)
        self._phase = rng.uniform(0, math.tau)
        self._centre = span.at(rng.uniform(0.4, 0.6))
        self._noise = 0.0

    def value(self, moment: Moment) -> Value:
        if self._needs_activity and not moment.active:
            return self._span.fit(0)
        kept = math.exp(-moment.dt / 60)
        self._noise = self._noise * kept + self._rng.gauss(0, 0.07) * math.sqrt(1 - kept * kept)
        swing = 0.33 * math.sin(math.tau * (moment.now % self._period) / self._period + self._phase)
        goal = moment.goals.get(self._measure)
        if goal is None:
            number = self._centre + self._span.width * (swing + self._noise)
            return self._span.fit(min(max(number, self._span.calm_low), self._span.calm_high))
        self._centre += (goal - self._centre) * (1 - math.exp(-moment.dt / 120))
        return self._span.fit(self._centre + self._span.width * (swing + self._noise) * 0.2)


class Battery(_Moved):
    """Falls slowly; when it is low it is changed for a full one."""

    def __init__(self, rng: Random, span: Span) -> None:
        super().__init__(rng, span)
        self._charge = span.at(rng.uniform(0.4, 1))

    def value(self, moment: Moment) -> Value:
        self._charge -= self._span.width * moment.dt / 72_000
        if self._charge < self._span.calm_low:
            self._charge = self._span.calm_high
        return self._span.fit(self._charge)


class Level(_Moved):
    """Rises while the device's switch is on and falls while it is off, within the calm range."""

    def __init__(self, rng: Random, span: Span) -> None:
        super().__init__(rng, span)
        self._part = rng.uniform(0.3, 0.8)
        self._fill = rng.uniform(900, 1_500)

    def value(self, moment: Moment) -> Value:
        self._part += moment.dt / self._fill if moment.active else -moment.dt / (2 * self._fill)
        self._part = min(max(self._part, 0.0), 1.0)
        return self._span.fit(self._span.at(self._part) + self._span.width * self._rng.gauss(0, 0.003))


class Share(_Moved):
    """A volume that follows the level of its tank, or a current that follows power and voltage."""

    def __init__(self, rng: Random, span: Span, measure: Literal["volume", "current"]) -> None:
        super().__init__(rng, span)
        self._measure = measure
        self._full = span.fit(round(span.at(rng.uniform(0.5, 1)), -1))
        self._otherwise = Wave(rng, span, measure, needs_activity=measure == "current")

    def value(self, moment: Moment) -> Value:
        level, voltage = moment.measures.get("level"), moment.measures.get("voltage")
        if self._measure == "volume" and level is not None:
            return self._span.fit(self._full * level / 100)
        if self._measure == "current" and moment.watts is not None and voltage:
            return self._span.fit(moment.watts / voltage)
        return self._otherwise.value(moment)


class Tally(_Moved):
    """Only grows: energy by power and time, anything else step by step while the device is active."""

    def __init__(self, rng: Random, span: Span, watt_hours: float | None) -> None:
        super().__init__(rng, span)
        self._watt_hours = watt_hours
        self._sum = rng.uniform(20, 2_000)
        self._pace = rng.uniform(0.1, 0.4)

    def value(self, moment: Moment) -> Value:
        if self._watt_hours is not None and moment.watts is not None:
            self._sum += max(moment.watts, 0) * moment.dt / 3600 / self._watt_hours
        elif moment.active:
            self._sum += moment.dt * self._pace * self._rng.uniform(0.5, 1.5)
        return self._span.fit(math.floor(self._sum) if self._span.whole else self._sum)


class Press:
    """Fires now and then: one of the options, or None for most of the time."""

    def __init__(self, rng: Random, options: Sequence[str], every: float = 25.0) -> None:
        self._rng = rng
        self._options = options
        self._every = every

    def value(self, moment: Moment) -> Value | None:
        if self._rng.random() >= 1 - math.exp(-moment.dt / self._every):
            return None
        # The first option is the common one: a button is rarely pressed long.
        return self._rng.choices(self._options, [1 / (n + 1) for n in range(len(self._options))])[0]

    def put(self, value: Value, now: float) -> None:
        """Nothing to do: an event has no state."""


class Way(_Moved):
    """One half of a position: wanders some streets around its home."""

    def __init__(self, rng: Random, span: Span, axis: Literal["latitude", "longitude"]) -> None:
        super().__init__(rng, span)
        self._home = {"latitude": 52.52, "longitude": 13.40}[axis] + rng.uniform(-0.08, 0.08)
        self._off = rng.gauss(0, 0.01)

    def value(self, moment: Moment) -> Value:
        kept = math.exp(-moment.dt / 900)
        self._off = self._off * kept + self._rng.gauss(0, 0.012) * math.sqrt(1 - kept * kept)
        return self._span.fit(self._home + self._off)


class Clock:
    """A moment that passed not long ago, in the notation of its trait; `lag` is how coarse it is."""

    def __init__(self, trait: Timestamp, lag: float) -> None:
        self._unit = trait.unit
        self._lag = lag

    def value(self, moment: Moment) -> Value:
        now = max(moment.now, 0.0)
        return moment_as(now - now % self._lag if self._lag else now, self._unit)

    def put(self, value: Value, now: float) -> None:
        """Nothing to do: a moment cannot be commanded."""


def moment_as(now: float, unit: Literal["rfc3339", "s", "ms"]) -> str | float:
    """A moment as text with a zone, or as seconds or milliseconds since 1970."""
    match unit:
        case "rfc3339":
            text = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
            return text.replace("+00:00", "Z")
        case "s":
            return round(now, 3)
        case "ms":
            return round(now * 1000)


def number_mover(metric: Metric, rng: Random, *, switched: bool) -> Mover:
    """What moves a number that can only be read. `switched` is whether its device can be switched off."""
    span, measure = span_of(metric), measure_of(metric)
    match measure:
        case "battery":
            return Battery(rng, span)
        case "level" if switched:
            return Level(rng, span)
        case "volume" | "current":
            return Share(rng, span, measure)
        case "power":
            return Wave(rng, _load(span, metric.unit, rng, switched=switched), measure, needs_activity=True)
    return Wave(rng, span, measure, needs_activity=measure in _OF_WORK)


def counter_mover(metric: Metric, rng: Random) -> Mover:
    """What moves a counter."""
    return Tally(rng, span_of(metric), WATT_HOURS.get(metric.unit))


def _load(span: Span, unit: str, rng: Random, *, switched: bool) -> Span:
    """The power of one appliance; or, where nothing is switched, of a house, which may feed into the grid."""
    watts = WATTS.get(unit, 1.0)
    if switched:
        part = rng.uniform(0.03, 0.7) ** 2
        low, high = span.at(part) * 0.93, span.at(part) * 1.07
    else:
        low, high = (-900 / watts if span.low < 0 else span.calm_low), span.calm_high
    calm_low, calm_high = sorted(min(max(number, span.low), span.high) for number in (low, high))
    return Span(span.low, span.high, calm_low, calm_high, span.whole, span.precision)


_OF_WORK = frozenset({"rotation", "vibration", "flow"})
_PERIODS = {
    "temperature": 2_400.0,
    "humidity": 1_800.0,
    "co2": 900.0,
    "voltage": 120.0,
    "power": 240.0,
    "speed": 180.0,
    "rotation": 120.0,
}
