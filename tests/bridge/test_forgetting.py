"""A forgotten device is gone everywhere and stays so; when it speaks again it is a new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.commands import CommandSent
from bridge.config_file import ConfigFile
from bridge.errors import FleetglassError, NotConnected
from bridge.forgetting import retained_topics
from bridge.frames import GAP_UNDER_LOAD
from bridge.inbox import Forget
from bridge.labels import Label
from bridge.ports import Selection, Store
from bridge.retention import StoreOptions
from bridge.service import Bridge, Plan
from bridge.state import DeviceState
from bridge.stores import store_for
from bridge.transports.thread import ThreadTransport
from schemas.catalog import shipped_kinds
from tests.bridge.flow import Flow
from tests.servers import wait_until
from tests.stores import URLS

KINDS = shipped_kinds()
PLUG = "fleet/plug/a/state"
ON, OFF = b'{"on": true}', b'{"on": false}'
BELL = "door/bell"


# In the flow.


def forget(flow: Flow, device_id: str, *, history: bool = False, cleared: bool = False) -> list[str]:
    """Ask for it among what waits; the log of when it was done."""
    done: list[str] = []
    flow.inbox.put(Forget(device_id, history, cleared, lambda: done.append(device_id)))
    return done


def test_it_leaves_in_its_place_among_the_messages() -> None:
    """What was said before it goes with it, what is said after it is of a new device, in one round too."""
    flow = Flow()
    flow.say(PLUG, ON)
    flow.put(PLUG, b'{"on": true, "power": 5}')
    done = forget(flow, "plug.a")
    flow.put(PLUG, OFF)
    flow.step(GAP_UNDER_LOAD)
    assert ["plug.a"] == done
    assert ["on"] == list(flow.state.devices["plug.a"].metrics)
    assert (["plug.a"], ["plug.a"]) == (
        [device.id for device in flow.frames[-1].left], [device.id for device in flow.frames[-1].devices]
    )  # fmt: skip
    assert [True, True, False] == flow.store.values("plug.a", "on")
    flow.step(1.0)
    (kept,) = flow.store.latest()
    assert ["on"] == list(kept.metrics)


def test_nothing_of_it_is_told_or_kept_any_more() -> None:
    """A change that waited for its frame, and a state that waited for its commit, go too."""
    flow = Flow()
    flow.say(PLUG, ON)
    flow.put(PLUG, OFF)
    flow.step()
    forget(flow, "plug.a")
    before = len(flow.frames)
    flow.step(GAP_UNDER_LOAD)
    flow.step(1.0)
    told = [device.id for frame in flow.frames[before:] for device in frame.devices]
    assert ([], []) == (told, list(flow.store.latest()))
    assert {} == flow.state.devices


def test_its_own_numbers_begin_anew() -> None:
    """A word that it said before is news again."""
    flow = Flow()
    flow.say(PLUG, b'{"on": true, "sequence": 7}')
    forget(flow, "plug.a")
    flow.step(GAP_UNDER_LOAD)
    flow.say(PLUG, b'{"on": true, "sequence": 7}')
    assert (["plug.a"], 0) == (list(flow.state.devices), flow.ingest.counts.repeated)


def test_a_store_that_fails_forgets_it_when_it_works_again() -> None:
    """In its place: what came before and after it is kept as well."""
    flow = Flow()
    flow.say(PLUG, ON)
    flow.store.room = 0
    done = forget(flow, "plug.a", history=True)
    flow.say(PLUG, OFF)
    assert [] == done
    flow.store.room = None
    flow.step()
    assert (["plug.a"], [False]) == (done, flow.store.values("plug.a", "on"))


@pytest.mark.parametrize("history", [False, True], ids=["history stays", "history goes"])
def test_an_open_command_ends_with_it(*, history: bool) -> None:
    """It is not shown of the device that comes back, and ends as forgotten, or nothing is known of it."""
    flow = Flow()
    flow.say(PLUG, ON)
    flow.inbox.put(CommandSent("plug.a", {"on": False}, "Ada", "1f00", 1.8e9))
    flow.step(GAP_UNDER_LOAD)
    assert flow.state.devices["plug.a"].commands
    forget(flow, "plug.a", history=history)
    flow.step(GAP_UNDER_LOAD)
    flow.say(PLUG, ON)
    assert not flow.state.devices["plug.a"].commands
    flow.step(100.0)
    found = [(record.ended, record.note) for record in flow.store.commanded("plug.a")]
    assert ([] if history else [("timed_out", "the device was forgotten before it answered")]) == found
    assert len(found) == len(flow.state.ledger.recent)


# An empty message.


def test_clearing_changes_nothing_and_is_counted() -> None:
    """Of a state or an availability, whoever clears it: no refusal, no change, ignored and acknowledged."""
    flow = Flow()
    flow.say(PLUG, ON)
    flow.say("fleet/plug/a/availability", b"online")
    before = flow.state.devices["plug.a"]
    for number, topic in enumerate((PLUG, "fleet/plug/a/availability", "fleet/plug/unknown/state"), 1):
        flow.say(topic, b"", qos=1, packet_id=number)
    assert {"plug.a": before} == flow.state.devices
    assert (3, 0) == (flow.ingest.counts.ignored, flow.store.quarantine_counts().kept)
    assert [(0, 0, 1), (0, 0, 2), (0, 0, 3)] == flow.acknowledged


def test_clearing_an_unclaimed_topic() -> None:
    """Where something was said before it is a clearing, and the echo of our own does not bring it back."""
    flow = Flow()
    flow.say("somewhere", b"21.5")
    flow.say("somewhere", b"")
    assert b"21.5" == flow.state.devices["topic.somewhere"].last_payload
    forget(flow, "topic.somewhere", cleared=True)
    flow.step(GAP_UNDER_LOAD)
    flow.say("somewhere", b"")
    assert ({}, 2) == (flow.state.devices, flow.ingest.counts.ignored)
    flow.say("somewhere", b"22")
    assert ["topic.somewhere"] == list(flow.state.devices)


def test_a_bell_that_says_nothing_rings() -> None:
    """On a topic on which nothing else was said an empty message is what is said, and kept."""
    flow = Flow()
    flow.say(BELL, b"")
    flow.say(BELL, b"")
    assert (["topic.door%2Fbell"], 2) == (list(flow.state.devices), flow.ingest.counts.unclaimed)
    assert 0 == flow.ingest.counts.ignored


# In a running bridge, with every store.


def open_store(scheme: str, folder: Path) -> Store:
    """A store of a scheme in a folder."""
    store = store_for(URLS[scheme], StoreOptions(folder))
    store.open()
    return store


@contextmanager
def running(store: Store, source: ThreadTransport, config: Path | None = None) -> Iterator[Bridge]:
    """A bridge, ended at the end."""
    file = None if config is None else ConfigFile(config)
    bridge = Bridge(Plan(KINDS, [source], store, {}, config=file))
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop()


def heard(bridge: Bridge, source: ThreadTransport, topic: str = PLUG, payload: bytes = ON) -> None:
    """A message is taken in and kept."""
    before = bridge.counts.received
    assert source.submit(topic, payload)
    wait_until(lambda: bridge.counts.received > before, "the message")
    wait_until(lambda: bridge.status.waiting == 0, "it to be kept")


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("scheme", URLS)
def test_it_stays_forgotten_after_a_restart(scheme: str, tmp_path: Path, *, history: bool) -> None:
    """With its history or without; the other devices stay, and it may come again."""
    store = open_store(scheme, tmp_path)
    source = ThreadTransport()
    with running(store, source) as bridge:
        heard(bridge, source)
        heard(bridge, source, "fleet/plug/b/state")
        listening = bridge.broadcast.subscribe()
        bridge.forget("plug.a", history=history, retained=False)
        # What a power cut right now would leave.
        assert ["plug.b"] == [device.id for device in store.latest()]
        assert ["plug.b"] == list(bridge.devices)
        wait_until(lambda: listening.take() is not None and listening.gone == ("plug.a",), "its departure")
    again = ThreadTransport()
    with running(store, again) as bridge:
        assert ["plug.b"] == list(bridge.devices)
        assert (0 if history else 1) == store.count(Selection("plug.a"))
        heard(bridge, again, payload=OFF)
        assert ["plug.a", "plug.b"] == sorted(bridge.devices)
        assert (1 if history else 2) == store.count(Selection("plug.a"))
    assert ["plug.a", "plug.b"] == sorted(device.id for device in store.latest())
    store.close()


def test_the_broker_is_asked_to_forget_it_too(tmp_path: Path) -> None:
    """By empty messages on the topics of its state and its availability, and retired it is no more."""
    store, source = open_store("memory", tmp_path), ThreadTransport()
    config = tmp_path / "fleetglass.toml"
    sent: list[tuple[str, bytes]] = []
    source.on_command(lambda topic, payload: sent.append((topic, payload)))
    with running(store, source, config) as bridge:
        heard(bridge, source)
        bridge.relabel("plug.a", name="Plug", place=None)
        bridge.retire("plug.a", retired=True)
        bridge.forget("plug.a", history=False, retained=True)
        assert [(PLUG, b""), ("fleet/plug/a/availability", b"")] == sent
        assert {"plug.a": Label("Plug")} == bridge.labels == ConfigFile(config).labels()


def test_nothing_is_forgotten_while_the_broker_is_away(tmp_path: Path) -> None:
    """Where it should forget too: the person is told, and everything is as it was."""
    store, source = open_store("memory", tmp_path), ThreadTransport()
    with running(store, source) as bridge:
        heard(bridge, source)
    with running(store, ThreadTransport()) as bridge:
        # It was restored, and no transport of this run takes a command.
        with pytest.raises(NotConnected):
            bridge.forget("plug.a", history=True, retained=True)
        assert (["plug.a"], 1) == (list(bridge.devices), store.count(Selection("plug.a")))


def test_a_store_that_does_not_take_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After a while, with the store's own reason; it is gone from the screens all the same."""
    monkeypatch.setattr("bridge.service.FORGOTTEN_WITHIN", 1.0)
    flow = Flow()
    source = ThreadTransport()
    with running(flow.store, source) as bridge:
        heard(bridge, source)
        flow.store.room = 0
        with pytest.raises(
            FleetglassError, match=r"plug\.a is forgotten as soon as the store takes it: the disk is full"
        ):
            bridge.forget("plug.a", history=False, retained=False)
        assert {} == bridge.devices
        flow.store.room = None
    assert [] == list(flow.store.latest())


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (DeviceState("lamp.a", "lamp"), ["fleet/lamp/a/state", "fleet/lamp/a/availability"]),
        (DeviceState("topic.x%2Fy", "unclaimed", last_topic="x/y"), ["x/y"]),
        (DeviceState("lamp.a/b", "lamp", last_topic="old/a/b"), ["old/a/b"]),
        (DeviceState("gone.a", "gone"), []),
    ],
    ids=["of a kind", "unclaimed", "of a kind that has changed", "of a kind that is not there"],
)
def test_where_something_may_be_retained(device: DeviceState, expected: list[str]) -> None:
    """State and availability of a kind; else where it was heard last."""
    assert expected == list(retained_topics(KINDS, device))
