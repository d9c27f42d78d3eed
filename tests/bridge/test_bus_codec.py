"""What goes over the bus comes out as it went in, and never makes anything older of what is known."""

import math
from collections import Counter
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bus import answers
from bridge.bus.address import Address, parse
from bridge.bus.codec import (
    MARK,
    VERSION,
    Entry,
    Header,
    pack,
    pack_entry,
    pack_header,
    pack_labels,
    unpack,
    unpack_entries,
    unpack_entry,
    unpack_header,
    unpack_labels,
)
from bridge.bus.picture import Picture, Snapshot, Verdict
from bridge.commands import CommandRecord, CommandState
from bridge.errors import (
    BusAway,
    BusVersion,
    CommandRefused,
    FleetglassError,
    NotConnected,
    SettingsError,
    StoreError,
)
from bridge.frames import Trace
from bridge.groups import Group, Groups
from bridge.labels import Label
from bridge.ports import Heard, History, Point, QuarantineCounts, Sought, StoreFacts
from bridge.presence import Presence
from bridge.quarantine import Quarantined
from bridge.replay import Replayed
from bridge.state import Change, DeviceState, MetricState
from bridge.status import BridgeStatus, Counts
from bridge.topic_levels import TopicBranch, TopicEntry, TopicLevel, TopicMessage
from schemas import picture
from schemas.message import RawMessage
from schemas.suggest import Suggestion

TEXT = st.text(st.characters(), max_size=8)
"""Lone surrogates too: a topic may have been anything."""
MOMENTS = st.integers(0, 2**40).map(lambda number: number / 256)
"""Times whose sums with `AHEAD` are exact."""
AHEAD = 1.75e9
VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT
METRICS = st.builds(
    MetricState,
    VALUES,
    TEXT,
    st.none() | MOMENTS,
    MOMENTS,
    st.sampled_from(["live", "retained", "restored"]),
    st.booleans(),
)
COMMANDS = st.builds(
    CommandState, VALUES, st.sampled_from(["pending", "confirmed"]), TEXT, MOMENTS, TEXT, TEXT
)
DEVICES = st.builds(
    DeviceState,
    id=TEXT,
    kind=TEXT,
    name=st.none() | TEXT,
    place=st.none() | TEXT,
    metrics=st.dictionaries(TEXT, METRICS, max_size=3).map(MappingProxyType),
    presence=st.builds(Presence, st.sampled_from(["online", "unknown"]), TEXT),
    announced=st.none() | st.booleans(),
    seen_at=st.none() | MOMENTS,
    heard=st.none() | MOMENTS,
    device_time=st.none() | MOMENTS,
    commands=st.dictionaries(TEXT, COMMANDS, max_size=2).map(MappingProxyType),
    transport=st.integers(0, 3),
    structured=st.booleans(),
    last_topic=TEXT,
    last_payload=st.binary(max_size=8),
)
CHANGES = st.builds(Change, DEVICES, st.lists(TEXT, max_size=3).map(tuple), st.booleans())
ENTRIES = st.builds(Entry, CHANGES, st.tuples(st.integers(0, 2**60), st.integers(0, 2**60)))


def status(received: int = 0) -> BridgeStatus:
    """One with something in it."""
    return BridgeStatus(broker_up=True, broker_detail="up", received=received, rate=1.5, broker_dropped=None)


def counts() -> Counts:
    """Some with something in them."""
    made = Counts(received=7, broker_dropped=3, quarantined=Counter({"not_json": 2}))
    made.stages["commit"].observe(0.3)
    return made


@given(ENTRIES)
def test_a_device_comes_out_as_it_went_in(entry: Entry) -> None:
    """Every field, values of every type, and times by this computer's clocks."""
    assert entry == unpack_entry(pack_entry(entry, AHEAD), AHEAD)


@given(st.lists(ENTRIES, max_size=4))
def test_devices_one_after_the_other(entries: list[Entry]) -> None:
    """Packed ones that are put together are read one by one."""
    assert entries == unpack_entries(b"".join(pack_entry(entry, AHEAD) for entry in entries), AHEAD)


def test_times_are_those_of_the_reader() -> None:
    """What was a second ago where it was written is a second ago where it is read."""
    device = DeviceState("a.b", "a", heard=99.0, commands={"on": CommandState(True, "pending", "Ada", 101.0)})
    there = pack_entry(Entry(Change(device), (1, 1)), 1_000.0)
    found = unpack_entry(there, 600.0).change.device
    assert (499.0, 501.0) == (found.heard, found.commands["on"].until)
    header = pack_header(Header(1, "run", 1, 1, changed_at=98.0), 1_000.0)
    assert 498.0 == unpack_header(header, 600.0).changed_at
    unknown = pack_header(Header(1, "run", 1, 1, changed_at=0.0), 1_000.0)
    assert 0.0 == unpack_header(unknown, 600.0).changed_at


def test_a_header_comes_out_as_it_went_in() -> None:
    """With the status and all totals; labels likewise."""
    header = Header(
        2**41, "run", 5, 6, 7.0, True, True, True, 8, status(9), counts(), (Trace(3.0, 4.0, 5),), 6.0
    )
    assert header == unpack_header(pack_header(header, AHEAD), AHEAD)
    labels = {"a.b": Label("Hall", None, retired=True), "a.\udc80": Label(None, "\udc80", override=True)}
    assert labels == unpack_labels(pack_labels(labels))


def test_fields_of_another_program_version_are_no_harm() -> None:
    """A field that the reader does not know is passed over; one that is not sent has its default."""
    plain = list(unpack(pack_header(Header(1, "run", 1, 1, status=status(4)), 0.0)))
    at = plain.index(next(each for each in plain if isinstance(each, dict)))
    plain[at] = {**plain[at], "invented": 1}
    del plain[at]["rate"]
    expected = BridgeStatus(broker_up=True, broker_detail="up", received=4)
    assert expected == unpack_header(pack(plain), 0.0).status


def test_another_version_is_named() -> None:
    """The line says what it got, what is read here, and which side to update."""
    for version, side in ((VERSION + 1, "this program"), (VERSION - 1, "the other one")):
        with pytest.raises(BusVersion) as error:
            unpack(MARK + bytes((version,)) + pack(1)[3:])
        expected = f"the bus carries version {version}, this program reads {VERSION}; update {side}"
        assert expected == str(error.value)


@given(st.binary(max_size=60), st.sampled_from([b"", pack(0)[:3]]))
def test_foreign_bytes_are_one_clear_error(junk: bytes, mark: bytes) -> None:
    """Whatever it is, it is read or it is a `BusVersion` of one line."""
    for read in (
        unpack,
        lambda data: unpack_header(data, 0.0),
        unpack_labels,
        lambda data: unpack_entry(data, 0.0),
        lambda data: unpack_entries(data, 0.0),
        answers.unpack_request,
        lambda data: answers.unpack_answer("history", data),
    ):
        try:
            read(mark + junk)
        except FleetglassError as error:
            lines = str(error).splitlines()
        else:
            lines = [""]
        assert 1 == len(lines)


@given(ENTRIES, st.data())
def test_what_is_cut_off_is_one_clear_error(entry: Entry, data: st.DataObject) -> None:
    """Every beginning of a device, or of a header, is refused."""
    whole = pack_entry(entry, 0.0)
    with pytest.raises(BusVersion):
        unpack_entries(whole[: data.draw(st.integers(1, len(whole) - 1))], 0.0)
    header = pack_header(Header(1, "run", 1, 1), 0.0)
    with pytest.raises(BusVersion):
        unpack_header(header[: data.draw(st.integers(0, len(header) - 1))], 0.0)


# Answers.

SAID = TopicMessage(2.0, b"\xff", 1, 1, True, "quarantined", "why")
TOPIC = TopicEntry("a/b", 2, 0.5, True, "state", "plug.b", SAID, (SAID,))
GROUP = Group(
    "a/+/b", "wrong_type", "x", "plug", 2, 3, 1.0, 2.0,
    Quarantined(1, 2.0, "a/c/b", "wrong_type", "why", b"\xff", 1, "x", True, 1), "",
)  # fmt: skip
ASKED = [
    ("command", "1f00ab42c3d4e5f6"),
    (
        "commanded",
        [
            CommandRecord(
                "1f00", "plug.a", 1.0, {"on": True}, "Ada", "confirmed", 2.0, "the device says true"
            ),
            CommandRecord("1f01", "plug.a", 1.0, {"level": 3}, "Ada"),
        ],
    ),
    ("relabel", None),
    ("retire", None),
    ("forget", None),
    ("heard", [Heard("plug.a", 1.0, "online", "heard"), Heard("plug.a", 2.5, "offline", "said so")]),
    ("history", ("°C", History((Point(1.0, 2.5, 2.0, 3.0, 4), Point(2.0, "on")), 60.0, ("°F",)))),
    ("quarantined", [Quarantined(1, 2.0, "a/b", "not_json", "why", b"\xff", 1, "field", True, 1)]),
    ("quarantine_groups", Groups([GROUP, replace(GROUP, now=None)], 3, whole=False)),
    ("quarantine_counts", QuarantineCounts(1, 2, 3, {"not_json": 1})),
    ("replay", Replayed(4, 3, {"not_json": 1}, 2)),
    ("picture", picture.Picture("image/png", 4, 3, b"\x89PNG\xff")),
    ("picture", None),
    ("facts", StoreFacts("memory", durable=False, size=1, readings=2, oldest=3.0)),
    ("topics", TopicLevel("a/", (TopicBranch("b", "a/b", 1, 2, 0.5, 3.0, True, TOPIC),), 1, None, 1, 2, 3)),
    ("topic", TOPIC),
    ("find_topics", [TOPIC._replace(recent=())]),
    ("publish", None),
    ("samples", [RawMessage("a/b", b"\xff", 2.0, True, 1)]),
    ("suggestion", Suggestion("barn", "barn.py", "a/{device}", "text", ("a/b",), 3, 1)),
]


@pytest.mark.parametrize(
    ("method", "answer"), ASKED, ids=[f"{method} {type(answer).__name__}" for method, answer in ASKED]
)
def test_answers_come_out_as_they_went_in(method: str, answer: object) -> None:
    """Each answer is what was given."""
    found = answers.unpack_answer(method, answers.pack_answer(method, answer))
    if method == "history":
        unit, history = found
        found = (unit, History(tuple(history.points), history.step, history.other_units))
    assert answer == found


def test_every_method_is_held() -> None:
    """The list above has every method there is."""
    assert sorted(answers.ANSWERS) == sorted({method for method, _ in ASKED})


def test_requests_come_out_as_they_went_in() -> None:
    """Arguments of every kind that are asked with."""
    for method, arguments in (
        ("command", ("plug.a", {"on": True, "level": 3}, "Ada")),
        ("history", ("plug.a", "power", 1.0, 2.0, 500)),
        ("quarantined", (Sought(before=3, limit=5, reason="not_json", text="a", topic="a/+", field=""),)),
        ("quarantine_groups", ("wrong_type",)),
        ("facts", ()),
        ("relabel", ("plug.a", "Küche", None)),
        ("retire", ("plug.a", True)),
        ("forget", ("plug.a", False, True)),
    ):
        assert (method, arguments) == answers.unpack_request(answers.pack_request(method, arguments))


@pytest.mark.parametrize(
    "error",
    [
        BusAway("a"),
        CommandRefused("b"),
        NotConnected("c"),
        StoreError("d"),
        FleetglassError("e"),
        LookupError("f"),
    ],
)
def test_errors_come_out_as_they_went_in(error: Exception) -> None:
    """By class and text; what is below `LookupError` is one."""
    with pytest.raises(type(error)) as found:
        answers.unpack_answer("facts", answers.pack_refusal(error))
    assert (type(error), str(error)) == (type(found.value), str(found.value))
    with pytest.raises(LookupError) as lookup:
        answers.unpack_answer("facts", answers.pack_refusal(KeyError("x")))
    assert "x" == str(lookup.value)


# What is known is never replaced by what is older.


class Writer:
    """A bridge that writes entries and snapshots; each value is a number that only grows."""

    def __init__(self) -> None:
        self.clock = 0
        self.epoch, self.number, self.sequence = 1, 0, 0
        self.devices: dict[str, Entry] = {}
        self.written: list[tuple[Header, list[Entry]] | Snapshot] = []

    def header(self) -> Header:
        """The next one."""
        self.number += 1
        return Header(self.epoch, f"run{self.epoch}", self.number, self.sequence)

    def say(self, names: set[str]) -> None:
        """New values of some devices."""
        self.sequence += 1
        entries = []
        for name in sorted(names):
            self.clock += 1
            metrics = {"value": MetricState(self.clock, "", None, 0.0, "live")}
            entry = Entry(Change(DeviceState(name, "a", metrics=metrics)), (self.epoch, self.sequence))
            self.devices[name] = entry
            entries.append(entry)
        self.written.append((self.header(), entries))

    def look(self) -> None:
        """What a reader that looks at this moment gets."""
        header = Header(self.epoch, f"run{self.epoch}", self.number, self.sequence)
        self.written.append(Snapshot(header, dict(self.devices)))

    def restart(self) -> None:
        """Another bridge leads; its devices speak anew."""
        self.epoch += 1
        self.number = self.sequence = 0
        self.devices = {}
        self.written.append((self.header(), []))


DEEDS = st.lists(st.sets(st.sampled_from("abc"), min_size=1) | st.just("restart"), max_size=25)


@given(DEEDS, st.data())
def test_values_never_go_back(deeds: list[set[str] | str], data: st.DataObject) -> None:
    """However entries and snapshots are repeated, left out or mixed up, no device shows an older value.

    And whoever follows the verdicts, looking at the whole picture at every gap, ends with the present.
    """
    writer = Writer()
    for deed in deeds:
        if deed == "restart":
            writer.restart()
        else:
            writer.say(deed)  # type: ignore[arg-type]
        writer.look()
    order = data.draw(
        st.lists(st.sampled_from(writer.written), max_size=40) if writer.written else st.just([])
    )
    picture, shown = Picture(), dict.fromkeys("abc", -math.inf)
    for one in order:
        if isinstance(one, Snapshot):
            picture.snapshot(one)
        elif picture.judge(one[0]) is Verdict.NEXT:
            picture.entry(*one)
        for name, device in picture.devices.items():
            value = device.metrics["value"].value
            assert value >= shown[name]
            shown[name] = value
    writer.look()
    (*_, last) = writer.written
    assert isinstance(last, Snapshot)
    picture.snapshot(last)
    expected = {name: entry.change.device for name, entry in writer.devices.items()}
    assert expected == picture.devices


def test_a_gap_is_seen() -> None:
    """An entry that does not follow on the one before is not taken in, nor one that was there already."""
    picture = Picture()
    picture.snapshot(Snapshot(Header(1, "run", 3, 3), {}))
    verdicts = {
        (1, 3): Verdict.OLD,
        (1, 4): Verdict.NEXT,
        (1, 5): Verdict.GAP,
        (2, 4): Verdict.GAP,
        (0, 4): Verdict.OLD,
    }
    assert verdicts == {key: picture.judge(Header(key[0], "run", key[1], 9)) for key in verdicts}
    assert Verdict.GAP is picture.judge(Header(1, "run", 4, 4, fresh=True))


def test_a_picture_that_is_the_same_tells_nothing() -> None:
    """Written anew with later sequences, unchanged devices are no change; changed ones name their metrics."""
    old = DeviceState("a", "k", metrics={"x": MetricState(1, "", None, 0.0, "live")}, heard=1.0)
    new = old._replace(metrics={**old.metrics, "y": MetricState(2, "", None, 0.0, "live")})
    picture = Picture()
    first = picture.snapshot(Snapshot(Header(1, "run", 1, 1), {"a": Entry(Change(old), (1, 1))}))
    assert [Change(old, ("x",), moved=True)] == first
    again = Entry(Change(old._replace(heard=1.0000001)), (2, 5))
    assert [] == picture.snapshot(Snapshot(Header(2, "run", 1, 5), {"a": again}))
    changed = Snapshot(Header(2, "run", 2, 6), {"a": Entry(Change(new), (2, 6))})
    assert [Change(new, ("y",))] == picture.snapshot(changed)


# Addresses.


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://here", Address("here")),
        ("redis://127.0.0.1:7000/3?name=house-2", Address("127.0.0.1", 7000, 3, name="house-2")),
        ("rediss://ada:p%40ss@[::1]:1", Address("::1", 1, 0, "ada", "p@ss", tls=True)),
        ("redis://:secret@here", Address("here", password="secret")),
    ],
)
def test_urls_are_read(url: str, expected: Address) -> None:
    """With host, port, database, user and name of the keys; what is shown has no secret."""
    found = parse(url)
    assert expected == found
    assert "ss@" not in str(found) + repr(found)
    assert "secret" not in str(found) + repr(found)
    assert "house-2:lease" == Address("here", name="house-2").key("lease")


@pytest.mark.parametrize(
    "url",
    [
        "memory://", "redis://", "redis://here:0", "redis://here:99999", "redis://here/x", "redis://u:pw@",
        "redis://here?name=", "redis://here?name=a:b", "redis://here?names=a", "redis://here#a",
        "http://u:pw@here", "redis://[", "here", "redis://here?ssl_ca_certs=/etc/ssl",
        "rediss://u:pw@here?ssl_ca_certs=ca.crt", "rediss://u:pw@here?ssl_ca_certs=",
        "rediss://here?ssl_ca_certs=/a%00b", "redis://two..dots", f"redis://u:pw@{'long' * 16}",
        "rediss://here?ssl_ca_certs=/nowhere/ca.crt", f"rediss://here?ssl_ca_certs={__file__}",
    ],
)  # fmt: skip
def test_bad_urls_are_one_clear_line(url: str) -> None:
    """What is expected is said, and no password is shown."""
    with pytest.raises(SettingsError) as error:
        parse(url)
    assert "\n" not in str(error.value)
    assert "pw" not in str(error.value)
    assert str(error.value).startswith("bus: ")
