"""Names, retiring, forgetting: what is asked, what is done, and what is said where it cannot be done."""

import pytest
from flet.messaging.protocol import MessageAction

from bridge.errors import FleetglassError
from tests.dashboard.client import Tree, find
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, Tab, play, until

PAGE = "/devices/lamp.one"


@pytest.fixture
def house() -> FakeHouse:
    """A house with a lamp."""
    made = FakeHouse()
    made.hear_all(["lamp"])
    return made


def choose(tab: Tab, text: str) -> None:
    """Press an entry of the page's menu."""
    [entry] = [item for item in tab.controls("PopupMenuItem") if item["content"] == text]
    tab.click(entry)


def dialog(tab: Tab) -> Tree:
    """The dialog that is open."""
    return next(one for one in find(tab.client.root, "AlertDialog") if one.get("open"))


def is_open(tab: Tab) -> bool:
    """Whether there is a dialog."""
    return any(one.get("open") for one in find(tab.client.root, "AlertDialog"))


async def asked(tab: Tab) -> None:
    """Return when a dialog is open."""
    await until(lambda: is_open(tab), "the dialog")


def press(tab: Tab, text: str) -> None:
    """Press a button of the open dialog."""
    buttons = [*find(dialog(tab), "FilledButton"), *find(dialog(tab), "TextButton")]
    [button] = [one for one in buttons if one["content"] == text]
    tab.click(button)


async def says(tab: Tab, text: str) -> None:
    """Return when it is said, wherever."""
    await until(lambda: text in str(tab.client.root), f"{text!r}")


def test_a_device_gets_a_name_and_a_place(house: FakeHouse) -> None:
    """Both start from what is shown now; what is left empty is the device's own or its id's."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Name and place…")
        await asked(tab)
        name, place = find(dialog(tab), "TextField")
        assert ("", "Empty: One") == (name.get("value", ""), name["helper"])
        tab.change(name, " Hall lamp ")
        tab.change(place, "Hall")
        press(tab, "Save")
        await says(tab, "Saved")
        label = house.label(house.devices["lamp.one"])
        assert ("Hall lamp", "Hall") == (label.name, label.place)

    play(act, house)


def test_a_new_name_stands_above_the_page_too(house: FakeHouse) -> None:
    """At once, though the device itself says nothing meanwhile."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        assert 2 == tab.texts.count("One")
        house.relabel("lamp.one", name="Hall lamp", place=None)
        stage.hub.announce({"device/lamp.one"})
        await until(lambda: 2 == tab.texts.count("Hall lamp"), "the name in the heading and on the card")

    play(act, house)


def test_a_name_is_typed_and_entered_without_the_mouse(house: FakeHouse) -> None:
    """The dialog's first field has the keyboard, and Enter saves."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Name and place…")
        await asked(tab)
        name, place = find(dialog(tab), "TextField")
        assert (True, None) == (name.get("autofocus"), place.get("autofocus"))
        tab.change(name, "Hall lamp")
        tab.click(name, "submit", "Hall lamp")
        await says(tab, "Saved")
        assert "Hall lamp" == house.label(house.devices["lamp.one"]).name

    play(act, house)


def test_a_browser_whose_message_has_had_its_time_stays_connected(house: FakeHouse) -> None:
    """What Flet's client reports then, a property of its own among it, is taken in; the message is gone."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Retire…")
        await asked(tab)
        press(tab, "Retire")
        await says(tab, "It is retired now")
        [bar] = [one for one in tab.client.controls.values() if one["_c"] == "SnackBar"]
        for properties in ({"_dismissed": True}, {"open": False}):
            said = {"id": bar["_i"], "props": properties}
            tab.socket.say(MessageAction.UPDATE_CONTROL_PROPS, said)
        tab.click(bar, "dismiss")
        await until(lambda: "It is retired now" not in str(tab.client.root), "the end of the message")
        stage.hear("fleet/lamp/one/state", {"on": True})
        await tab.sees("It is retired: the overview does not show it")
        choose(tab, "Take back into use")
        await says(tab, "It is in use again")

    play(act, house)


def test_what_is_no_name_is_told_in_the_dialog(house: FakeHouse) -> None:
    """It stays open, with what was entered."""

    def refuse(_device_id: str, **_names: str | None) -> None:
        raise FleetglassError("name: expected one line")

    house.relabel = refuse  # type: ignore[method-assign]

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Name and place…")
        await asked(tab)
        tab.change(find(dialog(tab), "TextField")[0], "two")
        press(tab, "Save")
        await says(tab, "That could not be done: name: expected one line")
        assert "two" == find(dialog(tab), "TextField")[0]["value"]

    play(act, house)


def test_a_device_is_retired_after_a_question_and_taken_back_without(house: FakeHouse) -> None:
    """Its page says so, and stays."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Retire…")
        await asked(tab)
        press(tab, "Retire")
        await says(tab, "It is retired now")
        assert house.label(house.devices["lamp.one"]).retired
        stage.hear("fleet/lamp/one/state", {"on": True})
        await tab.sees("It is retired: the overview does not show it")
        choose(tab, "Take back into use")
        await says(tab, "It is in use again")
        assert not house.label(house.devices["lamp.one"]).retired

    play(act, house)


@pytest.mark.parametrize(("history", "retained"), [(False, True), (True, False)], ids=["usual", "other"])
def test_a_device_is_forgotten_as_far_as_was_asked(
    house: FakeHouse, *, history: bool, retained: bool
) -> None:
    """What else goes is chosen; afterwards he is on the overview."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Forget…")
        await asked(tab)
        for box, wanted in zip(find(dialog(tab), "Checkbox"), (history, retained), strict=True):
            if box.get("value", False) != wanted:
                tab.change(box, wanted)
        press(tab, "Forget")
        call = await tab.asked_to_go()
        assert ("/", [("lamp.one", history, retained)]) == (call["args"]["route"], house.forgot)

    play(act, house)


def test_a_device_is_pinned_to_a_page(house: FakeHouse) -> None:
    """From its own page; where there is no page yet, onto a new one."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Pin to a page…")
        await asked(tab)
        assert ["New page"] == [one["text"] for one in find(dialog(tab), "Dropdown")[0]["options"]]

    play(act, house)


def test_nothing_is_done_when_somebody_thinks_again(house: FakeHouse) -> None:
    """Cancel is cancel."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        choose(tab, "Forget…")
        await asked(tab)
        press(tab, "Cancel")
        await until(lambda: not is_open(tab), "the dialog closed")
        assert ([], True) == (house.forgot, "lamp.one" in house.devices)

    play(act, house)


def test_a_device_that_has_gone_cannot_be_named(house: FakeHouse) -> None:
    """Somebody else has forgotten it meanwhile: that is said, and no dialog opens."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("Last message")
        house.state.forget("lamp.one")
        for entry in ("Name and place…", "Retire…", "Forget…"):
            choose(tab, entry)
        await says(tab, "Nothing is known of this device any more")
        assert not is_open(tab)

    play(act, house)
