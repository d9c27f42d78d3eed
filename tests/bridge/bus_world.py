"""A bridge that speaks on a bus, and dashboards that follow it, in one process."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from bridge.bus.address import Address, connect, parse
from bridge.bus.follower import Follower
from bridge.bus.lease import Lease
from bridge.bus.publisher import Publisher
from bridge.config_file import ConfigFile
from bridge.labels import Label
from bridge.ports import Store
from bridge.service import Bridge, Plan
from bridge.state import DeviceState
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from schemas.catalog import shipped_kinds
from tests.servers import RedisServer, redis_server, wait_until

KINDS = shipped_kinds()
LIFE = 1.5
"""Seconds that a lease lasts here."""
SILENT = 3.0
"""Seconds after which a bridge counts as away here."""


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    with redis_server() as running:
        yield running


@pytest.fixture
def client(server: RedisServer) -> Iterator[Redis]:
    """A hand in it."""
    with connect(address_of(server)) as connected:
        yield connected


class Speaker:
    """A bridge with a memory store and a thread transport, whose lease is taken when it starts."""

    def __init__(
        self,
        address: Address,
        labels: Mapping[str, Label] | None = None,
        store: Store | None = None,
        config: Path | None = None,
    ) -> None:
        self.transport = ThreadTransport()
        self.store = store or MemoryStore()
        file = None if config is None else ConfigFile(config)
        self.bridge = Bridge(Plan(KINDS, [self.transport], self.store, labels or {}, config=file))
        self.lost = threading.Event()
        self.lease = Lease(address, self.lost.set, life=LIFE)
        self.publisher = Publisher(address, self.bridge, self.lease)

    def start(self) -> None:
        """Lead, and speak."""
        assert self.lease.acquire(threading.Event())
        self.bridge.start()
        self.publisher.start()

    def stop(self) -> None:
        """End in order."""
        self.publisher.stop()
        self.bridge.stop()
        self.lease.release()

    def say(self, device: str, temperature: float) -> None:
        """A thermostat's word."""
        assert self.transport.submit(f"fleet/thermostat/{device}/state", {"temperature": temperature})


@contextmanager
def speaking(
    address: Address,
    labels: Mapping[str, Label] | None = None,
    store: Store | None = None,
    config: Path | None = None,
) -> Iterator[Speaker]:
    """A bridge that leads and speaks."""
    speaker = Speaker(address, labels, store, config)
    speaker.start()
    try:
        yield speaker
    finally:
        speaker.stop()


@contextmanager
def following(address: Address, kind: type[Follower] = Follower) -> Iterator[Follower]:
    """A dashboard's ear."""
    follower = kind(address, silent=SILENT)
    follower.start()
    try:
        yield follower
    finally:
        follower.stop()


def address_of(server: RedisServer) -> Address:
    """The bus on that Redis."""
    return parse(server.url)


def temperature(devices: Mapping[str, DeviceState], device: str) -> object:
    """What is shown of a thermostat, None if nothing."""
    state = devices.get(f"thermostat.{device}")
    return state.metrics["temperature"].value if state is not None else None


def shows(follower: Follower, device: str, value: float, within: float = 20.0) -> None:
    """Wait until the dashboard has that temperature."""
    what = f"{device} at {value}"
    wait_until(lambda: value == temperature(follower.devices, device), what, within)


def heals(follower: Follower) -> None:
    """Wait until the dashboard hears the bridge."""
    wait_until(lambda: follower.link.bridge_up, "the bridge to be heard")


def until(follower: Follower, true: Callable[[Follower], object], what: str) -> None:
    """Wait for anything else."""
    wait_until(lambda: true(follower), what)
