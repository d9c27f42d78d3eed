"""Far more messages at once than can be taken."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.balance import drain, kept, tell
from tests.faults.plant import Product
from tests.faults.publisher import Publisher
from tests.servers import LONG, Mosquitto, wait_until

STORM = {0: 300_000, 1: 100_000}
GROWTH = 300
"""MiB by which the process may grow. Its inbox holds 64 MiB of payload at the most."""


@dataclass(slots=True)
class Watch:
    """Looks at a product again and again: it must answer, and stay small."""

    product: Product
    highest: int = 0
    looks: int = 0
    deepest: int = 0
    paused: int = 0

    def look(self) -> None:
        """Ask once. Raises what asking raises."""
        health = self.product.ask("/healthz")
        self.looks += 1
        self.deepest = max(self.deepest, health["inbox_depth"])
        self.paused += health["paused"]
        self.highest = max(self.highest, self.product.memory)


@pytest.mark.slow
@pytest.mark.parametrize("qos", [0, 1])
def test_storm(broker: Mosquitto, new_product: Callable[..., Product], qos: int) -> None:
    """In a storm the product answers, stays small and goes on; of QoS 1 nothing is lost."""
    product = new_product(broker.url)
    product.start()
    before = product.memory
    watch = Watch(product)
    storm = Publisher(broker.port, qos=qos, window=20_000)
    storm.begin(STORM[qos])

    def over() -> bool:
        watch.look()
        health = product.health()
        return storm.over and health["inbox_depth"] == 0 and not health["paused"]

    wait_until(over, "the storm to be over", 2 * LONG)
    storm.finish()
    after = Publisher(broker.port, first=STORM[0] + 1)
    found = drain(after if qos == 0 else storm, product.store)
    wait_until(lambda: product.health()["status"] == "ok", "the product to be well")
    figures = found.figures if qos else f"kept {kept(product.store) - 1}"
    tell(
        f"storm at QoS {qos}",
        f"sent {STORM[qos]}, {figures}; /healthz answered {watch.looks} times, at most {watch.deepest} "
        f"waited, reading paused in {watch.paused} looks, memory {before} MiB, at most {watch.highest} MiB",
    )
    assert watch.highest - before < GROWTH
    assert (0, 0) == (found.lost, found.repeated)
    if qos:
        assert STORM[qos] + 1 == found.published
