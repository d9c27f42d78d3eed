"""A machine in a workshop."""

from typing import Annotated, Literal

from schemas.device import Device
from schemas.traits import Choice, Counter, Numeric


class Machine(
    Device,
    topic="fleet/machine/{device}/state",
    availability="fleet/machine/{device}/availability",
    stale_after=60,
    icon="precision_manufacturing",
):
    """A production machine."""

    state: Annotated[
        Literal["idle", "running", "fault", "maintenance"], Choice(alarming=("fault",), measure="state")
    ]
    speed: Annotated[
        float | None, Numeric(unit="rpm", low=0, high=1_000_000, precision=0, measure="rotation")
    ] = None
    vibration: Annotated[
        float | None,
        Numeric(unit="mm/s", low=0, high=1_000, warn_high=7.1, precision=2, measure="vibration"),
    ] = None
    parts: Annotated[int | None, Counter(measure="count")] = None
