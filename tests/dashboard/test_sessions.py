"""Real Flet sessions on recording connections: what browsers are sent, and what is left when they go."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flet.messaging.protocol import MessageAction

from bridge.errors import CommandRefused, NotConnected
from bridge.labels import Label
from bridge.ports import Batch
from bridge.quarantine import quarantine
from dashboard import views
from dashboard.scene import Layout
from dashboard.wire import APOLOGY, Bounds
from schemas.message import RawMessage, Rejected
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import WIDE, Stage, Tab, play, plugged, until

PLUG = "fleet/plug/one/state"


def test_a_browser_is_greeted_then_given_the_page_then_the_cards() -> None:
    """The register response comes first, then the session's own controls, then the shared snapshot."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        register, *patches = tab.actions
        assert MessageAction.REGISTER_CLIENT == register
        assert {MessageAction.PATCH_CONTROL} == set(patches)
        assert len(patches) >= 2
        assert tab.client.root["title"] == "Test"

    play(act, plugged())


def test_a_change_reaches_all_sessions_with_the_same_bytes() -> None:
    """After one message every browser shows it, and each got the very same frame."""

    async def act(stage: Stage) -> None:
        tabs = [await stage.open() for _ in range(3)]
        for tab in tabs:
            await tab.sees("12.5")
        stage.hear(PLUG, {"on": True, "power": 77.5})
        for tab in tabs:
            await tab.sees("77.5")
        assert 1 == len({id(tab.socket.sent[-1]) for tab in tabs})

    play(act, plugged())


def test_a_click_is_a_command_of_that_session() -> None:
    """A switch asks in the name of who moved it; all see it pending; the device's own state ends that."""

    async def act(stage: Stage) -> None:
        one, two = await stage.open(), await stage.open()
        await one.sees("12.5")
        switch = one.controls("Switch")[0]
        assert switch["value"] is True
        one.flip(switch)
        await until(lambda: stage.house.sent, "the command")
        name = one.client.session_id[:8]
        assert [("plug.one", {"on": False}, name)] == stage.house.sent
        stage.hub.announce({"device/plug.one"})
        for tab in (one, two):
            await tab.sees("waiting for the device")
            assert tab.controls("Switch")[0]["value"] is False
        stage.hear(PLUG, {"on": False})
        for tab in (one, two):
            await tab.sees_no("waiting for the device")
            assert tab.controls("Switch")[0]["value"] is False

    play(act, plugged())


def test_a_command_without_an_answer_says_so() -> None:
    """When the device does not confirm in time, the card says that, and shows the device's own state."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        tab.flip(tab.controls("Switch")[0])
        await until(lambda: stage.house.sent, "the command")
        stage.hub.announce({"device/plug.one"})
        await tab.sees("waiting for the device")
        stage.hub.announce(stage.house.let_pass(6.0))
        await tab.sees("no answer within 5 s")
        assert tab.controls("Switch")[0]["value"] is True
        stage.hub.announce(stage.house.let_pass(9.0))
        await tab.sees_no("no answer within 5 s")

    play(act, plugged())


@pytest.mark.parametrize("error", [NotConnected("the broker is away"), CommandRefused("not that one")])
def test_a_command_that_is_refused_tells_only_who_asked(error: NotConnected | CommandRefused) -> None:
    """The person who clicked is told why; his switch goes back; nobody else hears of it."""

    async def act(stage: Stage) -> None:
        stage.house.refuses = error
        one, two = await stage.open(), await stage.open()
        await one.sees("12.5")
        one.flip(one.controls("Switch")[0])
        await until(lambda: any(str(error) in s["content"]["value"] for s in snacks(one)), "the reason")
        await until(lambda: one.controls("Switch")[0]["value"] is True, "the switch to go back")
        assert [] == snacks(two)

    play(act, plugged())


def snacks(tab: Tab) -> list[dict[str, Any]]:
    """The snack bars a tab shows."""
    return [c for c in tab.client.controls.values() if c["_c"] == "SnackBar"]


def test_a_click_that_fails_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A fault of ours in a shared control's handler is logged with the session; the switch goes back."""

    async def act(stage: Stage) -> None:
        stage.house.refuses = RuntimeError("on purpose")  # type: ignore[assignment]
        one, two = await stage.open(), await stage.open()
        await one.sees("12.5")
        one.flip(one.controls("Switch")[0])
        await until(lambda: snacks(one), "something to be told")
        assert "on purpose" not in str(snacks(one))
        await until(lambda: one.controls("Switch")[0]["value"] is True, "the switch to go back")
        stage.hear(PLUG, {"on": True, "power": 5})
        await two.sees("5")
        failed = [r for r in caplog.records if "on a shared control failed" in r.message]
        assert [f"session {one.client.session_id[:8]}: our fault: 'change' on a shared control failed"] == [
            record.message for record in failed
        ]

    play(act, plugged())


def test_a_click_on_a_card_that_is_gone_does_nothing() -> None:
    """A late click on a control that is no longer shared reaches nobody and harms nothing."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        switch = tab.controls("Switch")[0]
        stage.hear(PLUG, {"on": True, "power": 1, "more": "metrics"})
        await tab.sees("metrics")
        tab.click(switch, "change", data=True)
        stage.hear(PLUG, {"on": True, "power": 424})
        await tab.sees("424")
        assert ([], []) == (stage.house.sent, tab.client.crashed)

    play(act, plugged())


def test_a_reconnected_browser_sees_the_present() -> None:
    """Back on a new socket, the same session shows what is true now; what came meanwhile is no backlog."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        await tab.lose()
        assert (set(), {}, {}, 0) == (
            stage.shared.open, stage.scene.cards, stage.scene.layouts, stage.subscriptions
        )  # fmt: skip
        for number in range(50):
            stage.hear(PLUG, {"on": False, "power": number})
        stage.hear("fleet/lamp/new/state", {"on": True})
        await asyncio.sleep(0.02)
        before = tab.client.session_id
        tab.connect()
        await tab.sees("New")
        assert before == tab.client.session_id
        assert tab.shows("49")
        assert not tab.shows("12.5")
        assert len(tab.socket.sent) <= 7
        stage.hear(PLUG, {"on": False, "power": 1234})
        await tab.sees("1\u202f234")
        assert 1 == len(stage.shared.open)

    play(act, plugged())


def test_a_socket_that_dies_while_we_send_is_a_lost_one() -> None:
    """A stalled browser is let go and, when it comes back, shown the present."""

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("12.5")
        await tab.lose()
        tab.connect(Bounds(send=0.05))
        await tab.sees("12.5")
        tab.socket.takes.clear()
        stage.hear(PLUG, {"on": False, "power": 31})
        await tab.task
        assert (set(), {}, 0) == (stage.shared.open, stage.scene.cards, stage.subscriptions)
        tab.connect()
        await tab.sees("31")

    play(act, plugged())


def test_a_closed_tab_leaves_nothing() -> None:
    """No task, session, subscription, layout or card is left of a tab that is gone for good."""

    async def act(stage: Stage) -> None:
        before = asyncio.all_tasks()
        tabs = [await stage.open(route) for route in ("/", "/devices/plug.one", "/system", "/nowhere")]
        await tabs[0].sees("12.5")
        tabs[0].client.invoked.clear()
        tabs[0].click(next(c for c in tabs[0].controls("Container") if c.get("on_click")))
        await until(lambda: tabs[0].client.invoked, "the navigation")
        for tab in tabs:
            await tab.close()
            assert None is await tab.session()
        await until(lambda: asyncio.all_tasks() == before, "the tasks to end")
        assert (set(), {}, {}, {}, 0) == (
            stage.shared.open, stage.scene.cards, stage.scene.layouts, stage.scene._by_control,  # noqa: SLF001
            stage.subscriptions,
        )  # fmt: skip

    play(act, plugged())


def test_a_fault_in_one_session_reaches_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with the session's name, the browser gets an apology without insides, the rest goes on."""

    async def act(stage: Stage) -> None:
        one, two = await stage.open(), await stage.open()
        await one.sees("12.5")
        field = one.controls("TextField")[0]
        control = (await one.session()).index[field["_i"]]  # type: ignore[union-attr]
        control.on_submit = fail
        one.click(field, "submit")
        await until(lambda: one.client.crashed, "the apology")
        assert [APOLOGY] == one.client.crashed
        stage.hear(PLUG, {"on": True, "power": 99})
        await two.sees("99")
        assert [] == two.client.crashed
        ours = [r.message for r in caplog.records if r.name == "dashboard.wire"]
        assert 1 == len(ours)
        assert f"our fault: session {one.client.session_id[:8]} failed: on purpose" in ours[0]

    play(act, plugged())


def fail(_event: object) -> None:
    """A handler with a fault."""
    raise RuntimeError("on purpose")


def test_a_page_that_cannot_be_built_is_an_apology(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """When a session cannot even start, the browser is told so without a traceback."""

    async def act(stage: Stage) -> None:
        tab = Tab(stage, "/", WIDE)
        stage.tabs.append(tab)
        stage.house.kinds = None  # type: ignore[assignment]
        tab.connect()
        await until(lambda: tab.client.crashed, "the apology")
        assert [APOLOGY] == tab.client.crashed
        assert all(b"Traceback" not in frame for frame in tab.socket.sent)

    play(act, plugged())


def many(house: FakeHouse) -> None:
    """One device of each kind, with a place."""
    house.hear_all()
    house.labels["plug.one"] = Label("Washing machine", "Cellar")


def bad(house: FakeHouse) -> None:
    """Data that nobody wants to see."""
    nasty = "a\u202eb\x00\x1b[31m\ud800<script>"
    house.hear_all()
    house.labels["plug.one"] = Label(nasty, nasty)
    house.hear("a/\u202eb/c", '{"x\\u202e": "\\u0000\\u202e", "n": [1, {"y": null}], "big": 1e300}')
    house.hear("b", b"\xff\xfe\x00")
    house.hear("fleet/thermostat/one/state", b"\xff")
    house.hear("fleet/thermostat/one/state", '{"temperature": "hot \u202e\x07"}')
    extra = "y" * 5_000
    house.hear("fleet/thermostat/one/state", f'{{"temperature": 21, "name": "\u202ex", "extra": "{extra}"}}')
    raw = RawMessage("x/\ud800\u202e", nasty.encode("utf-8", "surrogatepass"), 0.0)
    house.keep(Batch(quarantined=[quarantine(raw, Rejected("not_json", nasty))]))


def nothing(_house: FakeHouse) -> None:
    """Nobody has spoken."""


def away(house: FakeHouse) -> None:
    """Everything was heard, then the broker went."""
    house.hear_all()
    house.broker(up=False, detail="connection refused")


def host(layout: Layout) -> int:
    """The id of the control that holds a layout's cards."""
    return layout._host._i  # noqa: SLF001


ROUTES = [
    "/",
    "/pages",
    "/pages/none",
    "/topics",
    "/topics?at=fleet",
    "/unclaimed",
    "/more",
    "/devices/thermostat.one",
    "/devices/never.heard",
    "/devices/topic.b",
    "/quarantine",
    "/system",
]


def test_the_routes_tested_are_all_there_are() -> None:
    """Every page of the navigation is among the routes below."""
    assert {page.route for page in views.pages() if page.rank is not None} <= set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("world", [nothing, many, bad, away])
@pytest.mark.parametrize("width", [1200, 400])
def test_every_page_shows_whatever_there_is(
    route: str, world: Callable[[FakeHouse], None], width: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Each page draws and follows, on wide screens and phones, with nothing, much, nonsense and no broker."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(route, {**WIDE, "width": width})
        await until(lambda: len(tab.client.root["views"][0]["controls"]) == 1, "the page")
        pages = stage.scene.layouts.values()
        await until(lambda: all(host(layout) in tab.client.controls for layout in pages), "the cards")
        assert (world is away) == tab.shows("No connection to the broker")
        stage.hub.announce({"tick", *stage.house.hear_all(sample=1)})
        await asyncio.sleep(0.01)
        await until(lambda: not tab.wire.queued, "the rest")
        assert [] == tab.client.crashed
        for text in tab.texts:
            assert all(c.isprintable() or c in "\n\u202f" for c in text), ascii(text)

    house = FakeHouse()
    world(house)
    caplog.set_level(logging.WARNING)
    play(act, house)
    assert [] == caplog.messages


def test_the_banner_comes_and_goes() -> None:
    """When the broker goes every page says so, and no longer when it is back."""

    async def act(stage: Stage) -> None:
        tabs = [await stage.open(route) for route in ("/", "/system", "/nowhere")]
        stage.hub.announce(stage.house.broker(up=False, detail="connection refused"))
        for tab in tabs:
            await tab.sees("No connection to the broker: connection refused")
        stage.hub.announce(stage.house.broker(up=True, detail="connected"))
        for tab in tabs:
            await tab.sees_no("No connection to the broker")

    play(act, plugged())


def test_a_browser_that_takes_nothing_is_counted_as_behind() -> None:
    """As long as its socket takes no more of what it was to be told; the others are not."""

    async def act(stage: Stage) -> None:
        stage.outlets = True
        slow, quick = await stage.open(), await stage.open()
        for tab in (slow, quick):
            await tab.sees("12.5")
        assert 0 == stage.shared.behind
        slow.outlet.stall()
        stage.hear(PLUG, {"on": True, "power": 31})
        await quick.sees("31")
        assert 1 == stage.shared.behind
        slow.outlet.flow()
        await slow.sees("31")
        await until(lambda: 0 == stage.shared.behind, "all to be told")

    play(act, plugged())
