"""An air quality sensor."""

from typing import Annotated

from schemas.device import Device
from schemas.traits import Numeric


class AirQuality(
    Device,
    topic="fleet/air_quality/{device}/state",
    availability="fleet/air_quality/{device}/availability",
    stale_after=600,
    icon="air",
):
    """An indoor air quality sensor."""

    co2: Annotated[
        float,
        Numeric(label="CO2", unit="ppm", low=0, high=50_000, warn_high=1_000, precision=0, measure="co2"),
    ]
    pm25: Annotated[
        float | None,
        Numeric(label="PM2.5", unit="µg/m³", low=0, high=10_000, warn_high=25, precision=1, measure="pm25"),
    ] = None
    voc: Annotated[
        float | None,
        Numeric(label="VOC index", low=0, high=100_000, warn_high=250, precision=0, measure="voc"),
    ] = None
    temperature: Annotated[
        float | None, Numeric(unit="°C", low=-50, high=100, precision=1, measure="temperature")
    ] = None
    humidity: Annotated[
        float | None,
        Numeric(unit="%", low=0, high=100, warn_low=20, warn_high=70, precision=0, measure="humidity"),
    ] = None
