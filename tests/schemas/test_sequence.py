"""The device's own number of a message, and kinds that use the word for something else."""

from typing import Annotated

import pytest
from pydantic import AliasChoices, Field

from schemas import Counter, Device, KindError, Kinds, Numeric, decode, kind_of, shipped_kinds
from schemas.message import RawMessage, Reading, Readings, Rejected

TOPIC = "pump/a"


class Numbered(Device, topic="pump/{device}", unknown="refuse"):
    """A kind that says nothing of it."""

    level: float


class Metered(Device, topic="pump/{device}"):
    """A kind with a metric of that name, which is not its first."""

    level: float
    sequence: Annotated[float | None, Numeric(unit="s")] = None  # type: ignore[assignment]
    flow: float | None = None


class Aliased(Device, topic="pump/{device}"):
    """A kind with a metric that comes under that name."""

    level: float
    step: Annotated[str | None, Field(alias="sequence")] = None


class Chosen(Device, topic="pump/{device}"):
    """A kind with a metric that may come under that name."""

    level: float
    step: Annotated[str | None, Field(validation_alias=AliasChoices("sequence", "step"))] = None


class Renamed(Device, topic="pump/{device}"):
    """A kind whose device calls its number otherwise."""

    level: float
    sequence: Annotated[int | None, Counter(measure="sequence"), Field(alias="seq")] = None


class Inherited(Metered, topic="pump/{device}"):
    """A kind made from another one."""

    power: float | None = None


def outcome_of(model: type[Device], payload: str) -> object:
    """What becomes of a message to a device of that kind alone."""
    kinds = Kinds()
    kinds.add(kind_of(model))
    return decode(RawMessage(TOPIC, payload.encode(), 1.8e9), kinds)


@pytest.mark.parametrize(
    ("model", "payload", "readings", "sequence"),
    [
        (Numbered, '{"level":1,"sequence":0}', {"level": 1.0}, 0),
        (Numbered, '{"level":1,"sequence":9223372036854775807}', {"level": 1.0}, 2**63 - 1),
        (Numbered, '{"level":1,"sequence":null}', {"level": 1.0}, None),
        (Numbered, '{"level":1}', {"level": 1.0}, None),
        (Metered, '{"level":1,"sequence":2.5}', {"level": 1.0, "sequence": 2.5}, None),
        (Inherited, '{"level":1,"sequence":2.5}', {"level": 1.0, "sequence": 2.5}, None),
        (Aliased, '{"level":1,"sequence":"fill"}', {"level": 1.0, "step": "fill"}, None),
        (Chosen, '{"level":1,"sequence":"fill"}', {"level": 1.0, "step": "fill"}, None),
        (Renamed, '{"level":1,"seq":5}', {"level": 1.0}, 5),
        (Renamed, '{"level":1,"sequence":"x"}', {"level": 1.0, "sequence": "x"}, None),
    ],
)
def test_whose_sequence_it_is(
    model: type[Device], payload: str, readings: dict[str, object], sequence: int | None
) -> None:
    """The number goes with the message, unless the kind has a metric that goes by this name."""
    outcome = outcome_of(model, payload)
    assert isinstance(outcome, Readings)
    assert readings == {reading.metric: reading.value for reading in outcome.readings}
    assert (sequence, True) == (outcome.sequence, outcome.whole)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("-1", "out_of_range"),
        ("9223372036854775808", "out_of_range"),
        ("1.0", "wrong_type"),
        ('"1"', "wrong_type"),
        ("true", "wrong_type"),
    ],
)
def test_what_is_no_sequence(number: str, code: str) -> None:
    """Only whole numbers from 0 that a store can keep are taken."""
    outcome = outcome_of(Numbered, f'{{"level":1,"sequence":{number}}}')
    assert isinstance(outcome, Rejected)
    assert (code, "sequence") == (outcome.code, outcome.field)
    assert outcome.detail.startswith("sequence: expected a whole number from 0 to 9223372036854775807, got ")


def test_metrics_keep_their_order() -> None:
    """A metric of this name stands where the kind has it: the first is the most important one."""
    assert ["level", "sequence", "flow"] == list(kind_of(Metered).metrics)
    assert ["level", "sequence", "flow", "power"] == list(kind_of(Inherited).metrics)


def test_the_json_schema_tells_of_it() -> None:
    """The JSON Schema of a shipped kind has the field."""
    kind = shipped_kinds().get("thermostat")
    assert kind is not None
    number = {"anyOf": [{"minimum": 0, "type": "integer", "maximum": 2**63 - 1}, {"type": "null"}]}
    assert (
        number | {"default": None, "title": "Sequence"}
        == kind.model.model_json_schema()["properties"]["sequence"]
    )
    assert ["time", "name", "place", "sequence"] == list(kind.about)


def test_a_sequence_is_whole() -> None:
    """A number of messages that is not whole is a mistake, told where the class is declared."""
    with pytest.raises(KindError, match=r"Thing\.sequence: it counts messages"):

        class Thing(Device, topic="things/{device}"):
            level: float
            sequence: Annotated[float | None, Counter(measure="sequence")] = None  # type: ignore[assignment]


def test_units_stay_with_a_metric_of_that_name() -> None:
    """The metric keeps the trait that the kind gave it."""
    outcome = outcome_of(Metered, '{"level":1,"sequence":2}')
    assert isinstance(outcome, Readings)
    assert Reading("sequence", 2.0, "s") == outcome.readings[1]
