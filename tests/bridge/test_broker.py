"""The embedded broker: it serves, it says so when it cannot, and it never outlives its parent."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bridge.broker import EmbeddedBroker
from bridge.errors import FleetglassError, PortTaken, SettingsError
from bridge.transports.mqtt import MqttTransport
from bridge.transports.publish import publish_once
from schemas.message import RawMessage
from tests.servers import accepts, free_port, needs, send, wait_until

ROOT = Path(__file__).resolve().parents[2]

PARENT = """
import signal, sys, time
from bridge.broker import EmbeddedBroker
# Who was started in the background hears no Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
broker = EmbeddedBroker("127.0.0.1", int(sys.argv[1]))
broker.start()
print(broker.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A broker that runs."""
    embedded = EmbeddedBroker("127.0.0.1", free_port())
    embedded.start()
    yield embedded
    embedded.stop()


def is_running(pid: int) -> bool:
    """Whether the process lives. One that nobody has waited for yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def test_accepts_connections_once_started(broker: EmbeddedBroker) -> None:
    """When start returns, a client gets in."""
    assert accepts(broker.port)


def test_serves_ordinary_clients(broker: EmbeddedBroker) -> None:
    """What mosquitto_pub sends arrives, at every quality of service."""
    program = needs("mosquitto_pub")
    got: list[RawMessage] = []
    ready = threading.Event()
    transport = MqttTransport(f"mqtt://127.0.0.1:{broker.port}", client_id="reader", topics=["fleet/#"])
    transport.start(lambda some: got.extend(some) or True, lambda state: ready.set() if state.up else None)
    assert ready.wait(20)
    for qos in "012":
        where = ["-h", "127.0.0.1", "-p", str(broker.port)]
        subprocess.run([program, *where, "-t", "fleet/x", "-m", qos, "-q", qos], check=True)
    wait_until(lambda: len(got) >= 3, "three messages")
    transport.stop()
    assert [m.payload for m in got] == [b"0", b"1", b"2"]


def test_stop_ends_the_process(broker: EmbeddedBroker) -> None:
    """After stop the process is gone, the port is free, and it can be started again."""
    pid = broker.pid
    broker.stop()
    assert pid is not None
    assert (is_running(pid), broker.pid, accepts(broker.port)) == (False, None, False)
    broker.stop()
    broker.start()
    send(broker.port, "fleet/x", b"again")


def test_taken_port_is_one_clear_line() -> None:
    """A port that another program listens on is named, with the flag that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as refused:
            EmbeddedBroker("127.0.0.1", port).start()
    assert (
        f"port {port} on 127.0.0.1 is taken by another program;"
        " choose another for the embedded broker with --mqtt-port"
    ) == str(refused.value)


def test_port_that_is_taken_meanwhile_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losing the race for the port after it was found free is the same error."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        broker = EmbeddedBroker("127.0.0.1", other.getsockname()[1])
        monkeypatch.setattr(broker, "_check_address", lambda: None)
        with pytest.raises(PortTaken):
            broker.start()
    assert broker.pid is None


def test_child_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the child ends at once, its last line is in the error."""
    broker = EmbeddedBroker("no-such-host.invalid", free_port())
    monkeypatch.setattr(broker, "_check_address", lambda: None)
    with pytest.raises(FleetglassError, match=r"did not start on no-such-host\.invalid:"):
        broker.start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_network_address_is_refused(host: str) -> None:
    """Without passwords it listens on this computer only, unless told otherwise."""
    with pytest.raises(SettingsError, match="--insecure"):
        EmbeddedBroker(host, free_port()).start()


def test_network_address_can_be_insisted_on() -> None:
    """With insecure it listens on any address."""
    broker = EmbeddedBroker("0.0.0.0", free_port(), insecure=True)
    broker.start()
    try:
        assert accepts(broker.port)
    finally:
        broker.stop()


def test_address_of_nobody_is_a_setting_to_mend() -> None:
    """An address that this computer does not have, or no port, is refused in one line."""
    with pytest.raises(SettingsError, match=r"192\.0\.2\.1"):
        EmbeddedBroker("192.0.2.1", free_port(), insecure=True).start()
    with pytest.raises(SettingsError, match="--mqtt-port"):
        EmbeddedBroker("127.0.0.1", 70_000).start()


def test_unexpected_end_is_logged(broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture) -> None:
    """A child that ends by itself is told in the log as an error."""
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    wait_until(lambda: [r for r in caplog.records if r.levelno == logging.ERROR], "the line in the log")
    assert f"the embedded broker on 127.0.0.1:{broker.port} ended by itself: exit code -9" in caplog.text


def test_a_broker_that_ends_by_itself_is_started_again(broker: EmbeddedBroker) -> None:
    """After an unexpected end another child listens on the same port, and ends with `stop` like the first."""
    first = broker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: broker.pid not in (None, first) and accepts(broker.port), "another child")
    broker.stop()
    assert not accepts(broker.port)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_ends_with_its_parent(how: signal.Signals) -> None:
    """However the parent ends, kill -9 included, the broker's process ends too."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(free_port())],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(how)
        try:
            parent.wait(20)
        finally:
            parent.kill()
    wait_until(lambda: not is_running(child), "the broker's process to end")


def test_ctrl_c_in_the_terminal_does_not_reach_the_child() -> None:
    """The child is in a process group of its own, so that the parent ends it in order."""
    broker = EmbeddedBroker("127.0.0.1", free_port())
    broker.start()
    try:
        assert broker.pid is not None
        assert os.getpgid(broker.pid) == broker.pid
    finally:
        broker.stop()


def test_a_publisher_that_comes_and_goes_is_heard_while_retained_messages_wait(
    broker: EmbeddedBroker,
) -> None:
    """Thirty clients that publish once and leave are heard, though retained messages match a subscription."""
    url = f"mqtt://{broker.host}:{broker.port}"
    heard: set[str] = set()
    transport = MqttTransport(url, client_id="listener")
    for number in range(20):
        publish_once(url, f"kept/{number}", b"1", retain=True)

    def deliver(messages: Sequence[RawMessage]) -> bool:
        heard.update(message.topic for message in messages)
        transport.acknowledge(messages[0].connection, [message.packet_id for message in messages])
        return True

    transport.start(deliver, lambda _connection: None)
    try:
        wait_until(lambda: len(heard) == 20, "the retained messages")
        for number in range(30):
            publish_once(url, f"once/{number}", b"1")
        once = {f"once/{number}" for number in range(30)}
        wait_until(lambda: once <= heard, "all thirty")
    finally:
        transport.stop()
    assert once == heard - {f"kept/{number}" for number in range(20)}
