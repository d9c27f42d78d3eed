"""The bridge as a whole: from the transports to frames, commands back, and down again."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import field_validator

from bridge.errors import CommandRefused, NotConnected
from bridge.frames import Frame
from bridge.ports import Batch, Connection, Store, Transport
from bridge.service import Bridge, Label, Plan
from bridge.state import DeviceState
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from schemas.catalog import shipped_kinds
from schemas.device import Device, kind_of
from schemas.message import RawMessage
from tests.servers import wait_until

KINDS = shipped_kinds()
ROOT = Path(__file__).parents[2]


class Wire:
    """A transport in the test's hands."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, int, bool]] = []
        self.deliver: Callable[[RawMessage], None] = print
        self.linked: Callable[[Connection], None] = print

    def start(
        self, deliver: Callable[[RawMessage], None], on_connection: Callable[[Connection], None]
    ) -> None:
        self.deliver, self.linked = deliver, on_connection

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        self.sent.append((topic, payload, qos, retain))

    def stop(self) -> None:
        pass


class UnreliableStore(MemoryStore):
    """Fails on the first so many commits."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures

    def commit(self, batch: Batch) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        super().commit(batch)


@contextmanager
def running(
    *transports: Transport, store: Store | None = None, labels: Mapping[str, Label] | None = None
) -> Iterator[Bridge]:
    """A bridge that is started, and stopped at the end."""
    bridge = Bridge(Plan(KINDS, transports, store or MemoryStore(), labels or {}))
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop()


def temperature(bridge: Bridge, device: str) -> object:
    """The last temperature of a thermostat, None before it."""
    state = bridge.devices.get(f"thermostat.{device}")
    return None if state is None else state.metrics["temperature"].value


def kitchen(degrees: float) -> tuple[str, dict[str, object]]:
    """Topic and payload of the kitchen's thermostat."""
    return "fleet/thermostat/kitchen/state", {"temperature": degrees}


# Nothing is lost.


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.text(max_size=8), st.sampled_from(["fleet/plug/a/state", "fleet/plug/a/set", "$SYS/x"])
            ),
            st.one_of(st.binary(max_size=8), st.sampled_from([b'{"on":true}', b'{"on":1}'])),
        ),
        max_size=40,
    )
)
def test_stop_takes_in_all_that_was_delivered(messages: list[tuple[str, bytes]]) -> None:
    """Whatever was submitted before the stop ends as readings, unclaimed, ignored or quarantined."""
    source, store = ThreadTransport(), MemoryStore()
    with running(source, store=store) as bridge:
        assert [True] * len(messages) == [source.submit(topic, payload) for topic, payload in messages]
    counts = bridge.counts
    refused = counts.quarantined.total()
    assert len(messages) == counts.received
    assert counts.received == counts.accepted + counts.unclaimed + counts.ignored + refused
    assert (refused, 0) == store.quarantine_counts()
    assert dict(bridge.devices) == {device.id: device for device in store.latest()}


def test_hardware_threads() -> None:
    """Eight threads submit at once: the last word of each of their devices is what is shown and stored."""
    source, store = ThreadTransport(), MemoryStore()
    threads, rounds = 8, 300
    together = threading.Barrier(threads)

    def work(number: int) -> None:
        together.wait()
        for n in range(rounds):
            source.submit(f"fleet/energy_meter/{number}/state", {"power": n, "energy": number})
            source.submit(f"shelf/{number}", str(n))

    with running(source, store=store) as bridge:
        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    for number in range(threads):
        meter = bridge.devices[f"energy_meter.{number}"].metrics
        shelf = bridge.devices[f"topic.shelf%2F{number}"].metrics
        found = (meter["power"].value, meter["energy"].value, shelf["value"].value)
        assert (rounds - 1, number, rounds - 1) == found
    assert (bridge.counts.received, bridge.status.inbox_dropped) == (threads * rounds * 2, 0)
    assert dict(bridge.devices) == {device.id: device for device in store.latest()}


def test_a_store_that_fails_for_a_while() -> None:
    """What the store refused at first is there at the end, refused messages too."""
    source, store = ThreadTransport(), UnreliableStore(failures=2)
    with running(source, store=store) as bridge:
        source.submit(*kitchen(21))
        source.submit("fleet/lamp/a/state", "{")
        wait_until(lambda: temperature(bridge, "kitchen") == 21, "the state")
    assert (["thermostat.kitchen"], (1, 0)) == ([d.id for d in store.latest()], store.quarantine_counts())


def test_a_store_that_never_works(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is shown all the same; stopping ends in time and says how much was not stored."""
    monkeypatch.setattr("bridge.service.STOP_WITHIN", 0.2)
    source = ThreadTransport()
    frames: list[Frame] = []
    with running(source, store=UnreliableStore(failures=10**9)) as bridge:
        bridge.listen(frames.append)
        source.submit(*kitchen(21))
        source.submit(*kitchen(900))
        wait_until(lambda: frames and bridge.counts.received == 2, "a frame")
    assert temperature(bridge, "kitchen") == 21
    assert "stopped with 2 messages, states and refusals that the store did not take" in caplog.text
    assert "ingest" not in [thread.name for thread in threading.enumerate()]


def test_a_kind_whose_model_raises() -> None:
    """A kind of a user's that fails on a message costs that message, which is kept, and nothing else."""

    class Grumpy(Device, topic="grumpy/{device}/state"):
        mood: int

        @field_validator("mood")
        @classmethod
        def refuse(cls, value: int) -> int:
            if value == 13:
                raise RuntimeError("made to fail")
            return value

    kinds = shipped_kinds()
    kinds.add(kind_of(Grumpy))
    source, store = ThreadTransport(), MemoryStore()
    bridge = Bridge(Plan(kinds, [source], store))
    bridge.start()
    for mood in (1, 13, 2):
        source.submit("grumpy/a/state", {"mood": mood})
    bridge.stop()
    assert bridge.devices["grumpy.a"].metrics["mood"].value == 2
    assert ["invalid_value"] == [entry.reason for entry in store.quarantined()]


# Listeners.


def test_frames_end_with_the_latest(caplog: pytest.LogCaptureFixture) -> None:
    """What a listener was shown last of each device is the state."""
    source = ThreadTransport()
    shown: dict[str, DeviceState] = {}
    sequences: list[int] = []

    def listen(frame: Frame) -> None:
        sequences.append(frame.sequence)
        shown.update({device.id: device for device in frame.devices})

    with running(source) as bridge:
        bridge.listen(listen)
        for n in range(200):
            source.submit(f"fleet/thermostat/{n % 3}/state", {"temperature": n / 10})
        wait_until(lambda: bridge.counts.received == 200 and shown == bridge.devices, "the last frame")
    assert list(range(1, len(sequences) + 1)) == sequences[: len(sequences)]
    assert caplog.records == []


def test_a_listener_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Its fault is logged; the other listeners and the store get everything."""
    source, store = ThreadTransport(), MemoryStore()
    heard: list[Frame] = []

    def fail(_frame: Frame) -> None:
        raise RuntimeError("made to fail")

    with running(source, store=store) as bridge:
        bridge.listen(fail)
        bridge.listen(heard.append)
        source.submit(*kitchen(21))
        wait_until(lambda: [frame for frame in heard if frame.devices], "the frame")
        source.submit(*kitchen(22))
        wait_until(lambda: temperature(bridge, "kitchen") == 22, "the second message")
    assert "made to fail" in caplog.text
    assert [22.0] == [device.metrics["temperature"].value for device in store.latest()]


# Connections and commands.


def test_the_broker_away_and_back() -> None:
    """Devices are unknown while the broker is away, and what they were before when it is back."""
    wire = Wire()
    with running(wire) as bridge:
        wire.linked(Connection(True, "mqtt://h"))
        wire.deliver(RawMessage("fleet/lamp/a/state", b'{"on":true}', 1.8e9))
        wait_until(lambda: bridge.devices and bridge.status.broker_up, "the lamp")
        wire.linked(Connection(False, "gone"))
        wait_until(lambda: not bridge.status.broker_up, "the loss")
        presence = bridge.devices["lamp.a"].presence
        assert (presence.availability, presence.reason) == ("unknown", "no connection to the broker: gone")
        wire.linked(Connection(True, "mqtt://h"))
        wait_until(lambda: bridge.status.broker_up, "the return")
        assert bridge.devices["lamp.a"].presence.availability == "online"
        assert bridge.devices["lamp.a"].metrics["on"].value is True


def test_commands_go_where_the_device_came_by() -> None:
    """A device of the second transport is commanded there, and its answer confirms the command."""
    broker, hardware = Wire(), ThreadTransport()
    heard: list[tuple[str, bytes]] = []

    def obey(topic: str, payload: bytes) -> None:
        heard.append((topic, payload))
        hardware.submit("fleet/lamp/wired/state", {"on": json.loads(payload)["on"]})

    hardware.on_command(obey)
    with running(broker, hardware) as bridge:
        broker.deliver(RawMessage("fleet/lamp/radio/state", b'{"on":false}', 1.8e9))
        hardware.submit("fleet/lamp/wired/state", {"on": False})
        wait_until(lambda: len(bridge.devices) == 2, "both lamps")
        bridge.command("lamp.wired", {"on": True}, by="ann")
        bridge.command("lamp.radio", {"on": True}, by="ann")
        wait_until(lambda: bridge.devices["lamp.wired"].metrics["on"].value is True, "the answer")
        assert dict(bridge.devices["lamp.wired"].commands) == {}
        wait_until(lambda: bridge.devices["lamp.radio"].commands, "the pending command")
        assert bridge.devices["lamp.radio"].commands["on"].status == "pending"
    assert heard == [("fleet/lamp/wired/set", b'{"on":true}')]
    assert broker.sent == [("fleet/lamp/radio/set", b'{"on":true}', 1, False)]


def test_a_command_that_nobody_takes() -> None:
    """It is refused at once to who asked, and shown as failed on the card."""
    source = ThreadTransport()
    with running(source) as bridge:
        source.submit("fleet/lamp/a/state", {"on": False})
        wait_until(lambda: bridge.devices, "the lamp")
        with pytest.raises(NotConnected, match="no thread takes commands"):
            bridge.command("lamp.a", {"on": True}, by="ann")
        wait_until(lambda: bridge.devices["lamp.a"].commands, "the note")
        assert bridge.devices["lamp.a"].commands["on"].status == "failed"


def test_commands_that_cannot_be() -> None:
    """A device that was never heard of, and a value that the kind does not take, are refused by name."""
    with running(ThreadTransport()) as bridge:
        with pytest.raises(NotConnected, match=r"lamp\.nobody has not been heard of"):
            bridge.command("lamp.nobody", {"on": True}, by="ann")
        with pytest.raises(CommandRefused, match="speed"):
            bridge.command("lamp.nobody", {"speed": 1}, by="ann")


def test_a_restored_device_of_a_transport_that_is_gone() -> None:
    """Commanding a device whose transport this run does not have is refused, not a fault."""
    store = MemoryStore()
    store.commit(Batch([DeviceState("lamp.a", "lamp", transport=1)]))
    with (
        running(ThreadTransport(), store=store) as bridge,
        pytest.raises(NotConnected, match=r"lamp\.a has not been heard of since the start"),
    ):
        bridge.command("lamp.a", {"on": True}, by="ann")


def test_publish_goes_to_the_broker() -> None:
    """A message of ours goes out by the first transport, as it was asked for."""
    broker = Wire()
    with running(broker, Wire()) as bridge:
        bridge.publish("a/b", b"x", qos=0, retain=True)
    assert broker.sent == [("a/b", b"x", 0, True)]


# What it tells.


def test_restored_at_the_start() -> None:
    """What the store remembers is shown before any message, marked as restored."""
    source, store = ThreadTransport(), MemoryStore()
    with running(source, store=store):
        source.submit(*kitchen(21))
    with running(ThreadTransport(), store=store) as bridge:
        metric = bridge.devices["thermostat.kitchen"].metrics["temperature"]
        assert (metric.value, metric.provenance) == (21.0, "restored")


def test_labels() -> None:
    """A device's own name is shown before the config's, and that before none."""
    labels = {"lamp.a": Label("Config A", "Hall"), "lamp.b": Label("Config B")}
    bridge = Bridge(Plan(KINDS, [], MemoryStore(), labels))
    found = [
        bridge.label(DeviceState("lamp.a", "lamp", name="Own")),
        bridge.label(DeviceState("lamp.b", "lamp", place="Own place")),
        bridge.label(DeviceState("lamp.c", "lamp")),
    ]
    assert [Label("Own", "Hall"), Label("Config B", "Own place"), Label()] == found


def test_quarantine_through_the_bridge() -> None:
    """Refused messages can be paged through, and counted."""
    source = ThreadTransport()
    with running(source) as bridge:
        for _ in range(3):
            source.submit("fleet/lamp/a/state", "{")
        wait_until(lambda: bridge.quarantine_counts() == (3, 0), "the refusals")
        assert [3, 2] == [entry.id for entry in bridge.quarantined(limit=2)]
        assert [1] == [entry.id for entry in bridge.quarantined(before=2)]


def test_stop_without_start() -> None:
    """A bridge that was never started can be stopped, so that cleaning up needs no question."""
    bridge = Bridge(Plan(KINDS, [ThreadTransport()], MemoryStore()))
    bridge.stop()
    assert dict(bridge.devices) == {}


WITHOUT_FLET = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("dashboard", "flet", "flet_web", "fastapi", "starlette", "uvicorn"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Refuse())

import bridge.settings, bridge.setup
from bridge.service import Bridge, Plan
from bridge.transports.thread import ThreadTransport

loaded = bridge.settings.load_settings(environment={})
kinds, broken = bridge.setup.load_kinds(loaded)
source = ThreadTransport()
running = Bridge(Plan(kinds, [source], bridge.setup.make_store(loaded)))
running.start()
source.submit("fleet/lamp/a/state", {"on": True})
running.stop()
print(broken, {name: dict(device.metrics)["on"].value for name, device in running.devices.items()})
"""


def test_the_bridge_needs_no_flet(tmp_path: Path) -> None:
    """Settings, kinds, store, transport and bridge work where neither Flet nor a web server is there."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_FLET],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[] {'lamp.a': True}\n", "")
