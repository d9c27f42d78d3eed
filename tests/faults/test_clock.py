"""The computer's clock jumps."""

from tests.faults.balance import drain, kept, rows, tell
from tests.faults.plant import Bare
from tests.faults.publisher import DEVICES, Publisher
from tests.servers import Mosquitto, wait_until

HOURS = 7_200
PART = 500
IN_ORDER = """
SELECT device, value FROM reading JOIN series ON series.id = series WHERE metric = 'energy' ORDER BY time
"""


def test_clock_jumps(broker: Mosquitto, bridge: Bare) -> None:
    """Set forward and back by 2 hours: the history keeps the order of receipt, no device comes or goes."""
    bridge.start()
    publisher = Publisher(broker.port)
    for part, ahead in enumerate((0, HOURS, -HOURS, 0), 1):
        bridge.status(f"clock {ahead}")
        publisher.publish(PART)
        wait_until(lambda part=part: kept(bridge.store) == part * PART, "the messages to be kept")
        # The status is made anew once a second, when all devices are judged too.
        wait_until(lambda part=part: bridge.status()["received"] == part * PART, "the status to tell of them")
        assert {"online": DEVICES} == bridge.status()["presences"]
    found = drain(publisher, bridge.store)
    ordered: list[list[int]] = [[] for _ in range(DEVICES)]
    for device, value in rows(bridge.store, IN_ORDER):
        ordered[int(str(device).removeprefix("energy_meter.m"))].append(int(float(str(value))))
    heard = rows(bridge.store, "SELECT DISTINCT availability FROM heard")
    tell("clock set by 2 hours, forward and back", f"{found.figures}; all in the order of receipt")
    assert (4 * PART + 1, 0, 0) == (found.published, found.lost, found.repeated)
    assert [sorted(numbers) for numbers in ordered] == ordered
    assert [("online",)] == heard
