"""The writing thread: committed in order, then acknowledged, and never hanging, whatever the store does."""

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bridge.inbox import Kept
from bridge.keeper import TOGETHER, Keeper
from bridge.load import Load, together
from bridge.ports import Batch, Heard, Receipt, Record, Sought, Unread
from bridge.quarantine import quarantine
from bridge.receipts import digest_of
from bridge.state import DeviceState
from bridge.status import BUCKETS, Histogram
from schemas.message import RawMessage, Reading, Rejected
from tests.bridge.shelf import POISON, Broker, Shelf
from tests.servers import wait_until

PATIENCE = 20.0


def message(number: int, topic: str = "shelf/a") -> RawMessage:
    """A message with this packet id."""
    return RawMessage(topic, b"%d" % number, 1.8e9 + number, qos=1, packet_id=number, connection=7)


def load_of(*values: int, unread: Sequence[int] = ()) -> Load:
    """A load of messages whose value, time and packet id are these numbers."""
    messages = [message(number) for number in values]
    records = [
        Record("topic.a", "unclaimed", m.received_at, m.received_at, (Reading("value", int(m.payload)),))
        for m in messages
    ]
    batch = Batch(
        records,
        [Unread("topic.a", messages[values.index(number)]) for number in unread],
        receipts=[Receipt(m.packet_id, digest_of(m)) for m in messages],
    )
    return Load(batch, messages, [(0, 7, number) for number in values], len(values), 10 * len(values), 5.0)


def refused(topic: str, number: int = 1) -> Load:
    """A load of one refused message."""
    entry = quarantine(message(number, topic), Rejected("invalid_json", "no JSON"))
    return Load(Batch(quarantined=[entry]), (), [(0, 7, number)], 1, 10, 5.0)


@contextmanager
def keeping(store: Shelf, around: Broker | None = None) -> Iterator[Keeper]:
    """A keeper with its thread running, stopped at the end."""
    keeper = Keeper(store, around or Broker(), Histogram())
    keeper.start()
    try:
        yield keeper
    finally:
        assert keeper.stop(PATIENCE) is (store.room is None)


def committed(store: Shelf, around: Broker, *loads: Load) -> bool:
    """Whether all of these were committed by a keeper that then ended."""
    keeper = Keeper(store, around, Histogram())
    for load in loads:
        keeper.put(load)
    return keeper.stop(PATIENCE)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """A thread that does this now."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


# In order.


def test_committed_then_acknowledged_then_settled() -> None:
    """Loads that wait are committed together; only then their packet ids go out, in order of receipt."""
    store, around = Shelf(), Broker()
    store.on_commit = lambda: around.log.append(("commit",))
    assert committed(store, around, load_of(3, 1), load_of(2))
    assert around.log == [("commit",), ("ack", 0, 7, 3, 1, 2), ("settle", 3, 30)]
    assert around.news == [Kept(3, quarantine=False)]
    assert store.values("topic.a", "value") == [1, 2, 3]


def test_each_connection_gets_its_own() -> None:
    """Acknowledgements of several transports and connections do not mix, and keep their order in each."""
    around = Broker()
    mixed = Load(Batch(), (), [(0, 1, 5), (1, 1, 9), (0, 2, 4), (0, 1, 6)], 4, 0, 1.0)
    committed(Shelf(), around, mixed)
    assert around.log[:-1] == [("ack", 0, 1, 5, 6), ("ack", 1, 1, 9), ("ack", 0, 2, 4)]


def test_a_batch_has_a_bound() -> None:
    """No more than so many messages are committed together, but for one load that is larger."""
    store, around = Shelf(), Broker()
    sizes = (TOGETHER - 1, 1, 1, 2 * TOGETHER)
    assert committed(store, around, *(Load(Batch(), (), (), count, 0, 1.0) for count in sizes))
    assert around.log == [("settle", TOGETHER, 0), ("settle", 1, 0), ("settle", 2 * TOGETHER, 0)]


class Disk(Shelf):
    """A store whose commits cost something."""

    durable = True


def test_what_comes_soon_after_a_commit_gathers() -> None:
    """The first are committed at once; then what comes waits for more, until the broker waits for ten."""
    store = Disk()
    keeper = Keeper(store, Broker(), Histogram(), apart=PATIENCE)
    keeper.start()
    keeper.put(load_of(*range(1, 21)))
    wait_until(lambda: keeper.waiting == 0, "the first")
    keeper.put(load_of(*range(21, 41)))
    wait_until(lambda: keeper.waiting == 0, "as many again")
    for number in range(41, 50):
        keeper.put(load_of(number))
    assert 9 == keeper.waiting
    keeper.put(load_of(50))
    wait_until(lambda: keeper.waiting == 0, "ten of them")
    assert [20, 20, 10] == [len(batch.records) for batch in store.asked]
    keeper.put(load_of(51))
    assert True is keeper.stop(PATIENCE / 2)
    assert list(range(1, 52)) == store.values("topic.a", "value")


@pytest.mark.parametrize("window", [1, 3])
def test_a_broker_that_lets_few_be_on_their_way_does_not_wait(window: int) -> None:
    """As many as it ever sent before it waited are acknowledged at once, though they are fewer than ten."""
    store = Disk()
    keeper = Keeper(store, Broker(), Histogram(), apart=PATIENCE)
    keeper.start()
    for turn in range(4):
        keeper.put(load_of(*range(turn * window, (turn + 1) * window)))
        wait_until(lambda: keeper.waiting == 0, "what it waits for")
    assert [window] * 4 == [len(batch.records) for batch in store.asked]
    assert True is keeper.stop(PATIENCE / 2)


def test_many_messages_do_not_wait_for_more() -> None:
    """Messages that nobody waits for are committed as soon as a thousand of them are there."""
    store = Disk()
    keeper = Keeper(store, Broker(), Histogram(), apart=PATIENCE)
    keeper.start()
    keeper.put(load_of(1))
    wait_until(lambda: keeper.waiting == 0, "the first")
    keeper.put(replace(load_of(2), acknowledge=(), count=999))
    assert 1 == keeper.waiting
    keeper.put(replace(load_of(3), acknowledge=(), count=1))
    wait_until(lambda: keeper.waiting == 0, "a thousand")
    assert True is keeper.stop(PATIENCE / 2)


def test_ask_is_answered_while_more_gathers() -> None:
    """Who asks for something between two commits does not wait for the next one."""
    store = Disk()
    keeper = Keeper(store, Broker(), Histogram(), apart=10 * PATIENCE)
    keeper.start()
    keeper.put(load_of(1))
    wait_until(lambda: keeper.waiting == 0, "the first")
    assert "answered" == keeper.ask(lambda: "answered")
    assert True is keeper.stop(PATIENCE)


def test_together_keeps_everything_in_order() -> None:
    """Joining loses nothing of any sort, and takes the oldest time."""
    device = DeviceState("lamp.a", "lamp")
    heard = Heard("lamp.a", 1.0, "online", "heard")
    found = together(
        [
            Load(Batch(devices=[device]), since=3.0),
            load_of(1, unread=[1]),
            Load(Batch(heard=[heard])),
            load_of(2),
        ]
    )
    batch = found.batch
    assert (list(batch.devices), list(batch.heard), len(batch.unread)) == ([device], [heard], 1)
    assert [m.packet_id for m in found.messages] == [1, 2]
    assert [receipt.packet_id for receipt in batch.receipts] == [1, 2]
    assert (found.acknowledge, found.count, found.size) == ([(0, 7, 1), (0, 7, 2)], 2, 20)
    assert found.since == 3.0


def test_the_oldest_is_seen_while_it_is_written() -> None:
    """What waits and what is being committed is told, until it is kept."""
    store = Shelf()
    seen: list[object] = []
    keeper = Keeper(store, Broker(), Histogram())
    store.on_commit = lambda: seen.append((keeper.oldest, keeper.waiting))
    assert (keeper.oldest, keeper.waiting) == (None, 0)
    keeper.put(load_of(1))
    assert (keeper.oldest, keeper.waiting) == (5.0, 1)
    keeper.stop(PATIENCE)
    assert (seen, keeper.oldest, keeper.waiting) == ([(5.0, 1)], None, 0)


def test_many_threads_lose_nothing() -> None:
    """Loads of eight threads at once, with questions between them, are all kept once."""
    store, around = Shelf(), Broker()
    with keeping(store, around) as keeper:

        def put(first: int) -> None:
            for number in range(first, first + 200):
                keeper.put(load_of(number))
                if number % 50 == 0:
                    keeper.ask(lambda: None)
                    assert keeper.oldest in (None, 5.0)

        threads = [in_thread(lambda first=first: put(first)) for first in range(1_000, 9_000, 1_000)]  # type: ignore[misc]
        for thread in threads:
            thread.join(PATIENCE)
    acked = [number for entry in around.log if entry[0] == "ack" for number in entry[3:]]
    everything = sorted(n for first in range(1_000, 9_000, 1_000) for n in range(first, first + 200))
    assert (everything, everything) == (sorted(acked), store.values("topic.a", "value"))  # type: ignore[type-var]


# A store that fails.


def test_nothing_is_acknowledged_that_the_store_did_not_take(caplog: pytest.LogCaptureFixture) -> None:
    """While the store fails nothing is acknowledged or settled; it is said once, and when it is over."""
    store, around = Shelf(room=0), Broker()
    with keeping(store, around) as keeper:
        keeper.put(load_of(1))
        wait_until(lambda: len(store.asked) > 1, "a second try")
        assert (around.log, around.news) == ([], [Kept(fault="the disk is full")])
        store.room = None
    assert around.log == [("ack", 0, 7, 1), ("settle", 1, 10)]
    assert around.news[1:] == [Kept(1)]
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.ERROR, logging.WARNING]


def test_a_failing_store_is_not_asked_without_pause() -> None:
    """Between two tries there is a pause, however much is put meanwhile."""
    store = Shelf(room=0)
    with keeping(store) as keeper:
        keeper.put(load_of(1))
        wait_until(lambda: store.asked, "the first try")
        for number in range(2, 100):
            keeper.put(load_of(number))
            keeper.ask(lambda: None)
        assert len(store.asked) < 50
        store.room = None
    assert len(store.values("topic.a", "value")) == 99


def test_given_up_is_not_acknowledged_later_by_another() -> None:
    """What was not committed when the time to end was over stays in its place, before what came after it."""
    store, around = Shelf(room=0), Broker()
    keeper = Keeper(store, around, Histogram())
    keeper.put(load_of(1))
    # Sent again, and recognised as the same: it is safe with the load before.
    keeper.put(Load(Batch(), (), [(0, 8, 1)], 1, 10, 6.0))
    assert keeper.stop(0.01) is False
    assert (around.log, keeper.oldest) == ([], 5.0)
    store.room = None
    assert keeper.stop(PATIENCE) is True
    assert around.log == [("ack", 0, 7, 1), ("ack", 0, 8, 1), ("settle", 2, 20)]
    assert store.values("topic.a", "value") == [1]


def test_stop_ends_while_the_store_fails() -> None:
    """The thread ends although nothing can be written, and says that something is left."""
    store, around = Shelf(room=0), Broker()
    keeper = Keeper(store, around, Histogram())
    keeper.start()
    keeper.put(load_of(1))
    assert keeper.stop(0.05) is False
    assert (around.log, keeper.waiting) == ([], 1)
    assert "keeper" not in [thread.name for thread in threading.enumerate()]


def test_what_is_put_after_the_end_is_kept_by_a_second_stop() -> None:
    """A keeper that has ended still takes what came while the rest was closing."""
    store, around = Shelf(), Broker()
    with keeping(store, around) as keeper:
        pass
    keeper.put(load_of(1))
    assert keeper.stop(PATIENCE) is True
    assert (store.values("topic.a", "value"), around.log[0]) == ([1], ("ack", 0, 7, 1))


def test_a_fault_around_a_commit_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A transport that fails at an acknowledgement neither ends the thread nor leaves messages unsettled."""

    class Torn(Broker):
        def acknowledge(self, transport: int, connection: int, packet_ids: Sequence[int]) -> None:
            raise RuntimeError("made to fail")

    store, around = Shelf(), Torn()
    with keeping(store, around) as keeper:
        keeper.put(load_of(1))
        wait_until(lambda: around.log == [("settle", 1, 10)], "the first load")
        keeper.put(load_of(2))
    assert around.log == [("settle", 1, 10)] * 2
    assert store.values("topic.a", "value") == [1, 2]
    assert "made to fail" in caplog.text


# What no store can hold.


def test_an_unstorable_reading_costs_its_own_message(caplog: pytest.LogCaptureFixture) -> None:
    """The message whose value cannot be kept is in quarantine, all others are history."""
    store, around = Shelf(), Broker()
    assert committed(store, around, load_of(1, POISON, 2))
    assert store.values("topic.a", "value") == [1, 2]
    assert [(e.reason, e.payload) for e in store.quarantined(Sought())] == [("internal_error", b"60666")]
    assert around.log == [("ack", 0, 7, 1, POISON, 2), ("settle", 3, 30)]
    assert around.news == [Kept(2, quarantine=True)]
    assert "the store cannot hold" in caplog.text


@pytest.mark.parametrize("room", range(4))
def test_killed_while_a_batch_is_taken_apart(room: int) -> None:
    """Each reading that was kept alone is known by its receipt, so that it is not taken a second time."""
    store = Shelf(room=room)
    keeper = Keeper(store, Broker(), Histogram())
    keeper.put(load_of(1, POISON, 2, 3, unread=[3]))
    keeper.stop(0.01)
    kept = store.values("topic.a", "value")
    assert kept == [1, 2, 3][:room]
    # All of message 3 is kept only with the rest, so it must be taken again.
    assert [receipt.packet_id for receipt in store.receipts()] == [1, 2][:room]


def test_taken_apart_over_a_full_disk() -> None:
    """When the disk fills up in the middle of it, the rest follows, and nothing is there twice."""
    store, around = Shelf(room=2), Broker()
    keeper = Keeper(store, around, Histogram())
    keeper.put(load_of(1, POISON, 2, 3))
    assert keeper.stop(0.01) is False
    assert around.log == []
    store.room = None
    assert keeper.stop(PATIENCE) is True
    assert store.values("topic.a", "value") == [1, 2, 3]
    assert len(store.quarantined(Sought())) == 1
    assert around.log == [("ack", 0, 7, 1, POISON, 2, 3), ("settle", 4, 40)]


def test_a_topic_that_no_encoding_knows() -> None:
    """A refused message with a broken topic is kept under a readable one; those beside it are kept too."""
    store, around = Shelf(), Broker()
    assert committed(store, around, load_of(1), refused("shelf/\udcff", 2))
    assert [entry.topic for entry in store.quarantined(Sought())] == [r"shelf/\udcff"]
    assert (store.values("topic.a", "value"), around.log[0]) == ([1], ("ack", 0, 7, 1, 2))


class Broken(Shelf):
    """A fault of the store's own: it takes nothing until it is mended, whatever it is given."""

    mended = False

    def commit(self, batch: Batch) -> int:
        if not self.mended:
            self.asked.append(batch)
            raise KeyError("made to fail")
        return super().commit(batch)


def test_a_store_with_a_fault_of_its_own_is_tried_with_pauses(caplog: pytest.LogCaptureFixture) -> None:
    """When nothing helps, all of it waits as it does for a full disk, and is not blown up."""
    store, around = Broken(), Broker()
    keeper = Keeper(store, around, Histogram())
    keeper.put(refused("shelf/\\ü"))
    keeper.put(load_of(2))
    for _ in range(5):
        assert keeper.stop(0.01) is False
    assert (around.log, {news.fault for news in around.news}) == ([], {"'made to fail'"})
    store.mended = True
    assert keeper.stop(PATIENCE) is True
    assert len(store.quarantined(Sought())) == 2
    assert max(len(entry.topic) for entry in store.quarantined(Sought())) < 400
    assert around.log[0] == ("ack", 0, 7, 1, 2)


# Questions.


def test_ask_runs_between_commits() -> None:
    """Work is done on the writing thread, its answer comes back, and so does its error."""
    with keeping(Shelf()) as keeper:
        assert keeper.ask(lambda: threading.current_thread().name) == "keeper"
        with pytest.raises(ZeroDivisionError):
            keeper.ask(lambda: 1 // 0)
        assert keeper.ask(lambda: keeper.ask(lambda: 3)) == 3


def test_ask_is_answered_while_the_store_fails() -> None:
    """A question does not wait until the disk has room."""
    store = Shelf(room=0)
    with keeping(store) as keeper:
        keeper.put(load_of(1))
        wait_until(lambda: store.asked, "the first try")
        assert keeper.ask(lambda: 3) == 3
        store.room = None


def test_ask_without_a_thread() -> None:
    """Before the start and after the end it is done by who asks."""
    keeper = Keeper(Shelf(), Broker(), Histogram())
    assert keeper.ask(lambda: 1) == 1
    keeper.start()
    keeper.stop(PATIENCE)
    assert keeper.ask(threading.current_thread) is threading.current_thread()


def test_ask_while_it_ends_is_always_answered() -> None:
    """However a question meets the end of the thread, somebody answers it, and one at a time."""
    busy = threading.Lock()
    answers: list[bool] = []

    def work() -> bool:
        alone = busy.acquire(blocking=False)
        if alone:
            busy.release()
        return alone

    for _ in range(100):
        keeper = Keeper(Shelf(), Broker(), Histogram())
        together_now = threading.Barrier(5)

        def ask(keeper: Keeper = keeper, barrier: threading.Barrier = together_now) -> None:
            barrier.wait(PATIENCE)
            answers.extend([keeper.ask(work) for _ in range(5)])

        askers = [in_thread(ask) for _ in range(4)]
        keeper.start()
        together_now.wait(PATIENCE)
        assert keeper.stop(PATIENCE) is True
        for asker in askers:
            asker.join(PATIENCE)
            assert not asker.is_alive()
    assert answers == [True] * 2_000


# Tending.


class Untended(Shelf):
    """Has more to tend for a while, and then fails at it."""

    def __init__(self) -> None:
        super().__init__()
        self.tended = 0

    def tend(self, now: float, at_most: float = 0.05) -> bool:
        self.tended += 1
        if self.tended > 3:
            raise OSError("made to fail")
        return True


def test_tending_goes_on_between_commits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is due is tended while nothing comes, again while there is more; its failure is only logged."""
    monkeypatch.setattr("bridge.keeper.TEND_EVERY", 0.01)
    store = Untended()
    with keeping(store) as keeper:
        wait_until(lambda: store.tended > 4, "the tending")
        keeper.put(load_of(1))
    assert store.values("topic.a", "value") == [1]
    assert "the store could not be tended: made to fail" in caplog.text


def test_every_message_of_a_commit_is_timed() -> None:
    """Loads that are committed together are timed message by message, each since it was handed over."""
    commits, handed = Histogram(), time.monotonic() - 3.0
    keeper = Keeper(Shelf(), Broker(), commits)
    for count in (40, 2):
        keeper.put(Load(Batch(), count=count, handed=[(handed, count)]))
    keeper.put(Load(Batch()))
    assert keeper.stop(PATIENCE)
    assert (42, 0) == (sum(commits.counts), sum(commits.counts[: bisect_left(BUCKETS, 3.0)]))
