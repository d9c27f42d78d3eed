"""What was published on a connection and not acknowledged yet, so that a broker that is silent is noticed."""

import threading
import time
from collections.abc import Callable

from bridge.ports import Taken

SILENT_AFTER = 10.0
"""Seconds without an acknowledgement that is due, after which nothing more is published: a broker that is
frozen would carry it out whenever it wakes up."""


class Unacknowledged:
    """Messages by the number that the client gave them. For any thread; `clock` is monotonic seconds.

    Bound: that of the client's own queue. It ends with its connection, and what waits here is never told.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[float, Taken | None]] = {}
        self._early: dict[int, str] = {}
        self._heard = 0.0

    @property
    def silent_for(self) -> float:
        """Seconds for which the broker has owed an acknowledgement, and given none; 0 if it owes none."""
        with self._lock:
            oldest = next(iter(self._waiting.values()), None)
            return 0.0 if oldest is None else max(0.0, self._clock() - max(oldest[0], self._heard))

    def add(self, number: int, taken: Taken | None) -> None:
        """This was published. Its acknowledgement may have come already."""
        with self._lock:
            refused = self._early.pop(number, None)
            if refused is None:
                self._waiting[number] = (self._clock(), taken)
        if refused is not None and taken is not None:
            taken(refused)

    def acknowledged(self, number: int, refused: str = "") -> None:
        """The broker has it, or refused it, with the reason in words."""
        with self._lock:
            self._heard = self._clock()
            entry = self._waiting.pop(number, None)
            if entry is None:
                # The thread that publishes it has not come to `add` yet.
                self._early[number] = refused
        if entry is not None and entry[1] is not None:
            entry[1](refused)

    def listens_again(self) -> None:
        """We did not read for a while, so that silence meant nothing."""
        with self._lock:
            self._heard = self._clock()
