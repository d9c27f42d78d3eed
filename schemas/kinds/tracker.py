"""A tracker on something that moves."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Location, Numeric


class Tracker(
    Device,
    topic="fleet/tracker/{device}/state",
    availability="fleet/tracker/{device}/availability",
    stale_after=600,
    icon="location_on",
):
    """A position tracker."""

    latitude: Annotated[float, Location(axis="latitude", measure="latitude")]
    longitude: Annotated[float, Location(axis="longitude", measure="longitude")]
    speed: Annotated[
        float | None, Numeric(unit="km/h", low=0, high=100_000, precision=0, measure="speed")
    ] = None
    battery: Annotated[
        float | None, Numeric(unit="%", low=0, high=100, warn_low=20, precision=0, measure="battery")
    ] = None
