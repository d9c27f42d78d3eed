"""What a broker owes us for what we published: noticed, and told to who wants to know."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from bridge.errors import NotConnected
from bridge.ports import Connection
from bridge.transports.mqtt import MqttTransport
from bridge.transports.unacknowledged import Unacknowledged
from schemas.message import RawMessage
from tests.servers import Mosquitto, send, wait_until


class Clock:
    """Seconds that the test counts."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_silence_is_counted_while_something_is_owed() -> None:
    """From the oldest message on, or from the broker's last word; not at all without a message."""
    clock = Clock()
    owed = Unacknowledged(clock)
    clock.now += 50
    assert owed.silent_for == 0
    owed.add(1, None)
    clock.now += 5
    owed.add(2, None)
    clock.now += 2
    assert owed.silent_for == 7
    owed.acknowledged(1)
    clock.now += 1
    assert owed.silent_for == 1
    owed.acknowledged(2)
    clock.now += 9
    assert owed.silent_for == 0


def test_silence_means_nothing_while_nobody_reads() -> None:
    """It is counted from when we listen again."""
    clock = Clock()
    owed = Unacknowledged(clock)
    owed.add(1, None)
    clock.now += 60
    owed.listens_again()
    clock.now += 1
    assert owed.silent_for == 1


def test_each_is_told_once_in_whatever_order() -> None:
    """Also if the broker answers before the publishing thread has come to say what it published."""
    owed = Unacknowledged(Clock())
    told: list[tuple[int, str]] = []

    def note(number: int) -> Callable[[str], None]:
        return lambda refused: told.append((number, refused))

    owed.add(1, note(1))
    owed.acknowledged(2, "no")
    owed.add(2, note(2))
    owed.acknowledged(1)
    # The number of a message that nobody cares for is used again.
    owed.add(3, None)
    owed.acknowledged(3)
    owed.add(3, note(3))
    owed.acknowledged(3)
    assert [(2, "no"), (1, ""), (3, "")] == told
    assert owed.silent_for == 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto at which only topics below `open` may be published to."""
    (tmp_path / "acl").write_text("topic read #\ntopic write open/#\n")
    config = f"listener PORT 127.0.0.1\nallow_anonymous true\nacl_file {tmp_path / 'acl'}\n"
    running = Mosquitto(tmp_path, config)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def transport(broker: Mosquitto) -> Iterator[MqttTransport]:
    """A client of it, which is up."""
    states: list[Connection] = []
    client = MqttTransport(broker.url, client_id="commander")
    client.start(lambda _messages: True, states.append)
    wait_until(lambda: states and states[-1].up, "the connection")
    yield client
    client.stop()


def test_a_broker_that_refuses_says_so(transport: MqttTransport) -> None:
    """Where a broker speaks MQTT 5 it tells that we may not publish there; elsewhere it takes the message."""
    told: dict[str, str] = {}
    for topic in ("closed/lamp", "open/lamp"):
        transport.publish(topic, b"1", taken=partial(told.setdefault, topic))
    wait_until(lambda: len(told) == 2, "both answers")
    assert {"closed/lamp": "the broker refused it (Not authorized)", "open/lamp": ""} == told


def test_a_broker_that_we_do_not_listen_to_is_not_silent(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While more waits than should, its acknowledgements wait too: commands go on, and after it as well."""
    monkeypatch.setattr("bridge.transports.session.SILENT_AFTER", 0.3)
    states: list[Connection] = []
    told: list[str] = []
    got: list[RawMessage] = []

    def deliver(messages: Sequence[RawMessage]) -> bool:
        got.extend(messages)
        return False

    client = MqttTransport(broker.url, client_id="commander")
    client.start(deliver, states.append)
    try:
        wait_until(lambda: states and states[-1].up, "the connection")
        send(broker.port, "open/x", b"1")
        wait_until(lambda: got, "the message that stops the reading")
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            client.publish("open/lamp", b"1", taken=told.append)
            time.sleep(0.1)
        before = len(told)
        client.resume()
        client.publish("open/lamp", b"2", taken=told.append)
        wait_until(lambda: len(told) > before, "the acknowledgements")
    finally:
        client.stop()


def test_a_frozen_broker_is_sent_one_command_and_no_more(
    broker: Mosquitto, transport: MqttTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it owes an acknowledgement for too long makes further commands fail, until it is awake again."""
    monkeypatch.setattr("bridge.transports.session.SILENT_AFTER", 0.3)
    told: list[str] = []
    broker.freeze()
    transport.publish("open/lamp", b"1", taken=told.append)

    def refused() -> bool:
        try:
            transport.publish("open/lamp", b"2")
        except NotConnected as error:
            return "has not acknowledged anything for" in str(error)
        return False

    wait_until(refused, "a command to be refused")
    assert [] == told
    broker.thaw()
    wait_until(lambda: told, "the acknowledgement")
    assert [""] == told
    transport.publish("open/lamp", b"3", taken=told.append)
    wait_until(lambda: len(told) == 2, "the next acknowledgement")
