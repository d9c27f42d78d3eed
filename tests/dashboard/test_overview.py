"""The overview: every device is on it, a bounded number at a time, and nothing that nobody knows."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from bridge.bus.follower import BusLink
from dashboard.card import Card
from dashboard.reader import ENGLISH
from dashboard.scene import Layout, Scene
from dashboard.views import find, overview
from tests.dashboard.client import find as controls
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.stage import until

MANY = 2 * overview.PER_PAGE + 50


def shown(house: FakeHouse, route: str, scene: Scene | None = None) -> Layout:
    """The layout that a route leads to."""
    found = find(route)
    assert found is not None
    page, values = found
    return (scene or Scene()).open(page.layout(house, values, ENGLISH))


def devices(layout: Layout) -> list[str]:
    """The ids of the devices that have a card."""
    keys = [card.plan.key for card in layout.cards]
    return [key.removeprefix("card/").rpartition("/")[0] for key in keys if key.startswith("card/")]


def tree(layout: Layout, key: str) -> Any:  # noqa: ANN401  (whatever MessagePack holds)
    """A card as a browser gets it."""
    [card] = [card for card in layout.cards if card.plan.key == key]
    return msgpack.unpackb(card.packed(), strict_map_key=False)


def read(house: FakeHouse, key: str) -> Sequence[str]:
    """The texts of a card of the overview."""
    return texts(tree(shown(house, "/"), key))


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
    assert [overview.PER_PAGE, overview.PER_PAGE, 50] == [len(page) for page in pages]
    assert [f"contact.door_{number:03}" for number in range(MANY)] == [
        device for page in pages for device in page
    ]


@pytest.mark.parametrize(
    ("route", "first"),
    [("/?page=0", 0), ("/?page=-1", 0), ("/?page=x", 0), ("/?page=" + "9" * 5_000, 0), ("/?page=99", 200)],
)
def test_a_page_that_is_not_there_leads_to_one_that_is(many: FakeHouse, route: str, first: int) -> None:
    """A number out of range, or none at all, shows the nearest page."""
    assert f"contact.door_{first:03}" == devices(shown(many, route))[0]


def test_the_pager_leads_on_and_back(many: FakeHouse) -> None:
    """The last card says where one is, and its buttons take that person to the page before and after."""
    scene = Scene()
    pager: Card[None] = shown(many, "/?page=2", scene).cards[-1]
    assert "101 to 200 of 250 devices" in texts(msgpack.unpackb(pager.packed(), strict_map_key=False))
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
        assert ["11.3", "messages/s"] == read(house, "summary")[-2:]
        house.broker(up=False, detail="refused")
        assert ["–", "messages/s"] == read(house, "summary")[-2:]
        house.aside.close()

    asyncio.run(act())


def test_a_bridge_that_is_away_is_not_asked_for_the_quarantine() -> None:
    """Nothing is said of it then, and nobody is asked."""

    async def act() -> None:
        house = FakeHouse()
        house.hear_all()
        house.hear("fleet/plug/one/state", {"on": "bad"})
        house.bus = BusLink(up=True, detail="", bridge_up=True)
        await until(lambda: "1 in quarantine" in read(house, "summary"), "the count")
        asked: list[str] = []
        house.quarantine_counts = lambda: asked.append("counts")  # type: ignore[assignment]
        house.quarantine_changes += 1
        house.bus = BusLink(up=True, detail="silent", bridge_up=False)
        assert "1 in quarantine" not in read(house, "summary")
        # What is asked later is answered later.
        house.aside.look("other", 1, lambda: asked.append("other"))
        await until(lambda: asked, "an answer")
        assert ["other"] == asked
        house.aside.close()

    asyncio.run(act())


def test_the_way_to_the_quarantine_comes_whole() -> None:
    """It is not made visible later: it is there, as a button, or it is not; and it leads there."""

    async def act() -> None:
        house = FakeHouse()
        house.hear_all()
        scene = Scene()
        layout = shown(house, "/", scene)
        assert [] == controls(tree(layout, "summary"), "FilledButton")
        house.hear("fleet/plug/one/state", {"on": "bad"})

        def there() -> bool:
            scene.touch({"quarantine"})
            return bool(controls(tree(layout, "summary"), "FilledButton"))

        await until(there, "the button")
        [button] = controls(tree(layout, "summary"), "FilledButton")
        assert ["1 in quarantine"] == texts(button)
        assert "visible" not in repr(tree(layout, "summary"))
        person = Person()
        scene.event(button["_i"], "click", None, person)
        assert ["/quarantine"] == person.gone
        house.aside.close()

    asyncio.run(act())


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
    assert "nothing" not in [card.plan.key for card in layout.cards]
