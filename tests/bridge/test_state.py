"""The latest state of every device: what is live, kept or restored, and what has been asked of it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.commands import CommandSent
from bridge.state import (
    MAX_METRICS,
    MAX_RAW,
    UNCLAIMED,
    UNCLAIMED_STALE_AFTER,
    Change,
    DeviceState,
    State,
    TooMany,
)
from schemas.catalog import Kinds, shipped_kinds
from schemas.decode import decode
from schemas.message import Announcement, RawMessage, Reading, Readings, Unclaimed, Value

KINDS = shipped_kinds()
START = 1_800_000_000.0
KITCHEN = "thermostat.kitchen"
LAMP = "lamp.desk"


class Told:
    """A state that is told messages as they come from a broker, with a clock that the test moves."""

    def __init__(self, state: State | None = None, kinds: Kinds = KINDS) -> None:
        self.kinds = kinds
        self.state = state or State(kinds)
        self.now = 100.0

    def say(
        self, topic: str, payload: object, *, retained: bool = False, transport: int = 0
    ) -> Change | None:
        """One message; a payload that is not bytes is sent as JSON."""
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        raw = RawMessage(topic, content, START + self.now, retained)
        outcome = decode(raw, self.kinds)
        if isinstance(outcome, Readings | Unclaimed):
            return self.state.readings(outcome, raw, transport, self.now)
        assert isinstance(outcome, Announcement)
        return self.state.announcement(outcome, transport, self.now)

    def kitchen(self, *, retained: bool = False, **fields: object) -> Change | None:
        """A state message of the kitchen's thermostat."""
        return self.say("fleet/thermostat/kitchen/state", fields, retained=retained)

    def lamp(self, *, retained: bool = False, **fields: object) -> Change | None:
        """A state message of the desk lamp."""
        return self.say("fleet/lamp/desk/state", fields, retained=retained)

    def values(self, device_id: str = KITCHEN) -> dict[str, tuple[Value, str]]:
        """Each metric's value and where it is from."""
        metrics = self.state.devices[device_id].metrics
        return {name: (metric.value, metric.provenance) for name, metric in metrics.items()}

    def commands(self, device_id: str = LAMP) -> dict[str, tuple[Value, str]]:
        """What is asked of a device, and how that stands."""
        return {name: (c.value, c.status) for name, c in self.state.devices[device_id].commands.items()}

    def presence(self, device_id: str = KITCHEN) -> str:
        """Whether the device is there."""
        return self.state.devices[device_id].presence.availability


def at(seconds: float) -> str:
    """A device's own time, in seconds after the start, as it writes it."""
    return datetime.fromtimestamp(START + seconds, UTC).isoformat()


# Live, retained, restored.


def test_a_live_message() -> None:
    """A live message becomes the state, with both times, the kind and what it touched."""
    told = Told()
    change = told.kitchen(temperature=21.5, heating=True, time=at(90))
    assert change is not None
    device = told.state.devices[KITCHEN]
    assert (change.device, change.metrics) == (device, ("temperature", "heating"))
    assert (device.kind, device.seen_at, device.heard) == ("thermostat", START + 100, 100.0)
    temperature = device.metrics["temperature"]
    expected = (21.5, "°C", START + 90, START + 100, "live", False)
    assert expected == (
        temperature.value, temperature.unit, temperature.time, temperature.received_at,
        temperature.provenance, temperature.extra,
    )  # fmt: skip


def test_metrics_of_earlier_messages_stay() -> None:
    """A message that leaves a metric out does not take it away."""
    told = Told()
    told.kitchen(temperature=21.5, humidity=40)
    told.kitchen(temperature=22)
    assert told.values() == {"temperature": (22.0, "live"), "humidity": (40.0, "live")}


def test_a_retained_copy_is_marked() -> None:
    """A device known by a kept copy alone has a value, but has not been heard."""
    told = Told()
    told.kitchen(temperature=21.5, retained=True)
    device = told.state.devices[KITCHEN]
    assert told.values() == {"temperature": (21.5, "retained")}
    assert (device.seen_at, device.heard, told.presence()) == (None, None, "unknown")


def test_a_retained_copy_of_the_live_value_is_no_news() -> None:
    """After a reconnect the broker repeats what it keeps: an equal value stays live."""
    told = Told()
    told.kitchen(temperature=21.5)
    assert told.kitchen(temperature=21.5, retained=True) is None
    assert told.values() == {"temperature": (21.5, "live")}


def test_a_different_retained_copy_is_taken() -> None:
    """A kept value that differs came while we were away: it is shown, marked as kept."""
    told = Told()
    told.kitchen(temperature=21.5, humidity=40)
    change = told.kitchen(temperature=23, humidity=40, retained=True)
    assert change is not None
    assert change.metrics == ("temperature",)
    assert told.values() == {"temperature": (23.0, "retained"), "humidity": (40.0, "live")}


def test_live_after_retained() -> None:
    """The next live message makes the value live."""
    told = Told()
    told.kitchen(temperature=21.5, retained=True)
    told.kitchen(temperature=21.5)
    assert (told.values(), told.presence()) == ({"temperature": (21.5, "live")}, "online")


def test_restored_until_it_speaks() -> None:
    """After a restart all is as before, but marked; what a message touches is live again."""
    before = Told()
    before.kitchen(temperature=21.5, humidity=40, name="Kitchen", place="Ground floor")
    before.say("fleet/thermostat/kitchen/availability", b"online")
    before.state.commanded(CommandSent(KITCHEN, {"heating": True}, "ann"), before.now)
    after = Told()
    after.state.restore(before.state.devices.values())
    assert after.values() == {"temperature": (21.5, "restored"), "humidity": (40.0, "restored")}
    device = after.state.devices[KITCHEN]
    assert (device.name, device.place, device.seen_at) == ("Kitchen", "Ground floor", START + 100)
    assert (device.announced, device.heard, dict(device.commands)) == (None, None, {})
    after.state.judge_all(after.now)
    assert after.presence() == "unknown"
    after.kitchen(temperature=22)
    assert after.values() == {"temperature": (22.0, "live"), "humidity": (40.0, "restored")}
    assert after.presence() == "online"


def test_what_a_kind_claims_by_now_is_not_restored_as_unclaimed() -> None:
    """After a kind was written for a topic, no device without a kind stands beside the new one."""
    before = Told()
    before.say("garden/south", {"humidity": 40})
    before.say("garden/north", {"humidity": 50})
    ours = DeviceState("topic.fleet%2Flamp%2Fdesk%2Fstate", UNCLAIMED, last_topic="fleet/lamp/desk/state")
    after = State(KINDS)
    after.restore([*before.state.devices.values(), ours])
    assert ["garden/south", "garden/north"] == [device.last_topic for device in after.devices.values()]


def test_a_retained_copy_replaces_a_restored_value() -> None:
    """What the broker keeps is newer than our own memory."""
    before, after = Told(), Told()
    before.kitchen(temperature=21.5)
    after.state.restore(before.state.devices.values())
    after.kitchen(temperature=21.5, retained=True)
    assert after.values() == {"temperature": (21.5, "retained")}


# Time.


@pytest.mark.parametrize(
    ("second", "expected"), [(at(49), 21.5), (at(50), 22.0), (at(51), 22.0), (None, 22.0)]
)
def test_older_device_time_is_not_folded_in(second: str | None, expected: float) -> None:
    """A message that the device made earlier than the last one does not go back in time."""
    told = Told()
    told.kitchen(temperature=21.5, time=at(50))
    change = told.kitchen(temperature=22, time=second)
    assert (told.values()["temperature"][0], change is None) == (expected, expected == 21.5)


def test_the_order_of_device_times_outlives_a_message_without_one() -> None:
    """A message without a time does not open the door for older ones."""
    told = Told()
    told.kitchen(temperature=21, time=at(50))
    told.kitchen(temperature=22)
    assert told.kitchen(temperature=20, time=at(40)) is None


def test_the_order_of_device_times_outlives_a_restart() -> None:
    """What was restored is not overwritten by an older message either."""
    before, after = Told(), Told()
    before.kitchen(temperature=21, time=at(50))
    after.state.restore(before.state.devices.values())
    assert after.kitchen(temperature=20, time=at(40), retained=True) is None
    assert after.values() == {"temperature": (21.0, "restored")}


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_device_times_only_grow(times: list[int]) -> None:
    """Whatever the order of receipt, the state is that of the newest device time so far."""
    told = Told()
    newest = -1
    for time in times:
        told.kitchen(temperature=time, time=at(time))
        newest = max(newest, time)
        assert told.values()["temperature"][0] == newest


# Presence.


def test_last_will_and_return() -> None:
    """A last will makes it offline; a live message proves that it is there, a kept one does not."""
    told = Told()
    told.kitchen(temperature=21)
    assert told.presence() == "online"
    told.say("fleet/thermostat/kitchen/availability", b"offline")
    assert told.presence() == "offline"
    told.kitchen(temperature=22, retained=True)
    assert told.presence() == "offline"
    told.kitchen(temperature=23)
    assert told.presence() == "online"


def test_announced_before_it_speaks() -> None:
    """A device may be known by its availability topic alone; the same word again is no news."""
    told = Told()
    assert told.say("fleet/thermostat/kitchen/availability", b"offline", retained=True) is not None
    assert (told.presence(), told.values()) == ("offline", {})
    assert told.say("fleet/thermostat/kitchen/availability", b"offline", retained=True) is None
    told.say("fleet/thermostat/kitchen/availability", b"online")
    assert told.presence() == "online"


def test_stale_by_the_age_of_its_kind() -> None:
    """Each kind has its own age: a thermostat of five minutes is stale where a lamp is not."""
    told = Told()
    told.kitchen(temperature=21)
    told.lamp(on=True)
    told.now += 301
    assert [KITCHEN] == [change.device.id for change in told.state.judge_all(told.now)]
    assert (told.presence(), told.presence(LAMP)) == ("stale", "online")
    assert told.state.judge_all(told.now) == []
    told.kitchen(temperature=21)
    assert told.presence() == "online"


def test_unclaimed_devices_grow_stale_too() -> None:
    """Without a kind there is one age for all of them."""
    told = Told()
    told.say("shelf/odd", {"a": 1})
    told.now += UNCLAIMED_STALE_AFTER
    assert told.state.judge_all(told.now) == []
    told.now += 1
    told.state.judge_all(told.now)
    assert told.presence("topic.shelf%2Fodd") == "stale"


def test_kinds_that_never_go_stale() -> None:
    """A kind may say that its devices speak only when there is something to tell."""
    told = Told()
    told.say("fleet/button/door/state", {"event": "single"})
    told.now += 1e6
    assert KINDS.get("button").stale_after is None  # type: ignore[union-attr]
    assert told.state.judge_all(told.now) == []


def test_a_broker_away_and_back() -> None:
    """While the broker is away its devices are unknown, with the reason; their values stay."""
    told = Told()
    told.kitchen(temperature=21)
    told.say("fleet/lamp/desk/state", {"on": True}, transport=1)
    changed = told.state.connection(0, up=False, detail="mqtt://x: gone", now=told.now)
    assert [KITCHEN] == [change.device.id for change in changed]
    presence = told.state.devices[KITCHEN].presence
    assert (presence.availability, presence.reason) == (
        "unknown",
        "no connection to the broker: mqtt://x: gone",
    )
    assert (told.presence(LAMP), told.values()) == ("online", {"temperature": (21.0, "live")})
    told.state.connection(0, up=True, detail="mqtt://x", now=told.now)
    assert (told.presence(), told.values()) == ("online", {"temperature": (21.0, "live")})


def test_a_device_that_fell_silent_meanwhile_is_stale() -> None:
    """When the broker is back, the time without it counts as silence."""
    told = Told()
    told.kitchen(temperature=21)
    told.state.connection(0, up=False, detail="gone", now=told.now)
    told.now += 1_000
    told.state.connection(0, up=True, detail="back", now=told.now)
    assert told.presence() == "stale"


def test_what_moves() -> None:
    """A change tells whether the availability became another one; a new reason alone is none."""
    told = Told()
    found = [
        told.kitchen(temperature=21),
        told.kitchen(temperature=22),
        told.say("fleet/thermostat/kitchen/availability", b"online"),
        told.say("fleet/thermostat/kitchen/availability", b"offline"),
        told.kitchen(temperature=23),
        *told.state.connection(0, up=False, detail="gone", now=told.now),
        *told.state.connection(0, up=False, detail="still gone", now=told.now),
        *told.state.connection(0, up=True, detail="back", now=told.now),
    ]
    assert [True, False, False, True, True, True, False, True] == [
        change and change.moved for change in found
    ]


# Names, unclaimed devices, bounds.


def test_name_and_place_come_from_the_device() -> None:
    """What a device calls itself stays until it calls itself something else."""
    told = Told()
    told.kitchen(temperature=21, name="Kitchen", place="Ground floor")
    told.kitchen(temperature=22)
    told.kitchen(temperature=22, name="Big kitchen")
    device = told.state.devices[KITCHEN]
    assert (device.name, device.place) == ("Big kitchen", "Ground floor")


def test_fields_of_no_kind_are_marked() -> None:
    """A field that the kind does not declare is shown as an extra one."""
    told = Told()
    told.kitchen(temperature=21, wifi={"rssi": -60})
    metrics = told.state.devices[KITCHEN].metrics
    assert {"temperature": False, "wifi.rssi": True} == {name: m.extra for name, m in metrics.items()}


@pytest.mark.parametrize(
    ("payload", "structured", "metrics"),
    [
        (b'{"a": 1, "b": {"c": "x"}}', True, {"a": 1, "b.c": "x"}),
        (b"21.5", True, {"value": 21.5}),
        (b"\xff\x00", False, {"payload": "base64:/wA="}),
        (b"hello", False, {"payload": "hello"}),
    ],
)
def test_unclaimed(payload: bytes, structured: bool, metrics: dict[str, Value]) -> None:  # noqa: FBT001
    """A message of no kind is a device by its topic; where nothing can be read, the raw payload is shown."""
    told = Told()
    told.say("shelf/odd", payload)
    device = told.state.devices["topic.shelf%2Fodd"]
    assert (UNCLAIMED, structured) == (device.kind, device.structured)
    assert metrics == {name: metric.value for name, metric in device.metrics.items()}
    assert (device.last_topic, device.last_payload) == ("shelf/odd", payload)


def test_the_raw_payload_is_cut() -> None:
    """Of the last payload only the beginning is held in memory."""
    told = Told()
    told.say("shelf/odd", b"x" * (MAX_RAW + 1))
    assert b"x" * MAX_RAW == told.state.devices["topic.shelf%2Fodd"].last_payload


def test_bound_of_devices() -> None:
    """One device more than the bound is refused by an error; known ones go on."""
    told = Told(State(KINDS, max_devices=2))
    told.kitchen(temperature=21)
    told.lamp(on=True)
    with pytest.raises(TooMany, match="2 devices"):
        told.say("shelf/odd", {"a": 1})
    with pytest.raises(TooMany, match="2 devices"):
        told.say("fleet/lamp/other/availability", b"online")
    told.kitchen(temperature=22)
    assert (told.values(), len(told.state.devices)) == ({"temperature": (22.0, "live")}, 2)


def test_bound_of_metrics() -> None:
    """A message that brings more metrics than a device may have is refused as a whole; known ones go on."""
    state = State(KINDS)
    raw = RawMessage("t", b"", START)
    for n in range(MAX_METRICS):
        state.readings(Unclaimed("topic.t", (Reading(f"m{n}", n),), structured=True), raw, 0, 1.0)
    more = (Reading("m0", 98), Reading(f"m{MAX_METRICS}", 1))
    with pytest.raises(TooMany, match="257 metrics of one device") as refused:
        state.readings(Unclaimed("topic.t", more, structured=True), raw, 0, 1.5)
    assert refused.value.code == "too_many_metrics"
    state.readings(Unclaimed("topic.t", (Reading("m0", 99),), structured=True), raw, 0, 2.0)
    metrics = state.devices["topic.t"].metrics
    assert (MAX_METRICS, 99, False) == (len(metrics), metrics["m0"].value, f"m{MAX_METRICS}" in metrics)


def test_states_are_never_changed_in_place() -> None:
    """Who holds a state keeps it as it was."""
    told = Told()
    told.kitchen(temperature=21)
    held = told.state.devices[KITCHEN]
    copy = held._replace(metrics=dict(held.metrics))
    told.kitchen(temperature=22, humidity=50)
    told.state.connection(0, up=False, detail="gone", now=told.now)
    assert copy == held._replace(metrics=dict(held.metrics))
    with pytest.raises(TypeError):
        held.metrics["temperature"] = held.metrics["temperature"]  # type: ignore[index]


def test_restored_state_is_a_plain_value() -> None:
    """A device that never had a metric can be restored too."""
    state = State(KINDS)
    state.restore([DeviceState("lamp.x", "lamp")])
    assert [DeviceState("lamp.x", "lamp")] == list(state.devices.values())
