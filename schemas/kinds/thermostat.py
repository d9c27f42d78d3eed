"""A thermostat in a room."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Numeric, Switch

_COMMAND = "fleet/thermostat/{device}/set"


class Thermostat(
    Device,
    topic="fleet/thermostat/{device}/state",
    availability="fleet/thermostat/{device}/availability",
    stale_after=300,
    icon="thermostat",
):
    """A room thermostat with a target temperature."""

    temperature: Annotated[
        float,
        Numeric(unit="°C", low=-50, high=100, warn_low=5, warn_high=35, precision=1, measure="temperature"),
    ]
    target: Annotated[
        float | None,
        Numeric(unit="°C", low=5, high=35, step=0.5, precision=1, measure="temperature", command=_COMMAND),
    ] = None
    humidity: Annotated[
        float | None,
        Numeric(unit="%", low=0, high=100, warn_low=20, warn_high=70, precision=0, measure="humidity"),
    ] = None
    heating: Annotated[bool | None, Switch(measure="heating", command=_COMMAND)] = None
