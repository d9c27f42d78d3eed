"""Bad input, each at a kind's state topic, at an availability topic and at a topic of no kind.

Nothing raises, and nothing is lost: what is not read is refused with a reason, and what no kind claims is in
its readings or marked as not whole.
"""

import json
from typing import NamedTuple

import pytest

from schemas import Device, Kinds, decode, kind_of, shipped_kinds
from schemas.message import Announcement, Ignored, RawMessage, Readings, Rejected, Unclaimed
from tests.schemas.sound import check

KINDS = shipped_kinds()
NOW = 1_780_000_000.0
STATE = "fleet/thermostat/hall/state"
AVAILABILITY = "fleet/thermostat/hall/availability"
UNCLAIMED = "somewhere/else"
READ = "read"


class Case(NamedTuple):
    """A payload, and what becomes of it at a thermostat's state topic: a code, or `READ`.

    `whole`: whether an unclaimed device's readings hold all of it.
    """

    payload: bytes
    code: str
    whole: bool = True


def with_extra(value: bytes) -> bytes:
    """A thermostat's message with one more field."""
    return b'{"temperature":1,"x":' + value + b"}"


def at(time: str) -> bytes:
    """A thermostat's message with a time."""
    return f'{{"temperature":1,"time":{time}}}'.encode()


CASES: dict[str, Case] = {
    # No text at all.
    "blank": Case(b"  \n", "invalid_json"),
    "NUL": Case(b"\0", "invalid_json"),
    "NUL inside": Case(with_extra(b'"\0"'), "invalid_json"),
    "NUL behind": Case(b'{"temperature":1}\0', "invalid_json"),
    "NUL escaped": Case(with_extra(b'"\\u0000"'), READ),
    "NUL escaped in a name": Case(b'{"temperature":1,"\\u0000":2}', READ),
    "NUL escaped in the device's name": Case(b'{"temperature":1,"name":"\\u0000"}', READ),
    "invalid UTF-8": Case(with_extra(b'"\xff"'), "invalid_utf8"),
    "much invalid UTF-8": Case(b"\xff" * 1000, "invalid_utf8", whole=False),
    "overlong UTF-8": Case(with_extra(b'"\xc0\xaf"'), "invalid_utf8"),
    "surrogate in UTF-8": Case(with_extra(b'"\xed\xa0\x80"'), "invalid_utf8"),
    "UTF-16": Case('{"temperature":1}'.encode("utf-16"), "invalid_utf8"),
    "byte order mark": Case(b'\xef\xbb\xbf{"temperature":1}', "invalid_json"),
    "only a byte order mark": Case(b"\xef\xbb\xbf", "invalid_json"),
    "lone surrogate": Case(with_extra(b'"\\ud800"'), "invalid_json"),
    "lone surrogate in a name": Case(b'{"temperature":1,"\\udfff":1}', "invalid_json"),
    "surrogates the wrong way round": Case(with_extra(b'"\\udc00\\ud800"'), "invalid_json"),
    "control characters": Case(b'{"temperature":1,"x\\u001b[31m":"\\u202e\\r\\n"}', READ),
    # No JSON, or no object.
    "single quotes": Case(b"{'temperature':1}", "invalid_json"),
    "trailing comma": Case(b'{"temperature":1,}', "invalid_json"),
    "a comment": Case(b'{"temperature":1}//', "invalid_json"),
    "cut off": Case(b'{"temperature":1', "invalid_json"),
    "two documents": Case(b'{"temperature":1}{"temperature":2}', "invalid_json"),
    "null": Case(b"null", "not_an_object"),
    "number": Case(b"21.5", "not_an_object"),
    "text": Case(b'"21.5"', "not_an_object"),
    "list": Case(b'[{"temperature":1}]', "not_an_object"),
    "empty list": Case(b"[]", "not_an_object"),
    "a long text": Case(b"x" * 2000, "invalid_json", whole=False),
    "a long list": Case(b"[" + b"1," * 1000 + b"1]", "not_an_object", whole=False),
    # Numbers.
    "NaN": Case(b'{"temperature":NaN}', "not_finite", whole=False),
    "Infinity": Case(b'{"temperature":Infinity}', "not_finite", whole=False),
    "minus Infinity": Case(b'{"temperature":-Infinity}', "not_finite", whole=False),
    "1e999": Case(b'{"temperature":1e999}', "not_finite", whole=False),
    "NaN alone": Case(b"NaN", "not_an_object", whole=False),
    "NaN in another field": Case(with_extra(b"NaN"), "not_finite", whole=False),
    "1e999 deep in another field": Case(with_extra(b'{"y":1e999}'), "not_finite", whole=False),
    "1e999 in a list": Case(with_extra(b"[1e999]"), READ, whole=False),
    "4,300 digits": Case(b'{"temperature":' + b"9" * 4300 + b"}", "out_of_range", whole=False),
    "5,000 digits": Case(b'{"temperature":' + b"9" * 5000 + b"}", "out_of_range", whole=False),
    "5,000 decimals": Case(b'{"temperature":1.' + b"9" * 5000 + b"}", READ),
    "2**63": Case(b'{"temperature":9223372036854775808}', "out_of_range", whole=False),
    "-2**63": Case(b'{"temperature":-9223372036854775808}', "out_of_range"),
    "2**63 in another field": Case(with_extra(b"9223372036854775808"), "out_of_range", whole=False),
    "2**63 - 1 in another field": Case(with_extra(b"9223372036854775807"), READ),
    "4,300 digits in another field": Case(with_extra(b"9" * 4300), "out_of_range", whole=False),
    "5,000 digits in another field": Case(with_extra(b"9" * 5000), "out_of_range", whole=False),
    "beyond the range": Case(b'{"temperature":1000}', "out_of_range"),
    "true for a number": Case(b'{"temperature":true}', "wrong_type"),
    "text for a number": Case(b'{"temperature":"12"}', "wrong_type"),
    "null for a number": Case(b'{"temperature":null,"x":1}', "wrong_type"),
    "list for a number": Case(b'{"temperature":[12]}', "wrong_type"),
    "object for a number": Case(b'{"temperature":{"value":12}}', "wrong_type"),
    "1 for true": Case(b'{"temperature":1,"heating":1}', "wrong_type"),
    # Fields.
    "nothing in it": Case(b"{}", "missing_field"),
    "only nulls": Case(b'{"a":null,"b":{"c":null}}', "missing_field"),
    "another field": Case(b'{"humidity":50}', "missing_field"),
    "another case": Case(b'{"Temperature":1}', "missing_field"),
    "unknown fields": Case(b'{"temperature":1,"a":{"b":[1,{"c":2}]},"d":{},"e":null,"":0}', READ),
    "a field twice": Case(b'{"temperature":1,"temperature":2}', READ, whole=False),
    "an unknown field twice": Case(with_extra(b'1,"x":2'), READ, whole=False),
    "a deep field twice": Case(with_extra(b'{"y":[{"z":1,"z":2}]}'), READ, whole=False),
    "a field twice, and a colon in disguise": Case(with_extra(b'1,"x":"\\u003a"'), READ, whole=False),
    "two ways to one name": Case(b'{"temperature":1,"a.b":1,"a":{"b":2}}', READ, whole=False),
    "65 fields": Case(
        b'{"temperature":1,' + b",".join(b'"x%d":1' % number for number in range(64)) + b"}",
        READ,
        whole=False,
    ),
    "10,000 fields": Case(
        b"{" + b",".join(b'"x%d":1' % number for number in range(10_000)) + b"}", "missing_field", whole=False
    ),
    "long name": Case(b'{"temperature":1,"' + b"n" * 257 + b'":1}', READ, whole=False),
    "long name of a level": Case(b'{"temperature":1,"' + b"n" * 257 + b'":{"a":1,"b":2}}', READ, whole=False),
    "long text": Case(with_extra(b'"' + b"y" * 1025 + b'"'), READ, whole=False),
    "long list": Case(with_extra(b"[" + b"1," * 1000 + b"1]"), READ, whole=False),
    "long name of the device": Case(b'{"temperature":1,"name":"' + b"n" * 81 + b'"}', "invalid_value"),
    "number as the device's name": Case(b'{"temperature":1,"name":5}', "wrong_type"),
    "text as sequence": Case(b'{"temperature":1,"sequence":"5"}', "wrong_type"),
    # Size and depth.
    "10 MB": Case(with_extra(b'"' + b"x" * 10_000_000 + b'"'), "too_large"),
    "a byte too many": Case(b" " * 262_145, "too_large"),
    "256 KiB": Case(b" " * 262_144, "invalid_json", whole=False),
    "100,000 lists": Case(b"[" * 100_000, "invalid_json", whole=False),
    "100,000 lists, closed": Case(b"[" * 100_000 + b"]" * 100_000, "invalid_json", whole=False),
    "100,000 objects": Case(b'{"a":' * 40_000, "invalid_json", whole=False),
    "40,000 objects, closed": Case(b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "invalid_json", whole=False),
    "200 objects": Case(b'{"a":' * 200 + b"1" + b"}" * 200, "missing_field", whole=False),
    "100 objects": Case(b'{"a":' * 100 + b"1" + b"}" * 100, "missing_field"),
    "200 lists": Case(with_extra(b"[" * 200 + b"]" * 200), READ),
    "201 lists": Case(with_extra(b"[" * 201 + b"]" * 201), "invalid_json"),
    # Times.
    "naive date": Case(at('"2026-01-31T12:00:00"'), "invalid_time"),
    "date without time": Case(at('"2026-01-31"'), "invalid_time"),
    "seconds": Case(at("1769860800"), "invalid_time"),
    "milliseconds": Case(at("1769860800000"), "invalid_time"),
    "milliseconds as text": Case(at('"1769860800000"'), "invalid_time"),
    "30 February": Case(at('"2026-02-30T12:00:00Z"'), "invalid_time"),
    "hour 24": Case(at('"2026-01-31T24:00:00Z"'), "invalid_time"),
    "leap second": Case(at('"2026-06-30T23:59:60Z"'), "invalid_time"),
    "year 0": Case(at('"0000-01-01T00:00:00Z"'), "invalid_time"),
    "before year 1": Case(at('"0001-01-01T00:00:00+23:59"'), READ),
    "after year 9999": Case(at('"9999-12-31T23:59:59-23:59"'), "future_time"),
    "year 10000": Case(at('"10000-01-01T00:00:00Z"'), "invalid_time"),
    "far future": Case(at('"9999-12-31T23:59:59Z"'), "future_time"),
    "offset of 24 hours": Case(at('"2026-01-31T12:00:00+24:00"'), "invalid_time"),
    "true for a time": Case(at("true"), "invalid_time"),
}
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.mark.parametrize("topic", [STATE, AVAILABILITY])
def test_an_empty_message_clears_what_was_retained(topic: str) -> None:
    """It is no mistake of the device's: so MQTT takes a retained message back. A blank is no empty one."""
    assert Ignored("retained message cleared") == decode(RawMessage(topic, b"", NOW), KINDS)
    assert isinstance(decode(RawMessage(topic, b" ", NOW), KINDS), Rejected)


@each
def test_state(case: Case) -> None:
    """At a kind's state topic it is read, or refused with its code and one readable line."""
    raw = RawMessage(STATE, case.payload, NOW)
    outcome = decode(raw, KINDS)
    check(raw, outcome)
    assert case.code == (READ if isinstance(outcome, Readings) else getattr(outcome, "code", None))


@each
def test_availability(case: Case) -> None:
    """At an availability topic nothing of it is taken for a word."""
    raw = RawMessage(AVAILABILITY, case.payload, NOW)
    outcome = decode(raw, KINDS)
    check(raw, outcome)
    expected = "too_large" if case.code == "too_large" else "invalid_availability"
    assert expected == getattr(outcome, "code", None)


@each
def test_unclaimed(case: Case) -> None:
    """Where no kind claims the topic, the readings hold it, or say that they do not."""
    raw = RawMessage(UNCLAIMED, case.payload, NOW)
    outcome = decode(raw, KINDS)
    check(raw, outcome)
    if case.code == "too_large":
        assert isinstance(outcome, Rejected)
    else:
        assert isinstance(outcome, Unclaimed)
        assert case.whole == outcome.whole


@pytest.mark.parametrize(
    "payload", [b"Online", b"ONLINE", b"1", b"true", b'"online"', b"online\0", b"on line"]
)
def test_almost_available(payload: bytes) -> None:
    """Only the two words count, with blanks around them at most."""
    raw = RawMessage(AVAILABILITY, payload, NOW)
    outcome = decode(raw, KINDS)
    check(raw, outcome)
    assert "invalid_availability" == getattr(outcome, "code", None)
    for word, online in ((b"online", True), (b" offline\r\n", False)):
        expected = Announcement("thermostat.hall", "thermostat", online)
        assert expected == decode(RawMessage(AVAILABILITY, word, NOW), KINDS)


def test_much_that_is_wrong_is_told_in_one_line() -> None:
    """However much is wrong, the detail stays a line that people can read."""

    class Narrow(Device, topic="narrow/{device}", unknown="refuse"):
        level: float

    kinds = Kinds()
    kinds.add(kind_of(Narrow))
    content = {"level": 1} | {f"{number:0200}\n": "\u202e" * 200 for number in range(100)}
    raw = RawMessage("narrow/a", json.dumps(content).encode(), NOW)
    outcome = decode(raw, kinds)
    check(raw, outcome)
    assert isinstance(outcome, Rejected)
    assert ("unknown_field", 300) == (outcome.code, len(outcome.detail))


DEVICES = {
    "path": "..",
    "here": ".",
    "reserved on Windows": "CON",
    "quoted": "%2e%2e",
    "half quoted": "%2",
    "right to left": "\u202etxt.exe",
    "escape": "\x1b[31m",
    "delete": "\x7f",
    "line": "a\nb\u2028",
    "blank": " ",
    "markup": "'\"<b>",
    "dollar": "$SYS",
    "emoji": "\U0001f525",
    "not normal": "e\u0301",
    "long": "é" * 30_000,
}


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_odd_device_names_are_only_text(device: str) -> None:
    """A device's own name stays as it is in the id."""
    for topic in (STATE, AVAILABILITY):
        raw = RawMessage(topic.replace("hall", device), b'{"temperature":1}', NOW)
        check(raw, decode(raw, KINDS))
    outcome = decode(RawMessage(STATE.replace("hall", device), b'{"temperature":1}', NOW), KINDS)
    assert isinstance(outcome, Readings)
    assert f"thermostat.{device}" == outcome.device_id


TOPICS = {
    "none": "",
    "slash": "/",
    "NUL": "\0",
    "NUL inside": "a\0b",
    "65,535 bytes": "a" * 65_535,
    "65,535 slashes": "/" * 65_535,
    "65,536 bytes": "a" * 65_536,
    "right to left": "\u202e/\u0007",
    "wildcards": "+/#",
    "surrogate": "\ud800/x",
    "a kind's, with an empty device": "fleet/thermostat//state",
    "a kind's, with a wildcard": "fleet/thermostat/+/state",
    "a kind's, with a NUL": "fleet/thermostat/a\0/state",
    "a kind's, with a surrogate": "fleet/thermostat/\ud800/state",
    "a kind's, with a path": "fleet/thermostat/../x/state",
    "a kind's, too long": f"fleet/thermostat/{'x' * 65_535}/state",
    "a kind's, with a slash in front": "/fleet/thermostat/a/state",
    "a kind's, in another case": "fleet/thermostat/a/State",
    "a kind's, with a slash behind": "fleet/thermostat/a/state/",
    "shared": "share/$SYS/x",
}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_odd_topics_are_kept(topic: str) -> None:
    """A topic of any shape gives an unclaimed device whose id tells the topic, if it is no kind's."""
    for payload in (b"1", b'{"temperature":1}', b"", b"online"):
        raw = RawMessage(topic, payload, NOW)
        outcome = decode(raw, KINDS)
        check(raw, outcome)
        assert isinstance(outcome, Unclaimed)
        assert outcome.whole


@pytest.mark.parametrize(
    "topic", ["$", "$SYS/broker/uptime", "$share/a/fleet/thermostat/a/state", "$\ud800\0"]
)
def test_topics_of_the_broker(topic: str) -> None:
    """What begins with $ is the broker's own."""
    assert Ignored("system topic") == decode(RawMessage(topic, b"1", NOW), KINDS)
