"""The quarantine in groups: what they say, how one is opened, replayed, and followed, without a browser."""

import threading

from bridge.groups import Groups
from bridge.ports import Batch
from bridge.quarantine import quarantine
from dashboard.views.refused_wanted import MOST, Wanted
from schemas.message import RawMessage, Rejected
from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, Tab, until
from tests.dashboard.test_narrowing import END
from tests.dashboard.test_quarantine import button, dialog, play, press, refuse, told_to

ROOMS = "fleet/thermostat/+/state"
OPENED = Wanted("out_of_range", topic=ROOMS, field="temperature").route


def fault(number: int = 80) -> FakeHouse:
    """Forty thermostats of the same fault, a lamp that says no JSON, and a plug that would pass now."""
    house = FakeHouse()
    for n in range(number):
        house.hear(f"fleet/thermostat/room-{n % 40}/state", {"temperature": 900 + n})
    house.hear("fleet/lamp/hall/state", '{"on": tru}')
    raw = RawMessage("fleet/plug/desk/state", b'{"on": true}', 1_700_000_000.0)
    house.keep(Batch(quarantined=[quarantine(raw, Rejected("wrong_type", "on: expected 1, got true", "on"))]))
    return house


def order(tab: Tab) -> list[str]:
    """The topics of the groups, as they stand."""
    return [text for text in tab.texts if text.startswith("fleet/")]


def spans(tab: Tab) -> list[Tree]:
    """The marked pieces of payloads."""
    found = [span for text in tab.controls("Text") for span in text.get("spans", [])]
    return [span for span in found if span.get("style")]


def test_groups_are_shown_first() -> None:
    """What would pass first, then the largest: how many, of how many devices, expected beside came."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine")
        await tab.sees(ROOMS)
        assert ["fleet/plug/desk/state", ROOMS, "fleet/lamp/hall/state"] == order(tab)
        for text in (
            "80 messages", "40 devices", "a number between -50 and 100 °C", "979", "out of range",
            "line 1, column 11: expected ident", "the newest would pass now", "true",
        ):  # fmt: skip
            assert tab.shows(text), text
        assert "FilledButton" == button(tab, "Replay")["_c"]

    play(act, fault())


def test_a_group_follows_what_comes() -> None:
    """The number and the example are those of now, while the card stays where it is."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine")
        await tab.sees("80 messages")
        stage.hear("fleet/thermostat/room-77/state", {"temperature": 1_234})
        await tab.sees("81 messages")
        assert tab.shows("41 devices")
        assert tab.shows("1234")
        stage.hear("fleet/thermostat/room-77/state", {"temperature": "warm"})
        await tab.sees("wrong type")

    play(act, fault())


def test_a_group_opens_to_its_messages() -> None:
    """Only those, each with the field marked, older ones as he scrolls; the address leads back to groups."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine?reason=out_of_range")
        await tab.sees(ROOMS)
        assert [ROOMS] == order(tab)
        tab.client.invoked.clear()
        await press(tab, "Show messages")
        await until(lambda: tab.client.invoked, "the navigation")
        assert OPENED == tab.client.invoked[0]["args"]["route"]
        tab = await stage.open(OPENED)
        await tab.sees("fleet/thermostat/room-39/state")
        await tab.sees("80 messages")
        assert 1 + MOST == len(order(tab))
        assert {f'"temperature": {900 + n}' for n in range(80 - MOST, 80)} == {s["text"] for s in spans(tab)}
        tab.client.invoked.clear()
        await press(tab, "In groups")
        await until(lambda: tab.client.invoked, "the navigation")
        assert "/quarantine?reason=out_of_range" == tab.client.invoked[0]["args"]["route"]

    play(act, fault())


def test_older_messages_follow_as_he_scrolls() -> None:
    """A stretch begins where the one above it ends, also after new ones came; the last is the end."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(OPENED)
        await tab.sees("fleet/thermostat/room-39/state")
        scroll(tab)
        await until(lambda: 81 == len(order(tab)), "all messages")
        stage.hear("fleet/thermostat/room-77/state", {"temperature": 1_234})
        await until(lambda: 82 == len(order(tab)), "one more")
        values = [span["text"].rpartition(" ")[2] for span in spans(tab)]
        assert ["1234", *(str(n) for n in range(979, 899, -1))] == values
        scroll(tab)
        assert 82 == len(order(tab))

    def scroll(tab: Tab) -> None:
        tab.click(next(one for one in tab.controls("Column") if one.get("scroll")), "scroll", END)

    play(act, fault())


def test_a_group_that_passes_is_replayed_at_a_word() -> None:
    """The question says how many would pass; then it is told how many have, and the group is gone."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine")
        await tab.sees("the newest would pass now")
        await press(tab, "Replay")
        await until(lambda: dialog(tab), "the question")
        asked = dialog(tab)
        assert asked is not None
        assert "1 of 2 would pass with the present kinds. Replay them?" == asked["title"]["value"]
        tab.click(asked["actions"][1])
        await until(lambda: told_to(tab), "the outcome")
        assert ["1 message has passed and left the quarantine; 1 stays."] == told_to(tab)
        stage.hub.announce({"quarantine"})
        await tab.sees_no("the newest would pass now")
        assert tab.shows("fleet/plug/+/state") or tab.shows("fleet/plug/attic/state")

    house = FakeHouse()
    refuse(house, "fleet/plug/attic/state", b'{"on": 7}')
    refuse(house, "fleet/plug/desk/state", b'{"on": true}')
    play(act, house)


def test_an_opened_group_that_is_emptied_says_so() -> None:
    """The address of a group that is no more leads to a page that says it, with a way to the others."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(Wanted("out_of_range", topic="fleet/thermostat/nobody/state", field="").route)
        await tab.sees("No message of this group is left.")
        assert button(tab, "Show all")

    play(act, fault())


def test_the_head_stays_while_groups_are_read() -> None:
    """What is not read yet has its place; what cannot be read is told, as of groups so of messages."""

    async def act(stage: Stage) -> None:
        go = threading.Event()
        ask = stage.house.quarantine_groups

        def slow(reason: str | None = None) -> Groups:
            go.wait()
            return ask(reason)

        stage.house.quarantine_groups = slow  # type: ignore[method-assign]
        tab = await stage.open("/quarantine")
        await tab.sees("82 kept")
        assert tab.shows("Reading…")
        go.set()
        await tab.sees(ROOMS)
        assert not tab.shows("Reading…")

        def fail(_reason: str | None = None) -> Groups:
            raise OSError("disk I/O error")

        stage.house.quarantine_groups = fail  # type: ignore[method-assign]
        broken = await stage.open("/quarantine?reason=invalid_json")
        await broken.sees("Disk I/O error. It is tried again.")

    play(act, fault())
