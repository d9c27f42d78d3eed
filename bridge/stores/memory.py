"""A store that forgets when the process ends: for tests and a first look."""

import threading
from collections.abc import Sequence

from bridge.ports import Batch
from bridge.quarantine import QuarantineBook, Quarantined
from bridge.state import DeviceState


class MemoryStore:
    """Keeps the last state of each device, and the newest refused messages within the book's bounds."""

    def __init__(self, book: QuarantineBook | None = None) -> None:
        self._book = book or QuarantineBook()
        self._latest: dict[str, DeviceState] = {}
        self._lock = threading.Lock()

    def commit(self, batch: Batch) -> None:
        """See `Store`."""
        with self._lock:
            self._latest.update({device.id: device for device in batch.devices})
            for entry in batch.quarantined:
                self._book.add(entry)

    def latest(self) -> Sequence[DeviceState]:
        """See `Store`."""
        with self._lock:
            return list(self._latest.values())

    def quarantined(self, *, before: int | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """See `Store`."""
        with self._lock:
            return self._book.page(before, limit)

    def quarantine_counts(self) -> tuple[int, int]:
        """See `Store`."""
        with self._lock:
            return len(self._book), self._book.removed


SCHEMES = {"memory": lambda _url: MemoryStore()}
