"""An electricity meter."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Counter, Numeric


class EnergyMeter(
    Device,
    topic="fleet/energy_meter/{device}/state",
    availability="fleet/energy_meter/{device}/availability",
    stale_after=60,
    icon="electric_meter",
):
    """An electricity meter; negative power is fed into the grid."""

    power: Annotated[float, Numeric(unit="W", low=-1e9, high=1e9, precision=0, measure="power")]
    energy: Annotated[float | None, Counter(unit="kWh", precision=2, measure="energy")] = None
    voltage: Annotated[
        float | None, Numeric(unit="V", low=0, high=1_000_000, precision=1, measure="voltage")
    ] = None
    current: Annotated[
        float | None, Numeric(unit="A", low=-100_000, high=100_000, precision=2, measure="current")
    ] = None
