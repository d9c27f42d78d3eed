"""The queue between network threads and ingest: bounded, in order, never asleep over something."""

import threading
import time
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from bridge.commands import CommandFailed, CommandSent
from bridge.inbox import Arrived, Inbox, Item, Linked
from bridge.ports import Connection
from schemas.message import RawMessage

PATIENCE = 20.0


def arrived(payload: bytes = b"", topic: str = "t", transport: int = 0) -> Arrived:
    """A message as it waits in the inbox."""
    return Arrived(transport, RawMessage(topic, payload, 0.0))


def test_takes_all_in_order() -> None:
    """What was put comes out, oldest first."""
    inbox = Inbox()
    items = [arrived(bytes([n])) for n in range(5)]
    assert [True] * 5 == [inbox.put(item) for item in items]
    assert items == inbox.take(PATIENCE)


def test_take_leaves_what_is_above_its_batch() -> None:
    """A batch has a size; the rest comes with the next one, without a new wake-up."""
    inbox = Inbox()
    for n in range(5):
        inbox.put(arrived(bytes([n])))
    assert [2, 2, 1] == [len(inbox.take(PATIENCE, at_most=2)) for _ in range(3)]


def test_take_of_nothing_is_empty() -> None:
    """Without items the time runs out and the batch is empty; a wake-up does the same at once."""
    inbox = Inbox()
    assert inbox.take(0.001) == []
    inbox.wake()
    assert inbox.take(PATIENCE) == []


def test_bound_by_items() -> None:
    """Above the number of items a message is refused and counted; room is there again after a take."""
    inbox = Inbox(max_items=2)
    assert [inbox.put(arrived()) for _ in range(4)] == [True, True, False, False]
    assert (len(inbox), inbox.dropped) == (2, 2)
    inbox.take(PATIENCE, at_most=1)
    assert inbox.put(arrived()) is True


def test_bound_by_bytes() -> None:
    """The payloads together have a bound too; what still fits is taken."""
    inbox = Inbox(max_bytes=10)
    assert [inbox.put(arrived(b"x" * size)) for size in (6, 5, 4, 1)] == [True, False, True, False]
    inbox.take(PATIENCE)
    assert (inbox.put(arrived(b"x" * 10)), inbox.dropped) == (True, 2)


def test_control_items_are_never_refused() -> None:
    """News of connections and commands come through where no message does."""
    inbox = Inbox(max_items=0, max_bytes=0)
    control: list[Item] = [
        Linked(0, Connection(False, "gone")),
        CommandSent("lamp.a", {"on": True}, "ann"),
        CommandFailed("lamp.a", {"on": True}, "ann", "gone"),
    ]
    assert [inbox.put(item) for item in control] == [True] * 3
    assert inbox.put(arrived()) is False
    assert control == inbox.take(PATIENCE)


@given(st.lists(st.one_of(st.integers(0, 6), st.none()), max_size=60), st.integers(1, 5), st.integers(1, 12))
def test_never_above_its_bounds(steps: list[int | None], max_items: int, max_bytes: int) -> None:
    """Whatever the order of puts (a size) and takes (None), nothing is uncounted and the bounds hold."""
    inbox = Inbox(max_items=max_items, max_bytes=max_bytes)
    inside: list[int] = []
    out = accepted = 0
    for size in steps:
        if size is None:
            batch = inbox.take(0, at_most=2)
            assert inside[: len(batch)] == [len(i.message.payload) for i in batch if isinstance(i, Arrived)]
            del inside[: len(batch)]
            out += len(batch)
        else:
            fits = len(inside) < max_items and sum(inside) + size <= max_bytes
            assert fits is inbox.put(arrived(b"x" * size))
            if fits:
                inside.append(size)
                accepted += 1
    assert (accepted, len(inside)) == (out + len(inbox), len(inbox))
    assert inbox.dropped == len([size for size in steps if size is not None]) - accepted


def numbers(items: Iterable[Item], producer: int) -> list[int]:
    """What one producer has sent, in the order in which it came out."""
    return [
        int(item.message.payload)
        for item in items
        if isinstance(item, Arrived) and item.transport == producer
    ]


def test_many_producers_lose_nothing() -> None:
    """Eight threads put at once: the consumer gets all of it, and each thread's own order is kept."""
    inbox = Inbox()
    producers, each = 8, 2_000
    together = threading.Barrier(producers)

    def produce(number: int) -> None:
        together.wait()
        for n in range(each):
            inbox.put(arrived(str(n).encode(), transport=number))

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
    assert (len(inbox), inbox.dropped) == (0, 0)


def test_no_wake_up_is_lost() -> None:
    """One item at a time: the consumer sleeps over none, and is not woken more often than there are items."""
    inbox = Inbox()
    rounds = 3_000
    taken = threading.Semaphore(1)

    def produce() -> None:
        for n in range(rounds):
            taken.acquire(timeout=PATIENCE)
            inbox.put(arrived(str(n).encode()))

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
            taken.release()
    producer.join()
    assert list(range(rounds)) == got
    assert takes <= rounds


def test_one_wake_up_a_batch() -> None:
    """Many items that came before a take cost one batch, not one each."""
    inbox = Inbox()
    for _ in range(1_000):
        inbox.put(arrived())
    assert [len(inbox.take(0)), len(inbox.take(0))] == [1_000, 0]
