"""The table of topics: what is known of each, its bounds, and the tree."""

import json
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.topic_levels import LISTED, SHORT
from bridge.topics import MAX_PAYLOAD, MESSAGES, OVER, Topics
from schemas.catalog import shipped_kinds
from schemas.decode import decode
from schemas.message import RawMessage
from tests.bridge.flow import Flow

KINDS = shipped_kinds()
SAID = "expected true or false, got 1"


class Table:
    """A table with a clock that the test moves; each message is a round of its own."""

    def __init__(self, **bounds: int) -> None:
        self.now = 100.0
        self.topics = Topics(KINDS, lambda: self.now, **bounds)

    def hear(self, topic: str, payload: bytes = b"1", **marks: object) -> None:
        raw = RawMessage(topic, payload, 1.8e9 + self.now)._replace(**marks)  # type: ignore[arg-type]
        self.topics.heard({topic: [(raw, decode(raw, KINDS))]}, self.now)

    def names(self, prefix: str = "", limit: int = LISTED) -> list[str]:
        return [branch.name for branch in self.topics.levels().below(prefix, limit).branches]


def test_each_topic_tells_what_came_last_and_what_became_of_it() -> None:
    """Accepted, announced, refused, unclaimed and ignored messages are told apart, with whose they are."""
    table = Table()
    table.hear("fleet/plug/a/state", b'{"on": true}', qos=1)
    table.hear("fleet/plug/a/availability", b"online", retained=True)
    table.hear("fleet/plug/a/set", b'{"on": false}')
    table.hear("fleet/plug/b/state", b'{"on": 1}')
    table.hear("attic/rain", b"3.5")
    expected = {
        "fleet/plug/a/state": ("state", "plug.a", "accepted", "", False, 1),
        "fleet/plug/a/availability": ("availability", "plug.a", "accepted", "", True, 0),
        "fleet/plug/a/set": ("command", "plug.a", "ignored", "command", False, 0),
        "fleet/plug/b/state": (
            "state",
            "plug.b",
            "wrong_type",
            "on: expected true or false, got 1",
            False,
            0,
        ),
        "attic/rain": ("unclaimed", "topic.attic%2Frain", "unclaimed", "", False, 0),
    }
    found = {}
    for topic in expected:
        entry = table.topics.entry(topic)
        assert entry is not None
        last = entry.last
        found[topic] = (
            entry.role, entry.device_id, last.outcome, last.detail, entry.retained, last.qos
        )  # fmt: skip
        assert (1, (last,)) == (entry.total, entry.recent)
    assert expected == found


def test_a_topic_that_was_not_heard_is_none() -> None:
    """Nothing is made up, and what the broker says of itself is not held."""
    table = Table()
    table.hear("$SYS/broker/uptime")
    assert [None, None] == [table.topics.entry(topic) for topic in ("nowhere", "$SYS/broker/uptime")]
    assert [] == table.names()


def test_the_last_messages_are_held_newest_first_and_cut() -> None:
    """A bounded number, each with at most so many bytes; the size and the count tell the whole."""
    table = Table()
    for number in range(MESSAGES + 3):
        table.hear("a", b"%d" % number * (MAX_PAYLOAD + 1))
    entry = table.topics.entry("a")
    assert entry is not None
    newest = range(MESSAGES + 2, 2, -1)
    assert [b"%d" % number * MAX_PAYLOAD for number in newest] == [each.payload for each in entry.recent]
    assert (MESSAGES + 3, MAX_PAYLOAD + 1, entry.recent[0]) == (entry.total, entry.last.size, entry.last)


def test_a_rate_follows_what_comes_and_fades_in_silence() -> None:
    """Five messages a second are told as about five; after as long as the rate is taken over, as 1/e."""
    table = Table()
    for _ in range(500):
        table.now += 0.2
        table.hear("a")
    entry = table.topics.entry("a")
    assert entry is not None
    assert pytest.approx(5.0, rel=0.05) == entry.rate
    table.now += OVER
    later = table.topics.entry("a")
    assert later is not None
    assert pytest.approx(entry.rate * exp(-1)) == later.rate


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([(b"1", True)], True),
        ([(b"1", False)], False),
        ([(b"1", True), (b"2", False)], True),
        ([(b"1", True), (b"", False)], False),
        ([(b"1", True), (b"", False), (b"3", True)], True),
    ],
)
def test_a_retained_message_is_there_until_an_empty_one_comes(
    messages: list[tuple[bytes, bool]], *, expected: bool
) -> None:
    """It came as retained, once, and goes with an empty message, which is how MQTT clears it."""
    table, together = Table(), Table()
    for payload, retained in messages:
        table.hear("a", payload, retained=retained)
    raws = [RawMessage("a", payload, 1.8e9, retained=retained) for payload, retained in messages]
    together.topics.heard({"a": [(raw, decode(raw, KINDS)) for raw in raws]}, together.now)
    for found in (table.topics.entry("a"), together.topics.entry("a")):
        assert found is not None
        assert expected == found.retained


def test_what_we_retained_ourselves_is_known() -> None:
    """The broker's copy to us bears no mark, and may come later; what nobody heard stays unknown."""
    table = Table()
    table.topics.published("c", retained=True)
    table.hear("c")
    later = table.topics.entry("c")
    assert later is not None
    assert later.retained
    table.hear("a")
    for retained in (True, False):
        table.topics.published("a", retained=retained)
        table.topics.published("b", retained=retained)
        entry = table.topics.entry("a")
        assert entry is not None
        assert retained == entry.retained
    assert table.topics.entry("b") is None


def test_the_topic_heard_longest_ago_goes_when_there_are_too_many() -> None:
    """Beyond the bound, and counted; one that speaks again is a young one."""
    table = Table(max_topics=3)
    for topic in "abcad":
        table.hear(topic)
    table.now += 2
    assert ["a", "c", "d"] == table.names()
    assert 1 == table.topics.forgotten == table.topics.levels().below().forgotten


def test_the_bytes_of_all_topics_are_bounded() -> None:
    """Topics go, the oldest first, until the rest fits; the last one always stays."""
    table = Table(max_bytes=1_000)
    for topic in "abcd":
        table.hear(topic, b"x" * 300)
    assert ["b", "c", "d"] == table.names()
    table.now += 2
    table.hear("e", b"x" * 2_000)
    assert ["e"] == table.names()
    table.now += 2
    table.hear("f", b"x")
    assert ["f"] == table.names()


@given(st.lists(st.lists(st.integers(0, MAX_PAYLOAD + 2), min_size=1, max_size=MESSAGES + 2), min_size=1))
def test_the_bytes_are_those_that_are_held(rounds: list[list[int]]) -> None:
    """However many messages came together: beside a topic just what is left of the bound has room."""
    bound = 100_000
    table = Table(max_bytes=bound)
    for sizes in rounds:
        raw = [RawMessage("a", b"x" * size, 1.8e9) for size in sizes]
        table.topics.heard({"a": [(one, decode(one, KINDS)) for one in raw]}, table.now)
    entry = table.topics.entry("a")
    assert entry is not None
    left = bound - len("a") - sum(len(message.payload) for message in entry.recent)
    found = []
    for topic in ("b" * left, "c"):
        table.hear(topic, b"")
        table.now += 2
        found.append(len(table.names()))
    # With one byte more the topic heard longest ago goes, which is the first.
    assert ([2, 2], None) == (found, table.topics.entry("a"))


def test_a_level_adds_up_what_lies_below() -> None:
    """A branch has the topics, messages, newest time and retained mark of all below and of itself."""
    table = Table()
    for topic, marks in (("a", {}), ("a/b", {}), ("a/b", {}), ("a/b/c", {"retained": True}), ("a-b", {})):
        table.now += 1
        table.hear(topic, **marks)
    top = table.topics.levels().below()
    found = [
        (each.name, each.path, each.topics, each.total, each.last_at, each.retained, each.entry is not None)
        for each in top.branches
    ]
    expected = [("a", "a", 3, 4, 1.8e9 + 104, True, True), ("a-b", "a-b", 1, 1, 1.8e9 + 105, False, True)]
    assert expected == found
    assert (4, 4, 0, None) == (top.topics, top.known, top.more, top.entry)
    below = table.topics.levels().below("a")
    assert below == table.topics.levels().below("a/")
    assert below.entry is not None
    assert ("a/", "a", 2, [("b", 2, 3)]) == (
        below.prefix,
        below.entry.topic,
        below.topics,
        [(each.name, each.topics, each.total) for each in below.branches],
    )
    rates = [entry.rate for topic in ("a", "a/b", "a/b/c") if (entry := table.topics.entry(topic))]
    assert pytest.approx(sum(rates)) == top.branches[0].rate


def test_a_level_shows_so_many_branches_and_says_how_many_more() -> None:
    """The first ones by name; more than the bound can nobody ask for, nor fewer than none."""
    table = Table()
    for number in range(LISTED + 2):
        table.hear(f"d{number:04}/state")
    levels = table.topics.levels()
    assert ["d0000", "d0001"] == table.names(limit=2)
    assert [LISTED, 2, 0, LISTED] == [
        levels.below(limit=2).more,
        levels.below(limit=LISTED + 2).more,
        len(levels.below(limit=-1).branches),
        len(levels.below(limit=10**9).branches),
    ]


def test_topics_are_found_by_a_part_of_their_name() -> None:
    """Upper and lower case alike, by name, as many as asked for, with short payloads."""
    table = Table()
    for topic in ("Kitchen/lamp", "kitchen/door", "hall/door"):
        table.hear(topic, b"x" * (SHORT + 1))
    find = table.topics.levels().find
    assert ["Kitchen/lamp", "kitchen/door"] == [entry.topic for entry in find("KITCHEN")]
    assert ["hall/door"] == [entry.topic for entry in find("door", 1)]
    assert [] == find("cellar")
    assert [(SHORT, SHORT + 1, ())] == [
        (len(entry.last.payload), entry.last.size, entry.recent) for entry in find("hall")
    ]


def test_the_tree_is_made_anew_at_most_once_a_second() -> None:
    """However many look, and then with what came meanwhile."""
    table = Table()
    table.hear("a")
    first = table.topics.levels()
    table.hear("b")
    assert first is table.topics.levels()
    table.now += 1
    assert ["a", "b"] == table.names()


def test_the_topics_of_a_device_are_found() -> None:
    """Its state, its availability and what asks it for something."""
    table = Table()
    for topic in ("fleet/plug/a/state", "fleet/plug/a/set", "fleet/plug/b/state", "x"):
        table.hear(topic, b"{}")
    assert ["fleet/plug/a/set", "fleet/plug/a/state"] == sorted(
        entry.topic for entry in table.topics.of_device("plug.a")
    )


@given(st.lists(st.text("ab/-0.", min_size=1, max_size=6), max_size=30))
def test_every_topic_is_in_one_place_of_the_tree(topics: list[str]) -> None:
    """Whatever the names are like, walking down finds each topic once, and all totals agree."""
    table = Table()
    for topic in topics:
        table.hear(topic)
    levels = table.topics.levels()
    found: list[str] = []

    def walk(prefix: str) -> int:
        total = 0
        level = levels.below(prefix)
        for branch in level.branches:
            assert branch.path == prefix + branch.name
            own = 0 if branch.entry is None else branch.entry.total
            found.extend([] if branch.entry is None else [branch.entry.topic])
            below = walk(f"{branch.path}/") if branch.topics > (branch.entry is not None) else 0
            assert branch.total == own + below
            total += branch.total
        return total

    assert len(topics) == walk("")
    assert sorted(set(topics)) == sorted(found)


def test_ingest_tells_the_table_what_it_did_in_the_end() -> None:
    """A message that was decoded and then turned out to be one device too many is told as refused, once."""
    flow = Flow(max_devices=1)
    flow.say("fleet/plug/a/state", b'{"on": true}')
    flow.say("fleet/plug/b/state", json.dumps({"on": True}).encode())
    found = [flow.ingest.topics.entry(f"fleet/plug/{name}/state") for name in "ab"]
    assert [(1, "accepted"), (1, "too_many_devices")] == [
        (entry.total, entry.last.outcome) for entry in found if entry is not None
    ]
