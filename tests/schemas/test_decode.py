"""Decoding: laws for whatever comes, and a list of nasty input."""

import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import field_validator

from schemas.catalog import Kinds, shipped_kinds
from schemas.decode import decode
from schemas.device import Device, kind_of
from schemas.message import (
    Announcement,
    Ignored,
    RawMessage,
    Reading,
    Readings,
    Rejected,
    Unclaimed,
)
from schemas.topics import unquote_topic

KINDS = shipped_kinds()
NOW = 1_780_000_000.0
STATE = "fleet/thermostat/hall/state"
CODES = {
    "too_large",
    "empty",
    "invalid_utf8",
    "invalid_json",
    "not_an_object",
    "missing_field",
    "unknown_field",
    "wrong_type",
    "out_of_range",
    "not_finite",
    "invalid_time",
    "future_time",
    "invalid_availability",
    "invalid_value",
}

topics = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "L"]), max_size=20),
    st.builds(
        "fleet/{}/{}/{}".format,
        st.sampled_from([kind.name for kind in KINDS]),
        st.text(max_size=10) | st.just("one"),
        st.sampled_from(["state", "availability", "set", "STATE", ""]),
    ),
)
field_names = st.sampled_from(sorted({name for kind in KINDS for name in kind.fields})) | st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(field_names, inner, max_size=4),
    max_leaves=10,
)
json_payloads = st.dictionaries(field_names, values, max_size=8).map(
    lambda content: json.dumps(content).encode()
)
payloads = st.one_of(
    st.binary(max_size=200), json_payloads, values.map(lambda value: json.dumps(value).encode())
)


def outcome_of(payload: bytes, topic: str = STATE) -> object:
    """What becomes of a payload."""
    return decode(RawMessage(topic, payload, NOW), KINDS)


def sound(outcome: object) -> bool:
    """Whether an outcome is one that stores and views can take without looking again."""
    if isinstance(outcome, Rejected):
        return outcome.code in CODES and bool(outcome.detail) and "\n" not in outcome.detail
    if isinstance(outcome, Readings | Unclaimed):
        return len(outcome.readings) <= 80 and all(storable(reading) for reading in outcome.readings)
    return isinstance(outcome, Announcement | Ignored)


def storable(reading: Reading) -> bool:
    """Whether a reading is bounded and finite."""
    value = reading.value
    if isinstance(value, str):
        return len(value) <= 1100 and value == value.encode().decode()
    return math.isfinite(value) if isinstance(value, float) else -(2**63) <= value < 2**63


@settings(max_examples=600, deadline=None)
@given(topic=topics, payload=payloads, now=st.floats(allow_nan=True))
@example(topic="", payload=b"", now=0.0)
@example(topic="a\0b", payload=b"1", now=0.0)
@example(topic="\ud800/a", payload=b"{}", now=0.0)
def test_decode_never_raises(topic: str, payload: bytes, now: float) -> None:
    """Whatever the topic and the payload, decoding answers with a sound outcome."""
    assert sound(decode(RawMessage(topic, payload, now), KINDS))


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(list(KINDS)), payload=json_payloads)
def test_accepted_readings_are_in_range(kind: object, payload: bytes) -> None:
    """An accepted message holds only declared metrics, or extras marked so."""
    for known in KINDS:
        if known is not kind:
            continue
        outcome = outcome_of(payload, known.topic.format({"device": "x"}))
        assert sound(outcome)
        if isinstance(outcome, Readings):
            assert {True} >= {item.extra for item in outcome.readings if item.metric not in known.metrics}
            assert {False} >= {item.extra for item in outcome.readings if item.metric in known.metrics}


NASTY: list[tuple[str, bytes, str]] = [
    ("NaN", b'{"temperature":NaN}', "not_finite"),
    ("Infinity", b'{"temperature":Infinity}', "not_finite"),
    ("minus Infinity", b'{"temperature":-Infinity}', "not_finite"),
    ("1e999", b'{"temperature":1e999}', "not_finite"),
    ("NaN in an extra field", b'{"temperature":1,"x":NaN}', "not_finite"),
    ("1e999 in a nested extra field", b'{"temperature":1,"x":{"y":1e999}}', "not_finite"),
    ("4,000 digits", b'{"temperature":' + b"9" * 4000 + b"}", "out_of_range"),
    ("5,000 digits", b'{"temperature":' + b"9" * 5000 + b"}", "out_of_range"),
    ("2**63", b'{"temperature":9223372036854775808}', "out_of_range"),
    ("2**63 in an extra field", b'{"temperature":1,"x":9223372036854775808}', "out_of_range"),
    ("4,000 digits in an extra field", b'{"temperature":1,"x":' + b"9" * 4000 + b"}", "out_of_range"),
    ("true for a number", b'{"temperature":true}', "wrong_type"),
    ("text for a number", b'{"temperature":"12"}', "wrong_type"),
    ("a list for a number", b'{"temperature":[12]}', "wrong_type"),
    ("an object for a number", b'{"temperature":{"value":12}}', "wrong_type"),
    ("byte order mark", b'\xef\xbb\xbf{"temperature":1}', "invalid_json"),
    ("UTF-16", '{"temperature":1}'.encode("utf-16"), "invalid_utf8"),
    ("NUL", b"\0", "invalid_json"),
    ("NUL inside", b'{"temperature":1,"x":"\0"}', "invalid_json"),
    ("NUL behind", b'{"temperature":1}\0', "invalid_json"),
    ("lone surrogate", b'{"temperature":1,"x":"\\ud800"}', "invalid_json"),
    ("100,000 lists", b"[" * 100_000, "invalid_json"),
    ("100,000 objects", b'{"a":' * 50_000, "invalid_json"),
    ("deep extra", b'{"temperature":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json"),
    ("invalid UTF-8", b'{"temperature":1,"x":"\xff"}', "invalid_utf8"),
    ("overlong UTF-8", b'{"temperature":1,"x":"\xc0\xaf"}', "invalid_utf8"),
    ("single quotes", b"{'temperature':1}", "invalid_json"),
    ("trailing comma", b'{"temperature":1,}', "invalid_json"),
    ("two documents", b'{"temperature":1}{"temperature":2}', "invalid_json"),
    ("blank", b"  \n", "invalid_json"),
    ("null", b"null", "not_an_object"),
    ("number", b"21.5", "not_an_object"),
    ("naive date", b'{"temperature":1,"time":"2026-01-31T12:00:00"}', "invalid_time"),
    ("date without time", b'{"temperature":1,"time":"2026-01-31"}', "invalid_time"),
    ("milliseconds", b'{"temperature":1,"time":1769860800000}', "invalid_time"),
    ("milliseconds as text", b'{"temperature":1,"time":"1769860800000"}', "invalid_time"),
    ("30 February", b'{"temperature":1,"time":"2026-02-30T12:00:00Z"}', "invalid_time"),
    ("true for a time", b'{"temperature":1,"time":true}', "invalid_time"),
    ("far future", b'{"temperature":1,"time":"9999-12-31T23:59:59Z"}', "future_time"),
    ("long name", b'{"temperature":1,"name":"' + b"n" * 81 + b'"}', "invalid_value"),
    ("number as name", b'{"temperature":1,"name":5}', "wrong_type"),
]


@pytest.mark.parametrize(("payload", "code"), [case[1:] for case in NASTY], ids=[case[0] for case in NASTY])
def test_nasty_payloads_are_refused(payload: bytes, code: str) -> None:
    """Each nasty payload is refused with its code and one short line."""
    outcome = outcome_of(payload)
    assert isinstance(outcome, Rejected)
    assert (code, True) == (outcome.code, sound(outcome))
    assert len(outcome.detail) < 500


@pytest.mark.parametrize("payload", [case[1] for case in NASTY], ids=[case[0] for case in NASTY])
def test_nasty_payloads_without_a_kind(payload: bytes) -> None:
    """Where no kind claims the topic, the same payloads are kept as bounded readings."""
    outcome = outcome_of(payload, "somewhere/else")
    assert isinstance(outcome, Unclaimed)
    assert sound(outcome)


@pytest.mark.parametrize(
    "device",
    [
        "../x",
        "CON",
        "%2e",
        "%2e%2e",
        "..",
        ".",
        "\u202etxt.exe",
        "\x1b[31m",
        "\x7f",
        "a b",
        "'\"<b>",
        "é" * 99,
    ],
)
def test_odd_device_names_are_only_text(device: str) -> None:
    """A device's own name stays as it is in the id, or the topic is claimed by no kind."""
    outcome = outcome_of(b'{"temperature":1}', f"fleet/thermostat/{device}/state")
    if "/" in device:
        assert isinstance(outcome, Unclaimed)
        assert f"fleet/thermostat/{device}/state" == unquote_topic(outcome.device_id.removeprefix("topic."))
    else:
        assert isinstance(outcome, Readings)
        assert f"thermostat.{device}" == outcome.device_id


@pytest.mark.parametrize(
    "topic", ["", "/", "\0", "a\0b", "a" * 65_535, "/" * 65_535, "\u202e/\u0007", "+", "#", "\ud800"]
)
def test_odd_topics_are_kept(topic: str) -> None:
    """A topic of any shape gives an unclaimed device whose id tells the topic."""
    outcome = outcome_of(b"1", topic)
    assert isinstance(outcome, Unclaimed)
    assert topic == unquote_topic(outcome.device_id.removeprefix("topic."))


def test_wildcards_are_no_devices() -> None:
    """A topic with a wildcard, a NUL or an empty level is no device's."""
    for device in ("+", "#", "", "a\0", "\ud800"):
        assert isinstance(outcome_of(b'{"temperature":1}', f"fleet/thermostat/{device}/state"), Unclaimed)


def test_size_is_checked_before_anything_is_read() -> None:
    """A payload above the limit is refused on any topic; one at the limit is read."""
    large = b'{"temperature":1,"x":"' + b"x" * 10_000_000 + b'"}'
    for topic in (STATE, "fleet/thermostat/hall/availability", "somewhere/else"):
        outcome = outcome_of(large, topic)
        assert isinstance(outcome, Rejected)
        assert "too_large" == outcome.code
    exact = b'{"temperature":1}'
    assert isinstance(decode(RawMessage(STATE, exact, NOW), KINDS, max_payload=len(exact)), Readings)
    assert isinstance(decode(RawMessage(STATE, exact, NOW), KINDS, max_payload=len(exact) - 1), Rejected)


def test_commands_and_system_topics_are_ignored() -> None:
    """Commands to devices and the broker's own topics carry no state, whatever their size."""
    assert Ignored("command") == outcome_of(b"x" * 500_000, "fleet/lamp/a/set")
    assert Ignored("system topic") == outcome_of(b"x" * 500_000, "$SYS/broker/uptime")


@pytest.mark.parametrize(
    ("payload", "readings"),
    [
        (
            b'{"a":1,"b":{"c":"x","d":{"e":true}},"f":[1,"2"],"g":null}',
            {"a": 1, "b.c": "x", "b.d.e": True, "f": '[1,"2"]'},
        ),
        (b"21.5", {"value": 21.5}),
        (b'"on"', {"value": "on"}),
        (b"true", {"value": True}),
        (b'{"a":NaN,"b":-Infinity,"c":1e999}', {"a": "NaN", "b": "-Infinity", "c": "Infinity"}),
        (b'{"a":9223372036854775808}', {"a": "9223372036854775808"}),
        (b'{"":1}', {"_": 1}),
    ],
)
def test_unclaimed_structure(payload: bytes, readings: dict[str, object]) -> None:
    """JSON that no kind claims becomes flat readings."""
    outcome = outcome_of(payload, "somewhere/else")
    assert isinstance(outcome, Unclaimed)
    assert (True, readings) == (outcome.structured, {item.metric: item.value for item in outcome.readings})


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"hello", "hello"),
        (b"", ""),
        (b"null", "null"),
        (b"{}", "{}"),
        (b"[1,2]", "[1,2]"),
        (b"\xff\x00", "base64:/wA="),
        (b"x" * 2000, "x" * 1024),
    ],
)
def test_unclaimed_raw(payload: bytes, text: str) -> None:
    """Anything else that no kind claims is kept to be looked at."""
    expected = Unclaimed("topic.somewhere%2Felse", (Reading("payload", text),), structured=False)
    assert expected == outcome_of(payload, "somewhere/else")


def test_extras_are_bounded() -> None:
    """At most 64 extra readings are kept, and long texts are cut."""
    content = {"temperature": 1} | {f"x{number}": "y" * 3000 for number in range(80)}
    outcome = outcome_of(json.dumps(content).encode())
    assert isinstance(outcome, Readings)
    extras = [item for item in outcome.readings if item.extra]
    assert (64, {1024}) == (len(extras), {len(str(item.value)) for item in extras})


def test_five_minutes_ahead_is_the_limit() -> None:
    """A device's clock may be five minutes ahead, not more."""
    payload = b'{"temperature":1,"time":"2026-01-31T12:00:00Z"}'
    assert isinstance(decode(RawMessage(STATE, payload, 1769860500.0), KINDS), Readings)
    assert isinstance(decode(RawMessage(STATE, payload, 1769860499.0), KINDS), Rejected)


def test_unknown_fields_are_refused_if_the_kind_says_so() -> None:
    """A kind with unknown="refuse" takes only what it declares."""

    class Strict(Device, topic="strict/{device}", unknown="refuse"):
        level: float

    kinds = Kinds()
    kinds.add(kind_of(Strict))
    assert isinstance(decode(RawMessage("strict/a", b'{"level":1}', NOW), kinds), Readings)
    outcome = decode(RawMessage("strict/a", b'{"level":1,"depth":2}', NOW), kinds)
    assert isinstance(outcome, Rejected)
    assert ("unknown_field", "depth") == (outcome.code, outcome.field)


def test_a_kinds_own_validator_may_fail() -> None:
    """An exception in a kind's own code costs the message and nothing else."""

    class Faulty(Device, topic="faulty/{device}"):
        level: float

        @field_validator("level")
        @classmethod
        def inverse(cls, level: float) -> float:
            return 1 / level

    kinds = Kinds()
    kinds.add(kind_of(Faulty))
    outcome = decode(RawMessage("faulty/a", b'{"level":0}', NOW), kinds)
    assert isinstance(outcome, Rejected)
    assert "invalid_value" == outcome.code
