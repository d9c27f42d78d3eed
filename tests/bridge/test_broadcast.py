"""One fan-out: every listener ends with the present, however late, slow or choosy it is."""

import asyncio
import gc
import threading
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import broadcast
from bridge import subscription as waiting
from bridge.broadcast import ALL, START, Broadcast, Filter, Position, Subscription
from bridge.frames import Frame, joined, merged
from bridge.presence import Presence
from bridge.state import Change, DeviceState, MetricState
from bridge.status import BridgeStatus

DEVICES = ("lamp.a", "lamp.b", "plug.a")
METRICS = ("on", "power")
Picture = dict[str, dict[str, float]]


class World:
    """Devices whose every value is a number that only grows; so is the reason of their presence."""

    def __init__(self) -> None:
        self.devices: dict[str, DeviceState] = {}
        self.broadcast = Broadcast(lambda: self.devices, "run1")
        self.count = 0
        self.sequence = 0
        self.pending: dict[str, Change] = {}
        self.left: dict[str, DeviceState] = {}

    def change(self, device_id: str, *names: str) -> None:
        """New values, or another presence without one; nobody is told yet."""
        old = self.devices.get(device_id, DeviceState(device_id, device_id.partition(".")[0]))
        self.count += 1
        values = {name: MetricState(float(self.count), "", None, 0.0, "live") for name in names}
        device = old._replace(metrics=MappingProxyType({**old.metrics, **values}))
        if not names:
            device = device._replace(presence=Presence("offline", str(self.count)))
        self.devices[device_id] = device
        change = Change(device, names, moved=not names)
        before = self.pending.get(device_id)
        self.pending[device_id] = change if before is None else joined(before, change)

    def remove(self, device_id: str) -> None:
        """It is no longer there; nobody is told yet."""
        device = self.devices.pop(device_id, None)
        if device is not None:
            self.left[device_id] = device
            self.pending.pop(device_id, None)

    def tell(self, *, again: bool = False) -> None:
        """A frame of all that changed, with the next number, or `again` with the last."""
        self.sequence += 0 if again else 1
        changes, left = tuple(self.pending.values()), tuple(self.left.values())
        self.pending, self.left = {}, {}
        self.broadcast.publish(Frame(self.sequence, 1.0, changes), left)

    def restart(self) -> None:
        """Another life: it counts anew."""
        self.sequence = 0
        self.broadcast.restart(self.broadcast.run + "+")

    def picture(self, wants: Filter) -> Picture:
        """What a listener must have in the end."""
        return {
            one.id: values | presence(one)  # type: ignore[misc]
            for one in self.devices.values()
            if (not wants.devices or one.id in wants.devices) and (not wants.kinds or one.kind in wants.kinds)
            if (
                values := {
                    n: m.value for n, m in one.metrics.items() if not wants.metrics or n in wants.metrics
                }
            )
        }


def presence(device: DeviceState) -> dict[str, float]:
    """As a number beside its metrics."""
    return {"presence": float(device.presence.reason)} if device.presence.reason.isdecimal() else {}


class Listener:
    """Folds what it takes into a picture; breaks off and resumes."""

    def __init__(self, world: World, wants: Filter) -> None:
        self.world, self.wants = world, wants
        self.picture: Picture = {}
        self.position = START
        self.subscription: Subscription | None = None

    def join(self) -> None:
        """Begin, or resume where it was."""
        if self.subscription is None or self.subscription.closed:
            self.subscription = self.world.broadcast.subscribe(wants=self.wants, after=self.position)
            if self.subscription.whole:
                self.picture = {}

    def leave(self) -> None:
        """Break off; what was not taken is forgotten."""
        if self.subscription is not None:
            self.subscription.close()
            self.subscription = None

    def take(self) -> None:
        """Fold what is there in. A value never goes back."""
        frame = self.subscription.take() if self.subscription is not None else None
        if frame is None:
            return
        assert self.subscription is not None
        self.position = self.subscription.position
        for device_id in self.subscription.gone:
            self.picture.pop(device_id, None)
        assert len({change.device.id for change in frame.changes}) == len(frame.changes)
        for device, metrics, _moved in frame.changes:
            known = self.picture.setdefault(device.id, {})
            for name in metrics:
                value = device.metrics[name].value
                assert isinstance(value, float)
                assert value >= known.get(name, 0.0)
                known[name] = value
            assert presence(device).get("presence", 0.0) >= known.get("presence", 0.0)
            known |= presence(device)


FILTERS = (
    ALL,
    Filter(devices=frozenset({"lamp.a"})),
    Filter(kinds=frozenset({"lamp"})),
    Filter(metrics=frozenset({"power"})),
    Filter(kinds=frozenset({"plug"}), metrics=frozenset({"on"})),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from(DEVICES), st.sets(st.sampled_from(METRICS))),
        st.tuples(st.just("remove"), st.sampled_from(DEVICES)),
        st.tuples(st.sampled_from(["tell", "again", "restart"])),
        st.tuples(st.sampled_from(["join", "leave", "take"]), st.integers(0, len(FILTERS) - 1)),
    ),
    max_size=60,
)


@pytest.mark.parametrize("bound", [1, 3, waiting.CHANGES])
@pytest.mark.parametrize("remembered", [1, waiting.GONE])
@given(steps=STEPS)
def test_every_listener_ends_with_the_present(bound: int, remembered: int, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    """Whatever was published, missed, resumed, filtered and gone: in the end the picture is the state.

    However little may wait as it came, or is remembered of who went, and whoever speaks.
    """
    world = World()
    listeners = [Listener(world, wants) for wants in FILTERS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "CHANGES", bound)
        patch.setattr(waiting, "FRAMES", bound)
        patch.setattr(broadcast, "GONE", remembered)
        patch.setattr(waiting, "GONE", remembered)
        for what, *about in steps:
            if what == "change":
                world.change(about[0], *sorted(about[1]))
            elif what == "remove":
                world.remove(about[0])
            elif what == "tell" or (what == "again" and not world.sequence):
                world.tell()
            elif what == "again":
                world.tell(again=True)
            elif what == "restart":
                world.restart()
            else:
                getattr(listeners[about[0]], what)()
        world.tell()
        for listener in listeners:
            listener.join()
            listener.take()
            known = {k: v for k, v in listener.picture.items() if set(v) - {"presence"}}
            assert world.picture(listener.wants) == known, listener.wants
            listener.leave()
    assert 0 == world.broadcast.listening


def test_what_is_not_taken_is_bounded() -> None:
    """A listener that takes nothing holds a few frames, then none; when it comes it is told the present."""
    world = World()
    with world.broadcast.subscribe() as subscription:
        world.broadcast.publish(Frame(1, 5.0, (), BridgeStatus(received=1), quarantined=True))
        world.sequence = 1
        world.change("lamp.b", "on")
        for _ in range(10 * waiting.FRAMES):
            world.change("lamp.a", "on")
            world.tell()
        gc.collect()
        held = sum(isinstance(each, Frame) for each in gc.get_objects())
        assert waiting.FRAMES >= held
        frame = subscription.take()
        assert frame is not None
        told = [(c.device.metrics["on"].value, c.metrics) for c in frame.changes]
        assert [(1.0, ("on",)), (10.0 * waiting.FRAMES + 1, ("on",))] == told
        assert (BridgeStatus(received=1), True, 1.0) == (frame.status, frame.quarantined, frame.changed_at)
        assert (10 * waiting.FRAMES - 1, None) == (subscription.merged, subscription.take())


def test_an_availability_comes_for_devices_that_have_the_metric() -> None:
    """With a filter of metrics: live, and to who comes back, whatever else changed with it."""
    world = World()
    wants = Filter(metrics=frozenset({"power"}))
    world.change("plug.a", "power")
    world.change("lamp.a", "on")
    world.tell()
    with world.broadcast.subscribe(wants=wants) as live:
        for device_id in ("plug.a", "lamp.a"):
            world.change(device_id)
            world.change(device_id, "on")
        world.tell()
        with world.broadcast.subscribe(wants=wants, after=Position("run1", 1)) as resumed:
            for subscription in (live, resumed):
                frame = subscription.take()
                assert frame is not None
                assert [("plug.a", (), True)] == [(c.device.id, c.metrics, c.moved) for c in frame.changes]


def test_a_position_of_another_life_begins_anew() -> None:
    """Another run, or a sequence that has not been: everything, and it says so. Else what came since."""
    world = World()
    world.change("lamp.a", "on", "power")
    world.tell()
    world.change("lamp.b", "on")
    world.tell()
    for after, expected in (
        (Position("run1", 1), (False, {"lamp.b": ("on",)})),
        (Position("run1", 2), (False, {})),
        (Position("run1", 3), (True, {"lamp.a": ("on", "power"), "lamp.b": ("on",)})),
        (Position("run0", 1), (True, {"lamp.a": ("on", "power"), "lamp.b": ("on",)})),
        (START, (True, {"lamp.a": ("on", "power"), "lamp.b": ("on",)})),
        (None, (False, {})),
    ):
        with world.broadcast.subscribe(after=after) as subscription:
            frame = subscription.take()
            told = {c.device.id: c.metrics for c in frame.changes} if frame else {}
            assert expected == (subscription.whole, told), after


@pytest.mark.parametrize("bound", [1, waiting.CHANGES])
def test_another_run_is_newer_than_what_waits(bound: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is slow while the bridge is another one gets its values, and a position of its run."""
    monkeypatch.setattr(waiting, "CHANGES", bound)
    world = World()
    with world.broadcast.subscribe() as subscription:
        for device_id in ("lamp.a", "lamp.b", "lamp.a"):
            world.change(device_id, "on")
            world.tell()
        world.restart()
        world.change("lamp.a", "on")
        world.tell()
        frame = subscription.take()
        assert frame is not None
        told = {c.device.id: c.device.metrics["on"].value for c in frame.changes}
        assert ({"lamp.a": 4.0, "lamp.b": 2.0}, 1) == (told, frame.sequence)
        assert Position("run1+", 1) == subscription.position == world.broadcast.position
        world.restart()
        assert Position("run1++", 0) == subscription.position


def test_a_number_that_is_used_again_hides_nothing() -> None:
    """Who comes back with it is told of both frames that had it; with the next one, of neither."""
    world = World()
    world.change("lamp.a", "on")
    world.tell()
    world.change("lamp.b", "on")
    world.tell(again=True)
    with world.broadcast.subscribe(after=Position("run1", 1)) as subscription:
        frame = subscription.take()
        assert frame is not None
        assert ["lamp.b"] == [device.id for device in frame.devices]
    world.tell()
    with world.broadcast.subscribe(after=Position("run1", 2)) as subscription:
        assert subscription.take() is None


def test_the_start_is_whole_before_any_bridge_was_heard() -> None:
    """A dashboard on a bus has no run yet: who begins there is told so all the same."""
    for after in (START, None):
        with Broadcast(dict, "").subscribe(after=after) as subscription:
            assert (after is START, None) == (subscription.whole, subscription.take())


def test_a_listener_is_woken_once_and_a_failing_one_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """It is woken when there is something after nothing, and not for what its filter leaves out."""
    world = World()
    woken: list[str] = []

    def fail() -> None:
        raise RuntimeError("on purpose")

    world.broadcast.subscribe(fail)
    lamps = world.broadcast.subscribe(lambda: woken.append("lamps"), Filter(kinds=frozenset({"lamp"})))
    for device_id in ("plug.a", "lamp.a", "lamp.b", "lamp.a"):
        world.change(device_id, "on")
        world.tell()
    assert ["lamps"] == woken
    frame = lamps.take()
    assert frame is not None
    assert (["lamp.a", "lamp.b"], 4) == ([d.id for d in frame.devices], frame.sequence)
    assert "a listener could not be woken" in caplog.text
    before = world.broadcast.merged
    lamps.close()
    assert (1, before) == (lamps.merged, world.broadcast.merged)


def test_a_thread_reads_frame_by_frame_until_it_is_closed() -> None:
    """A plain loop over a subscription sees the present and ends with it."""
    world = World()
    seen: list[int] = []
    subscription = world.broadcast.subscribe()
    thread = threading.Thread(target=lambda: seen.extend(f.sequence for f in subscription), name="reader")
    thread.start()
    for _ in range(100):
        world.change("lamp.a", "on")
        world.tell()
    while not seen or seen[-1] != 100:
        threading.Event().wait(0.002)
    subscription.close()
    thread.join(10)
    assert (False, sorted(seen)) == (thread.is_alive(), seen)


def test_a_coroutine_reads_frame_by_frame() -> None:
    """The same in an event loop, published from another thread."""
    world = World()

    async def read() -> list[int]:
        seen = []
        with world.broadcast.subscribe() as subscription:

            def publish() -> None:
                for _ in range(50):
                    world.change("lamp.a", "on")
                    world.tell()

            publishing = asyncio.create_task(asyncio.to_thread(publish))
            async for frame in subscription.frames():
                seen.append(frame.sequence)
                if frame.sequence == 50:
                    break
            await publishing
        return seen

    seen = asyncio.run(asyncio.wait_for(read(), 20))
    assert (50, sorted(seen)) == (seen[-1], seen)


def test_merged_frames_keep_what_each_told() -> None:
    """The newest status, the first time, refused or not, and each device's metrics of both."""
    world = World()
    world.change("lamp.a", "on")
    first = Change(world.devices["lamp.a"], ("on",), moved=True)
    world.change("lamp.a", "power")
    second = Change(world.devices["lamp.a"], ("power", "on"))
    one = Frame(1, 1.0, (first,), BridgeStatus(received=1), quarantined=True)
    two = Frame(2, 2.0, (second,))
    expected = Frame(
        2,
        1.0,
        (Change(world.devices["lamp.a"], ("on", "power"), moved=True),),
        BridgeStatus(received=1),
        True,
    )
    assert (expected, expected) == (merged(one, two), merged(two, one))


@pytest.mark.parametrize("text", ["", "-", "run", "-5", "run-", "run-x", "run-" + "9" * 30, "r-²"])
def test_what_is_no_position(text: str) -> None:
    """It is a ValueError that says what was expected."""
    with pytest.raises(ValueError, match="expected a position such as"):
        Position.parse(text)
    assert Position("a-b", 17) == Position.parse(str(Position("a-b", 17)))
