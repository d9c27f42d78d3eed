"""From page to page: what stays on the screen, what changes, and that nothing of it is ever blank."""

from collections.abc import Sequence
from typing import Literal

import pytest
from flet.messaging.protocol import MessageAction

from dashboard import views
from dashboard.views.more import ROOM
from tests.dashboard.browser import Screen, chromium
from tests.dashboard.client import Tree, message, texts
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import WIDE, Stage, Tab, play, plugged, until
from tests.dashboard.staged import Staged

PLUG = "fleet/plug/one/state"
ROUTES = ("/system", "/quarantine", "/", "/?q=one", "/devices/plug.one", "/nowhere", "/devices/plug.two", "/")
ENTRIES = [page.route for page in views.pages() if page.rank is not None]
SYSTEM, QUARANTINE = ENTRIES.index("/system"), ENTRIES.index("/quarantine")
PHONE: Tree = {**WIDE, "width": 400}


def home(house: FakeHouse) -> FakeHouse:
    """Devices of every kind, and a second plug."""
    house.hear_all()
    house.hear("fleet/plug/two/state", {"on": True})
    return house


async def arrived(tab: Tab, route: str, word: str) -> None:
    """Go there, and return when the page has taken the place of the other."""
    tab.go(route)
    await tab.sees(word)


@pytest.mark.parametrize("page", [WIDE, PHONE])
@pytest.mark.parametrize("outlets", [True, False])
def test_between_pages_nothing_is_ever_blank(page: Tree, *, outlets: bool) -> None:
    """After each single message there is a heading, the navigation, and one page with something on it."""

    async def act(stage: Stage) -> None:
        stage.outlets = outlets
        tab = await stage.open("/", page)
        await until(lambda: not tab.blank(), "the first page")
        blank: list[tuple[str, list[str]]] = []
        taken: list[MessageAction] = []

        def show(frame: bytes) -> None:
            taken.append(tab.client.take(frame))
            blank.append((tab.page["route"], tab.blank()))

        tab.socket.on_sent = show
        for route in ROUTES:
            before = len(taken)
            tab.go(route)
            await until(lambda n=before: len(taken) > n and settled(tab), f"the page {route}")  # type: ignore[misc]
        assert [] == [(route, parts) for route, parts in blank if parts]

    play(act, home(FakeHouse()))


def settled(tab: Tab) -> bool:
    """Whether there is no page any more but the one that is shown."""
    return not hidden(tab) and not tab.wire.queued


def hidden(tab: Tab) -> Sequence[Tree]:
    """The pages that are out of sight."""
    return [column for column in tab.controls("Column") if column.get("visible") is False]


@pytest.mark.parametrize(("page", "bar"), [(WIDE, "NavigationRail"), (PHONE, "NavigationBar")])
def test_the_navigation_stays_and_everybody_has_his_own_choice(page: Tree, bar: str) -> None:
    """It is the same control from page to page, shared by all, and chosen in it is where each one is."""

    async def act(stage: Stage) -> None:
        one, two = await stage.open("/", page), await stage.open("/", page)
        for tab in (one, two):
            await tab.sees("12.5")
        (there,) = {ways["_i"] for tab in (one, two) for ways in tab.controls(bar)}
        chosen = []
        for route, word in (
            ("/system", "Broker"), ("/quarantine", "Quarantine"), ("/devices/plug.one", "Last message"),
            ("/", "messages/s"),
        ):  # fmt: skip
            await arrived(one, route, word)
            await until(lambda: settled(one), "the page")
            chosen.append(one.controls(bar)[0].get("selected_index"))
            assert [there] == [ways["_i"] for ways in one.controls(bar)]
        wide = bar == "NavigationRail"
        assert [SYSTEM if wide else ROOM - 1, QUARANTINE, None if wide else 0, 0] == chosen
        assert 0 == two.controls(bar)[0].get("selected_index", 0)

    play(act, plugged())


def test_who_comes_back_has_the_right_page_chosen() -> None:
    """After a lost connection the navigation is sent anew, as it is for the present page."""

    async def act(stage: Stage) -> None:
        one, two = await stage.open(), await stage.open()
        await two.sees("12.5")
        await arrived(one, "/system", "Broker")
        await one.lose()
        one.connect()
        await until(lambda: one.controls("NavigationRail"), "the navigation")
        await one.sees("Broker")
        assert [SYSTEM, 0] == [tab.controls("NavigationRail")[0]["selected_index"] for tab in (one, two)]

    play(act, plugged())


def test_a_click_that_leads_nowhere_is_taken_back() -> None:
    """A browser moves its navigation at once; if it then stays where it was, that is undone, for it alone."""

    async def act(stage: Stage) -> None:
        one, two = await stage.open(), await stage.open()
        await two.sees("12.5")
        await one.sees("12.5")
        rail = one.controls("NavigationRail")[0]
        rail["selected_index"] = SYSTEM
        props = {"selected_index": SYSTEM}
        one.socket.say(MessageAction.UPDATE_CONTROL_PROPS, {"id": rail["_i"], "props": props})
        one.click(rail, "change", SYSTEM)
        call = await one.asked_to_go()
        assert ("push_route", "/system") == (call["name"], call["args"]["route"])
        assert SYSTEM == rail["selected_index"]
        sent = len(two.socket.sent)
        one.answer(call)
        await until(lambda: rail["selected_index"] == 0, "the navigation to go back")
        assert sent == len(two.socket.sent)

    play(act, plugged())


def test_what_is_the_same_on_both_pages_is_not_sent_again() -> None:
    """To another search of the same page goes what it finds: the tools stay, with heading and navigation."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        await until(lambda: tab.texts[tab.texts.index("in quarantine") - 1] == "0", "all of the figures")
        heading = tab.controls("IconButton")[0]["_i"]
        before = len(tab.socket.sent)
        await arrived(tab, "/?q=nothing", "Nothing found")
        await until(lambda: settled(tab), "the page")
        assert 2 == len(tab.socket.sent) - before
        assert heading == tab.controls("IconButton")[0]["_i"]

    play(act, plugged())


def test_who_hurries_gets_the_last_page_alone() -> None:
    """A browser that reads slowly keeps what it shows until it has where it is now; nothing else is sent."""

    async def act(stage: Stage) -> None:
        stage.outlets = True
        tab = await stage.open()
        await tab.sees("12.5")
        tab.outlet.stall()
        for route in ("/system", "/quarantine", "/devices/plug.one"):
            tab.go(route)
            await until(lambda r=route: len(tab.stage.shared.open) == 1 and at(tab) == r, route)  # type: ignore[misc]
        assert tab.shows("messages/s")
        before = len(tab.socket.sent)
        tab.outlet.flow()
        await tab.sees("Last message")
        assert not any(b"Broker" in frame for frame in tab.socket.sent[before:])
        assert [] == hidden(tab)
        assert {"banner", "rail/0", "top/False/True/device/plug.one", "device/plug.one?"} == {
            name.partition("/en.device")[0] for name in stage.scene.layouts
        }

    play(act, plugged())


def at(tab: Tab) -> str:
    """The route that the only session of a stage shows."""
    (session,) = tab.stage.shared.open
    return session.route


def test_a_choice_that_has_not_left_dies_with_its_connection() -> None:
    """What was to be chosen in the old navigation is not sent to a browser that has another by now."""

    async def act(stage: Stage) -> None:
        stage.outlets = True
        tab = await stage.open()
        await tab.sees("12.5")
        left = tab.controls("NavigationRail")[0]["_i"]
        tab.outlet.stall()
        tab.go("/system")
        await until(lambda: at(tab) == "/system", "the session to be there")
        tab.outlet.abort()
        await tab.lose()
        tab.connect()
        await tab.sees("Broker")
        await until(lambda: not tab.blank() and settled(tab), "all of it")
        bodies = [message(frame)[1] for frame in tab.socket.sent]
        assert [] == [body for body in bodies if body.get("id") == left]
        assert SYSTEM == tab.controls("NavigationRail")[0]["selected_index"]

    play(act, plugged())


def test_a_card_opens_the_devices_page_for_who_clicked() -> None:
    """A click on a card's head takes that browser, and no other, to the device's page and back."""

    async def act(stage: Stage) -> None:
        one, two = await stage.open(), await stage.open()
        await one.sees("12.5")
        [card] = [
            control for control in one.controls("Container")
            if control.get("on_click") and {"One", "Plug"} <= set(texts(control))
        ]  # fmt: skip
        one.click(card)
        call = await one.asked_to_go()
        assert ("push_route", "/devices/plug.one") == (call["name"], call["args"]["route"])
        one.answer(call)
        one.go("/devices/plug.one")
        await one.sees("Last message")
        assert [] == two.client.invoked
        one.go("/")
        await one.sees("Overview")
        await one.sees_no("Last message")
        stage.hear(PLUG, {"on": True, "power": 99})
        await one.sees("99")
        assert 4 == len(stage.scene.layouts)

    play(act, plugged())


def test_an_unknown_route_says_so() -> None:
    """A route that no page has shows a page that names it."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/no/such/page")
        await tab.sees("There is no such page")
        await tab.sees("/no/such/page")

    play(act)


def test_a_page_of_ones_own_is_one_file() -> None:
    """`find` reads placeholders and the query, unquotes them, and knows no page where none is."""
    found = views.find("/devices/topic.a%252Fb?x=1&id=other")
    assert found is not None
    assert {"id": "topic.a%2Fb", "x": "1"} == dict(found[1])
    assert None is views.find("/devices")
    assert None is views.find("/devices/a/b")


def test_the_screen_follows_the_window() -> None:
    """When the window becomes narrow the navigation moves to the bottom, and the cards are there again."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        assert 1 == len(tab.controls("NavigationRail"))
        tab.socket.say(MessageAction.UPDATE_CONTROL_PROPS, {"id": 1, "props": {"width": 400.0}})
        tab.click({"_i": 1}, "resize", {"width": 400.0, "height": 800.0})
        await until(lambda: not tab.controls("NavigationRail"), "the phone's layout")
        await tab.sees("12.5")
        stage.hear(PLUG, {"on": True, "power": 88})
        await tab.sees("88")

    play(act, plugged())


def test_who_comes_back_with_another_window_gets_what_fits() -> None:
    """A phone that was turned while the connection was lost has the navigation where it belongs now."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        await tab.lose()
        tab.page = {**tab.page, "width": PHONE["width"]}
        tab.connect()
        await until(lambda: tab.controls("NavigationBar"), "the phone's layout")
        await tab.sees("12.5")
        assert [] == [*tab.blank(), *tab.controls("NavigationRail")]

    play(act, plugged())


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "role", "entry", "word"),
    [("phone", "tab", "More", "Topics"), ("desktop", "button", "System", "Lately")],
    ids=["phone", "desktop"],
)
def test_a_page_begins_at_its_top(size: str, role: Literal["tab", "button"], entry: str, word: str) -> None:
    """Who has scrolled down sees the next page from its beginning, and then the first one likewise."""
    with Staged() as staged, chromium() as tabs:
        staged.line.say(*[(f"fleet/plug/p{n}/state", b'{"on": true}') for n in range(60)])
        screen = tabs.screen(staged, size=size).open()
        screen.wait_for("P0", "messages/s")
        top = down(screen, "messages/s")
        screen.page.mouse.move(200, 500)
        screen.page.mouse.wheel(0, 600)
        screen.wait(lambda: down(screen, "messages/s") != top, "the overview to move")
        screen.click(entry, role)
        screen.wait(lambda: down(screen, word) < top, "the other page from its top")
        screen.click("Overview", role)
        screen.wait(lambda: down(screen, "messages/s") == top, "the overview from its top")
        tabs.close_all()


def down(screen: Screen, word: str) -> float:
    """How far down the first text with the word is; below everything where there is none to be seen."""
    return next((node.y for node in screen.seen() if word in node.text and node.y >= 0), float("inf"))
