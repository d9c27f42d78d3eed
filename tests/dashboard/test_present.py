"""What people read: numbers, words, tones, ages, and hostile text made harmless."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bus.follower import BusLink
from bridge.commands import CommandState
from bridge.labels import Label
from bridge.presence import Availability, Presence
from bridge.state import UNCLAIMED, DeviceState, MetricState
from dashboard.present import (
    DASH,
    MetricView,
    default_name,
    expected,
    format_value,
    not_heard,
)
from dashboard.sight import device_view, gone_view
from dashboard.wording import age, payload_text, sentence, shown_text
from schemas.catalog import shipped_kinds
from schemas.message import Provenance, Value
from schemas.traits import Binary, Choice, Color, Counter, Event, Location, Numeric, Switch, Text, Trait
from tests.dashboard.fake import SAMPLES, FakeHouse

KINDS = shipped_kinds()
NARROW = "\u202f"


@pytest.mark.parametrize(
    ("value", "trait", "text"),
    [
        (21.456, Numeric(precision=1), "21.5"),
        (21, Numeric(precision=1), "21.0"),
        (-0.04, Numeric(precision=2), "-0.04"),
        (1234567.0, Numeric(precision=0), f"1{NARROW}234{NARROW}567"),
        (1234.5, Numeric(), f"1{NARROW}234.5"),
        (1234567.891, Numeric(), f"1{NARROW}234{NARROW}568"),
        (21.0, Numeric(), "21"),
        (0.1 + 0.2, Numeric(), "0.3"),
        (1e300, Numeric(precision=1), "1e+300"),
        (10**400, Numeric(precision=1), "1.00000e+400"),
        (10**15, Numeric(), f"1{NARROW}000{NARROW}000{NARROW}000{NARROW}000{NARROW}000"),
        (99999.256, Counter(precision=2), f"99{NARROW}999.26"),
        (12, Counter(), "12"),
        (52.520008, Location(axis="latitude"), "52.52001"),
        (0, Location(axis="latitude"), "0.00000"),
        (True, Switch(), "on"),
        (False, Switch(on="up", off="down"), "down"),
        (True, Binary(on="open", off="closed"), "open"),
        (True, Text(), "yes"),
        (False, Numeric(), "no"),
        ("#ff8800", Color(), "#ff8800"),
        ("double", Event(), "double"),
        ("fault", Choice(), "fault"),
        ("", Text(), ""),
        ("x" * 200, Text(), "x" * 119 + "…"),
        ("text where a number belongs", Numeric(precision=1), "text where a number belongs"),
        (7, Text(), "7"),
    ],
)
def test_a_value_is_written_so(value: Value, trait: Trait, text: str) -> None:
    """Values are written as people write them, by their trait."""
    assert text == format_value(value, trait)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain · Grüße 温度", "plain · Grüße 温度"),
        ("a\u202eb", "a\\u202eb"),
        ("line\nbreak\ttab\x00", "line\\u000abreak\\u0009tab\\u0000"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("lone \ud800", "lone \\ud800"),
        ("<script>", "<script>"),
    ],
)
def test_foreign_text_is_harmless(text: str, safe: str) -> None:
    """Control characters, directions and halves of characters are escaped."""
    assert safe == shown_text(text)


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", ""),
        (b'{"a": 1}', '{"a": 1}'),
        (b"zwei\nZeilen", "zwei\nZeilen"),
        ("a\u202eb\x07".encode(), "a\\u202eb\\u0007"),
        (b"\xff\xfe", "ff fe"),
        (b"x" * 2_001, "x" * 2_000 + "…"),
        ("温".encode() * 1_000, "温" * 666 + "…"),
    ],
)
def test_a_payload_is_readable(payload: bytes, text: str) -> None:
    """A payload is shown as its text, or in hexadecimal, and cut."""
    assert text == payload_text(payload)


def test_a_long_binary_payload_is_cut() -> None:
    """Of bytes that are no text the first third of the limit is shown."""
    assert payload_text(b"\xff" * 100, limit=9) == "ff ff ff …"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-100, "now"), (0, "now"), (9.9, "now"), (10, "10 s ago"), (19.9, "10 s ago"), (59, "50 s ago"),
        (60, "1 min ago"), (3_599, "59 min ago"), (3_600, "1 h ago"), (172_799, "47 h ago"),
        (172_800, "2 d ago"), (1e9, "11574 d ago"),
    ],
)  # fmt: skip
def test_an_age_is_told_in_coarse_steps(seconds: float, text: str) -> None:
    """Ages change seldom enough that a card does not tick."""
    assert text == age(seconds)


@pytest.mark.parametrize(
    ("device_id", "name"),
    [
        ("thermostat.living_room", "Living room"),
        ("plug.x", "X"),
        ("topic.attic%2Fbox", "attic/box"),
        ("plug.", "plug."),
        ("odd", "odd"),
    ],
)
def test_a_name_comes_from_the_id(device_id: str, name: str) -> None:
    """A device without a name is called after its id, an unclaimed one after its topic."""
    assert name == default_name(device_id)


def heard(kind: str, sample: int = 0, **more: object) -> FakeHouse:
    """A house that heard one device."""
    house = FakeHouse()
    house.hear(f"fleet/{kind}/one/state", {**SAMPLES[kind][sample], **more})
    return house


def metric(house: FakeHouse, kind: str, name: str) -> MetricView:
    """A metric as it is shown."""
    device = house.devices[f"{kind}.one"]
    now = max(m.received_at for m in device.metrics.values())
    return device_view(device, house.kinds.get(kind), house.label(device), now).metrics[name]


def test_a_metric_is_shown_with_unit_and_age() -> None:
    """What was heard has its unit, its age and where it comes from."""
    seen = metric(heard("thermostat"), "thermostat", "temperature")
    assert ("21.5", "°C", "plain", "", "live", "now") == (
        seen.text, seen.unit, seen.tone, seen.why, seen.source, seen.age
    )  # fmt: skip


def test_a_metric_not_heard_is_a_dash() -> None:
    """A declared metric without a value is there, muted, without a unit."""
    seen = metric(heard("thermostat", 2), "thermostat", "humidity")
    assert (DASH, "", "muted", None, "") == (seen.text, seen.unit, seen.tone, seen.value, seen.age)


@pytest.mark.parametrize(
    ("kind", "name", "value", "tone", "why"),
    [
        ("air_quality", "co2", 1_000, "plain", ""),
        ("air_quality", "co2", 1_001, "warn", "above 1\u202f000 ppm"),
        ("contact", "battery", 5, "warn", "below 20 %"),
        ("machine", "state", "fault", "bad", "fault means trouble"),
        ("machine", "state", "running", "plain", ""),
    ],
)
def test_a_tone_has_a_reason(kind: str, name: str, value: Value, tone: str, why: str) -> None:
    """Values out of their limits are toned, and the reason names the limit."""
    seen = metric(heard(kind, 0, **{name: value}), kind, name)
    assert (tone, why) == (seen.tone, seen.why)


def test_limits_are_told_in_words() -> None:
    """A number with two bounds says which; others say nothing."""
    assert expected(Numeric(low=5, high=35), "°C") == "5 to 35 °C"
    assert expected(Numeric(low=0, high=10), "") == "0 to 10"
    assert expected(Numeric(low=5), "°C") == ""
    assert expected(Switch(), "") == ""


def test_a_command_is_shown_until_it_is_answered() -> None:
    """While a command is under way its value is shown and noted; a failure keeps the old one and says why."""
    house = heard("plug")
    device = house.devices["plug.one"]
    cases: list[tuple[CommandState, tuple[object, str, bool]]] = [
        (CommandState(False, "pending", "me", 0.0), (False, "waiting for the device", True)),
        (
            CommandState(False, "timed_out", "me", 0.0, "no answer within 5 s"),
            (True, "no answer within 5 s", False),
        ),
        (CommandState(False, "not_sent", "me", 0.0, "away"), (True, "away", False)),
        (CommandState(True, "confirmed", "me", 0.0, "the device says true"), (True, "", False)),
    ]
    for command, expectation in cases:
        changed = device._replace(commands=MappingProxyType({"on": command}))
        seen = device_view(changed, KINDS.get("plug"), Label(), 0.0).metrics["on"]
        assert expectation == (seen.shown, seen.note, seen.pending)
        assert seen.value is True


def test_a_kept_value_says_that_it_is_kept() -> None:
    """As long as all that is known is a retained or restored copy, the card says so; live ends it."""
    house = FakeHouse()

    def kept() -> str:
        view = device_view(house.devices["plug.one"], KINDS.get("plug"), Label(None, "Cellar"), 0.0)
        assert view.subtitle == "Plug · Cellar"
        return view.kept

    house.hear("fleet/plug/one/state", SAMPLES["plug"][0], retained=True)
    assert kept() == "retained"
    house.state.restore([house.devices["plug.one"]])
    assert kept() == "restored"
    house.hear("fleet/plug/one/state", {"on": True})
    assert kept() == ""


def test_a_device_nobody_heard_of_has_a_view() -> None:
    """A page for an id that never spoke says so."""
    view = gone_view("plug.never")
    assert ("Never", "unknown", "not heard yet", {}) == (
        view.title,
        view.availability,
        view.age,
        dict(view.metrics),
    )
    assert "nothing has been heard" in view.reason
    assert "" == view.subtitle


@pytest.mark.parametrize(
    ("retained", "online", "ago", "told"),
    [
        (False, True, 0.0, "live · now"),
        (False, True, 70.0, "live · 1 min ago"),
        (False, False, 0.0, "last heard a few seconds ago"),
        (False, False, 70.0, "last heard 1 min ago"),
        (True, False, 70.0, "retained · 1 min ago"),
    ],
)
def test_live_is_only_what_a_device_that_is_there_says(
    *, retained: bool, online: bool, ago: float, told: str
) -> None:
    """Of one that is not online the value was heard, at some time; a copy is called what it is."""
    house = FakeHouse()
    house.hear("fleet/plug/one/state", {"on": True}, retained=retained)
    if not online:
        house.broker(up=False, detail="gone")
    device = house.devices["plug.one"]
    now = device.metrics["on"].received_at + ago
    assert told == device_view(device, KINDS.get("plug"), Label(), now).source("on")


def test_of_a_metric_that_was_not_heard_nothing_else_is_said() -> None:
    """Whether the device is there or not."""
    house = heard("thermostat", 2)
    view = device_view(house.devices["thermostat.one"], KINDS.get("thermostat"), Label(), 0.0)
    assert "not heard yet" == view.source("humidity")


@pytest.mark.parametrize(
    ("bus", "told"),
    [
        (None, ""),
        (BusLink(up=True, detail="", bridge_up=True), ""),
        (BusLink(up=True, detail="no bridge yet", bridge_up=False), "no bridge yet"),
        (
            BusLink(up=False, detail="it is away.", bridge_up=True, heard=70.0),
            "it is away; last heard 30 s ago",
        ),
        (BusLink(up=True, detail="silent", bridge_up=False, heard=-500.0), "silent; last heard 10 min ago"),
    ],
)
def test_why_the_bridge_is_not_heard_grows_older(bus: BusLink | None, told: str) -> None:
    """The reason, and how long ago it was heard, if ever; nothing while it is, or where there is no bus."""
    assert told == not_heard(bus, 100.0)


@pytest.mark.parametrize(("words", "told"), [("a b", "A b."), ("a b.", "A b."), ("a..", "A."), ("", ".")])
def test_words_are_made_a_sentence(words: str, told: str) -> None:
    """With one full stop, whether they came with one or not."""
    assert told == sentence(words)


TEXT = st.text(st.characters(), max_size=20)
VALUES = st.booleans() | st.integers() | st.integers(10**300, 10**400) | st.floats() | TEXT
TIMES = st.floats(-1e12, 1e12)
METRICS = st.builds(
    MetricState,
    value=VALUES,
    unit=TEXT,
    time=st.none() | TIMES,
    received_at=TIMES,
    provenance=st.sampled_from(get_args(Provenance)),
    extra=st.booleans(),
)
COMMANDS = st.builds(
    CommandState,
    value=VALUES,
    status=st.sampled_from(["pending", "confirmed", "timed_out", "not_sent"]),
    by=TEXT,
    until=TIMES,
    note=st.just("no answer"),
)
NAMES = TEXT | st.sampled_from(sorted({name for kind in KINDS for name in kind.metrics}))
DEVICES = st.builds(
    DeviceState,
    id=TEXT | TEXT.map(lambda text: f"topic.{text}") | st.just("plug.x"),
    kind=st.sampled_from([UNCLAIMED, *SAMPLES]),
    name=st.none() | TEXT,
    place=st.none() | TEXT,
    metrics=st.dictionaries(NAMES, METRICS, max_size=6),
    presence=st.builds(Presence, st.sampled_from(get_args(Availability)), TEXT),
    seen_at=st.none() | TIMES,
    commands=st.dictionaries(NAMES, COMMANDS, max_size=3),
    last_topic=TEXT,
    last_payload=st.binary(max_size=60),
)


def strings(values: Mapping[str, MetricView]) -> list[str]:
    """All that people read of metrics."""
    return [text for m in values.values() for text in (m.label, m.text, m.unit, m.why, m.note, m.age)]


@given(DEVICES, TIMES)
def test_whatever_is_held_can_be_shown(device: DeviceState, now: float) -> None:
    """No state makes presenting fail, and all of what people read is printable."""
    view = device_view(device, KINDS.get(device.kind), Label(device.name, device.place), now)
    read = [view.title, view.subtitle, view.reason, view.age, view.topic, *strings(view.metrics)]
    for text in read:
        assert all(c.isprintable() or c == NARROW for c in text), ascii(text)
        assert len(text) < 10_000
    assert all(c.isprintable() or c == "\n" for c in view.payload)
