"""Messages that do harm by what they are, or by how many of them there are at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.frames import Frame
from bridge.ports import Connection
from bridge.retention import StoreOptions
from bridge.service import Bridge, Plan
from bridge.stores import store_for
from bridge.transports.mqtt import MqttTransport
from schemas.catalog import shipped_kinds
from tests.faults.balance import drain, quarantined, rows, stored, tell
from tests.faults.plant import CLIENT, STORE, Bare
from tests.faults.publisher import Publisher, held_for, meter, retain_all
from tests.servers import LONG, Mosquitto, wait_until

MANY = 5_000
RETAINED = 10_000
POISON = (
    b'{"power": 1, "energy": %d',
    b'{"power": NaN, "energy": %d}',
    b'{"power": "\xff\xfe", "energy": %d}',
    b'{"power": "1", "energy": %d}',
    b'{"energy": %d}',
    b"[" * 50_000 + b'{"energy": %d}',
)


def poisoned(number: int) -> tuple[str, bytes]:
    """Every 50th message is not what it should be, each in another way."""
    topic, payload = meter(number)
    return (topic, payload) if number % 50 else (topic, POISON[number // 50 % len(POISON)] % number)


def test_poison(broker: Mosquitto, bridge: Bare) -> None:
    """Bad messages among good ones go to the quarantine and are acknowledged; they never come again."""
    bridge.start()
    publisher = Publisher(broker.port, poisoned)
    publisher.publish(MANY)
    found = drain(publisher, bridge.store)
    tell("poison in mid-stream", found.figures)
    assert (MANY + 1, 0, 0) == (found.published, found.lost, found.repeated)
    assert set(range(50, MANY + 1, 50)) == set(quarantined(bridge.store))
    assert 0 == bridge.stop()
    assert [] == held_for(broker, CLIENT)
    bridge.start()
    assert found.published + 1 == drain(publisher, bridge.store).published
    wait_until(lambda: bridge.status()["received"], "the status to tell of the last message")
    assert (1, 0) == (bridge.status()["received"], bridge.status()["quarantined"])


@pytest.fixture
def here(tmp_path: Path, broker: Mosquitto) -> Iterator[tuple[Bridge, MqttTransport]]:
    """A bridge in this process, on the broker. Not started."""
    store = store_for(f"sqlite:///{STORE}", StoreOptions(tmp_path))
    store.open()
    transport = MqttTransport(broker.url, client_id=CLIENT, durable=True)
    bridge = Bridge(Plan(shipped_kinds(), [transport], store))
    yield bridge, transport
    bridge.stop()
    store.close()


def test_raising_handlers(
    broker: Mosquitto, here: tuple[Bridge, MqttTransport], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Listeners that always raise stop neither the network thread nor anything else."""
    bridge, _transport = here

    def fail(frame: Frame) -> None:
        raise RuntimeError(f"frame {frame.sequence}")

    bridge.listen(fail)
    bridge.start()
    wait_until(lambda: bridge.status.broker_up, "a connection")
    publisher = Publisher(broker.port)
    publisher.publish(MANY)
    found = drain(publisher, tmp_path / STORE)
    tell("raising handler", found.figures)
    assert (MANY + 1, 0, 0) == (found.published, found.lost, found.repeated)
    assert any("a listener failed" in record.message for record in caplog.records)


def test_raising_delivery(broker: Mosquitto) -> None:
    """A taker of messages that raises does not end the network thread: what comes later is delivered."""
    transport = MqttTransport(broker.url, client_id=CLIENT, durable=True)
    topics: list[str] = []
    states: list[Connection] = []

    def fail(messages: object) -> bool:
        topics.extend(message.topic for message in messages)  # type: ignore[attr-defined]
        raise RuntimeError("no")

    def fail_too(connection: Connection) -> None:
        states.append(connection)
        raise RuntimeError("no")

    transport.start(fail, fail_too)
    try:
        wait_until(lambda: any(state.up for state in states), "a connection")
        for number in range(1, 4):
            Publisher(broker.port).publish(1)
            wait_until(lambda number=number: len(topics) == number, "the message to be delivered")
    finally:
        transport.stop()
    assert 3 == len(topics)


@pytest.mark.slow
def test_many_retained(broker: Mosquitto, bridge: Bare) -> None:
    """10,000 retained messages on subscribing: all in the state, none in the history, all acknowledged."""

    def thermostat(number: int) -> tuple[str, bytes]:
        return f"fleet/thermostat/t{number}/state", b'{"temperature": 20, "target": 21}'

    retain_all(broker.port, thermostat, RETAINED)
    bridge.start()
    wait_until(lambda: bridge.status()["devices"] == RETAINED, "all devices to be known", LONG)
    publisher = Publisher(broker.port)
    found = drain(publisher, bridge.store)
    history = rows(bridge.store, "SELECT count(*) FROM reading JOIN series ON series.id = series "
                   "WHERE kind = 'thermostat'")  # fmt: skip
    assert 0 == bridge.stop()
    held = held_for(broker, CLIENT)
    states = rows(bridge.store, "SELECT count(*) FROM latest WHERE device LIKE 'thermostat.%'")
    tell(
        "10,000 retained on subscribing",
        f"published {RETAINED}, lost {RETAINED - int(str(states[0][0]))}, repeated {history[0][0]}; "
        f"still held by the broker {len(held)}",
    )
    assert ([(RETAINED,)], [(0,)], []) == (states, history, held)
    assert (1, 0, 0) == (found.published, found.lost, found.repeated)


def test_flapping(broker: Mosquitto, bridge: Bare) -> None:
    """A device that comes and goes all the time is told of each time, and holds up nobody else."""
    bridge.start()
    flips = 400

    def flap(number: int) -> tuple[str, bytes]:
        if number > flips:
            return meter(number)
        return "fleet/energy_meter/m0/availability", b"online" if number % 2 else b"offline"

    flapper, others = Publisher(broker.port, flap), Publisher(broker.port)
    others.begin(MANY)
    flapper.publish(flips)
    others.finish()
    found = drain(others, bridge.store)
    said = [str(row[0]) for row in rows(
        bridge.store, "SELECT availability FROM heard WHERE device = 'energy_meter.m0' ORDER BY id"
    )]  # fmt: skip
    changes = said.count("offline")
    tell("device flapping", f"{found.figures}; of {flips} flips {changes} times offline")
    assert (MANY + 1, 0, 0) == (found.published, found.lost, found.repeated)
    assert flips // 2 == changes
    assert dict.fromkeys(range(1, MANY + 2), 1) == dict(stored(bridge.store))
