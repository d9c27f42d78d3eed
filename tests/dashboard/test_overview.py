"""The overview: every device is on it, a bounded number at a time, and nothing that nobody knows."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from bridge.bus.follower import BusLink
from bridge.service import Label
from dashboard.card import Card
from dashboard.reader import ENGLISH
from dashboard.scene import Layout, Scene
from dashboard.views import Page, device_card, find, overview
from dashboard.views.fleet import as_read
from tests.dashboard.client import find as controls
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.stage import until

REST = 20
MANY = 2 * overview.PER_PAGE + REST


def found(route: str) -> tuple[Page, Mapping[str, str]]:
    """The page that a route leads to."""
    there = find(route)
    assert there is not None
    return there


def shown(house: FakeHouse, route: str, scene: Scene | None = None) -> Layout:
    """The layout that a route leads to."""
    page, values = found(route)
    return (scene or Scene()).open(page.layout(house, values, ENGLISH))


def devices(layout: Layout) -> list[str]:
    """The ids of the devices that have a card or a row, in order."""
    keys = [card.plan.key.split("/") for card in layout.cards]
    return [key[1] for key in keys if key[0] in ("card", "row")]


def tree(layout: Layout, key: str) -> Any:  # noqa: ANN401  (whatever MessagePack holds)
    """A card as a browser gets it."""
    [card] = [card for card in layout.cards if card.plan.key.startswith(f"{key}/")]
    return msgpack.unpackb(card.packed(), strict_map_key=False)


def read(house: FakeHouse, key: str) -> Sequence[str]:
    """The texts of a card of the overview."""
    return texts(tree(shown(house, "/"), key))


def rate(house: FakeHouse) -> Sequence[str]:
    """What is said of how fast messages come."""
    words = read(house, "summary")
    return words[words.index("messages/s") - 1 :][:2]


def refused(house: FakeHouse) -> str:
    """How many messages are said to be in quarantine."""
    return read(house, "summary")[-2]


@pytest.fixture(scope="module")
def many() -> FakeHouse:
    """A house with more devices than two pages take."""
    house = FakeHouse()
    for number in range(MANY):
        house.hear(f"fleet/contact/door_{number:03}/state", {"open": False})
    return house


def test_each_device_is_on_one_page(many: FakeHouse) -> None:
    """The pages together show every device once, in order, none more than the bound."""
    pages = [devices(shown(many, route)) for route in ("/", "/?page=2", "/?page=3")]
    assert [overview.PER_PAGE, overview.PER_PAGE, REST] == [len(page) for page in pages]
    assert [f"contact.door_{number:03}" for number in range(MANY)] == [
        device for page in pages for device in page
    ]


@pytest.mark.parametrize(
    ("route", "first"),
    [
        ("/?page=0", 0),
        ("/?page=-1", 0),
        ("/?page=x", 0),
        ("/?page=" + "9" * 5_000, 0),
        ("/?page=99", 2 * overview.PER_PAGE),
    ],
)
def test_a_page_that_is_not_there_leads_to_one_that_is(many: FakeHouse, route: str, first: int) -> None:
    """A number out of range, or none at all, shows the nearest page."""
    assert f"contact.door_{first:03}" == devices(shown(many, route))[0]


def test_what_comes_below_are_the_next_ones(many: FakeHouse) -> None:
    """Who scrolls to the end gets the next devices, until there are no more."""
    page, values = found("/")
    below = [page.more(many, values, ENGLISH, n) for n in (1, 2, 3)] if page.more else []
    layouts = [Scene().open(plan) for plan in below if plan is not None]
    shown_below = [devices(layout) for layout in layouts]
    headings = [card.plan.key for layout in layouts for card in layout.cards if "section/" in card.plan.key]
    assert [] == headings, "one heading for all of a kind"
    assert [overview.PER_PAGE, REST] == [len(ids) for ids in shown_below]
    together = [*devices(shown(many, "/")), *shown_below[0], *shown_below[1]]
    assert [f"contact.door_{number:03}" for number in range(MANY)] == together


def test_a_link_to_a_later_page_says_so_and_leads_back(many: FakeHouse) -> None:
    """The last card says which of how many there are; its buttons lead to the beginning and on."""
    scene = Scene()
    pager: Card[None] = shown(many, "/?page=2", scene).cards[-1]
    first, last = overview.PER_PAGE + 1, 2 * overview.PER_PAGE
    assert f"{first} to {last} of {MANY} devices" in texts(
        msgpack.unpackb(pager.packed(), strict_map_key=False)
    )
    person = Person()
    for control in pager.handlers:
        scene.event(control, "click", None, person)
    assert ["/", "/?page=3"] == person.gone


def test_a_small_fleet_has_no_pager() -> None:
    """Where all fits on one page, nothing speaks of pages."""
    house = FakeHouse()
    house.hear_all()
    assert not [card for card in shown(house, "/").cards if card.plan.key.startswith("pager")]


def test_how_fast_messages_come_is_told_while_it_is_known() -> None:
    """A rate while the broker is there; else a dash, for what it was is not what it is."""

    async def act() -> None:
        house = FakeHouse()
        house.hear_all()
        house.status = replace(house.status, rate=11.3)
        assert ["11.3", "messages/s"] == rate(house)
        house.broker(up=False, detail="refused")
        assert ["–", "messages/s"] == rate(house)
        house.aside.close()

    asyncio.run(act())


def test_a_bridge_that_is_away_is_not_asked_for_the_quarantine() -> None:
    """Nothing is said of it then, and nobody is asked."""

    async def act() -> None:
        house = FakeHouse()
        house.hear_all()
        house.hear("fleet/plug/one/state", {"on": "bad"})
        house.bus = BusLink(up=True, detail="", bridge_up=True)
        await until(lambda: refused(house) == "1", "the count")
        asked: list[str] = []
        house.quarantine_counts = lambda: asked.append("counts")  # type: ignore[assignment]
        house.quarantine_changes += 1
        house.bus = BusLink(up=True, detail="silent", bridge_up=False)
        assert "–" == refused(house)
        # What is asked later is answered later.
        house.aside.look("other", 1, lambda: asked.append("other"))
        await until(lambda: asked, "an answer")
        assert ["other"] == asked
        house.aside.close()

    asyncio.run(act())


def test_the_figures_lead_to_what_they_count() -> None:
    """Each state to its devices, in the order of the strip, and the last figure to the quarantine."""

    async def act() -> None:
        house = FakeHouse()
        house.hear_all()
        scene = Scene()
        [card] = [card for card in shown(house, "/", scene).cards if card.plan.key.startswith("summary/")]
        person = Person()
        for control in card.handlers:
            scene.event(control, "click", None, person)
        states = [f"/?state={state}" for state in ("online", "offline", "stale", "unknown", "alert")]
        assert [*states, "/quarantine"] == sorted(person.gone, key=[*states, "/quarantine"].index)
        house.aside.close()

    asyncio.run(act())


def test_a_chosen_figure_leads_back_to_all_and_says_so() -> None:
    """It is marked as chosen; the others count as before, and keep what else is asked for."""

    async def act() -> None:
        house = FakeHouse()
        house.hear_all()
        scene = Scene()
        layout = shown(house, "/?kind=machine&state=alert", scene)
        marked = [
            one["label"] for one in controls(tree(layout, "summary"), "Semantics") if one.get("selected")
        ]
        assert ["Alerts: 0. Only these are shown; press to show all."] == marked
        house.hear("fleet/machine/one/state", {"state": "fault"})
        scene.touch({"device/machine.one", "tick"})
        marked = [
            one["label"] for one in controls(tree(layout, "summary"), "Semantics") if one.get("selected")
        ]
        assert ["Alerts: 1. Only these are shown; press to show all."] == marked
        assert ["machine.one"] == devices(layout)
        house.aside.close()

    asyncio.run(act())


def test_what_needs_attention_comes_first_at_a_tick() -> None:
    """A device that is silent, offline or beyond its limits moves to the top, but not at each message."""
    house = FakeHouse()
    for number in range(6):
        house.hear(f"fleet/thermostat/t{number}/state", {"temperature": 20})
    scene = Scene()
    layout = shown(house, "/", scene)
    scene.touch(house.hear("fleet/thermostat/t3/state", {"temperature": 39}))
    assert [f"thermostat.t{number}" for number in range(6)] == devices(layout)
    scene.touch(house.hear("fleet/thermostat/t5/availability", b"offline"))
    scene.touch({"tick"})
    assert [f"thermostat.t{number}" for number in (3, 5, 0, 1, 2, 4)] == devices(layout)


def test_numbers_in_names_are_sorted_by_their_size() -> None:
    """Lamp 9 stands before Lamp 10, however the number is written; capitals are as small letters."""
    names = ["lamp 1", "Lamp 2", "lamp 9", "Lamp 010", "lamp 11", "Lamp 11 a", "lamp 100", "lamp x", "Zone"]
    shuffled = sorted(names)
    assert names == sorted(shuffled, key=as_read)
    assert [("", (1, "7"), ""), ("", (0, ""), "a")] == [as_read("007"), as_read("0A")]
    house = FakeHouse()
    for number in (10, 9, 100):
        house.hear(f"fleet/thermostat/t{number}/state", {"temperature": 20})
    assert [f"thermostat.t{number}" for number in (9, 10, 100)] == devices(shown(house, "/"))


@pytest.mark.parametrize(
    ("query", "sections"),
    [
        ("", ["Needs attention", "Lamp", "Thermostat"]),
        ("group=place", ["Needs attention", "Kitchen", "Without a place"]),
        ("group=none", ["Needs attention", "All others"]),
        ("group=none&sort=name", []),
        ("sort=name", ["Lamp", "Thermostat"]),
        ("state=alert", []),
    ],
)
def test_devices_stand_as_the_address_says(query: str, sections: Sequence[str]) -> None:
    """Below headings by kind or place, or below none; a device is shown once, however they stand."""
    house = FakeHouse()
    for number in range(4):
        house.hear(f"fleet/thermostat/t{number}/state", {"temperature": 39 if number == 1 else 20})
        house.hear(f"fleet/lamp/l{number}/state", {"on": True})
        house.labels[f"lamp.l{number}"] = Label(None, "Kitchen")
    layout = shown(house, f"/?{query}")
    heads = [card for card in layout.cards if card.plan.key.startswith("section/")]
    assert sections == [texts(msgpack.unpackb(card.packed(), strict_map_key=False))[0] for card in heads]
    every = {f"thermostat.t{n}" for n in range(4)} | {f"lamp.l{n}" for n in range(4)}
    expected = {"thermostat.t1"} if "state" in query else every
    assert (expected, len(expected)) == (set(devices(layout)), len(devices(layout)))


def test_how_many_fit_is_said_and_what_was_sought() -> None:
    """Of a filter that some fit how many, with the way to all; of one that none fits, what it was."""
    house = FakeHouse()
    house.hear_all()
    scene = Scene()
    layout = shown(house, "/?kind=lamp&size=compact", scene)
    assert ["1 of 12 devices"] == texts(tree(layout, "found"))[:1]
    nothing = shown(house, "/?kind=lamp&q=attic&size=compact", scene)
    [card] = [card for card in nothing.cards if card.plan.key.startswith("no hit/")]
    said = texts(msgpack.unpackb(card.packed(), strict_map_key=False))
    assert ["Nothing found", "No device fits: attic, lamp"] == said[:2]
    person = Person()
    for control in card.handlers:
        scene.event(control, "click", None, person)
    assert ["/?size=compact"] == person.gone


def test_who_asks_is_told_why_a_device_is_not_there() -> None:
    """The availability can be pressed, as a phone has no tooltips: it says the reason and the age."""
    house = FakeHouse()
    house.hear_all(["plug"])
    house.hear("fleet/plug/one/availability", b"offline")
    scene = Scene()
    [card] = [card for card in shown(house, "/", scene).cards if card.plan.key.startswith("card/")]
    person = Person()
    for control in card.handlers:
        scene.event(control, "click", None, person)
    [question] = person.asked
    assert ("One: Offline", ["Said so, or its last will did.", "Last message: now."]) == (
        question.title, list(question.lines),
    )  # fmt: skip


def test_a_card_says_in_words_what_it_is() -> None:
    """For who hears the screen: name, kind, place and availability, kept in step."""
    house = FakeHouse()
    house.hear_all(["thermostat"])
    scene = Scene()
    layout = shown(house, "/", scene)
    for said, word in ((b"offline", "Offline"), (b"online", "Online")):
        scene.touch(house.hear("fleet/thermostat/one/availability", said))
        label = controls(tree(layout, "card"), "Semantics")[0]["label"]
        assert f"One, Thermostat, {word}" == label


def test_cards_beside_each_other_are_of_one_height() -> None:
    """What each lacks is counted by row, for each width of the window."""
    rooms = device_card.rooms([80, 60, 60, 40], "normal")
    assert [(), (0, 20, 20, 20), (0, 0, 20, 20), (0, 20, 0, 40)] == rooms


def test_a_long_topic_keeps_its_end() -> None:
    """The last levels say most of it; other names keep their beginning."""
    topic = "plant/" + "x" * 50 + "/line/oil"
    assert ("…" + topic[-43:], "a" * 43 + "…", "short") == tuple(
        device_card.kept_end(name, 44) for name in (topic, "a" * 60, "short")
    )


def test_retired_devices_are_left_out() -> None:
    """Neither shown nor counted; they come back when they are not retired any more."""
    house = FakeHouse()
    house.hear_all(["lamp", "plug"])
    house.retire("lamp.one", retired=True)
    assert ["plug.one"] == devices(shown(house, "/"))
    house.retire("lamp.one", retired=False)
    assert {"plug.one", "lamp.one"} == set(devices(shown(house, "/")))


@pytest.mark.parametrize(
    ("bus", "expected"),
    [
        (
            BusLink(False, "the bus has not been reached yet", False, "redis://a:1/0"),
            ["Nothing is known of devices yet", "The bus has not been reached yet. It is tried again."],
        ),
        (
            BusLink(True, "the bridge is silent", False, "redis://a:1/0", heard=0.0),
            ["Nothing is known of devices yet", "The bridge is silent. It is tried again."],
        ),
        (
            BusLink(True, "", True, "redis://a:1/0"),
            ["No device has spoken yet", "The bridge has not told of any."],
        ),
    ],
)
def test_an_empty_page_says_what_is_known(bus: BusLink, expected: Sequence[str]) -> None:
    """That no device has spoken is said by a bridge; without one nobody knows."""
    house = FakeHouse()
    house.bus = bus
    house.status = replace(house.status, broker_url="", broker_up=False)
    assert expected == read(house, "nothing")


def test_without_a_bridge_it_says_how_to_start_one() -> None:
    """In a line for a terminal; and when one speaks, the page says what that says."""
    house = FakeHouse()
    house.bus = BusLink(True, "no bridge has spoken yet", False, "redis://a:1/0", no_bridge=True)
    scene = Scene()
    layout = shown(house, "/", scene)
    headline, start, line = texts(tree(layout, "nothing"))
    assert ("No bridge on redis://a:1/0 yet", "Start one in a terminal:") == (headline, start)
    assert line.endswith(" bridge --bus redis://a:1/0")
    house.bus = BusLink(True, "", True, "redis://a:1/0")
    scene.touch({"status"})
    assert "No device has spoken yet" == texts(tree(layout, "nothing"))[0]
    scene.touch(house.hear_all())
    assert not [card for card in layout.cards if card.plan.key.startswith("nothing")]
