"""Values that are typed and chosen in dialogs: checked there, and sent as one command."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from bridge.errors import CommandRefused, NotConnected
from bridge.state import State
from dashboard.reader import ENGLISH, Reader
from dashboard.sight import device_view
from dashboard.widgets import entry_for
from tests.dashboard.client import Tree, find, texts
from tests.dashboard.fake import FakeHouse
from tests.dashboard.gallery import LIVE, kinds
from tests.dashboard.stage import Stage, Tab, play, until
from tests.dashboard.test_widgets import names

ONE = "gallery.one"


def played(act: Callable[[Stage, Tab], Awaitable[None]], said: Mapping[str, object] = LIVE) -> FakeHouse:
    """The page of a device with every trait is open; the house afterwards."""
    house = FakeHouse()
    house.kinds = kinds()
    house.state = State(house.kinds)
    house.hear("gallery/one/state", said)

    async def run(stage: Stage) -> None:
        await act(stage, await stage.open(f"/devices/{ONE}"))

    play(run, house)
    return house


def dialog(tab: Tab) -> Tree | None:
    """The dialog that is open."""
    shown = [one for one in tab.client.controls.values() if one["_c"] == "AlertDialog" and one.get("open")]
    return shown[-1] if shown else None


async def opened(tab: Tab, button: str) -> Tree:
    """The dialog that a button of the page opens."""
    [pressed] = [
        one
        for sort in ("IconButton", "OutlinedButton")
        for one in tab.controls(sort)
        if button in [one.get("content"), *names(one)]
    ]
    tab.click(pressed)
    await until(lambda: dialog(tab), f"the dialog of {button}")
    found = dialog(tab)
    assert found is not None
    return found


def enter(tab: Tab, label: str, text: str) -> None:
    """A person types into a field."""
    within = dialog(tab)
    assert within is not None
    [field] = [field for field in find(within, "TextField") if field["label"] == label]
    tab.change(field, text)


def send(tab: Tab) -> None:
    """He presses the button."""
    within = dialog(tab)
    assert within is not None
    [button] = [button for button in find(within, "FilledButton") if button["content"] == "Send"]
    tab.click(button)


async def error_at(tab: Tab, label: str, text: str) -> None:
    """It is said at the field of this label, and the dialog stays."""

    def said() -> bool:
        within = dialog(tab)
        fields = find(within, "TextField") if within else []
        return any(field["label"] == label and field.get("error") == text for field in fields)

    await until(said, f"{text} at {label}")


def test_a_typed_value_is_checked_and_sent() -> None:
    """What cannot be is said at the field, and nothing is sent; then what can be is, once."""

    async def act(stage: Stage, tab: Tab) -> None:
        await opened(tab, "One: Target, 20.5 °C, change")
        enter(tab, "Target", "99")
        send(tab)
        await error_at(tab, "Target", "At most 30 °C")
        assert [] == stage.house.sent
        enter(tab, "Target", "22,5")
        send(tab)
        await until(lambda: dialog(tab) is None, "the dialog to close")

    assert [{"target": 22.5}] == [changes for _id, changes, _by in played(act).sent]


def test_the_form_sends_what_was_changed_as_one_command() -> None:
    """It starts from the present values; those that stay are not sent."""

    async def act(_stage: Stage, tab: Tab) -> None:
        form = await opened(tab, "Set several…")
        before = {field["label"]: field.get("value", "") for field in find(form, "TextField")}
        assert {"Target": "20.5", "Offset": "-3", "Display": "Hello", "Color": "#ff8800"} == before
        assert ["on", "eco"] == [group["value"] for group in find(form, "RadioGroup")]
        enter(tab, "Target", "21")
        enter(tab, "Display", "")
        [fan, _mode] = find(form, "RadioGroup")
        tab.change(fan, "off")
        send(tab)
        await until(lambda: dialog(tab) is None, "the form to close")

    house = played(act)
    assert [(ONE, {"target": 21.0, "fan": False, "display": ""})] == [
        (device, changes) for device, changes, _by in house.sent
    ]


def test_one_mistake_in_the_form_holds_everything_back() -> None:
    """It is said at its field; what is right in the others is kept for the next try."""

    async def act(stage: Stage, tab: Tab) -> None:
        await opened(tab, "Set several…")
        enter(tab, "Offset", "many")
        enter(tab, "Color", "orange")
        enter(tab, "Target", "21")
        send(tab)
        await error_at(tab, "Offset", "Enter a number, such as 20")
        await error_at(tab, "Color", "Enter a colour as #rrggbb, such as #ff8800")
        assert [] == stage.house.sent
        enter(tab, "Offset", "4")
        enter(tab, "Color", "00FF00")
        send(tab)
        await until(lambda: dialog(tab) is None, "the form to close")

    assert [{"target": 21.0, "offset": 4, "color": "#00ff00"}] == [c for _id, c, _by in played(act).sent]


def test_a_form_that_changes_nothing_sends_nothing() -> None:
    """It says so and stays."""

    async def act(_stage: Stage, tab: Tab) -> None:
        await opened(tab, "Set several…")
        send(tab)
        await until(lambda: "Nothing was changed" in texts(dialog(tab)), "that nothing was changed")

    assert [] == played(act).sent


@pytest.mark.parametrize(
    ("error", "label", "text"),
    [
        (CommandRefused("target: not while the window is open"), "Target", "not while the window is open"),
        (NotConnected("no connection to the broker"), "", "Not sent: no connection to the broker"),
    ],
    ids=["of a field", "of all"],
)
def test_what_could_not_be_sent_stays_in_the_form(error: CommandRefused, label: str, text: str) -> None:
    """With the reason, at its field if it is about one; what was entered is not lost."""

    async def act(stage: Stage, tab: Tab) -> None:
        stage.house.refuses = error
        await opened(tab, "Set several…")
        enter(tab, "Target", "21")
        send(tab)
        if label:
            await error_at(tab, label, text)
        else:
            await until(lambda: text in texts(dialog(tab)), text)
        stage.house.refuses = None
        send(tab)
        await until(lambda: dialog(tab) is None, "the form to close")

    assert [{"target": 21.0}] == [changes for _id, changes, _by in played(act).sent]


def test_what_was_never_heard_is_sent_only_if_it_is_entered() -> None:
    """An empty field means nothing, and a switch of which nothing is known has no word chosen."""

    async def act(_stage: Stage, tab: Tab) -> None:
        form = await opened(tab, "Set several…")
        assert {""} == {field.get("value", "") for field in find(form, "TextField")}
        assert [None, None] == [group.get("value") for group in find(form, "RadioGroup")]
        enter(tab, "Display", "First")
        send(tab)
        await until(lambda: dialog(tab) is None, "the form to close")

    assert [{"display": "First"}] == [c for _id, c, _by in played(act, {"mood": "glad"}).sent]


@pytest.mark.parametrize("name", ["target", "offset", "fan", "mode", "display", "color"])
def test_an_entry_that_is_left_alone_means_the_present_value(name: str) -> None:
    """For every trait that can be set, and in other units too."""
    house = FakeHouse()
    house.kinds = kinds()
    house.state = State(house.kinds)
    house.hear("gallery/one/state", LIVE)
    for reader in (ENGLISH, Reader(units="imperial")):
        device = house.devices[ONE]
        metric = device_view(device, house.kinds.get("gallery"), house.label(device), 0.0, reader).metrics[
            name
        ]
        assert metric.value == entry_for(metric.trait)(metric, reader, lambda: None).read()
