"""The last hour of the main number of every card that is drawn: read once, then continued from what is live.

Nothing is read for a card that nobody looks at, and nothing is read twice while somebody does.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from bridge.state import DeviceState, MetricState
from dashboard.chart.ink import Size
from dashboard.chart.spark import draw_spark
from dashboard.chart.spark import trend as course
from dashboard.course import NO_TREND, Direction, Trend
from dashboard.language import marked

if TYPE_CHECKING:
    from dashboard.aside import Found
    from dashboard.house import House

log = logging.getLogger(__name__)

STEP = 60.0
"""Seconds that one point stands for: the last value of that time."""
POINTS = 60
EVERY = 60.0
"""Seconds that a drawn trend stays as it is at the least. Cards are spread over them."""
AT_ONCE = 100
"""Trends that are read together, beside the web loop."""
PAUSE = 3.0
"""Seconds from one such reading to the next."""
LOOKED_AT = 60.0
"""Seconds without a look after which a trend is forgotten; a card that is drawn looks each few seconds."""
MOST = 2_000
"""Trends that are kept. A card beyond them has none."""
READING = "trends"
SIZE = Size(88, 32)
"""Of the picture, in pixels."""
USUAL = 3
"""How many times as long as is usual between its values a device may be silent before its line breaks."""

WORDS: Mapping[Direction, str] = {
    "rising": marked("rising"), "falling": marked("falling"), "steady": marked("steady"),
}  # fmt: skip

Key: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class _Course:
    """One value for each of the last `POINTS` steps, None where nothing was heard; `last` is the newest."""

    last: int
    due: float
    looked: float
    spread: float
    precision: int | None = None
    values: list[float | None] = field(default_factory=lambda: [None] * POINTS)
    noted: MetricState | None = None
    known: bool = False
    drawn: tuple[tuple[float, float], ...] = ()
    trend: Trend = NO_TREND

    def move(self, now: float) -> None:
        """Let time pass."""
        passed = int(now // STEP) - self.last
        if passed > 0:
            self.values = (self.values + [None] * min(passed, POINTS))[-POINTS:]
            self.last += passed

    def note(self, when: float, value: object, *, live: bool) -> None:
        """Take in a value of a time. One that was read does not replace what was heard since."""
        place = POINTS - 1 - (self.last - int(when // STEP))
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= place < POINTS:
            return
        if live or self.values[place] is None:
            self.values[place] = float(value)


class Trends:
    """Belongs to the web loop. `announce` is called with the tags of cards whose trend has been read."""

    def __init__(self) -> None:
        self._courses: dict[Key, _Course] = {}
        self._wanted: dict[Key, None] = {}
        self._next = 0.0

    def look(self, device: DeviceState, metric: str, precision: int | None, now: float) -> Trend:
        """The trend of a metric as it is drawn at Unix time `now`; it is read soon if it is not known yet."""
        key = (device.id, metric)
        found = self._courses.get(key)
        if found is None:
            if len(self._courses) >= MOST:
                return NO_TREND
            spread = crc32(device.id.encode()) % 1_000 / 1_000 * EVERY
            found = self._courses[key] = _Course(int(now // STEP), now, now, spread, precision)
            self._wanted[key] = None
        found.looked = now
        state = device.metrics.get(metric)
        if state is not None and state is not found.noted:
            found.noted = state
            found.move(now)
            found.note(state.received_at if state.time is None else state.time, state.value, live=True)
        if found.known and now >= found.due:
            _draw(found, now)
        return found.trend

    def read(self, house: "House", now: float) -> bool:
        """Forget what nobody looks at, and begin to read what is wanted. Whether something is being read.

        To be called each second or so.
        """
        for key in [key for key, found in self._courses.items() if now - found.looked > LOOKED_AT]:
            del self._courses[key]
            self._wanted.pop(key, None)
        if not self._wanted or now < self._next or house.aside.busy(READING):
            return False
        batch = list(self._wanted)[:AT_ONCE]
        for key in batch:
            del self._wanted[key]
        self._next = now + PAUSE
        then = partial(self._take, batch, now, house.aside.announce)
        return house.aside.do(READING, partial(_read, house, batch, now), then)

    def _take(
        self,
        batch: Sequence[Key],
        now: float,
        announce: Callable[[set[str]], None],
        found: "Found[Mapping[Key, Sequence[tuple[float, object]]]]",
    ) -> None:
        for key in batch:
            one = self._courses.get(key)
            if one is None:
                continue
            if found.value is None:
                self._wanted[key] = None
                continue
            one.move(now)
            for when, value in found.value[key]:
                one.note(when, value, live=False)
            one.known = True
        if found.value is not None:
            announce({tag(device_id) for device_id, _metric in batch})


def tag(device_id: str) -> str:
    """What is announced when the trend of a device has been read."""
    return f"trend/{device_id}"


def _draw(found: _Course, now: float) -> None:
    found.move(now)
    first = (found.last + 1 - POINTS) * STEP
    values = tuple(
        [(first + place * STEP, value) for place, value in enumerate(found.values) if value is not None]
    )
    # The first picture comes when it can; from then on each card has its own moment.
    found.due = now - (now - found.spread) % EVERY + EVERY
    if values == found.drawn:
        return
    found.drawn = values
    if len(values) < 2:
        found.trend = NO_TREND
    else:
        usual = median(after[0] - before[0] for before, after in pairwise(values))
        found.trend = Trend(draw_spark(values, SIZE, USUAL * usual), course(values, found.precision).word)


def _read(house: "House", batch: Sequence[Key], now: float) -> Mapping[Key, Sequence[tuple[float, object]]]:
    """Beside the loop. What there is no history of has no points."""
    end = (now // STEP + 1) * STEP
    found: dict[Key, Sequence[tuple[float, object]]] = {}
    for key in batch:
        device_id, metric = key
        try:
            _unit, history = house.history(device_id, metric, end - POINTS * STEP, end, POINTS)
        except LookupError:
            found[key] = ()
        else:
            found[key] = [(point.time, point.value) for point in history.points]
    return found
