"""Units as a person wants them, whatever a device says. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

System: TypeAlias = Literal["device", "metric", "imperial"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """From a device's unit to the one that is shown: value x `factor` + `offset`, in `unit`.

    `decimals` are those that the value has more than the device's own, or fewer.
    """

    unit: str
    factor: float
    offset: float = 0.0
    decimals: int = 0

    def shown(self, value: float) -> float:
        """A device's value in the unit that is shown. What is larger than any float becomes infinite."""
        try:
            return value * self.factor + self.offset
        except OverflowError:
            return math.inf if value > 0 else -math.inf

    def meant(self, value: float) -> float:
        """A value that a person gave, in the device's unit."""
        return (value - self.offset) / self.factor

    def distance(self, difference: float) -> float:
        """A difference of two values in the unit that is shown."""
        return difference * self.factor


_IMPERIAL: Mapping[str, Conversion] = {
    "°C": Conversion("°F", 1.8, 32.0),
    "K": Conversion("°F", 1.8, -459.67),
    "km/h": Conversion("mph", 1 / 1.609344),
    "m/s": Conversion("mph", 3.6 / 1.609344),
    "mm/s": Conversion("in/s", 1 / 25.4, decimals=1),
    "km": Conversion("mi", 1 / 1.609344, decimals=1),
    "m": Conversion("ft", 1 / 0.3048),
    "cm": Conversion("in", 1 / 2.54),
    "mm": Conversion("in", 1 / 25.4, decimals=1),
    "L": Conversion("gal", 1 / 3.785411784, decimals=1),
    "l": Conversion("gal", 1 / 3.785411784, decimals=1),
    "m³": Conversion("ft³", 1 / 0.3048**3, decimals=-1),
    "kg": Conversion("lb", 1 / 0.45359237),
    "g": Conversion("oz", 1 / 28.349523125, decimals=1),
    "hPa": Conversion("inHg", 1 / 33.8638866667, decimals=2),
    "mbar": Conversion("inHg", 1 / 33.8638866667, decimals=2),
    "bar": Conversion("psi", 14.503773773),
    "kPa": Conversion("psi", 0.14503773773, decimals=1),
}
_METRIC: Mapping[str, Conversion] = {
    "°F": Conversion("°C", 1 / 1.8, -32 / 1.8),
    "mph": Conversion("km/h", 1.609344),
    "in/s": Conversion("mm/s", 25.4, decimals=-1),
    "mi": Conversion("km", 1.609344, decimals=-1),
    "ft": Conversion("m", 0.3048, decimals=1),
    "in": Conversion("mm", 25.4, decimals=-1),
    "gal": Conversion("L", 3.785411784, decimals=-1),
    "ft³": Conversion("m³", 0.3048**3, decimals=1),
    "lb": Conversion("kg", 0.45359237),
    "oz": Conversion("g", 28.349523125, decimals=-1),
    "inHg": Conversion("hPa", 33.8638866667, decimals=-2),
    "psi": Conversion("bar", 1 / 14.503773773, decimals=1),
}
"""US customary measures. What stands in neither table is the same everywhere, such as W, ppm or %."""


@lru_cache(256)
def conversion(unit: str, system: System) -> Conversion | None:
    """How values in a unit are shown in a system; None if as they are."""
    if system == "imperial":
        return _IMPERIAL.get(unit)
    return _METRIC.get(unit) if system == "metric" else None
