"""The system page: what it says of each part and each stage, and when there is nothing to say."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest

from bridge.bus.follower import BusLink
from bridge.bus.publisher import BusVoice
from bridge.frames import Frame
from bridge.status import BRIDGED, STAGES, Spread
from dashboard.card import CardPlan
from dashboard.reader import ENGLISH
from dashboard.scene import LayoutPlan, Scene
from dashboard.views.system import columns, layout
from dashboard.views.system_bus import MERGED_NOTE, VOICES
from dashboard.views.system_courses import MEASURES, courses
from dashboard.views.system_store import EMBEDDED_NOTE
from dashboard.views.system_times import BELOW, NO_TIMES, QUEUES, SPANS, spread_text
from dashboard.vitals import LEASTS
from tests.dashboard.client import Tree, find, texts, unpack
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import until

ADDRESS = "redis://10.0.0.1:6379/0"
WELL = BusLink(up=True, detail="", bridge_up=True, address=ADDRESS, leader="cellar, process 12")
SILENT = "the bridge is silent; last heard 2 min ago"


def shown(house: FakeHouse, name: str) -> list[str]:
    """The texts of a card, in order; none if there is no such card."""
    return texts(drawn(house, name))


def drawn(house: FakeHouse, name: str) -> list[Tree]:
    """The tree of a card; none if there is no such card."""
    every = [courses(house, ENGLISH), *chain(*columns(house, ENGLISH).values())]
    plans = [plan for plan in every if plan.key.startswith(f"system/{name}/")]
    cards = Scene().open(LayoutPlan(name, frozenset(), lambda: plans)).cards
    return [unpack(card.packed()) for card in cards]


def times(house: FakeHouse) -> list[str]:
    """The texts of the card with the stages."""
    return shown(house, "times")


def busy() -> FakeHouse:
    """A house whose bridge has said something of all there is."""
    house = FakeHouse()
    house.status = replace(
        house.status, received=1, repeated=2, quarantined=3, unclaimed=4, stored=5, rate=6.0,
        waiting=7, mark=8, lag=9.0, frames=10, merged=11,
    )  # fmt: skip
    house.timing.tick(house.counts.stages, 1.0)
    house.counts.stages["receive"].observe(0.17, 100)
    house.timing.stages["send"].observe(0.17, 100)
    return house


def ask_nothing() -> None:
    """In place of a question that nobody must ask."""
    raise AssertionError("nobody is there to ask")


def test_every_stage_is_named() -> None:
    """The page knows all stages that are measured, and no other."""
    assert set(STAGES) == set(SPANS)


def test_without_messages_it_says_so() -> None:
    """At first there is nothing, and dashes where the times will be."""
    shown = times(FakeHouse())
    assert (True, 2 * len(SPANS)) == (NO_TIMES in shown, shown.count("–"))


def test_each_stage_has_its_times() -> None:
    """What was measured in the last minute stands beside its stage."""
    house = FakeHouse()
    house.timing.tick(house.counts.stages, 1.0)
    house.counts.stages["receive"].observe(0.17, 100)
    house.timing.take(Frame(1, 1.0, framed=1.0), 1.0)
    house.timing.sent(house.timing.told, 3.0)
    shown = times(house)
    assert (True, 2 * (len(SPANS) - 2)) == (BELOW in shown, shown.count("–"))
    receive = shown.index(SPANS["receive"][1])
    assert ["0", "150 ms", "199 ms"] == shown[receive + 1 : receive + 4]


def test_what_waits_stands_beside_its_stage() -> None:
    """Messages that are not read, those that are and are not stored, browsers that are behind."""
    house = busy()
    house.status = replace(house.status, waiting=1_700, unread=200)
    house.behind = 3
    assert ["200", "1\u202f500", "3"] == [
        figures(times(house), stage)[0] for stage in ("receive", "commit", "send")
    ]
    away = times(silent(house))
    assert ["–", "–", "3"] == [figures(away, stage)[0] for stage in ("receive", "commit", "send")]
    assert QUEUES == {"receive", "commit", "send"}


def silent(house: FakeHouse) -> FakeHouse:
    """The same, of which nothing was heard for two minutes."""
    now = time.time()
    house.bus = BusLink(
        up=True,
        detail="the bridge is silent",
        bridge_up=False,
        address=ADDRESS,
        since=now - 100,
        heard=now - 130,
    )
    house.status = replace(house.status, broker_up=False)
    house.facts = ask_nothing  # type: ignore[assignment, method-assign]
    return house


@pytest.mark.parametrize(
    ("name", "rows"), [("Messages", 4), ("Waiting to be kept", 3), ("Frames", 2), ("store", 4), ("broker", 1)]
)
def test_of_a_bridge_that_is_not_heard_no_number_is_told(name: str, rows: int) -> None:
    """Every row is a dash; while it is heard none is that has a number."""
    assert rows == shown(silent(busy()), name).count("–")
    if name in {"Messages", "Frames", "Waiting to be kept"}:
        assert 0 == shown(busy(), name).count("–")


@pytest.mark.parametrize("name", ["broker", "store"])
def test_what_nobody_knows_is_neither_well_nor_wrong(name: str) -> None:
    """That the bridge is silent says nothing of its broker and store: that they are not known, and why."""
    assert ["Not known", SILENT] == shown(silent(busy()), name)[1:3]


def test_times_of_a_bridge_that_is_not_heard_are_dashes() -> None:
    """Those that this dashboard measures itself are there all the same."""
    heard, away = times(busy()), times(silent(busy()))
    assert ["150 ms", "199 ms"] == figures(heard, "receive")[1:] == figures(heard, "send")[1:]
    assert ["–", "–", "–"] == figures(away, "receive")
    assert ["0", "150 ms", "199 ms"] == figures(away, "send")
    assert (f"Not known: {SILENT}" in away, BELOW in away, BELOW in heard) == (True, False, True)
    assert all(set(figures(away, stage)) == {"–"} for stage in BRIDGED)


def figures(seen: Sequence[str], stage: str) -> Sequence[str]:
    """What waits before a stage, if that is known of any, p50 and p99, as they stand there."""
    at = seen.index(SPANS[stage][1])
    return seen[at + 1 : at + (4 if stage in QUEUES else 3)]


def test_the_bus_has_a_card_where_there_is_one() -> None:
    """Where it is, how it is and since when, and who leads."""
    house = busy()
    assert [] == shown(house, "bus")
    now = time.time()
    house.bus = replace(WELL, since=now - 7_300)
    assert [
        "Bus", "Connected", ADDRESS, "Since", "2 h ago",
        "Bridge last heard", "now", "Bridge that leads", "cellar, process 12",
    ] == [text for text in shown(house, "bus") if text]  # fmt: skip
    assert [
        "Bus", "No bridge is heard on it", ADDRESS, SILENT, "Since", "1 min ago",
        "Bridge last heard", "2 min ago", "Bridge that leads", "–",
    ] == shown(silent(house), "bus")  # fmt: skip
    house.bus = BusLink(up=False, detail="the bus is away: x.", bridge_up=True, address=ADDRESS, since=now)
    assert [
        "Bus", "Not connected", ADDRESS, "the bus is away: x", "Since", "a few seconds ago",
        "Bridge last heard", "–", "Bridge that leads", "–",
    ] == shown(house, "bus")  # fmt: skip


def test_a_bridge_that_speaks_on_a_bus_says_how_that_goes() -> None:
    """Where, since when it leads and how much it wrote; or why it does not."""
    house = busy()
    now = time.time()
    house.voice = BusVoice(True, "", ADDRESS, now - 7_300, 1_234, 2, 1_200)  # type: ignore[assignment]
    assert [
        "Bus", VOICES["good"], ADDRESS, "Leads since", "2 h ago", "Messages written", "1\u202f234",
        "The newest frame among them", "1\u202f200", "Whole pictures among them", "2", MERGED_NOTE,
    ] == [text for text in shown(house, "voice") if text]  # fmt: skip
    house.voice = BusVoice(False, "nothing listens at 10.0.0.1:6379", ADDRESS)  # type: ignore[assignment]
    assert [
        "Bus", "Not connected", ADDRESS, "nothing listens at 10.0.0.1:6379", "Leads since", "–",
    ] == shown(house, "voice")[:6]  # fmt: skip
    assert [] == shown(house, "bus")


def test_each_number_has_a_chart_with_its_last_value_and_its_scale() -> None:
    """It is told in words too; what is not known is a dash without a scale."""
    house = busy()
    for at in (1.0, 6.0):
        house.vitals.note(house, at)
    seen = shown(house, "courses")
    assert ["Lately", "the last 10 minutes"] == seen[:2]
    assert ["Messages a second", "6.0", "10", "0"] == seen[2:6]
    assert set(LEASTS) == set(MEASURES)
    labels = [one["label"] for one in find(drawn(house, "courses"), "Semantics") if one.get("image")]
    assert "Messages a second: now 6.0; from 6.0 to 6.0 in the last 10 minutes" == labels[0]
    assert "To the browsers, p50: not known" in labels
    at = seen.index("To the browsers, p50")
    assert "–" == seen[at + 1]


def test_a_store_that_is_not_told_of_over_the_bus_is_not_wrong() -> None:
    """Until the facts have been read again after the bridge was away; of a store of our own it is a fault."""

    async def act() -> tuple[str, str]:
        house = busy()

        def fail() -> None:
            raise OSError("no answer")

        house.facts = fail  # type: ignore[assignment, method-assign]
        told = []
        for bus in (WELL, None):
            house.bus = bus
            shown(house, "store")
            await until(lambda: "…" not in shown(house, "store"), "the facts")
            told.append(shown(house, "store")[1])
        house.aside.close()
        return told[0], told[1]

    assert ("Not known", "Cannot be used") == asyncio.run(act())


def test_without_a_broker_nothing_is_read_from_it() -> None:
    """Whether more is taken is a dash; what was dropped before is still told."""
    house = busy()
    assert "yes" == shown(house, "Waiting to be kept")[-1]
    house.status = replace(house.status, paused=True)
    assert "not now: too much waits" == shown(house, "Waiting to be kept")[-1]
    house.broker(up=False, detail="refused")
    assert "–" == shown(house, "Waiting to be kept")[-1]
    assert ["Not connected", "refused", "–"] == [shown(house, "broker")[at] for at in (1, 2, -1)]
    house.dropped = house.dropped.noted(5, 1.0).noted(12, time.time())
    assert "7, the last now" == shown(house, "broker")[-1]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.00004, "0.0 ms"),
        (0.0012, "1.2 ms"),
        (0.0123, "12 ms"),
        (0.9994, "999 ms"),
        (1.04, "1.0 s"),
        (9.9, "9.9 s"),
        (10.0, "> 10 s"),
    ],
)
def test_times_are_told_in_units_that_can_be_read(seconds: float, expected: str) -> None:
    """Milliseconds with a digit where it counts, seconds from one on, and the bound of what is told apart."""
    assert [expected, expected] == [spread_text(Spread(seconds, seconds, 1), part) for part in ("p50", "p99")]


def test_a_stage_without_spans_is_a_dash() -> None:
    """Nothing is not zero."""
    assert "–" == spread_text(None, "p50")


def test_what_the_embedded_broker_is_not_meant_for_is_told() -> None:
    """Also when it is known only later, as over the bus; of another broker nothing is said."""
    house = busy()
    scene = Scene()
    cards = scene.open(layout(house, {}, ENGLISH)).cards
    assert EMBEDDED_NOTE not in texts(unpack(cards[1].packed()))
    house.status = replace(house.status, embedded=True)
    scene.touch({"status"})
    assert EMBEDDED_NOTE in texts(unpack(cards[1].packed()))


def test_the_cards_stand_in_two_columns_that_follow_all_their_cards() -> None:
    """Whatever one card of a column has news of, the column shows it; no card is lost."""
    house = busy()
    scene = Scene()
    cards = scene.open(layout(house, {}, ENGLISH)).cards
    assert ["courses", "left", "right"] == [card.plan.key.split("/")[1] for card in cards]
    below = [text for card in cards[1:] for text in texts(unpack(card.packed()))]
    expected = [text for plans in columns(house, ENGLISH).values() for text in written(plans)]
    assert expected == below
    house.status = replace(house.status, received=12_345)
    scene.touch({"status"})
    assert "12\u202f345" in texts(unpack(cards[1].packed()))
    assert "12\u202f345" not in texts(unpack(cards[2].packed()))


def written(plans: Sequence[CardPlan[Any]]) -> list[str]:
    """The texts of cards, one after the other."""
    cards = Scene().open(LayoutPlan("written", frozenset(), lambda: plans)).cards
    return [text for card in cards for text in texts(unpack(card.packed()))]
