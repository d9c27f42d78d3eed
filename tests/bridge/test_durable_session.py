"""A session that the broker keeps: what is acknowledged is gone, and all else comes again."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from paho.mqtt.client import Client

from bridge.ports import Connection
from bridge.transports.mqtt import MqttTransport
from bridge.transports.tap import TappedClient
from schemas.message import RawMessage
from tests.servers import Mosquitto, send, wait_until


class Bridge:
    """A durable transport with what it heard; `go_on` is what it answers to a delivery."""

    def __init__(self, broker: Mosquitto, protocol: str, **options: object) -> None:
        self.got: list[RawMessage] = []
        self.states: list[Connection] = []
        self.go_on = True
        self.transport = MqttTransport(
            broker.url, client_id="fleetglass", topics=["fleet/#"], durable=True, protocol=protocol,
            **options,  # type: ignore[arg-type]
        )  # fmt: skip
        self.transport.start(self._take, self.states.append)
        wait_until(lambda: self.up, "the connection")

    def _take(self, messages: Sequence[RawMessage]) -> bool:
        self.got.extend(messages)
        return self.go_on

    @property
    def up(self) -> bool:
        """Whether it is connected now."""
        return bool(self.states) and self.states[-1].up

    def wait_for(self, *payloads: bytes) -> None:
        """Return when these are what came."""
        wait_until(lambda: [m.payload for m in self.got] == list(payloads), f"{payloads}")

    def acknowledge(self, *messages: RawMessage) -> None:
        """Say that these are kept."""
        self.transport.acknowledge(messages[0].connection, [m.packet_id for m in messages])


Join = Callable[..., Bridge]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto that keeps sessions over its own restart."""
    config = "listener PORT 127.0.0.1\nallow_anonymous true\npersistence true\nmax_queued_messages 0\n"
    server = Mosquitto(tmp_path, config)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["3.1.1", "5"])
def join(request: pytest.FixtureRequest, broker: Mosquitto) -> Iterator[Join]:
    """Makes bridges of one client id, in both versions of MQTT."""
    made: list[Bridge] = []

    def make(**options: object) -> Bridge:
        made.append(Bridge(broker, request.param, **options))
        return made[-1]

    yield make
    for bridge in made:
        bridge.transport.stop()


def test_what_was_not_acknowledged_comes_again(broker: Mosquitto, join: Join) -> None:
    """After a new connection the acknowledged message is gone, and the other one comes again, marked so."""
    first = join()
    send(broker.port, "fleet/a", b"1")
    send(broker.port, "fleet/a", b"2")
    first.wait_for(b"1", b"2")
    first.acknowledge(first.got[0])
    first.transport.stop()
    second = join()
    send(broker.port, "fleet/a", b"3")
    second.wait_for(b"2", b"3")
    again = second.got[0]
    assert (True, first.got[1].packet_id) == (again.dup, again.packet_id)
    assert [False, False, False] == [m.dup for m in (*first.got, second.got[1])]


def test_what_comes_while_away_waits(broker: Mosquitto, join: Join) -> None:
    """The broker keeps what is sent while nobody is there; it tells whether it knew us."""
    first = join()
    first.transport.stop()
    for n in range(50):
        send(broker.port, "fleet/a", b"%d" % n)
    second = join()
    wait_until(lambda: len(second.got) >= 20, "what waited")
    # 20 at once are what Mosquitto lets be unacknowledged by default.
    taken = 0
    while taken < 50:
        new = second.got[taken:]
        if new:
            second.acknowledge(*new)
            taken += len(new)
        wait_until(lambda taken=taken: taken >= 50 or len(second.got) > taken, "the next ones")
    assert [b"%d" % n for n in range(50)] == [m.payload for m in second.got]
    assert ([True], []) == (
        [s.fresh for s in first.states if s.fresh],
        [s.fresh for s in second.states if s.fresh],
    )


def test_an_old_connection_is_not_acknowledged(broker: Mosquitto, join: Join) -> None:
    """Packet ids of a connection that has ended are passed over: the message comes again."""
    bridge = join()
    send(broker.port, "fleet/a", b"1")
    bridge.wait_for(b"1")
    old = bridge.got[0]
    broker.stop()
    wait_until(lambda: not bridge.up, "the loss")
    broker.start()
    wait_until(lambda: bridge.up, "the connection again")
    bridge.acknowledge(old)
    bridge.wait_for(b"1", b"1")
    assert old.connection < bridge.got[1].connection


def test_a_pause_outlasts_the_keep_alive(broker: Mosquitto, join: Join) -> None:
    """A bridge that does not read is not dropped by the broker, and gets all of it afterwards."""
    bridge = join(keepalive=1)
    bridge.go_on = False
    send(broker.port, "fleet/a", b"1")
    bridge.wait_for(b"1")
    told = len(bridge.states)
    for n in range(2, 6):
        send(broker.port, "fleet/a", b"%d" % n)
    # A client that is silent for one and a half of its keep-alive is dropped; the broker's log would tell.
    told_until = [0]

    def long_enough() -> bool:
        told_until[0] += 1
        return told_until[0] > 350

    wait_until(long_enough, "three seconds and a half to pass")
    assert [b"1"] == [m.payload for m in bridge.got]
    bridge.go_on = True
    bridge.transport.resume()
    bridge.wait_for(b"1", b"2", b"3", b"4", b"5")
    assert told == len(bridge.states)
    assert "timeout" not in broker.log


def test_abandoned_topics_are_not_sent_any_more(broker: Mosquitto, join: Join) -> None:
    """What an earlier run subscribed to and this one does not want ends with this one's connection."""
    join().transport.stop()
    other = MqttTransport(
        broker.url, client_id="fleetglass", topics=["other/#"], abandoned=["fleet/#"], durable=True
    )
    got: list[RawMessage] = []
    states: list[Connection] = []
    other.start(lambda messages: got.extend(messages) or True, states.append)
    try:
        wait_until(lambda: states and states[-1].up, "the connection")
        send(broker.port, "fleet/a", b"unwanted")
        send(broker.port, "other/a", b"wanted")
        wait_until(lambda: got, "the message")
    finally:
        other.stop()
    assert [b"wanted"] == [m.payload for m in got]


def test_paho_makes_its_socket_where_we_expect_it() -> None:
    """The one protected name of paho that the tap relies on is there, and our client replaces it."""
    assert callable(Client.__dict__["_create_socket"])
    assert TappedClient.__dict__["_create_socket"] is not Client.__dict__["_create_socket"]
