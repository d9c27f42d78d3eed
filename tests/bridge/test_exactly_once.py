"""Each message is kept once: redeliveries, repetitions, kept copies, late and large ones."""

import json
from datetime import UTC, datetime

import pytest

from bridge.inbox import Linked
from bridge.ingest import TICK
from bridge.ports import AFRESH, Connection, Receipt, Selection
from bridge.receipts import digest_of
from bridge.state import MAX_METRICS
from schemas.message import RawMessage
from tests.bridge.flow import Flow
from tests.bridge.shelf import Shelf

KITCHEN = "fleet/thermostat/kitchen/state"
THERMOSTAT = "thermostat.kitchen"


def test_a_redelivery_is_recognised_and_acknowledged() -> None:
    """The same message by the broker's word is kept once, counted apart, and acknowledged each time."""
    flow = Flow()
    flow.delivered(5)
    flow.delivered(5, dup=True)
    flow.delivered(6)
    assert flow.store.values("plug.a", "on") == [True, True]
    assert flow.acknowledged == [(0, 0, 5), (0, 0, 5), (0, 0, 6)]
    counts = flow.ingest.counts
    assert (counts.received, counts.accepted, counts.repeated) == (3, 2, 1)


def test_the_brokers_word_alone_is_no_proof() -> None:
    """A message that may have been sent before, but never came, is taken; so is another one of its id."""
    flow = Flow()
    flow.delivered(5, dup=True)
    flow.delivered(5, dup=True, payload=b'{"on": false}')
    assert flow.store.values("plug.a", "on") == [True, False]


def test_an_id_that_is_used_again_is_another_message() -> None:
    """Without the broker's word the same id and content is a new message, as after all ids were used."""
    flow = Flow()
    flow.delivered(5)
    flow.delivered(5)
    assert flow.store.values("plug.a", "on") == [True, True]


@pytest.mark.parametrize("payload", [b'{"on": true}', b"{"], ids=["readings", "refused"])
def test_a_redelivery_after_a_restart(payload: bytes) -> None:
    """What was committed is known to the next process, what was not is taken: each is kept once."""
    before = Flow()
    before.delivered(5, payload=payload)
    before.store.room = 0
    before.delivered(6, payload=payload)
    assert before.acknowledged == [(0, 0, 5)]
    before.store.room = None
    after = Flow(before.store)
    after.received_at += 60
    after.ingest.restore(after.store.latest(), after.store.receipts())
    after.delivered(5, dup=True, payload=payload)
    after.delivered(6, dup=True, payload=payload)
    assert len(after.store.kept) == 2
    assert after.acknowledged == [(0, 0, 5), (0, 0, 6)]


def test_a_redelivery_while_the_commit_is_pending() -> None:
    """It is not taken twice, and not acknowledged before the message that it repeats is safe."""
    flow = Flow(Shelf(room=0))
    flow.delivered(5)
    flow.delivered(5, dup=True)
    assert flow.acknowledged == []
    flow.store.room = None
    flow.step()
    assert flow.store.values("plug.a", "on") == [True]
    assert flow.acknowledged == [(0, 0, 5), (0, 0, 5)]


def test_a_new_session_repeats_nothing() -> None:
    """Where the broker knows no session of ours, an old id is a new message, after a restart too."""
    flow = Flow()
    flow.delivered(5)
    flow.delivered(6)
    flow.inbox.put(Linked(0, Connection(False, "subscribing", fresh=True)))
    flow.delivered(5, dup=True)
    assert flow.store.values("plug.a", "on") == [True] * 3
    after = Flow(flow.store)
    after.received_at += 60
    after.ingest.restore(flow.store.latest(), flow.store.receipts())
    after.delivered(5, dup=True)
    after.delivered(6, dup=True)
    assert flow.store.values("plug.a", "on") == [True] * 4


def test_a_new_session_is_noted_at_once() -> None:
    """That the broker begins anew is kept with the same round, without waiting for a message."""
    flow = Flow()
    flow.inbox.put(Linked(0, Connection(False, "subscribing", fresh=True)))
    flow.inbox.put(Linked(1, Connection(False, "subscribing", fresh=True)))
    flow.step()
    assert list(flow.store.receipts()) == [AFRESH]


def test_each_transport_has_its_own_ids() -> None:
    """The same id by another transport is another message; only the first one's are kept."""
    flow = Flow()
    raw = RawMessage("fleet/plug/a/state", b'{"on": true}', 1.9e9, qos=1, packet_id=5, connection=2)
    flow.delivered(5)
    flow.inbox.deliver(1, [raw, raw._replace(dup=True, received_at=1.9e9 + 1)])
    flow.step()
    assert flow.store.values("plug.a", "on") == [True, True]
    assert flow.acknowledged == [(0, 0, 5), (1, 2, 5), (1, 2, 5)]
    assert list(flow.store.receipts()) == [Receipt(5, digest_of(raw))]


def test_a_device_that_says_it_again() -> None:
    """A device's own number makes its message known, whatever the broker says of it."""
    flow = Flow()
    for number, on in ((1, b"true"), (1, b"true"), (2, b"true"), (1, b"false")):
        flow.say("fleet/plug/a/state", b'{"on": %s, "sequence": %d}' % (on, number))
    assert flow.store.values("plug.a", "on") == [True, True, False]
    assert flow.ingest.counts.repeated == 1


def test_a_retained_copy_before_the_message_itself() -> None:
    """The copy that comes with the subscription does not make the message that still waits a repetition."""
    flow = Flow()
    payload = b'{"on": true, "sequence": 1}'
    flow.say("fleet/plug/a/state", payload, retained=True)
    flow.say("fleet/plug/a/state", payload)
    assert flow.store.values("plug.a", "on") == [True]


def test_a_retained_flood() -> None:
    """Ten thousand kept copies are the state, and history only by a device's own time."""
    flow = Flow()
    timed = json.dumps({"on": True, "time": datetime.fromtimestamp(1.7e9, UTC).isoformat()}).encode()
    messages = [
        RawMessage(
            f"fleet/plug/{n}/state", b'{"on": true}' if n % 100 else timed,
            1.8e9 + n, retained=True, qos=1, packet_id=n + 1,
        )
        for n in range(10_000)
    ]  # fmt: skip
    flow.inbox.deliver(0, messages)
    flow.step()
    flow.step(TICK)
    assert (len(flow.state.devices), len(flow.store.latest())) == (10_000, 10_000)
    found = list(flow.store.export(Selection()))
    assert [(1.7e9, True)] * 100 == [(row.time, row.value) for row in found]
    assert flow.acknowledged == [(0, 0, n + 1) for n in range(10_000)]


def test_an_older_device_time_is_history_only() -> None:
    """What a device tells late does not go back in the state, and is kept where it belongs."""
    flow = Flow()
    for value, at in ((21, 1.7e9 + 60), (20, 1.7e9)):
        fields = {"temperature": value, "time": datetime.fromtimestamp(at, UTC).isoformat()}
        flow.say(KITCHEN, json.dumps(fields).encode())
    assert flow.store.values(THERMOSTAT, "temperature") == [20.0, 21.0]
    assert flow.state.devices[THERMOSTAT].metrics["temperature"].value == 21.0


def test_an_unreasonably_large_message() -> None:
    """Ten megabytes stop the reading for a moment where that is above the mark, and end in quarantine."""
    flow = Flow()
    flow.inbox.mark_bytes = 8 * 1024 * 1024
    told: list[bool] = []
    flow.inbox.on_room = lambda: told.append(True)
    flow.put("shelf/odd", b"x" * 10_000_000, qos=1, packet_id=1)
    assert flow.inbox.full
    flow.step()
    assert [("too_large", 10_000_000)] == [(entry.reason, entry.size) for entry in flow.refused]
    assert (told, flow.inbox.full, flow.inbox.size) == ([True], False, 0)
    assert flow.acknowledged == [(0, 0, 1)]


def test_one_metric_too_many_is_refused() -> None:
    """A message that would give a device more than the bound is quarantined as a whole."""
    flow = Flow()
    for part in range(MAX_METRICS // 64):
        flow.say("shelf/odd", json.dumps({f"m{part}-{n}": n for n in range(64)}).encode())
    flow.say("shelf/odd", b'{"m0-0": 1, "more": 2}')
    flow.say("shelf/odd", b'{"m0-0": 1}')
    assert ["too_many_metrics"] == [entry.reason for entry in flow.refused]
    assert flow.store.count(Selection()) == MAX_METRICS + 1
