"""The quarantine's page: found, filtered, leafed through and tried again, each by whoever looks at it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from bridge.ports import Batch, Sought
from bridge.quarantine import Quarantined, quarantine
from bridge.replay import Replayed
from dashboard.retry import question, told, told_of_one
from dashboard.views import find
from dashboard.views.refused_wanted import LONGEST, MOST, Wanted, wanted
from schemas.message import RawMessage, Rejected
from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import WIDE, Stage, Tab, stage, until

KITCHEN = "fleet/thermostat/kitchen/state"
HALL = "fleet/lamp/hall/state"
ALL = "/quarantine?show=messages"


def play(act: Callable[[Stage], Awaitable[None]], house: FakeHouse) -> None:
    """Run a test with a stage of its own."""

    async def run() -> None:
        async with asyncio.timeout(60), stage(house) as built:
            await act(built)

    asyncio.run(run())


def refuse(house: FakeHouse, topic: str, payload: bytes, reason: str = "wrong_type") -> None:
    """A message is refused for a reason that holds no longer, if it is a valid one."""
    raw = RawMessage(topic, payload, 1_700_000_000.0)
    house.keep(Batch(quarantined=[quarantine(raw, Rejected(reason, f"because of {reason}"))]))


def mended() -> FakeHouse:
    """Two messages that would pass with the present kinds, and one that would not."""
    house = FakeHouse()
    refuse(house, KITCHEN, b'{"temperature": 30}', "out_of_range")
    refuse(house, KITCHEN, b'{"temperature": 31}', "out_of_range")
    refuse(house, HALL, b"on", "invalid_json")
    return house


def button(tab: Tab, text: str, number: int = 0) -> Tree:
    """A button by its text, without anything if there is none."""
    kinds = ("OutlinedButton", "TextButton", "FilledButton", "Button")
    found = [c for kind in kinds for c in tab.controls(kind) if c.get("content") == text]
    return found[number] if number < len(found) else {}


async def press(tab: Tab, text: str) -> None:
    """Click a button as soon as it is there and can be clicked."""

    def there() -> bool:
        found = button(tab, text)
        return bool(found) and not found.get("disabled")

    await until(there, f"the button {text!r}")
    tab.click(button(tab, text))


def dialog(tab: Tab) -> Tree | None:
    """The dialog that is open."""
    open_ = [c for c in tab.client.controls.values() if c["_c"] == "AlertDialog" and c.get("open")]
    return open_[-1] if open_ else None


def told_to(tab: Tab) -> Sequence[str]:
    """What was said at the bottom of a screen."""
    return [c["content"]["value"] for c in tab.client.controls.values() if c["_c"] == "SnackBar"]


# --- Which --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("/quarantine", Wanted()),
        ("/quarantine?reason=wrong_type", Wanted("wrong_type")),
        ("/quarantine?reason=wrong_type&q=a%20b%26%C3%BC%25&before=7", Wanted("wrong_type", "a b&ü%", 7)),
    ],
)
def test_what_is_shown_is_in_the_address(route: str, expected: Wanted) -> None:
    """A link leads to the same messages, and they to the same link."""
    found = find(route)
    assert found is not None
    assert expected == wanted(found[1])
    assert route == expected.route


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 40, "²"])
def test_an_address_that_makes_no_sense_is_the_newest(before: str) -> None:
    """What cannot be an id is left out, and a text that nobody could mean is cut."""
    assert Wanted(text="y" * LONGEST) == wanted({"before": before, "q": " " + "y" * 5_000})


def test_the_store_is_asked_for_one_more_than_is_shown() -> None:
    """So that the page knows whether there are older ones."""
    assert Sought(7, MOST + 1, None, "a") == Wanted(text="a", before=7).sought


# --- What is seen -------------------------------------------------------------------------------------------


def test_a_message_is_shown_with_all_that_is_known() -> None:
    """Topic, reason, detail, size, payload, and whether it was a retained copy."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(ALL)
        await tab.sees(KITCHEN)
        for text in ("wrong type", "because of wrong_type", "3.5 kB", "retained by the broker"):
            assert tab.shows(text), text
        (payload,) = [c for c in tab.controls("Text") if "payload: " in c.get("semantics_label", "")]
        assert payload["semantics_label"].startswith("payload: →xxx")
        assert "xxx" in payload["spans"][0]["text"]
        await tab.sees("1 kept, 3.5 kB")

    house = FakeHouse()
    raw = RawMessage(KITCHEN, b"x" * 3_500, 1_700_000_000.0, retained=True)
    house.keep(Batch(quarantined=[quarantine(raw, Rejected("wrong_type", "because of wrong_type"))]))
    play(act, house)


def test_a_reason_a_text_and_a_page_are_linked_to() -> None:
    """A filter shows what it says and nothing else; 51 messages are two pages."""

    async def act(stage: Stage) -> None:
        by_reason = await stage.open("/quarantine?reason=invalid_json")
        await by_reason.sees(HALL)
        assert not by_reason.shows(KITCHEN)
        by_text = await stage.open("/quarantine?q=KITCHEN")
        await by_text.sees(KITCHEN)
        assert not by_text.shows(HALL)
        assert by_reason.shows("wrong type 50")
        assert by_reason.shows("invalid json 1")
        # The numbers of all would say nothing of those with the text.
        assert by_text.shows("invalid json")
        assert not by_text.shows("wrong type 50")
        first = await stage.open(ALL)
        await first.sees(KITCHEN)
        assert not first.shows(HALL)
        older = await stage.open(Wanted(before=2).route)
        await older.sees(HALL)
        assert not older.shows(KITCHEN)
        older.client.invoked.clear()
        await press(older, "Newest")
        await until(lambda: older.client.invoked, "the navigation")
        assert "/quarantine?show=messages" == older.client.invoked[0]["args"]["route"]

    house = FakeHouse()
    refuse(house, HALL, b"on", "invalid_json")
    for number in range(MOST):
        refuse(house, KITCHEN, b'{"temperature": "%d"}' % number)
    play(act, house)


def test_a_chip_and_a_search_lead_to_the_link() -> None:
    """A reason keeps the text, a text keeps the reason, and clearing it keeps the reason too."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine?q=kitchen")
        await tab.sees(KITCHEN)

        def chips() -> list[Tree]:
            both = [c for c in tab.controls("Container") if c.get("on_click")]
            return [c for c in both if c.get("content", {}).get("value") == "out of range"]

        await until(chips, "the reasons")
        await goes(tab, chips()[0], "/quarantine?reason=out_of_range&q=kitchen")
        tab = await stage.open("/quarantine?reason=out_of_range&q=kitchen")
        await tab.sees(KITCHEN)
        field = tab.controls("TextField")[0]
        assert "kitchen" == field["value"]
        tab.click(field["suffix_icon"])
        (shown,) = [one for one in stage.shared.open if "q=kitchen" in one.route and "reason" in one.route]
        await until(lambda: "/quarantine?reason=out_of_range" == shown.route, "all of this reason")
        session = await tab.session()
        assert session is not None
        session.index[field["_i"]].value = " hot stuff "  # type: ignore[attr-defined]
        await goes(tab, field, "/quarantine?reason=out_of_range&q=hot%20stuff", "submit")

    async def goes(tab: Tab, control: Tree, route: str, event: str = "click") -> None:
        tab.client.invoked.clear()
        tab.click(control, event)
        await until(lambda: tab.client.invoked, "the navigation")
        assert route == tab.client.invoked[0]["args"]["route"]

    play(act, mended())


def test_an_empty_page_says_whether_it_is_the_filter() -> None:
    """Without hits there is a way back to all; without anything at all there is a line to try."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine?q=nowhere&reason=out_of_range")
        await tab.sees('There is none with "nowhere" in it and refused as "out of range".')
        tab.client.invoked.clear()
        await press(tab, "Show all")
        await until(lambda: tab.client.invoked, "the navigation")
        assert "/quarantine" == tab.client.invoked[0]["args"]["route"]

    play(act, mended())

    async def nothing(stage: Stage) -> None:
        tab = await stage.open(ALL)
        await tab.sees("Nothing in quarantine")
        await tab.sees("mosquitto_pub")

    play(nothing, FakeHouse())


def counted(overview: Tab) -> str:
    """How many messages the overview says are in quarantine."""
    return overview.texts[overview.texts.index("in quarantine") - 1]


def test_a_page_follows_the_quarantine() -> None:
    """What is refused comes, what leaves goes, on every page that would show it and on no other."""

    async def act(stage: Stage) -> None:
        every, filtered = await stage.open(ALL), await stage.open("/quarantine?q=hall")
        await every.sees("Nothing in quarantine")
        await filtered.sees("Nothing in quarantine")
        stage.hear(KITCHEN, '{"temperature": "hot"}')
        await every.sees(KITCHEN)
        await filtered.sees("No such message")
        stage.hear(HALL, "dark")
        await filtered.sees(HALL)
        await every.sees(HALL)
        assert not filtered.shows(KITCHEN)
        overview = await stage.open("/")
        await until(lambda: counted(overview) == "2", "two on the overview")
        stage.house.keep(Batch(released=[1, 2]))
        stage.hub.announce({"quarantine"})
        for tab in (every, filtered):
            await tab.sees("Nothing in quarantine")
        await until(lambda: counted(overview) == "0", "none on the overview")

    house = FakeHouse()
    house.hear_all(["plug"])
    play(act, house)


def test_the_loop_does_not_wait_for_the_store() -> None:
    """While the store takes its time the page says so, and everything else goes on."""

    async def act(stage: Stage) -> None:
        go = threading.Event()
        ask = stage.house.quarantined

        def slow(sought: Sought) -> Sequence[Quarantined]:
            go.wait()
            return ask(sought)

        stage.house.quarantined = slow  # type: ignore[method-assign]
        tab = await stage.open("/quarantine?q=kitchen")
        await tab.sees("Searching…")
        plug = await stage.open("/")
        stage.hear("fleet/plug/one/state", {"on": True, "power": 77.5})
        await plug.sees("77.5")
        assert tab.shows("Searching…")
        go.set()
        await tab.sees(KITCHEN)

    play(act, mended())


def test_a_store_that_cannot_be_read_is_told() -> None:
    """The page says why instead of showing nothing."""

    async def act(stage: Stage) -> None:
        def fail(_sought: Sought) -> Sequence[Quarantined]:
            raise OSError("disk I/O error")

        stage.house.quarantined = fail  # type: ignore[method-assign]
        tab = await stage.open(ALL)
        await tab.sees("Disk I/O error. It is tried again.")

    play(act, mended())


# --- Trying again -------------------------------------------------------------------------------------------


def test_trying_again_asks_before_it_does_anything() -> None:
    """The dry run's numbers are told to who asked; only his word replays, and then all screens show it."""

    async def act(stage: Stage) -> None:
        tab, other = await stage.open(ALL), await stage.open(ALL)
        await tab.sees(KITCHEN)
        await other.sees(KITCHEN)
        await press(tab, "Try again")
        await until(lambda: dialog(tab), "the question")
        asked = dialog(tab)
        assert asked is not None
        assert "2 of 3 would pass with the present kinds. Replay them?" == asked["title"]["value"]
        assert "1 would stay: invalid json 1." == asked["content"]["controls"][-1]["value"]
        assert None is dialog(other)
        assert 3 == stage.house.quarantine_counts().kept
        tab.click(asked["actions"][1])
        await until(lambda: told_to(tab), "the outcome")
        assert ["2 messages have passed and left the quarantine; 1 stays."] == told_to(tab)
        assert [] == told_to(other)
        stage.hub.announce({"quarantine"})
        for each in (tab, other):
            await each.sees_no(KITCHEN)
            assert each.shows(HALL)
        assert 2 == stage.house.facts().readings

    play(act, mended())


def test_who_says_no_changes_nothing() -> None:
    """A dialog that is left does nothing, and can be asked for again."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine?q=kitchen")
        await tab.sees(KITCHEN)
        for _ in range(2):
            await press(tab, "Try these again")
            await until(lambda: dialog(tab), "the question")
            asked = dialog(tab)
            assert asked is not None
            assert asked["title"]["value"].startswith("2 of 2 would pass")
            tab.click(asked["actions"][0])
            await until(lambda: dialog(tab) is None, "the dialog to close")
        assert 3 == stage.house.quarantine_counts().kept

    play(act, mended())


def test_a_filter_is_tried_beyond_the_page_that_is_shown() -> None:
    """The button above a filter means all that it finds, and no other."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/quarantine?q=kitchen&before=200")
        await tab.sees(KITCHEN)
        await press(tab, "Try these again")
        await until(lambda: dialog(tab), "the question")
        asked = dialog(tab)
        assert asked is not None
        assert asked["title"]["value"].startswith("300 of 300 would pass")

    house = mended()
    for number in range(298):
        refuse(house, KITCHEN, b'{"temperature": %d}' % (number % 30))
    play(act, house)


def test_while_it_is_tried_the_button_says_so() -> None:
    """One replay at a time, and every screen sees that one is under way."""

    async def act(stage: Stage) -> None:
        go = threading.Event()
        replay = stage.house.replay

        def slow(*, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
            go.wait()
            return replay(dry_run=dry_run, ids=ids)

        stage.house.replay = slow  # type: ignore[method-assign]
        tab, other = await stage.open(ALL), await stage.open("/quarantine?reason=out_of_range")
        await tab.sees(KITCHEN)
        await other.sees(KITCHEN)
        await press(tab, "Try again")
        for each in (tab, other):
            await until(
                lambda each=each: button(each, "Trying…").get("disabled") is True, "the button to say so"
            )
        go.set()
        for each, text in ((tab, "Try again"), (other, "Try these again")):
            await until(lambda each=each, text=text: button(each, text).get("disabled") is False, "it to end")

    play(act, mended())


def test_one_message_is_tried_without_a_question() -> None:
    """Its own button replays it at once, and says what came of it."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(ALL, {**WIDE, "width": 390})
        await tab.sees(KITCHEN)
        again = [c for c in tab.controls("TextButton") if c.get("content") == "Try again"]
        replay = [c for c in tab.controls("FilledTonalButton") if c.get("content") == "Replay"]
        assert (1, 2) == (len(again), len(replay))
        tab.click(again[0])
        await until(lambda: told_to(tab), "the outcome")
        tab.click(replay[0])
        await until(lambda: len(told_to(tab)) == 2, "the other outcome")
        assert [
            "It is still refused: invalid json.", "It passed and left the quarantine; it is history now."
        ] == told_to(tab)  # fmt: skip
        assert 2 == stage.house.quarantine_counts().kept

    play(act, mended())


def test_a_replay_that_fails_is_told() -> None:
    """Who asked is told why, and the page goes on."""

    async def act(stage: Stage) -> None:
        def fail(*, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
            raise OSError(f"the disk is away ({dry_run}, {ids})")

        stage.house.replay = fail  # type: ignore[method-assign]
        tab = await stage.open(ALL)
        await tab.sees(KITCHEN)
        await press(tab, "Try again")
        await until(lambda: told_to(tab), "the fault")
        assert ["They could not be tried: the disk is away (True, None)"] == told_to(tab)
        assert not button(tab, "Try again").get("disabled")

    play(act, mended())


def test_what_came_of_it_is_said_in_plain_words() -> None:
    """Numbers, reasons and what cannot be tried, for one and for many."""
    some = Replayed(40, 12, {"invalid_json": 3, "wrong_type": 25}, 2)
    asked = question(some, lambda: None)
    assert "12 of 40 would pass with the present kinds. Replay them?" == asked.title
    assert "Replay 12" == asked.yes
    assert [
        "28 would stay: wrong type 25, invalid json 3.",
        "2 cannot be tried, because not all of the message is kept.",
    ] == list(asked.lines[1:])
    none = question(replace(some, passed=0, still_refused={"wrong_type": 40}), lambda: None)
    assert ("None of 40 would pass with the present kinds.", "") == (none.title, none.yes)
    assert "12 messages have passed and left the quarantine; 30 stay." == told(some)
    assert "1 message has passed and left the quarantine." == told(Replayed(1, 1))
    assert "It is no longer in the quarantine." == told_of_one(Replayed())
    assert "It cannot be tried again, because it is not kept whole." == told_of_one(Replayed(cut=1))
