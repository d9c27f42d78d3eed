"""The queue between network threads and ingest: it drops nothing, and says when it is too much."""

import threading
import time
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from bridge.commands import CommandFailed, CommandSent
from bridge.inbox import Arrived, Control, Inbox, Item, Kept, Linked
from bridge.ports import Connection
from schemas.message import RawMessage

PATIENCE = 20.0


def message(payload: bytes = b"", topic: str = "t") -> RawMessage:
    """A message as a transport delivers it."""
    return RawMessage(topic, payload, 0.0)


def taken(inbox: Inbox, at_most: int = 2_000) -> list[RawMessage]:
    """The messages of one batch."""
    return [m for item in inbox.take(0, at_most) if isinstance(item, Arrived) for m in item.messages]


def test_takes_all_in_order() -> None:
    """What was delivered and what was told comes out, oldest first, with where it came from and its size."""
    inbox = Inbox()
    news = Linked(0, Connection(True, "here"))
    assert inbox.deliver(1, [message(b"1"), message(b"22")]) is True
    inbox.put(news)
    assert inbox.deliver(0, [message(b"3")]) is True
    first, second, third = inbox.take(PATIENCE)
    assert isinstance(first, Arrived)
    assert isinstance(third, Arrived)
    assert (first.transport, first.messages, first.size) == (1, [message(b"1"), message(b"22")], 5)
    assert (second, third.transport, third.messages, third.size) == (news, 0, [message(b"3")], 2)


def test_take_leaves_what_is_above_its_batch() -> None:
    """A batch has a size; the rest comes with the next one, without a new wake-up."""
    inbox = Inbox()
    for n in range(5):
        inbox.deliver(0, [message(bytes([n]))])
    assert [2, 2, 1] == [len(inbox.take(PATIENCE, at_most=2)) for _ in range(3)]


def test_take_of_nothing_is_empty() -> None:
    """Without items the time runs out and the batch is empty; a wake-up does the same at once."""
    inbox = Inbox()
    assert inbox.take(0.001) == []
    inbox.wake()
    assert inbox.take(PATIENCE) == []


def test_above_its_mark_it_takes_all_the_same() -> None:
    """More messages than the mark: whoever delivers is told to stop, and nothing is dropped."""
    inbox = Inbox(mark_items=2)
    assert [True, True, False, False] == [inbox.deliver(0, [message(b"%d" % n)]) for n in range(4)]
    assert (inbox.depth, inbox.full) == (4, True)
    assert [b"0", b"1", b"2", b"3"] == [found.payload for found in taken(inbox)]
    assert (inbox.depth, inbox.full) == (4, True)


def test_above_its_mark_of_bytes() -> None:
    """Topics and payloads together have a mark too: one large message may be above it."""
    inbox = Inbox(mark_bytes=10)
    assert [inbox.deliver(0, [message(b"x" * size)]) for size in (5, 3, 1, 10_000_000)] == [
        True,
        True,
        False,
        False,
    ]
    assert [5, 3, 1, 10_000_000] == [len(found.payload) for found in taken(inbox)]


def test_room_is_told_once_it_is_low() -> None:
    """Not when the mark is passed downwards, but when half of it is free; and once."""
    inbox = Inbox(mark_items=4)
    told: list[int] = []
    inbox.on_room = lambda: told.append(inbox.depth)
    inbox.deliver(0, [message()] * 6)
    for _ in range(6):
        inbox.settle(1, 1)
    assert (told, inbox.full, inbox.deliver(0, [message()])) == ([2], False, True)


def test_room_is_told_from_outside_the_lock() -> None:
    """Who is told may deliver at once."""
    inbox = Inbox(mark_items=1)
    inbox.on_room = lambda: inbox.deliver(0, [message(b"again")])
    inbox.deliver(0, [message()] * 2)
    inbox.settle(2, 2)
    assert (inbox.depth, len(taken(inbox))) == (1, 3)


def test_taken_is_not_settled() -> None:
    """What was taken counts until it is kept; what is the oldest is asked of those that wait here."""
    inbox = Inbox()
    before = time.monotonic()
    inbox.deliver(0, [message(b"1")])
    inbox.put(Kept())
    assert inbox.oldest is not None
    assert inbox.oldest >= before
    taken(inbox)
    assert (inbox.depth, inbox.size, inbox.oldest) == (1, 2, None)
    inbox.settle(1, 2)
    assert (inbox.depth, inbox.size) == (0, 0)


def test_closed() -> None:
    """At the end whoever delivers is told to stop, for good, and is taken from all the same."""
    inbox = Inbox(mark_items=1)
    told: list[None] = []
    inbox.on_room = lambda: told.append(None)
    inbox.deliver(0, [message()] * 2)
    inbox.close()
    assert inbox.deliver(0, [message()]) is False
    inbox.settle(3, 3)
    assert (len(inbox.take(0)), told, inbox.full) == (2, [], True)


def test_control_items_are_not_counted() -> None:
    """News of connections, commits and commands come through however much waits."""
    inbox = Inbox(mark_items=0, mark_bytes=0)
    control: list[Control] = [
        Linked(0, Connection(False, "gone")),
        Kept(3),
        CommandSent("lamp.a", {"on": True}, "ann"),
        CommandFailed("lamp.a", {"on": True}, "ann", "gone"),
    ]
    for item in control:
        inbox.put(item)
    assert (inbox.depth, inbox.full) == (0, False)
    assert control == inbox.take(PATIENCE)


@given(st.lists(st.one_of(st.integers(0, 6), st.none()), max_size=60), st.integers(1, 5), st.integers(1, 12))
def test_law_of_depth(steps: list[int | None], mark_items: int, mark_bytes: int) -> None:
    """Whatever the order of deliveries (a size) and rounds (None), all comes out, and each stop ends."""
    inbox = Inbox(mark_items=mark_items, mark_bytes=mark_bytes)
    stopped = False

    def go_on() -> None:
        nonlocal stopped
        assert stopped
        stopped = False

    inbox.on_room = go_on
    delivered: list[int] = []
    out: list[int] = []

    def take_round() -> None:
        sizes = [len(found.payload) for found in taken(inbox, at_most=2)]
        out.extend(sizes)
        inbox.settle(len(sizes), sum(sizes) + len(sizes))

    for size in steps:
        if size is None:
            take_round()
            continue
        delivered.append(size)
        waits = [size + 1 for size in delivered[len(out) :]]
        above = len(waits) > mark_items or sum(waits) > mark_bytes
        room = inbox.deliver(0, [message(b"x" * size)])
        stopped = stopped or above
        assert room is not stopped
    while inbox.depth:
        take_round()
    assert (delivered, inbox.size, stopped) == (out, 0, False)


def numbers(items: Iterable[Item], producer: int) -> list[int]:
    """What one producer has sent, in the order in which it came out."""
    return [
        int(found.payload)
        for item in items
        if isinstance(item, Arrived) and item.transport == producer
        for found in item.messages
    ]


def test_many_producers_lose_nothing() -> None:
    """Eight threads put at once: the consumer gets all of it, and each thread's own order is kept."""
    inbox = Inbox()
    producers, each = 8, 2_000
    together = threading.Barrier(producers)

    def produce(number: int) -> None:
        together.wait()
        for n in range(each):
            inbox.deliver(number, [message(b"%d" % n)])

    threads = [threading.Thread(target=produce, args=(number,)) for number in range(producers)]
    for thread in threads:
        thread.start()
    got: list[Item] = []
    give_up = time.monotonic() + PATIENCE
    while len(got) < producers * each:
        got += inbox.take(PATIENCE, at_most=500)
        assert time.monotonic() < give_up, "slept over what was there"
    for thread in threads:
        thread.join()
    assert [list(range(each))] * producers == [numbers(got, number) for number in range(producers)]
    assert (inbox.depth, inbox.oldest) == (producers * each, None)


def test_no_wake_up_is_lost() -> None:
    """One item at a time: the consumer sleeps over none, and is not woken more often than there are items."""
    inbox = Inbox()
    rounds = 3_000
    turn = threading.Semaphore(1)

    def produce() -> None:
        for n in range(rounds):
            turn.acquire(timeout=PATIENCE)
            inbox.deliver(0, [message(b"%d" % n)])

    producer = threading.Thread(target=produce, daemon=True)
    producer.start()
    got: list[int] = []
    takes = 0
    give_up = time.monotonic() + PATIENCE
    while len(got) < rounds:
        assert time.monotonic() < give_up, "slept over what was there"
        takes += 1
        batch = numbers(inbox.take(PATIENCE), 0)
        if batch:
            got += batch
            turn.release()
    producer.join()
    assert list(range(rounds)) == got
    assert takes <= rounds


def test_one_wake_up_a_batch() -> None:
    """Many items that came before a take cost one batch, not one each."""
    inbox = Inbox()
    for _ in range(1_000):
        inbox.deliver(0, [message()])
    assert [len(inbox.take(0)), len(inbox.take(0))] == [1_000, 0]
