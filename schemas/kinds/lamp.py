"""A lamp."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Color, Numeric, Switch

_COMMAND = "fleet/lamp/{device}/set"


class Lamp(
    Device,
    topic="fleet/lamp/{device}/state",
    availability="fleet/lamp/{device}/availability",
    stale_after=3_600,
    icon="lightbulb",
):
    """A lamp that can be dimmed and coloured."""

    on: Annotated[bool, Switch(label="Light", measure="light", command=_COMMAND)]
    brightness: Annotated[
        float | None,
        Numeric(unit="%", low=0, high=100, step=1, precision=0, measure="brightness", command=_COMMAND),
    ] = None
    color: Annotated[str | None, Color(measure="color", command=_COMMAND)] = None
