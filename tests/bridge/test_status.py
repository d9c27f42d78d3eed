"""How the bridge itself is doing, in numbers."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.status import BUCKETS, STAGES, BridgeStatus, Counts, Histogram, Rate


@given(st.lists(st.floats(0, 10)))
def test_histogram_counts_each_span_once(spans: list[float]) -> None:
    """Each span is in the bucket of the first bound that is not below it, and the sum is theirs."""
    histogram = Histogram()
    for span in spans:
        histogram.observe(span)
    bounds = [*BUCKETS, float("inf")]
    expected = [0] * len(bounds)
    for span in spans:
        expected[next(n for n, bound in enumerate(bounds) if span <= bound)] += 1
    assert expected == histogram.counts
    assert abs(histogram.total - sum(spans)) < 1e-6


def test_every_stage_has_its_own_histogram() -> None:
    """Counts share nothing between stages, nor between two bridges."""
    first, second = Counts(), Counts()
    first.stages["decode"].observe(1)
    sums = [sum(counts.stages[stage].counts) for counts in (first, second) for stage in STAGES]
    assert (STAGES.index("decode"), sum(sums)) == (sums.index(1), 1)


def test_nothing_is_known_of_a_silent_broker() -> None:
    """What the broker dropped is unknown until it says so, which is something else than none."""
    assert (Counts().broker_dropped, BridgeStatus().broker_dropped) == (None, None)


def test_rate_is_per_second() -> None:
    """Twenty a second are twenty a second, from the second look on."""
    rate = Rate(span=10)
    assert [0.0, 20.0, 20.0] == [rate.update(total, now) for now, total in enumerate((0, 20, 40))]


def test_rate_forgets() -> None:
    """What is older than the span does not count any more."""
    rate = Rate(span=10)
    rate.update(0, 0)
    rate.update(1_000, 1)
    found = [rate.update(1_000, now) for now in range(2, 30)]
    assert (found[-1], found == sorted(found, reverse=True)) == (0.0, True)


def test_rate_of_one_moment() -> None:
    """Two looks at the same moment are no division by nothing."""
    rate = Rate()
    rate.update(0, 5.0)
    assert rate.update(10, 5.0) == 0.0
