"""How every store tells a metric's history."""

import math
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ports import Batch, Query, Selection, Source, Store
from schemas.message import Value
from tests.stores import CELSIUS, DEVICE, NOW, URLS, opened, record


@pytest.fixture(params=URLS)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each sort that the package offers."""
    with opened(request.param) as store:
        yield store


def told(store: Store, points: int, sources: Sequence[Source] = CELSIUS) -> list[tuple[float, Value]]:
    """The history of the thermostat as times, counted from `NOW`, and values."""
    found = store.history(Query(DEVICE, sources, NOW - 1e6, NOW + 1e6, points))
    return [(round(point.time - NOW, 6), point.value) for point in found.points]


@pytest.mark.parametrize("scheme", URLS)
@settings(max_examples=40)
@given(
    readings=st.lists(
        st.tuples(st.integers(0, 200_000), st.floats(-100, 100, allow_subnormal=False) | st.integers(-9, 9)),
        max_size=80,
    ),
    points=st.integers(2, 30),
    bounds=st.tuples(st.integers(0, 210_000), st.integers(1, 210_000)),
    rounds=st.integers(0, 9),
)
def test_history_is_what_was_kept(
    scheme: str, readings: list[tuple[int, float]], points: int, bounds: tuple[int, int], rounds: int
) -> None:
    """However it is told: no more points than asked, and lows, highs and counts are those of the readings."""
    start, end = NOW + bounds[0], NOW + bounds[0] + bounds[1]
    kept = {(type(value), value, NOW + at) for at, value in readings if start <= NOW + at < end}
    with opened(scheme) as store:
        store.commit(Batch([record(value, NOW + at) for at, value in readings]))
        for _ in range(rounds):
            store.tend(NOW + 100_000, 0.0)
        found = store.history(Query(DEVICE, CELSIUS, start, end, points))
    assert len(found.points) <= points
    assert sum(point.count for point in found.points) == len(kept)
    assert [point.time for point in found.points] == sorted(point.time for point in found.points)
    if not found.step:
        assert sorted((at, float(value)) for _, value, at in kept) == sorted(
            (point.time, float(point.value)) for point in found.points
        )
        return
    for point in found.points:
        inside = [value for _, value, at in kept if point.time <= at < point.time + found.step - 1e-9]
        assert (min(inside), max(inside), len(inside)) == (point.low, point.high, point.count)
        assert math.isclose(sum(inside) / len(inside), float(point.value), abs_tol=1e-9)


def test_old_names_and_units_are_one_line(store: Store) -> None:
    """Several sources are told as one, each value as it is read today; lows and highs stay so."""
    store.commit(
        Batch([record(20.0, NOW), record(-50.0, NOW + 10, unit="°F"), record(14.0, NOW + 20, unit="°F")])
    )
    store.commit(Batch([record(5.0, NOW + 30, unit="K")]))
    sources = (Source("temperature", "°C"), Source("temperature", "°F", -0.5, 2.0))
    assert [(0, 20.0), (10, 27.0), (20, -5.0)] == told(store, 10, sources)
    found = store.history(Query(DEVICE, sources, NOW, NOW + 99, 2))
    assert (-5.0, 27.0, 3) == (
        min(point.low for point in found.points),
        max(point.high for point in found.points),
        sum(point.count for point in found.points),
    )
    assert ["K"] == list(found.other_units)


def test_switch_is_told_as_a_share(store: Store) -> None:
    """Single readings of a switch are true or false; of many together, the mean is the share of true."""
    store.commit(Batch([record(n % 4 == 0, NOW + n, unit="") for n in range(400)]))
    assert [True, False] == [value for _, value in told(store, 400, (Source("temperature", ""),))[:2]]
    found = store.history(Query(DEVICE, (Source("temperature", ""),), NOW, NOW + 400, 10))
    assert (0, 1, 400) == (found.points[1].low, found.points[1].high, sum(p.count for p in found.points))
    assert math.isclose(0.25, sum(float(p.value) * p.count for p in found.points) / 400)


def test_changes_of_a_text_stay_visible(store: Store) -> None:
    """More texts than points are told by their changes, and of too many changes the last of each stretch."""
    states = ["idle"] * 50 + ["fault"] + ["running"] * 100
    store.commit(Batch([record(state, NOW + n, unit="") for n, state in enumerate(states)]))
    source = (Source("temperature", ""),)
    assert [(0, "idle"), (50, "fault"), (51, "running")] == told(store, 10, source)
    store.commit(Batch([record(str(n), NOW + 500 + n, unit="") for n in range(100)]))
    found = told(store, 10, source)
    assert 2 <= len(found) <= 10
    assert (599, "99") == found[-1]


def test_values_that_do_not_fit_keep_nothing_out(store: Store) -> None:
    """Whole numbers of 64 bits come back as they are; what is beyond harms no other reading."""
    store.commit(Batch([record(2**63 - 1, NOW), record(-(2**63), NOW + 1), record("a\0b €", NOW + 2)]))
    assert [2**63 - 1, -(2**63), "a\0b €"] == [value for _, value in told(store, 10)]
    store.commit(Batch([record(2**70, NOW + 3), record("\ud800", NOW + 4), record(1.5, NOW + 5)]))
    assert (6, 1.5) == (store.count(Selection()), told(store, 10)[-1][1])
