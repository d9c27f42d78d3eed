"""Which mover a field gets."""

from collections.abc import Sequence
from random import Random

from bridge.simulate.motion import (
    Clock,
    Dweller,
    Moment,
    Mover,
    Press,
    Way,
    counter_mover,
    number_mover,
)
from bridge.simulate.pictures import Scene
from bridge.simulate.span import measure_of, span_of
from schemas.image import Image
from schemas.kind import Metric
from schemas.message import Value
from schemas.traits import (
    Binary,
    Choice,
    Color,
    Counter,
    Event,
    Location,
    Numeric,
    Switch,
    Text,
    Timestamp,
)

AT_WORK = frozenset(
    {"running", "on", "active", "working", "moving", "printing", "charging", "heating", "cooling", "busy"}
)
"""Words of a choice that say that the device works."""

_PALETTE = ("#ffd8a8", "#fff3bf", "#a5d8ff", "#b2f2bb", "#eebefa", "#ffc9c9")
_PHRASES = ("ready", "all is well", "checked today", "waiting", "see the manual")
_MOST_STEPS = 200


def mover_of(metric: Metric, rng: Random, *, switched: bool) -> Mover:
    """The mover of a field. `switched` is whether the device can be switched off."""
    match metric.trait:
        case Event():
            return Press(rng, metric.options)
        case Counter():
            return counter_mover(metric, rng)
        case Location() as trait:
            return Way(rng, span_of(metric), trait.axis)
        case Timestamp() as trait:
            return Clock(trait, 300)
        case Image():
            return Scene(rng)
        case Numeric() if not metric.settable:
            return number_mover(metric, rng, switched=switched)
    return _dweller(metric, rng)


def rank(metric: Metric) -> int:
    """In which order the fields of a device move: causes first."""
    match metric.trait:
        case Switch() | Choice():
            return 0
        case Numeric() if metric.settable:
            return 1
        case Numeric() if measure_of(metric) in ("power", "voltage", "level"):
            return 2
        case Counter():
            return 4
    return 3


def idle(metrics: Sequence[Metric], values: dict[str, Value]) -> bool:
    """Whether the device is switched off or, by the word of one of its choices, not at work."""
    for metric in metrics:
        value = values.get(metric.name)
        if isinstance(metric.trait, Switch) and value is False:
            return True
        if isinstance(metric.trait, Choice) and value is not None:
            words = AT_WORK.intersection(metric.options)
            if words and value not in words:
                return True
    return False


def examples(metric: Metric, moment: Moment) -> list[Value]:
    """Values to try where a rule of the kind's own refuses what the trait would allow."""
    match metric.trait:
        case Switch() | Binary():
            return [True, False]
        case Choice() | Event():
            return list(metric.options)
        case Text():
            return ["ok", "a", "A", "1", "A1", "abc", "abc123", "1.0.0", "00:11:22:33:44:55", "127.0.0.1"]
        case Color():
            return list(_PALETTE)
        case Image():
            return [picture] if (picture := Scene(Random(0)).value(moment)) is not None else []
        case Timestamp() as trait:
            return [value for lag in (0, 1, 86_400) if (value := Clock(trait, lag).value(moment)) is not None]
    span = span_of(metric)
    numbers = [span.middle, 0, 1, 2, 10, 5, 50, 100, 3, 25, 0.5, 20, 1000, 0.1, -1, -10, span.low, span.high]
    return [span.fit(number) for number in numbers]


def _dweller(metric: Metric, rng: Random) -> Dweller:
    match metric.trait:
        case Switch():
            return Dweller(rng, (True, False), (360, 240), (1, 1))
        case Binary():
            return _binary(measure_of(metric), rng)
        case Choice() as trait:
            return _choice(metric, trait.alarming, rng)
        case Color():
            return _evenly(rng, _PALETTE, 900)
        case Text() as trait:
            return _evenly(rng, _texts(metric, trait), 600)
        case Numeric() as trait:
            return _evenly(rng, _steps(metric, trait), 1_200)
    raise TypeError(f"nothing moves a {type(metric.trait).__name__}")


def _evenly(rng: Random, values: Sequence[Value], dwell: float) -> Dweller:
    return Dweller(rng, values, [dwell] * len(values), [1] * len(values))


def _binary(measure: str, rng: Random) -> Dweller:
    if measure in ("motion", "occupancy", "presence", "vibration", "sound"):
        on, off = 8.0, 25.0
    elif measure in ("smoke", "gas", "leak", "moisture", "problem", "alarm", "tamper", "fault"):
        on, off = 20.0, 7_200.0
    else:
        on, off = 90.0, 240.0
    return Dweller(rng, (True, False), (on, off), (1, 1))


def _choice(metric: Metric, alarming: Sequence[str], rng: Random) -> Dweller:
    dwell = [15.0 if word in alarming else 150.0 if word in AT_WORK else 45.0 for word in metric.options]
    shares = [0.06 if word in alarming else 1.0 for word in metric.options]
    if metric.settable:
        dwell = [mean * 6 for mean in dwell]
    return Dweller(rng, metric.options, dwell, shares)


def _texts(metric: Metric, trait: Text) -> list[str]:
    name = measure_of(metric)
    phrases = ("1.4.2",) if "version" in name or "firmware" in name else _PHRASES
    return list(dict.fromkeys(text[: trait.max_length].strip() or "x" for text in phrases))


def _steps(metric: Metric, trait: Numeric) -> list[Value]:
    """What a person would choose: values of the calm range that are whole steps from the lowest."""
    span = span_of(metric)
    step = trait.step or span.width / 10
    origin = trait.low if trait.low is not None else 0.0
    if step <= 0 or span.width / step > 1e9:
        return [span.fit(span.middle)]
    first = -int((origin - span.calm_low) // step)
    count = int((span.calm_high - origin) // step) - first + 1
    stride = max(1, -(-count // _MOST_STEPS))
    found = [span.fit(origin + step * (first + number)) for number in range(0, count, stride)]
    return list(dict.fromkeys(found)) or [span.fit(span.middle)]
