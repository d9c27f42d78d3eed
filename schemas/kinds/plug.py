"""A plug between the wall and something that needs power."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Counter, Numeric, Switch


class Plug(
    Device,
    topic="fleet/plug/{device}/state",
    availability="fleet/plug/{device}/availability",
    stale_after=300,
    icon="power",
):
    """A switched plug that measures what it delivers."""

    on: Annotated[bool, Switch(label="Power switch", measure="switch", command="fleet/plug/{device}/set")]
    power: Annotated[
        float | None,
        Numeric(unit="W", low=-20_000, high=20_000, warn_high=3_500, precision=1, measure="power"),
    ] = None
    energy: Annotated[float | None, Counter(unit="kWh", precision=2, measure="energy")] = None
