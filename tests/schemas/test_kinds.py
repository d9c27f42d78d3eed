"""Declaring kinds: what a class becomes, and that each mistake is told."""

import enum
from collections.abc import Callable
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime, Field

from schemas import (
    Binary,
    Button,
    Choice,
    Color,
    Counter,
    Device,
    Event,
    KindError,
    Kinds,
    Location,
    Numeric,
    Switch,
    Text,
    Timestamp,
    decode,
    kind_of,
    shipped_kinds,
)
from schemas.message import RawMessage, Reading, Readings
from schemas.traits import Trait

SHIPPED = {
    "thermostat": {"temperature", "humidity", "heating", "target"},
    "plug": {"on", "power", "energy"},
    "lamp": {"on", "brightness", "color"},
    "contact": {"open", "battery"},
    "motion": {"motion", "illuminance", "battery"},
    "air_quality": {"co2", "pm25", "voc", "temperature", "humidity"},
    "energy_meter": {"power", "energy", "voltage", "current"},
    "tank": {"level", "volume", "temperature", "pump"},
    "machine": {"state", "speed", "vibration", "parts"},
    "tracker": {"latitude", "longitude", "speed", "battery"},
    "button": {"event"},
    "camera": {"image", "motion"},
}


def test_the_shipped_kinds() -> None:
    """The package brings the kinds that are relied on, with their topics."""
    kinds = shipped_kinds()
    assert SHIPPED == {kind.name: set(kind.metrics) for kind in kinds}
    for kind in kinds:
        assert f"fleet/{kind.name}/{{device}}/state" == kind.topic.text
        assert kind.availability is not None
        assert f"fleet/{kind.name}/{{device}}/availability" == kind.availability.text
        assert {f"fleet/{kind.name}/{{device}}/set"} >= {command.text for command in kind.commands}
        assert [] == [metric.name for metric in kind.metrics.values() if not metric.trait.measure]
        assert kind.doc


def test_a_kind_is_read_from_its_class() -> None:
    """Names, words and topics of a kind come from the class."""

    class CO2Probe(Device, topic="lab/{room}/{device}", icon="science", stale_after=None):
        """Probes the air.

        More of it.
        """

        co2_level: Annotated[float, Numeric(unit="ppm")]

    kind = kind_of(CO2Probe)
    assert ("co2_probe", "Co2 probe", "Probes the air.") == (kind.name, kind.title, kind.doc)
    assert (None, "science", "keep", None) == (kind.stale_after, kind.icon, kind.unknown, kind.availability)
    assert ["co2_level"] == list(kind.metrics)
    assert ("Co2 level", "ppm", True) == (
        kind.metrics["co2_level"].label,
        kind.metrics["co2_level"].unit,
        kind.metrics["co2_level"].required,
    )


def test_ids_round_trip() -> None:
    """An id tells the values of all placeholders in the order of the topic."""

    class Valve(Device, topic="{site}/valve/{device}"):
        open: bool

    kind = kind_of(Valve)
    values = {"site": "north", "device": "v.1"}
    assert "valve.north/v.1" == kind.device_id(values)
    assert values == kind.placeholders_of("valve.north/v.1")
    for wrong in ("valve.north", "valve./v", "lamp.north/v", "valve.a/b/c", ""):
        with pytest.raises(ValueError, match="is not the id of a valve"):
            kind.placeholders_of(wrong)


class Mode(enum.Enum):
    """Words of an enumeration."""

    ECO = "eco"
    BOOST = "boost"


def test_traits_are_inferred() -> None:
    """A field without a trait gets the one that goes with its type, and its bounds."""

    class Everything(Device, topic="everything/{device}"):
        number: float
        whole: int | None = None
        flag: bool = False
        word: Literal["a", "b"] = "a"
        mode: Mode | None = None
        text: str | None = None
        moment: AwareDatetime | None = None
        celsius: Annotated[float, Numeric(unit="°C")] | None = None

    kind = kind_of(Everything)
    expected: list[type[Trait]] = [Numeric, Numeric, Binary, Choice, Choice, Text, Timestamp, Numeric]
    assert expected == [type(metric.trait) for metric in kind.metrics.values()]
    assert (("a", "b"), ("eco", "boost")) == (kind.metrics["word"].options, kind.metrics["mode"].options)
    assert "°C" == kind.metrics["celsius"].unit
    kinds = Kinds()
    kinds.add(kind)
    payload = b'{"number":1,"mode":"eco","moment":"2026-01-31T12:00:00Z"}'
    outcome = decode(RawMessage("everything/x", payload, 1.8e9), kinds)
    assert isinstance(outcome, Readings)
    assert (
        Reading("number", 1.0),
        Reading("flag", False),
        Reading("word", "a"),
        Reading("mode", "eco"),
        Reading("moment", "2026-01-31T12:00:00+00:00"),
    ) == outcome.readings


@pytest.mark.parametrize(("unit", "number"), [("s", 1769860800.5), ("ms", 1769860800500)])
def test_time_in_other_units(unit: Literal["s", "ms"], number: float) -> None:
    """A kind may say that its clock counts seconds or milliseconds, under another name."""

    class Clocked(Device, topic="clocked/{device}"):
        time: Annotated[AwareDatetime | None, Timestamp(unit=unit), Field(alias="ts")] = None
        level: float

    kinds = Kinds()
    kinds.add(kind_of(Clocked))
    outcome = decode(RawMessage("clocked/x", f'{{"level":1,"ts":{number}}}'.encode(), 1.8e9), kinds)
    assert isinstance(outcome, Readings)
    assert 1769860800.5 == outcome.device_time
    device = Clocked.model_validate_json(f'{{"level":1,"ts":{number}}}')
    assert device == Clocked.model_validate_json(device.model_dump_json(by_alias=True))


def _no_topic() -> None:
    class Thing(Device):
        level: float


def _no_device() -> None:
    class Thing(Device, topic="things/{thing}"):
        level: float


def _bad_pattern() -> None:
    class Thing(Device, topic="things/+/{device}"):
        level: float


def _no_metric() -> None:
    class Thing(Device, topic="things/{device}"):
        pass


def _unsupported_type() -> None:
    class Thing(Device, topic="things/{device}"):
        level: list[float]


def _two_types() -> None:
    class Thing(Device, topic="things/{device}"):
        level: float | str


def _unknown_name() -> None:
    class Thing(Device, topic="things/{device}"):
        level: "Flaot"  # type: ignore[name-defined]  # noqa: F821


def _wrong_trait() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[str, Numeric()]


def _wrong_trait_of_a_part() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[bool, Counter()] | None = None


def _two_traits() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[float, Numeric(), Counter()]


def _no_parentheses() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[float, Numeric]


def _wrong_default() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[float, Numeric(low=0)] = -1


def _number_options() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Literal[1, 2]


def _strange_alarm() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[Literal["a"], Choice(alarming=("b",))]


def _command_lacks() -> None:
    class Thing(Device, topic="things/{device}"):
        on: Annotated[bool, Switch(command="things/{room}/{device}/set")]


def _command_for_all() -> None:
    class Thing(Device, topic="things/{device}"):
        on: Annotated[bool, Switch(command="things/set")]


def _command_is_topic() -> None:
    class Thing(Device, topic="things/{device}"):
        on: Annotated[bool, Switch(command="things/{device}")]


def _command_on_binary() -> None:
    class Thing(Device, topic="things/{device}"):
        on: Annotated[bool, Binary(command="things/{device}/set")]


def _availability_lacks() -> None:
    class Thing(Device, topic="things/{room}/{device}", availability="things/{device}/alive"):
        level: float


def _availability_is_topic() -> None:
    class Thing(Device, topic="things/{device}", availability="things/{device}"):
        level: float


def _unknown_argument() -> None:
    class Thing(Device, topik="things/{device}"):
        level: float


def _bad_stale_after() -> None:
    class Thing(Device, topic="things/{device}", stale_after=0):
        level: float


def _bad_confirm_within() -> None:
    class Thing(Device, topic="things/{device}", confirm_within=700_000):
        level: float


def _strange_confirm_for() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[
            Literal["a"], Choice(command="things/{device}/set", confirm="Sure?", confirm_for=("b",))
        ]


def _button_in_a_state() -> None:
    class Thing(Device, topic="things/{device}"):
        level: float
        identify: Annotated[bool, Button(command="things/{device}/set")]


def _bad_icon() -> None:
    class Thing(Device, topic="things/{device}", icon="Home Icon"):
        level: float


def _bad_unknown() -> None:
    class Thing(Device, topic="things/{device}", unknown="drop"):
        level: float


def _time_is_a_number() -> None:
    class Thing(Device, topic="things/{device}"):
        time: float  # type: ignore[assignment]
        level: float


def _reserved_name() -> None:
    class Topic(Device, topic="things/{device}"):
        level: float


def _same_key() -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[float, Field(alias="x")]
        depth: Annotated[float, Field(alias="x")]


MISTAKES: list[tuple[Callable[[], None], str]] = [
    (
        _no_topic,
        r"Thing: no topic is given; write class Thing\(Device, topic=.fleet/thing/\{device\}/state.\)",
    ),
    (_no_device, r"holds no \{device\}"),
    (_bad_pattern, r"instead of the wildcards"),
    (_no_metric, r"Thing: no field is declared"),
    (_unsupported_type, r"Thing\.level: this type is not supported; use float"),
    (_two_types, r"Thing\.level: this type is not supported"),
    (_unknown_name, r"the name Flaot .* is not known"),
    (_wrong_trait, r"Thing\.level: Numeric goes with float or int, not with str"),
    (_wrong_trait_of_a_part, r"Thing\.level: Counter goes with float or int, not with bool"),
    (_two_traits, r"Thing\.level: Numeric and Counter are given; keep one"),
    (_no_parentheses, r"Thing\.level: write Numeric\(\) with parentheses"),
    (_wrong_default, r"Thing\.level: the default -1 is not a value"),
    (_number_options, r"Thing\.level: the options must be texts, not 1, 2"),
    (_strange_alarm, r'Thing\.level: alarming names "b"'),
    (_command_lacks, r"Thing\.on: \{room\} in the command topic is not in the topic"),
    (_command_for_all, r"Thing\.on: the command topic holds no \{device\}"),
    (_command_is_topic, r"Thing\.on: the device itself sends"),
    (_command_on_binary, r"Binary can only be read: remove its command"),
    (_availability_lacks, r"must hold the same placeholders"),
    (_availability_is_topic, r"another topic than the state's"),
    (_unknown_argument, r"unknown argument topik"),
    (_bad_stale_after, r"stale_after must be seconds above 0"),
    (_bad_confirm_within, r"confirm_within must be seconds above 0, at most 604,800 \(a week\), not 700000"),
    (_strange_confirm_for, r'Thing\.level: confirm_for names "b", which is not one of a'),
    (_button_in_a_state, r"Thing\.identify: no state has it, because it is only sent; write its type with"),
    (_bad_icon, r"Material icon"),
    (_bad_unknown, r'unknown must be "keep" or "refuse"'),
    (_time_is_a_number, r"Thing\.time: it is the device's clock"),
    (_reserved_name, r"kept for devices without a kind"),
    (_same_key, r'Thing\.depth: "x" is already the JSON name of level'),
]


@pytest.mark.parametrize(
    ("declare", "text"), MISTAKES, ids=[case[0].__name__.strip("_") for case in MISTAKES]
)
def test_mistakes_are_told(declare: Callable[[], None], text: str) -> None:
    """Each mistake in a kind is told where the class is declared, with what to do."""
    with pytest.raises(KindError, match=text):
        declare()


@pytest.mark.parametrize(
    "build",
    [
        lambda: Numeric(low=5, high=1),
        lambda: Numeric(low=float("nan")),
        lambda: Numeric(warn_low=5, warn_high=1),
        lambda: Numeric(step=0),
        lambda: Numeric(precision=-1),
        lambda: Counter(precision=99),
        lambda: Counter(command="a/{device}"),
        lambda: Text(max_length=0),
        lambda: Location(axis="up"),  # type: ignore[arg-type]
        lambda: Timestamp(unit="h"),  # type: ignore[arg-type]
        lambda: Event(command="a/{device}"),
        Button,
        lambda: Color(label=""),
        lambda: Switch(command="a/{device}", confirm=""),
        lambda: Switch(confirm="Sure?"),
        lambda: Counter(confirm="Sure?"),
        lambda: Switch(command="a/{device}", confirm_for=(True,)),
        lambda: Switch(command="a/{device}", confirm="Sure?", confirm_for=(1,)),  # type: ignore[arg-type]
        lambda: Switch(command="a/{device}", confirm="Sure?", confirm_for=True),  # type: ignore[arg-type]
        lambda: Choice(command="a/{device}", confirm="Sure?", confirm_for="stop"),  # type: ignore[arg-type]
    ],
    ids=range(20),
)
def test_traits_refuse_nonsense(build: Callable[[], Trait]) -> None:
    """A trait whose arguments make no sense is refused at once."""
    with pytest.raises(KindError):
        build()


def test_a_base_class_is_no_kind() -> None:
    """`kind_of` tells that Device itself is no kind."""
    with pytest.raises(KindError, match="is not a kind"):
        kind_of(Device)
