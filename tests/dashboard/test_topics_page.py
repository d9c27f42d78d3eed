"""The page of topics: levels, a topic's last message, search, publishing and clearing."""

from collections.abc import Callable
from typing import Any

import flet as ft
import pytest

from bridge.errors import NotConnected
from dashboard.reader import ENGLISH
from dashboard.topic_dialogs import ask_clearing, open_publishing
from dashboard.views.topics import Where, where
from dashboard.wording import rate_text
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.stage import Stage, Tab, play, plugged, until


def heard() -> FakeHouse:
    """A plug, a topic that nobody claims, and one with empty levels."""
    house = plugged()
    house.hear("workshop/saw/oil", {"pressure": 7.4}, retained=True)
    house.hear("/odd//end", b"x")
    return house


async def click(tab: Tab, *words: str) -> str:
    """Click the row or the button with exactly these first texts; where it leads."""

    def wanted(control: dict[str, Any]) -> bool:
        said = [control["content"]] if isinstance(control.get("content"), str) else texts(control)
        return bool(control.get("on_click")) and said[: len(words)] == list(words)

    found = [c for kind in ("Container", "TextButton") for c in tab.controls(kind) if wanted(c)]
    tab.click(found[0])
    call = await tab.asked_to_go()
    tab.answer(call)
    route = str(call["args"]["route"])
    tab.go(route)
    return route


def test_a_click_goes_a_level_down() -> None:
    """From the whole tree to a topic, whose last message is shown, with whose it is; and back."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/topics")
        await tab.sees("workshop")
        assert "/topics?at=fleet" == await click(tab, "fleet")
        await tab.sees("plug")
        tab.go("/topics?at=fleet/plug/one/state")
        await tab.sees("The last message: accepted")
        assert tab.shows('"power"')
        assert "/devices/plug.one" == await click(tab, "plug.one")

    play(act, heard())


def test_levels_without_a_name_can_be_reached() -> None:
    """A topic that begins with a slash, or has two in a row, is found level by level."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/topics")
        await tab.sees("(empty)")
        routes = []
        for word, then in (("(empty)", "odd"), ("odd", "(empty)"), ("(empty)", "end"), ("end", "/odd//end")):
            routes.append(await click(tab, word))
            await tab.sees(then)
            await until(lambda w=then: w in tab.texts, then)  # type: ignore[misc]
            if routes[-1] == "/topics?at=/odd":
                tab.go("/topics?at=/odd/")
                routes.append("/topics?at=/odd/")
                await tab.sees("end")
                tab.go("/topics?at=/odd//end")
                break
        await tab.sees("The last message: unclaimed")
        assert ["/topics?at=", "/topics?at=/odd", "/topics?at=/odd/"] == routes

    play(act, heard())


@pytest.mark.parametrize(
    ("route", "word"),
    [
        ("/topics?q=OIL", "workshop/saw/oil"),
        ("/topics?q=fnord", 'No topic that has been heard holds "fnord".'),
        ("/topics?at=no/such", "Nothing has been heard on it or below it since the start."),
    ],
    ids=["found", "not-found", "no-such-level"],
)
def test_what_is_sought_is_shown(route: str, word: str) -> None:
    """Topics that hold the text; where there is none, that is said."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(route)
        await tab.sees(word)

    play(act, heard())


def test_before_a_message_it_says_what_will_be_here() -> None:
    """An empty tree is told apart from one that is being read."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/topics")
        await tab.sees("Nothing has been heard yet")

    play(act)


def test_an_address_is_read_as_it_was_written() -> None:
    """The whole tree, a level, one with an empty name, and a search in it."""
    there = [Where(), Where("a/b"), Where(""), Where("a", "x y")]
    routes = ["/topics", "/topics?at=a/b", "/topics?at=", "/topics?at=a&q=x%20y"]
    assert routes == [one.route for one in there]
    values: list[dict[str, str]] = [{}, {"at": "a/b"}, {"at": ""}, {"at": "a", "q": " x y "}]
    assert there == [where(one) for one in values]


@pytest.mark.parametrize(
    ("rate", "text"), [(0.0, "silent"), (0.1, "6 a minute"), (2.0, "2.0 a second"), (50.2, "50 a second")]
)
def test_rates_are_told_in_words(rate: float, text: str) -> None:
    """In a unit that leaves few digits."""
    assert text == rate_text(rate, ENGLISH)


def test_of_one_message_no_rate_is_told_and_of_an_empty_one_no_values() -> None:
    """How often a topic speaks is known from the second message on; an empty one is told for what it is."""
    house = FakeHouse()
    house.hear("a/once", "5")
    for payload in ("5", ""):
        house.hear("a/twice", payload)

    async def act(stage: Stage) -> None:
        tab = await stage.open("/topics?at=a/once")
        await tab.sees("1 message")
        assert not tab.shows("a minute")
        tab.go("/topics?at=a/twice")
        await tab.sees("The last message: empty, which is how a retained one is cleared")
        assert tab.shows("a minute")

    play(act, house)


def pressed(dialog: ft.DialogControl, label: str) -> Callable[[], None]:
    """What a button of a dialog does."""
    assert isinstance(dialog, ft.AlertDialog)
    [button] = [b for b in dialog.actions if isinstance(b, ft.Button) and b.content == label]
    act: Any = button.on_click
    return lambda: act(None)


def fields(dialog: ft.DialogControl) -> tuple[ft.TextField, ft.TextField, ft.Text]:
    """Topic, payload, and what is told in a dialog for publishing."""
    assert isinstance(dialog, ft.AlertDialog)
    assert isinstance(dialog.content, ft.Column)
    where_, what, _qos, _retain, _kept_for, told = dialog.content.controls
    assert isinstance(where_, ft.TextField)
    assert isinstance(what, ft.TextField)
    assert isinstance(told, ft.Text)
    return where_, what, told


def test_a_message_is_published() -> None:
    """With topic and payload as entered, in the name of who did; he is told, and the dialog closes."""

    async def act(stage: Stage) -> None:
        who, house = Person(), stage.house
        open_publishing(house, who, "a/b")  # type: ignore[arg-type]
        [dialog] = who.dialogs
        where_, what, _told = fields(dialog)
        assert (None, True) == (where_.autofocus or None, what.autofocus)
        what.value = "on"
        pressed(dialog, "Publish")()
        await until(lambda: who.told, "the word")
        assert [("a/b", b"on", 1, False, "somebody")] == house.published
        assert (["Published on a/b"], False) == (who.told, dialog.open)

    play(act)


def test_clearing_is_asked_first_and_a_refusal_is_told() -> None:
    """Nothing is sent before he agrees; if the broker is away he hears of it."""

    async def act(stage: Stage) -> None:
        who, house = Person(), stage.house
        ask_clearing(house, who, "a/b")  # type: ignore[arg-type]
        assert [] == house.published
        who.asked[0].then()
        await until(lambda: who.told, "the word")
        assert [("a/b", b"", 1, True, "somebody")] == house.published
        house.refuses = NotConnected("the broker is away")
        who.asked[0].then()
        await until(lambda: len(who.told) > 1, "the refusal")
        assert ["The broker was asked to forget it", "Not cleared: the broker is away"] == who.told

    play(act)
