"""What every store must do. A new store is one more line in `URLS`."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.commands import CommandRecord
from bridge.errors import SettingsError
from bridge.ports import (
    RECEIPTS_KEPT,
    Batch,
    Exported,
    Forgotten,
    Heap,
    Heard,
    Query,
    Receipt,
    Record,
    Selection,
    Sought,
    Store,
    Unread,
)
from bridge.quarantine import Quarantined, quarantine
from bridge.retention import StoreOptions
from bridge.state import DeviceState, MetricState
from bridge.stores import schemes, store_for
from schemas.message import RawMessage, Reading, Rejected
from tests.stores import CELSIUS, DEVICE, NOW, URLS, opened, record


@pytest.fixture(params=URLS)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each sort that the package offers."""
    with opened(request.param) as store:
        yield store


def device(name: str, temperature: float = 21.0, at: float = NOW) -> DeviceState:
    """A thermostat with one value."""
    metric = MetricState(temperature, "°C", None, at, "live")
    return DeviceState(f"thermostat.{name}", "thermostat", metrics={"temperature": metric}, seen_at=at)


def refusal(number: int, payload: bytes = b"\xffnot JSON", code: str = "invalid_json") -> Quarantined:
    """A refused message."""
    raw = RawMessage(f"fleet/lamp/{number}/state", payload, NOW + number, retained=True, qos=1)
    return quarantine(raw, Rejected(code, "expected a JSON object", "on"))


def placed(topic: str, field: str, at: float = NOW, code: str = "wrong_type") -> Quarantined:
    """A refused message of a topic, wrong at a field."""
    return quarantine(RawMessage(topic, b"{}", at), Rejected(code, "expected something else", field))


def refusals(store: Store, **sought: object) -> list[str]:
    """The topics of the refused messages that are found."""
    return [entry.topic.split("/")[2] for entry in store.quarantined(Sought(**sought))]  # type: ignore[arg-type]


def test_every_store_is_held_to_this() -> None:
    """No store of the package is left out of this contract."""
    assert sorted(URLS) == sorted(schemes())


def test_new_store_is_empty(store: Store) -> None:
    """Nothing is there before something was committed."""
    assert ([], [], []) == (list(store.latest()), list(store.receipts()), list(store.quarantined(Sought())))
    assert (0, 0, 0, {}) == tuple(
        getattr(store.quarantine_counts(), name) for name in ("kept", "size", "removed", "reasons")
    )
    assert (0, [], None) == (store.count(Selection()), list(store.export(Selection())), store.note("word"))
    assert [] == list(store.history(Query(DEVICE, CELSIUS, 0, 2 * NOW)).points)
    assert not store.tend(NOW)


def test_empty_batch_is_fine(store: Store) -> None:
    """A round without news changes nothing."""
    assert store.commit(Batch()) == 0
    assert list(store.latest()) == []


def test_latest_is_the_last_of_each_device(store: Store) -> None:
    """A device comes once, as it was in the last batch that had it, with all that belongs to it."""
    full = device("a", 22.0)._replace(
        name="Room", place="up", announced=True, device_time=NOW - 3, last_topic="t", last_payload=b"\0\xff"
    )
    store.commit(Batch(devices=[device("a"), device("b")]))
    store.commit(Batch(devices=[device("a", 21.5), full._replace(heard=12.0)]))
    found = {state.id: state for state in store.latest()}
    assert {"thermostat.a": full, "thermostat.b": device("b")} == found


def test_latest_is_no_older_than_the_readings(store: Store) -> None:
    """Readings that came after the state was handed over show in it, with the device's own time."""
    store.commit(Batch([record(21.0, NOW)], devices=[device("a")]))
    store.commit(Batch([record(21.5, NOW + 1, NOW + 1.5), record(21.7, NOW + 2, NOW + 2.5)]))
    found = store.latest()[0]
    assert MetricState(21.7, "°C", NOW + 2, NOW + 2.5, "restored") == found.metrics["temperature"]
    assert (NOW + 2.5, NOW + 2) == (found.seen_at, found.device_time)


def test_late_reading_is_not_the_latest(store: Store) -> None:
    """A reading with an older device time than the last is history only, as in the live state."""
    store.commit(
        Batch([record(21.0, NOW, NOW + 1)], devices=[device("a", 21.0, NOW + 1)._replace(device_time=NOW)])
    )
    store.commit(Batch([record(5.0, NOW - 50, NOW + 2)]))
    assert store.latest()[0].metrics["temperature"].value == 21.0


def test_device_with_readings_alone_is_there(store: Store) -> None:
    """A device whose state was not handed over before the end comes back from its readings."""
    store.commit(Batch([record(21.0, NOW), record(True, NOW + 1, unit="")]))
    found = store.latest()
    assert [(DEVICE, "thermostat")] == [(state.id, state.kind) for state in found]
    assert MetricState(True, "", None, NOW + 1, "restored") == found[0].metrics["temperature"]


def test_readings_are_kept_once(store: Store) -> None:
    """The same value of a metric at the same time is one reading, another value or time is another one."""
    batch = Batch([record(21.0, NOW), record(21.0, NOW, NOW + 9), record(22.0, NOW), record(21.0, NOW + 1)])
    assert [3, 0, 3] == [store.commit(batch), store.commit(batch), store.count(Selection())]
    found = [(row.time - NOW, row.value) for row in store.export(Selection())]
    assert [(0, 21.0), (0, 22.0), (1, 21.0)] == found


VALUES = (
    st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, -1.0, 2.25]) | st.sampled_from(["on", "off"])
)
RECORDS = st.lists(st.builds(record, VALUES, st.integers(0, 12).map(lambda n: NOW + n / 2)), max_size=12)


@pytest.mark.parametrize("scheme", URLS)
@settings(max_examples=40)
@given(batches=st.lists(RECORDS, max_size=6))
def test_any_batches_give_each_reading_once(scheme: str, batches: list[list[Record]]) -> None:
    """Whatever comes, however often: each type, time and value is there once, and was counted so."""
    expected = {
        (type(kept.readings[0].value), kept.readings[0].value, kept.time)
        for batch in batches
        for kept in batch
    }
    with opened(scheme) as store:
        new = sum(store.commit(Batch(records)) for records in batches)
        found = [(type(row.value), row.value, row.time) for row in store.export(Selection())]
        assert store.count(Selection()) == store.facts().readings == new
    assert (len(expected), expected) == (len(found), set(found))
    assert new == len(found)


def test_export_is_in_order(store: Store) -> None:
    """By device, metric and time, of what was selected, with the unit and both times; and counted alike."""
    records = [
        Record(f"plug.{name}", "plug", NOW - n, NOW + n, (Reading("power", n, "W"), Reading("on", n > 2)))
        for n in range(3_000)
        for name in "ba"
    ]
    store.commit(Batch(records))
    rows = list(store.export(Selection()))
    assert sorted(rows, key=lambda row: (row.device_id, row.metric, row.time)) == rows
    chosen = Selection("plug.a", "power", NOW - 3, NOW - 1)
    assert [
        Exported(NOW - 3, NOW + 3, "plug.a", "power", 3, "W"),
        Exported(NOW - 2, NOW + 2, "plug.a", "power", 2, "W"),
    ] == list(store.export(chosen))
    assert (len(rows), 2) == (store.count(Selection()), store.count(chosen))


def test_lists_of_a_device_are_newest_first(store: Store) -> None:
    """Availability, commands and messages of one device come back, the newest first, at most so many."""
    heard = [Heard(DEVICE, NOW + n, "online" if n % 2 else "stale", f"reason {n}") for n in range(5)]
    asked = [
        CommandRecord(f"{n}", DEVICE, NOW + n, {"target": 20.5 + n, "on": True}, "ann") for n in range(5)
    ]
    asked[2] = asked[2]._replace(ended="not_sent", ended_at=NOW + 2.5, note="away")
    raws = [RawMessage(f"t/{n}", b"\xff" * n, NOW + n, retained=n == 1, qos=1) for n in range(5)]
    store.commit(
        Batch(heard=heard[:3], commanded=asked[:3], unread=[Unread(DEVICE, raw) for raw in raws[:3]])
    )
    store.commit(
        Batch(heard=heard[3:], commanded=asked[3:], unread=[Unread(DEVICE, raw) for raw in raws[3:]])
    )
    other = Unread("plug.b", raws[0]._replace(packet_id=7, dup=True, connection=3))
    store.commit(Batch(heard=[heard[0]._replace(device_id="plug.b")], unread=[other]))
    assert heard[:0:-1] == list(store.heard(DEVICE, limit=4))
    assert asked[::-1] == list(store.commanded(DEVICE))
    assert raws[:1:-1] == list(store.unread(DEVICE, limit=3))
    assert raws[:1] == list(store.unread("plug.b"))


def test_a_command_ends_where_it_began(store: Store) -> None:
    """Its end is written to the command itself, which keeps its place; of all devices, newest first."""
    first = CommandRecord("a1", DEVICE, NOW, {"on": True, "target": 21}, "ann")
    second = CommandRecord("b2", "lamp.b", NOW + 1, {"on": False}, "bob")
    store.commit(Batch(commanded=[first, second]))
    assert [first, second] == list(store.unanswered())
    ended = first._replace(ended="confirmed", ended_at=NOW + 2.5, note="the device says true")
    late = second._replace(ended="timed_out", ended_at=NOW + 6, note="no answer within 5 s")
    store.commit(Batch(commanded=[ended, late, late._replace(note="nobody there")]))
    expected = [late._replace(note="nobody there"), ended]
    assert expected == list(store.commanded(None))
    assert [expected[:1], expected[1:], []] == [
        list(store.commanded(None, limit=1)), list(store.commanded(DEVICE)), list(store.unanswered()),
    ]  # fmt: skip


def test_receipts_are_the_newest(store: Store) -> None:
    """As many as half of all packet ids, oldest first, however they came."""
    receipts = [Receipt(1 + n % 65_535, n * 97 % 2**32) for n in range(70_000)]
    for begin in range(0, 70_000, 9_000):
        store.commit(Batch(receipts=receipts[begin : begin + 9_000]))
    assert receipts[-RECEIPTS_KEPT:] == list(store.receipts())


def test_notes(store: Store) -> None:
    """A word is kept until another takes its place."""
    store.set_note("key", "one")
    store.set_note("key", "two")
    assert ("two", None) == (store.note("key"), store.note("other"))


def test_quarantine_pages_newest_first(store: Store) -> None:
    """Pages follow each other by `before`, newest first, and together they are all, as they came."""
    entries = [refusal(number) for number in range(1, 8)]
    store.commit(Batch(quarantined=entries[:4]))
    store.commit(Batch(quarantined=entries[4:]))
    pages: list[Quarantined] = []
    before: int | None = None
    while page := store.quarantined(Sought(before, 3)):
        assert len(page) <= 3
        pages += page
        before = page[-1].id
    bare = [
        (e.time, e.topic, e.reason, e.detail, e.payload, e.size, e.field, e.retained, e.qos) for e in pages
    ]
    assert [
        (e.time, e.topic, e.reason, e.detail, e.payload, e.size, e.field, e.retained, e.qos)
        for e in entries[::-1]
    ] == bare
    counts = store.quarantine_counts()
    assert (7, 7 * 9, 0, {"invalid_json": 7}) == (
        counts.kept,
        counts.size,
        counts.removed,
        dict(counts.reasons),
    )


def test_page_by_default_has_a_bound(store: Store) -> None:
    """Without a limit a page has a hundred."""
    store.commit(Batch(quarantined=[refusal(number) for number in range(150)]))
    assert [str(number) for number in range(149, 49, -1)] == refusals(store)


def test_quarantine_can_be_searched(store: Store) -> None:
    """By reason, and by words in topic, detail or payload, upper and lower case alike."""
    store.commit(
        Batch(quarantined=[refusal(1, b"\xff Stra\xc3\x9fe"), refusal(2, b"x", "too_big"), refusal(3)])
    )
    assert ["1"] == refusals(store, text="STRASSE")
    assert ["3", "2", "1"] == refusals(store, text="json OBJECT")
    assert ["2"] == refusals(store, text="lamp/2/")
    assert ["3", "1"] == refusals(store, reason="invalid_json")
    assert [] == refusals(store, reason="too_big", text="not json")
    assert ["1"] == refusals(store, reason="invalid_json", limit=5, before=store.quarantined(Sought())[1].id)


def test_quarantine_can_be_narrowed_to_topics_and_a_field(store: Store) -> None:
    """A level `+` is any one level and no more; a field is the whole of it, also where there is none."""
    store.commit(Batch(quarantined=[placed("fleet/a/b/state", "x"), placed("fleet/a/state", "")]))
    store.commit(Batch(quarantined=[placed("fleet/c/state", "x"), placed("fleet/c.state", "x")]))

    def found(**sought: object) -> list[str]:
        return [entry.topic for entry in store.quarantined(Sought(**sought))]  # type: ignore[arg-type]

    assert ["fleet/c/state", "fleet/a/state"] == found(topic="fleet/+/state")
    assert ["fleet/c/state"] == found(topic="fleet/+/state", field="x")
    assert ["fleet/a/state"] == found(field="")
    assert ["fleet/c.state"] == found(topic="fleet/c.state")
    assert ["fleet/c/state"] == found(topic="fleet/+/state", limit=1)
    assert [] == found(topic="fleet/+", text="c/state")


def test_quarantine_is_told_in_heaps(store: Store) -> None:
    """By topic, reason and field, the heap with the newest first; each with number, times and newest."""
    store.commit(
        Batch(
            quarantined=[
                placed("a", "x", NOW + 1),
                placed("b", "x", NOW + 2),
                placed("a", "x", NOW + 3),
                placed("a", "", NOW + 4, "other"),
            ]
        )
    )
    other, a, b = (
        Heap("a", "other", "", 1, NOW + 4, NOW + 4, 4),
        Heap("a", "wrong_type", "x", 2, NOW + 1, NOW + 3, 3),
        Heap("b", "wrong_type", "x", 1, NOW + 2, NOW + 2, 2),
    )
    assert [other, a, b] == list(store.quarantine_heaps())
    assert [a, b] == list(store.quarantine_heaps("wrong_type"))
    assert [other, a] == list(store.quarantine_heaps(limit=2))
    store.commit(Batch(released=[3, 4]))
    assert [b, a._replace(number=1, last=NOW + 1, newest=1)] == list(store.quarantine_heaps())


def test_released_messages_leave_and_ids_are_not_used_again(store: Store) -> None:
    """What is released is gone and not counted as removed; the next message gets a new id."""
    store.commit(Batch(quarantined=[refusal(1), refusal(2)]))
    last = store.quarantined(Sought())[0].id
    store.commit(Batch(released=[last, last + 1000]))
    store.commit(Batch(quarantined=[refusal(3)]))
    assert ["3", "1"] == refusals(store)
    assert store.quarantined(Sought())[0].id > last
    counts = store.quarantine_counts()
    assert (2, 0) == (counts.kept, counts.removed)


def test_facts(store: Store) -> None:
    """A store says how many readings it has and since when."""
    store.commit(Batch([record(21.0, NOW + 5), record(22.0, NOW)]))
    facts = store.facts()
    assert (2, NOW, store.durable) == (facts.readings, facts.oldest, facts.durable)
    assert facts.where


def test_read_while_written(store: Store) -> None:
    """Readers of any thread see whole batches: both devices of one, or neither, and never an error."""
    done = threading.Event()
    broken: list[object] = []

    def read() -> None:
        try:
            while not done.is_set():
                values = {state.metrics["temperature"].value for state in store.latest()}
                ids = [entry.id for entry in store.quarantined(Sought(limit=10))]
                if len(values) > 1 or ids != sorted(ids, reverse=True):
                    broken.append((values, ids))
                store.quarantine_counts()
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost
            broken.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(300):
        batch = Batch(devices=[device("a", float(n)), device("b", float(n))], quarantined=[refusal(n + 1)])
        store.commit(batch)
    done.set()
    for reader in readers:
        reader.join()
    assert broken == []


@pytest.mark.parametrize(
    ("url", "got"),
    [
        ("oracle://ann:s3cret@host/db", "got oracle://"),
        ("s3cret", "got no scheme"),
        ("oracle://[s3cret", "got no scheme"),
    ],
)
def test_unknown_scheme(url: str, got: str) -> None:
    """A store that is not offered is named with what there is; nothing else of its URL is shown."""
    with pytest.raises(SettingsError) as refused:
        store_for(url, StoreOptions())
    assert f"[store] url: expected one of memory://, sqlite://, {got}" == str(refused.value)


# Forgetting.


def forgotten(store: Store, at: float, *, history: bool) -> None:
    """The thermostat of `record` is forgotten."""
    store.commit(Batch(forgotten=[Forgotten(DEVICE, at, history)]))


@pytest.mark.parametrize("history", [False, True], ids=["history stays", "history goes"])
def test_a_forgotten_device_does_not_come_back_by_its_history(store: Store, *, history: bool) -> None:
    """Neither its state nor its readings bring it back; what it says afterwards does, and only that."""
    state = device("a")._replace(metrics={"humidity": MetricState(40.0, "%", None, NOW, "live")})
    store.commit(Batch(records=[record(20.0, NOW)], devices=[state, device("b")]))
    store.commit(Batch(records=[record(21.0, NOW + 1)]))
    forgotten(store, NOW + 1, history=history)
    assert ["thermostat.b"] == [known.id for known in store.latest()]
    assert ([] if history else [20.0, 21.0]) == [row.value for row in store.export(Selection(DEVICE))]
    store.commit(Batch(records=[record(22.0, NOW + 2)]))
    (back,) = [known for known in store.latest() if known.id == DEVICE]
    assert {"temperature": 22.0} == {name: metric.value for name, metric in back.metrics.items()}
    expected = [22.0] if history else [20.0, 21.0, 22.0]
    assert expected == [row.value for row in store.export(Selection(DEVICE))]
    found = store.history(Query(DEVICE, CELSIUS, NOW - 10, NOW + 10))
    assert expected == [point.value for point in found.points]


def test_a_state_after_it_does_not_bring_back_what_was_before(store: Store) -> None:
    """A new device begins with what it says itself, although its history has more."""
    store.commit(Batch(records=[record(20.0, NOW)]))
    forgotten(store, NOW, history=False)
    new = DeviceState(DEVICE, "thermostat", seen_at=NOW + 1)
    store.commit(Batch(devices=[new]))
    assert [{}] == [dict(known.metrics) for known in store.latest()]


def test_with_its_history_all_goes_that_is_asked_by_device(store: Store) -> None:
    """Availability, commands and messages too; those of others stay."""
    raw = RawMessage("fleet/thermostat/a/state", b"{}", NOW)
    for name in (DEVICE, "thermostat.b"):
        store.commit(
            Batch(
                unread=[Unread(name, raw)],
                heard=[Heard(name, NOW, "online", "heard")],
                commanded=[CommandRecord(f"of {name}", name, NOW, {"target": 20}, "Ada", "not_sent")],
            )
        )
    forgotten(store, NOW + 1, history=False)
    for name, count in ((DEVICE, 1), ("thermostat.b", 1)):
        assert [count] * 3 == [len(ask(name)) for ask in (store.heard, store.commanded, store.unread)]
    forgotten(store, NOW + 2, history=True)
    for name, count in ((DEVICE, 0), ("thermostat.b", 1)):
        assert [count] * 3 == [len(ask(name)) for ask in (store.heard, store.commanded, store.unread)]


def test_forgetting_whom_nobody_knows(store: Store) -> None:
    """Nothing happens."""
    forgotten(store, NOW, history=True)
    assert ([], 0) == (list(store.latest()), store.count(Selection()))
