"""Stores for tests, and what is put into them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.ports import PICTURES_SIZE, Batch, Receipt, Record, Selection, Source, Store
from bridge.quarantine import Quarantined
from bridge.retention import StoreOptions
from bridge.state import DeviceState
from bridge.stores import store_for
from bridge.stores.sqlite import SqliteStore
from schemas.message import Reading, Value

URLS = {"memory": "memory://", "sqlite": "sqlite:///house.db"}
"""Every scheme, with a URL for an empty store."""
NOW = 1_790_000_000.0
DEVICE = "thermostat.a"
CELSIUS = (Source("temperature", "°C"),)


@contextmanager
def opened(scheme: str, pictures_size: int = PICTURES_SIZE) -> Iterator[Store]:
    """An empty store of a scheme, and nothing of it afterwards."""
    with TemporaryDirectory() as folder:
        store = store_for(URLS[scheme], StoreOptions(Path(folder), pictures_size=pictures_size))
        store.open()
        try:
            yield store
        finally:
            store.close()


def record(value: Value, at: float, received_at: float | None = None, unit: str = "°C") -> Record:
    """One reading of a thermostat."""
    readings = (Reading("temperature", value, unit),)
    return Record(DEVICE, "thermostat", at, at if received_at is None else received_at, readings)


def batch(number: int, size: int = 50, device: str = "plug.a") -> Batch:
    """Readings, a state, a refused message and a receipt that belong together."""
    at = NOW + number
    return Batch(
        [Record(device, "plug", at, at, (Reading(f"m{n}", float(number), "W"),)) for n in range(size)],
        devices=[DeviceState(device, "plug", name=str(number))],
        quarantined=[Quarantined(0, at, f"{device}/{number}", "code", "", b"x", 1)],
        receipts=[Receipt(number % 65_535 + 1, number)],
    )


def whole(store: SqliteStore, size: int = 50) -> int:
    """How many batches of one device are there; each is wholly there, in order from 0."""
    receipts = [receipt.digest for receipt in store.receipts()]
    count = len(receipts)
    assert list(range(count)) == receipts
    assert count == store.quarantine_counts().kept
    assert count * size == store.facts().readings == sum(1 for _ in store.export(Selection()))
    assert ([str(count - 1)] if count else []) == [state.name for state in store.latest()]
    return count
