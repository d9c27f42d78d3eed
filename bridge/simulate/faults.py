"""What goes wrong with devices: messages that no kind accepts, lost connections, bursts."""

import json
import math
from dataclasses import dataclass
from enum import Enum
from random import Random

from pydantic import ValidationError

from schemas.device import Kind
from schemas.kind import Metric
from schemas.message import Value
from schemas.traits import Binary, Counter, Location, Numeric, Switch, Timestamp

BURST = 50
"""The messages of a burst."""


class Fault(Enum):
    """One thing that goes wrong."""

    WRONG_TYPE = "wrong type"
    OUT_OF_RANGE = "out of range"
    NOT_JSON = "not JSON"
    TRUNCATED = "truncated"
    DROP_OUT = "drop-out"
    BURST = "burst"


BAD_MESSAGES = (Fault.WRONG_TYPE, Fault.OUT_OF_RANGE, Fault.NOT_JSON, Fault.TRUNCATED)


@dataclass(frozen=True, slots=True)
class FaultPace:
    """How often things go wrong with one device: the mean seconds between, infinity for never.

    A drop-out lasts a time between the two of `away`.
    """

    bad_message: float = 60.0
    drop_out: float = 300.0
    burst: float = 180.0
    away: tuple[float, float] = (20.0, 60.0)

    @classmethod
    def of(cls, choice: "bool | FaultPace") -> "FaultPace | None":
        """True is the usual pace, False is None: nothing goes wrong."""
        if isinstance(choice, FaultPace):
            return choice
        return cls() if choice else None


class FaultClock:
    """Says what goes wrong with one device, and when."""

    def __init__(self, pace: FaultPace, rng: Random) -> None:
        self._pace = pace
        self._rng = rng
        self._last: float | None = None

    def next(self, now: float) -> Fault | None:
        """What goes wrong between the last call and this one: nothing, for most of the time."""
        dt = 0.0 if self._last is None else max(now - self._last, 0.0)
        self._last = now
        if self._happens(dt, self._pace.drop_out):
            return Fault.DROP_OUT
        if self._happens(dt, self._pace.burst):
            return Fault.BURST
        return self._rng.choice(BAD_MESSAGES) if self._happens(dt, self._pace.bad_message) else None

    def away(self) -> float:
        """For how long a device that drops out stays away."""
        return self._rng.uniform(*self._pace.away)

    def _happens(self, dt: float, every: float) -> bool:
        return self._rng.random() < 1 - math.exp(-dt / every)


def spoil(kind: Kind, payload: bytes, fault: Fault, rng: Random) -> bytes:
    """A state message of the kind made wrong in one of the ways of `BAD_MESSAGES`.

    What comes out is always refused: where a kind cannot be wrong in that way, it is no JSON.
    """
    if fault is Fault.TRUNCATED and len(payload) > 1:
        return payload[: rng.randint(1, len(payload) - 1)]
    if fault in (Fault.WRONG_TYPE, Fault.OUT_OF_RANGE):
        wrong_type = fault is Fault.WRONG_TYPE
        for metric in rng.sample(list(kind.metrics.values()), len(kind.metrics)):
            wrong = _of_wrong_type(metric) if wrong_type else _out_of_range(metric)
            spoiled = None if wrong is None else _with(payload, metric.key, wrong)
            if spoiled is not None and _refused(kind, spoiled):
                return spoiled
    return rng.choice((b"ERR sensor timeout", b"value=21.5;unit=C", b"\xff\xfe\x00\x01", b"nan"))


def _of_wrong_type(metric: Metric) -> Value | None:
    match metric.trait:
        case Numeric() | Counter() | Location():
            return "n/a"
        case Switch() | Binary():
            return "on"
        case Timestamp():
            return "yesterday"
    return 12


def _out_of_range(metric: Metric) -> Value | None:
    match metric.trait:
        case Numeric() as trait:
            low, high = trait.bounds
            number = high + max(1.0, abs(high) * 0.5) if high < 1e300 else low - max(1.0, abs(low) * 0.5)
            return math.ceil(number) if metric.whole and math.isfinite(number) else number
        case Counter():
            return -1
        case Location():
            return 360.0
    return "unheard_of" if metric.options else None


def _with(payload: bytes, key: str, value: Value) -> bytes | None:
    try:
        content = json.loads(payload)
    except ValueError:
        return None
    return json.dumps(content | {key: value}, ensure_ascii=False, separators=(",", ":")).encode()


def _refused(kind: Kind, payload: bytes) -> bool:
    try:
        kind.model.model_validate_json(payload)
    except ValidationError:
        return True
    except Exception:  # noqa: BLE001 - a kind's own validators may raise anything, which refuses it too
        return True
    return False
