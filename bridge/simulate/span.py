"""Where a number usually is: a calm range inside its limits, and the form in which it is sent."""

import math
from dataclasses import dataclass

from schemas.kind import Metric
from schemas.traits import Counter, Location, Numeric

_LARGEST_INT = 2**63 - 1
_OPEN = 1e6
"""A range wider than this says nothing of where the value usually is."""

_TYPICAL = {
    "temperature": (18.0, 24.0),
    "humidity": (35.0, 60.0),
    "co2": (420.0, 980.0),
    "pm25": (2.0, 20.0),
    "pm10": (5.0, 35.0),
    "voc": (30.0, 200.0),
    "battery": (25.0, 100.0),
    "power": (20.0, 2_200.0),
    "voltage": (226.0, 234.0),
    "current": (0.1, 8.0),
    "frequency": (49.95, 50.05),
    "level": (20.0, 90.0),
    "volume": (200.0, 2_000.0),
    "illuminance": (5.0, 650.0),
    "brightness": (20.0, 100.0),
    "pressure": (995.0, 1_030.0),
    "moisture": (25.0, 55.0),
    "speed": (5.0, 75.0),
    "rotation": (900.0, 1_500.0),
    "vibration": (0.6, 4.5),
    "flow": (2.0, 14.0),
    "signal": (-80.0, -50.0),
}
_IN_UNIT = {
    ("temperature", "°F"): (64.0, 75.0),
    ("temperature", "K"): (291.0, 297.0),
    ("power", "kW"): (0.02, 2.2),
    ("speed", "m/s"): (1.0, 20.0),
    ("volume", "m³"): (0.2, 2.0),
}
WATTS = {"mW": 1e-3, "W": 1.0, "kW": 1e3, "MW": 1e6}
WATT_HOURS = {"Wh": 1.0, "kWh": 1e3, "MWh": 1e6}


def measure_of(metric: Metric) -> str:
    """What the field measures: as its trait says, else as its name suggests."""
    return metric.trait.measure or metric.name


@dataclass(frozen=True, slots=True)
class Span:
    """The valid range of a number, the calm range inside it, and how exactly the number is sent."""

    low: float
    high: float
    calm_low: float
    calm_high: float
    whole: bool
    precision: int

    @property
    def width(self) -> float:
        """The width of the calm range."""
        return self.calm_high - self.calm_low

    @property
    def middle(self) -> float:
        """The middle of the calm range."""
        return self.calm_low + self.width / 2

    def at(self, part: float) -> float:
        """The number at a part from 0 to 1 of the calm range."""
        return self.calm_low + self.width * part

    def fit(self, number: float) -> float | int:
        """The nearest valid number, rounded as the device would."""
        number = min(max(number, self.low), self.high)
        if self.whole:
            lowest, highest = math.ceil(self.low), min(math.floor(self.high), _LARGEST_INT)
            return min(max(round(number), lowest), highest)
        rounded = round(number, self.precision)
        if not self.low <= rounded <= self.high:
            return number
        return int(rounded) if self.precision == 0 else rounded


def span_of(metric: Metric) -> Span:
    """The span of a field whose trait is `Numeric`, `Counter` or `Location`."""
    trait = metric.trait
    if isinstance(trait, Location):
        low, high = trait.bounds
        return Span(low, high, low / 2, high / 2, metric.whole, 5)
    if isinstance(trait, Counter):
        precision = 3 if trait.precision is None else trait.precision
        return Span(0, 2.0**62, 0, 2.0**62, metric.whole, precision)
    if not isinstance(trait, Numeric):
        raise TypeError(f"{metric.name} is no number")
    low, high = trait.bounds
    calm_low, calm_high = _calm(trait, measure_of(metric))
    if trait.precision is not None:
        precision = trait.precision
    else:
        # Four significant digits of the range.
        precision = min(max(3 - math.floor(math.log10(max(calm_high - calm_low, 1e-9))), 0), 12)
    return Span(low, high, calm_low, calm_high, metric.whole, precision)


def _calm(trait: Numeric, measure: str) -> tuple[float, float]:
    low, high = trait.bounds
    calm_low = low if trait.warn_low is None else max(low, trait.warn_low)
    calm_high = high if trait.warn_high is None else min(high, trait.warn_high)
    if calm_low > calm_high:
        calm_low, calm_high = low, high
    typical = _IN_UNIT.get((measure, trait.unit)) or _TYPICAL.get(measure)
    if typical is not None and max(calm_low, typical[0]) < min(calm_high, typical[1]):
        return max(calm_low, typical[0]), min(calm_high, typical[1])
    # Halved, because the difference of two very large numbers may be infinite.
    if calm_high / 2 - calm_low / 2 > _OPEN / 2:
        if calm_high <= 0:
            return max(calm_low, calm_high - 100), calm_high
        start = max(calm_low, 0.0)
        return start, min(calm_high, start + 100)
    margin = (calm_high - calm_low) * 0.2
    return calm_low + margin, calm_high - margin
