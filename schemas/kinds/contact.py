"""A contact on a door or a window."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Binary, Numeric


class Contact(
    Device,
    topic="fleet/contact/{device}/state",
    availability="fleet/contact/{device}/availability",
    stale_after=86_400,
    icon="sensor_door",
):
    """A door or window contact."""

    open: Annotated[bool, Binary(label="Contact", on="open", off="closed", measure="opening")]
    battery: Annotated[
        float | None, Numeric(unit="%", low=0, high=100, warn_low=20, precision=0, measure="battery")
    ] = None
