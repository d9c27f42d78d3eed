"""One round of the flow: every message ends somewhere, whatever it is and whatever fails."""

import json
import logging
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.commands import CommandSent
from bridge.frames import GAP, GAP_UNDER_LOAD, Frame
from bridge.inbox import Arrived, Inbox, Item, Linked
from bridge.ingest import BROKER_DROPPED, MAX_REFUSED, RETRY, TICK, Ingest, Parts
from bridge.ports import Batch, Connection, Store
from bridge.state import State
from bridge.status import BridgeStatus
from bridge.stores.memory import MemoryStore
from schemas.catalog import Claim, Kinds, shipped_kinds
from schemas.message import RawMessage

KINDS = shipped_kinds()
KITCHEN = "fleet/thermostat/kitchen/state"


class Flow:
    """An ingest with its parts and a clock that the test moves."""

    def __init__(self, store: Store | None = None, kinds: Kinds = KINDS, max_devices: int = 20_000) -> None:
        self.now = 1_000.0
        self.inbox = Inbox()
        self.state = State(kinds, max_devices=max_devices)
        self.store = store or MemoryStore()
        self.frames: list[Frame] = []
        parts = Parts(self.inbox, kinds, self.state, self.store, self.frames.append)
        self.ingest = Ingest(parts, BridgeStatus(), clock=lambda: self.now)

    def put(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """A message in the inbox."""
        self.inbox.put(Arrived(0, RawMessage(topic, payload, 1.8e9, retained)))

    def step(self, seconds: float = 0.0) -> None:
        """One round, so many seconds later, without waiting for anything."""
        self.now += seconds
        self.inbox.wake()
        self.ingest.step()

    def say(self, topic: str, payload: bytes) -> None:
        """One message, taken in after a pause that lets its frame out."""
        self.put(topic, payload)
        self.step(GAP_UNDER_LOAD)


class FailingStore(MemoryStore):
    """Refuses the next `failures` batches."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def commit(self, batch: Batch) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise OSError("the disk at s3cret is full")
        super().commit(batch)


class FaultyKinds(Kinds):
    """A fault of ours: no topic can be looked up."""

    def claim(self, topic: str) -> Claim | None:
        raise RuntimeError("made to fail")


# Where each message ends.

DEVICE = st.sampled_from(["a", "b", "ü", "x y"])
KIND = st.sampled_from([*(kind.name for kind in KINDS), "nothing"])
TOPICS = st.one_of(
    st.builds(
        "fleet/{}/{}/{}".format, KIND, DEVICE, st.sampled_from(["state", "availability", "set", "odd"])
    ),
    st.just("$SYS/broker/uptime"),
    st.text(max_size=12),
)
FIELDS = st.sampled_from(["on", "temperature", "time", "name", "level", "event", "state", "more"])
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just({"deep": [1, {}]})
)
PAYLOADS = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [b"", b"online", b"offline", b"{", b"[1]", b"21.5", b'{"on":true}', b'{"temperature":20}']
    ),
    st.dictionaries(FIELDS, VALUES, max_size=4).map(lambda fields: json.dumps(fields).encode()),
    st.just(b"x" * 300_000),
)


@given(st.lists(st.tuples(TOPICS, PAYLOADS, st.booleans()), max_size=30), st.integers(1, 4))
def test_law_of_counts(messages: list[tuple[str, bytes, bool]], max_devices: int) -> None:
    """Whatever comes: received = accepted + unclaimed + ignored + quarantined, and the last are stored."""
    flow = Flow(max_devices=max_devices)
    for topic, payload, retained in messages:
        flow.put(topic, payload, retained=retained)
        if len(payload) % 2:
            flow.step(0.01)
    flow.step(1.0)
    counts = flow.ingest.counts
    refused = counts.quarantined.total()
    assert len(messages) == counts.received
    assert counts.received == counts.accepted + counts.unclaimed + counts.ignored + refused
    assert (refused, 0) == flow.store.quarantine_counts()
    assert "internal_error" not in counts.quarantined
    assert dict(flow.state.devices) == {device.id: device for device in flow.store.latest()}
    shown = {device.id: device for frame in flow.frames for device in frame.devices}
    assert dict(flow.state.devices) == shown


def test_each_sort_of_message_is_counted() -> None:
    """A state, an announcement, an unclaimed message, a command, the broker's own and a refused one."""
    flow = Flow()
    for topic, payload in (
        (KITCHEN, b'{"temperature": 21, "humidity": 40}'),
        ("fleet/thermostat/kitchen/availability", b"online"),
        ("shelf/odd", b'{"a": 1}'),
        ("fleet/thermostat/kitchen/set", b'{"heating": true}'),
        ("$SYS/broker/uptime", b"1"),
        (KITCHEN, b'{"temperature": "warm"}'),
    ):
        flow.put(topic, payload)
    flow.step()
    counts = flow.ingest.counts
    assert (counts.received, counts.accepted, counts.unclaimed, counts.ignored) == (6, 2, 1, 2)
    assert (counts.readings, dict(counts.quarantined)) == (3, {"wrong_type": 1})


def test_refused_messages_are_kept_with_their_reason() -> None:
    """A refused message is in the store with an id that grows, and the frame tells that there is one more."""
    flow = Flow()
    flow.say(KITCHEN, b"{")
    flow.say(KITCHEN, b'{"temperature": 900}')
    assert [(2, "out_of_range"), (1, "invalid_json")] == [(q.id, q.reason) for q in flow.store.quarantined()]
    assert [True, True] == [frame.quarantined for frame in flow.frames]
    assert dict(flow.state.devices) == {}


def test_a_refused_message_leaves_the_state() -> None:
    """What does not validate changes nothing of its device."""
    flow = Flow()
    flow.say(KITCHEN, b'{"temperature": 21}')
    before = flow.state.devices["thermostat.kitchen"]
    flow.say(KITCHEN, b'{"temperature": 22, "humidity": "wet"}')
    assert before is flow.state.devices["thermostat.kitchen"]


def test_one_device_too_many_is_refused() -> None:
    """Above the bound of devices the message is quarantined, so that people can see why."""
    flow = Flow(max_devices=1)
    flow.say(KITCHEN, b'{"temperature": 21}')
    flow.say("shelf/odd", b"1")
    flow.say("fleet/lamp/a/availability", b"online")
    found = [(q.reason, q.detail) for q in flow.store.quarantined()]
    assert [("too_many_devices", "it would be one more than 1 devices")] * 2 == found
    assert flow.ingest.counts.quarantined == {"too_many_devices": 2}


# Faults of ours.


def test_a_fault_of_ours_loses_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """A message that we fail on is in the quarantine, and the fault is in the log."""
    flow = Flow(kinds=FaultyKinds())
    flow.say(KITCHEN, b'{"temperature": 21}')
    flow.say("shelf/odd", b"1")
    assert ["internal_error"] * 2 == [q.reason for q in flow.store.quarantined()]
    assert flow.ingest.counts.received == flow.ingest.counts.quarantined.total()
    assert "a message on 'fleet/thermostat/kitchen/state'" in caplog.text
    assert "made to fail" in caplog.text


@pytest.mark.parametrize(
    "item",
    [Linked(0, Connection(True, "up")), CommandSent("lamp.a", {"on": True}, "ann")],
    ids=["link", "command"],
)
def test_a_fault_with_a_control_item(caplog: pytest.LogCaptureFixture, item: Item) -> None:
    """A control item that we fail on is logged, and the messages after it are taken in."""

    class FaultyState(State):
        def connection(self, transport: int, *, up: bool, detail: str, now: float) -> list[object]:  # type: ignore[override]
            raise RuntimeError("made to fail")

        def commanded(self, note: object, now: float) -> None:
            raise RuntimeError("made to fail")

    flow = Flow()
    flow.ingest = Ingest(
        Parts(flow.inbox, KINDS, FaultyState(KINDS), flow.store, flow.frames.append), BridgeStatus()
    )
    flow.inbox.put(item)
    flow.put(KITCHEN, b'{"temperature": 21}')
    flow.step()
    assert [1] == [flow.ingest.counts.accepted]
    assert "made to fail" in caplog.text


def test_a_batch_that_the_store_refused_is_offered_again(caplog: pytest.LogCaptureFixture) -> None:
    """States and refused messages stay until the store takes them; the log tells of the fault once."""
    flow = Flow(FailingStore(3))
    flow.say(KITCHEN, b'{"temperature": 21}')
    flow.say(KITCHEN, b"{")
    assert (list(flow.store.latest()), flow.ingest.waiting) == ([], 2)
    for _ in range(3):
        flow.step(RETRY)
    assert ["thermostat.kitchen"] == [device.id for device in flow.store.latest()]
    assert [1] == [entry.id for entry in flow.store.quarantined()]
    assert flow.ingest.waiting == 0
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1


def test_a_failing_store_is_not_asked_without_pause() -> None:
    """Between two tries there is a pause, however many messages come."""
    store = FailingStore(1_000)
    flow = Flow(store)
    for _ in range(10):
        flow.put(KITCHEN, b'{"temperature": 21}')
        flow.step(RETRY / 20)
    assert store.failures == 999
    flow.step(RETRY)
    assert store.failures == 998


def test_a_failing_store_holds_up_no_frame() -> None:
    """While the store fails people still see what is new, and that it fails; then that it works again."""
    flow = Flow(FailingStore(2))
    for temperature in (b"21", b"22", b"23"):
        flow.say(KITCHEN, b'{"temperature": %s}' % temperature)
    shown = [device.metrics["temperature"].value for frame in flow.frames for device in frame.devices]
    assert shown == [21.0, 22.0, 23.0]
    fault = "the store failed (OSError); what it did not take is offered again"
    assert fault == flow.ingest.status.store_fault
    flow.step(RETRY)
    flow.step(RETRY)
    statuses = [frame.status.store_fault for frame in flow.frames if frame.status is not None]
    assert ("", True, "") == (flow.ingest.status.store_fault, fault in statuses, statuses[-1])


def test_refused_messages_that_wait_have_a_bound() -> None:
    """When too many wait for the store, no more is taken in: the inbox holds the rest, nothing is lost."""
    store = FailingStore(2)
    flow = Flow(store)
    for _ in range(MAX_REFUSED):
        flow.put(KITCHEN, b"{")
    flow.step()
    for _ in range(5):
        flow.put(KITCHEN, b"{")
    flow.step(RETRY)
    assert (flow.ingest.counts.received, len(flow.inbox)) == (MAX_REFUSED, 5)
    flow.step(RETRY)
    assert store.quarantine_counts() == (MAX_REFUSED, 0)
    flow.step(RETRY)
    assert (flow.ingest.counts.received, len(flow.inbox)) == (MAX_REFUSED + 5, 0)
    assert store.quarantine_counts() == (1_000, MAX_REFUSED + 5 - 1_000)


def test_restart_counts_on(caplog: pytest.LogCaptureFixture) -> None:
    """After a restart the state is there, marked, and no id of the quarantine is used twice."""
    store = MemoryStore()
    before = Flow(store)
    before.say(KITCHEN, b'{"temperature": 21}')
    before.say(KITCHEN, b"{")
    after = Flow(store)
    after.ingest.restore()
    after.say(KITCHEN, b"[")
    assert ["restored"] == [m.provenance for m in after.state.devices["thermostat.kitchen"].metrics.values()]
    assert [2, 1] == [entry.id for entry in store.quarantined()]
    assert caplog.records == []


# Frames and ticks.


def test_a_frame_at_once_and_then_merged() -> None:
    """The first change is shown at once; those within the gap come together, the latest of them."""
    flow = Flow()
    for temperature in (b"20", b"21", b"22", b"23"):
        flow.put(KITCHEN, b'{"temperature": %s}' % temperature)
        flow.step(GAP / 10)
    flow.step(GAP)
    shown: Sequence[object] = [
        device.metrics["temperature"].value for frame in flow.frames for device in frame.devices
    ]
    assert ([20.0, 23.0], 2) == (shown, flow.ingest.frames.merged)


def test_frames_are_further_apart_under_load() -> None:
    """While the inbox fills faster than it drains, the gap is wider; after that it is as before."""
    flow = Flow()
    for n in range(6_500):
        flow.put("shelf/odd", b"%d" % n)
    gaps = []
    for _ in range(3):
        flow.step()
        gaps.append(flow.ingest.frames.gap)
    assert [GAP_UNDER_LOAD, GAP, GAP] == gaps


def test_the_connection_of_the_first_transport_is_shown() -> None:
    """The broker's state is that of transport 0; another one's changes only its own devices."""
    flow = Flow()
    flow.put(KITCHEN, b'{"temperature": 21}')
    flow.inbox.put(Linked(0, Connection(True, "mqtt://h")))
    flow.inbox.put(Linked(1, Connection(False, "unplugged")))
    flow.step()
    assert (flow.ingest.status.broker_up, flow.ingest.status.broker_detail) == (True, "mqtt://h")
    assert flow.state.devices["thermostat.kitchen"].presence.availability == "online"
    flow.inbox.put(Linked(0, Connection(False, "gone")))
    flow.step(1)
    assert (flow.ingest.status.broker_up, flow.ingest.status.broker_detail) == (False, "gone")
    last = flow.frames[-1]
    assert ["unknown"] == [device.presence.availability for device in last.devices]
    assert last.status is not None


def test_time_alone_makes_it_stale() -> None:
    """A device that falls silent is shown and stored as stale, without any message."""
    flow = Flow()
    flow.say(KITCHEN, b'{"temperature": 21}')
    flow.step(TICK)
    flow.step(301)
    assert ["stale"] == [device.presence.availability for device in flow.frames[-1].devices]
    assert ["stale"] == [device.presence.availability for device in flow.store.latest()]


def test_silence_makes_no_frames() -> None:
    """When nothing happens nothing is sent: the numbers come to rest."""
    flow = Flow()
    flow.say(KITCHEN, b'{"temperature": 21}')
    for _ in range(20):
        flow.step(TICK)
    before = len(flow.frames)
    for _ in range(20):
        flow.step(TICK)
    assert before == len(flow.frames)


def test_the_status_tells_the_totals() -> None:
    """Once a second the status is brought up to date, and shown if it is news."""
    flow = Flow()
    flow.step()
    flow.put(KITCHEN, b"{")
    flow.put("shelf/odd", b"1")
    flow.step(TICK)
    status = flow.ingest.status
    assert (status.received, status.quarantined, status.unclaimed, status.rate) == (2, 1, 1, 2.0)
    assert (status.inbox_depth, status.inbox_limit) == (0, flow.inbox.max_items)


def test_every_stage_is_timed() -> None:
    """A round observes how long its messages waited, were read and waited to be shown."""
    flow = Flow()
    flow.say(KITCHEN, b'{"temperature": 21}')
    seen = {stage: sum(histogram.counts) for stage, histogram in flow.ingest.counts.stages.items()}
    assert seen == {"receive": 1, "decode": 1, "commit": 1, "frame": 1, "send": 0}


def test_what_the_store_took_and_the_broker_dropped_is_counted() -> None:
    """Readings count as stored once the store has taken them; the broker's own count of lost ones is read."""
    flow = Flow()
    assert (flow.ingest.counts.stored, flow.ingest.counts.broker_dropped) == (0, None)
    flow.say(KITCHEN, b'{"temperature": 21, "humidity": 40}')
    flow.say(BROKER_DROPPED, b"17")
    flow.say(BROKER_DROPPED, b"many")
    assert (flow.ingest.counts.stored, flow.ingest.counts.broker_dropped) == (2, 17)
