"""A dashboard in another process sees what the bridge sees, whatever happens to Redis or to the bridge."""

import threading
import time

import pytest
from redis import Redis

from bridge.broadcast import START
from bridge.bus import publisher
from bridge.bus.address import Address, parse
from bridge.bus.codec import MARK
from bridge.bus.faults import RIGHTS
from bridge.bus.follower import Follower
from bridge.frames import Frame
from bridge.labels import Label
from tests.bridge import bus_world
from tests.bridge.bus_world import (
    Speaker,
    address_of,
    following,
    heals,
    shows,
    speaking,
    temperature,
    until,
)
from tests.servers import RedisServer, wait_until

server, client = bus_world.server, bus_world.client


class Dozing(Follower):
    """One that does not look while `looks` is not set; `dozes` says when."""

    def __init__(self, address: Address, *, silent: float) -> None:
        super().__init__(address, silent=silent)
        self.looks, self.dozes = threading.Event(), threading.Event()
        self.looks.set()

    def _read(self, client: Redis) -> None:
        if not self.looks.is_set():
            self.dozes.set()
            self.looks.wait()
        super()._read(client)


def test_a_dashboard_shows_what_the_bridge_says(server: RedisServer) -> None:
    """Values, labels, status, run and sequence are the bridge's; frames come with the metrics touched."""
    heard: list[Frame] = []
    labels = {"thermostat.hall": Label("Hall", "Ground floor")}
    with speaking(address_of(server), labels) as speaker, following(address_of(server)) as follower:
        follower.listen(heard.append)
        heals(follower)
        speaker.say("hall", 20.5)
        shows(follower, "hall", 20.5)
        mine, its = follower.devices["thermostat.hall"], speaker.bridge.devices["thermostat.hall"]
        assert its._replace(heard=0.0) == mine._replace(heard=0.0)
        assert Label("Hall", "Ground floor") == follower.label(mine)
        assert speaker.bridge.broadcast.run == follower.run == follower.broadcast.run
        until(follower, lambda f: f.counts.received == 1, "the counts")
        until(follower, lambda f: f.status.received == 1, "the status")
        wait_until(
            lambda: speaker.bridge.broadcast.sequence == follower.broadcast.sequence, "the same position"
        )
    touched = [change.metrics for frame in heard for change in frame.changes]
    assert ("temperature",) in touched


def test_who_joins_late_has_all_of_it(server: RedisServer) -> None:
    """A dashboard that comes after the words were spoken has the same states, at the bridge's position."""
    with speaking(address_of(server)) as speaker:
        for number in range(40):
            speaker.say(f"d{number % 10}", float(number % 30))
        with following(address_of(server)) as first:
            shows(first, "d9", 9.0)
            with following(address_of(server)) as late:
                until(late, lambda f: len(f.devices) == 10, "ten devices")
                expected = {i: d.metrics["temperature"].value for i, d in speaker.bridge.devices.items()}
                for follower in (first, late):
                    assert expected == {
                        i: d.metrics["temperature"].value for i, d in follower.devices.items()
                    }
                with late.broadcast.subscribe(after=START) as listening:
                    frame = listening.take()
                assert frame is not None
                assert sorted(expected) == sorted(device.id for device in frame.devices)


def test_who_falls_behind_the_trimmed_stream_takes_the_picture_again(
    server: RedisServer, client: Redis
) -> None:
    """What was cut off the stream before it was read is not missing, because the gap is seen."""
    with speaking(address_of(server)) as speaker, following(address_of(server), Dozing) as follower:
        assert isinstance(follower, Dozing)
        heals(follower)
        speaker.say("a", 10.0)
        shows(follower, "a", 10.0)
        # While the dashboard is not looking, the only entry about b comes and is cut off.
        follower.looks.clear()
        try:
            assert follower.dozes.wait(20)
            speaker.say("b", 11.0)
            wait_until(lambda: client.hexists("fleetglass:devices", "thermostat.b"), "b to be written")
            speaker.say("a", 12.0)
            wait_until(lambda: temperature(speaker.bridge.devices, "a") == 12.0, "a at the bridge")
            count = client.xlen("fleetglass:frames")
            wait_until(lambda: client.xlen("fleetglass:frames") > count, "one more entry")
            client.xtrim("fleetglass:frames", maxlen=1, approximate=False)
        finally:
            follower.looks.set()
        shows(follower, "b", 11.0)
        shows(follower, "a", 12.0)


def test_a_redis_that_lost_everything_is_filled_again(server: RedisServer) -> None:
    """Killed and back, empty: the dashboard says so meanwhile, and then has what came meanwhile."""
    with speaking(address_of(server)) as speaker, following(address_of(server)) as follower:
        speaker.say("a", 10.0)
        shows(follower, "a", 10.0)
        wait_until(lambda: speaker.publisher.voice.up, "the bridge to say that it is heard")
        voice = speaker.publisher.voice
        assert (True, "", 1) == (voice.up, voice.detail, voice.pictures)
        assert abs(time.time() - (voice.leads_since or 0.0)) < 60
        server.kill()
        until(follower, lambda f: not f.link.up and not f.link.bridge_up, "the bus to be away")
        until(follower, lambda f: f.devices["thermostat.a"].presence.availability == "unknown", "unknown")
        assert "the bus is away" in follower.link.detail
        wait_until(lambda: not speaker.publisher.voice.up, "the bridge to say that it is not heard")
        assert "" != speaker.publisher.voice.detail
        speaker.say("a", 11.0)
        speaker.say("b", 12.0)
        server.start()
        shows(follower, "b", 12.0)
        shows(follower, "a", 11.0)
        heals(follower)
        until(follower, lambda f: f.devices["thermostat.a"].presence.availability == "online", "online")
        assert not speaker.lost.is_set()
        speaker.say("a", 13.0)
        shows(follower, "a", 13.0)
        wait_until(lambda: speaker.publisher.voice.sequence > voice.sequence, "the newest frame to count")
        after = speaker.publisher.voice
        assert (True, 2) == (after.up, after.pictures)
        assert after.written > voice.written


def test_a_frozen_redis_is_seen_and_healed(server: RedisServer) -> None:
    """Frozen with open connections: seen as away; after it everything goes on, with what came meanwhile."""
    with speaking(address_of(server)) as speaker, following(address_of(server)) as follower:
        speaker.say("a", 10.0)
        shows(follower, "a", 10.0)
        server.freeze()
        try:
            until(follower, lambda f: not f.link.up and not f.link.bridge_up, "the bus to be away")
            speaker.say("a", 11.0)
        finally:
            server.thaw()
        shows(follower, "a", 11.0)
        heals(follower)
        assert not speaker.lost.is_set()


def test_a_bridge_that_falls_silent_is_told_of(server: RedisServer) -> None:
    """No device's presence is known while the bridge is not heard; a new run brings a new picture."""
    with following(address_of(server)) as follower:
        until(follower, lambda f: f.link.up, "the bus")
        assert (False, "no bridge has spoken on the bus yet") == (
            follower.link.bridge_up, follower.link.detail,
        )  # fmt: skip
        with speaking(address_of(server)) as speaker:
            speaker.say("a", 10.0)
            speaker.say("gone", 10.0)
            shows(follower, "gone", 10.0)
            first = follower.run
        until(follower, lambda f: f.link.up and not f.link.bridge_up, "the bridge to be away")
        presence = follower.devices["thermostat.a"].presence
        assert "unknown" == presence.availability
        assert "no connection to the bridge: it is silent" == presence.reason
        assert ("the bridge is silent", True, "") == (
            follower.link.detail, follower.link.heard is not None, follower.link.leader,
        )  # fmt: skip
        assert 10.0 == temperature(follower.devices, "a")
        with speaking(address_of(server)) as speaker:
            speaker.say("a", 11.0)
            shows(follower, "a", 11.0)
            heals(follower)
            assert ["thermostat.a"] == list(follower.devices)
            assert first != follower.run == speaker.bridge.broadcast.run == follower.broadcast.run
            assert "online" == follower.devices["thermostat.a"].presence.availability


def test_the_link_says_who_leads_and_since_when(server: RedisServer) -> None:
    """And while nobody does, when he was heard; times stay while it stays so, whatever is wrong meanwhile."""
    with following(address_of(server)) as follower:
        until(follower, lambda f: f.link.no_bridge, "the bus, without a bridge")
        link = follower.link
        assert (str(address_of(server)), None, "") == (link.address, link.heard, link.leader)
        assert link.since is not None
        with speaking(address_of(server)) as speaker:
            heals(follower)
            until(follower, lambda f: f.link.leader, "its name")
            link, leader = follower.link, speaker.lease.token.partition(" ")[2]
            assert (leader, False, None) == (link.leader, link.no_bridge, link.heard)
        until(follower, lambda f: not f.link.bridge_up, "the bridge to be away")
        away = follower.link
        assert ("", False) == (away.leader, away.no_bridge)
        assert away.heard is not None
        assert away.since is not None
        assert link.since <= away.heard <= away.since
        server.kill()
        until(follower, lambda f: not f.link.up, "the bus to be away")
        until(follower, lambda f: "listens" in f.link.detail, "the reason")
        gone = follower.link
        assert away.heard == pytest.approx(gone.heard, abs=1.0)
        assert away.since < gone.since


def test_devices_that_the_next_bridge_does_not_know_are_told(server: RedisServer) -> None:
    """Who listens to a dashboard forgets them, and ends with what it shows."""
    with following(address_of(server)) as follower:
        with speaking(address_of(server)) as speaker:
            for device in ("a", "gone"):
                speaker.say(device, 10.0)
                shows(follower, device, 10.0)
        with follower.broadcast.subscribe(after=START) as listening, speaking(address_of(server)) as speaker:
            known, gone = set(), set()

            def told() -> bool:
                if (frame := listening.take()) is not None:
                    gone.update(listening.gone)
                    known.difference_update(listening.gone)
                    known.update(device.id for device in frame.devices)
                return known == {"thermostat.a"} and "thermostat.gone" in gone

            speaker.say("a", 11.0)
            wait_until(told, "the one to be gone and the other to be there")
            assert ["thermostat.a"] == list(follower.devices)


def test_who_leaves_a_dashboard_that_hears_nothing_is_told_the_truth(
    server: RedisServer, client: Redis
) -> None:
    """Told there that nothing is known, he goes on at one that hears the bridge and has all as it is."""
    user = ("ACL", "SETUSER", "one")
    client.execute_command(*user, "on", ">pw", *RIGHTS.format(name="fleetglass").split())
    one = parse(f"redis://one:pw@127.0.0.1:{server.port}")
    with (
        speaking(address_of(server)) as speaker,
        following(one) as lost,
        following(address_of(server)) as well,
    ):
        for device in ("a", "b"):
            speaker.say(device, 10.0)
            for follower in (lost, well):
                shows(follower, device, 10.0)
        client.execute_command(*user, "off")
        client.execute_command("CLIENT", "KILL", "USER", "one")
        until(lost, lambda f: f.devices["thermostat.b"].presence.availability == "unknown", "the loss")
        with lost.broadcast.subscribe(after=START) as left:
            left.take()
        with well.broadcast.subscribe(after=left.position) as joined:
            frame = joined.take()
        assert frame is not None
        told = {device.id: device.presence.availability for device in frame.devices}
        assert (True, {"thermostat.a": "online", "thermostat.b": "online"}) == (joined.whole, told)
        client.execute_command(*user, "on")
        heals(lost)
        with lost.broadcast.subscribe(after=joined.position) as back:
            assert not back.whole


def test_a_bridge_is_not_heard_on_a_bus_that_lost_everything(server: RedisServer) -> None:
    """However short ago it was: on a Redis that came back empty nobody has spoken yet."""
    follower = Follower(address_of(server), silent=3_600.0)
    follower.start()
    try:
        with speaking(address_of(server)) as speaker:
            speaker.say("a", 10.0)
            shows(follower, "a", 10.0)
            heals(follower)
        server.kill()
        until(follower, lambda f: not f.link.up, "the bus to be away")
        assert follower.link.bridge_up
        server.start()
        until(follower, lambda f: f.link.up, "the bus")
        told = "the bus has lost what it had, and the bridge has not spoken there since"
        assert (False, told) == (follower.link.bridge_up, follower.link.detail)
    finally:
        follower.stop()


def test_a_former_leader_is_not_heard(server: RedisServer, client: Redis) -> None:
    """A bridge that lost its lease without knowing writes nothing more; it is told so."""
    with speaking(address_of(server)) as old, following(address_of(server)) as follower:
        old.say("a", 10.0)
        shows(follower, "a", 10.0)
        # As if it had been asleep while its lease ran out and another took it.
        client.set("fleetglass:lease", "other somewhere", px=60_000)
        length = client.xlen("fleetglass:frames")
        old.say("a", 99.0 - 69)
        wait_until(old.lost.is_set, "the old leader to learn of it")
        assert 10.0 == temperature(follower.devices, "a")
        assert client.xlen("fleetglass:frames") <= length + 1
        client.delete("fleetglass:lease")
        with speaking(address_of(server)) as new:
            new.say("a", 12.0)
            shows(follower, "a", 12.0)


def test_a_redis_whose_clock_was_set_back_is_believed_in_the_end(server: RedisServer, client: Redis) -> None:
    """A leader with a lower epoch, as Redis lost data and time, is heard once the former is silent."""
    client.set("fleetglass:epoch", str(10**15))
    with following(address_of(server)) as follower:
        with speaking(address_of(server)) as old:
            old.say("a", 10.0)
            shows(follower, "a", 10.0)
            assert old.lease.epoch > 10**15
        client.delete("fleetglass:epoch")
        with speaking(address_of(server)) as new:
            new.say("a", 11.0)
            shows(follower, "a", 11.0)
            heals(follower)
            assert new.lease.epoch < 10**15


def test_another_version_is_refused_in_one_line(server: RedisServer, client: Redis) -> None:
    """A bridge of a version that nobody here reads is told of, and what was shown stays."""
    with speaking(address_of(server)) as speaker, following(address_of(server)) as follower:
        speaker.say("a", 10.0)
        shows(follower, "a", 10.0)
        client.set("fleetglass:lease", "other somewhere", px=60_000)
        wait_until(speaker.lost.is_set, "the lease to be lost")
        client.hset("fleetglass:about", "now", MARK + b"\x09new")
        client.xadd("fleetglass:frames", {"h": MARK + b"\x09new", "d": b""})
        until(follower, lambda f: "version 9" in f.link.detail, "the version to be told")
        assert (True, False) == (follower.link.up, follower.link.bridge_up)
        assert "update this program" in follower.link.detail
        assert 10.0 == temperature(follower.devices, "a")


def test_without_a_bus_the_bridge_speaks_when_there_is_one(server: RedisServer) -> None:
    """Redis is away at first: the bridge goes on, and speaks as soon as Redis is there."""
    server.kill()
    speaker = Speaker(address_of(server))
    speaker.start()
    try:
        speaker.say("a", 10.0)
        server.start()
        with following(address_of(server)) as follower:
            shows(follower, "a", 10.0)
            heals(follower)
    finally:
        speaker.stop()


def test_the_stream_is_bounded(server: RedisServer, client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is said, no more than a bound of it is kept, in bytes too."""
    monkeypatch.setattr(publisher, "KEPT_BYTES", 50_000)
    with speaking(address_of(server)) as speaker, following(address_of(server)) as follower:
        for number in range(publisher.KEPT_AT_LEAST * 2):
            # Long enough that Redis can trim every single one.
            assert speaker.transport.submit("long/text", f"{number} {'x' * 4_000}")
            count = speaker.bridge.broadcast.sequence
            wait_until(lambda count=count: speaker.bridge.broadcast.sequence > count, "a frame")
        until(follower, lambda f: f.status.received == publisher.KEPT_AT_LEAST * 2, "all of it")
        assert client.xlen("fleetglass:frames") <= publisher.KEPT_AT_LEAST + 2
