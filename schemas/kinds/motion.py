"""A motion detector."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Binary, Numeric


class Motion(
    Device,
    topic="fleet/motion/{device}/state",
    availability="fleet/motion/{device}/availability",
    stale_after=86_400,
    icon="sensors",
):
    """A motion detector that may also measure light."""

    motion: Annotated[bool, Binary(on="motion", off="clear", measure="motion")]
    illuminance: Annotated[
        float | None, Numeric(unit="lx", low=0, high=200_000, precision=0, measure="illuminance")
    ] = None
    battery: Annotated[
        float | None, Numeric(unit="%", low=0, high=100, warn_low=20, precision=0, measure="battery")
    ] = None
