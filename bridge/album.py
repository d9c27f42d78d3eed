"""The newest picture of every metric that is one, in memory, within a bound."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from bridge.ports import PICTURES_SIZE, Pictured
from schemas.picture import Picture


class Album:
    """Keeps the newest picture of each metric, `most` bytes in all. May be used from any thread.

    Bound: beyond it the pictures go that came longest ago. Their readings stay; what they showed is lost.
    """

    def __init__(self, most: int = PICTURES_SIZE) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[tuple[str, str], Pictured] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, pictures: Iterable[Pictured]) -> None:
        """Take these in the place of earlier ones, oldest first."""
        with self._lock:
            for pictured in pictures:
                key = pictured.device_id, pictured.metric
                self._drop(key)
                self._kept[key] = pictured
                self._size += len(pictured.picture.data)
            while self._size > self._most:
                self._drop(next(iter(self._kept)))

    def get(self, device_id: str, metric: str) -> Picture | None:
        """The newest picture of a metric, as far as it is kept."""
        with self._lock:
            found = self._kept.get((device_id, metric))
        return None if found is None else found.picture

    def forget(self, device_id: str) -> None:
        """Keep none of a device."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == device_id]:
                self._drop(key)

    def all(self) -> Sequence[Pictured]:
        """What is kept, that which came longest ago first."""
        with self._lock:
            return list(self._kept.values())

    def _drop(self, key: tuple[str, str]) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= len(gone.picture.data)
