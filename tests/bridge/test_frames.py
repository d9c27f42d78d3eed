"""When to show: at once after silence, merged while busy, and never an older value after a newer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.frames import MOST_TRACES, Frame, FrameClock, Trace, merged
from bridge.state import Change, DeviceState
from bridge.status import BridgeStatus

GAP = 0.5
DEVICES = st.sampled_from(["lamp.a", "lamp.b", "plug.c"])
METRICS = st.lists(st.sampled_from(["on", "power"]), max_size=2, unique=True)
# Exact binary fractions, so that sums of times are exact.
PAUSES = st.integers(0, 12).map(lambda eighths: eighths / 8)
CHANGES = st.tuples(st.just("change"), PAUSES, DEVICES, METRICS)
TAKES = st.tuples(st.just("take"), PAUSES, st.just(""), st.just([]))


def state(device_id: str, version: int) -> DeviceState:
    """A device whose state carries a number that grows."""
    return DeviceState(device_id, device_id.partition(".")[0], seen_at=float(version))


@given(st.lists(st.one_of(CHANGES, TAKES), max_size=80))
def test_law_of_frames(steps: list[tuple[str, float, str, list[str]]]) -> None:
    """Whatever comes when: nothing old after new, the latest at the end, the gap kept, all values counted."""
    clock = FrameClock(gap=GAP)
    now = 0.0
    latest: dict[str, DeviceState] = {}
    pending: set[tuple[str, str]] = set()
    shown: dict[str, float] = {}
    times: list[float] = []
    changes = values = 0

    def see(frame: Frame) -> None:
        nonlocal values
        for device in frame.devices:
            assert shown.get(device.id, -1.0) < (device.seen_at or 0.0)
            shown[device.id] = device.seen_at or 0.0
        assert len(times) + 1 == frame.sequence
        assert not times or now - times[-1] >= GAP
        times.append(now)
        values += len(pending)
        pending.clear()

    for version, (what, pause, device_id, metrics) in enumerate(steps):
        now += pause
        if what == "take":
            due = clock.wait(now)
            frame = clock.take(now)
            assert (frame is not None) is (due == 0)
            if frame is not None:
                see(frame)
        else:
            latest[device_id] = state(device_id, version)
            clock.change(Change(latest[device_id], tuple(metrics)), now)
            pending |= {(device_id, metric) for metric in metrics}
            changes += len(metrics)
    rest = clock.wait(now)
    if rest is not None:
        now += rest
        last = clock.take(now)
        assert last is not None
        see(last)
    assert {device.id: device.seen_at for device in latest.values()} == shown
    assert changes == clock.merged + values
    assert clock.wait(now) is None


def test_at_once_after_silence() -> None:
    """The first change, and one after a pause of a gap, need not wait."""
    clock = FrameClock(gap=GAP)
    for now in (0.0, GAP, 10.0):
        clock.change(Change(state("lamp.a", 1)), now)
        assert clock.wait(now) == 0
        assert clock.take(now) is not None


def test_while_busy_it_waits_for_the_gap() -> None:
    """A change soon after a frame is due a gap after that frame, and not before."""
    clock = FrameClock(gap=GAP)
    clock.change(Change(state("lamp.a", 1)), 0.0)
    clock.take(0.0)
    clock.change(Change(state("lamp.a", 2)), 0.125)
    assert (clock.wait(0.125), clock.take(0.25)) == (0.375, None)
    frame = clock.take(0.5)
    assert frame is not None
    assert (frame.sequence, frame.changed_at) == (2, 0.125)


def test_nothing_to_show_is_no_frame() -> None:
    """Without a change there is neither a frame nor a time to wait for."""
    clock = FrameClock()
    assert (clock.wait(5.0), clock.take(5.0)) == (None, None)


def test_the_gap_can_grow_under_load() -> None:
    """A wider gap holds for the frame that is already waiting."""
    clock = FrameClock(gap=GAP)
    clock.change(Change(state("lamp.a", 1)), 0.0)
    clock.take(0.0)
    clock.change(Change(state("lamp.a", 2)), 0.25)
    clock.gap = 4.0
    assert (clock.take(1.0), clock.wait(1.0)) == (None, 3.0)


@pytest.mark.parametrize("changed", ["status", "quarantined"])
def test_news_of_the_bridge_make_a_frame(changed: str) -> None:
    """The status or a refused message alone is worth a frame, told once."""
    clock = FrameClock()
    status = BridgeStatus(received=3)
    if changed == "status":
        clock.status(status, 1.0)
    else:
        clock.quarantined(1.0)
    frame = clock.take(1.0)
    expected = Frame(1, 1.0, (), status if changed == "status" else None, changed == "quarantined")
    assert expected == frame
    clock.change(Change(state("lamp.a", 1)), 2.0)
    assert Frame(2, 2.0, (Change(state("lamp.a", 1)),)) == clock.take(2.0)


def test_presence_alone_counts_no_value() -> None:
    """A device that only went stale is shown, and nothing is counted as merged."""
    clock = FrameClock()
    clock.change(Change(state("lamp.a", 1)), 0.0)
    clock.change(Change(state("lamp.a", 2)), 0.0)
    frame = clock.take(0.0)
    assert frame is not None
    assert ([2.0], 0) == ([device.seen_at for device in frame.devices], clock.merged)


def test_a_frame_bears_the_times_of_its_messages() -> None:
    """The traces since the frame before, and when it was made; the next one begins without."""
    clock = FrameClock(gap=GAP)
    clock.change(Change(state("lamp.a", 1)), 1.0)
    clock.trace(Trace(0.5, 1.0, 3))
    first = clock.take(2.0)
    clock.change(Change(state("lamp.a", 2)), 3.0)
    second = clock.take(4.0)
    assert first is not None
    assert second is not None
    assert ((Trace(0.5, 1.0, 3),), 2.0) == (first.traces, first.framed)
    assert ((), 4.0) == (second.traces, second.framed)


TRACES = st.lists(
    st.builds(Trace, st.integers(0, 99), st.integers(0, 99), st.integers(1, 9)), max_size=2 * MOST_TRACES
)


@given(TRACES, TRACES)
def test_no_traced_message_is_lost(older: list[Trace], newer: list[Trace]) -> None:
    """However many there are, in one frame or two that are merged, all are counted and none looks younger."""
    clocks = FrameClock(gap=0.0), FrameClock(gap=0.0)
    frames = []
    for clock, traces in zip(clocks, (older, newer), strict=True):
        clock.quarantined(100.0)
        for trace in traces:
            clock.trace(trace)
        frame = clock.take(100.0)
        assert frame is not None
        frames.append(frame)
    both = merged(*frames)
    together = [*older, *newer]
    assert sum(trace.count for trace in together) == sum(trace.count for trace in both.traces)
    assert min((t.received for t in together), default=None) == min(
        (t.received for t in both.traces), default=None
    )
    assert (min(MOST_TRACES, len(together)) >= len(both.traces)) is True


@pytest.mark.parametrize(("framed", "expected"), [((1.0, 2.0), 1.0), ((0.0, 2.0), 2.0), ((1.0, 0.0), 1.0)])
def test_merged_frames_are_as_old_as_the_older(framed: tuple[float, float], expected: float) -> None:
    """What waits longest counts; a frame of unknown time does not."""
    older, newer = (Frame(number, 0.0, framed=at) for number, at in enumerate(framed, 1))
    assert expected == merged(older, newer).framed


def test_times_are_no_part_of_what_a_frame_tells() -> None:
    """Frames that tell the same are equal."""
    assert Frame(1, 2.0) == Frame(1, 2.0, traces=(Trace(1.0, 1.0, 1),), framed=3.0)
