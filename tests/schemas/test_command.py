"""Commands to devices."""

import json
from typing import Annotated

import pytest
from pydantic import Field

from schemas import Device, InvalidCommand, Kinds, Numeric, Switch, encode_command, kind_of, shipped_kinds
from schemas.message import Value

KINDS: Kinds = shipped_kinds()


def encode(kind_name: str, device_id: str, changes: dict[str, Value]) -> list[tuple[str, bytes]]:
    """A command to a device of a shipped kind."""
    kind = KINDS.get(kind_name)
    assert kind is not None
    return encode_command(kind, device_id, changes)


def test_fields_of_one_topic_go_together() -> None:
    """All changes of one command topic are one JSON object."""
    expected = [("fleet/lamp/desk/set", {"on": True, "brightness": 40, "color": "#ff8800"})]
    got = encode("lamp", "lamp.desk", {"on": True, "brightness": 40, "color": "#ff8800"})
    assert expected == [(topic, json.loads(payload)) for topic, payload in got]


def test_topics_are_kept_apart() -> None:
    """Each command topic gets its own message, with the field's name in JSON."""

    class Blind(Device, topic="{floor}/blind/{device}"):
        height: Annotated[
            float, Numeric(low=0, high=100, command="{floor}/blind/{device}/height"), Field(alias="h")
        ]
        lock: Annotated[bool, Switch(command="{floor}/blind/{device}/lock")]

    got = encode_command(kind_of(Blind), "blind.1/a", {"height": 5, "lock": False})
    assert [("1/blind/a/height", b'{"h":5}'), ("1/blind/a/lock", b'{"lock":false}')] == got


def test_nothing_to_change() -> None:
    """No change is no message."""
    assert [] == encode("lamp", "lamp.desk", {})


@pytest.mark.parametrize(
    ("device_id", "changes", "text"),
    [
        ("lamp.desk", {"brightness": 101}, "brightness: expected a number between 0 and 100 %, got 101"),
        ("lamp.desk", {"brightness": True}, "got true"),
        ("lamp.desk", {"brightness": "40"}, 'got "40"'),
        ("lamp.desk", {"brightness": float("nan")}, "got NaN"),
        ("lamp.desk", {"brightness": 10**5000}, "very large number"),
        ("lamp.desk", {"brightness": None}, "got null"),
        ("lamp.desk", {"brightness": [1]}, "expected a number"),
        ("lamp.desk", {"on": 1}, "on: expected true or false, got 1"),
        ("lamp.desk", {"color": "red"}, "a colour"),
        ("lamp.desk", {"color": "\ud800"}, "a colour"),
        ("lamp.desk", {"volume": 1}, "lamp has no such metric, only on, brightness, color"),
        ("plug.desk", {"on": True}, "is not the id of a lamp"),
        ("lamp.a/b", {"on": True}, "is not the id of a lamp"),
        ("lamp.+", {"on": True}, r"holds / or \+ or # or NUL"),
        ("lamp.", {"on": True}, "is not the id of a lamp"),
    ],
)
def test_refused_commands(device_id: str, changes: dict[str, Value], text: str) -> None:
    """A command the kind does not allow is refused with one readable line."""
    with pytest.raises(InvalidCommand, match=text):
        encode("lamp", device_id, changes)


def test_read_only_metrics() -> None:
    """A metric without a command topic cannot be set."""
    with pytest.raises(InvalidCommand, match="temperature: it can only be read, not set"):
        encode("thermostat", "thermostat.hall", {"temperature": 21})
