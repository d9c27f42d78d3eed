"""A dashboard asks the bridge over the bus: in time, once, or not at all."""

import threading
from collections.abc import Iterator

import pytest
from redis import Redis

from bridge.bus import answers
from bridge.bus.answers import pack_request
from bridge.bus.asking import Asker
from bridge.bus.follower import Follower
from bridge.bus.requests import GROUP
from bridge.errors import BusAway, CommandRefused, FleetglassError, NotConnected, StoreError
from bridge.ports import QuarantineCounts, Sought, StoreFacts
from bridge.simulate.pictures import png
from bridge.stores.memory import MemoryStore
from schemas.picture import picture_of
from tests.bridge import bus_world
from tests.bridge.bus_world import Speaker, address_of, following, heals, shows, speaking, until
from tests.servers import RedisServer, wait_until

server, client = bus_world.server, bus_world.client
ASKED = "fleetglass:asked"


@pytest.fixture
def speaker(server: RedisServer) -> Iterator[Speaker]:
    """A bridge that speaks; its devices' commands are noted in `commands`."""
    with speaking(address_of(server)) as running:
        yield running


@pytest.fixture
def follower(server: RedisServer, speaker: Speaker) -> Iterator[Follower]:
    """A dashboard that hears it."""
    with following(address_of(server)) as running:
        heals(running)
        yield running


@pytest.fixture
def sent(speaker: Speaker) -> list[bytes]:
    """The commands that reached the devices."""
    commands: list[bytes] = []
    speaker.transport.on_command(lambda topic, payload: commands.append(payload))
    return commands


def plug(speaker: Speaker, follower: Follower) -> None:
    """A plug that is known."""
    assert speaker.transport.submit("fleet/plug/a/state", {"on": False})
    until(follower, lambda f: "plug.a" in f.devices, "the plug")


def test_a_command_reaches_the_device_once(speaker: Speaker, follower: Follower, sent: list[bytes]) -> None:
    """It is sent once, shown as pending in the name of who asked, and confirmed."""
    plug(speaker, follower)
    number = follower.asker.command("plug.a", {"on": True}, by="Ada")
    assert [b'{"on":true}'] == [payload.replace(b" ", b"") for payload in sent]
    until(follower, lambda f: f.devices["plug.a"].commands, "the command to be shown")
    assert "Ada" == follower.devices["plug.a"].commands["on"].by
    speaker.transport.submit("fleet/plug/a/state", {"on": True})
    confirmed = "the confirmation"
    until(follower, lambda f: f.devices["plug.a"].commands["on"].status == "confirmed", confirmed)
    wait_until(lambda: speaker.bridge.commanded(None)[0].ended == "confirmed", "the end")
    assert [number] == [record.id for record in follower.asker.commanded("plug.a")]
    assert list(speaker.bridge.commanded(None)) == list(follower.asker.commanded(None, limit=5))
    assert [] == list(follower.asker.commanded("plug.b"))


def test_when_a_device_came_and_went_can_be_asked(speaker: Speaker, follower: Follower) -> None:
    """As the bridge has it kept, newest first; of one that nobody knows there is nothing."""
    plug(speaker, follower)
    wait_until(lambda: speaker.bridge.heard("plug.a"), "the store to have it")
    assert list(speaker.bridge.heard("plug.a")) == list(follower.asker.heard("plug.a", limit=5))
    assert ("plug.a", "online") == follower.asker.heard("plug.a")[0][::2]
    assert [] == list(follower.asker.heard("plug.b"))


def test_refusals_come_as_themselves(speaker: Speaker, follower: Follower) -> None:
    """What the bridge raises for a person is raised here, with its words."""
    plug(speaker, follower)
    for ask, kind in (
        (lambda house: house.command("plug.a", {"nonsense": 1}, by="Ada"), CommandRefused),
        (lambda house: house.command("plug.unheard", {"on": True}, by="Ada"), NotConnected),
        (lambda house: house.history("plug.a", "nonsense", 0.0, 1.0, 10), LookupError),
    ):
        with pytest.raises(kind) as here:
            ask(follower.asker)
        with pytest.raises(kind) as there:
            ask(speaker.bridge)
        assert (type(there.value), str(there.value)) == (type(here.value), str(here.value))


def test_all_answers_are_the_bridges(speaker: Speaker, follower: Follower) -> None:
    """History, quarantine, its counts, replay and the facts are what the bridge itself says."""
    speaker.say("a", 20.0)
    speaker.transport.submit("fleet/thermostat/b/state", b"not json")
    shows(follower, "a", 20.0)
    bridge, asker = speaker.bridge, follower.asker
    wait_until(lambda: bridge.quarantine_counts().kept == 1, "the refusal to be kept")
    wait_until(lambda: bridge.history("thermostat.a", "temperature", 0, 4e9, 10)[1].points, "the history")
    assert bridge.history("thermostat.a", "temperature", 0, 4e9, 10)[0] == "°C"
    asked = ("thermostat.a", "temperature", 0.0, 4e9, 10)
    expected, found = bridge.history(*asked), asker.history(*asked)
    assert (expected[0], list(expected[1].points), expected[1].step, tuple(expected[1].other_units)) == (
        found[0], list(found[1].points), found[1].step, tuple(found[1].other_units),
    )  # fmt: skip
    assert list(bridge.quarantined(Sought())) == list(asker.quarantined(Sought()))
    assert [] == list(asker.quarantined(Sought(reason="other")))
    assert isinstance(asker.quarantine_counts(), QuarantineCounts)
    assert bridge.quarantine_counts() == asker.quarantine_counts()
    groups = asker.quarantine_groups(None)
    assert ["fleet/thermostat/+/state"] == [group.topic for group in groups.groups]
    assert bridge.quarantine_groups() == groups
    assert not asker.quarantine_groups("other").groups
    assert 1 == asker.replay(dry_run=True).tried
    assert bridge.replay(dry_run=True) == asker.replay(dry_run=True)
    assert bridge.facts() == asker.facts()


def test_a_picture_is_fetched_as_it_came(speaker: Speaker, follower: Follower) -> None:
    """The state tells of it; its bytes are those that the device sent, and another's are none."""
    picture = picture_of(png(64, 48, bytes(range(65)) * 48), 10_000)
    assert speaker.transport.submit("fleet/camera/a/image", picture.data)
    until(follower, lambda f: "camera.a" in f.devices, "the camera")
    assert picture.words == follower.devices["camera.a"].metrics["image"].value
    assert picture == follower.asker.picture("camera.a", "image")
    assert follower.asker.picture("camera.b", "image") is None


def test_topics_are_explored_from_afar(speaker: Speaker, follower: Follower, sent: list[bytes]) -> None:
    """The tree, a topic, a search, samples and a first model are the bridge's own; so are its refusals."""
    for number in range(3):
        speaker.transport.submit("attic/rain/north/state", {"rain_mm": number + 0.5, "note": {"deep": [1]}})
    speaker.transport.submit("attic/rain", b"\xff", retained=True)
    bridge, asker = speaker.bridge, follower.asker
    wait_until(lambda: bridge.topic("attic/rain") is not None, "the topics")
    level = asker.topics("", 10)
    assert [("attic", 4, 2, True)] == [(b.name, b.total, b.topics, b.retained) for b in level.branches]
    below = asker.topics("attic", 10)
    assert bridge.topics("attic", limit=10) == below
    assert below.branches[0].entry is not None
    found, here = asker.topic("attic/rain/north/state"), bridge.topic("attic/rain/north/state")
    assert found is not None
    assert here is not None
    assert here._replace(rate=0.0) == found._replace(rate=0.0)
    assert asker.topic("nowhere") is None
    assert ["attic/rain/north/state"] == [each.topic for each in asker.find_topics("NORTH", 5)]
    device_id = here.device_id
    assert (3, list(bridge.samples(device_id))) == (3, list(asker.samples(device_id, 50)))
    assert bridge.suggestion(here.topic) == asker.suggestion(here.topic)
    asker.publish("attic/rain/north/set", b"\xff\x00", by="Ada", qos=2, retain=False)
    assert [b"\xff\x00"] == sent
    for ask, kind in (
        (lambda: asker.publish("a/#", b"", by="Ada", qos=1, retain=False), CommandRefused),
        (lambda: asker.suggestion("fleet/plug/a/state"), CommandRefused),
        (lambda: asker.suggestion("nowhere"), LookupError),
    ):
        with pytest.raises(kind):
            ask()


def test_large_payloads_are_cut(speaker: Speaker, follower: Follower) -> None:
    """What is carried of a refused message is bounded; its size tells the whole."""
    payload = b"x" * (answers.PAYLOAD + 5)
    speaker.transport.submit("fleet/thermostat/b/state", payload)
    wait_until(lambda: speaker.bridge.quarantine_counts().kept == 1, "the refusal to be kept")
    (found,) = follower.asker.quarantined(Sought())
    assert (len(payload), answers.PAYLOAD) == (found.size, len(found.payload))


class SlowStore(MemoryStore):
    """A store that says what it is when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        self.begun = threading.Semaphore(0)

    def facts(self) -> StoreFacts:
        self.begun.release()
        assert self.goes_on.wait(30)
        raise StoreError("it took too long")


def test_a_slow_answer_holds_up_no_command(server: RedisServer) -> None:
    """While all hands are busy with slow things, a command goes through."""
    store, sent, told = SlowStore(), [], []
    with speaking(address_of(server), store=store) as speaker, following(address_of(server)) as follower:
        speaker.transport.on_command(lambda topic, payload: sent.append(payload))
        heals(follower)
        plug(speaker, follower)

        def ask() -> None:
            with pytest.raises(StoreError) as error:
                follower.asker.facts()
            told.append(str(error.value))

        asking = [threading.Thread(target=ask) for _ in range(5)]
        for thread in asking:
            thread.start()
        try:
            for _ in range(3):
                assert store.begun.acquire(timeout=20)
            follower.asker.command("plug.a", {"on": True}, by="Ada")
            assert 1 == len(sent)
        finally:
            store.goes_on.set()
            for thread in asking:
                thread.join()
    assert ["it took too long"] * 5 == told


def test_nothing_is_asked_of_a_bridge_that_is_away(server: RedisServer, client: Redis) -> None:
    """Without a bridge, and without a bus, asking fails at once in one clear line, and nothing is kept."""
    with following(address_of(server)) as follower:
        until(follower, lambda f: f.link.up, "the bus")
        with pytest.raises(BusAway, match="no bridge has spoken"):
            follower.asker.facts()
        assert 0 == client.xlen(ASKED)
        server.kill()
        until(follower, lambda f: not f.link.up, "the bus to be away")
        with pytest.raises(BusAway, match="the bus is away"):
            follower.asker.command("plug.a", {"on": True}, by="Ada")


def test_a_command_of_before_is_never_carried_out_later(
    server: RedisServer, client: Redis, sent: list[bytes], speaker: Speaker, follower: Follower
) -> None:
    """Asked while Redis was frozen, a command is refused here, and is not done when Redis goes on."""
    plug(speaker, follower)
    deaf = Asker(address_of(server), lambda: "")
    # Its connection is there already: what it sends lies in the socket.
    wait_until(lambda: speaker.bridge.facts().readings == 1, "the commit")
    assert speaker.bridge.facts() == deaf.facts()
    its = {each["id"] for each in client.client_list() if each["cmd"] == "blpop"}
    assert 1 == len(its)
    server.freeze()
    try:
        with pytest.raises(BusAway):
            deaf.ask("command", "plug.a", {"on": True}, "Ada", timeout=1.0)
    finally:
        server.thaw()
        deaf.close()
    wait_until(lambda: not its & {each["id"] for each in client.client_list()}, "its socket to be emptied")
    heals(follower)
    follower.asker.command("plug.a", {"on": False}, by="Ada")
    assert [b'{"on":false}'] == [payload.replace(b" ", b"") for payload in sent]


def test_a_request_that_is_late_is_answered_and_not_done(
    client: Redis, sent: list[bytes], speaker: Speaker, follower: Follower
) -> None:
    """One whose deadline has passed when it is read gets a refusal; one that was read before is gone."""
    plug(speaker, follower)
    late = {
        "to": "answer", "deadline": "1", "lane": "command",
        "request": pack_request("command", ("plug.a", {"on": True}, "Ada")),
    }  # fmt: skip
    client.xadd(ASKED, late)
    found = client.blpop(["answer"], timeout=2)
    assert found is not None
    with pytest.raises(FleetglassError, match="too long ago"):
        answers.unpack_answer("command", found[1])
    assert [] == sent
    assert 0 == client.xpending(ASKED, GROUP)["pending"]


def test_nothing_is_done_twice(
    client: Redis, sent: list[bytes], speaker: Speaker, follower: Follower
) -> None:
    """A Redis that was set back, and gives a request again that was carried out, changes nothing."""
    plug(speaker, follower)
    follower.asker.command("plug.a", {"on": True}, by="Ada")
    ((_, fields),) = client.xrange(ASKED)
    client.xadd(ASKED, fields)
    client.xgroup_setid(ASKED, GROUP, "0")
    follower.asker.command("plug.a", {"on": False}, by="Ada")
    assert [b"true", b"false"] == [payload.split(b":")[1].strip(b" }") for payload in sent]


def test_nobody_answers_for_a_leader_of_before(
    client: Redis, sent: list[bytes], speaker: Speaker, follower: Follower
) -> None:
    """Whose lease is another's carries nothing out, even if it reads it."""
    plug(speaker, follower)
    client.set("fleetglass:lease", "other somewhere", px=60_000)
    with pytest.raises(BusAway):
        follower.ask("command", "plug.a", {"on": True}, "Ada", timeout=1.0)
    wait_until(speaker.lost.is_set, "it to learn")
    assert [] == sent


def test_what_nobody_knows_is_refused(client: Redis, speaker: Speaker, follower: Follower) -> None:
    """Foreign bytes, another version's request and a method that is none get one clear line."""
    for payload, words in (
        (b"GET / HTTP/1.1", "is not Fleetglass's"),
        (b"FG\x07abc", "version 7"),
        (answers.pack(("restore", ())), "nobody knows how to 'restore'"),
    ):
        fields = {"to": f"to:{words}", "deadline": str(10**14), "lane": "other", "request": payload}
        client.xadd(ASKED, fields)
        found = client.blpop([f"to:{words}"], timeout=2)
        assert found is not None
        with pytest.raises(FleetglassError) as error:
            answers.unpack_answer("facts", found[1])
        assert words in str(error.value)
        assert "\n" not in str(error.value)


class BrokenStore(MemoryStore):
    """A store with a fault of ours."""

    def facts(self) -> StoreFacts:
        raise ZeroDivisionError("division by zero")


def test_a_fault_of_the_bridge_is_told(server: RedisServer) -> None:
    """An error that is nobody's mistake is an error here, named, and the bridge goes on."""
    with (
        speaking(address_of(server), store=BrokenStore()) as speaker,
        following(address_of(server)) as follower,
    ):
        heals(follower)
        with pytest.raises(FleetglassError, match="the bridge failed: ZeroDivisionError: division by zero"):
            follower.asker.facts()
        assert speaker.bridge.quarantine_counts() == follower.asker.quarantine_counts()
