"""The configuration that we ship for production, run by the real broker."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from bridge.ports import RECEIPTS_KEPT, Connection
from bridge.transports.mqtt import MqttTransport, TlsSettings
from bridge.transports.session import MOST_OUTSTANDING
from schemas.message import RawMessage
from tests.servers import Mosquitto, accepts, certificates, free_port, passwords, send, wait_until

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (ROOT / "mosquitto.conf").read_text(encoding="utf-8")
OPTION = re.compile(r"^#?([a-z_]+) \S.*$")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker with the shipped configuration, moved to a free port."""
    (tmp_path / "data").mkdir()
    moved, count = re.subn(
        r"^listener 1883 127\.0\.0\.1$", "listener PORT 127.0.0.1", SHIPPED, flags=re.MULTILINE
    )
    assert count == 1
    server = Mosquitto(tmp_path, moved)
    server.start()
    yield server
    server.stop()


def received_from(broker: Mosquitto, topic: str) -> list[tuple[bytes, bool]]:
    """What a new subscriber gets until a marker comes through."""
    messages: list[RawMessage] = []
    states: list[Connection] = []
    transport = MqttTransport(broker.url, client_id="reader", topics=[topic, "marker"])
    transport.start(lambda some: messages.extend(some) or True, states.append)
    try:
        wait_until(lambda: Connection(True, broker.url) in states, "a connection")
        send(broker.port, "marker", b"")
        wait_until(lambda: any(m.topic == "marker" for m in messages), "the marker")
    finally:
        transport.stop()
    return [(m.payload, m.retained) for m in messages if m.topic != "marker"]


def durable_subscriber(broker: Mosquitto) -> list[bytes]:
    """Connect as the same durable client and leave again after a marker; what it got before that."""
    got: list[bytes] = []
    subscribed: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "durable", clean_session=False)
    client.on_message = lambda _client, _userdata, message: got.append(bytes(message.payload))
    client.on_subscribe = lambda _client, _userdata, mid, _reasons, _properties: subscribed.append(mid)
    client.on_connect = lambda client, *_: client.subscribe("durable/#", 1)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        wait_until(lambda: subscribed, "the subscription")
        send(broker.port, "durable/marker", b"marker")
        wait_until(lambda: b"marker" in got, "the marker")
    finally:
        client.disconnect()
        client.loop_stop()
    return [payload for payload in got if payload != b"marker"]


def test_starts_without_a_complaint(broker: Mosquitto) -> None:
    """Mosquitto takes every line as it is."""
    complaints = re.findall(r"^.*(?:error|warning|deprecated).*$", broker.log, re.MULTILINE | re.IGNORECASE)
    assert [line for line in complaints if "should not be run as root" not in line] == []


def test_as_many_are_on_their_way_as_we_take() -> None:
    """The broker's bound on what is not acknowledged is ours, and less than what is recognised again."""
    most = re.search(r"^max_inflight_messages (\d+)$", SHIPPED, re.MULTILINE)
    assert most is not None
    assert (MOST_OUTSTANDING, True) == (int(most[1]), MOST_OUTSTANDING < RECEIPTS_KEPT)


def test_folder_for_the_queue_is_in_the_checkout() -> None:
    """The folder of persistence_location comes with the checkout, since Mosquitto makes none."""
    location = re.search(r"^persistence_location (\S+)$", SHIPPED, re.MULTILINE)
    assert location is not None
    assert (ROOT / location[1] / ".gitignore").is_file()


def test_every_option_has_its_reason() -> None:
    """Each group of options stands below a comment."""
    lines = SHIPPED.splitlines()
    alone = [
        line
        for before, line in pairwise(lines)
        if OPTION.match(line) and not (before.startswith("#") or OPTION.match(before))
    ]
    assert alone == []


def test_only_this_computer_is_anonymous() -> None:
    """Without a password one gets in on the loopback address, and only there."""
    active = [line for line in SHIPPED.splitlines() if line and not line.startswith("#")]
    assert [line for line in active if line.startswith("listener")] == ["listener 1883 127.0.0.1"]
    assert active[0] == "per_listener_settings true"
    assert "#allow_anonymous false" in SHIPPED.splitlines()


def test_network_listener_is_ready_to_use(tmp_path: Path) -> None:
    """With the # taken away, the TLS listener takes the right password, and nobody without one."""
    (tmp_path / "data").mkdir()
    certificates(tmp_path / "data")
    passwords(tmp_path / "data" / "mosquitto.passwd", "fleetglass", "correct horse")
    secure = free_port()
    config = SHIPPED.replace("listener 1883 ", "listener PORT ").replace(
        "#listener 8883", f"listener {secure}"
    )
    # In the shipped file an option's # is followed by a letter, a comment's by a blank.
    broker = Mosquitto(tmp_path, re.sub(r"^#(?=[a-z])", "", config, flags=re.MULTILINE))
    broker.start()
    tls = TlsSettings(ca_file=tmp_path / "data" / "ca.crt")
    url = f"mqtts://localhost:{secure}"
    welcome: list[Connection] = []
    stranger: list[Connection] = []
    transports = [
        MqttTransport(url, client_id="a", username="fleetglass", password="correct horse", tls=tls),
        MqttTransport(url, client_id="b", tls=tls),
    ]
    try:
        assert accepts(secure)
        transports[0].start(lambda _: True, lambda c: c.fresh or welcome.append(c))
        transports[1].start(lambda _: True, stranger.append)
        wait_until(lambda: welcome and stranger, "both answers")
    finally:
        for transport in transports:
            transport.stop()
        broker.stop()
    assert [Connection(True, url)] == welcome
    assert [(state.up, "not authorised" in state.detail) for state in stranger] == [(False, True)]


def test_retained_messages_survive_a_restart(broker: Mosquitto) -> None:
    """A retained message is there again after the broker was ended and started."""
    send(broker.port, "fleet/kept", b"still here", retain=True)
    broker.stop()
    broker.start()
    assert received_from(broker, "fleet/kept") == [(b"still here", True)]


def test_durable_client_misses_nothing_over_a_restart(broker: Mosquitto) -> None:
    """What comes for a durable client that is away waits for it, before and after a restart of the broker."""
    durable_subscriber(broker)
    expected = [str(n).encode() for n in range(1500)]
    for payload in expected[:3]:
        send(broker.port, "durable/x", payload)
    broker.stop()
    broker.start()
    sender = mqtt.Client(CallbackAPIVersion.VERSION2)
    sender.connect("127.0.0.1", broker.port)
    sender.loop_start()
    for info in [sender.publish("durable/x", payload, qos=1) for payload in expected[3:]]:
        info.wait_for_publish(20)
    sender.disconnect()
    sender.loop_stop()
    assert expected == durable_subscriber(broker)


def test_too_large_a_message_is_refused(broker: Mosquitto) -> None:
    """A packet over the limit ends its sender's connection, and nobody receives it."""
    ended: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "too-large", reconnect_on_failure=False)
    client.on_connect = lambda client, *_: client.publish("fleet/large", b"x" * 262_144, qos=1, retain=True)
    client.on_disconnect = lambda _client, _userdata, _flags, reason, _properties: ended.append(str(reason))
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    wait_until(lambda: ended, "the broker to end the connection")
    client.loop_stop()
    assert received_from(broker, "fleet/large") == []


def test_large_message_within_the_limit_passes(broker: Mosquitto) -> None:
    """Just under the limit a message is taken."""
    send(broker.port, "fleet/large", b"x" * 262_000, retain=True)
    assert received_from(broker, "fleet/large") == [(b"x" * 262_000, True)]
