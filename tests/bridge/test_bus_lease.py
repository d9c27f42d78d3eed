"""Of several bridges one leads, and there is always one as soon as there can be."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.bus.lease import Lease
from tests.bridge import bus_world
from tests.bridge.bus_world import LIFE, address_of, following, heals, shows, speaking
from tests.servers import RedisServer, wait_until

server = bus_world.server
ROOT = Path(__file__).parents[2]
LEADER = """
import sys, threading
from bridge.bus.address import parse
from bridge.bus.lease import Lease
print(Lease(parse(sys.argv[1]), life=3.0).acquire(threading.Event()), flush=True)
threading.Event().wait()
"""


class Candidate:
    """A bridge that wants to lead, waiting on a thread."""

    def __init__(self, server: RedisServer, life: float = LIFE) -> None:
        self.lost = threading.Event()
        self.leads = threading.Event()
        self.stop = threading.Event()
        self.told: list[str] = []
        self.lease = Lease(address_of(server), self.lost.set, life=life)
        self.thread = threading.Thread(target=self._wait)
        self.thread.start()

    def _wait(self) -> None:
        if self.lease.acquire(self.stop, self.told.append):
            self.leads.set()

    def end(self) -> None:
        """Give up or give back."""
        self.stop.set()
        self.thread.join()
        if self.leads.is_set():
            self.lease.release()


@pytest.fixture
def candidates(server: RedisServer) -> Iterator[list[Candidate]]:
    """Those of a test, ended with it."""
    there: list[Candidate] = []
    yield there
    for candidate in there:
        candidate.end()


def leading(candidate: Candidate) -> None:
    """Wait until it leads."""
    wait_until(candidate.leads.is_set, "it to lead")


def test_one_leads_and_the_other_takes_over_at_the_end(
    server: RedisServer, candidates: list[Candidate]
) -> None:
    """The second is told once who leads, and leads with a greater epoch when the first gives it back."""
    first = Candidate(server)
    candidates.append(first)
    leading(first)
    second = Candidate(server)
    candidates.append(second)
    wait_until(lambda: second.told, "the second to stand by")
    assert (True, False) == (first.leads.is_set(), second.leads.is_set())
    epoch = first.lease.epoch
    first.end()
    candidates.remove(first)
    leading(second)
    assert 1 == len(second.told)
    assert "process" in second.told[0]
    assert 0 < epoch < second.lease.epoch


def test_who_dies_is_followed_when_its_lease_runs_out(
    server: RedisServer, candidates: list[Candidate]
) -> None:
    """A leader that renews no more, as a killed one does not, is followed by who stands by."""
    first = subprocess.Popen(
        [sys.executable, "-c", LEADER, server.url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    try:
        assert "True\n" == first.stdout.readline()
        second = Candidate(server)
        candidates.append(second)
        wait_until(lambda: second.told, "the second to stand by")
        assert f"process {first.pid}" in second.told[0]
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    leading(second)


def test_a_lease_is_renewed_for_as_long_as_it_is_needed(
    server: RedisServer, candidates: list[Candidate]
) -> None:
    """Who stands by for several lives of the lease goes on standing by."""
    first = Candidate(server, life=0.6)
    candidates.append(first)
    leading(first)
    second = Candidate(server, life=0.6)
    candidates.append(second)
    second.thread.join(3.0)
    assert (True, False, False) == (first.leads.is_set(), second.leads.is_set(), first.lost.is_set())


def test_a_redis_that_is_away_ends_nothing(server: RedisServer, candidates: list[Candidate]) -> None:
    """Redis comes back with nothing of what it had: the same bridge leads, with a greater epoch."""
    first = Candidate(server)
    candidates.append(first)
    leading(first)
    second = Candidate(server)
    candidates.append(second)
    wait_until(lambda: second.told, "the second to stand by")
    epoch = first.lease.epoch
    server.kill()
    # Longer than the lease would last.
    second.thread.join(2 * LIFE)
    assert (False, False) == (first.lost.is_set(), second.leads.is_set())
    server.start()
    wait_until(lambda: first.lease.epoch > epoch, "the first to lead again")
    second.thread.join(2 * LIFE)
    assert (False, False) == (first.lost.is_set(), second.leads.is_set())


def test_who_finds_another_in_its_place_is_told(server: RedisServer, candidates: list[Candidate]) -> None:
    """Two that both began while Redis was away: when it is back, one leads and the other is told."""
    server.kill()
    both = [Candidate(server), Candidate(server)]
    candidates += both
    for one in both:
        leading(one)
    assert [0, 0] == [one.lease.epoch for one in both]
    server.start()
    wait_until(lambda: any(one.lost.is_set() for one in both), "one to be told")
    assert [False, True] == sorted(one.lost.is_set() for one in both)
    assert [True] == [one.lease.epoch > 0 for one in both if not one.lost.is_set()]


def test_who_stands_by_can_be_stopped(server: RedisServer, candidates: list[Candidate]) -> None:
    """Standing by ends when it is asked to."""
    first = Candidate(server)
    candidates.append(first)
    leading(first)
    second = Candidate(server)
    wait_until(lambda: second.told, "the second to stand by")
    second.end()
    assert not second.leads.is_set()


def test_two_bridges_one_voice(server: RedisServer) -> None:
    """A dashboard goes on with the second bridge when the first ends in order."""
    address = address_of(server)
    with following(address) as follower:
        with speaking(address) as first:
            first.say("a", 10.0)
            shows(follower, "a", 10.0)
            epoch = first.lease.epoch
        with speaking(address) as second:
            second.say("a", 11.0)
            shows(follower, "a", 11.0)
            heals(follower)
            assert epoch < second.lease.epoch
