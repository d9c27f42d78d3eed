"""What happened to a device, as its page lists it, in sections that fold; and what its kind is."""

import pytest

from dashboard.reader import ENGLISH, Reader
from dashboard.views.sections import opened, turned
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse
from tests.dashboard.lived import came_and_went, remember
from tests.dashboard.stage import WIDE, Stage, Tab, play, until

PHONE = Reader(window=360)


@pytest.fixture
def house() -> FakeHouse:
    """A house with a lamp and a button."""
    made = FakeHouse()
    made.hear_all(["lamp", "button"])
    return made


def section(tab: Tab, title: str) -> list[str]:
    """The texts of a section, below its heading."""
    cards = [card for card in tab.controls("ResponsiveRow")[0]["controls"] if title in texts(card)]
    return texts(cards[0])[1:]


async def asked_for(tab: Tab) -> str:
    """The address that a click asks for; it is gone to."""
    call = await tab.asked_to_go()
    route = str(call["args"]["route"])
    tab.go(route)
    tab.answer(call)
    return route


def heading(tab: Tab, title: str) -> object:
    """What is clicked to fold a section."""
    [found] = [
        node for node in tab.controls("Semantics") if node.get("label") == title and node.get("button")
    ]
    return found["content"]


def test_commands_tell_who_asked_for_what_and_how_it_ended(house: FakeHouse) -> None:
    """Pending at first, confirmed when the lamp does it; with the words and the unit of the kind."""
    house.command("lamp.one", {"on": False, "brightness": 10}, by="Ada")

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one")
        await tab.sees("by Ada")
        [first, _when, below] = section(tab, "Commands")
        assert ("Light: off, Brightness: 10 %", "waiting for the device · by Ada") == (first, below)
        stage.hear("fleet/lamp/one/state", {"on": False, "brightness": 10})
        await tab.sees("confirmed · by Ada")

    play(act, house)


def test_coming_and_going_is_listed_with_why(house: FakeHouse) -> None:
    """The newest first."""
    came_and_went(
        house.store, "lamp.one", (60, "online", "heard"), (30, "offline", "said so"), now=1_790_000_000.0
    )

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one")
        await tab.sees("said so")
        assert [
            "Offline", "21 Sep 2026 14:12:50", "said so", "Online", "21 Sep 2026 14:12:20", "heard",
        ] == section(tab, "Availability")  # fmt: skip

    play(act, house)


def test_events_are_listed(house: FakeHouse) -> None:
    """A button's presses, also two of the same sort; a lamp has none."""
    remember(house.store, "button.one", {"event": [(300, "single"), (200, "single"), (100, "long")]})

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/button.one")
        await until(lambda: len(section(tab, "Events")) > 3, "the events")
        assert ["long", "single", "single"] == section(tab, "Events")[::3]
        other = await stage.open("/devices/lamp.one")
        await other.sees("Last message")
        assert not other.shows("Events")

    play(act, house)


def test_a_long_list_begins_short(house: FakeHouse) -> None:
    """All of it is one click away, and stands in the address then."""
    for number in range(10):
        came_and_went(house.store, "lamp.one", (number, "offline", f"reason {number}"), now=1_790_000_000.0)

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one")
        await tab.sees("reason 9")
        assert not tab.shows("reason 3")
        [more] = [b for b in tab.controls("TextButton") if b["content"] == "Show all 10"]
        tab.click(more)
        assert "/devices/lamp.one?all=availability" == await asked_for(tab)
        await tab.sees("reason 0")

    play(act, house)


def test_sections_are_folded_on_a_phone(house: FakeHouse) -> None:
    """Nothing of them is read until somebody unfolds one, which stands in the address."""
    asked: list[str] = []
    before = house.heard
    house.heard = lambda device_id, **more: asked.append(device_id) or before(device_id, **more)  # type: ignore[method-assign,assignment,func-returns-value]

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one?show=", {**WIDE, "width": 390})
        await tab.sees("Choose a metric")
        assert not tab.shows("Payload")
        tab.click(heading(tab, "Last message"))  # type: ignore[arg-type]
        assert "/devices/lamp.one?show=&open=message" == await asked_for(tab)
        await tab.sees("Payload")
        asked.clear()
        tab.click(heading(tab, "Availability"))  # type: ignore[arg-type]
        assert "/devices/lamp.one?show=&open=message,availability" == await asked_for(tab)
        await until(lambda: asked, "the store to be asked")

    play(act, house)


@pytest.mark.parametrize(
    ("values", "reader", "expected"),
    [
        ({}, ENGLISH, ("a", "b")),
        ({}, PHONE, ()),
        ({"open": "b,nonsense"}, PHONE, ("b",)),
        ({"open": ""}, ENGLISH, ()),
    ],
    ids=["desktop", "phone", "said", "none"],
)
def test_which_sections_are_open(values: dict[str, str], reader: Reader, expected: tuple[str, ...]) -> None:
    """As the address says; without a word of it all, on a phone none."""
    assert expected == opened(values, reader, ("a", "b"))


def test_an_address_folds_one_section_and_keeps_the_rest() -> None:
    """Folded again it is the address of before."""
    values = {"id": "x", "range": "1h", "open": "a"}
    assert "/p?range=1h&open=a,b" == turned("/p", values, "open", ("a",), "b")
    assert "/p?range=1h&open=" == turned("/p", values, "open", ("a",), "a")


def test_the_kind_is_told(house: FakeHouse) -> None:
    """Each field with its name in JSON, what it takes, and where it is set on this very device."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one")
        await tab.sees("Kind: Lamp")
        told = section(tab, "Kind: Lamp")
        at = told.index("brightness")
        assert ["brightness", "number, may be left out, valid 0 to 100 %", "set on fleet/lamp/one/set"] == (
            told[at : at + 3]
        )

    play(act, house)


def test_a_schema_can_be_copied(house: FakeHouse) -> None:
    """The whole JSON Schema goes to the clipboard of who asks, and he is told."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one")
        await tab.sees("Kind: Lamp")
        [button] = [b for b in tab.controls("TextButton") if b["content"] == "Copy the JSON Schema"]
        tab.click(button)
        call = await tab.asked_to_go()
        assert ("set", True) == (call["name"], '"brightness"' in call["args"]["data"])
        tab.answer(call)
        await until(lambda: "Copied" in str(tab.client.root), "to be told")

    play(act, house)
