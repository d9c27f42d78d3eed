"""The counters of the house in Prometheus' terms."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.status import BUCKETS, Histogram
from dashboard.house import House, in_use

log = logging.getLogger(__name__)

COUNTERS: Mapping[str, tuple[str, Callable[[House], float]]] = {
    "fleetglass_messages_received": ("Messages received from all transports.", lambda h: h.counts.received),
    "fleetglass_messages_accepted": ("Messages that a kind accepted.", lambda h: h.counts.accepted),
    "fleetglass_messages_unclaimed": ("Messages that no kind claims.", lambda h: h.counts.unclaimed),
    "fleetglass_messages_ignored": (
        "Commands, the broker's own topics, and empty messages, which clear retained ones.",
        lambda h: h.counts.ignored,
    ),
    "fleetglass_messages_repeated": (
        "Messages that the broker sent again and that were kept already.",
        lambda h: h.counts.repeated,
    ),
    "fleetglass_readings_stored": ("Readings that the store has taken.", lambda h: h.counts.stored),
    "fleetglass_frames_sent": ("Frames handed to the dashboards.", lambda h: h.counts.frames),
    "fleetglass_updates_merged": (
        "Values that a newer one replaced before they were shown.",
        lambda h: h.merged,
    ),
    "fleetglass_stream_updates_merged": (
        "Changes that a newer one replaced before a listener took them.",
        lambda h: h.broadcast.merged,
    ),
}
GAUGES: Mapping[str, tuple[str, Callable[[House], float]]] = {
    "fleetglass_sessions": ("Browsers that are connected.", lambda h: h.sessions),
    "fleetglass_stream_listeners": (
        "Who listens to changes: the dashboard itself, programs on the stream, code in the process.",
        lambda h: h.broadcast.listening,
    ),
    "fleetglass_devices": (
        "Devices known, unclaimed ones too, without retired ones.",
        lambda h: len(in_use(h)),
    ),
}
OF_THE_BRIDGE: Mapping[str, tuple[str, Callable[[House], float]]] = {
    "fleetglass_inbox_depth": ("Messages received that are not kept yet.", lambda h: h.status.waiting),
    "fleetglass_ingest_lag_seconds": (
        "How long the oldest message that is not kept yet has waited.",
        lambda h: h.status.lag,
    ),
    "fleetglass_broker_connected": ("1 while the broker is reached, else 0.", lambda h: h.status.broker_up),
}
"""Gauges that only the bridge knows: left out while it is elsewhere and not heard."""
BROKER_DROPPED = "fleetglass_broker_dropped"
STORE = "fleetglass_store_bytes"
QUARANTINED = "fleetglass_messages_quarantined"
STAGE = "fleetglass_stage_seconds"
FACTS_EVERY = 5.0
"""Seconds for which what the store said of itself is told again: it may have to look at many files."""


class HouseMetrics(Collector):
    """Reads the counters when Prometheus asks."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._size: float | None = None
        self._look_at = float("-inf")

    def describe(self) -> Iterator[Metric]:
        """Nothing: what it offers is asked for when it is there, and not when it is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All families."""
        house = self._house
        for name, (about, value_of) in COUNTERS.items():
            yield CounterMetricFamily(name, about, value=value_of(house))
        heard = house.bus is None or not house.bus.away
        for name, (about, value_of) in {**GAUGES, **(OF_THE_BRIDGE if heard else {})}.items():
            yield GaugeMetricFamily(name, about, value=value_of(house))
        yield from self._store()
        dropped = house.counts.broker_dropped
        if dropped is not None:
            yield CounterMetricFamily(
                BROKER_DROPPED, "Messages that the broker says it dropped.", value=dropped
            )
        refused = CounterMetricFamily(QUARANTINED, "Messages refused, by reason.", labels=["reason"])
        for reason, count in sorted(house.counts.quarantined.items()):
            refused.add_metric([reason], count)
        yield refused
        stages = HistogramMetricFamily(STAGE, "Time that messages spend in each stage.", labels=["stage"])
        for stage, histogram in {**house.counts.stages, **house.timing.stages}.items():
            stages.add_metric([stage], _cumulated(histogram), histogram.total)
        yield stages

    def _store(self) -> Iterator[Metric]:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + FACTS_EVERY
            try:
                self._size = self._house.facts().size
            except Exception as error:  # noqa: BLE001 - whatever a store may raise, the other numbers are told
                log.warning("the store does not tell its size: %s", error)
                self._size = None
        if self._size is not None:
            yield GaugeMetricFamily(STORE, "What the store takes on the disk, bytes.", value=self._size)


def _cumulated(histogram: Histogram) -> list[tuple[str, float]]:
    total = 0
    rows = []
    for bound, count in zip([*BUCKETS, float("inf")], histogram.counts, strict=True):
        total += count
        rows.append(("+Inf" if bound == float("inf") else f"{bound:g}", float(total)))
    return rows
