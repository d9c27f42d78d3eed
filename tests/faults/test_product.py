"""The whole product is ended, in order or not, and started again; or there are two of it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.balance import balance, drain, kept, stored, tell
from tests.faults.plant import CLIENT, Product
from tests.faults.publisher import Publisher, held_for, meter
from tests.servers import LONG, Mosquitto, accepts, free_port, wait_until

MANY = 10_000
MORE = 60_000
DEVICE = "/api/v1/devices/energy_meter.m0"


@pytest.mark.slow
def test_terminated(broker: Mosquitto, new_product: Callable[..., Product]) -> None:
    """SIGTERM in mid-stream: it keeps and acknowledges what it has; the rest comes when it is back."""
    product = new_product(broker.url)
    product.start()
    publisher = Publisher(broker.port)
    publisher.begin(MORE)
    wait_until(lambda: kept(product.store) > MORE // 60, "messages to be kept", LONG)
    began = time.monotonic()
    assert 0 == product.stop()
    took = time.monotonic() - began
    before = kept(product.store)
    publisher.finish()
    product.start()
    found = drain(publisher, product.store)
    tell("SIGTERM in mid-stream", f"{found.figures}; kept before the end {before}, which took {took:.1f} s")
    assert (MORE + 1, 0, 0) == (found.published, found.lost, found.repeated)
    assert 0 == product.stop()
    assert [] == held_for(broker, CLIENT)


@pytest.mark.slow
def test_killed(broker: Mosquitto, new_product: Callable[..., Product]) -> None:
    """Killed with -9 it shows the last known state as restored when it is back, and has lost nothing."""
    product = new_product(broker.url)
    product.start()
    publisher = Publisher(broker.port)
    publisher.begin(MORE)
    wait_until(lambda: kept(product.store) > MORE // 60, "messages to be kept", LONG)
    product.kill()
    publisher.finish()
    # Without the broker nothing can come that would hide what the product itself remembers.
    newest = max(number for number in stored(product.store) if meter(number)[0] == meter(0)[0])
    broker.stop()
    product.start(wait=False)
    wait_until(product.health, "the product to answer", LONG)
    energy = product.ask(DEVICE)["metrics"]["energy"]
    assert (newest, "restored") == (energy["value"], energy["provenance"])
    broker.start()
    product.connected()
    found = drain(publisher, product.store)
    wait_until(
        lambda: product.ask(DEVICE)["metrics"]["energy"]["provenance"] == "live", "new values to be live"
    )
    tell("product killed with -9", f"{found.figures}; last known state shown as restored")
    assert (MORE + 1, 0, 0) == (found.published, found.lost, found.repeated)


@pytest.mark.slow
def test_killed_with_its_own_broker(new_product: Callable[..., Product]) -> None:
    """The embedded broker ends with a product that is killed: the next one gets its port."""
    port = free_port()
    product = new_product(f"embedded://127.0.0.1:{port}")
    product.start()
    # The embedded broker may forget what a client sent just before it left, so each is waited for.
    publisher = Publisher(port)
    for number in range(1, 11):
        publisher.publish(1)
        wait_until(lambda number=number: kept(product.store) >= number, "the message to be kept")
    product.kill()
    wait_until(lambda: not accepts(port), "the embedded broker to end")
    product.start()
    energy = product.ask(DEVICE)["metrics"]["energy"]
    assert (10, "restored") == (energy["value"], energy["provenance"])
    found = balance(publisher, product.store)
    tell("product with its own broker killed with -9", f"{found.figures}; its broker ended too")
    assert (10, 0, 0) == (found.published, found.lost, found.repeated)


@pytest.mark.slow
def test_two_of_one_name(broker: Mosquitto, new_product: Callable[..., Product], tmp_path: Path) -> None:
    """Two with one client id: one goes on, the other says why it stays away, nothing is lost."""
    both = [new_product(broker.url, data=tmp_path / name) for name in ("first", "second")]
    publisher = Publisher(broker.port)
    both[0].start()
    publisher.publish(1)
    both[1].start(wait=False)
    publisher.begin(MANY)

    def away() -> list[Product]:
        return [product for product in both if f"using the id '{CLIENT}'" in product.log]

    wait_until(away, "one of them to say why", LONG)
    publisher.finish()
    found = drain(publisher, *(product.store for product in both))
    tell("two products with one client id", f"{found.figures} (kept by both)")
    assert (MANY + 2, 0) == (found.published, found.lost)
    wait_until(lambda: any(product.health()["broker_connected"] for product in both), "one to go on")
    assert [0, 0] == [product.stop() for product in both]
