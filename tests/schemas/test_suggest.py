"""A first model written from messages: it loads, claims their topics and accepts them."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.simulate.pictures import png
from schemas.catalog import Kinds, load_folder, shipped_kinds
from schemas.decode import decode
from schemas.message import RawMessage, Readings
from schemas.suggest import Suggestion, Unsuitable, siblings, suggest

START = 1.8e9
OTHERS = 'mode: Annotated[Literal["a", "b"], Choice()]  # other words are refused: add those it may say'
MOMENT = 'last_seen: Annotated[AwareDatetime, Timestamp(unit="s")]  # a moment, by its name'


def heard(topic: str, *contents: object, every: float = 10.0) -> list[RawMessage]:
    """Messages of a topic, so many seconds apart."""
    return [
        RawMessage(topic, json.dumps(content).encode(), START + number * every)
        for number, content in enumerate(contents)
    ]


def loaded(suggestion: Suggestion) -> Kinds:
    """The shipped kinds with the suggested one, from a file as a person would save it."""
    kinds = shipped_kinds()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / suggestion.file).write_text(suggestion.text, encoding="utf-8")
        assert [] == load_folder(kinds, Path(folder)), suggestion.text
    return kinds


def accepted(suggestion: Suggestion, samples: Sequence[RawMessage]) -> list[Readings]:
    """What each message becomes; fails unless all are the kind's."""
    kinds = loaded(suggestion)
    outcomes = [decode(sample, kinds) for sample in samples]
    found = [each for each in outcomes if isinstance(each, Readings) and each.kind == suggestion.kind]
    assert len(samples) == len(found), (suggestion.text, outcomes)
    return found


def field(suggestion: Suggestion, start: str) -> str:
    """The line of a field."""
    (line,) = [line.strip() for line in suggestion.text.splitlines() if line.strip().startswith(f"{start}:")]
    return line


ROOM = [
    {"temperature_c": 21.5, "humidity": 40, "door": True, "mode": "eco", "co2Level": 600 + n}
    for n in range(8)
]


def test_a_first_model_of_an_ordinary_device() -> None:
    """The whole file, from a device that says the usual things."""
    samples = heard("house/climate/kitchen/state", *ROOM)
    samples += heard("house/climate/bath/state", {"temperature_c": 19.25, "humidity": 55.5, "door": False})
    suggestion = suggest(samples, shipped_kinds())
    expected = '''"""A first draft, written from the messages that were heard. Look over each line."""

from typing import Annotated

from pydantic import Field

from schemas import Binary, Device, Numeric, Text


class Climate(
    Device,
    topic="house/climate/{device}/state",
    stale_after=30,  # three times the usual silence
):
    """Say here in one line what it is."""

    temperature_c: Annotated[float, Numeric(unit="°C", precision=2)]  # the unit is a guess from the name
    humidity: Annotated[float, Numeric(unit="%", precision=1)]  # the unit is a guess from the name
    door: Annotated[bool, Binary()]
    mode: Annotated[str | None, Text()] = None
    co2_level: Annotated[float | None, Numeric(), Field(alias="co2Level")] = None
'''
    assert expected == suggestion.text
    assert ("climate", "climate.py", 9, 0) == (
        suggestion.kind, suggestion.file, suggestion.messages, suggestion.refused,
    )  # fmt: skip
    assert ["climate.kitchen"] * 8 + ["climate.bath"] == [
        each.device_id for each in accepted(suggestion, samples)
    ]


@pytest.mark.parametrize(
    ("topics", "pattern", "name"),
    [
        (["a/b/one/state", "a/b/two/state"], "a/b/{device}/state", "B"),
        (["site/b1/pump/p1", "site/b2/pump/p2"], "site/{level_2}/pump/{device}", "Pump"),
        (["garden/greenhouse/south/state"], "garden/greenhouse/{device}/state", "Greenhouse"),
        (["zigbee2mqtt/kitchen"], "zigbee2mqtt/{device}", "Zigbee2mqtt"),
        (["kitchen/state"], "{device}/state", "State"),
        (["kitchen"], "{device}", "HeardDevice"),
        (["tele/x/plug/SENSOR"], "tele/x/{device}/SENSOR", "X"),
        (["a{b}/c/state"], "{level_1}/{device}/state", "State"),
        (["fleet/plug/x/y/z"], "fleet/plug/x/{device}/z", "X"),
        (["my/plug/x/state"], "my/plug/{device}/state", "PlugKind"),
        (["a/Device/x/state"], "a/Device/{device}/state", "DeviceKind"),
        (["a/1wire/x/state"], "a/1wire/{device}/state", "Wire"),
        (["\u6e29\u5ea6/x"], "\u6e29\u5ea6/{device}", "HeardDevice"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() else None,
)
def test_the_topic_and_the_name_are_guessed(topics: list[str], pattern: str, name: str) -> None:
    """The level that differs is the device's name, else the one where it usually stands."""
    samples = [sample for topic in topics for sample in heard(topic, {"x": 1})]
    suggestion = suggest(samples, shipped_kinds())
    assert pattern == suggestion.pattern
    assert f"class {name}(" in suggestion.text
    accepted(suggestion, samples)


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("on", [True, False], "on: Annotated[bool, Binary()]"),
        ("x", [1, 2.5], "x: Annotated[float, Numeric()]"),
        ("count", [1, 2], "count: Annotated[int, Numeric()]"),
        ("big", [10**17], "big: Annotated[int, Numeric(low=-9223372036854775808, high=9223372036854775807)]"),
        ("huge", [1e300], "huge: Annotated[float, Numeric(low=-1.7e+308, high=1.7e+308)]"),
        ("lat", [52.5], 'lat: Annotated[float, Location(axis="latitude")]'),
        ("lat", [152.5], "lat: Annotated[float, Numeric()]"),
        ("color", ["#ff8800"], "color: Annotated[str, Color()]"),
        ("color", ["red"], "color: Annotated[str, Text()]"),
        ("mode", ["a", "b"] * 4, OTHERS),
        ("mode", ["a", "b"], "mode: Annotated[str, Text()]"),
        ("mode", ["a"] * 9 + ["b"], "mode: Annotated[str, Text()]"),
        ("note", ["x" * 1500], "note: Annotated[str, Text(max_length=2048)]"),
        ("last_seen", ["2026-01-31T12:00:00Z"], "last_seen: Annotated[AwareDatetime, Timestamp()]"),
        ("last_seen", ["2026-01-31T12:00:00"], "last_seen: Annotated[str, Text()]"),
        ("last_seen", [START], MOMENT),
        ("last_seen", [5], "last_seen: Annotated[float, Numeric()]"),
        ("battery", [101], "battery: Annotated[float, Numeric()]"),
        ("power_w", [3], 'power_w: Annotated[float, Numeric(unit="W")]  # the unit is a guess from the name'),
        ("class", [1], 'class_2: Annotated[float, Numeric(), Field(alias="class")]'),
        ("json", [1], 'json_2: Annotated[float, Numeric(), Field(alias="json")]'),
        ("float", [1], 'float_2: Annotated[float, Numeric(), Field(alias="float")]'),
        ("1st value!", [1], 'field_1st_value: Annotated[float, Numeric(), Field(alias="1st value!")]'),
        ("\u6e29\u5ea6", [1], "\u6e29\u5ea6: Annotated[float, Numeric()]"),
        ("name", ["Ada"], ""),
        ("sequence", [5], ""),
        ("sequence", ["a"], 'sequence_2: Annotated[str, Text(), Field(alias="sequence")]'),
        ("time", [START], 'time: Annotated[AwareDatetime | None, Timestamp(unit="s")] = None'),
        ("time", ["2026-01-31T12:00:00Z"], ""),
    ],
)  # fmt: skip
def test_each_field_gets_the_narrowest_type_that_is_sure(
    key: str, values: list[object], expected: str
) -> None:
    """Going by all values that were seen, and by the name only where it can mean nothing else."""
    samples = heard("a/b/c/state", *({key: value, "other": True} for value in values))
    suggestion = suggest(samples, shipped_kinds())
    lines = [line.strip() for line in suggestion.text.splitlines() if ": Annotated[" in line]
    assert [expected] * bool(expected) == [line for line in lines if not line.startswith("other:")]
    accepted(suggestion, samples)


def test_what_was_missing_or_null_once_is_optional() -> None:
    """What was there in every message must be there, all else need not."""
    suggestion = suggest(heard("a/b/c/state", {"x": 1, "y": 1, "z": 1}, {"x": 1, "y": None}), shipped_kinds())
    assert [False, True, True] == [field(suggestion, name).endswith("= None") for name in "xyz"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([{"b": 1}], 'its values are shown as extra ones, under names such as "v.x"'),
        ([[1, 2]], "a list; it is shown as an extra value, as text"),
        ([None], "it was always null"),
        ([1, "a"], "not always the same (a number, a text); it is shown as an extra value"),
        ([True, 1], "not always the same (a number, true or false); it is shown as an extra value"),
    ],
)
def test_what_no_field_can_hold_is_said(values: list[object], words: str) -> None:
    """It is left to the extra values, with a comment, and no message is refused for it."""
    samples = heard("a/b/c/state", *({"x": 1, "v": value} for value in values))
    suggestion = suggest(samples, shipped_kinds())
    assert [True] == [line.endswith(words) for line in suggestion.text.splitlines() if '# "v": ' in line]
    accepted(suggestion, samples)


@pytest.mark.parametrize(
    "content",
    [
        {"name": 5},
        {"name": "x" * 81},
        {"name": 5, "device_name": 1},
        {"place": [1]},
        {"time": "noon"},
        {"time": START + 9_999},
        {"time": {"a": 1}},
        {"time": "2100-01-31T12:00:00Z"},
        {"sequence": [1]},
    ],
)
def test_what_the_base_model_would_refuse_is_moved_out_of_its_way(content: Mapping[str, object]) -> None:
    """A device may mean something else by time, name, place and sequence."""
    samples = heard("a/b/c/state", {"x": 1, **content})
    suggestion = suggest(samples, shipped_kinds())
    accepted(suggestion, samples)


@pytest.mark.parametrize(
    ("topic", "payloads", "words"),
    [
        ("a/b", [b"21.5", b"", b"\xff", b'{"a": NaN}', b'{"a": 1e999}', b"[1]"], "JSON objects"),
        ("a/b", [b'{"a": {"b": 1}}'], 'no field .* can be declared; "a": an object; its values are shown'),
        ("a/b", [b"{}"], "no value that a field could be made of"),
        ("/", [b'{"a": 1}'], "can claim"),
        ("a/+/c", [b'{"a": 1}'], "no kind can claim|no pattern"),
        ("a\0/b/c/d", [b'{"a": 1}'], "no pattern"),
    ],
)
def test_where_no_kind_can_be_written_it_is_said_why(topic: str, payloads: list[bytes], words: str) -> None:
    """In one line."""
    with pytest.raises(Unsuitable, match=words) as error:
        suggest([RawMessage(topic, payload, START) for payload in payloads], shipped_kinds())
    assert "\n" not in str(error.value)


def test_topics_of_different_depth_are_of_no_one_kind() -> None:
    """A pattern has as many levels as its topics."""
    with pytest.raises(Unsuitable, match="different numbers of levels"):
        suggest(heard("a/b", {"x": 1}) + heard("a/b/c", {"x": 1}), shipped_kinds())


def test_messages_that_every_kind_refuses_are_counted() -> None:
    """The rest makes the kind, and a comment says how many were left out."""
    samples = [*heard("a/b/c/state", {"x": 1}), RawMessage("a/b/c/state", b"hello", START + 9)]
    suggestion = suggest(samples, shipped_kinds())
    assert (1, 1) == (suggestion.messages, suggestion.refused)
    assert "# 1 of the messages were no JSON objects" in suggestion.text


@pytest.mark.parametrize(("every", "expected"), [(1, 30), (60, 300), (3_600, 21_600), (1e6, None)])
def test_silence_is_judged_by_the_usual_pause(every: float, expected: int | None) -> None:
    """Three times as long, rounded up; nothing is said where it is a matter of weeks."""
    suggestion = suggest(heard("a/b/c/state", *[{"x": 1}] * 4, every=every), shipped_kinds())
    assert [f"stale_after={expected}," in suggestion.text] == [expected is not None]
    assert ("stale_after" in suggestion.text) == (expected is not None)


def test_siblings_differ_in_one_level_and_say_the_same() -> None:
    """Topics of other things beside it, or of other depth, are none."""
    said = {
        "home/kitchen/climate": {"t": 1, "h": 2},
        "home/bath/climate": {"t": 1, "h": 2, "extra": 3},
        "home/hall/climate": {"t": 1},
        "home/kitchen/lamp": {"on": True},
        "home/kitchen/meter": {"t": 1, "h": 2},
        "shop/attic/climate": {"t": 1, "h": 2},
        "home/climate": {"t": 1, "h": 2},
    }
    others = {topic: heard(topic, content) for topic, content in said.items()}
    expected = ("home/bath/climate", "home/hall/climate", "home/kitchen/climate")
    assert expected == siblings("home/kitchen/climate", others)
    assert ("home/climate",) == siblings("home/climate", others)


KEYS = st.one_of(
    st.sampled_from(
        [
            "time",
            "name",
            "place",
            "sequence",
            "temperature_c",
            "lat",
            "lon",
            "ts",
            "mode",
            "model_config",
            "__x",
        ]
    ),
    st.sampled_from(["self", "Device", "Numeric", "str", "a.b", "a", "A", "\ufb01", 'q"\\\n', "# {device}"]),
    st.text(max_size=6),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.integers(0, 3),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["on", "off", "#ff8800", "2026-01-31T12:00:00Z", 'a"b\\', START, START * 1000, 52.5]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner, max_size=2)),
    max_leaves=4,
)
TOPICS = st.lists(st.text('ab{}"\\ \n\u00e9_1', min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


@given(
    TOPICS,
    st.lists(
        st.one_of(st.dictionaries(KEYS, VALUES, min_size=1, max_size=6), SCALARS), min_size=1, max_size=12
    ),
)
def test_whatever_was_heard_the_file_loads_and_takes_it(topic: str, contents: list[object]) -> None:
    """Every message that any kind could take is accepted, and claimed; nothing a device says breaks out."""
    samples = heard(topic, *contents)
    try:
        suggestion = suggest(samples, shipped_kinds())
    except Unsuitable:
        return
    kinds = loaded(suggestion)
    outcomes = [decode(sample, kinds) for sample in samples]
    taken = [each for each in outcomes if isinstance(each, Readings) and each.kind == suggestion.kind]
    assert suggestion.messages <= len(taken), (suggestion.text, outcomes)
    assert len(samples) == suggestion.messages + suggestion.refused


def test_pictures_make_a_kind_with_a_picture() -> None:
    """Those at hand as a whole and those of which only the beginning is; JSON gets a topic beside them."""
    whole = [RawMessage(f"home/doorbell/{name}/snapshot", png(4, 3, bytes(15)), START) for name in "ab"]
    begun = [RawMessage("home/doorbell/c/snapshot", png(4, 3, bytes(15))[:40], START)]
    noise = RawMessage("home/doorbell/a/snapshot", b"hello", START)
    suggestion = suggest([*whole, noise], shipped_kinds(), begun)
    assert ("home/doorbell/{device}/snapshot", 3, 1) == (
        suggestion.pattern, suggestion.messages, suggestion.refused,
    )  # fmt: skip
    line = 'snapshot: Annotated[bytes | None, Image(topic="home/doorbell/{device}/snapshot")] = None'
    assert line == field(suggestion, "snapshot")
    assert 'topic="home/doorbell/{device}/state"' in suggestion.text
    assert ["doorbell.a", "doorbell.b"] == [each.device_id for each in accepted(suggestion, whole)]


@pytest.mark.parametrize("topic", ["fleet/camera/a/thermal", "cams/front", "snapshot", "a/b/state", "a/b/7"])
def test_wherever_pictures_come_the_kind_loads(topic: str) -> None:
    """Where the usual topic for JSON is another kind's, or that of the pictures, it gets another one."""
    samples = [RawMessage(topic, png(4, 3, bytes(15)), START)]
    accepted(suggest(samples, shipped_kinds()), samples)


def test_pictures_and_texts_are_no_siblings() -> None:
    """Topics with pictures are alike, whatever their last level; one that sends a text is none of them."""
    picture = png(4, 3, bytes(15))
    heard_there = {
        f"a/{name}/b": [RawMessage(f"a/{name}/b", payload, START)]
        for name, payload in (("one", picture), ("two", picture), ("three", b"hello"))
    }
    assert ("a/one/b", "a/two/b") == siblings("a/one/b", heard_there)
