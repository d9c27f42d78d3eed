"""How the house went lately: a sample every few seconds, kept once for all who look. On the web loop.

Idle it costs some 50 microseconds a sample; nothing is drawn while nobody looks.
"""

import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashboard.chart.axis import nice_step
from dashboard.chart.ink import PALETTE, Size
from dashboard.chart.spark import Frame, draw_spark

if TYPE_CHECKING:
    from dashboard.house import House

EVERY = 5.0
"""Seconds from one sample to the next."""
SAMPLES = 120
"""So many are kept; of more the oldest go."""
MINUTES = round(EVERY * SAMPLES / 60)
"""What they reach over."""
SIZE = Size(240, 48)
"""Of a picture, in pixels; it may be stretched."""
LEASTS: Mapping[str, float] = {
    "rate": 1, "refused": 1, "half": 0.01, "most": 0.01, "waiting": 10, "sessions": 5, "processor": 10,
    "memory": 1e6,
}  # fmt: skip
"""What is sampled, and the least end of its scale, so that noise does not fill a picture."""
_STATM = Path("/proc/self/statm")


class Course(NamedTuple):
    """How one number went: a picture (SVG) from 0 to `top`, empty where nothing is known of it.

    `last` is its last value, None where that is not known. `low` and `high` are the bounds of all that are.
    """

    picture: str = ""
    top: float = 0.0
    last: float | None = None
    low: float = 0.0
    high: float = 0.0


class Vitals:
    """The last samples of one dashboard process, by the names of `LEASTS`.

    `rate`, `refused`: messages a second. `half`, `most`: the time from the receipt to the browsers' sockets
    that half of the messages of the last minute, and 99 of 100, stayed below, seconds. `waiting`: messages
    that are not kept yet. `processor`: of this process, percent of one core; `memory`: bytes. What nobody
    knows at that moment, such as the numbers of a bridge that is not heard, is not sampled.
    """

    def __init__(self) -> None:
        self.number = 0
        """Of the last sample; it grows with time, also where a sample was left out."""
        self._samples: deque[tuple[int, Mapping[str, float]]] = deque(maxlen=SAMPLES)
        self._at = 0.0
        self._used = 0.0
        self._refused: int | None = None
        self._drawn: dict[str, tuple[int, Course]] = {}

    def note(self, house: "House", now: float) -> None:
        """Take a sample at monotonic time `now`; to be called every `EVERY` seconds."""
        passed, self._at = now - self._at, now
        self.number += max(1, round(passed / EVERY)) if self._samples else 1
        self._samples.append((self.number, self._look(house, passed)))

    def course(self, name: str) -> Course:
        """How a number went, up to the last sample. It is drawn once for all who look."""
        number, course = self._drawn.get(name, (-1, Course()))
        if number != self.number:
            course = _course([(at, sample[name]) for at, sample in self._samples if name in sample],
                             self.number, LEASTS[name])  # fmt: skip
            self._drawn[name] = self.number, course
        return course

    def _look(self, house: "House", passed: float) -> Mapping[str, float]:
        found: dict[str, float] = {"sessions": house.sessions}
        status, away = house.status, house.bus is not None and bool(house.bus.away)
        refused, self._refused = self._refused, None
        if not away:
            found["waiting"] = status.waiting
            self._refused = status.quarantined
            if status.broker_up:
                found["rate"] = status.rate
            # Another bridge may have refused fewer.
            if refused is not None and status.quarantined >= refused:
                found["refused"] = (status.quarantined - refused) / passed
        total = house.timing.spreads(house.counts.stages).get("total")
        if total is not None:
            found["half"], found["most"] = total.p50, total.p99
        used, self._used = self._used, time.process_time()
        if self._samples:
            found["processor"] = 100 * (self._used - used) / passed
        memory = _memory()
        if memory is not None:
            found["memory"] = memory
        return found


def _course(values: Sequence[tuple[int, float]], number: int, least: float) -> Course:
    if not values:
        return Course()
    low, high = (edge(value for _at, value in values) for edge in (min, max))
    top = nice_step(max(high, least))
    frame = Frame(number - SAMPLES + 1, number, 0.0, top)
    picture = draw_spark(values, SIZE, 1.0, PALETTE[0], frame)
    return Course(picture, top, values[-1][1] if values[-1][0] == number else None, low, high)


def _memory() -> float | None:
    """What this process has in memory, bytes; None where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
