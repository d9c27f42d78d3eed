"""Everything a device has is drawn from its kind: on the card, on its page, and in dialogs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import msgpack
import pytest

from bridge.state import State
from dashboard.present import DASH
from dashboard.reader import ENGLISH, Reader
from dashboard.scene import LayoutPlan, Scene
from dashboard.views import device, device_card, metric_cell
from schemas.catalog import Kinds
from schemas.device import Device, kind_of
from schemas.traits import Numeric, Switch
from tests.dashboard.client import Tree, find, texts
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.gallery import BEYOND, LIVE, kinds

ONE = "gallery.one"


@pytest.fixture
def house() -> FakeHouse:
    """A house with a device that has every trait, and has told all of it."""
    return with_kinds(kinds(), LIVE)


def with_kinds(known: Kinds, said: Mapping[str, object]) -> FakeHouse:
    """A house of these kinds, in which the one called `gallery` has spoken."""
    made = FakeHouse()
    made.kinds, made.state = known, State(known)
    made.hear("gallery/one/state", said)
    return made


class Shown:
    """The page of the device, or its card, as a browser has it."""

    def __init__(self, house: FakeHouse, *, page: bool = True, reader: Reader = ENGLISH) -> None:
        self.house = house
        self.scene = Scene()
        plan = (
            device.layout(house, {"id": ONE}, reader)
            if page
            else LayoutPlan("card", frozenset(), lambda: [device_card.plan(house, ONE, reader)])
        )
        self.layout = self.scene.open(plan)
        self.person = Person()
        self.person.reader = reader

    @property
    def tree(self) -> Tree:
        return dict(msgpack.unpackb(self.layout.cards[0].packed(), strict_map_key=False))

    @property
    def texts(self) -> list[str]:
        return texts(self.tree)

    def control(self, sort: str, label: str) -> Tree:
        """The control of this sort that is called so."""
        found = [one for one in find(self.tree, sort) if any(label in name for name in names(one))]
        assert 1 == len(found), (label, [list(names(one)) for one in find(self.tree, sort)])
        return found[0]

    def click(self, sort: str, label: str, event: str = "click", data: object = None) -> None:
        self.scene.event(self.control(sort, label)["_i"], event, data, self.person)

    def hear(self, **changed: object) -> None:
        self.scene.touch(self.house.hear("gallery/one/state", {**LIVE, **changed}))

    def look_again(self) -> None:
        self.scene.touch({f"device/{ONE}"})


def names(control: object) -> Iterator[str]:
    """What a screen reader calls a control."""
    if isinstance(control, dict):
        for key in ("label", "semantics_label", "tooltip"):
            if isinstance(control.get(key), str):
                yield control[key]
        for inner in control.values():
            yield from names(inner)
    elif isinstance(control, list):
        for inner in control:
            yield from names(inner)


@pytest.mark.parametrize("page", [True, False], ids=["page", "card"])
def test_every_trait_is_drawn(house: FakeHouse, page: bool) -> None:  # noqa: FBT001
    """No metric of a kind vanishes: each has its label and its value, on the card as far as it has room."""
    shown = Shown(house, page=page)
    view = device_card.look(house, ONE, ENGLISH)
    drawn = metric_cell.cells(view)[: None if page else device_card.MOST["normal"]]
    missing = [name for name in drawn if metric_cell.label_of(view, name) not in shown.texts]
    assert ([], page) == (missing, "glad" in shown.texts)


def test_a_trait_of_a_users_own_shows_as_text(house: FakeHouse) -> None:
    """Whatever it is: its value stands there in letters, and so does its label."""
    assert ["Mood", "glad"] == [text for text in Shown(house).texts if text in {"Mood", "glad"}]


def test_both_halves_of_a_position_are_one(house: FakeHouse) -> None:
    """One label, one text that can be copied, with the half of the globe as a letter."""
    shown = Shown(house)
    assert (1, 0) == (shown.texts.count("Position"), shown.texts.count("Latitude"))
    [position] = [text for text in find(shown.tree, "Text") if "52.52000" in text.get("value", "")]
    assert ("52.52000° N, 13.40500° W", True) == (position["value"], position["selectable"])
    house.hear("gallery/one/state", {"latitude": -1, "longitude": 2})
    shown.look_again()
    assert "1.00000° S, 2.00000° E" in shown.texts


def test_a_lone_half_of_a_position_stands_alone() -> None:
    """With its own label; the other is not made up."""
    shown = Shown(with_kinds(kinds(), {"latitude": 5.5}))
    assert ("5.50000° N, –", 1) == (
        next(text for text in shown.texts if "5.5" in text),
        shown.texts.count("Position"),
    )


@pytest.mark.parametrize(("what", "wanted"), [("more", 21.0), ("less", 20.0)])
def test_a_step_is_one_command(house: FakeHouse, what: str, wanted: float) -> None:
    """The next value is asked for and shown, and the next step goes on from it."""
    shown = Shown(house)
    shown.click("IconButton", f"One: Target, 20.5 °C, {what}")
    assert [(ONE, {"target": wanted}, "somebody")] == house.sent
    shown.look_again()
    assert f"{wanted:.1f}" in shown.texts
    shown.click("IconButton", f"One: Target, {wanted:.1f} °C, {what}")
    assert {"target": wanted + (wanted - 20.5)} == house.sent[-1][1]


def test_a_slider_commands_when_it_is_let_go(house: FakeHouse) -> None:
    """Where it stands then, on a step; not while it moves, and not where it was."""
    shown = Shown(house)
    slider = find(shown.tree, "Slider")[0]
    assert (5, 30, 50, 20.5) == (slider["min"], slider["max"], slider["divisions"], slider["value"])
    shown.scene.event(slider["_i"], "change", 22.0, shown.person)
    shown.scene.event(slider["_i"], "change_end", 20.5, shown.person)
    assert [] == house.sent
    shown.scene.event(slider["_i"], "change_end", 22.4, shown.person)
    assert [{"target": 22.5}] == [changes for _id, changes, _by in house.sent]


def test_a_slider_moves_in_the_units_of_the_person(house: FakeHouse) -> None:
    """Its ends are in °F, and the device is asked for °C."""
    shown = Shown(house, reader=Reader(units="imperial"))
    slider = find(shown.tree, "Slider")[0]
    assert (41, 86, 68.9) == (slider["min"], slider["max"], round(slider["value"], 6))
    shown.scene.event(slider["_i"], "change_end", 70.0, shown.person)
    assert [{"target": 21.0}] == [changes for _id, changes, _by in house.sent]


def test_a_value_that_was_asked_for_is_shown_in_the_units_of_the_person(house: FakeHouse) -> None:
    """As the device's own is, while the command is under way."""
    shown = Shown(house, reader=Reader(units="imperial"))
    house.command(ONE, {"target": 25.0}, by="somebody")
    shown.look_again()
    assert ("77.0" in shown.texts, "25.0" in shown.texts) == (True, False)


def test_what_was_never_heard_says_so_and_cannot_be_stepped() -> None:
    """Nothing is made up to start from; where a value can be typed, it can be set all the same."""
    shown = Shown(with_kinds(kinds(), {"mood": "glad"}))
    steps = [shown.control("IconButton", f"Target, not heard yet, {what}") for what in ("less", "more")]
    assert [True, True] == [step["disabled"] for step in steps]
    assert (True, True) == (
        shown.control("Switch", "Fan, not heard yet")["disabled"],
        find(shown.tree, "Slider")[0]["disabled"],
    )
    assert "disabled" not in shown.control("IconButton", "Target, not heard yet, change")
    assert {DASH} == {text for text in shown.texts if text == DASH}
    assert (device_card.MOST["normal"], device_card.MOST["normal"]) == tuple(
        Shown(shown.house, page=False).texts.count(text) for text in ("not heard yet", DASH)
    )


def test_beyond_a_limit_stands_why(house: FakeHouse) -> None:
    """In words below the value, with a sign that is not the one of trouble."""
    shown = Shown(house)
    assert not {"above 30 °C", "fault means trouble"} & set(shown.texts)
    shown.scene.touch(house.hear("gallery/one/state", BEYOND))
    assert {"above 30 °C", "fault means trouble"} <= set(shown.texts)
    notes = [
        row for row in find(shown.tree, "Row") if set(texts(row)) & {"above 30 °C", "fault means trouble"}
    ]
    signs = [find(row, "Icon")[0]["icon"] for row in notes if len(texts(row)) == 1]
    assert 2 == len(set(signs))


def test_a_command_without_an_answer_says_so_where_it_was_given(house: FakeHouse) -> None:
    """The value asked for while it waits; then the device's own again, and why."""
    shown = Shown(house)
    house.command(ONE, {"mode": "boost"}, by="somebody")
    shown.look_again()
    assert (["boost"], 1) == (chosen(shown), shown.texts.count("waiting for the device"))
    shown.scene.touch(house.let_pass(6))
    assert (["eco"], 0) == (chosen(shown), shown.texts.count("waiting for the device"))
    assert [True] == ["no answer" in text for text in shown.texts if "answer" in text]


def chosen(shown: Shown) -> list[str]:
    """The words of the choice that are marked."""
    return [texts(chip)[0] for chip in find(shown.tree, "Chip") if chip.get("selected")]


def test_a_word_that_is_chosen_is_commanded_once(house: FakeHouse) -> None:
    """And not again where it is the present one."""
    shown = Shown(house)
    for option in ("comfort", "eco"):
        shown.click("Chip", f"Mode, eco, {option}", "select")
    assert [{"mode": "comfort"}] == [changes for _id, changes, _by in house.sent]


@pytest.mark.parametrize(("reader", "moment"), [
    (ENGLISH, "2026-11-20 08:00:00 UTC"), (Reader(zone="Asia/Tokyo"), "2026-11-20 17:00:00 Asia/Tokyo"),
], ids=["utc", "tokyo"])  # fmt: skip
def test_a_moment_stands_on_the_clock_of_the_person(house: FakeHouse, reader: Reader, moment: str) -> None:
    """With its zone, and people of different zones do not share the card."""
    assert moment in Shown(house, reader=reader).texts
    keys = {
        Shown(house, reader=replace(reader, zone=zone)).layout.cards[0].plan.key
        for zone in ("UTC", "Asia/Tokyo")
    }
    assert 2 == len(keys)


def test_danger_is_asked_about_first() -> None:
    """Where the kind wants it, nothing is sent until the person says yes; else it is sent at once."""

    class Pump(Device, topic="gallery/{device}/state"):
        running: Annotated[
            bool,
            Switch(
                on="runs",
                off="rests",
                command="gallery/{device}/set",
                confirm="Start the pump?",
                confirm_for=(True,),
            ),
        ]

    known = Kinds()
    known.add(kind_of(Pump))
    house = FakeHouse()
    house.kinds, house.state = known, State(known)
    house.hear("gallery/one/state", {"running": False})
    scene, person = Scene(), Person()
    layout = scene.open(device.layout(house, {"id": "pump.one"}, ENGLISH))
    [switch] = find(msgpack.unpackb(layout.cards[0].packed(), strict_map_key=False), "Switch")
    scene.event(switch["_i"], "change", True, person)
    assert [] == house.sent
    [question] = person.asked
    assert ("Start the pump?", ["One: Running becomes runs"], "Send") == (
        question.title,
        question.lines,
        question.yes,
    )
    question.then()
    scene.event(switch["_i"], "change", False, person)
    assert ([{"running": True}, {"running": False}], 1) == (
        [changes for _id, changes, _by in house.sent],
        len(person.asked),
    )


def drawings(tree: Tree) -> list[Tree]:
    """What is drawn of values, which is not what a device has sent as a picture."""
    return [image for image in find(tree, "Image") if image["src"].startswith("<svg")]


def test_a_number_with_two_limits_has_a_gauge_on_its_page(house: FakeHouse) -> None:
    """It follows the value; on the card, and where a limit only keeps out nonsense, there is none."""
    shown = Shown(house)
    [before] = drawings(shown.tree)
    shown.scene.touch(house.hear("gallery/one/state", BEYOND))
    [after] = drawings(shown.tree)
    assert before["src"] != after["src"]
    assert {"-20", "60"} <= set(shown.texts)
    # The picture on a card is that of the trend, beside the large number.
    assert 1 == len(drawings(Shown(house, page=False).tree))


def test_a_button_is_pressed(house: FakeHouse) -> None:
    """It sends true, or its word; where the broker has it, that is said, and not that the device did it."""
    shown = Shown(house)
    shown.click("OutlinedButton", "One: Identify, Press")
    assert [{"identify": True}] == [changes for _id, changes, _by in house.sent]
    shown.look_again()
    assert (1, False) == (shown.texts.count("sent"), "not heard yet" in shown.texts)
    shown.click("OutlinedButton", "One: Program, clean")
    [question] = shown.person.asked
    question.then()
    assert ("Is it empty?", {"program": "clean"}) == (question.title, house.sent[-1][1])


def test_the_widget_of_a_parent_is_taken() -> None:
    """A user's trait that is a number is drawn as one."""

    @dataclass(frozen=True, kw_only=True)
    class Pressure(Numeric):
        unit: str = "bar"

    class Boiler(Device, topic="gallery/{device}/state"):
        pressure: Annotated[float, Pressure(precision=1)]

    known = Kinds()
    known.add(kind_of(Boiler))
    house = FakeHouse()
    house.kinds, house.state = known, State(known)
    house.hear("gallery/one/state", {"pressure": 1.5})
    layout = Scene().open(device.layout(house, {"id": "boiler.one"}, ENGLISH))
    assert {"1.5", "bar"} <= set(texts(msgpack.unpackb(layout.cards[0].packed(), strict_map_key=False)))


def test_each_control_has_a_name_of_its_own(house: FakeHouse) -> None:
    """With the device, the metric, its value and what the control does, for who does not see the screen."""
    shown = Shown(house)
    called = [
        name
        for sort in ("IconButton", "Switch", "Chip")
        for one in find(shown.tree, sort)
        for name in [next(names(one), "")]
    ]
    assert ([], len(called)) == ([name for name in called if not name.startswith("One: ")], len(set(called)))
