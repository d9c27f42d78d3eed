"""What the MQTT transport does about brokers that go, come, refuse and misbehave."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import MQTTErrorCode

from bridge.errors import NotConnected, SettingsError
from bridge.ports import Connection, Deliver
from bridge.transports import schemes, transport_for
from bridge.transports.mqtt import MqttTransport, TlsSettings
from schemas.message import RawMessage
from tests.servers import Broker, Embedded, Mosquitto, free_port, needs, passwords, send, wait_until


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker that is not started yet."""
    server: Broker = Embedded() if request.param == "embedded" else Mosquitto(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def transports() -> Iterator[Callable[..., MqttTransport]]:
    """Makes MQTT transports that are stopped in the end."""
    made: list[MqttTransport] = []

    def make(url: str, **options: object) -> MqttTransport:
        transport = transport_for(url, **{"client_id": "fleetglass", **options})
        assert isinstance(transport, MqttTransport)
        made.append(transport)
        return transport

    yield make
    for transport in made:
        transport.stop()


def into(got: list[RawMessage]) -> Deliver:
    """A delivery that collects and never asks to stop."""

    def deliver(messages: Sequence[RawMessage]) -> bool:
        got.extend(messages)
        return True

    return deliver


def told(states: list[Connection]) -> Callable[[Connection], None]:
    """Collects what is told of the connection, but for the news that the broker does not know us yet."""

    def note(connection: Connection) -> None:
        if not connection.fresh:
            states.append(connection)

    return note


# Brokers that come and go.


def test_comes_up_when_the_broker_does(broker: Broker, transports: Callable[..., MqttTransport]) -> None:
    """A broker that is down at the start is told as a readable reason, and found by itself later."""
    got: list[RawMessage] = []
    states: list[Connection] = []
    transport = transports(broker.url)
    transport.start(into(got), told(states))
    wait_until(lambda: states, "the failure")
    with pytest.raises(NotConnected):
        transport.publish("command/x", b"")
    broker.start()
    wait_until(lambda: states[-1].up, "the connection")
    send(broker.port, "fleet/x", b"1")
    wait_until(lambda: got, "the message")
    assert [Connection(False, f"{broker.url}: nothing listens there"), Connection(True, broker.url)] == states


def test_resubscribes_after_a_restart(broker: Broker, transports: Callable[..., MqttTransport]) -> None:
    """After the broker was restarted, messages come again; meanwhile publishing is refused."""
    got: list[RawMessage] = []
    states: list[Connection] = []
    transport = transports(broker.url)
    broker.start()
    transport.start(into(got), told(states))
    wait_until(lambda: states, "the connection")
    broker.stop()
    wait_until(lambda: not states[-1].up, "the loss")
    with pytest.raises(NotConnected):
        transport.publish("command/x", b"")
    broker.start()
    wait_until(lambda: states[-1].up, "the connection again")
    send(broker.port, "fleet/x", b"1")
    wait_until(lambda: got, "the message")
    assert [m.payload for m in got] == [b"1"]


def test_same_failure_is_told_once(
    transports: Callable[..., MqttTransport],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker that stays away is logged and told once, however often it is tried."""
    monkeypatch.setattr("bridge.transports.patience.FIRST_DELAY", 0.01)
    monkeypatch.setattr("bridge.transports.patience.LONGEST_DELAY", 0.01)
    attempts: list[str] = []
    connect = mqtt.Client.connect

    def counted(client: mqtt.Client, host: str, port: int, keepalive: int, **more: object) -> MQTTErrorCode:
        attempts.append(host)
        return connect(client, host, port, keepalive, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(mqtt.Client, "connect", counted)
    states: list[Connection] = []
    transports(f"mqtt://127.0.0.1:{free_port()}").start(into([]), told(states))
    wait_until(lambda: len(attempts) > 5, "some attempts")
    assert (len(states), len(caplog.records)) == (1, 1)


def test_stop_does_not_wait_for_the_next_attempt(
    transports: Callable[..., MqttTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping between two attempts ends the thread, however long the wait would have been."""
    monkeypatch.setattr("bridge.transports.patience.FIRST_DELAY", 600)
    states: list[Connection] = []
    transport = transports(f"mqtt://127.0.0.1:{free_port()}")
    transport.start(into([]), told(states))
    wait_until(lambda: states, "the failure")
    transport.stop()
    assert [thread.name for thread in threading.enumerate() if thread.name == "mqtt"] == []


def test_wrong_password_is_named(tmp_path: Path, transports: Callable[..., MqttTransport]) -> None:
    """A refused password is told as such, and neither the detail nor the log shows it."""
    needs("mosquitto_passwd")
    passwords(tmp_path / "passwd", "ann", "right")
    broker = Mosquitto(tmp_path, "listener PORT 127.0.0.1\nallow_anonymous false\npassword_file passwd\n")
    broker.start()
    wrong: list[Connection] = []
    right: list[Connection] = []
    try:
        transports(broker.url, username="ann", password="s3cret", client_id="a").start(into([]), told(wrong))
        transports(broker.url.replace("//", "//ann:right@"), client_id="b").start(into([]), told(right))
        wait_until(lambda: wrong and right, "both answers")
    finally:
        broker.stop()
    detail = "not authorised (the broker refused this user name and password)"
    assert Connection(False, f"{broker.url}: {detail}") == wrong[0]
    assert Connection(True, broker.url) == right[0]


# A broker that does what real ones do rarely.


class OddBroker:
    """Accepts one client, answers with the given bytes to its first two packets, and then sends the rest."""

    def __init__(self, connack: bytes, suback_codes: bytes = b"", then: bytes = b"") -> None:
        self._answers = (connack, suback_codes, then)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connack, codes, then = self._answers
        with self._server:
            client, _ = self._server.accept()
        # The transport may end the connection while it is being answered.
        with suppress(ConnectionError), client, client.makefile("rb") as packets:
            self._read(packets.read)
            client.sendall(connack)
            if codes:
                packet_id = self._read(packets.read)[:2]
                client.sendall(bytes([0x90, 2 + len(codes)]) + packet_id + codes + then)
            while packets.read(1):
                pass

    @staticmethod
    def _read(read: Callable[[int], bytes]) -> bytes:
        _, length = read(2)
        return read(length)

    def close(self) -> None:
        self._thread.join(20)


ACCEPTED = b"\x20\x02\x00\x00"


def publish_packet(topic: bytes, payload: bytes) -> bytes:
    """An MQTT PUBLISH of QoS 0."""
    body = struct.pack("!H", len(topic)) + topic + payload
    return bytes([0x30, len(body)]) + body


def test_topic_that_is_no_text_is_delivered(transports: Callable[..., MqttTransport]) -> None:
    """A topic that is no UTF-8 comes with replacement characters, and the next message comes too."""
    got: list[RawMessage] = []
    odd = OddBroker(ACCEPTED, b"\x01", publish_packet(b"a/\xff", b"1") + publish_packet(b"b", b"2"))
    transport = transports(odd.url, protocol="3.1.1")
    transport.start(into(got), lambda _: None)
    wait_until(lambda: len(got) >= 2, "both messages")
    transport.stop()
    odd.close()
    assert [(m.topic, m.payload) for m in got] == [("a/\ufffd", b"1"), ("b", b"2")]


def test_refused_subscription_is_named(transports: Callable[..., MqttTransport]) -> None:
    """A topic that the broker does not let us read is named in the detail."""
    states: list[Connection] = []
    odd = OddBroker(ACCEPTED, b"\x01\x80")
    transport = transports(odd.url, protocol="3.1.1", topics=["open/#", "secret/#"])
    transport.start(into([]), told(states))
    wait_until(lambda: states, "the answer")
    transport.stop()
    odd.close()
    assert [Connection(True, f"{odd.url} (not authorised to subscribe to secret/#)")] == states


def test_something_else_on_the_port_is_named(
    transports: Callable[..., MqttTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that accepts and never answers is told to be no MQTT broker."""
    monkeypatch.setattr("bridge.transports.mqtt.ANSWER_WITHIN", 0.0)
    states: list[Connection] = []
    odd = OddBroker(b"")
    transport = transports(odd.url, protocol="3.1.1")
    transport.start(into([]), told(states))
    wait_until(lambda: states, "the answer")
    transport.stop()
    odd.close()
    reason = "something listens there, but it does not answer as an MQTT broker"
    assert Connection(False, f"{odd.url}: {reason}") == states[0]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\xee", b"\xff" * 20, b"\x20\x00"]
)
def test_answer_that_is_not_mqtt_is_no_crash(
    answer: bytes, transports: Callable[..., MqttTransport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a broker answers, the transport says that it is not connected and lives on."""
    monkeypatch.setattr("bridge.transports.mqtt.ANSWER_WITHIN", 0.5)
    states: list[Connection] = []
    odd = OddBroker(answer)
    transport = transports(odd.url, protocol="3.1.1")
    transport.start(into([]), told(states))
    wait_until(lambda: len(states) > 1, "the answer, and the next attempt")
    transport.stop()
    odd.close()
    assert [state.up for state in states[:2]] == [False, False]
    assert f"{odd.url}: nothing listens there" == states[1].detail


# Settings.


def test_schemes_are_collected() -> None:
    """The URL schemes of all transports are known, and an unknown one is refused with their list."""
    assert {"mqtt", "mqtts"} <= schemes().keys()
    with pytest.raises(SettingsError, match=r"mqtt://, mqtts://.*, got amqp://"):
        transport_for("amqp://127.0.0.1", client_id="x")


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://",
        "mqtt://:1883",
        "mqtt://ann:pa#s3cret@host",
        "mqtt://ann:s3cret/x@host",
        "mqtt://ann:s3cret@host:port",
        "mqtt://ann:s3cret@host:99999",
        "mqtt://ann:s3cret@host/topic",
        "mqtt://[::1:s3cret",
        "ann:s3cret@host",
        "mqtt://:s3cret@host",
        "",
    ],
)
def test_bad_url_is_one_line_without_its_password(url: str) -> None:
    """A broker URL that cannot be used is refused, and the text does not show the password."""
    with pytest.raises(SettingsError) as refused:
        transport_for(url, client_id="x")
    assert ("s3cret" in str(refused.value), "\n" in str(refused.value)) == (False, False)


@pytest.mark.parametrize("topic", ["", "a/#/b", "a#", "a/b+", "a\0"])
def test_bad_topic_filter_is_refused(topic: str) -> None:
    """A topic filter that no broker takes is refused before connecting."""
    with pytest.raises(SettingsError, match="topic"):
        MqttTransport("mqtt://host", client_id="x", topics=[topic])


def test_missing_certificates_are_refused(tmp_path: Path) -> None:
    """A file that TLS needs and that is not there, or is no PEM, is named."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for tls, named in [
        (TlsSettings(ca_file=tmp_path / "missing.crt"), "missing.crt"),
        (TlsSettings(cert_file=tmp_path / "missing.pem"), "missing.pem"),
        (TlsSettings(key_file=wrong), "tls_cert_file"),
        (TlsSettings(ca_file=wrong), "wrong.pem"),
        (TlsSettings(cert_file=wrong), "wrong.pem"),
    ]:
        with pytest.raises(SettingsError, match=named):
            MqttTransport("mqtts://host", client_id="x", tls=tls)


def test_tls_settings_need_tls() -> None:
    """TLS settings with an mqtt:// URL are refused rather than ignored."""
    with pytest.raises(SettingsError, match="mqtts://"):
        MqttTransport("mqtt://host", client_id="x", tls=TlsSettings())
