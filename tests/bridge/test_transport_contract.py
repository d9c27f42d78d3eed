"""What every transport must do, over each of them and each broker."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from bridge.errors import NotConnected
from bridge.ports import Connection, Deliver, Transport
from bridge.transports import transport_for
from bridge.transports.thread import ThreadTransport
from schemas.message import RawMessage
from tests.servers import Broker, Embedded, Mosquitto, send, wait_until


class Harness(Protocol):
    """A transport, the device's end of it, and what each of them heard."""

    commands: list[tuple[str, bytes]]

    @property
    def transport(self) -> Transport: ...

    def before(self, topic: str, payload: bytes) -> None:
        """Leave a retained message that is there before the transport starts."""

    def submit(self, topic: str, payload: bytes) -> bool:
        """Send as a device, once the transport is up; False if it was not taken."""

    def started(self) -> None:
        """Called after the transport came up."""


class ThreadHarness:
    def __init__(self) -> None:
        self.transport = ThreadTransport()
        self.commands: list[tuple[str, bytes]] = []
        self.transport.on_command(lambda topic, payload: self.commands.append((topic, payload)))
        self._retained: list[tuple[str, bytes]] = []

    def before(self, topic: str, payload: bytes) -> None:
        self._retained.append((topic, payload))

    def submit(self, topic: str, payload: bytes) -> bool:
        return self.transport.submit(topic, payload)

    def started(self) -> None:
        for topic, payload in self._retained:
            self.transport.submit(topic, payload, retained=True)


class MqttHarness:
    def __init__(self, broker: Broker) -> None:
        self.transport = transport_for(broker.url, client_id="fleetglass", topics=["fleet/#"])
        self.commands: list[tuple[str, bytes]] = []
        self._port = broker.port
        self._device = listener(broker, "command/#", self.commands)

    def before(self, topic: str, payload: bytes) -> None:
        send(self._port, topic, payload, retain=True)

    def submit(self, topic: str, payload: bytes) -> bool:
        send(self._port, topic, payload)
        return True

    def started(self) -> None:
        pass

    def close(self) -> None:
        self._device.disconnect()
        self._device.loop_stop()


def listener(broker: Broker, topic: str, heard: list[tuple[str, bytes]]) -> mqtt.Client:
    """A device that collects what is published on the topic; returns once it is subscribed."""
    subscribed = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "device")
    client.on_message = lambda _client, _data, message: heard.append((message.topic, bytes(message.payload)))
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert subscribed.wait(20)
    return client


@pytest.fixture(params=["thread", "embedded", "mosquitto"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Each transport, not started yet, with a device at its other end."""
    if request.param == "thread":
        inside = ThreadHarness()
        yield inside
        inside.transport.stop()
        return
    broker = Embedded() if request.param == "embedded" else Mosquitto(tmp_path)
    broker.start()
    try:
        over_mqtt = MqttHarness(broker)
        yield over_mqtt
        over_mqtt.transport.stop()
        over_mqtt.close()
    finally:
        broker.stop()


def each(take: Callable[[RawMessage], object]) -> Deliver:
    """A delivery that takes message by message and never asks to stop."""

    def deliver(messages: Sequence[RawMessage]) -> bool:
        for message in messages:
            take(message)
        return True

    return deliver


def up(harness: Harness, take: Callable[[RawMessage], object]) -> None:
    """Start the transport and return when it is up."""
    states: list[Connection] = []
    harness.transport.start(each(take), states.append)
    wait_until(lambda: states and states[-1].up, "the transport to come up")
    harness.started()


def test_delivers_what_was_sent(harness: Harness) -> None:
    """Topic and payload arrive as they were sent, empty and binary payloads and any script included."""
    sent = [("fleet/a/b/state", b'{"x": 1}'), ("fleet/empty", b""), ("fleet/küche/温度", b"\x00\xff\xfe")]
    got: list[RawMessage] = []
    up(harness, got.append)
    for topic, payload in sent:
        harness.submit(topic, payload)
    wait_until(lambda: len(got) >= len(sent), "the messages")
    assert [(topic, payload, False) for topic, payload in sent] == [
        (m.topic, m.payload, m.retained) for m in got
    ]


def test_tells_a_retained_message(harness: Harness) -> None:
    """A message that was retained before the start is marked so."""
    got: list[RawMessage] = []
    harness.before("fleet/kept", b"old")
    up(harness, got.append)
    wait_until(lambda: got, "the retained message")
    assert [(m.topic, m.payload, m.retained) for m in got] == [("fleet/kept", b"old", True)]


def test_published_commands_arrive(harness: Harness) -> None:
    """What is published reaches the device's end."""
    up(harness, lambda _: None)
    harness.transport.publish("command/lamp", b'{"on": true}')
    harness.transport.publish("command/lamp", b"", qos=0)
    wait_until(lambda: len(harness.commands) >= 2, "the commands")
    assert harness.commands == [("command/lamp", b'{"on": true}'), ("command/lamp", b"")]


def test_it_is_told_that_a_command_was_taken(harness: Harness) -> None:
    """Once for each, whether it is published at QoS 0 or 1."""
    up(harness, lambda _: None)
    told: list[str] = []
    for qos in (0, 1):
        harness.transport.publish("command/lamp", b"", qos=qos, taken=told.append)
    wait_until(lambda: len(told) >= 2, "the acknowledgements")
    harness.transport.stop()
    assert ["", ""] == told


def test_commands_from_many_threads_arrive(harness: Harness) -> None:
    """Commands published by several threads at once all arrive, each once."""
    up(harness, lambda _: None)

    def publish(thread: int) -> None:
        for n in range(50):
            harness.transport.publish("command/x", f"{thread} {n}".encode())

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: len(harness.commands) >= 200, "all commands")
    expected = sorted(f"{thread} {n}".encode() for thread in range(4) for n in range(50))
    assert expected == sorted(payload for _, payload in harness.commands)


def test_publishing_from_a_delivery_works(harness: Harness) -> None:
    """A command may be published by the thread that delivers."""
    up(harness, lambda message: harness.transport.publish("command/echo", message.payload))
    harness.submit("fleet/x", b"ping")
    wait_until(lambda: harness.commands, "the command")
    assert harness.commands == [("command/echo", b"ping")]


def test_publishing_before_the_start_is_refused(harness: Harness) -> None:
    """Nothing is queued for later: before the start and after the stop, publishing raises."""
    with pytest.raises(NotConnected):
        harness.transport.publish("command/x", b"early")
    up(harness, lambda _: None)
    harness.transport.stop()
    with pytest.raises(NotConnected):
        harness.transport.publish("command/x", b"late")
    assert harness.commands == []


def test_nothing_is_delivered_after_the_stop(harness: Harness) -> None:
    """Once stop has returned, neither a message nor a state of the connection is told."""
    got: list[RawMessage] = []
    states: list[Connection] = []
    harness.transport.start(each(got.append), states.append)
    wait_until(lambda: states and states[-1].up, "the transport to come up")
    harness.transport.stop()
    told = len(states)
    harness.submit("fleet/x", b"late")
    assert ([], told) == (got, len(states))


def test_stopping_twice_or_before_the_start_is_fine(harness: Harness) -> None:
    """Stop may be called at any time, and a stopped transport does not start again."""
    harness.transport.stop()
    harness.transport.stop()
    with pytest.raises(RuntimeError):
        harness.transport.start(each(print), print)


def test_stop_within_a_delivery_is_fine(harness: Harness) -> None:
    """The thread that delivers may stop the transport; it gets no other message."""
    got: list[RawMessage] = []

    def once(message: RawMessage) -> None:
        got.append(message)
        harness.transport.stop()

    up(harness, once)
    harness.submit("fleet/x", b"1")
    wait_until(lambda: got, "the first message")
    harness.submit("fleet/x", b"2")
    harness.transport.stop()
    assert [m.payload for m in got] == [b"1"]


def test_raising_delivery_does_not_stop_later_ones(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in deliver is logged, and the next messages come."""
    got: list[bytes] = []

    def take(message: RawMessage) -> None:
        got.append(message.payload)
        if message.payload == b"bad":
            raise ValueError("made to fail")

    up(harness, take)
    for payload in (b"bad", b"good"):
        harness.submit("fleet/x", payload)
        wait_until(lambda payload=payload: payload in got, "the message")
    assert got == [b"bad", b"good"]
    assert "made to fail" in caplog.text


def test_times_of_receipt_grow(harness: Harness) -> None:
    """No two messages have the same time, and a later one has a later time."""
    got: list[RawMessage] = []
    up(harness, got.append)
    for n in range(20):
        harness.submit("fleet/x", b"%d" % n)
    wait_until(lambda: len(got) >= 20, "the messages")
    times = [message.received_at for message in got]
    assert times == sorted(set(times))


def test_a_pause_loses_nothing(harness: Harness) -> None:
    """After deliver said False nothing comes until `resume`, and then all that was not taken before."""
    got: list[bytes] = []
    states: list[Connection] = []

    def deliver(messages: Sequence[RawMessage]) -> bool:
        got.extend(message.payload for message in messages)
        return False

    harness.transport.start(deliver, states.append)
    wait_until(lambda: states and states[-1].up, "the transport to come up")
    # Fewer than the 20 that Mosquitto lets be unacknowledged by default.
    sent = [b"%d" % n for n in range(15)]
    for payload in sent:
        while not harness.submit("fleet/x", payload):
            # A hardware thread keeps what was not taken, and tries again.
            harness.transport.resume()
    first = len(got)
    harness.transport.resume()
    wait_until(lambda: harness.transport.resume() or len(got) >= len(sent), "the rest")
    assert (sent, True) == (got, first <= len(sent))
