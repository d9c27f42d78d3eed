"""One round of the flow: every message ends somewhere, whatever it is and whatever fails."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.commands import CommandRecord, CommandSent
from bridge.frames import GAP, GAP_UNDER_LOAD
from bridge.inbox import Item, Linked
from bridge.ingest import BEHIND, BROKER_DROPPED, NEWS_AHEAD, TICK, Ingest, Parts
from bridge.keeper import ENOUGH
from bridge.ledger import RESTARTED
from bridge.ports import Batch, Connection, Selection
from bridge.state import State
from bridge.status import BridgeStatus, Counts
from schemas.catalog import Claim, Kinds
from tests.bridge.flow import KINDS, Flow
from tests.bridge.shelf import Shelf

KITCHEN = "fleet/thermostat/kitchen/state"
THERMOSTAT = "thermostat.kitchen"


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


@given(
    st.lists(st.tuples(TOPICS, PAYLOADS, st.booleans(), st.integers(0, 1)), max_size=30), st.integers(1, 4)
)
def test_law_of_counts(messages: list[tuple[str, bytes, bool, int]], max_devices: int) -> None:
    """Whatever comes: received = accepted + unclaimed + ignored + quarantined, stored and acknowledged."""
    flow = Flow(max_devices=max_devices)
    for number, (topic, payload, retained, qos) in enumerate(messages, 1):
        flow.put(topic, payload, retained=retained, qos=qos, packet_id=number * qos)
        if len(payload) % 2:
            flow.step(0.01)
    flow.step(1.0)
    flow.step(1.0)
    counts = flow.ingest.counts
    refused = counts.quarantined.total()
    assert len(messages) == counts.received
    assert counts.received == counts.accepted + counts.unclaimed + counts.ignored + refused
    assert refused == flow.store.quarantine_counts().kept
    assert counts.stored == flow.store.count(Selection())
    assert "internal_error" not in counts.quarantined
    assert flow.acknowledged == [(0, 0, number) for number, (*_, qos) in enumerate(messages, 1) if qos]
    assert (flow.inbox.depth, flow.inbox.size) == (0, 0)
    assert set(flow.state.devices) == {device.id for device in flow.store.latest()}
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
    assert [(2, "out_of_range"), (1, "invalid_json")] == [(q.id, q.reason) for q in flow.refused]
    flow.step(GAP)
    assert len([frame for frame in flow.frames if frame.quarantined]) == 2
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
    found = [(q.reason, q.detail) for q in flow.refused]
    assert [("too_many_devices", "it would be one more than 1 devices")] * 2 == found
    assert flow.ingest.counts.quarantined == {"too_many_devices": 2}


# Faults of ours.


def test_a_fault_of_ours_loses_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """A message that we fail on is in the quarantine, and the fault is in the log."""
    flow = Flow(kinds=FaultyKinds())
    flow.say(KITCHEN, b'{"temperature": 21}')
    flow.say("shelf/odd", b"1")
    assert ["internal_error"] * 2 == [q.reason for q in flow.refused]
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
        Parts(flow.inbox, KINDS, FaultyState(KINDS), flow.keep, flow.frames.append), BridgeStatus(), Counts()
    )
    flow.inbox.put(item)
    flow.put(KITCHEN, b'{"temperature": 21}')
    flow.step()
    assert [1] == [flow.ingest.counts.accepted]
    assert "made to fail" in caplog.text


# The store, and what is not of messages.


def test_a_failing_store_holds_up_no_frame() -> None:
    """While the store fails people still see what is new, and that it fails; then that it works again."""
    flow = Flow(Shelf(room=0))
    for temperature in (b"21", b"22", b"23"):
        flow.say(KITCHEN, b'{"temperature": %s}' % temperature)
    shown = [device.metrics["temperature"].value for frame in flow.frames for device in frame.devices]
    assert shown == [21.0, 22.0, 23.0]
    assert flow.ingest.status.store_fault == "the disk is full"
    assert flow.ingest.counts.stored == 0
    flow.store.room = None
    flow.step(GAP)
    flow.step(GAP)
    statuses = [frame.status.store_fault for frame in flow.frames if frame.status is not None]
    assert ("", True, "") == (flow.ingest.status.store_fault, "the disk is full" in statuses, statuses[-1])
    assert (flow.store.values(THERMOSTAT, "temperature"), flow.ingest.counts.stored) == ([21, 22, 23], 3)


def test_states_are_merged_while_the_store_is_behind() -> None:
    """A store that takes nothing is handed no more states, of which only the last would count."""
    flow = Flow(Shelf(room=0))
    flow.inbox.deliver(0, [])
    flow.now = flow.inbox.oldest or 0.0
    flow.say(KITCHEN, b'{"temperature": 0}')
    for n in range(1, 60):
        flow.step(TICK)
        flow.state.devices[THERMOSTAT] = flow.state.devices[THERMOSTAT]._replace(announced=None)
        flow.say("fleet/thermostat/kitchen/availability", b"offline" if n % 2 else b"online")
    assert len([device for load in flow.loads for device in load.batch.devices]) <= BEHIND / TICK + 2
    flow.store.room = None
    flow.step(TICK)
    flow.step(TICK)
    flow.step(TICK)
    [latest] = flow.store.latest()
    assert latest.presence.availability == flow.state.devices[THERMOSTAT].presence.availability


def test_states_that_no_message_changed_are_merged_too() -> None:
    """A broker that comes and goes while the store takes nothing makes no more states to keep either."""
    flow = Flow()
    flow.say(KITCHEN, b'{"temperature": 21}')
    flow.step(TICK)
    flow.store.room = 0
    before = len(flow.loads)
    for n in range(20):
        flow.inbox.put(Linked(0, Connection(n % 2 == 1, "broker")))
        flow.step(TICK)
    assert sum(len(load.batch.devices) for load in flow.loads[before:]) <= BEHIND / TICK + 1
    assert sum(len(load.batch.heard) for load in flow.loads[before:]) == 20
    flow.store.room = None
    flow.step()
    flow.step(TICK)
    assert ["online"] == [device.presence.availability for device in flow.store.latest()]


def test_news_for_a_store_that_never_works_have_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    """Commands and connections that come and go are kept up to a bound, which the log tells of once."""
    flow = Flow(Shelf(room=0))
    for _ in range(NEWS_AHEAD + 10):
        flow.inbox.put(CommandSent("lamp.a", {"on": True}, "ann"))
    while not caplog.records or "so far behind" not in caplog.text:
        flow.ingest.step()
    flow.ingest.step()
    assert sum(len(load.batch.commanded) for load in flow.loads) == NEWS_AHEAD
    assert caplog.text.count("so far behind") == 1
    flow.store.room = None
    flow.step()
    flow.inbox.put(CommandSent("lamp.a", {"on": False}, "ann"))
    flow.step()
    flow.step()
    assert flow.store.commanded("lamp.a", limit=1)[0].changes == {"on": False}


def test_commands_are_kept() -> None:
    """What was asked of a device is kept with who asked, and what became of it."""
    flow = Flow()
    flow.say("fleet/lamp/a/state", b'{"on": false}')
    sent = CommandSent("lamp.a", {"on": True}, "ann")
    flow.inbox.put(sent)
    flow.step()
    expected = CommandRecord(sent.id, "lamp.a", sent.time, {"on": True}, "ann")
    assert [expected] == list(flow.store.commanded(None)) == list(flow.store.unanswered())
    flow.say("fleet/lamp/a/state", b'{"on": true}', received_at=sent.time + 2)
    expected = expected._replace(ended="confirmed", ended_at=sent.time + 2, note="the device says true")
    assert [expected] == list(flow.store.commanded("lamp.a"))
    assert [] == list(flow.store.unanswered())


def test_what_an_earlier_run_left_open_has_timed_out() -> None:
    """Nobody looked for the answer meanwhile: it is told, with the reason, before any message."""
    store = Shelf()
    left = CommandRecord("one", "lamp.a", 1.8e9, {"on": True}, "ann")
    store.commit(Batch(commanded=[left]))
    flow = Flow(store)
    flow.ingest.restore(store.latest(), store.receipts(), store.unanswered())
    flow.step()
    (found,) = store.commanded(None)
    assert left._replace(ended="timed_out", ended_at=found.ended_at, note=RESTARTED) == found
    assert found.ended_at is not None


def test_flapping_is_kept_as_it_was() -> None:
    """A device that comes and goes five times a second leaves each change once, in order."""
    flow = Flow()
    for n in range(50):
        flow.say("fleet/lamp/a/availability", b"offline" if n % 2 else b"online")
        flow.say("fleet/lamp/a/availability", b"offline" if n % 2 else b"online")
    heard = list(reversed(flow.store.heard("lamp.a", limit=1_000)))
    assert ["online", "offline"] * 25 == [row.availability for row in heard]
    assert [row.time for row in heard] == sorted({row.time for row in heard})


def test_restart_counts_on(caplog: pytest.LogCaptureFixture) -> None:
    """After a restart the state is there, marked, and no id of the quarantine is used twice."""
    store = Shelf()
    before = Flow(store)
    before.say(KITCHEN, b'{"temperature": 21}')
    before.say(KITCHEN, b"{")
    before.ingest.flush()
    before.step()
    after = Flow(store)
    after.ingest.restore(store.latest(), store.receipts())
    after.say(KITCHEN, b"[")
    assert ["restored"] == [m.provenance for m in after.state.devices[THERMOSTAT].metrics.values()]
    assert [2, 1] == [entry.id for entry in after.refused]
    assert caplog.records == []


def test_a_clock_that_is_set_makes_nobody_stale() -> None:
    """Ages are counted by a clock that nobody sets: two hours forth or back change no availability."""
    flow = Flow()
    for hours in (0, 2, -2):
        flow.say(KITCHEN, b'{"temperature": 21}', received_at=1.8e9 + 3_600 * hours)
        flow.step(TICK)
        flow.step(200)
        assert flow.state.devices[THERMOSTAT].presence.availability == "online"
    assert [row.availability for row in flow.store.heard(THERMOSTAT)] == ["online"]
    flow.step(101)
    assert [row.availability for row in flow.store.heard(THERMOSTAT)] == ["stale", "online"]


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
    """While the inbox fills faster than it drains, the gap is wider; not for what the keeper lets gather."""
    flow = Flow()
    for n in range(4_000 + ENOUGH + 500):
        flow.put("shelf/odd", b"%d" % n)
    gaps = []
    for _ in range(3):
        flow.step()
        gaps.append(flow.ingest.frames.gap)
    assert [GAP_UNDER_LOAD, GAP_UNDER_LOAD, GAP] == gaps


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
    assert (status.waiting, status.mark, status.paused) == (2, flow.inbox.mark_items, False)
    flow.step(TICK)
    assert (flow.ingest.status.waiting, flow.ingest.status.lag, flow.ingest.status.repeated) == (0, 0.0, 0)


def test_every_stage_is_timed() -> None:
    """Each message is timed where it waited and was read, those that changed something where framed."""
    flow = Flow()
    flow.put(KITCHEN, b'{"temperature": 21}')
    flow.put(KITCHEN, b'{"temperature": 22}')
    flow.put(KITCHEN, b"{")
    flow.step(GAP_UNDER_LOAD)
    stages = flow.ingest.counts.stages
    seen = {stage: sum(stages[stage].counts) for stage in ("receive", "decode", "commit", "frame")}
    assert seen == {"receive": 3, "decode": 3, "commit": 3, "frame": 2}
    assert [2] == [sum(trace.count for trace in frame.traces) for frame in flow.frames if frame.changes]


def test_what_shows_nothing_leaves_no_trace() -> None:
    """A message that changes nothing is not said to have waited for the frame that came much later."""
    flow = Flow()
    flow.say("$SYS/broker/uptime", b"17")
    flow.step(60.0)
    flow.say(KITCHEN, b'{"temperature": 21}')
    traces = [trace for frame in flow.frames for trace in frame.traces]
    assert ([1], True) == ([trace.count for trace in traces], traces[0].decoded >= flow.now - 1)


def test_what_the_store_took_and_the_broker_dropped_is_counted() -> None:
    """Readings count as stored once the store has taken them; the broker's own count of lost ones is read."""
    flow = Flow()
    assert (flow.ingest.counts.stored, flow.ingest.counts.broker_dropped) == (0, None)
    flow.say(KITCHEN, b'{"temperature": 21, "humidity": 40}')
    assert flow.ingest.counts.readings == 2
    flow.say(BROKER_DROPPED, b"17")
    flow.say(BROKER_DROPPED, b"many")
    assert (flow.ingest.counts.stored, flow.ingest.counts.broker_dropped) == (2, 17)
