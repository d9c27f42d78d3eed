"""The keyboard, and a screen on the wall."""

import pytest

from dashboard.keys import NOTHING, SOON, Keys, Pressed, letters_of
from dashboard.views import pages
from tests.dashboard.client import Tree
from tests.dashboard.stage import Stage, Tab, play, plugged, until

LETTERS = {"o": "/", "q": "/quarantine"}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("/", Pressed(search=True)),
        ("?", Pressed(help=True)),
        ("gq", Pressed(route="/quarantine")),
        ("GQ", Pressed(route="/quarantine")),
        ("gx", NOTHING),
        ("gxq", NOTHING),
        ("q", NOTHING),
        ("ggq", NOTHING),
    ],
)
def test_keys_mean_something(typed: str, wanted: Pressed) -> None:
    """A letter leads somewhere only right after a `g`; a wrong one ends the wait."""
    keys = Keys(LETTERS)
    assert wanted == [keys.press(key, 1.0) for key in typed][-1]


def test_a_letter_that_comes_late_is_only_a_letter() -> None:
    """Who pressed `g` long ago goes nowhere."""
    keys = Keys(LETTERS)
    keys.press("g", 0.0)
    assert NOTHING == keys.press("q", SOON)


def test_each_page_of_the_navigation_has_a_letter_of_its_own() -> None:
    """All can be reached by keys."""
    ways = [page for page in pages() if page.rank is not None]
    assert (len(ways), "") == (len({page.key for page in ways}), "".join(p.title for p in ways if not p.key))
    assert {page.route for page in ways} <= set(letters_of(pages()).values())


def press(tab: Tab, *keys: str) -> None:
    """A person presses keys, one after the other."""
    for key in keys:
        data = {"key": key, "shift": False, "ctrl": False, "alt": False, "meta": False}
        tab.click({"_i": 1}, "keyboard_event", data)


def test_keys_lead_to_pages_and_to_the_search() -> None:
    """The browser is asked to go there; the search field to take the cursor."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        press(tab, "g", "q")
        assert "/quarantine" == (await tab.asked_to_go())["args"]["route"]
        press(tab, "/")
        await until(lambda: tab.client.invoked, "the search")
        asked = tab.client.invoked.pop()
        assert (tab.controls("TextField")[0]["_i"], "focus") == (asked["control_id"], asked["name"])

    play(act, plugged())


def test_who_writes_only_writes() -> None:
    """In the search field letters are letters; afterwards keys are keys again."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        field = tab.controls("TextField")[0]
        tab.click(field, "focus")
        press(tab, "g", "q", "?")
        tab.click(field, "blur")
        press(tab, "g", "s")
        assert "/system" == (await tab.asked_to_go())["args"]["route"]
        assert [] == tab.client.invoked

    play(act, plugged())


def test_help_tells_of_the_keys_and_is_not_asked_for_twice() -> None:
    """While a dialog is open, keys mean nothing to what is below it."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        press(tab, "?", "?", "g", "q")
        await until(lambda: dialogs(tab), "the help")
        press(tab, "?")
        assert 1 == len(dialogs(tab))
        assert [] == tab.client.invoked

    def dialogs(tab: Tab) -> list[Tree]:
        shown = tab.client.root["_dialogs"].get("controls", [])
        return [dialog for dialog in shown if dialog["_c"] == "AlertDialog"]

    play(act, plugged())


@pytest.mark.parametrize("route", ["/?kiosk", "/?q=plug&kiosk", "/?kiosk=1"])
def test_a_screen_on_the_wall_shows_the_page_alone(route: str) -> None:
    """No heading, no navigation; values live. Who leaves the wall has them again."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(route)
        await tab.sees("12.5")
        assert [False, False] == [slot.get("visible", True) for slot in frame(tab)]
        stage.hear("fleet/plug/one/state", {"on": True, "power": 99.5})
        await tab.sees("99.5")
        tab.go("/")
        await until(lambda: [True, True] == [slot.get("visible", True) for slot in frame(tab)], "the frame")

    def frame(tab: Tab) -> list[Tree]:
        row = tab.client.root["views"][0]["controls"][0]
        return [row["controls"][0], row["controls"][1]["controls"][0]]

    play(act, plugged())
