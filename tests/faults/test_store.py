"""The store cannot be written for a while: the disk is full, or another program holds the file."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.inbox import MARK_ITEMS
from tests.faults.balance import drain, kept, tell
from tests.faults.plant import CLIENT, Bare, Product
from tests.faults.publisher import Publisher, held_for, level
from tests.servers import LONG, Mosquitto, wait_until

MANY = 30_000
SMALL = 24 * 1024 * 1024


def test_disk_full(broker: Mosquitto, new_product: Callable[..., Product]) -> None:
    """No file can grow: nothing is acknowledged, the product says why, and goes on when there is room."""
    product = new_product(broker.url)
    product.start()
    publisher = Publisher(broker.port)
    publisher.publish(100)
    wait_until(lambda: kept(product.store) == 100, "the first messages to be kept")
    # The log is the file that grows first.
    product.limit_files(product.store.with_name(f"{product.store.name}-wal").stat().st_size + 10_000)
    # At QoS 0, since of the others only so many are handed out before the first is acknowledged.
    Publisher(broker.port, level, qos=0).publish(3 * MARK_ITEMS)
    wait_until(lambda: product.health()["paused"], "the product to stop reading", LONG)
    _fill(publisher, product)
    product.limit_files(None)
    _recover("disk full (no file may grow)", publisher, product, broker)


@pytest.mark.slow
def test_small_disk_full(broker: Mosquitto, new_product: Callable[..., Product], tmp_path: Path) -> None:
    """The same on a disk that is really full."""
    with _small_disk(tmp_path / "disk") as disk:
        product = new_product(broker.url, data=disk / "data")
        product.start()
        publisher = Publisher(broker.port)
        publisher.publish(100)
        wait_until(lambda: kept(product.store) == 100, "the first messages to be kept")
        ballast = disk / "ballast"
        with pytest.raises(OSError, match="No space left"):
            _fill_up(ballast)
        _fill(publisher, product)
        ballast.unlink()
        _recover("disk full (no space left)", publisher, product, broker)
        product.end()


@pytest.mark.slow
def test_locked(broker: Mosquitto, bridge: Bare) -> None:
    """Another program holds the file for 10 seconds: the bridge says so, waits, and keeps all that came."""
    bridge.start()
    publisher = Publisher(broker.port)
    publisher.publish(100)
    wait_until(lambda: kept(bridge.store) == 100, "the first messages to be kept")
    other = sqlite3.connect(bridge.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    publisher.publish(2_000)
    wait_until(lambda: "locked" in bridge.status()["store_fault"], "the bridge to say so")
    wait_until(lambda: bridge.status()["lag"] >= 10, "10 seconds to pass")
    assert 100 == kept(bridge.store)
    other.execute("ROLLBACK")
    other.close()
    found = drain(publisher, bridge.store)
    tell("store locked for 10 s", found.figures)
    wait_until(lambda: not bridge.status()["store_fault"], "the bridge to take it back")
    assert (2_101, 0, 0) == (found.published, found.lost, found.repeated)


def _fill(publisher: Publisher, product: Product) -> None:
    """Publish while the store refuses."""
    publisher.begin(MANY)
    wait_until(lambda: product.health().get("store"), "the product to say why", LONG)
    publisher.finish()
    health = product.health()
    assert "degraded" == health["status"]
    assert health["inbox_depth"] > 0
    refused = kept(product.store)
    # Whatever has been kept is acknowledged, and what is not has not been: the broker still has all of it.
    assert refused < len(publisher.acknowledged)


def _fill_up(file: Path) -> None:
    with file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


def _recover(fault: str, publisher: Publisher, product: Product, broker: Mosquitto) -> None:
    said = [line for line in product.log.splitlines() if "cannot be written" in line]
    found = drain(publisher, product.store)
    wait_until(lambda: product.health().get("status") == "ok", "the product to take it back")
    tell(fault, f"{found.figures}; said: {said[0].partition('keeper: ')[2]}")
    assert (MANY + 101, 0, 0) == (found.published, found.lost, found.repeated)
    assert 0 == product.stop()
    assert [] == held_for(broker, CLIENT)


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
