"""The bridge as a whole: from the transports to frames, commands back, and down again."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import field_validator

from bridge.errors import CommandRefused, NotConnected
from bridge.frames import Frame
from bridge.inbox import MARK_ITEMS
from bridge.labels import Label
from bridge.ports import (
    AFRESH,
    Batch,
    Connection,
    QuarantineCounts,
    Receipt,
    Selection,
    Sought,
    Store,
    Transport,
)
from bridge.receipts import digest_of
from bridge.service import Bridge, Plan
from bridge.state import DeviceState
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from schemas.catalog import shipped_kinds
from schemas.device import Device, kind_of
from schemas.message import RawMessage
from tests.bridge.shelf import Shelf, Wire
from tests.servers import wait_until

KINDS = shipped_kinds()
ROOT = Path(__file__).parents[2]


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
    assert refused == store.quarantine_counts().kept
    assert set(bridge.devices) == {device.id for device in store.latest()}


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
    assert bridge.counts.received == threads * rounds * 2
    assert store.count(Selection()) == threads * rounds * 3
    assert set(bridge.devices) == {device.id for device in store.latest()}


def test_a_thread_that_submits_until_the_end() -> None:
    """All that a hardware thread was told to be taken is kept, even what came while the bridge stopped."""
    source, store = ThreadTransport(), MemoryStore()
    taken: list[int] = []
    pause = threading.Event()

    def work() -> None:
        number = 0
        while source.submit("shelf/odd", str(number)):
            taken.append(number)
            number += 1
            pause.wait(0.0001)

    with running(source, store=store) as bridge:
        worker = threading.Thread(target=work)
        worker.start()
        wait_until(lambda: bridge.counts.received > 100, "some messages")
    worker.join()
    assert (bridge.counts.received, bridge.status.waiting) == (len(taken), 0)


def message(packet_id: int, topic: str = "fleet/plug/a/state", payload: bytes = b'{"on":true}') -> RawMessage:
    """A message at QoS 1 as a broker's transport delivers it."""
    return RawMessage(topic, payload, 1.8e9 + packet_id, qos=1, packet_id=packet_id, connection=1)


def test_acknowledged_once_it_is_kept() -> None:
    """Whatever a message is, it is acknowledged in the order of receipt, after the commit, at a stop too."""
    wire, store = Wire(), Shelf(room=0)
    messages = [
        message(1),
        message(2, payload=b"{"),
        message(3, "fleet/plug/a/set"),
        message(4, "fleet/plug/a/availability", b"online"),
        message(5, "shelf/odd", b"1"),
        message(1)._replace(dup=True, received_at=1.9e9),
    ]
    with running(wire, store=store) as bridge:
        assert wire.deliver(messages) is True
        wait_until(lambda: bridge.counts.received == 6 and bridge.status.store_fault, "the fault")
        assert (wire.acknowledged, bridge.status.waiting) == ([], 6)
        store.room = None
    assert wire.acknowledged == [(1, packet_id) for packet_id in (1, 2, 3, 4, 5, 1)]
    assert (store.count(Selection()), store.quarantine_counts().kept) == (2, 1)
    assert bridge.status.waiting == 0


def test_a_store_that_fails_for_a_while() -> None:
    """What the store refused at first is there at the end, refused messages too."""
    source, store = ThreadTransport(), Shelf(room=0)
    with running(source, store=store) as bridge:
        source.submit(*kitchen(21))
        source.submit("fleet/lamp/a/state", "{")
        wait_until(lambda: temperature(bridge, "kitchen") == 21 and store.asked, "the state")
        store.room = None
    assert ["thermostat.kitchen"] == [device.id for device in store.latest()]
    assert (store.values("thermostat.kitchen", "temperature"), store.quarantine_counts().kept) == ([21.0], 1)


def test_a_store_that_never_works(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is shown all the same; stopping ends, says how much was not stored, acknowledges none."""
    monkeypatch.setattr("bridge.service.STOP_WITHIN", 0.2)
    wire = Wire()
    frames: list[Frame] = []
    with running(wire, store=Shelf(room=0)) as bridge:
        bridge.listen(frames.append)
        wire.deliver([message(1), message(2, payload=b"{")])
        wait_until(lambda: frames and bridge.counts.received == 2, "a frame")
    assert bridge.devices["plug.a"].metrics["on"].value is True
    assert "stopped with 2 messages that the store did not take" in caplog.text
    assert not {"ingest", "keeper"} & {thread.name for thread in threading.enumerate()}
    assert (wire.acknowledged, wire.stopped) == ([], True)


def test_what_was_not_read_at_the_end_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the reading hangs, stopping ends all the same, says how much is not kept, acknowledges none."""
    monkeypatch.setattr("bridge.service.STOP_WITHIN", 0.2)
    wire, hangs, goes_on = Wire(), threading.Event(), threading.Event()

    def listen(frame: Frame) -> None:
        if frame.devices:
            hangs.set()
            goes_on.wait(60)

    bridge = Bridge(Plan(KINDS, [wire], MemoryStore()))
    bridge.listen(listen)
    bridge.start()
    wire.deliver([message(1)])
    assert hangs.wait(60)
    wire.deliver([message(2), message(3)])
    bridge.stop()
    told = [record.getMessage() for record in caplog.records]
    goes_on.set()
    wait_until(lambda: "ingest" not in {thread.name for thread in threading.enumerate()}, "the thread's end")
    assert ["stopped with 3 messages that the store did not take, 2 of them unread"] == [
        text.partition(";")[0] for text in told
    ]
    assert (wire.acknowledged, wire.stopped) == ([], True)


def test_a_storm() -> None:
    """Above the mark all is taken, the transport is asked to stop, and told to go on once it is low."""
    wire, hardware, store = Wire(), Wire(), Shelf(room=0)
    with running(wire, hardware, store=store) as bridge:
        rooms = [
            wire.deliver([message(n, "shelf/odd", b"%d" % n) for n in range(first, first + 6_000)])
            for first in range(1, 30_000, 6_000)
        ]
        assert rooms == [6_000 * (n + 1) <= MARK_ITEMS for n in range(5)]
        wait_until(lambda: bridge.counts.received == 30_000, "all of them")
        assert (wire.resumed, bridge.status.paused, bridge.status.waiting) == (0, True, 30_000)
        store.room = None
        wait_until(lambda: bridge.counts.stored == 30_000, "the commit")
        assert (wire.resumed, hardware.resumed, bridge.status.paused) == (1, 1, False)
    assert [packet_id for _, packet_id in wire.acknowledged] == list(range(1, 30_001))


def test_a_transport_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """One that cannot be resumed or stopped keeps neither the others nor the bridge from it."""

    class Torn(Wire):
        def resume(self) -> None:
            raise RuntimeError("made to fail")

        def stop(self) -> None:
            raise RuntimeError("made to fail")

    wire = Wire()
    with running(Torn(), wire) as bridge:
        wire.deliver([message(n, "shelf/odd", b"1") for n in range(1, 20_002)])
        wait_until(lambda: bridge.status.waiting == 0, "the commit")
    assert (wire.resumed, wire.stopped) == (1, True)
    assert "made to fail" in caplog.text


def test_a_backup_is_put_in_place_between_two_commits(tmp_path: Path) -> None:
    """What comes later goes to it, and its receipts, which are of long ago, mean nothing."""

    class Restored(Shelf):
        def restore(self, source: Path) -> None:
            self.on_commit = lambda: threads.append(threading.current_thread().name)
            super().commit(Batch(receipts=[Receipt(1, digest_of(message(1)))]))

    threads: list[str] = []
    wire, store = Wire(), Restored()
    with running(wire, store=store) as bridge:
        bridge.restore(tmp_path / "backup.db")
        assert list(store.receipts())[-1] == AFRESH
        wire.deliver([message(2)])
    assert set(threads) == {"keeper"}
    after = Wire()
    with running(after, store=store):
        after.deliver([message(1)._replace(dup=True)])
    assert store.values("plug.a", "on") == [True, True]


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
    assert ["invalid_value"] == [entry.reason for entry in store.quarantined(Sought())]


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
        wire.deliver([RawMessage("fleet/lamp/a/state", b'{"on":true}', 1.8e9)])
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
        broker.deliver([RawMessage("fleet/lamp/radio/state", b'{"on":false}', 1.8e9)])
        hardware.submit("fleet/lamp/wired/state", {"on": False})
        wait_until(lambda: len(bridge.devices) == 2, "both lamps")
        bridge.command("lamp.wired", {"on": True}, by="ann")
        bridge.command("lamp.radio", {"on": True}, by="ann")
        wait_until(lambda: bridge.devices["lamp.wired"].metrics["on"].value is True, "the answer")
        assert bridge.devices["lamp.wired"].commands["on"].status == "confirmed"
        wait_until(lambda: bridge.devices["lamp.radio"].commands, "the pending command")
        assert bridge.devices["lamp.radio"].commands["on"].status == "pending"
    assert heard == [("fleet/lamp/wired/set", b'{"on":true}')]
    assert broker.sent == [("fleet/lamp/radio/set", b'{"on":true}', 1, False)]


def test_a_command_that_nobody_takes() -> None:
    """It is refused at once to who asked, and shown as not sent on the card."""
    source = ThreadTransport()
    with running(source) as bridge:
        source.submit("fleet/lamp/a/state", {"on": False})
        wait_until(lambda: bridge.devices, "the lamp")
        with pytest.raises(NotConnected, match="no thread takes commands"):
            bridge.command("lamp.a", {"on": True}, by="ann")
        wait_until(lambda: bridge.devices["lamp.a"].commands, "the note")
        assert bridge.devices["lamp.a"].commands["on"].status == "not_sent"


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
    store.commit(Batch(devices=[DeviceState("lamp.a", "lamp", transport=1)]))
    with (
        running(ThreadTransport(), store=store) as bridge,
        pytest.raises(NotConnected, match=r"lamp\.a has not been heard of since the start"),
    ):
        bridge.command("lamp.a", {"on": True}, by="ann")


def test_publish_goes_to_the_broker() -> None:
    """A message of ours goes out by the first transport, as it was asked for."""
    broker = Wire()
    with running(broker, Wire()) as bridge:
        bridge.publish("a/b", b"x", by="test", qos=0, retain=True)
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
    """A device's own name is shown before the config's, but where this overrides it, and that before none."""
    labels = {
        "lamp.a": Label("Config A", "Hall"),
        "lamp.b": Label("Config B"),
        "lamp.d": Label("Config D", override=True),
    }
    bridge = Bridge(Plan(KINDS, [], MemoryStore(), labels))
    found = [
        bridge.label(DeviceState("lamp.a", "lamp", name="Own")),
        bridge.label(DeviceState("lamp.b", "lamp", place="Own place")),
        bridge.label(DeviceState("lamp.c", "lamp")),
        bridge.label(DeviceState("lamp.d", "lamp", name="Own", place="Own place")),
    ]
    assert [
        Label("Own", "Hall", own_name="Own"),
        Label("Config B", "Own place", own_place="Own place"),
        Label(),
        Label("Config D", "Own place", override=True, own_name="Own", own_place="Own place"),
    ] == found


def test_quarantine_through_the_bridge() -> None:
    """Refused messages can be paged through, and counted."""
    source = ThreadTransport()
    with running(source) as bridge:
        for _ in range(3):
            source.submit("fleet/lamp/a/state", "{")
        wait_until(
            lambda: bridge.quarantine_counts() == QuarantineCounts(3, 3, 0, {"invalid_json": 3}),
            "the refusals",
        )
        assert [3, 2] == [entry.id for entry in bridge.quarantined(Sought(limit=2))]
        assert [1] == [entry.id for entry in bridge.quarantined(Sought(before=2))]


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
store = bridge.setup.make_store(loaded)
store.open()
running = Bridge(Plan(kinds, [source], store))
running.start()
source.submit("fleet/lamp/a/state", {"on": True})
running.stop()
store.close()
print(broken, {name: dict(device.metrics)["on"].value for name, device in running.devices.items()})
"""


def test_the_bridge_needs_no_flet(tmp_path: Path) -> None:
    """Settings, kinds, store, transport and bridge work where neither Flet nor a web server is there."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_FLET],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[] {'lamp.a': True}\n", "")
