"""Readings that do not hold all of a message say so, and only those."""

import json
from typing import Annotated

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field, field_validator

from schemas import Device, Kinds, decode, kind_of
from schemas.message import RawMessage, Reading, Readings, Rejected, Unclaimed
from tests.schemas.sound import Object, check, written


class Tub(Device, topic="tub/{device}"):
    """A kind with hardly a field."""

    level: float


KINDS = Kinds()
KINDS.add(kind_of(Tub))

keys = st.sampled_from(["", "a", "b", "a.b", "x:y", "level", "name"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=4
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["a:b", '":', "\\", "NaN", "Infinity", "\ud800", "y" * 1024, "y" * 1025]),
)
contents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(st.tuples(keys, inner), max_size=5).map(Object) | inner
    ),
    max_leaves=12,
)
objects = st.lists(st.tuples(keys, contents), max_size=6).map(Object)


@settings(max_examples=500)
@given(content=contents | objects, escaped=st.booleans(), blanks=st.sampled_from(["", " ", "\n\t"]))
@example(content=Object([("a", 1), ("a", 2)]), escaped=False, blanks="")
@example(content=Object([("a", 1), ("a", ":")]), escaped=False, blanks="")
@example(content=Object([("a", Object([("b", 1), ("b", None)]))]), escaped=True, blanks=" ")
def test_nothing_is_left_out_silently(content: object, escaped: bool, blanks: str) -> None:  # noqa: FBT001
    """Whatever JSON no kind claims, its readings hold all of it, or are marked as not whole."""
    payload = written(content, escaped=escaped, blanks=blanks).encode("utf-8", "surrogatepass")
    raw = RawMessage("somewhere/else", payload, 1.8e9)
    check(raw, decode(raw, KINDS))


@settings(max_examples=300)
@given(content=objects, escaped=st.booleans())
def test_extra_fields_are_read_as_without_a_kind(content: Object, escaped: bool) -> None:  # noqa: FBT001
    """What a kind does not declare is read, and marked, as in a message of no kind."""
    extra = Object((key, value) for key, value in content if key not in ("level", "name"))
    payload = written(Object([("level", 1), *extra]), escaped=escaped).encode("utf-8", "surrogatepass")
    outcome = decode(RawMessage("tub/a", payload, 1.8e9), KINDS)
    free = decode(RawMessage("somewhere/else", payload, 1.8e9), KINDS)
    if not isinstance(outcome, Readings):
        return
    assert isinstance(free, Unclaimed)
    values = [(reading.metric, reading.value) for reading in outcome.readings]
    assert [(reading.metric, reading.value) for reading in free.readings] == values
    assert free.whole == outcome.whole


@pytest.mark.parametrize(
    ("payload", "whole"),
    [
        ('{"level":1}', True),
        ('{"level":1,"level":2}', True),
        ('{"level":1,"time":"2026-01-31T12:00:00Z","x":1}', True),
        ('{"level":1,"time":"2026-01-31T12:00:00Z","x":1,"x":1}', False),
        ('{"level":1,"name":"a:b","x":"c:d"}', True),
        ('{"level":1,"x":null,"y":{}}', True),
        ('{"level":1,"x":[]}', True),
    ],
)
def test_kinds(payload: str, whole: bool) -> None:  # noqa: FBT001
    """Of a declared field the last value counts; an extra one that stands there twice is not whole."""
    outcome = decode(RawMessage("tub/a", payload.encode(), 1.8e9), KINDS)
    assert isinstance(outcome, Readings)
    assert whole == outcome.whole


def test_an_extra_field_with_the_name_of_a_metric() -> None:
    """A field that would be taken for a declared one is left out, and said so."""

    class Named(Device, topic="named/{device}"):
        level: Annotated[float, Field(alias="Level")]

    kinds = Kinds()
    kinds.add(kind_of(Named))
    outcome = decode(RawMessage("named/a", b'{"Level":1,"level":2}', 1.8e9), kinds)
    assert isinstance(outcome, Readings)
    assert ((Reading("level", 1.0),), False) == (outcome.readings, outcome.whole)


@pytest.mark.parametrize(("extras", "whole"), [(64, True), (65, False)])
def test_sixty_four_extra_fields(extras: int, whole: bool) -> None:  # noqa: FBT001
    """More than 64 fields beside the declared ones are not kept as readings."""
    content = {"level": 1} | {f"x{number}": number for number in range(extras)}
    outcome = decode(RawMessage("tub/a", json.dumps(content).encode(), 1.8e9), KINDS)
    assert isinstance(outcome, Readings)
    assert (65, whole) == (len(outcome.readings), outcome.whole)


@pytest.mark.parametrize(
    "value",
    [float("inf"), float("nan"), 2**63, "\ud800", [1], object()],
    ids=["infinite", "no number", "too large", "surrogate", "list", "object"],
)
def test_a_kinds_own_validator_cannot_bring_in_what_no_store_takes(value: object) -> None:
    """What a kind's own code makes of a value is looked at again; the device's name likewise."""

    class Odd(Device, topic="odd/{device}"):
        level: float

        @field_validator("level", "name")
        @classmethod
        def odd(cls, given: object) -> object:
            return value

    kinds = Kinds()
    kinds.add(kind_of(Odd))
    for payload in (b'{"level":1}', b'{"level":1,"name":"x"}'):
        outcome = decode(RawMessage("odd/a", payload, 1.8e9), kinds)
        assert isinstance(outcome, Rejected)
        assert ("invalid_value", True) == (outcome.code, outcome.detail.isprintable())
        assert outcome.detail.startswith("the kind odd failed on this message: ")


def test_an_error_that_cannot_be_told() -> None:
    """Even an error of a kind's own code that fails to speak costs the message and nothing else."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    class Silent(Device, topic="silent/{device}"):
        level: float

        @field_validator("level")
        @classmethod
        def fail(cls, level: float) -> float:
            raise Mute

    kinds = Kinds()
    kinds.add(kind_of(Silent))
    expected = Rejected("invalid_value", "the kind silent failed on this message: Mute")
    assert expected == decode(RawMessage("silent/a", b'{"level":1}', 1.8e9), kinds)
