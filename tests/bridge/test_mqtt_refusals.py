"""Brokers that refuse, are not trusted, speak an older MQTT, or have another client of our name."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.ports import Connection
from bridge.transports.address import TlsSettings
from bridge.transports.mqtt import MqttTransport
from bridge.transports.patience import TAKEN_OVER_AT_MOST
from schemas.message import RawMessage
from tests.bridge.test_mqtt_transport import ACCEPTED, OddBroker
from tests.servers import Embedded, Mosquitto, certificates, into, send, wait_until

TLS = "listener PORT 127.0.0.1\nallow_anonymous true\ncertfile server.crt\nkeyfile server.key\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr("bridge.transports.patience.FIRST_DELAY", 0.01)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts a broker that speaks TLS, with a certificate that is valid for so many days."""
    made: list[Mosquitto] = []

    def start(days: int) -> Mosquitto:
        certificates(tmp_path, days=days)
        made.append(Mosquitto(tmp_path, TLS))
        made[-1].start()
        return made[-1]

    yield start
    for broker in made:
        broker.stop()


def answers(transport: MqttTransport) -> list[Connection]:
    """What is told first, once it is."""
    states: list[Connection] = []
    transport.start(into([]), states.append)
    try:
        wait_until(lambda: [state for state in states if not state.fresh], "an answer")
    finally:
        transport.stop()
    return states


def test_trusted_broker_is_reached(secure: Callable[..., Mosquitto], tmp_path: Path) -> None:
    """Over TLS, messages large and small come and go as over a plain socket."""
    broker = secure(2)
    url = f"mqtts://localhost:{broker.port}"
    got: list[RawMessage] = []
    states: list[Connection] = []
    transport = MqttTransport(
        url, client_id="x", topics=["a"], durable=True, tls=TlsSettings(ca_file=tmp_path / "ca.crt")
    )
    transport.start(into(got), states.append)
    sent = [b"%d " % n * n for n in (0, 1, 1000, 300_000)]
    try:
        wait_until(lambda: states and states[-1].up, "the connection")
        for payload in sent:
            transport.publish("a", payload)
        wait_until(lambda: len(got) >= len(sent), "the messages")
    finally:
        transport.stop()
    assert sent == [message.payload for message in got]


def test_wrong_authority_is_named(secure: Callable[..., Mosquitto]) -> None:
    """A certificate of an unknown authority is told as not trusted, in one line."""
    url = f"mqtts://localhost:{secure(2).port}"
    (state,) = answers(MqttTransport(url, client_id="x"))
    assert f"{url}: the broker's certificate is not trusted" in state.detail
    assert (False, False) == (state.up, "\n" in state.detail)


def test_expired_certificate_is_named(secure: Callable[..., Mosquitto], tmp_path: Path) -> None:
    """A certificate that has expired is told as such."""
    url = f"mqtts://localhost:{secure(-1).port}"
    tls = TlsSettings(ca_file=tmp_path / "ca.crt")
    (state,) = answers(MqttTransport(url, client_id="x", tls=tls))
    reason = "the broker's certificate is not trusted (certificate has expired)"
    assert Connection(False, f"{url}: {reason}") == state


def test_plain_port_is_named_where_tls_was_asked(tmp_path: Path) -> None:
    """A broker without TLS on the port is told as one that TLS cannot be spoken with."""
    broker = Mosquitto(tmp_path)
    broker.start()
    try:
        url = f"mqtts://localhost:{broker.port}"
        (state,) = answers(MqttTransport(url, client_id="x"))
    finally:
        broker.stop()
    assert (False, True) == (state.up, state.detail.startswith(f"{url}: "))


@pytest.mark.parametrize("durable", [False, True])
def test_older_broker_is_asked_in_its_own_version(
    durable: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker of MQTT 3.1.1 is reached at the first try, whether it refuses MQTT 5 or is silent at it."""
    monkeypatch.setattr("bridge.transports.mqtt.ANSWER_TO_TRIAL_WITHIN", 0.5)
    broker = Embedded()
    broker.start()
    got: list[RawMessage] = []
    states: list[Connection] = []
    transport = MqttTransport(broker.url, client_id="x", durable=durable)
    transport.start(into(got), states.append)
    try:
        wait_until(lambda: states and states[-1].up, "the connection")
        send(broker.port, "a", b"1")
        wait_until(lambda: got, "the message")
    finally:
        transport.stop()
        broker.stop()
    assert [(False, True), (True, False)] == [(state.up, state.fresh) for state in states]
    assert [b"1"] == [message.payload for message in got]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x30\xff\xff\xff\xff\x01", "the answer is not MQTT (a length of more than four bytes)"),
        (b"\x30\x04\x00\x09ab", "the answer is not MQTT (a message that ends before its topic does)"),
        (b"\x34\x05\x00\x01a\x00\x01", "a message came at QoS 2, but we subscribe at QoS 1"),
        (b"\xf0\x00", "the answer is not MQTT"),
    ],
)
def test_nonsense_ends_the_connection_and_not_the_thread(sent: bytes, reason: str, quick: None) -> None:
    """The reason is told in one line, and the next try is made."""
    states: list[Connection] = []
    odd = OddBroker(ACCEPTED, b"\x01", sent)
    transport = MqttTransport(odd.url, client_id="x", protocol="3.1.1")
    transport.start(into([]), states.append)
    wait_until(lambda: states and states[-1].detail.endswith("nothing listens there"), "the next try")
    transport.stop()
    odd.close()
    assert Connection(False, f"{odd.url}: {reason}") in states


# Two clients with one id.


class Usurped:
    """A broker of MQTT 5 that lets clients in and tells each at once that another one has taken over."""

    def __init__(self) -> None:
        self.visits = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        # Closing a listening socket does not wake who accepts, a visitor does.
        while (client := self._server.accept()[0]) and self._server.fileno() >= 0:
            with suppress(ConnectionError), client, client.makefile("rb") as packets:
                if not self._packet(packets.read):
                    return
                self.visits += 1
                client.sendall(b"\x20\x03\x00\x00\x00")
                packet_id = self._packet(packets.read)[:2]
                client.sendall(b"\x90\x04" + packet_id + b"\x00\x01" + b"\xe0\x01\x8e")
                packets.read(1)

    @staticmethod
    def _packet(read: Callable[[int], bytes]) -> bytes:
        header = read(2)
        return read(header[1]) if header else b""

    def close(self) -> None:
        socket.create_connection(self._server.getsockname()).close()
        self._thread.join(20)
        self._server.close()


def test_stays_away_when_taken_over_again_and_again(quick: None, caplog: pytest.LogCaptureFixture) -> None:
    """Told often enough that another client has its id, it names the id and connects no more."""
    broker = Usurped()
    states: list[Connection] = []
    transport = MqttTransport(broker.url, client_id="ours", protocol="5")
    transport.start(into([]), states.append)
    try:
        wait_until(lambda: states and "not connecting again" in states[-1].detail, "the end of it")
        visits = broker.visits
    finally:
        transport.stop()
        broker.close()
    assert f"{broker.url}: another client uses the id 'ours'; not connecting again" == states[-1].detail
    assert (TAKEN_OVER_AT_MOST, TAKEN_OVER_AT_MOST) == (visits, broker.visits)
    assert "start again when the other one has been ended" in caplog.text


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_rival_is_suspected(tmp_path: Path, protocol: str) -> None:
    """Where the broker does not tell, as Mosquitto 2.0, two clients of one id ask about each other."""
    broker = Mosquitto(tmp_path)
    broker.start()
    states: list[list[Connection]] = [[], []]
    rivals = [MqttTransport(broker.url, client_id="ours", protocol=protocol) for _ in states]  # type: ignore[arg-type]
    try:
        for rival, told in zip(rivals, states, strict=True):
            rival.start(into([]), told.append)
        asked = "is another client using the id 'ours'?"
        wait_until(lambda: any(asked in state.detail for told in states for state in told), "the question")
        wait_until(lambda: any(told[-1].up for told in states), "one of them to be up")
    finally:
        for rival in rivals:
            rival.stop()
        broker.stop()
