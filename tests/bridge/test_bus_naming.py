"""Names, retiring and forgetting over the bus: asked by a dashboard elsewhere, seen by all that follow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bridge.bus.codec import Entry, Header, pack_left, unpack_left
from bridge.bus.follower import Follower
from bridge.bus.picture import Picture, Snapshot
from bridge.config_file import ConfigFile
from bridge.errors import LabelRefused, SettingsError
from bridge.labels import Label
from bridge.ports import Selection
from bridge.state import Change, DeviceState
from tests.bridge import bus_world
from tests.bridge.bus_world import Speaker, address_of, following, heals, shows, speaking, until
from tests.servers import RedisServer, wait_until

server, client = bus_world.server, bus_world.client
HALL = "thermostat.hall"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The bridge's config file."""
    return tmp_path / "fleetglass.toml"


@pytest.fixture
def speaker(server: RedisServer, path: Path) -> Iterator[Speaker]:
    """A bridge that speaks, with a config file."""
    with speaking(address_of(server), config=path) as running:
        yield running


@pytest.fixture
def follower(server: RedisServer, speaker: Speaker) -> Iterator[Follower]:
    """A dashboard that hears it, and knows the thermostat in the hall."""
    with following(address_of(server)) as running:
        heals(running)
        speaker.say("hall", 20.0)
        shows(running, "hall", 20.0)
        yield running


def label(follower: Follower) -> Label:
    """What that dashboard shows of the hall."""
    return follower.label(follower.devices[HALL])


def test_a_name_reaches_every_dashboard(
    server: RedisServer, speaker: Speaker, follower: Follower, path: Path
) -> None:
    """Who asked, who follows and who comes later; they are told of the device, and the file has it."""
    with following(address_of(server)) as other:
        shows(other, "hall", 20.0)
        listening = other.broadcast.subscribe()
        follower.asker.relabel(HALL, name="Flur", place="Erdgeschoß")
        assert {HALL: Label("Flur", "Erdgeschoß")} == ConfigFile(path).labels()
        for each in (follower, other):
            until(each, lambda f: label(f) == Label("Flur", "Erdgeschoß"), "the name")
        frame = listening.take(timeout=20.0)
        assert frame is not None
        assert [HALL] == [device.id for device in frame.devices]
        follower.asker.retire(HALL, retired=True)
        until(other, lambda f: label(f).retired, "it to be retired")
    with following(address_of(server)) as late:
        shows(late, "hall", 20.0)
        assert Label("Flur", "Erdgeschoß", retired=True) == label(late)


def test_what_is_refused_is_told(follower: Follower, path: Path) -> None:
    """In the bridge's own words, whether the name or the file is at fault."""
    with pytest.raises(LabelRefused, match="place: expected one line"):
        follower.asker.relabel(HALL, name=None, place="a\nb")
    path.write_text("[nothing]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="unknown section"):
        follower.asker.relabel(HALL, name="Flur", place=None)


def test_a_forgotten_device_leaves_every_dashboard(
    server: RedisServer, client: Redis, speaker: Speaker, follower: Follower
) -> None:
    """The states on the bus too; who listens is told that it is gone; it may come again at once."""
    speaker.say("attic", 5.0)
    shows(follower, "attic", 5.0)
    listening = follower.broadcast.subscribe()
    follower.asker.forget(HALL, history=True, retained=False)
    until(follower, lambda f: HALL not in f.devices, "it to be gone")
    assert ["thermostat.attic"] == list(follower.devices)
    frame = listening.take(timeout=20.0)
    assert (True, (HALL,)) == (frame is not None, tuple(listening.gone))
    assert [b"thermostat.attic"] == client.hkeys("fleetglass:devices")
    assert 0 == speaker.store.count(Selection(HALL))
    with following(address_of(server)) as late:
        shows(late, "attic", 5.0)
        assert ["thermostat.attic"] == list(late.devices)
    speaker.say("hall", 21.0)
    shows(follower, "hall", 21.0)
    wait_until(lambda: client.hlen("fleetglass:devices") == 2, "both on the bus")


def test_who_was_away_meanwhile_has_the_names(server: RedisServer, speaker: Speaker) -> None:
    """A dashboard that takes the whole picture again is told of devices whose names alone have changed."""
    with following(address_of(server)) as follower:
        speaker.say("hall", 20.0)
        shows(follower, "hall", 20.0)
        listening = follower.broadcast.subscribe()
        server.kill()
        until(follower, lambda f: not f.link.bridge_up, "the bus to be away")
        speaker.bridge.relabel(HALL, name="Flur", place=None)
        server.start()
        heals(follower)
        until(follower, lambda f: label(f) == Label("Flur"), "the name")
        assert listening.take(timeout=20.0) is not None


def test_who_left_comes_out_as_it_went_in() -> None:
    """Ids of any letters."""
    ids = ["plug.a", "plug.ü", "a.\udc80"]
    assert ids == list(unpack_left(pack_left(ids)))


def plug(name: str, sequence: int) -> Entry:
    """A plug as it is on the bus."""
    return Entry(Change(DeviceState(name, "plug")), (1, sequence))


def test_names_that_a_picture_brings_are_told() -> None:
    """Of a device of which nothing else is news, whether it was written again or not."""
    picture = Picture()
    entries = {"plug.a": plug("plug.a", 1), "plug.b": plug("plug.b", 1)}
    picture.snapshot(Snapshot(Header(1, "run", 1, 1), entries))
    labels = {"plug.a": Label("A")}
    changes = picture.snapshot(Snapshot(Header(1, "run", 2, 1), entries, labels))
    assert ["plug.a"] == [change.device.id for change in changes or ()]
    labels = {"plug.b": Label("B"), "plug.a": Label("A")}
    again = {name: plug(name, 2) for name in entries}
    changes = picture.snapshot(Snapshot(Header(1, "run", 3, 2), again, labels))
    assert ["plug.b"] == [change.device.id for change in changes or ()]
    assert [] == picture.snapshot(Snapshot(Header(1, "run", 4, 2), again, labels))


def test_who_leaves_and_comes_in_one_entry_is_there() -> None:
    """It is forgotten first; labels that an entry does not bring stay."""
    picture = Picture()
    entries = {name: plug(name, 1) for name in ("plug.a", "plug.b")}
    picture.snapshot(Snapshot(Header(1, "run", 1, 1), entries, {"plug.a": Label("A")}))
    changes = picture.entry(Header(1, "run", 2, 2), [plug("plug.a", 2)], ["plug.a", "plug.b"])
    assert (["plug.a"], ["plug.a"]) == ([change.device.id for change in changes], list(picture.devices))
    assert {"plug.a": Label("A")} == picture.labels
