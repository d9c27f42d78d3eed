"""Spans, sizes and moments as people write them."""

import contextlib
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.amounts import moment, size, span

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45s", 45.0), ("90m", 5_400.0), ("12h", 43_200.0), ("30d", 2_592_000.0), ("2 w", 1_209_600.0),
        ("1y", 31_622_400.0), ("forever", math.inf),
    ],
)  # fmt: skip
def test_a_span(text: str, expected: float) -> None:
    """A whole number with its unit, a space between them or not; a year is the longest there is, 366 days."""
    assert expected == span(text)


@pytest.mark.parametrize(
    "text", ["", "30", "d", "0d", "-1d", "1.5h", "30 days", "1M", "99999999y", "٣d", "1d\n"]
)
def test_no_span(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(ValueError, match="expected a span such as"):
        span(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5000", 5_000), ("1 kB", 1_000), ("256 MB", 256_000_000), ("256 MiB", 268_435_456), ("1gib", 2**30),
        ("2T", 2 * 10**12),
    ],
)  # fmt: skip
def test_a_size(text: str, expected: int) -> None:
    """Bytes, by thousands or, with an i, by 1024."""
    assert expected == size(text)


@pytest.mark.parametrize("text", ["", "MB", "0", "-1", "1.5 GB", "5 q", "999999999999 TB"])
def test_no_size(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(ValueError, match="expected a size such as"):
        size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW), ("-24h", NOW - 86_400), ("-7d", NOW - 604_800), ("2026-01-31", NOW - 43_200),
        ("2026-01-31T12:00:00Z", NOW), ("2026-01-31T13:00:00+01:00", NOW), ("2026-01-31 12:00Z", NOW),
        ("2026-01-31T12:00:00.25Z", NOW + 0.25),
    ],
)  # fmt: skip
def test_a_moment(text: str, expected: float) -> None:
    """A time with its zone, a date in UTC, or a span before now."""
    assert expected == moment(text, NOW)


@pytest.mark.parametrize(
    "text",
    ["", "24h", "-forever", "-", "2026-01-31T12:00:00", "2026-02-30", "2026", "1769860800", "yesterday"],
)
def test_no_moment(text: str) -> None:
    """A time without its zone is not one moment, and is refused as whatever else is none."""
    with pytest.raises(ValueError, match="expected a time with its zone"):
        moment(text, NOW)


@given(st.text(max_size=40))
def test_nothing_but_value_errors(text: str) -> None:
    """Whatever is written, it is read or refused."""
    for read in (span, size, lambda text: moment(text, NOW)):
        with contextlib.suppress(ValueError):
            read(text)
