"""The house's numbers as Prometheus reads them."""

from collections.abc import Mapping
from dataclasses import replace

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bridge.broadcast import ALL
from bridge.bus.follower import BusLink
from bridge.frames import Frame
from bridge.ports import StoreFacts
from bridge.state import Change, DeviceState
from bridge.status import BUCKETS
from dashboard.metrics import OF_THE_BRIDGE, STAGE, HouseMetrics
from tests.dashboard.fake import FakeHouse


class CountedHouse(FakeHouse):
    """Counts how often its store is asked for its facts."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def facts(self) -> StoreFacts:
        self.looks += 1
        return super().facts()


def registry_of(house: FakeHouse) -> CollectorRegistry:
    """As `/metrics` has it."""
    registry = CollectorRegistry()
    registry.register(HouseMetrics(house))
    return registry


def samples(registry: CollectorRegistry) -> Mapping[tuple[str, ...], float]:
    """All samples by name and labels."""
    text = generate_latest(registry).decode()
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_stages_are_cumulative_histograms() -> None:
    """Each bucket holds all spans up to its bound, the last one all, whoever measured the stage."""
    house = FakeHouse()
    for number, bound in enumerate(BUCKETS, 1):
        house.counts.stages["receive"].observe(bound, number)
    house.timing.stages["send"].observe(1_000, 7)
    found = samples(registry_of(house))
    held = [found[f"{STAGE}_bucket", f"le={bound:g}", "stage=receive"] for bound in BUCKETS]
    assert [float(sum(range(n + 1))) for n in range(1, len(BUCKETS) + 1)] == held
    ends = [
        found[f"{STAGE}_bucket", "le=+Inf", "stage=receive"],
        found[f"{STAGE}_count", "stage=receive"],
        round(found[f"{STAGE}_sum", "stage=receive"], 6),
    ]
    assert [held[-1], held[-1], round(sum(n * bound for n, bound in enumerate(BUCKETS, 1)), 6)] == ends
    assert (0.0, 7.0, 7_000.0) == (
        found[f"{STAGE}_bucket", f"le={BUCKETS[-1]:g}", "stage=send"],
        found[f"{STAGE}_count", "stage=send"],
        found[f"{STAGE}_sum", "stage=send"],
    )


def test_listeners_and_what_was_merged_for_them_are_told() -> None:
    """Two who listen, of whom neither took the first change before the second came."""
    house = FakeHouse()
    with house.broadcast.subscribe(wants=ALL) as one, house.broadcast.subscribe() as two:
        for sequence in (1, 2):
            change = Change(DeviceState("lamp.a", "lamp"), ("on",))
            house.broadcast.publish(Frame(sequence, 1.0, (change,)))
        assert one.take() is not None
        assert two.take() is not None
        found = samples(registry_of(house))
    names = ("fleetglass_stream_listeners", "fleetglass_stream_updates_merged_total")
    assert [2.0, 2.0] == [found[name,] for name in names]


def test_what_only_a_bridge_knows_is_left_out_while_it_is_not_heard() -> None:
    """Not that its broker is away, and that nothing waits: nobody knows. What is ours is told."""
    house = FakeHouse()
    before = samples(registry_of(house))
    house.bus = BusLink(up=True, detail="the bridge is silent", bridge_up=False)  # type: ignore[assignment]
    house.status = replace(house.status, broker_up=False)
    left = {name for (name, *_) in before.keys() - samples(registry_of(house)).keys()}
    assert set(OF_THE_BRIDGE) == left
    assert 1.0 == before["fleetglass_broker_connected",]
    house.bus = replace(house.bus, detail="", bridge_up=True)  # type: ignore[assignment, type-var]
    assert 0.0 == samples(registry_of(house))["fleetglass_broker_connected",]


def test_the_store_is_not_asked_at_every_look() -> None:
    """Looks that follow each other closely ask it once, and nothing is asked before somebody looks."""
    house = CountedHouse()
    registry = registry_of(house)
    before = house.looks
    sizes = {samples(registry)["fleetglass_store_bytes",] for _ in range(5)}
    assert (0, 1, 1) == (before, house.looks, len(sizes))
