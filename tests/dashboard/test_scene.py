"""One tree for all: whatever happens in whatever order, every screen ends at the present."""

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import Any

import flet as ft
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dashboard.card import CardPlan, Drawing, Who
from dashboard.scene import NOTHING, Layout, LayoutPlan, Mark, Scene
from tests.dashboard.client import Client, Tree, find
from tests.dashboard.fake import Person

CARDS = ["a", "b", "c", "d", "e"]
LAYOUTS = ["all", "some"]


@dataclass
class Thing:
    """What is behind a card. Values only grow, so that an older one can be told from a newer."""

    value: int = 0
    form: int = 0
    broken: bool = False


@dataclass
class World:
    """What is behind all cards and layouts, and the tags that are not announced yet."""

    things: dict[str, Thing] = field(default_factory=lambda: {name: Thing() for name in CARDS})
    order: dict[str, list[str]] = field(default_factory=lambda: {"all": list(CARDS), "some": ["b", "d"]})
    changed: set[str] = field(default_factory=set)
    count: int = 0

    def grow(self, name: str) -> None:
        self.count += 1
        self.things[name].value = self.count
        self.changed.add(f"card/{name}")

    def plan(self, name: str) -> LayoutPlan:
        return LayoutPlan(
            name,
            frozenset({f"layout/{name}"}),
            lambda: [self.card(card) for card in self.order[name]],
            lambda: ft.Column(spacing=0),
        )

    def card(self, name: str) -> CardPlan[tuple[int, int]]:
        def look() -> tuple[int, int]:
            thing = self.things[name]
            return thing.value, thing.form

        def check(value: int) -> int:
            if self.things[name].broken:
                raise RuntimeError("broken on purpose")
            return value

        def draw(drawing: Drawing[tuple[int, int]]) -> ft.Control:
            texts = [drawing.live(ft.Text(), value=lambda view: f"value {view[0]}")]
            texts += [drawing.live(ft.Text(), value=lambda view: f"again {check(view[0])}")]
            switch = drawing.live(ft.Switch(), value=lambda view: view[0] % 2 == 0)
            drawing.on(switch, change=lambda _who, _data: self.grow(name))
            extra = [ft.Text("extra") for _ in range(drawing.view[1])]
            return ft.Container(ft.Row([ft.Text(name), *texts, switch, *extra]))

        return CardPlan(name, frozenset({f"card/{name}"}), look, draw, lambda view: view[1])


class Screen:
    """One session: what its browser shows of a layout, and what it has of it."""

    def __init__(self, scene: Scene, world: World, name: str) -> None:
        self.scene, self.world, self.name = scene, world, name
        self.slot = ft.Container()
        self.newest: dict[tuple[str, int], int] = {}
        self.layout: Layout | None = None
        self.connect()

    def connect(self) -> None:
        self.layout = self.scene.open(self.world.plan(self.name))
        self.mark = NOTHING
        self.client = Client({"_i": self.slot._i, "_c": "Container"})

    def disconnect(self) -> None:
        if self.layout is not None:
            self.scene.close(self.layout)
            self.layout = None

    def pull(self) -> None:
        if self.layout is None:
            return
        frame = self.layout.catch_up(self.slot._i, self.mark)
        self.mark = self.layout.mark
        if frame is not None:
            self.client.take(frame)
        for name, values, _switch, _extra in self.shown():
            for place, value in enumerate(values):
                assert value >= self.newest.get((name, place), 0), f"{name} went back to {value}"
                self.newest[name, place] = value

    def cards(self) -> list[Tree]:
        found: list[Tree] = self.client.root.get("content", {}).get("controls", [])
        return found

    def shown(self) -> list[tuple[str, list[int], bool, int]]:
        rows = []
        for tree in self.cards():
            words = [text["value"] for text in find(tree, "Text")]
            switch = find(tree, "Switch")[0].get("value", False)
            values = [int(word.split()[1]) for word in words[1:3]]
            rows.append((words[0], values, switch, len(words) - 3))
        return rows

    def present(self) -> list[tuple[str, list[int], bool, int]]:
        things = [(name, self.world.things[name]) for name in self.world.order[self.name]]
        return [(name, [t.value, t.value], t.value % 2 == 0, t.form) for name, t in things]


screens = st.integers(0, 3)
cards = st.sampled_from(CARDS)
layouts = st.sampled_from(LAYOUTS)


class Screens(RuleBasedStateMachine):
    """Changes, joins, losses and clicks in any order."""

    @initialize()
    def begin(self) -> None:
        logging.getLogger("dashboard.scene").setLevel(logging.CRITICAL + 1)
        self.scene = Scene()
        self.world = World()
        self.open: list[Screen] = []

    @rule(names=st.lists(cards, min_size=1, max_size=4))
    def values_change(self, names: list[str]) -> None:
        for name in names:
            self.world.grow(name)

    @rule(name=cards, form=st.integers(0, 2))
    def a_form_changes(self, name: str, form: int) -> None:
        self.world.things[name].form = form
        self.world.grow(name)

    @rule(name=cards)
    def a_card_breaks(self, name: str) -> None:
        self.world.things[name].broken = True
        self.world.grow(name)

    @rule()
    def all_are_mended(self) -> None:
        for name, thing in self.world.things.items():
            if thing.broken:
                thing.broken = False
                self.world.changed.add(f"card/{name}")
                self.world.changed.update(f"layout/{layout}" for layout in LAYOUTS)

    @rule(name=layouts, order=st.lists(cards, unique=True))
    def a_layout_changes(self, name: str, order: list[str]) -> None:
        self.world.order[name] = order
        self.world.changed.add(f"layout/{name}")

    @rule()
    def touch(self) -> None:
        tags, self.world.changed = self.world.changed, set()
        before = {name: layout.mark for name, layout in self.scene.layouts.items()}
        behind = {layout.plan.name for layout in self.scene.touch(tags)}
        moved = {name for name, layout in self.scene.layouts.items() if layout.mark != before[name]}
        assert behind == moved

    @precondition(lambda self: len(self.open) < 4)
    @rule(name=layouts)
    def join(self, name: str) -> None:
        self.open.append(Screen(self.scene, self.world, name))

    @rule(number=screens)
    def leave(self, number: int) -> None:
        if number < len(self.open):
            self.open.pop(number).disconnect()

    @rule(number=screens)
    def drop(self, number: int) -> None:
        if number < len(self.open):
            self.open[number].disconnect()

    @rule(number=screens)
    def come_back(self, number: int) -> None:
        if number < len(self.open):
            self.open[number].disconnect()
            self.open[number].connect()

    @rule(number=screens)
    def read(self, number: int) -> None:
        if number < len(self.open):
            self.open[number].pull()

    @rule(number=screens, card=st.integers(0, 4))
    def click(self, number: int, card: int) -> None:
        if number >= len(self.open) or card >= len(self.open[number].cards()):
            return
        screen = self.open[number]
        switch = find(screen.cards()[card], "Switch")[0]
        switch["value"] = not switch.get("value", False)
        if self.scene.knows(switch["_i"]):
            self.scene.event(switch["_i"], "change", switch["value"], Person())

    @invariant()
    def equal_marks_get_the_same_bytes(self) -> None:
        if not hasattr(self, "scene"):
            return
        for layout in self.scene.layouts.values():
            for base in (NOTHING, Mark(layout.mark.number, layout.mark.sequence - 1)):
                frames = [layout.catch_up(7, base) for _ in range(2)]
                assert frames[0] == frames[1]
                assert base is NOTHING or frames[0] is frames[1]

    def teardown(self) -> None:
        self.all_are_mended()
        self.touch()
        for screen in self.open:
            screen.pull()
            if screen.layout is not None:
                assert screen.present() == screen.shown()
        for screen in self.open:
            screen.disconnect()
        assert ({}, {}, {}) == (self.scene.cards, self.scene.layouts, self.scene._by_control)  # noqa: SLF001  (nothing may be kept)
        logging.getLogger("dashboard.scene").setLevel(logging.NOTSET)


TestScreens = Screens.TestCase
TestScreens.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


class Counted(dt.time):
    """A value that counts how often it is encoded."""

    encoded = 0

    def strftime(self, _format: str) -> str:
        type(self).encoded += 1
        return "12:00"


def counted_plan(box: list[dt.time]) -> LayoutPlan:
    """One card whose text is what is in the box."""

    def draw(drawing: Drawing[dt.time]) -> ft.Control:
        return drawing.live(ft.Text(), value=lambda view: view)

    plan = CardPlan("counted", frozenset({"box"}), lambda: box[0], draw)
    return LayoutPlan("counted", frozenset(), lambda: [plan])


def test_a_snapshot_and_a_change_are_encoded_once() -> None:
    """However many screens join or follow, each value is encoded once."""
    box: list[dt.time] = [Counted(1)]
    scene = Scene()
    plan = counted_plan(box)
    Counted.encoded = 0
    marks = []
    for slot in range(100, 150):
        layout = scene.open(plan)
        layout.catch_up(slot, NOTHING)
        marks.append((layout, layout.mark))
    assert Counted.encoded == 1
    box[0] = Counted(2)
    scene.touch({"box"})
    frames = {id(layout.catch_up(slot, mark)) for slot, (layout, mark) in enumerate(marks)}
    assert (2, 1) == (Counted.encoded, len(frames))


def test_a_slow_screen_gets_one_frame_for_all_it_missed() -> None:
    """A screen that was away for many changes needs one frame, which holds each property once."""
    world = World()
    scene = Scene()
    slow = Screen(scene, world, "all")
    slow.pull()
    for _ in range(50):
        world.grow("a")
        world.grow("c")
        scene.touch(world.changed)
    assert slow.layout is not None
    frame = slow.layout.catch_up(slow.slot._i, slow.mark)
    assert frame is not None
    assert 2 == frame.count(b"value ")
    slow.pull()
    assert slow.present() == slow.shown()


def test_what_nobody_looks_at_is_not_looked_at() -> None:
    """A change behind a card without a screen costs no look; a closed layout keeps nothing."""
    looks = 0

    def look() -> int:
        nonlocal looks
        looks += 1
        return looks

    plan = CardPlan("card", frozenset({"tag"}), look, lambda d: d.live(ft.Text(), value=str))
    scene = Scene()
    scene.touch({"tag"})
    assert looks == 0
    layout = scene.open(LayoutPlan("l", frozenset(), lambda: [plan]))
    scene.touch({"tag"})
    scene.touch({"another"})
    assert looks == 2
    scene.close(layout)
    scene.touch({"tag"})
    assert (2, {}, {}) == (looks, scene.cards, scene.layouts)


def failing(text: str = "on purpose") -> Any:  # noqa: ANN401  (it never returns)
    """Raise."""
    raise RuntimeError(text)


def test_a_handler_that_raises_leaves_the_truth_on_the_screens() -> None:
    """A switch moved by a browser is shown as it is even when what it called failed."""
    truth = [True]

    def draw(drawing: Drawing[bool]) -> ft.Control:
        return drawing.on(drawing.live(ft.Switch(), value=lambda v: v), change=lambda _w, _d: failing())

    scene = Scene()
    plan = LayoutPlan("l", frozenset(), lambda: [CardPlan("s", frozenset(), lambda: truth[0], draw)])
    layout = scene.open(plan)
    client = Client({"_i": 7, "_c": "Container"})
    client.take(layout.catch_up(7, NOTHING) or b"")
    mark = layout.mark
    switch = find(client.root, "Switch")[0]
    switch["value"] = False
    with pytest.raises(RuntimeError, match="on purpose"):
        scene.event(switch["_i"], "change", False, Person())
    frame = layout.catch_up(7, mark)
    assert frame is not None
    client.take(frame)
    assert switch["value"] is True


def test_a_card_that_cannot_be_drawn_is_left_out_alone(caplog: pytest.LogCaptureFixture) -> None:
    """One broken card is logged and missing; the others are there, and it comes when it can be drawn."""
    world = World()
    world.things["b"].broken = True
    scene = Scene()
    screen = Screen(scene, world, "all")
    screen.pull()
    assert ["a", "c", "d", "e"] == [row[0] for row in screen.shown()]
    assert ["our fault: the card b cannot be drawn"] == [r.message for r in caplog.records]
    world.things["b"].broken = False
    scene.touch({"layout/all"})
    screen.pull()
    assert screen.present() == screen.shown()
    screen.disconnect()
    assert scene._by_control == {}  # noqa: SLF001  (nothing may be kept)


def test_a_layout_that_cannot_be_arranged_holds_no_other_up(caplog: pytest.LogCaptureFixture) -> None:
    """When asking one layout for its cards fails, it stays as it is and the others follow."""
    world = World()
    scene = Scene()
    broken = False
    plan = LayoutPlan(
        "bad", frozenset({"layout/all"}), lambda: [world.card("a")] if not broken else [][failing()]
    )
    bad = scene.open(plan)
    good = Screen(scene, world, "all")
    good.pull()
    broken = True
    world.order["all"] = ["c", "a"]
    world.grow("a")
    behind = scene.touch({"layout/all", "card/a"})
    good.pull()
    assert ["bad", "all"] == [layout.plan.name for layout in behind]
    assert good.present() == good.shown()
    assert 1 == len(bad.cards)
    assert "the layout bad cannot be arranged anew" in caplog.text


def test_handlers_know_who_clicked_and_what_is_shown_now() -> None:
    """A handler gets the session that clicked and sees the present view of its card."""
    value = [1]
    seen: list[tuple[str, int, object]] = []

    def draw(drawing: Drawing[int]) -> ft.Control:
        def clicked(who: Who, data: object) -> None:
            seen.append((who.name, drawing.view, data))

        return drawing.on(ft.Button("x"), click=clicked)

    scene = Scene()
    layout = scene.open(
        LayoutPlan("l", frozenset(), lambda: [CardPlan("k", frozenset({"v"}), lambda: value[0], draw)])
    )
    button = layout.cards[0].control._i
    for number in (1, 2):
        value[0] = number
        scene.touch({"v"})
        scene.event(button, "click", f"data {number}", Person(f"person {number}"))
    assert [("person 1", 1, "data 1"), ("person 2", 2, "data 2")] == seen
    assert not scene.knows(button + 1_000_000)
