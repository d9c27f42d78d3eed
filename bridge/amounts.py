"""Spans of time, moments and sizes as people write them. Pure."""

import math
import re
from datetime import UTC, datetime

from bridge.retention import DAY

FOREVER = "forever"
_SPAN = re.compile(r"(\d{1,9}) ?([smhdwy])", re.ASCII)
_SPANS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": DAY, "w": 7 * DAY, "y": 366 * DAY}
_LONGEST = 10_000 * _SPANS["y"]
_SIZE = re.compile(r"(\d{1,18}) ?(k|m|g|t|ki|mi|gi|ti|)b?", re.ASCII | re.IGNORECASE)
_SIZES = {
    "": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
    "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40,
}  # fmt: skip
_LARGEST = 2**62
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC).timestamp()


def span(text: str) -> float:
    """Seconds of a span such as `90m`; infinite for `forever`. Raises `ValueError`."""
    if text == FOREVER:
        return math.inf
    found = _SPAN.fullmatch(text)
    seconds = int(found[1]) * _SPANS[found[2]] if found else 0.0
    if not 0 < seconds <= _LONGEST:
        raise ValueError('expected a span such as "90m", "12h", "30d", "2w", "1y" or "forever"')
    return seconds


def size(text: str) -> int:
    """Bytes of a size such as `256 MiB`. Raises `ValueError`."""
    found = _SIZE.fullmatch(text)
    count = int(found[1]) * _SIZES[found[2].lower()] if found else 0
    if not 0 < count <= _LARGEST:
        raise ValueError('expected a size such as "256 MB", "1 GiB" or a number of bytes')
    return count


def moment(text: str, now: float) -> float:
    """Unix seconds of a time with its zone, of a date (its first moment in UTC), or of `-24h`, before now.

    Raises `ValueError`.
    """
    if text == "now":
        return now
    if text.startswith("-") and text != f"-{FOREVER}":
        try:
            return max(_EARLIEST, now - span(text[1:]))
        except ValueError:
            pass
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        pass
    raise ValueError("expected a time with its zone such as 2026-01-31T12:00:00Z, a date, or such as -24h")
