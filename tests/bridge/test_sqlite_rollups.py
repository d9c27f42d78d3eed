"""Minutes and hours say the same as the readings they were made of, whatever the order of things."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ports import Batch, Heard, Query, Record, Selection, Sought, Source, Unread
from bridge.quarantine import Quarantined
from bridge.retention import DEFAULT, Retention, StoreOptions
from bridge.stores.sqlite import SqliteStore
from schemas.message import RawMessage, Reading, Value

HOUR = 3_600.0
NOW = 480_000 * HOUR
WATTS = (Source("power", "W"),)
SHORT = Retention(3 * HOUR, 6 * HOUR, None)


@contextmanager
def opened(retention: Retention = SHORT, **options: object) -> Iterator[SqliteStore]:
    """An empty store, and nothing of it afterwards."""
    with TemporaryDirectory() as folder:
        told = StoreOptions(retention={DEFAULT: retention}, **options)  # type: ignore[arg-type]
        store = SqliteStore(Path(folder) / "house.db", told)
        store.open()
        try:
            yield store
        finally:
            store.close()


def reading(value: Value, at: float, received_at: float | None = None, kind: str = "plug") -> Record:
    """One reading of a plug."""
    return Record(
        f"{kind}.a", kind, at, at if received_at is None else received_at, (Reading("power", value, "W"),)
    )


def tend(store: SqliteStore, now: float) -> None:
    """All that is due."""
    while store.tend(now):
        pass


@dataclass
class House:
    """A store, and all readings that it ever got."""

    store: SqliteStore
    now: float = NOW
    ever: list[tuple[float, int]] = field(default_factory=list)

    def live(self, seconds: int) -> None:
        """A reading of this moment, later than the last."""
        self.now += seconds
        self._commit(self.now)

    def late(self, seconds: int) -> None:
        """A reading that comes long after its time."""
        self._commit(self.now - seconds)

    def tend(self, seconds: int) -> None:
        """Time passes, and what is due is done, wholly or a slice of it."""
        self.now += seconds
        if seconds % 2:
            self.store.tend(self.now, 0.0)
        else:
            tend(self.store, self.now)

    def start_again(self, _seconds: int) -> None:
        """The process ends and another one goes on."""
        self.store.close()
        self.store.open()

    def _commit(self, at: float) -> None:
        value = len(self.ever) * 7 % 101 * 1000 + len(self.ever)
        self.ever.append((at, value))
        self.store.commit(Batch([reading(value, at, self.now)]))

    def check(self, points: int) -> None:
        """The whole history holds each reading once."""
        found = self.store.history(Query("plug.a", WATTS, NOW - 40 * HOUR, NOW + 400 * HOUR, points))
        assert len(found.points) <= points
        assert len(self.ever) == sum(point.count for point in found.points)
        total = sum(float(point.value) * point.count for point in found.points)
        assert math.isclose(sum(value for _, value in self.ever), total)
        if found.step and found.step % HOUR == 0:
            expected: dict[float, list[int]] = {}
            for at, value in self.ever:
                expected.setdefault(at // found.step * found.step, []).append(value)
            assert {at: (min(v), max(v), len(v)) for at, v in expected.items()} == {
                point.time: (point.low, point.high, point.count) for point in found.points
            }


STEPS = {
    House.live: st.sampled_from([1, 30, 70, 1_800, 4_000]),
    House.late: st.sampled_from([5, 100, 3_000, 12_000, 15_000, 20_000, 30_000, 80_000]),
    House.tend: st.sampled_from([1, 2, 61, 122, 3_599, 3_600, 14_401, 14_400, 25_000]),
    House.start_again: st.just(0),
}
STORY = st.lists(
    st.one_of(*(st.tuples(st.just(step), length) for step, length in STEPS.items())), max_size=40
)


@settings(max_examples=400)
@given(story=STORY, points=st.integers(2, 40))
def test_a_history_holds_every_reading_once(
    story: list[tuple[Callable[[House, int], None], int]], points: int
) -> None:
    """Live or late, rolled up or not, with readings and minutes removed between: nothing lost or twice."""
    with opened() as store:
        house = House(store)
        for step, seconds in story:
            step(house, seconds)
        house.check(points)
        tend(store, house.now + 30 * HOUR)
        house.check(points)
        assert store.facts().readings == sum(1 for _ in store.export(Selection()))
        tend(store, house.now + 31 * HOUR)
        house.check(points)


def test_a_late_reading_counts_before_its_hour_is_rolled_up_again() -> None:
    """It is in its minute already and not yet in its hour: the history takes that hour from the minutes."""
    with opened() as store:
        house = House(store)
        for _ in range(10):
            house.live(3_600)
        tend(store, house.now)
        house.late(4 * 3_600)
        store.tend(house.now + 61, 0.0)
        house.check(6)


def test_minutes_stay_until_their_hour_is_rolled_up() -> None:
    """Though a tending was interrupted and goes on much later, with minutes that are too old by then."""
    with opened() as store:
        house = House(store)
        house.live(10)
        store.tend(NOW + 200, 0.0)
        store.tend(NOW + 200, 0.0)
        store.tend(NOW + 20 * HOUR, 0.0)
        tend(store, NOW + 20 * HOUR)
        house.check(2)


def test_readings_go_and_what_they_said_stays() -> None:
    """After their time readings are removed, then minutes; the history is told from what is left."""
    with opened() as store:
        store.commit(Batch([reading(n, NOW + n) for n in range(7_200)]))
        tend(store, NOW + 3 * HOUR)
        assert store.count(Selection()) == 7_200
        tend(store, NOW + 4 * HOUR + 1)
        assert store.count(Selection()) == store.facts().readings == 3_600
        tend(store, NOW + 9 * HOUR)
        assert (0, None) == (store.facts().readings, store.facts().oldest)
        found = store.history(Query("plug.a", WATTS, NOW, NOW + 2 * HOUR, 500))
        assert [(NOW, 1_799.5, 0, 3_599, 3_600), (NOW + HOUR, 5_399.5, 3_600, 7_199, 3_600)] == list(
            found.points
        )
        assert found.step == HOUR


def test_hours_go_too() -> None:
    """Hours have a bound of their own, and nothing is left after it."""
    with opened(Retention(HOUR, HOUR, 5 * HOUR)) as store:
        store.commit(Batch([reading(1, NOW)]))
        tend(store, NOW + 3 * HOUR)
        assert len(store.history(Query("plug.a", WATTS, NOW, NOW + HOUR)).points) == 1
        tend(store, NOW + 7 * HOUR)
        assert [] == list(store.history(Query("plug.a", WATTS, NOW, NOW + HOUR)).points)


def test_retention_is_by_kind() -> None:
    """Each kind is kept as long as is said of it, all others as by default."""
    with TemporaryDirectory() as folder:
        retention = {DEFAULT: Retention(None, None, None), "plug": SHORT}
        store = SqliteStore(Path(folder) / "house.db", StoreOptions(retention=retention))
        store.open()
        store.commit(Batch([reading(1, NOW), reading("on", NOW), reading(2, NOW, kind="lamp")]))
        tend(store, NOW + 50 * HOUR)
        assert ["lamp.a"] == [row.device_id for row in store.export(Selection())]
        store.close()


def test_a_text_that_comes_after_its_time_goes_again() -> None:
    """Texts are not rolled up: a late one is removed with the next tending."""
    with opened() as store:
        store.commit(Batch([reading("on", NOW)]))
        tend(store, NOW + 5 * HOUR)
        store.commit(Batch([reading("off", NOW + 1, NOW + 5 * HOUR)]))
        assert store.facts().readings == 1
        tend(store, NOW + 6 * HOUR)
        assert (0, 0) == (store.facts().readings, store.count(Selection("plug.a")))


def test_messages_have_bounds_by_age_and_size() -> None:
    """The oldest refused and unread messages go first; how many refused ones went is counted for ever."""
    entries = [Quarantined(0, NOW + n, "t", "code", "", b"x" * 100, 100) for n in range(2_000)]
    raws = [Unread("plug.a", RawMessage("t", b"x" * 100, NOW + n)) for n in range(2_000)]
    with opened(quarantine_age=HOUR, quarantine_size=150_000) as store:
        store.commit(Batch(quarantined=entries, unread=raws))
        tend(store, NOW + 60)
        counts = store.quarantine_counts()
        assert (1_500, 150_000, 500) == (counts.kept, counts.size, counts.removed)
        assert len(store.unread("plug.a", limit=5_000)) == 1_500
        tend(store, NOW + 1_900 + HOUR)
        counts = store.quarantine_counts()
        assert (100, 10_000, 1_900) == (counts.kept, counts.size, counts.removed)
        assert len(store.quarantined(Sought(limit=5_000))) == 100
        store.close()
        store.open()
        assert store.quarantine_counts().removed == 1_900


def test_lists_have_a_bound_by_age() -> None:
    """A change of availability is forgotten after a year."""
    with opened() as store:
        store.commit(Batch(heard=[Heard("plug.a", NOW + n * 86_400, "online", "") for n in range(400)]))
        tend(store, NOW + 400 * 86_400)
        assert len(store.heard("plug.a", limit=1_000)) == 366
