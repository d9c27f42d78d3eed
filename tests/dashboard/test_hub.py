"""From any thread to every session: merged on the way, one hub message a layout."""

import asyncio
import threading
from collections.abc import Iterable

import flet as ft
import pytest
from flet.pubsub import PubSubHub

from bridge.frames import Frame
from bridge.labels import Label
from bridge.service import Plan
from bridge.state import Change
from bridge.status import BridgeStatus
from bridge.stores.memory import MemoryStore
from dashboard.app import LocalHouse, tags_of
from dashboard.card import CardPlan, Drawing
from dashboard.hub import Hub, Nudge, topic
from dashboard.scene import Layout, LayoutPlan, Scene
from schemas.catalog import shipped_kinds
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.stage import until


class SpyScene(Scene):
    """A scene that somebody looks at, which notes what it is touched with, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.touched: list[frozenset[str]] = []
        self.fails = False

    def touch(self, tags: Iterable[str]) -> list[Layout]:
        self.touched.append(frozenset(tags))
        if self.fails:
            raise RuntimeError("on purpose")
        return super().touch(tags)


def plans(count: int, values: list[int]) -> LayoutPlan:
    """A layout of cards that follow one device each."""

    def card(number: int) -> CardPlan[int]:
        return CardPlan(
            f"card {number}",
            frozenset({f"device/{number}"}),
            lambda: values[number],
            lambda drawing: drawing.live(ft.Text(), value=str),
        )

    cards = [card(number) for number in range(count)]
    return LayoutPlan("many", frozenset(), lambda: cards)


def test_what_many_threads_announce_is_one_touch() -> None:
    """However many threads speak at once, the loop is woken once for all that came, and nothing is lost."""

    async def run() -> tuple[SpyScene, set[str]]:
        scene = SpyScene()
        loop = asyncio.get_running_loop()
        hub = Hub(PubSubHub(loop=loop), scene, loop)
        scene.open(plans(0, []))
        said = {f"tag {n}/{k}" for n in range(8) for k in range(200)}

        def speak(number: int) -> None:
            for k in range(200):
                hub.announce({f"tag {number}/{k}"})

        threads = [threading.Thread(target=speak, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            # The loop does not run meanwhile: all of it is waiting when it does.
            thread.join()
        await until(lambda: scene.touched, "the flush")
        await asyncio.sleep(0.01)
        return scene, said

    scene, said = asyncio.run(run())
    assert [said] == scene.touched


def test_a_layout_gets_one_message_however_many_devices_changed() -> None:
    """100 changed devices are one hub message for each layout that shows them."""

    async def run() -> tuple[int, list[str]]:
        scene = Scene()
        loop = asyncio.get_running_loop()
        pubsub = PubSubHub(loop=loop)
        hub = Hub(pubsub, scene, loop)
        values = [0] * 100
        layout = scene.open(plans(100, values))
        heard: list[str] = []

        async def nudged(about: str, _nudge: object) -> None:
            heard.append(about)

        pubsub.subscribe_topic("session", topic("many"), nudged)
        for number in range(100):
            values[number] += 1
            hub.announce({f"device/{number}"})
        await until(lambda: heard, "the nudge")
        await asyncio.sleep(0.01)
        assert layout.mark.sequence == 1
        hub.announce({"device/1000"})
        hub.announce(set())
        await asyncio.sleep(0.01)
        return hub.published, heard

    assert (1, ["view/many"]) == asyncio.run(run())


def test_who_opens_a_layout_sees_nothing_older_than_a_new_card_would_show() -> None:
    """A card that is there already is looked at again for him; the others are told when their turn comes."""
    state = ["old"]

    def layout(name: str) -> LayoutPlan:
        card = CardPlan(
            "shared", frozenset({"device/a"}), lambda: state[0],
            lambda drawing: drawing.live(ft.Text(), value=str), source=lambda: state[0],
        )  # fmt: skip
        return LayoutPlan(name, frozenset(), lambda: [card])

    scene = Scene()
    first = scene.open(layout("first"))
    mark = first.mark
    assert [] == scene.touch({"device/b"})
    state[0] = "new"
    second = scene.open(layout("second"))
    assert "new" == second.cards[0].control.value  # type: ignore[attr-defined]
    assert first.mark != mark
    assert [first, second] == scene.touch({"device/a"})
    assert mark is Nudge(first).before
    assert [] == scene.touch({"device/a"})


def test_while_nobody_looks_nobody_is_woken() -> None:
    """What comes then costs the loop nothing, and is not told again to who looks later; all after that is."""

    async def run() -> tuple[list[frozenset[str]], int]:
        scene = SpyScene()
        loop = asyncio.get_running_loop()
        hub = Hub(PubSubHub(loop=loop), scene, loop)
        waiting = ["old"]
        told = 0

        def take() -> set[str]:
            taken = set(waiting)
            waiting.clear()
            return taken

        def done(_now: float) -> None:
            nonlocal told
            told += 1

        hub.sources.append(take)
        hub.done = done
        hub.wake()
        hub.announce({"older"})
        await asyncio.sleep(0.05)
        before = list(scene.touched)
        layout = scene.open(plans(0, []))
        waiting.append("new")
        hub.wake()
        await until(lambda: scene.touched, "the flush")
        scene.close(layout)
        hub.announce({"last"})
        await until(lambda: len(scene.touched) == 2, "the last flush")
        hub.announce({"nobody"})
        await asyncio.sleep(0.05)
        assert [] == before
        return scene.touched, told

    # `done` came once for what was too old, and once for each flush.
    assert ([frozenset({"new"}), frozenset({"last"})], 3) == asyncio.run(run())


def test_a_fault_in_the_scene_does_not_end_the_hub(caplog: pytest.LogCaptureFixture) -> None:
    """When one touch fails it is logged, and the next announcement is heard."""

    async def run() -> SpyScene:
        scene = SpyScene()
        loop = asyncio.get_running_loop()
        hub = Hub(PubSubHub(loop=loop), scene, loop)
        scene.open(plans(0, []))
        scene.fails = True
        hub.announce({"one"})
        await until(lambda: len(scene.touched) == 1, "the first")
        scene.fails = False
        hub.announce({"two"})
        await until(lambda: len(scene.touched) == 2, "the second")
        return scene

    assert [{"one"}, {"two"}] == asyncio.run(run()).touched
    assert ["our fault: the scene could not follow ['one']"] == caplog.messages


def test_announcing_after_the_loop_has_ended_is_no_error() -> None:
    """A bridge that stops later than the web loop may still speak."""

    async def make() -> Hub:
        loop = asyncio.get_running_loop()
        scene = Scene()
        hub = Hub(PubSubHub(loop=loop), scene, loop)
        scene.open(plans(0, []))
        return hub

    hub = asyncio.run(make())
    hub.announce({"late"})
    hub.announce({"later"})


def test_a_click_that_fails_still_sends_the_truth() -> None:
    """Who showed a switch that moved by itself is nudged even when the handler raised."""

    async def run() -> list[str]:
        scene = Scene()
        loop = asyncio.get_running_loop()
        pubsub = PubSubHub(loop=loop)
        hub = Hub(pubsub, scene, loop)

        def fail(_who: object, _data: object) -> None:
            raise RuntimeError("on purpose")

        def draw(drawing: Drawing[bool]) -> ft.Control:
            return drawing.on(drawing.live(ft.Switch(), value=lambda v: v), change=fail)

        card = CardPlan("c", frozenset(), lambda: True, draw)
        layout = scene.open(LayoutPlan("one", frozenset(), lambda: [card]))
        heard: list[str] = []

        async def nudged(about: str, _sequence: int) -> None:
            heard.append(about)

        pubsub.subscribe_topic("session", topic("one"), nudged)
        with pytest.raises(RuntimeError, match="on purpose"):
            hub.event(layout.cards[0].control._i, "change", False, Person())
        await until(lambda: heard, "the nudge")
        return heard

    assert ["view/one"] == asyncio.run(run())


def test_a_frame_says_what_changed() -> None:
    """A frame of the bridge becomes tags: each device, and the list of devices only when it changed."""
    house = FakeHouse()
    house.hear_all(["plug", "lamp"])
    of = tags_of(house)
    both = tuple(map(Change, house.devices.values()))
    told = [of(Frame(1, 0.0, both)), of(Frame(2, 0.0, both[:1]))]
    house.labels["plug.one"] = Label("Renamed")
    told += [
        of(Frame(3, 0.0, both[:1])),
        of(Frame(4, 0.0, (), BridgeStatus())),
        of(Frame(5, 0.0, quarantined=True)),
        of(Frame(6, 0.0, (both[0]._replace(moved=True),))),
    ]
    assert [
        {"devices", "device/plug.one", "device/lamp.one"},
        {"device/plug.one"},
        {"devices", "device/plug.one"},
        {"status"},
        {"quarantine"},
        {"moved", "device/plug.one"},
    ] == told


def test_a_house_notes_what_a_frame_tells_before_anybody_looks() -> None:
    """A changed quarantine is a new version of it; what the broker dropped counts from our first look."""
    house = LocalHouse(Plan(shipped_kinds(), [], MemoryStore()))
    for frame in (
        Frame(1, 0.0, (), BridgeStatus(broker_dropped=500)),
        Frame(2, 0.0, quarantined=True),
        Frame(3, 0.0, (), BridgeStatus(broker_dropped=512), quarantined=True),
    ):
        house.broadcast.publish(frame)
    assert (2, 512, 12) == (house.quarantine_changes, house.dropped.total, house.dropped.count)
    house.aside.close()
