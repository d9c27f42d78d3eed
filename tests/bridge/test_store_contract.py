"""What every store must do. A new store is one more line in `URLS`."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.ports import Batch, Store
from bridge.quarantine import Quarantined, quarantine
from bridge.state import DeviceState, MetricState
from bridge.stores import schemes, store_for
from schemas.message import RawMessage, Rejected

URLS: dict[str, Callable[[Path], str]] = {"memory": lambda _folder: "memory://"}


@pytest.fixture(params=URLS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each sort that the package offers."""
    return store_for(URLS[request.param](tmp_path))


def device(name: str, temperature: float = 21.0) -> DeviceState:
    """A thermostat with one value."""
    metric = MetricState(temperature, "°C", None, 1.0, "live")
    return DeviceState(f"thermostat.{name}", "thermostat", metrics={"temperature": metric}, seen_at=1.0)


def refusal(number: int, payload: bytes = b"\xffnot JSON") -> Quarantined:
    """A refused message with this id."""
    raw = RawMessage(f"fleet/lamp/{number}/state", payload, 100.0 + number)
    return quarantine(number, raw, Rejected("invalid_json", "expected a JSON object", "on"))


def test_every_store_is_held_to_this() -> None:
    """No store of the package is left out of this contract."""
    assert sorted(URLS) == sorted(schemes())


def test_new_store_is_empty(store: Store) -> None:
    """Nothing is there before something was committed."""
    assert (list(store.latest()), list(store.quarantined())) == ([], [])
    assert store.quarantine_counts() == (0, 0)


def test_empty_batch_is_fine(store: Store) -> None:
    """A round without news changes nothing."""
    store.commit(Batch())
    assert list(store.latest()) == []


def test_latest_is_the_last_of_each_device(store: Store) -> None:
    """A device comes once, as it was in the last batch that had it, with all that belongs to it."""
    store.commit(Batch([device("a"), device("b")]))
    store.commit(Batch([device("a", 22.0)]))
    found = {state.id: state for state in store.latest()}
    assert {"thermostat.a": device("a", 22.0), "thermostat.b": device("b")} == found


def test_quarantine_pages_newest_first(store: Store) -> None:
    """Pages follow each other by `before`, newest first, and together they are all."""
    entries = [refusal(number) for number in range(1, 8)]
    store.commit(Batch(quarantined=entries[:4]))
    store.commit(Batch(quarantined=entries[4:]))
    pages: list[Quarantined] = []
    before: int | None = None
    while page := store.quarantined(before=before, limit=3):
        assert len(page) <= 3
        pages += page
        before = page[-1].id
    assert entries[::-1] == pages
    assert store.quarantine_counts() == (7, 0)


def test_page_by_default_has_a_bound(store: Store) -> None:
    """Without a limit a page has a hundred."""
    store.commit(Batch(quarantined=[refusal(number) for number in range(1, 151)]))
    assert list(range(150, 50, -1)) == [entry.id for entry in store.quarantined()]


def test_the_bound_of_the_quarantine_is_counted(store: Store) -> None:
    """The oldest go first above the bound; kept and removed are all that ever came."""
    everything = 3_000
    for start in range(1, everything + 1, 500):
        store.commit(Batch(quarantined=[refusal(number) for number in range(start, start + 500)]))
    kept, removed = store.quarantine_counts()
    assert kept + removed == everything
    found = store.quarantined(limit=everything)
    assert list(range(everything, everything - kept, -1)) == [entry.id for entry in found]


def test_read_while_written(store: Store) -> None:
    """Readers of any thread see whole batches: both devices of one, or neither, and never an error."""
    done = threading.Event()
    broken: list[object] = []

    def read() -> None:
        try:
            while not done.is_set():
                values = {state.metrics["temperature"].value for state in store.latest()}
                ids = [entry.id for entry in store.quarantined(limit=10)]
                if len(values) > 1 or ids != sorted(ids, reverse=True):
                    broken.append((values, ids))
                store.quarantine_counts()
        except Exception as error:  # noqa: BLE001 - a thread's error would be lost
            broken.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(300):
        store.commit(Batch([device("a", float(n)), device("b", float(n))], [refusal(n + 1)]))
    done.set()
    for reader in readers:
        reader.join()
    assert broken == []


@pytest.mark.parametrize(
    ("url", "got"),
    [
        ("oracle://ann:s3cret@host/db", "got oracle://"),
        ("s3cret", "got no scheme"),
        ("oracle://[s3cret", "got no scheme"),
    ],
)
def test_unknown_scheme(url: str, got: str) -> None:
    """A store that is not offered is named with what there is; nothing else of its URL is shown."""
    with pytest.raises(SettingsError) as refused:
        store_for(url)
    assert f"[store] url: expected one of memory://, {got}" == str(refused.value)
