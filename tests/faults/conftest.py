"""A broker for each test, and an end for every process that a test has started."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.plant import Bare, Product, Program, shipped_broker
from tests.servers import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto with the shipped configuration, running."""
    server = shipped_broker(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    """Programs that are ended after the test, if they have not ended."""
    started: list[Program] = []
    yield started
    for program in started:
        program.end()


@pytest.fixture
def bridge(tmp_path: Path, broker: Mosquitto, programs: list[Program]) -> Bare:
    """The bridge alone, on the broker. Not started."""
    bare = Bare(tmp_path, broker.url, keepalive=2)
    programs.append(bare)
    return bare


@pytest.fixture
def new_product(tmp_path: Path, programs: list[Program]) -> Callable[..., Product]:
    """Makes products; see `Product`."""

    def make(url: str, **more: object) -> Product:
        product = Product(tmp_path, url, **more)  # type: ignore[arg-type]
        programs.append(product)
        return product

    return make
