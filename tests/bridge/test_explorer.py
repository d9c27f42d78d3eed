"""Exploring topics through a bridge: publishing, clearing, samples and a first model."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from bridge.errors import CommandRefused, NotConnected
from bridge.explorer import SAMPLES, check_publishable
from bridge.ports import Connection, Deliver
from bridge.service import Bridge, Plan
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from schemas.catalog import shipped_kinds
from schemas.decode import MAX_PAYLOAD
from tests.servers import wait_until

RAIN = "attic/rain/north/state"
RAIN_ID = "topic.attic%2Frain%2Fnorth%2Fstate"


class Broker(ThreadTransport):
    """A broker that keeps what is retained and hands on to us what we publish, as brokers do."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, bytes, int, bool]] = []
        self.away = False

    def start(self, deliver: Deliver, on_connection: Callable[[Connection], None]) -> None:
        super().start(deliver, on_connection)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        if self.away:
            raise NotConnected("the broker is away")
        self.taken.append((topic, payload, qos, retain))
        self.submit(topic, payload)


@contextmanager
def exploring() -> Iterator[tuple[Bridge, Broker]]:
    """A bridge with such a broker."""
    broker, store = Broker(), MemoryStore()
    bridge = Bridge(Plan(shipped_kinds(), [broker], store, kind_folder="kinds"))
    bridge.start()
    try:
        yield bridge, broker
    finally:
        bridge.stop()


def is_retained(bridge: Bridge, topic: str) -> bool | None:
    """What the table says; None for a topic that was not heard."""
    entry = bridge.topic(topic)
    return None if entry is None else entry.retained


def test_what_is_published_reaches_the_broker_and_the_table(caplog: pytest.LogCaptureFixture) -> None:
    """As it was given; a retained message is known to be there until it is cleared, and the log says who."""
    caplog.set_level("INFO")
    with exploring() as (bridge, broker):
        bridge.publish("attic/note", b"hello", by="Ada", qos=2, retain=True)
        wait_until(lambda: is_retained(bridge, "attic/note") is True, "the mark")
        bridge.clear_retained("attic/note", by="Bob")
        wait_until(lambda: is_retained(bridge, "attic/note") is False, "the mark to go")
        bridge.publish("attic/other", b"x", by="Ada")
        wait_until(lambda: is_retained(bridge, "attic/other") is False, "the other topic")
    assert [
        ("attic/note", b"hello", 2, True),
        ("attic/note", b"", 1, True),
        ("attic/other", b"x", 1, False),
    ] == broker.taken
    said = [record.message for record in caplog.records if record.name == "bridge.explorer"]
    assert [
        "published 5 bytes on 'attic/note' at QoS 2, to be retained, by Ada",
        "published 0 bytes on 'attic/note' at QoS 1, clearing what is retained, by Bob",
        "published 1 bytes on 'attic/other' at QoS 1, by Ada",
    ] == said


def test_nothing_is_noted_of_what_was_not_sent() -> None:
    """While the broker is away that is raised, and a message counts as retained as before."""
    with exploring() as (bridge, broker):
        broker.submit("a", b"1", retained=True)
        wait_until(lambda: is_retained(bridge, "a") is True, "the topic")
        broker.away = True
        with pytest.raises(NotConnected):
            bridge.clear_retained("a", by="Ada")
        broker.submit("b", b"1")
        wait_until(lambda: is_retained(bridge, "b") is False, "what came after it")
        assert is_retained(bridge, "a") is True


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("", "the topic is empty; write one such as"),
        ("a/+/b", "stands for many topics"),
        ("a/#", "stands for many topics"),
        ("$SYS/x", "is the broker's own"),
        ("a\0b", "holds a NUL character; take it out"),
        ("a/" * 40_000, "80,000 bytes; shorten it to 65,535"),
        ("\ud800", "is no text that can be sent"),
    ],
    ids=["empty", "plus", "hash", "system", "nul", "long", "surrogate"],
)
def test_a_topic_that_nothing_can_be_published_on_is_refused(topic: str, words: str) -> None:
    """In one short line that says how to mend it, before anything is sent."""
    with exploring() as (bridge, broker):
        with pytest.raises(CommandRefused) as error:
            bridge.publish(topic, b"x", by="Ada")
        assert [] == broker.taken
    text = str(error.value)
    assert words in text
    assert text.isprintable()
    assert len(text) < 400


@pytest.mark.parametrize(("payload", "qos"), [(b"x" * (MAX_PAYLOAD + 1), 1), (b"x", 3), (b"x", -1)])
def test_a_payload_too_long_and_a_wrong_qos_are_refused(payload: bytes, qos: int) -> None:
    """What we would refuse from a device is not sent to one."""
    with pytest.raises(CommandRefused, match=r"bytes, at most|QoS is 0, 1 or 2"):
        check_publishable("a", payload, qos)
    check_publishable("a", b"x" * MAX_PAYLOAD, 2)


def test_samples_are_the_last_messages_of_a_device_as_they_came() -> None:
    """Newest first, each once: those at hand, and those that the store keeps because readings do not."""
    with exploring() as (bridge, broker):
        long = json.dumps({f"field_{number}": number for number in range(300)}).encode()
        payloads = [long, *[b'{"mm": %d}' % number for number in range(8)]]
        for payload in payloads:
            broker.submit(RAIN, payload)
        wait_until(lambda: len(bridge.samples(RAIN_ID)) == 6, "the messages, the long one from the store")
        expected = [*payloads[:3:-1], long]
        assert expected == [raw.payload for raw in bridge.samples(RAIN_ID)]
        assert expected[:2] == [raw.payload for raw in bridge.samples(RAIN_ID, limit=2)]
        assert [] == list(bridge.samples(RAIN_ID, limit=-1))
        assert SAMPLES >= len(bridge.samples(RAIN_ID, limit=10**6))
        assert [] == list(bridge.samples("topic.nowhere"))


def test_a_first_model_is_made_of_a_topic_and_those_like_it() -> None:
    """It claims all of them; what else lies beside them does not come in."""
    with exploring() as (bridge, broker):
        submitted: Sequence[tuple[str, object]] = [
            (RAIN, {"rain_mm": 1.5}),
            ("attic/rain/south/state", {"rain_mm": 2.5}),
            ("attic/rain/north/log", {"text": "hello"}),
            ("fleet/plug/a/state", {"on": True}),
        ]
        for topic, content in submitted:
            broker.submit(topic, json.dumps(content))
        wait_until(lambda: bridge.topic("fleet/plug/a/state"), "the last of them")
        suggestion = bridge.suggestion(RAIN)
        assert ("attic/rain/{device}/state", (RAIN, "attic/rain/south/state"), "rain.py", 2) == (
            suggestion.pattern,
            suggestion.topics,
            suggestion.file,
            suggestion.messages,
        )
        assert "kinds" == bridge.kind_folder


def test_where_no_model_can_be_made_it_is_said_why() -> None:
    """For a topic that a kind claims, one that was not heard, and one that sends no objects."""
    with exploring() as (bridge, broker):
        broker.submit("attic/rain", b"1.5")
        wait_until(lambda: bridge.topic("attic/rain"), "the topic")
        for topic, kind, words in (
            ("fleet/plug/a/state", CommandRefused, "the kind plug claims fleet/plug/a/state already"),
            ("nowhere", LookupError, "no message on nowhere is at hand"),
            ("attic/rain", CommandRefused, "^a kind is made of messages that are JSON objects"),
        ):
            with pytest.raises(kind, match=words):
                bridge.suggestion(topic)
