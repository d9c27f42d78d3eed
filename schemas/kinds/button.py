"""A push button."""

from typing import Annotated, Literal

from schemas.device import Device
from schemas.traits import Event


class Button(
    Device,
    topic="fleet/button/{device}/state",
    availability="fleet/button/{device}/availability",
    stale_after=None,
    icon="radio_button_checked",
):
    """A button that tells how it was pressed."""

    event: Annotated[Literal["single", "double", "long"], Event(measure="press")]
