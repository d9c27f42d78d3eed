"""How long messages take to the browsers: each counted once, from its receipt to the first socket."""

from bridge.frames import Frame, Trace
from bridge.state import Change, DeviceState
from bridge.status import Histogram
from dashboard.timing import LATE, Timing

BEGAN = 1_000.0


def frame(sequence: int, framed: float, *traces: Trace) -> Frame:
    """A frame of that time."""
    return Frame(sequence, framed, traces=traces, framed=framed)


def counted(timing: Timing) -> dict[str, int]:
    """How many spans each stage has."""
    return {stage: sum(histogram.counts) for stage, histogram in timing.stages.items()}


def test_send_counts_browsers_and_total_counts_messages() -> None:
    """Three browsers take a frame of five messages: three times from the frame, five from the receipt."""
    timing = Timing()
    timing.take(frame(1, BEGAN, Trace(BEGAN - 2, BEGAN - 1, 5)), BEGAN)
    timing.passed += 3
    timing.done(BEGAN + 1)
    assert {"send": 3, "total": 5, "browser": 0} == counted(timing)
    sums = [round(timing.stages[stage].total, 6) for stage in ("send", "total")]
    assert [3 * 1.0, 5 * 3.0] == sums


def test_what_leaves_for_another_reason_is_not_timed() -> None:
    """After the telling is done, what a click or a tick changed is nobody's frame."""
    timing = Timing()
    timing.take(frame(1, BEGAN, Trace(BEGAN, BEGAN, 5)), BEGAN)
    timing.done(BEGAN)
    timing.passed += 1
    timing.done(BEGAN + 1)
    assert {"send": 0, "total": 0, "browser": 0} == counted(timing)
    timing.passed += 1
    timing.take(frame(2, BEGAN + 2), BEGAN + 2)
    timing.passed += 2
    timing.done(BEGAN + 3)
    assert 2 == counted(timing)["send"]


def test_messages_that_every_socket_owes_are_timed_when_one_takes_them() -> None:
    """Where no browser's socket took a frame at once, its messages count when one has taken the next."""
    timing = Timing()
    timing.take(frame(1, BEGAN, Trace(BEGAN, BEGAN, 2)), BEGAN)
    timing.owe()
    timing.done(BEGAN)
    timing.take(frame(2, BEGAN + 1, Trace(BEGAN + 1, BEGAN + 1, 3)), BEGAN + 1)
    timing.owe()
    timing.done(BEGAN)
    timing.sent(BEGAN, BEGAN + 2)
    assert (1, 5) == (counted(timing)["send"], counted(timing)["total"])
    assert [2.0, 2 * 2.0 + 3 * 1.0] == [timing.stages[stage].total for stage in ("send", "total")]


def test_messages_that_nobody_looked_at_are_not_timed_later() -> None:
    """Without a browser, or with one that left while it owed a frame, messages do not grow old here."""
    timing = Timing()
    timing.take(frame(1, BEGAN, Trace(BEGAN, BEGAN, 2)), BEGAN)
    timing.take(frame(2, BEGAN + 1, Trace(BEGAN + 1, BEGAN + 1, 3)), BEGAN + 1)
    timing.passed += 1
    timing.done(BEGAN + 1)
    assert 3 == counted(timing)["total"]
    timing.take(frame(3, BEGAN + 2, Trace(BEGAN + 2, BEGAN + 2, 4)), BEGAN + 2)
    timing.owe()
    late = BEGAN + 3 + LATE
    timing.take(frame(4, late, Trace(late, late, 7)), late)
    timing.sent(timing.told, late)
    assert 3 + 7 == counted(timing)["total"]


def test_a_frame_of_another_process_is_timed_by_what_it_says() -> None:
    """Over a bus a frame bears no traces: each of its changes counts, since the oldest of them."""
    timing = Timing()
    changes = tuple(Change(DeviceState(f"lamp.{name}", "lamp")) for name in "ab")
    timing.take(Frame(1, BEGAN - 2, changes), BEGAN)
    timing.sent(timing.told, BEGAN + 1)
    assert ((1, 1.0), (2, 2 * 3.0)) == (
        (counted(timing)["send"], timing.stages["send"].total),
        (counted(timing)["total"], timing.stages["total"].total),
    )


def test_spreads_are_of_the_bridge_and_of_here() -> None:
    """All stages in one table, those that measured nothing left out."""
    timing, bridge = Timing(), {"decode": Histogram(), "commit": Histogram()}
    timing.tick(bridge, BEGAN)
    bridge["decode"].observe(0.01, 10)
    timing.take(frame(1, BEGAN), BEGAN)
    timing.sent(timing.told, BEGAN + 1)
    found = timing.spreads(bridge)
    assert {"decode": 10, "send": 1} == {stage: spread.count for stage, spread in found.items()}
