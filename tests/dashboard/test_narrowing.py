"""What stands above the overview: filters and ways to stand, each a choice in the address."""

import pytest
from flet.messaging.protocol import MessageAction

from dashboard.views import overview
from tests.dashboard.client import Tree, find, texts
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, Tab, play, until

END = {
    "event_type": "end", "pixels": 3_000.0, "min_scroll_extent": 0.0, "max_scroll_extent": 3_100.0,
    "viewport_dimension": 700.0,
}  # fmt: skip
"""What a browser says that has come near the end of a page."""


def home() -> FakeHouse:
    """Devices of every kind, one of them in a place."""
    house = FakeHouse()
    house.hear_all()
    house.hear("fleet/lamp/hall/state", {"on": True, "place": "Hall"})
    return house


def button(tab: Tab, tooltip: str) -> Tree:
    """A button above the page, by what it says of itself."""
    return next(one for one in tab.controls("IconButton") if one.get("tooltip") == tooltip)


def choose(tab: Tab, menu: Tree, value: str) -> None:
    """A person chooses in a menu."""
    tab.socket.say(MessageAction.UPDATE_CONTROL_PROPS, {"id": menu["_i"], "props": {"value": value}})
    tab.click(menu, "select")


async def gone(tab: Tab) -> str:
    """Where the browser is asked to go; it does not."""
    call = await tab.asked_to_go()
    tab.answer(call)
    return str(call["args"]["route"])


@pytest.mark.parametrize(
    ("number", "value", "route"),
    [(0, "place", "/?group=place"), (1, "name", "/?sort=name"), (2, "compact", "/?size=compact")],
)
def test_each_way_to_stand_has_an_address(number: int, value: str, route: str) -> None:
    """The dialog shows what is on, and each choice leads to its address."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("messages/s")
        tab.click(button(tab, "Group, sort, size"))
        await until(lambda: find(tab.client.root, "Dropdown"), "the dialog")
        menus = find(tab.client.root, "Dropdown")
        assert ["kind", "attention", "normal"] == [menu["value"] for menu in menus]
        choose(tab, menus[number], value)
        assert route == await gone(tab)

    play(act, home())


def test_the_filters_name_what_there_is_and_lead_to_it() -> None:
    """Kinds and places of the devices that are there now, and every state."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/?q=hall")
        await tab.sees("messages/s")
        tab.click(button(tab, "Filter by kind, place and state"))
        await until(lambda: find(tab.client.root, "Dropdown"), "the dialog")
        kind, place, state = find(tab.client.root, "Dropdown")
        assert ["All", "Hall"] == [option["text"] for option in place["options"]]
        assert {"Lamp", "Plug"} <= {option["text"] for option in kind["options"]}
        assert ["All", "Online", "Offline", "Stale", "Unknown", "Alerts"] == [
            option["text"] for option in state["options"]
        ]
        choose(tab, place, "Hall")
        assert "/?q=hall&place=Hall" == await gone(tab)

    play(act, home())


def test_what_is_chosen_is_said_and_taken_away_again() -> None:
    """Each filter that is on is a chip above the page; without it, the rest stays as it is."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/?kind=lamp&state=online&size=compact")
        await tab.sees("2 of 12 devices")
        kind, state = tab.controls("Chip")
        assert [["Lamp"], ["Online"]] == [texts(kind), texts(state)]
        tab.click(kind, "delete")
        assert "/?state=online&size=compact" == await gone(tab)

    play(act, home())


def test_scrolling_to_the_end_brings_the_next_devices() -> None:
    """They come below, within what is there, and follow their devices like the first; then it is the end."""
    house = FakeHouse()
    many = 2 * overview.PER_PAGE + 5
    for number in range(many):
        house.hear(f"fleet/contact/door_{number:03}/state", {"open": False})

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees(f"{overview.PER_PAGE} of {many} devices")
        last = f"Door {many - 1:03}"
        assert not tab.shows(last)
        place = next(one for one in tab.controls("Column") if one.get("scroll"))
        tab.click(place, "scroll", END)
        await tab.sees(f"{2 * overview.PER_PAGE} of {many} devices")
        for _ in range(3):
            tab.click(place, "scroll", END)
            await tab.sees(last)
        assert tab.shows("Door 000")
        assert tab.shows(f"Door {overview.PER_PAGE:03}")
        assert 1 == sum(text == last for text in tab.texts)
        stage.hear(f"fleet/contact/door_{many - 1:03}/state", {"open": True})
        await tab.sees("open")

    play(act, house)
