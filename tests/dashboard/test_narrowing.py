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


async def menus(tab: Tab) -> list[Tree]:
    """The fields of the dialog with the ways to stand, opened."""
    tab.click(button(tab, "Group, sort, size"))
    await until(lambda: find(tab.client.root, "Dropdown"), "the dialog")
    return find(tab.client.root, "Dropdown")


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


def test_how_devices_stand_is_kept_by_the_browser() -> None:
    """At once, where the address leaves it open, and on the first screen the next time; it can be undone."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("messages/s")
        group, *_ = await menus(tab)
        choose(tab, group, "place")
        assert "/?group=place" == await gone(tab)
        await tab.sees("Without a place")
        kept = [note for note in tab.client.notes if note][-1]["wish"]
        assert ("place", None) == (kept["group"], kept.get("size"))
        again = await stage.open(wish=kept)
        await again.sees("Without a place")
        first = [text for text in again.texts if text in {"Hall", "Without a place"}]
        assert ["Hall", "Without a place"] == list(dict.fromkeys(first))
        assert "place" == (await menus(again))[0]["value"]
        undo = next(one for one in find(again.client.root, "TextButton") if one["content"] == "As at first")
        again.click(undo)
        await again.sees_no("Without a place")
        assert "group" not in [note for note in again.client.notes if note][-1]["wish"]

    play(act, home())


def test_an_address_that_asks_for_something_wins() -> None:
    """Whoever follows a link sees what it says; one for a screen on the wall leaves it open."""

    async def act(stage: Stage) -> None:
        wish = {"group": "place", "size": "compact"}
        linked = await stage.open("/?q=lamp", wish=wish)
        await linked.sees("of 13 devices")
        assert not linked.shows("Without a place")
        wall = await stage.open("/?kiosk", wish=wish)
        await wall.sees("Without a place")
        other = await stage.open("/", wish={"group": "nonsense", "sort": 7})
        await other.sees("messages/s")
        assert not other.shows("Without a place")

    play(act, home())


def test_the_first_screen_is_drawn_once() -> None:
    """What he wants is known before anything is drawn: no other overview has ever been looked at."""

    async def act(stage: Stage) -> None:
        opened: list[str] = []
        open_layout = stage.scene.open
        stage.scene.open = lambda plan: (opened.append(plan.name), open_layout(plan))[1]  # type: ignore[method-assign]
        tab = await stage.open(wish={"group": "place"})
        await tab.sees("Without a place")
        assert ["overview/?group=place/0/en.device"] == [n for n in opened if n.startswith("overview")]

    play(act, home())


def test_another_tab_of_the_browser_is_followed_when_it_comes_back() -> None:
    """Two tabs keep one wish: who was away stands as the other wants it."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("messages/s")
        await tab.lose()
        tab.wish = {"group": "place"}
        tab.connect()
        await tab.sees("Without a place")

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
        await tab.sees("2 of 13 devices")
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
