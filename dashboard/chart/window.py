"""The stretch of time that a chart shows, and how a person moves it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.amounts import moment

RANGES: Mapping[str, float] = {
    "1h": 3_600.0,
    "6h": 21_600.0,
    "24h": 86_400.0,
    "7d": 7 * 86_400.0,
    "30d": 30 * 86_400.0,
    "90d": 90 * 86_400.0,
    "1y": 366 * 86_400.0,
}
"""The named ranges, each the seconds before now."""
USUAL = "24h"
SHORTEST = 10.0
LONGEST = 10 * 366 * 86_400.0
MOST_POINTS = 500
_OLDEST = 0.0
_DIGITS = 16
"""Characters of a time in Unix seconds; whoever writes more means something else."""


class WindowError(ValueError):
    """An address asks for a stretch of time that there is not; the text says what is expected."""


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) in Unix seconds. `name` is the named range that ends now, empty for an absolute one."""

    start: float
    end: float
    name: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    @property
    def live(self) -> bool:
        """Whether it goes on with time."""
        return bool(self.name)

    def share(self, moment: float) -> float:
        """Where a moment lies: 0 at the start, 1 at the end, beyond them where it is outside."""
        return (moment - self.start) / self.seconds

    def moment(self, share: float) -> float:
        """The moment at a share of its length from its start."""
        return self.start + share * self.seconds


def named(name: str, now: float) -> Window:
    """A named range as it is at Unix time `now`. Raises `WindowError`."""
    if name not in RANGES:
        raise WindowError(f"range: expected one of {', '.join(RANGES)}, got {name[:40]!r}")
    return Window(now - RANGES[name], now, name)


def read(parameters: Mapping[str, str], now: float) -> Window:
    """The window that an address asks for: `range`, or `from` and `to`; else that of a day.

    Raises `WindowError` with one line. Too long or too short a stretch, or one that ends after now, is
    brought within the bounds.
    """
    start, end = parameters.get("from"), parameters.get("to")
    if start is None and end is None:
        return named(parameters.get("range", USUAL), now)
    if "range" in parameters:
        raise WindowError("range: expected either a range, or from and to; got both")
    last = now if end is None else _read_moment("to", end, now)
    first = last - RANGES[USUAL] if start is None else _read_moment("from", start, now)
    if first >= last:
        raise WindowError(f"from: expected a time before that of to, got {start or 'none'}")
    return bounded(first, last, now)


def parameters(window: Window) -> dict[str, str]:
    """What an address says to ask for a window; whole seconds, where it is not shorter than a minute."""
    if window.live:
        return {"range": window.name}
    digits = 0 if window.seconds >= 60 else 3
    return {"from": f"{window.start:.{digits}f}", "to": f"{window.end:.{digits}f}"}


def advanced(window: Window, now: float) -> Window:
    """The window later: a live one goes on, an absolute one stays."""
    return named(window.name, now) if window.live else window


def panned(window: Window, steps: float, now: float) -> Window:
    """Moved by half its length for each step, back below 0, but never beyond now."""
    shift = steps * window.seconds / 2
    end = min(now, window.end + shift)
    return bounded(end - window.seconds, end, now)


def zoomed(window: Window, factor: float, at: float, now: float) -> Window:
    """So many times as long (below 1: closer), with the moment at the share `at` kept in its place.

    Where that would reach beyond now, it ends now.
    """
    seconds = min(LONGEST, max(SHORTEST, window.seconds * factor))
    start = window.moment(at) - at * seconds
    return bounded(start, start + seconds, now)


def bounded(start: float, end: float, now: float) -> Window:
    """An absolute window within the bounds: 10 s to 10 years long, not beyond now, not before 1970."""
    seconds = min(LONGEST, max(SHORTEST, end - start))
    end = max(_OLDEST + seconds, min(now, end))
    return Window(end - seconds, end)


def redraw_after(window: Window, width: float) -> float | None:
    """Seconds until a live window has moved by a pixel, 1 to 60; None for one that does not move."""
    return min(60.0, max(1.0, window.seconds / max(1.0, width))) if window.live else None


def points_for(width: float) -> int:
    """How many points to ask a history for: one for every two pixels."""
    return int(min(MOST_POINTS, max(60, width // 2)))


def _read_moment(name: str, text: str, now: float) -> float:
    try:
        plain = text.replace(".", "", 1)
        found = (
            float(text)
            if plain.isascii() and plain.isdigit() and len(text) <= _DIGITS
            # A plus sign that was not percent-encoded arrives as a space.
            else moment(text[:-6] + text[-6:].replace(" ", "+"), now)
        )
        datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        raise WindowError(
            f"{name}: expected Unix seconds, or a time with its zone such as 2026-01-31T12:00:00Z, "
            f"got {text[:40]!r}"
        ) from None
    return found
