"""A tank for water, oil or anything that flows."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Numeric, Switch


class Tank(
    Device,
    topic="fleet/tank/{device}/state",
    availability="fleet/tank/{device}/availability",
    stale_after=600,
    icon="water_drop",
):
    """A tank with a level and a pump."""

    level: Annotated[
        float, Numeric(unit="%", low=0, high=100, warn_low=10, warn_high=95, precision=0, measure="level")
    ]
    volume: Annotated[
        float | None, Numeric(unit="L", low=0, high=1_000_000_000, precision=0, measure="volume")
    ] = None
    temperature: Annotated[
        float | None, Numeric(unit="°C", low=-100, high=500, precision=1, measure="temperature")
    ] = None
    pump: Annotated[
        bool | None,
        Switch(
            measure="pump",
            command="fleet/tank/{device}/set",
            confirm="Start the pump?",
            confirm_for=(True,),
        ),
    ] = None
