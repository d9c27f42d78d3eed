"""The bridge ends, in whatever way, and comes back."""

import pytest

from tests.faults.balance import drain, kept, tell
from tests.faults.plant import CLIENT, Bare
from tests.faults.publisher import Publisher, held_for
from tests.servers import LONG, Mosquitto, wait_until

MANY = 20_000


@pytest.mark.slow
def test_killed_four_times(broker: Mosquitto, bridge: Bare) -> None:
    """Killed with -9 four times in 20,000 messages: each is kept, and none twice."""
    bridge.start()
    publisher = Publisher(broker.port)
    publisher.begin(MANY)
    for part in range(1, 5):
        wait_until(lambda part=part: kept(bridge.store) > part * MANY // 6, "messages to be kept", LONG)
        bridge.kill()
        bridge.start()
    publisher.finish()
    found = drain(publisher, bridge.store)
    tell("bridge killed with -9 four times", found.figures)
    assert (MANY + 1, 0, 0) == (found.published, found.lost, found.repeated)


@pytest.mark.slow
def test_away(broker: Mosquitto, bridge: Bare) -> None:
    """20,000 messages come while the bridge is away: it keeps them all when it is back, each once."""
    bridge.start()
    bridge.stop()
    publisher = Publisher(broker.port)
    publisher.publish(MANY)
    bridge.start()
    found = drain(publisher, bridge.store)
    tell("bridge away for 20,000 messages", found.figures)
    assert (MANY + 1, 0, 0) == (found.published, found.lost, found.repeated)
    bridge.stop()
    assert [] == held_for(broker, CLIENT)
