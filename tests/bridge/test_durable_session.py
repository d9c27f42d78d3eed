"""What the MQTT transport gets from a broker that keeps its session: Mosquitto, in both versions of MQTT."""

import logging
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from bridge.ports import RECEIPTS_KEPT, Connection, Deliver
from bridge.transports.mqtt import MqttTransport
from bridge.transports.session import MOST_OUTSTANDING
from schemas.message import RawMessage
from tests.servers import Mosquitto, into, send, wait_until

ROOMY = "listener PORT 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 60000\n"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that runs."""
    server = Mosquitto(tmp_path, ROOMY)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["3.1.1", "5"])
def client(request: pytest.FixtureRequest, broker: Mosquitto) -> Iterator["Client"]:
    """Transports of one durable client in either version."""
    made = Client(broker, request.param)
    yield made
    made.stop()


class Client:
    """One durable client that may come more than once, each time with a new transport."""

    def __init__(self, broker: Mosquitto, protocol: str) -> None:
        self.states: list[Connection] = []
        self.transport: MqttTransport | None = None
        self._broker = broker
        self._protocol = protocol

    def up(self, deliver: Deliver, **options: object) -> MqttTransport:
        """A new transport that is connected and subscribed."""
        settings: dict[str, object] = {"topics": ["fleet/#"], "durable": True, **options}
        self.transport = MqttTransport(
            self._broker.url,
            client_id="fleetglass",
            protocol=self._protocol,
            **settings,  # type: ignore[arg-type]
        )
        before = len(self.states)
        self.transport.start(deliver, self.states.append)
        wait_until(lambda: self.states[before:] and self.states[-1].up, "the connection")
        return self.transport

    def stop(self) -> None:
        if self.transport is not None:
            self.transport.stop()


def fleet(broker: Mosquitto, payloads: Sequence[bytes]) -> None:
    """Publish at QoS 1, and wait until the broker has all of it."""
    sender = mqtt.Client(CallbackAPIVersion.VERSION2)
    sender.max_inflight_messages_set(0)
    sender.connect("127.0.0.1", broker.port)
    sender.loop_start()
    for info in [sender.publish("fleet/x", payload, qos=1) for payload in payloads]:
        info.wait_for_publish(60)
    sender.disconnect()
    sender.loop_stop()


def numbers(count: int) -> list[bytes]:
    """Payloads that tell their place."""
    return [b"%d" % n for n in range(count)]


def payloads(messages: Sequence[RawMessage]) -> list[bytes]:
    """What they hold, in order."""
    return [message.payload for message in messages]


def test_what_was_not_acknowledged_comes_again(broker: Mosquitto, client: Client) -> None:
    """What was acknowledged before a stop does not come again; the rest does, marked so and in order."""
    got: list[RawMessage] = []
    first = client.up(into(got))
    fleet(broker, numbers(4))
    wait_until(lambda: len(got) >= 4, "the messages")
    first.acknowledge(got[0].connection, [message.packet_id for message in got[:2]])
    first.stop()
    fleet(broker, [b"meanwhile"])
    again: list[RawMessage] = []
    client.up(into(again))
    wait_until(lambda: len(again) >= 3, "the messages again")
    assert [(b"2", True), (b"3", True), (b"meanwhile", False)] == [(m.payload, m.dup) for m in again]
    assert [m.packet_id for m in got[2:]] == [m.packet_id for m in again[:2]]
    assert {(1, 1)} == {(m.qos, m.connection) for m in [*got, *again]}


def test_all_that_was_acknowledged_before_a_stop_is_sent(broker: Mosquitto, client: Client) -> None:
    """Thousands of acknowledgements given right before the stop reach the broker."""
    got: list[RawMessage] = []
    first = client.up(into(got))
    fleet(broker, numbers(5000))
    wait_until(lambda: len(got) >= 5000, "the messages")
    first.acknowledge(1, [message.packet_id for message in got])
    first.stop()
    broker.done_with("fleetglass")
    fleet(broker, [b"last"])
    again: list[RawMessage] = []
    client.up(into(again))
    wait_until(lambda: again, "what came meanwhile")
    assert [b"last"] == payloads(again)


def test_an_unknown_session_is_told_before_its_messages(broker: Mosquitto, client: Client) -> None:
    """The first connection is told to be fresh, before a message; one that goes on is not."""
    send(broker.port, "fleet/x", b"kept", retain=True)
    heard: list[tuple[bool, bool]] = []

    def deliver(messages: Sequence[RawMessage]) -> bool:
        heard.extend((state.up, state.fresh) for state in client.states[-1:] for _ in messages)
        return True

    client.up(deliver)
    wait_until(lambda: heard, "the retained message")
    client.stop()
    assert [(False, True), (True, False)] == [(state.up, state.fresh) for state in client.states]
    client.up(deliver)
    assert [(True, False)] == [(state.up, state.fresh) for state in client.states[2:]]


def test_acknowledgements_of_an_earlier_connection_are_passed_over(broker: Mosquitto, client: Client) -> None:
    """After the connection was lost, the old packet ids are not acknowledged: the messages come again."""
    got: list[RawMessage] = []
    transport = client.up(into(got))
    fleet(broker, numbers(2))
    wait_until(lambda: len(got) >= 2, "the messages")
    lose_connection(broker, client, lambda: len(got) >= 4)
    transport.acknowledge(1, [message.packet_id for message in got[:2]])
    transport.stop()
    again: list[RawMessage] = []
    client.up(into(again))
    wait_until(lambda: len(again) >= 2, "the messages once more")
    assert [(b"0", False, 1), (b"1", False, 1), (b"0", True, 2), (b"1", True, 2)] == [
        (m.payload, m.dup, m.connection) for m in got
    ]
    assert numbers(2) == payloads(again)


def lose_connection(broker: Mosquitto, client: Client, back: Callable[[], object]) -> None:
    """Throw the client out as a rival with its id does, and wait until it has come back."""
    with socket.create_connection(("127.0.0.1", broker.port)) as rival:
        # Not a clean session, so that it is only borrowed.
        rival.sendall(greeting(b"fleetglass"))
        assert rival.recv(4)[:1] == b"\x20"
        wait_until(lambda: not client.states[-1].up, "the loss")
    wait_until(lambda: client.states[-1].up and back(), "the connection again")


def greeting(client_id: bytes) -> bytes:
    """A CONNECT of MQTT 3.1.1 for a session that is kept."""
    body = b"\x00\x04MQTT\x04\x00\x00\x3c" + struct.pack("!H", len(client_id)) + client_id
    return bytes([0x10, len(body)]) + body


def test_a_lost_session_is_told(broker: Mosquitto, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that came back without its queue is fresh, and the log says that something may be lost."""
    client.up(into([]))
    broker.kill()
    wait_until(lambda: not client.states[-1].up, "the loss")
    broker.start()
    wait_until(lambda: client.states[-1].up, "the connection again")
    assert [(True, False), (False, True), (True, False)] == [
        (state.up, state.fresh) for state in client.states if state.up or state.fresh
    ][1:]
    assert "no longer knows the session" in caplog.text


def test_abandoned_filters_are_forgotten(broker: Mosquitto, client: Client) -> None:
    """A session that goes on gets no more of the filters of an earlier run that are not wanted."""
    got: list[RawMessage] = []
    client.up(into([]), topics=["fleet/#", "old/#"]).stop()
    client.up(into(got), topics=["fleet/#"], abandoned=["old/#", "fleet/#"])
    send(broker.port, "old/x", b"old")
    send(broker.port, "fleet/x", b"new")
    wait_until(lambda: b"new" in payloads(got), "the message")
    assert [b"new"] == payloads(got)


def test_no_more_is_handed_over_than_can_be_recognised(broker: Mosquitto, client: Client) -> None:
    """What is not acknowledged is bounded, also where the broker sets no bound; acknowledging moves it on."""
    got: list[RawMessage] = []
    transport = client.up(into([]))
    transport.stop()
    count = MOST_OUTSTANDING + 4000
    fleet(broker, numbers(count))
    transport = client.up(into(got))
    wait_until(lambda: len(got) >= MOST_OUTSTANDING, "as many as are allowed")
    fleet(broker, [b"more"])
    assert (MOST_OUTSTANDING, True) == (len(got), MOST_OUTSTANDING < RECEIPTS_KEPT)
    transport.acknowledge(1, [message.packet_id for message in got])
    wait_until(lambda: len(got) > count, "the rest")
    assert [*numbers(count), b"more"] == payloads(got)


def test_a_pause_longer_than_the_keep_alive_is_survived(broker: Mosquitto, client: Client) -> None:
    """Mosquitto throws out who is silent; a client that reads nothing for long is not silent."""
    got: list[RawMessage] = []
    paused: list[bool] = []

    def deliver(messages: Sequence[RawMessage]) -> bool:
        got.extend(messages)
        paused.append(len(got) == 1)
        return not paused[-1]

    transport = client.up(deliver, keepalive=2)
    send(broker.port, "fleet/x", b"0")
    wait_until(lambda: paused, "the pause")
    silent = socket.create_connection(("127.0.0.1", broker.port))
    with silent:
        # This one does not ping: when the broker has thrown it out, the time is over for the other one too.
        silent.sendall(greeting(b"silent").replace(b"\x00\x3c", b"\x00\x02"))
        send(broker.port, "fleet/x", b"1")
        silent.settimeout(20)
        while silent.recv(100):
            pass
    assert [b"0"] == payloads(got)
    transport.resume()
    wait_until(lambda: len(got) >= 2, "the message that waited")
    assert ([b"0", b"1"], {1}) == (payloads(got), {message.connection for message in got})


def test_a_pause_outlives_the_connection(broker: Mosquitto, client: Client) -> None:
    """The next connection is up and delivers nothing either, until resume; then all of it comes."""
    got: list[RawMessage] = []

    def deliver(messages: Sequence[RawMessage]) -> bool:
        got.extend(messages)
        return len(got) > 1

    transport = client.up(deliver, keepalive=1)
    fleet(broker, numbers(1))
    wait_until(lambda: got, "the pause")
    fleet(broker, [b"1", b"2"])
    with socket.create_connection(("127.0.0.1", broker.port)) as rival:
        rival.sendall(greeting(b"fleetglass"))
        wait_until(lambda: not client.states[-1].up, "the loss, which only a ping shows")
    wait_until(lambda: client.states[-1].up, "the connection again")
    assert [b"0"] == payloads(got)
    transport.resume()
    wait_until(lambda: len(got) >= 4, "what waited")
    assert [(b"0", 1), (b"0", 2), (b"1", 2), (b"2", 2)] == [(m.payload, m.connection) for m in got]


def test_a_frozen_broker_is_noticed_and_found_again(
    broker: Mosquitto, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """A broker that no longer answers the keep-alive is told as such; when it goes on, so do we."""
    caplog.set_level(logging.INFO)
    got: list[RawMessage] = []
    client.up(into(got), keepalive=1)
    broker.freeze()
    wait_until(lambda: not client.states[-1].up, "the silence to be noticed")
    assert f"{broker.url}: the connection was lost (no answer to the keep-alive)" == client.states[-1].detail
    broker.thaw()
    wait_until(lambda: client.states[-1].up, "the connection again")
    send(broker.port, "fleet/x", b"1")
    wait_until(lambda: got, "the message")
    assert [b"1"] == payloads(got)
