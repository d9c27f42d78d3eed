"""Devices that are no longer there, positions told in doubt, and who looks through everything meanwhile."""

import threading
from collections.abc import Iterator

import pytest

from bridge import broadcast
from bridge import subscription as waiting
from bridge.broadcast import START, Filter, Position
from bridge.state import MetricState
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
