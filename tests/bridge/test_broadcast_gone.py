"""Devices that are no longer there, positions told in doubt, and who looks through everything meanwhile."""

import threading
from collections.abc import Iterator

import pytest

from bridge import broadcast
from bridge import subscription as waiting
from bridge.broadcast import START, Broadcast, Filter, Position
from bridge.frames import Frame
from bridge.state import DeviceState, MetricState
from tests.bridge.test_broadcast import DEVICES, World


def test_a_device_that_went_is_told_before_it_comes_again() -> None:
    """Who looks late forgets it and then has it as it is now: nothing stays of what it was before."""
    world = World()
    wants = Filter(metrics=frozenset({"on", "power"}))
    with world.broadcast.subscribe(wants=wants) as subscription:
        world.change("lamp.a", "on", "power")
        world.change("lamp.b", "on")
        world.tell()
        world.remove("lamp.a")
        world.tell()
        world.change("lamp.a", "power")
        world.tell()
        world.remove("lamp.b")
        world.tell()
        frame = subscription.take()
        assert frame is not None
        told = {change.device.id: change.metrics for change in frame.changes}
        assert (("lamp.a", "lamp.b"), {"lamp.a": ("power",)}) == (subscription.gone, told)
        world.change("lamp.a", "power")
        world.tell()
        assert subscription.take() is not None
        assert () == subscription.gone


def test_only_who_wanted_a_device_is_told_that_it_went() -> None:
    """Live, and to who comes back; one for whom that is all is woken by it. Its metrics do not matter."""
    world = World()
    world.change("lamp.a", "on")
    world.change("plug.a", "on", "power")
    world.tell()
    woken: list[str] = []
    filters = {
        "lamps": Filter(kinds=frozenset({"lamp"})),
        "power": Filter(metrics=frozenset({"power"})),
        "colours": Filter(metrics=frozenset({"color"})),
        "another": Filter(devices=frozenset({"lamp.b"})),
    }
    live = {
        name: world.broadcast.subscribe(lambda name=name: woken.append(name), wants)  # type: ignore[misc]
        for name, wants in filters.items()
    }
    world.remove("plug.a")
    world.tell()
    resumed = {
        name: world.broadcast.subscribe(wants=wants, after=Position("run1", 1))
        for name, wants in filters.items()
    }
    assert ["power", "colours"] == woken
    for subscriptions in (live, resumed):
        told = {name: each.gone for name, each in subscriptions.items() if each.take() is not None}
        assert {"power": ("plug.a",), "colours": ("plug.a",)} == told


def test_a_listener_that_misses_too_many_departures_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of devices that went is bounded; where it began to be forgotten all begins anew."""
    for module in (broadcast, waiting):
        monkeypatch.setattr(module, "GONE", 1)
    world = World()
    for device_id in DEVICES:
        world.change(device_id, "on")
    world.tell()
    closed: list[bool] = []
    with world.broadcast.subscribe(lambda: closed.append(subscription.closed)) as subscription:
        for device_id in DEVICES[:2]:
            world.remove(device_id)
            world.tell()
        assert ([False, True], None) == (closed, subscription.take())
    for after, expected in ((1, (True, ())), (2, (False, ("lamp.b",)))):
        with world.broadcast.subscribe(after=Position("run1", after)) as resumed:
            resumed.take()
            assert expected == (resumed.whole, resumed.gone), after


def test_what_is_told_in_doubt_is_a_position_of_its_own() -> None:
    """Who was told at a dashboard that does not hear its bridge goes on at another one with everything.

    Live he gets a good position as soon as that one hears it again; what he comes back with is his no more.
    """
    lost, well = World(), World()
    for world in (lost, well):
        world.change("lamp.a", "on")
        world.tell()
    with lost.broadcast.subscribe() as live:
        lost.broadcast.certain = False
        lost.change("lamp.a")
        lost.tell(again=True)
        assert live.take() is not None
        doubtful = live.position
        lost.broadcast.certain = True
        lost.change("lamp.a")
        lost.tell(again=True)
        assert (Position("run1~", 1), True) == (doubtful, live.take() is not None)
        assert Position("run1", 1) == live.position
    for world in (lost, well):
        with world.broadcast.subscribe(after=Position.parse(str(doubtful))) as resumed:
            frame = resumed.take()
            assert frame is not None
            told = [(change.device.id, change.metrics) for change in frame.changes]
            assert (True, [("lamp.a", ("on",))]) == (resumed.whole, told)
            assert Position("run1", 1) == resumed.position


def test_a_good_position_is_told_at_one_in_doubt_what_changed() -> None:
    """Who comes from a dashboard that hears the bridge to one that does not is told that, and no more."""
    world = World()
    world.change("lamp.a", "on")
    world.change("lamp.b", "on")
    world.tell()
    world.broadcast.certain = False
    world.change("lamp.a")
    world.tell(again=True)
    with world.broadcast.subscribe(after=Position("run1", 1)) as subscription:
        frame = subscription.take()
        assert frame is not None
        assert (False, ["lamp.a"]) == (subscription.whole, [device.id for device in frame.devices])
    assert Position("run1~", 1) == subscription.position


class Looked(dict[str, MetricState]):
    """Metrics that let somebody speak as soon as they are looked at."""

    def __init__(self, known: dict[str, MetricState], speak: threading.Thread) -> None:
        super().__init__(known)
        self._speak = speak

    def __iter__(self) -> Iterator[str]:
        self._look()
        return super().__iter__()

    def __contains__(self, name: object) -> bool:
        self._look()
        return super().__contains__(name)

    def _look(self) -> None:
        if not self._speak.ident:
            self._speak.start()
            self._speak.join(10)
            assert not self._speak.is_alive()


@pytest.mark.parametrize("after", [START, Position("run1", 0)])
@pytest.mark.parametrize("restarts", [False, True])
def test_nobody_waits_for_who_catches_up(restarts: bool, after: Position) -> None:  # noqa: FBT001
    """While one looks through the devices others are told, of another run too; he misses nothing of it."""
    world = World()

    def speak() -> None:
        if restarts:
            world.restart()
        world.change("lamp.a", "on")
        world.remove("lamp.b")
        world.tell()

    speaking = threading.Thread(target=speak, name="speaking")
    for device_id in ("lamp.a", "lamp.b", "plug.a"):
        world.change(device_id, "on")
    world.devices["lamp.a"] = world.devices["lamp.a"]._replace(
        metrics=Looked(dict(world.devices["lamp.a"].metrics), speaking)
    )
    world.pending["lamp.a"] = world.pending["lamp.a"]._replace(device=world.devices["lamp.a"])
    world.tell()
    with world.broadcast.subscribe(after=after) as subscription:
        picture: dict[str, object] = {}
        for _ in range(2):
            frame = subscription.take()
            assert frame is not None
            for device_id in subscription.gone:
                picture.pop(device_id, None)
            picture |= {c.device.id: c.device.metrics["on"].value for c in frame.changes}
    assert {"lamp.a": 4.0, "plug.a": 3.0} == picture
    assert (("lamp.b",), world.broadcast.position) == (subscription.gone, subscription.position)


@pytest.mark.parametrize("frames", [1, 10 * waiting.FRAMES])
def test_what_waits_while_another_bridge_begins_is_still_told(frames: int) -> None:
    """However much the new one says before it is taken, and though it says nothing of that device."""
    world = World()
    world.change("lamp.a", "on")
    world.tell()
    with world.broadcast.subscribe() as subscription:
        world.change("lamp.a", "power")
        world.tell()
        world.restart()
        for _ in range(frames):
            world.change("plug.a", "on")
            world.tell()
        frame = subscription.take()
        assert frame is not None
        told = {change.device.id: "power" in change.metrics for change in frame.changes}
        assert {"lamp.a": True, "plug.a": False} == told
        world.change("plug.a", "on")
        world.tell()
        after = subscription.take()
        assert after is not None
        assert ["plug.a"] == [change.device.id for change in after.changes]


def test_who_looks_while_a_departure_is_handed_out_hears_of_it() -> None:
    """A listener that is behind has come as far as he is told: who goes on from there misses no departure."""
    world = World()
    took: list[tuple[object, Position]] = []

    def look() -> None:
        slow.take()
        took.append((slow.gone, slow.position))

    for _ in range(2):
        world.change("lamp.a", "on")
        world.change("lamp.b", "on")
        world.tell()
    # Woken in the middle of it, before the other one is handed the frame.
    with world.broadcast.subscribe(look) as first, world.broadcast.subscribe() as slow:
        first.take()
        for _ in range(waiting.FRAMES + 1):
            world.change("lamp.b", "on")
            world.tell()
        first.take()
        took.clear()
        world.remove("lamp.a")
        world.tell()
    told, position = took[0]
    with world.broadcast.subscribe(after=position) as again:
        again.take()
        assert ("lamp.a",) in (told, again.gone)


def test_nothing_older_follows_on_what_was_looked_for() -> None:
    """A frame that is handed out, and a value after it, while a listener catches up: no value goes back."""
    world = World()
    world.change("lamp.a", "on")
    world.tell()
    armed = False

    def present() -> dict[str, DeviceState]:
        # The publisher goes on at the moment at which the states are looked at.
        nonlocal armed
        if armed:
            armed = False
            slow.put(late, "run1")
            world.change("lamp.a", "on")
        return world.devices

    world.broadcast = Broadcast(present, "run1")
    with world.broadcast.subscribe() as slow:
        for _ in range(waiting.FRAMES + 1):
            world.change("lamp.a", "on")
            world.tell()
        world.change("lamp.a", "on")
        late = Frame(world.sequence, 1.0, tuple(world.pending.values()))
        armed = True
        taken = [frame.changes[0].device.metrics["on"].value for frame in iter(slow.take, None)]
    assert sorted(taken) == taken  # type: ignore[type-var]
