"""Refused messages tried again: what passes becomes history once, and the rest stays."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.ports import Batch, Exported, Selection, Sought
from bridge.quarantine import quarantine
from bridge.replay import PAGE, Replayed, replay
from bridge.retention import StoreOptions
from bridge.stores import store_for
from bridge.stores.memory import MemoryStore
from schemas.catalog import Kinds, shipped_kinds
from schemas.message import RawMessage, Rejected

AT = 1_000_000.0
KETTLE = "k/one/state"
WRONG = Rejected("wrong_type", "of an earlier kind")


@pytest.fixture(scope="module")
def kinds() -> Kinds:
    """The shipped ones."""
    return shipped_kinds()


def kept(*messages: RawMessage, why: Rejected = WRONG) -> MemoryStore:
    """A store in whose quarantine these messages are."""
    store = MemoryStore()
    store.open()
    entries = [quarantine(message, why) for message in messages]
    store.commit(Batch(quarantined=entries))
    return store


def plug(number: int, payload: object = None, *, retained: bool = False) -> RawMessage:
    """A message of a plug, one second after the one before."""
    text = payload if isinstance(payload, str) else json.dumps(payload or {"on": True, "power": number})
    return RawMessage("fleet/plug/one/state", text.encode(), AT + number, retained=retained, qos=1)


def exported(store: MemoryStore) -> Sequence[Exported]:
    """All of the history, by metric and time."""
    return sorted(store.export(Selection()), key=lambda row: (row.metric, row.time))


def there(store: MemoryStore) -> Sequence[int]:
    """The ids in quarantine, oldest first."""
    return [entry.id for entry in reversed(store.quarantined(Sought(limit=10_000)))]


def test_what_passes_becomes_history(kinds: Kinds) -> None:
    """The readings stand at the time at which the message was received, and it leaves the quarantine."""
    store = kept(plug(1), plug(2, "no"), plug(3))
    outcome = replay(store, kinds, store.commit, dry_run=False)
    assert Replayed(3, 2, {"invalid_json": 1}, 0) == outcome
    assert [
        (AT + 1, AT + 1, "on", True), (AT + 3, AT + 3, "on", True), (AT + 1, AT + 1, "power", 1.0),
        (AT + 3, AT + 3, "power", 3.0),
    ] == [(row.time, row.received_at, row.metric, row.value) for row in exported(store)]  # fmt: skip
    assert 1 == len(there(store))


def test_again_nothing_is_left_to_do(kinds: Kinds) -> None:
    """A second replay finds only what is refused still, and adds nothing."""
    store = kept(plug(1), plug(2, "no"))
    replay(store, kinds, store.commit, dry_run=False)
    before = exported(store)
    assert Replayed(1, 0, {"invalid_json": 1}, 0) == replay(store, kinds, store.commit, dry_run=False)
    assert before == exported(store)


def test_a_dry_run_only_counts(kinds: Kinds) -> None:
    """It tells the same and changes nothing."""
    store = kept(plug(1), plug(2, "no"))
    outcome = replay(store, kinds, store.commit, dry_run=True)
    assert (Replayed(2, 1, {"invalid_json": 1}, 0), 2, []) == (outcome, len(there(store)), exported(store))


def test_oldest_first_and_page_by_page(kinds: Kinds) -> None:
    """However many there are, they are committed in pages, in the order in which they came."""
    store = kept(*(plug(number) for number in range(2 * PAGE + 1)))
    batches: list[Batch] = []

    def keep(batch: Batch) -> None:
        batches.append(batch)
        store.commit(batch)

    assert 2 * PAGE + 1 == replay(store, kinds, keep, dry_run=False).passed
    assert [PAGE, PAGE, 1] == [len(batch.released) for batch in batches]
    times = [record.time for batch in batches for record in batch.records]
    assert (sorted(times), []) == (times, there(store))


def test_only_some(kinds: Kinds) -> None:
    """Of given ids only those are tried that are there, whatever stands between them."""
    store = kept(*(plug(number) for number in range(5)))
    ids = there(store)
    assert Replayed(2, 2, {}, 0) == replay(
        store, kinds, store.commit, dry_run=False, ids=[ids[3], 999, ids[0]]
    )
    assert [ids[1], ids[2], ids[4]] == there(store)
    assert Replayed() == replay(store, kinds, store.commit, dry_run=False, ids=[])


def test_one_that_is_not_kept_wholly_is_not_tried(kinds: Kinds) -> None:
    """What was cut off could have said anything: it is counted, and stays."""
    store = MemoryStore()
    store.open()
    whole = quarantine(plug(1), WRONG)
    store.commit(Batch(quarantined=[replace(whole, size=whole.size + 1)]))
    assert Replayed(0, 0, {}, 1) == replay(store, kinds, store.commit, dry_run=False)
    assert 1 == len(there(store))


@pytest.mark.parametrize(
    ("message", "readings"),
    [
        (plug(1, retained=True), 0),
        (plug(1, {"on": True, "time": "1970-01-01T00:00:09Z"}, retained=True), 1),
        (RawMessage("fleet/plug/one/availability", b"online", AT), 0),
        (RawMessage("fleet/plug/one/set", b'{"on": true}', AT), 0),
        (RawMessage("attic/box", b'{"a": 1}', AT), 1),
    ],
)
def test_whatever_is_accepted_leaves(kinds: Kinds, message: RawMessage, readings: int) -> None:
    """What is accepted leaves the quarantine, with no history where there is none in it."""
    store = kept(message)
    assert 1 == replay(store, kinds, store.commit, dry_run=False).passed
    assert (readings, []) == (len(exported(store)), there(store))


def test_what_no_kind_claims_is_kept_as_it_came(kinds: Kinds) -> None:
    """A message whose readings do not hold it wholly is kept beside them, as if it had just come."""
    long = json.dumps({"a": "x" * 3_000}).encode()
    store = kept(RawMessage("attic/box", long, AT))
    assert 1 == replay(store, kinds, store.commit, dry_run=False).passed
    assert [long] == [message.payload for message in store.unread("topic.attic%2Fbox")]


def test_a_device_time_is_judged_as_of_its_receipt(kinds: Kinds) -> None:
    """What was ahead of our clock when it came is so still, however long ago that is."""
    ahead = plug(1, {"on": True, "time": "1970-01-12T14:00:01Z"})
    store = kept(ahead)
    assert [1] == list(replay(store, kinds, store.commit, dry_run=False).still_refused.values())


def test_what_fails_to_be_kept_stays(kinds: Kinds) -> None:
    """If the store does not take a page, it is not released either."""
    store = kept(plug(1))

    def full(_batch: Batch) -> None:
        raise OSError(28, "no space left on device")

    with pytest.raises(OSError, match="no space left"):
        replay(store, kinds, full, dry_run=False)
    assert 1 == len(there(store))


def test_the_same_with_a_file(kinds: Kinds, tmp_path: Path) -> None:
    """It works with the store that is the default too, and the outcome outlives the process."""
    options = StoreOptions(folder=tmp_path)
    store = store_for("sqlite:///x.db", options)
    store.open()
    store.commit(Batch(quarantined=[quarantine(plug(n, None if n % 2 else "no"), WRONG) for n in range(450)]))
    assert Replayed(450, 225, {"invalid_json": 225}, 0) == replay(store, kinds, store.commit, dry_run=False)
    store.close()
    store = store_for("sqlite:///x.db", options)
    store.open()
    assert (450, 225) == (store.count(Selection()), store.quarantine_counts().kept)
    store.close()
