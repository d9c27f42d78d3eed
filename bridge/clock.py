"""When a message was received: the computer's time, but never twice the same and never backwards."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

TICK = 1e-6
"""Seconds between two messages at the least, which is also what a store keeps apart."""
LONGEST_SLEW = 86_400.0
"""A clock that was set back by more than this is believed at once, though the order of points suffers."""


class ReceiptClock:
    """Gives Unix seconds, each greater than the one before, in whole microseconds.

    If the computer's clock is set forward, this one follows at once. If it is set back, this one goes on at
    half speed until the other has caught up, so that no point of a history stands before an earlier one.
    Thread-safe.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._last = 0
        self._last_steady = 0.0
        self._slewing = False
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """The moment now."""
        return self._reserve(1) / 1e6

    def moments(self, count: int) -> Sequence[float]:
        """As many consecutive moments, from now on: the same as so many calls, only faster."""
        first = self._reserve(count)
        return [tick / 1e6 for tick in range(first, first + count)]

    def _reserve(self, count: int) -> int:
        """The first of `count` microseconds that nobody else gets."""
        with self._lock:
            steady = self._steady()
            passed = int((steady - self._last_steady) * 500_000)
            self._last_steady = steady
            now = int(self._wall() * 1e6)
            if now <= self._last:
                now = self._behind(now, passed)
            elif self._slewing:
                self._slewing = False
                log.warning("the computer's clock has caught up with the time of the messages")
            self._last = now + max(count, 1) - 1
            return now

    def _behind(self, now: int, passed: int) -> int:
        back = (self._last - now) / 1e6
        if back > LONGEST_SLEW:
            log.error("the computer's clock was set back by %.0f s; the history will show it", back)
            self._slewing = False
            return now
        if back > 1 and not self._slewing:
            self._slewing = True
            log.warning(
                "the computer's clock was set back by %.0f s; messages get times between until it catches up",
                back,
            )
        return self._last + max(1, passed)


receipt_clock = ReceiptClock()
"""The clock of this process: all transports share it, so that no two messages have the same time."""
