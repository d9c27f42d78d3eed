"""The broker is away, ends, freezes or dies, and comes back."""

from collections.abc import Callable

import pytest

from tests.faults.balance import drain, kept, tell
from tests.faults.plant import CLIENT, Bare, Product
from tests.faults.publisher import Publisher, Shape, held_for, meter, timed_meter
from tests.servers import LONG, Mosquitto, wait_until

SOME = 6_000


def test_down_at_the_start(broker: Mosquitto, new_product: Callable[..., Product]) -> None:
    """The product starts without its broker, says so, and connects once the broker is there."""
    broker.stop()
    product = new_product(broker.url)
    product.start(wait=False)
    why = f"{broker.url}: nothing listens there"
    wait_until(lambda: product.health().get("broker") == why, "the product to say so", LONG)
    assert ("degraded", False) == (product.health()["status"], product.health()["broker_connected"])
    told = [line.partition(": not connected: ")[2] for line in product.log.splitlines() if why in line]
    assert [why] == told
    broker.start()
    product.connected()
    publisher = Publisher(broker.port)
    publisher.publish(100)
    found = drain(publisher, product.store)
    tell("broker down at the start", found.figures)
    assert "ok" == product.health()["status"]
    assert (101, 0, 0) == (found.published, found.lost, found.repeated)


def test_restarted(broker: Mosquitto, bridge: Bare) -> None:
    """The broker is stopped and started in mid-stream: nothing is lost, nothing comes twice."""
    bridge.start()
    publisher = Publisher(broker.port)
    publisher.begin(SOME)
    for part in (1, 2):
        so_far = part * SOME // 3
        wait_until(lambda so_far=so_far: len(publisher.acknowledged) > so_far, "messages to flow", LONG)
        broker.stop()
        wait_until(lambda: not bridge.status()["broker_up"], "the bridge to notice")
        broker.start()
        bridge.connected()
    publisher.finish()
    found = drain(publisher, bridge.store)
    tell("broker stopped and started twice", found.figures)
    assert (0, 0) == (found.lost, found.repeated)
    bridge.stop()
    assert [] == held_for(broker, CLIENT)


@pytest.mark.slow
def test_frozen(broker: Mosquitto, bridge: Bare) -> None:
    """A broker that answers no more while its connections stay open is noticed, and found again later."""
    bridge.start()
    publisher = Publisher(broker.port)
    publisher.begin(SOME)
    wait_until(lambda: kept(bridge.store) > SOME // 4, "messages to be kept", LONG)
    broker.freeze()
    wait_until(
        lambda: "no answer to the keep-alive" in bridge.status()["broker_detail"], "the bridge to notice"
    )
    broker.thaw()
    bridge.connected()
    publisher.finish()
    found = drain(publisher, bridge.store)
    tell("broker frozen", found.figures)
    assert (0, 0) == (found.lost, found.repeated)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [meter, timed_meter])
def test_killed(broker: Mosquitto, bridge: Bare, shape: Shape) -> None:
    """The broker is killed with -9 twice: all that it still delivers is kept, or recognised as a repetition.

    What it forgets of what it had acknowledged is its own, and so is what it sends again as if it were new;
    of that a message with the device's own time is kept once all the same. The figures say how much it was.
    """
    bridge.start()
    # A session that it has just made is not saved yet, and so the first thing to be forgotten.
    broker.stop()
    broker.start()
    bridge.connected()
    publisher = Publisher(broker.port, shape)
    publisher.begin(SOME)
    for part in (1, 2):
        so_far = part * SOME // 3
        wait_until(lambda so_far=so_far: len(publisher.acknowledged) > so_far, "messages to flow", LONG)
        broker.kill()
        wait_until(lambda: not bridge.status()["broker_up"], "the bridge to notice")
        broker.start()
        bridge.connected()
    publisher.finish()
    found = drain(publisher, bridge.store)

    def unaccounted() -> int:
        status = bridge.status()
        return int(status["received"] - status["repeated"] - found.stored - found.repeated)

    timed = shape is timed_meter
    # Of those with a time the store itself has left out what it had.
    wait_until(
        lambda: unaccounted() >= 0 if timed else not unaccounted(), "every delivery to be accounted for"
    )
    again = bridge.status()["repeated"] + unaccounted()
    name = "with a device time" if timed else "without one"
    tell(
        f"broker killed with -9 twice, messages {name}", f"{found.figures}, sent again and recognised {again}"
    )
    if timed:
        assert 0 == found.repeated
