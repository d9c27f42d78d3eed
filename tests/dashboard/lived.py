"""Devices that have been heard for a while: what a store remembers of them."""

import time
from collections.abc import Mapping, Sequence

from bridge.ports import Batch, Heard, Reading, Record, Store
from schemas.message import Value

UNITS = {"temperature": "°C", "humidity": "%", "power": "W", "energy": "kWh"}


def remember(
    store: Store,
    device_id: str,
    metrics: Mapping[str, Sequence[tuple[float, Value]]],
    *,
    now: float | None = None,
) -> float:
    """Keep readings, each so many seconds before `now`, Unix time; the time that was taken as now."""
    now = time.time() if now is None else now
    kind = device_id.partition(".")[0]
    records = [
        Record(device_id, kind, now - ago, now - ago, (Reading(name, value, UNITS.get(name, "")),))
        for name, readings in metrics.items()
        for ago, value in sorted(readings, reverse=True)
    ]
    store.commit(Batch(records=records))
    return now


def came_and_went(store: Store, device_id: str, *changes: tuple[float, str, str], now: float) -> None:
    """Keep changes of availability: seconds before `now`, what it was, and why."""
    heard = [Heard(device_id, now - ago, word, why) for ago, word, why in changes]  # type: ignore[arg-type]
    store.commit(Batch(heard=heard))
