"""How the bridge itself is doing, in numbers."""

import math
from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from bridge.status import BUCKETS, BridgeStatus, Counts, Histogram, Rate, Recent, quantile


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
    sums = [sum(histogram.counts) for counts in (first, second) for histogram in counts.stages.values()]
    assert (list(first.stages).index("decode"), sum(sums)) == (sums.index(1), 1)


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


def test_a_span_of_many_counts_for_each() -> None:
    """Messages of one batch share their time and are observed at once, as if each was."""
    at_once, each = Histogram(), Histogram()
    at_once.observe(0.5, 40)
    for _ in range(40):
        each.observe(0.5)
    assert each == at_once


@given(st.lists(st.floats(0, 9.9), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_within_the_bucket_of_the_true_one(spans: list[float], part: float) -> None:
    """It lies between the bounds of the bucket in which the span of that rank is."""
    histogram = Histogram()
    for span in spans:
        histogram.observe(span)
    true = sorted(spans)[max(1, math.ceil(part * len(spans) - 1e-9)) - 1]
    bucket = bisect_left(BUCKETS, true)
    found = quantile(histogram.counts, part)
    assert found is not None
    assert (BUCKETS[bucket - 1] if bucket else 0.0) - 1e-9 <= found <= BUCKETS[bucket] + 1e-9


def test_quantiles_are_even_within_a_bucket() -> None:
    """Half of a hundred spans between 0.1 and 0.2 s are taken to be below 0.15 s."""
    histogram = Histogram()
    histogram.observe(0.17, 100)
    found = [quantile(histogram.counts, part) for part in (0.5, 1.0)]
    assert [0.15, 0.2] == [round(value or 0.0, 9) for value in found]


def test_quantiles_of_nothing_and_of_too_much() -> None:
    """Without spans there is none; beyond the last bound it is that bound."""
    long = Histogram()
    long.observe(1_000)
    assert (None, BUCKETS[-1]) == (quantile(Histogram().counts, 0.5), quantile(long.counts, 0.5))


def test_recent_forgets_what_was_before_the_span() -> None:
    """Spans count for a minute, and then no more, however often it looks."""
    histogram, recent, seen = Histogram(), Recent(span=60, step=5), {}
    stages = {"decode": histogram}
    recent.note(stages, 0)
    histogram.observe(0.3, 7)
    for now in range(1, 121):
        recent.note(stages, now)
        spread = recent.spreads(stages).get("decode")
        seen[now] = spread.count if spread else 0
    assert ({7}, {0}) == (
        {count for now, count in seen.items() if now < 60},
        {count for now, count in seen.items() if now > 66},
    )


def test_recent_tells_stages_apart() -> None:
    """Each stage has its own spread; one without spans has none."""
    stages = {name: Histogram() for name in ("receive", "decode", "send")}
    recent = Recent()
    recent.note(stages, 0)
    stages["receive"].observe(0.02, 99)
    stages["receive"].observe(4, 1)
    stages["send"].observe(0.0001)
    found = recent.spreads(stages)
    assert ["receive", "send"] == sorted(found)
    assert (100, True, True) == (
        found["receive"].count,
        found["receive"].p50 < 0.02,
        found["receive"].p99 <= 0.02,
    )


def test_recent_begins_anew_with_another_bridge() -> None:
    """A bridge that was started anew counts from nothing: what the one before counted is forgotten."""
    recent = Recent()
    before, after = Histogram(), Histogram()
    before.observe(1, 50)
    recent.note({"decode": before}, 0)
    after.observe(1, 3)
    recent.note({"decode": after}, 5)
    after.observe(1, 2)
    assert 2 == recent.spreads({"decode": after})["decode"].count
