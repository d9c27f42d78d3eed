"""Decoding: laws for whatever comes, and a list of nasty input."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import field_validator

from schemas.catalog import Kinds, shipped_kinds
from schemas.decode import decode
from schemas.device import Device, kind_of
from schemas.message import (
    Ignored,
    RawMessage,
    Reading,
    Readings,
    Rejected,
    Unclaimed,
)
from tests.schemas.sound import check

KINDS = shipped_kinds()
NOW = 1_780_000_000.0
STATE = "fleet/thermostat/hall/state"
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


@settings(max_examples=600, deadline=None)
@given(topic=topics, payload=payloads, now=st.floats(allow_nan=True))
@example(topic="", payload=b"", now=0.0)
@example(topic="a\0b", payload=b"1", now=0.0)
@example(topic="\ud800/a", payload=b"{}", now=0.0)
def test_decode_never_raises(topic: str, payload: bytes, now: float) -> None:
    """Whatever the topic and the payload, decoding answers with a sound outcome."""
    raw = RawMessage(topic, payload, now)
    check(raw, decode(raw, KINDS))


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(list(KINDS)), payload=json_payloads)
def test_accepted_readings_are_in_range(kind: object, payload: bytes) -> None:
    """An accepted message holds only declared metrics, or extras marked so."""
    for known in KINDS:
        if known is not kind:
            continue
        raw = RawMessage(known.topic.format({"device": "x"}), payload, NOW)
        outcome = decode(raw, KINDS)
        check(raw, outcome)
        if isinstance(outcome, Readings):
            assert {True} >= {item.extra for item in outcome.readings if item.metric not in known.metrics}
            assert {False} >= {item.extra for item in outcome.readings if item.metric in known.metrics}


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
    readings = (Reading("payload", text),)
    expected = Unclaimed("topic.somewhere%2Felse", readings, structured=False, whole=len(payload) < 2000)
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
