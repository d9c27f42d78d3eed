"""Simulated devices: every message is one their kind takes, unless it is meant to be wrong."""

import json
import math
import threading
from collections.abc import Iterator
from enum import Enum
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated, Literal

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import AwareDatetime, Field, field_validator

from bridge.errors import SettingsError
from bridge.simulate import Fault, FaultPace, Fleet, SimulatedDevice, plan, spoil
from bridge.simulate.faults import BAD_MESSAGES, BURST
from bridge.transports.address import TlsSettings
from schemas.button import Button
from schemas.catalog import Kinds, shipped_kinds
from schemas.command import encode_command
from schemas.decode import decode
from schemas.device import Device, Kind, kind_of
from schemas.message import Announcement, RawMessage, Readings, Rejected, Value
from schemas.traits import (
    Binary,
    Choice,
    Color,
    Counter,
    Event,
    Location,
    Numeric,
    Switch,
    Text,
    Timestamp,
)
from tests.servers import Embedded, Mosquitto, certificates, free_port, passwords, send, wait_until

NOW = 1_800_000_000.0
LATER = NOW + 1e6
_NAMED: dict[str, Value] = {"wish": -2, "mode": "eco", "note": "x1"}
_WISHES: dict[type, Value] = {Switch: True, Color: "#123456", Numeric: 17.5}
SHIPPED = shipped_kinds()


class Mode(Enum):
    ECO = "eco"
    BOOST = "boost"


class Everything(
    Device,
    topic="site/{site}/everything/{device}",
    availability="site/{site}/everything/{device}/up",
    unknown="refuse",
):
    """Every trait, with bounds and rules of its own."""

    time: Annotated[AwareDatetime, Timestamp(unit="ms")]
    place: Annotated[str | None, Text(max_length=4)] = None
    plain: float
    whole: int
    narrow: Annotated[float, Numeric(low=0.05, high=0.06, precision=1)]
    wide: Annotated[float, Numeric(low=-1.7e308, high=1.7e308)]
    below: Annotated[int, Numeric(high=-3)]
    above: Annotated[int | None, Numeric(low=7_000_000_000)] = None
    crossed: Annotated[float, Numeric(low=0, high=10, warn_low=20)]
    fahrenheit: Annotated[float, Numeric(unit="°F", measure="temperature")]
    wish: Annotated[int, Numeric(low=-5, high=4, step=3, command="site/{site}/{device}/wish")]
    huge_wish: Annotated[float, Numeric(command="site/{site}/{device}/wish")] = 1.0
    ticks: Annotated[int, Counter(unit="Wh")]
    total: Annotated[float | None, Counter(unit="MWh", measure="energy")] = None
    power: Annotated[float, Numeric(unit="kW", low=0, high=3)]
    running: Annotated[bool, Switch(command="site/{site}/{device}/run")]
    leak: Annotated[bool, Binary(measure="leak")]
    mode: Annotated[Mode, Choice(command="site/{site}/{device}/run")]
    stage: Literal["one", "two", "bad"] = Field("one", alias="Stage!")
    touched: Annotated[Literal["tap", "hold"] | None, Event()] = None
    restart: Annotated[bool | None, Button(command="site/{site}/{device}/run")] = None
    note: Annotated[str, Text(max_length=3, command="site/{site}/{device}/wish")]
    hue: Annotated[str, Color()]
    north: Annotated[float, Location(axis="latitude")]
    east: Annotated[float, Location(axis="longitude")]
    since: AwareDatetime
    since_s: Annotated[AwareDatetime, Timestamp(unit="s")]
    tens: Annotated[int, Field(multiple_of=10), Numeric(low=0, high=1000)]
    serial: str

    @field_validator("serial")
    @classmethod
    def _has_digits(cls, text: str) -> str:
        if not any(letter.isdigit() for letter in text):
            raise ValueError("it must hold a digit")
        return text


def with_everything() -> Kinds:
    """The shipped kinds and one more."""
    kinds = shipped_kinds()
    kinds.add(kind_of(Everything))
    return kinds


ALL = with_everything()


def device_of(kind: Kind, seed: int = 1) -> SimulatedDevice:
    """The first device that a plan makes of the kind."""
    return SimulatedDevice(*plan(ALL, 1, [kind.name])[0], seed)


def readings(device: SimulatedDevice, payload: bytes | None, now: float = LATER) -> Readings:
    """What the message means; fails the test where it is none or is refused."""
    assert payload is not None
    outcome = decode(RawMessage(device.topic, payload, now), ALL)
    assert isinstance(outcome, Readings), outcome
    return outcome


def values(device: SimulatedDevice, payload: bytes | None) -> dict[str, object]:
    """The values of the message by metric."""
    return {reading.metric: reading.value for reading in readings(device, payload).readings}


@pytest.mark.parametrize("kind", list(ALL), ids=lambda kind: kind.name)
@pytest.mark.parametrize("pause", [0.0, 0.02, 1.0, 977.0])
def test_every_message_is_accepted(kind: Kind, pause: float) -> None:
    """Whatever the kind and the pace, decoding takes every message, for the device that sent it."""
    for seed in range(3):
        device = device_of(kind, seed)
        for number in range(400):
            now = NOW + number * pause
            payload = device.step(now)
            if payload is not None:
                message = readings(device, payload, now)
                assert (message.device_id, message.kind) == (device.device_id, kind.name)
                assert not [reading.metric for reading in message.readings if reading.extra]


@pytest.mark.parametrize("kind", list(ALL), ids=lambda kind: kind.name)
def test_every_field_is_told_and_something_moves(kind: Kind) -> None:
    """Within an hour each field of a kind has been told, and the device has said different things."""
    device = device_of(kind)
    told = [values(device, payload) for n in range(3600) if (payload := device.step(NOW + n)) is not None]
    said = {name for name, metric in kind.metrics.items() if metric.trait.can_be_read}
    apart = {name for name, _ in kind.own_topics}
    assert {name for message in told for name in message} == said - apart
    assert len({json.dumps(message) for message in told}) > 1


def test_the_seed_decides() -> None:
    """The same seed gives the same messages, another seed gives others."""

    def told(seed: int) -> list[bytes | None]:
        device = device_of(kind_of(Everything), seed)
        return [device.step(NOW + number) for number in range(50)]

    assert told(7) == told(7)
    assert told(7) != told(8)


def test_counters_only_grow() -> None:
    """No message tells less energy, parts or ticks than the one before."""
    for name, metric in [("plug", "energy"), ("machine", "parts"), ("everything", "ticks")]:
        kind = ALL.get(name)
        assert kind is not None
        device = device_of(kind)
        told = [values(device, device.step(NOW + n * 10)).get(metric, None) for n in range(2000)]
        numbers = [number for number in told if isinstance(number, int | float)]
        assert numbers == sorted(numbers)
        assert numbers[-1] > numbers[0]


def test_numbers_stay_between_their_warnings() -> None:
    """A healthy device raises no warning, though its values move."""
    for kind in SHIPPED:
        device = device_of(kind)
        for number in range(500):
            payload = device.step(NOW + number * 20)
            told = {} if payload is None else values(device, payload)
            for name, metric in kind.metrics.items():
                value = told.get(name)
                if isinstance(metric.trait, Numeric) and isinstance(value, int | float):
                    low, high = metric.trait.warn_low, metric.trait.warn_high
                    assert (-math.inf if low is None else low) <= value
                    assert value <= (math.inf if high is None else high)


def test_power_follows_the_switch() -> None:
    """A plug that is off takes no power, one that is on does; the command says so at once."""
    kind = SHIPPED.get("plug")
    assert kind is not None
    device = device_of(kind)
    device.step(NOW)
    off = values(device, device.command(b'{"on":false}'))
    on = values(device, device.command(b'{"on":true}'))
    assert (off["on"], off["power"], on["on"]) == (False, 0.0, True)
    assert on["power"] != 0.0


def test_a_button_speaks_only_when_pressed() -> None:
    """Most steps of a button give no message, and some do."""
    kind = SHIPPED.get("button")
    assert kind is not None
    device = device_of(kind)
    messages = [device.step(NOW + number) for number in range(1000)]
    assert 5 < sum(message is not None for message in messages) < 200
    assert device.momentary


def test_two_messages_never_have_the_same_time() -> None:
    """A burst at one instant is told with rising device times, so none is taken for a repetition."""
    device = device_of(next(iter(SHIPPED)))
    times = [readings(device, device.step(NOW)).device_time or 0 for _ in range(BURST)]
    assert times == sorted(set(times))


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind.commands], ids=lambda kind: kind.name)
def test_a_command_is_confirmed_and_kept(kind: Kind) -> None:
    """What the kind can encode as a command shows in the answer, and still five minutes later."""
    device = device_of(kind)
    device.step(NOW)
    wishes = {
        name: _NAMED.get(name, _WISHES.get(type(metric.trait), False))
        for name, metric in kind.metrics.items()
        if metric.settable and metric.trait.can_be_read
    }
    sent = encode_command(kind, device.device_id, wishes)
    assert [topic for topic, _ in sent if topic not in device.commands] == []
    answers = [values(device, device.command(payload)) for _, payload in sent]
    later = values(device, device.step(NOW + 300)) if not device.momentary else answers[-1]
    for told in (answers[-1], later):
        assert {name: told[name] for name in wishes} == wishes


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"on",
        b"[]",
        b"{}",
        b"\xff",
        b'{"on":"true"}',
        b'{"on":null}',
        b'{"brightness":101}',
        b'{"brightness":NaN}',
        b'{"on":true,"brightness":-1}',
        b'{"unknown":1}',
        b'{"place":"Moon"}',
        b"[" * 100_000,
    ],
)
def test_a_wrong_command_changes_nothing(payload: bytes) -> None:
    """What the kind does not allow is not answered, and what it allows beside that is not done."""
    kind = SHIPPED.get("lamp")
    assert kind is not None
    device = device_of(kind)
    before = values(device, device.command(b'{"on":false,"brightness":40,"color":"#000001"}', NOW))
    assert device.command(payload, NOW + 1) is None
    assert values(device, device.step(NOW + 2)) == before


@pytest.mark.parametrize("kind", list(ALL), ids=lambda kind: kind.name)
def test_spoiled_messages_are_refused(kind: Kind) -> None:
    """Each way of being wrong gives messages that decoding refuses."""
    device = device_of(kind)
    rng = Random(3)
    for number in range(200):
        payload = device.step(NOW + number) or b"{}"
        for fault in BAD_MESSAGES:
            spoiled = spoil(kind, payload, fault, rng)
            outcome = decode(RawMessage(device.topic, spoiled, NOW + number), ALL)
            assert isinstance(outcome, Rejected), (fault, spoiled)


def test_spoiled_messages_are_wrong_in_the_way_asked_for() -> None:
    """A thermostat's faults come out with the codes they stand for."""
    kind = SHIPPED.get("thermostat")
    assert kind is not None
    device = device_of(kind)
    codes = {}
    for fault in (Fault.WRONG_TYPE, Fault.OUT_OF_RANGE, Fault.TRUNCATED):
        payload = device.command(b'{"target":20}')
        assert payload is not None
        spoiled = spoil(kind, payload, fault, Random(1))
        outcome = decode(RawMessage(device.topic, spoiled, NOW), ALL)
        codes[fault] = outcome.code if isinstance(outcome, Rejected) else None
    assert codes == {
        Fault.WRONG_TYPE: "wrong_type",
        Fault.OUT_OF_RANGE: "out_of_range",
        Fault.TRUNCATED: "invalid_json",
    }


def test_the_demo_has_one_of_each_kind() -> None:
    """As many devices as there are kinds cover them all, with distinct ids, the same ones each time."""
    planned = plan(SHIPPED, 12)
    assert {kind.name for kind, _ in planned} == {kind.name for kind in SHIPPED}
    assert len({device_id for _, device_id in planned}) == 12
    assert planned == plan(SHIPPED, 12)


def test_a_large_plan_has_distinct_devices() -> None:
    """A thousand devices of any choice of kinds have a thousand ids."""
    for only in ([], ["tracker"], ["machine", "everything"]):
        ids = [device_id for _, device_id in plan(ALL, 1000, only)]
        assert len(set(ids)) == 1000
        assert {device_id.split(".")[0] for device_id in ids} == set(only or [kind.name for kind in ALL])


def test_a_plan_fills_every_placeholder() -> None:
    """A kind whose topic has more than {device} gets a value for each."""
    assert [device_id for _, device_id in plan(ALL, 2, ["everything"])] == [
        "everything.site_1/living_room",
        "everything.site_1/bedroom",
    ]


def test_a_plan_of_unknown_kinds_is_a_mistake() -> None:
    """A name that is no kind is said, with those that are."""
    with pytest.raises(ValueError, match="there is no kind toaster, only air_quality, b"):
        plan(SHIPPED, 3, ["lamp", "toaster"])


# With a real broker.


class Ear:
    """Hears everything the broker hands out, and knows what it means."""

    def __init__(self, port: int) -> None:
        self.heard: list[RawMessage] = []
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe("#")
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _userdata, message: self.heard.append(
            RawMessage(message.topic, bytes(message.payload), 4e9, message.retain)
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_until(self._ready.is_set, "the subscription")

    def presence(self, device_id: str) -> list[bool]:
        """What was said of the device's being online, without repetitions."""
        outcomes = [decode(message, ALL) for message in tuple(self.heard)]
        said = [o.online for o in outcomes if isinstance(o, Announcement) and o.device_id == device_id]
        return [online for at, online in enumerate(said) if at == 0 or said[at - 1] != online]

    def told(self, device_id: str, metric: str) -> list[object]:
        """The values of one metric, in order."""
        outcomes = [decode(message, ALL) for message in tuple(self.heard)]
        return [
            reading.value
            for outcome in outcomes
            if isinstance(outcome, Readings) and outcome.device_id == device_id
            for reading in outcome.readings
            if reading.metric == metric
        ]

    def refused(self) -> int:
        """How many messages decoding refuses."""
        return sum(isinstance(decode(message, ALL), Rejected) for message in tuple(self.heard))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def broker() -> Iterator[Embedded]:
    """One embedded broker for all tests here."""
    broker = Embedded()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def ear(broker: Embedded) -> Iterator[Ear]:
    """Hears what the devices say."""
    ear = Ear(broker.port)
    yield ear
    ear.close()


NEVER = FaultPace(bad_message=math.inf, drop_out=math.inf, burst=math.inf)


def test_a_fleet_comes_speaks_and_leaves(broker: Embedded, ear: Ear) -> None:
    """Every device says online, tells its state, and is offline after an orderly stop."""
    devices = [planned for planned in plan(ALL, 24) if planned[0].name != "button"]
    fleet = Fleet(broker.url, devices, rate=20)
    fleet.start()
    try:
        wait_until(lambda: fleet.connected == len(devices), "all devices to connect")
        wait_until(
            lambda: all(len([m for m in ear.heard if m.topic == t]) > 1 for t in topics(devices)), "states"
        )
        assert "simulate" in [thread.name for thread in threading.enumerate()]
    finally:
        fleet.stop()
    assert fleet.connected == 0
    assert "simulate" not in [thread.name for thread in threading.enumerate()]
    for _, device_id in devices:
        wait_until(partial(ended, ear, device_id), f"{device_id} to be online and then offline")
    assert ear.refused() == 0


def ended(ear: Ear, device_id: str) -> bool:
    """Whether the device was online and then offline."""
    return ear.presence(device_id)[-2:] == [True, False]


def topics(devices: list[tuple[Kind, str]]) -> list[str]:
    """The state topics of the devices."""
    return [SimulatedDevice(kind, device_id, 0).topic for kind, device_id in devices]


def test_a_command_is_answered(broker: Embedded, ear: Ear) -> None:
    """A command over the broker is answered by a state that shows it, long before the next one is due."""
    [(kind, device_id)] = plan(ALL, 1, ["lamp"])
    fleet = Fleet(broker.url, [(kind, device_id)], rate=0.001)
    fleet.start()
    try:
        wait_until(lambda: fleet.connected == 1, "the lamp")
        [(topic, payload)] = encode_command(kind, device_id, {"on": True, "color": "#0a0b0c"})
        send(broker.port, topic, payload)
        wait_until(lambda: ear.told(device_id, "color")[-1:] == ["#0a0b0c"], "the confirmation")
        assert ear.told(device_id, "on")[-1] is True
    finally:
        fleet.stop()


def test_the_last_will_fires_on_a_drop_out(broker: Embedded, ear: Ear) -> None:
    """A device that drops out is offline by its last will, and comes back by itself."""
    [(kind, _)] = plan(ALL, 1, ["contact"])
    device_id = kind.device_id({"device": "loose_wire"})
    faults = FaultPace(bad_message=math.inf, drop_out=0.5, burst=math.inf, away=(0.5, 0.6))
    fleet = Fleet(broker.url, [(kind, device_id)], rate=10, faults=faults)
    fleet.start()
    try:
        wait_until(lambda: [True, False, True] == ear.presence(device_id)[:3], "offline and online again")
    finally:
        fleet.stop()


def test_faults_are_heard(broker: Embedded, ear: Ear) -> None:
    """With faults there are messages that decoding refuses, and bursts."""
    devices = plan(ALL, 3, ["tank", "plug", "tracker"])
    faults = FaultPace(bad_message=0.2, drop_out=math.inf, burst=1.0)
    fleet = Fleet(broker.url, devices, rate=5, faults=faults)
    fleet.start()
    try:
        wait_until(lambda: ear.refused() > 5, "messages that are refused")
        wait_until(lambda: fleet.published > 5 * BURST, "bursts")
    finally:
        fleet.stop()


def test_another_devices_state_is_no_command(broker: Embedded, ear: Ear) -> None:
    """A retained message that the broker hands out unasked changes no device."""
    [(kind, device_id), (_, other_id)] = plan(ALL, 2, ["lamp"])
    other = SimulatedDevice(kind, other_id, 0)
    send(broker.port, other.topic, b'{"on":true,"color":"#fe01fe"}', retain=True)
    fleet = Fleet(broker.url, [(kind, device_id)], rate=20)
    fleet.start()
    try:
        wait_until(lambda: len(ear.told(device_id, "color")) > 5, "the lamp's states")
        assert "#fe01fe" not in ear.told(device_id, "color")
    finally:
        fleet.stop()
        send(broker.port, other.topic, b"", retain=True)


@pytest.mark.parametrize("retain", [False, True])
def test_only_states_are_retained_and_only_if_asked(broker: Embedded, *, retain: bool) -> None:
    """The broker keeps a state if the fleet is told so, and an event never."""
    devices = plan(ALL, 2, ["button", "tank"])
    fleet = Fleet(broker.url, devices, rate=200, retain=retain, qos=1)
    fleet.start()
    ear = None
    try:
        wait_until(lambda: fleet.published > 50, "states")
        fleet.stop()
        ear = Ear(broker.port)
        wait_until(
            lambda: any(m.retained and m.topic.endswith("tank/rainwater/availability") for m in ear.heard), ""
        )
        send(broker.port, "end", b"")
        wait_until(lambda: any(m.topic == "end" for m in ear.heard), "the end")
        kept = {m.topic for m in ear.heard if m.retained and m.topic.endswith("/state") and m.payload}
        assert kept == ({"fleet/tank/rainwater/state"} if retain else set())
    finally:
        fleet.stop()
        if ear is not None:
            ear.close()
        send(broker.port, "fleet/tank/rainwater/state", b"", retain=True)


def test_a_fleet_waits_for_its_broker_and_finds_it_again(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that is not there yet, or goes away, costs nothing but time; both are told, and its return."""
    broker = Embedded()
    fleet = Fleet(broker.url, plan(ALL, 5), rate=5)
    fleet.start()
    try:
        for _ in range(2):
            broker.start()
            wait_until(lambda: fleet.connected == 5, "all devices")
            broker.stop()
            wait_until(lambda: fleet.connected == 0, "none")
    finally:
        fleet.stop()
        broker.stop()
    away, there = "the simulated devices cannot reach", "the simulated devices reach"
    told = [message.partition(f" {broker.url}")[0] for message in caplog.messages]
    assert [away, there, away, there] == told[:4]


def test_a_fleet_without_a_broker_stops_in_order() -> None:
    """Stopping ends the thread also where no device was ever connected, or none was started."""
    fleet = Fleet(f"mqtt://127.0.0.1:{free_port()}", plan(ALL, 3), faults=True)
    fleet.start()
    fleet.stop()
    assert "simulate" not in [thread.name for thread in threading.enumerate()]
    Fleet("mqtt://127.0.0.1", []).stop()


def test_a_fleet_uses_tls_and_a_password(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Over TLS with the right password the devices connect; with a wrong one they say so once."""
    certificates(tmp_path)
    passwords(tmp_path / "users", "devices", "s3cret")
    broker = Mosquitto(
        tmp_path,
        f"listener PORT 127.0.0.1\npassword_file {tmp_path}/users\n"
        f"certfile {tmp_path}/server.crt\nkeyfile {tmp_path}/server.key\n",
    )
    broker.start()
    url, tls = f"mqtts://localhost:{broker.port}", TlsSettings(ca_file=tmp_path / "ca.crt")
    right = Fleet(url, plan(ALL, 12), rate=50, username="devices", password="s3cret", tls=tls)
    wrong = Fleet(url, plan(ALL, 12), rate=50, username="devices", password="wr0ng", tls=tls)
    try:
        wrong.start()
        wait_until(lambda: caplog.messages, "the refusal")
        right.start()
        wait_until(lambda: right.published > 200, "states")
        assert (wrong.connected, right.connected) == (0, 12)
    finally:
        right.stop()
        wrong.stop()
        broker.stop()
    why = "not authorised (the broker refused this user name and password)"
    assert caplog.messages == [f"the simulated devices cannot reach {url}: {why}"]


def test_what_is_wrong_with_a_fleet_is_said_at_once() -> None:
    """A rate, a QoS or an address that cannot be is refused before anything starts."""
    for url, wrong in [
        ("mqtt://127.0.0.1", {"rate": 0.0}),
        ("mqtt://127.0.0.1", {"qos": 2}),
        ("http://127.0.0.1", {}),
    ]:
        with pytest.raises(SettingsError):
            Fleet(url, [], **wrong)  # type: ignore[arg-type]
