"""The overview: every device is on it, a bounded number at a time."""

import msgpack
import pytest

from dashboard.scene import Card, Layout, Scene
from dashboard.views import find, overview
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse, Person

MANY = 2 * overview.PER_PAGE + 50


def shown(house: FakeHouse, route: str, scene: Scene | None = None) -> Layout:
    """The layout that a route leads to."""
    found = find(route)
    assert found is not None
    page, values = found
    return (scene or Scene()).open(page.layout(house, values))


def devices(layout: Layout) -> list[str]:
    """The ids of the devices that have a card."""
    keys = [card.plan.key for card in layout.cards]
    return [key.removeprefix("card/") for key in keys if key.startswith("card/")]


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
