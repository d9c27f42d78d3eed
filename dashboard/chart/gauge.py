"""A gauge: where a value lies between the limits its kind states. Pure."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dashboard.chart.axis import Tick, clamped
from dashboard.chart.ink import (
    GOOD,
    GRID,
    MUTED,
    PALETTE,
    WARN,
    Box,
    Point,
    Size,
    area,
    bar,
    document,
    flat,
    pixels,
    polyline,
)
from dashboard.chart.series import trait_in
from dashboard.present import WORTH_SAYING, format_value
from dashboard.reader import ENGLISH, Reader
from dashboard.wording import plain
from schemas.traits import Numeric

RING = 10.0
"""Pixels of width of the half ring."""
_ZONE = 3.0
_BETWEEN = 2.0
_NOTCH = 4.0
_BAR = 8.0
_MARKER = 6.0
FEW = 100.0
"""How far apart limits are at the most that tell something without one that warns."""
_LEAST = 0.25
"""The least share of a scale that what is good takes; else the scale is narrower than the limits."""
_FAR = 2.0
"""How many times as far below 0 as the limit that warns is above it a limit only keeps out nonsense."""
_EDGE = 0.02
"""The least share of a scale that can be seen."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """What to show, and in words. `share` is where the value lies, 0 at the low end to 1 at the high one.

    `ticks` are the ends of the scale and the limits between them with their places, `warns` says which side
    the value is on beyond a limit that warns.
    """

    svg: str
    size: Size
    share: float | None
    ticks: tuple[Tick, ...]
    warns: Literal["", "low", "high"]
    summary: str


def draw_gauge(
    value: float | None,
    trait: Numeric,
    size: Size,
    shape: Literal["ring", "bar"] = "ring",
    reader: Reader = ENGLISH,
) -> Gauge | None:
    """The gauge of a value over the `scale` of its trait, None where there is none.

    Along the scale is a thin line, interrupted and amber where the kind warns, with a notch at each such
    limit; the value is a marker that points at it. Without a value the scale stands alone.
    """
    ends = scale(trait)
    if ends is None:
        return None
    into = reader.conversion(trait.unit)
    shown = trait_in(trait, into) if into is not None else trait
    if isinstance(shown, Numeric) and into is not None:
        trait, value = shown, None if value is None else into.shown(clamped(value))
        ends = into.shown(ends[0]), into.shown(ends[1])
    low, high = ends
    number = None if value is None or not math.isfinite(clamped(value)) else clamped(value)
    share = None if number is None else min(1.0, max(0.0, (number - low) / (high - low)))
    zones = _zones(trait, low, high)
    warns: Literal["", "low", "high"] = ""
    if number is not None and trait.warn_low is not None and number < trait.warn_low:
        warns = "low"
    elif number is not None and trait.warn_high is not None and number > trait.warn_high:
        warns = "high"
    draw = _ring if shape == "ring" else _bar
    color = MUTED if share is None else WARN if warns else PALETTE[0]
    return Gauge(
        document(size, draw(zones, share, size, color)),
        size,
        share,
        tuple(Tick((limit - low) / (high - low), plain(limit)) for limit in _limits(trait, low, high)),
        warns,
        _summary(value if number is not None else None, trait, ends, warns, reader),
    )


def scale(trait: Numeric) -> tuple[float, float] | None:
    """Between which two values a gauge is drawn, in the trait's unit; None where its limits tell nothing.

    They are the valid limits; where these only keep out nonsense, what is good and half as much beyond each
    limit that warns, in round numbers: of 0 to 50 000 ppm that warn above 1 000, 0 to 1 500. A value may lie
    beyond them then.
    """
    low, high = trait.low, trait.high
    if low is None or high is None or low >= high:
        return None
    below = trait.warn_low if trait.warn_low is not None and low < trait.warn_low < high else None
    above = trait.warn_high if trait.warn_high is not None and low < trait.warn_high < high else None
    if above is not None:
        start = below if below is not None else 0.0 if low < -_FAR * above < 0 else low
        good = above - start
        if 0 < good < _LEAST * (high - low):
            step = 10.0 ** math.floor(math.log10(good)) / 2
            least = start if below is None else math.floor((below - good / 2) / step) * step
            low = max(low, least)
            high = min(high, math.ceil((above + good / 2) / step) * step)
    return (low, high) if max(abs(low), abs(high)) < WORTH_SAYING else None


def tells(trait: Numeric) -> bool:
    """Whether a gauge says something that the value alone does not, before anybody asks for one."""
    ends = scale(trait)
    if ends is None:
        return False
    length = ends[1] - ends[0]
    inner = [(limit - ends[0]) / length for limit in _limits(trait, *ends)[1:-1]]
    return length <= FEW or any(_EDGE <= share <= 1 - _EDGE for share in inner)


def _limits(trait: Numeric, low: float, high: float) -> list[float]:
    inner = (trait.warn_low, trait.warn_high)
    return [low, *(limit for limit in inner if limit is not None and low < limit < high), high]


def _zones(trait: Numeric, low: float, high: float) -> list[tuple[float, float, bool]]:
    """From where to where along the scale, and whether it warns there."""
    ends = _limits(trait, low, high)
    found = []
    for start, end in pairwise(ends):
        middle = (start + end) / 2
        warns = (trait.warn_low is not None and middle < trait.warn_low) or (
            trait.warn_high is not None and middle > trait.warn_high
        )
        found.append(((start - low) / (high - low), (end - low) / (high - low), warns))
    return found


def _ring(zones: list[tuple[float, float, bool]], share: float | None, size: Size, color: str) -> list[str]:
    outer = min(size.width / 2, size.height - _MARKER) - _ZONE / 2
    center = (size.width / 2, size.height - _MARKER)
    radius = outer - _ZONE / 2 - _BETWEEN - RING / 2
    parts = [flat(_arc(center, radius, 0, 1), GRID, RING, opacity=0.25)]
    for start, end, warns in zones:
        parts.append(
            flat(_arc(center, outer, start, end), WARN if warns else GOOD, _ZONE, dash="4 2" if warns else "")
        )
    for start, _, _ in zones[1:]:
        inside, outside = (
            _around(center, radius + by, start) for by in (RING / 2 - _NOTCH, RING / 2 + _ZONE)
        )
        parts.append(flat(polyline([inside, outside]), MUTED, 1.5))
    if share is not None:
        parts.append(flat(_arc(center, radius, 0, share), color, RING))
        tip = _around(center, radius - RING / 2 - 1, share)
        foot = radius - RING / 2 - 1 - _MARKER
        sides = [_around(center, foot, share + by / radius / math.pi) for by in (-_MARKER / 2, _MARKER / 2)]
        parts.append(area(polyline([tip, *sides], closed=True), color))
    return [part for part in parts if part]


def _bar(zones: list[tuple[float, float, bool]], share: float | None, size: Size, color: str) -> list[str]:
    left, width = _MARKER / 2, size.width - _MARKER
    top = (size.height - _BAR) / 2
    parts = [area(bar(Box(left, top, width, _BAR)), GRID, 0.25)]
    over = top - _BETWEEN - _ZONE / 2
    for start, end, warns in zones:
        line = polyline([(left + start * width, over), (left + end * width, over)])
        parts.append(flat(line, WARN if warns else GOOD, _ZONE, dash="4 2" if warns else ""))
    for start, _, _ in zones[1:]:
        across = left + start * width
        parts.append(flat(polyline([(across, over - _ZONE / 2), (across, top + _NOTCH)]), MUTED, 1.5))
    if share is not None:
        across = left + share * width
        parts.append(area(bar(Box(left, top, share * width, _BAR)), color))
        foot = top + _BAR + 1 + _MARKER
        sides = [(across - _MARKER / 2, foot), (across + _MARKER / 2, foot)]
        parts.append(area(polyline([(across, top + _BAR + 1), *sides], closed=True), color))
    return parts


def _around(center: Point, radius: float, share: float) -> Point:
    """A place on the half ring: at 0 left, at 1 right, at a half on top."""
    angle = math.pi * (1 - share)
    return center[0] + radius * math.cos(angle), center[1] - radius * math.sin(angle)


def _arc(center: Point, radius: float, start: float, end: float) -> str:
    if end - start < 1e-3:
        return ""
    first, last = (_around(center, radius, share) for share in (start, end))
    return (
        f"M{pixels(first[0])} {pixels(first[1])}A{pixels(radius)} {pixels(radius)} 0 0 1 "
        f"{pixels(last[0])} {pixels(last[1])}"
    )


def _summary(
    value: float | None, trait: Numeric, ends: tuple[float, float], warns: str, reader: Reader
) -> str:
    space = f" {trait.unit}" if trait.unit else ""
    words = {"low": plain(ends[0]), "high": plain(ends[1]) + space}
    if value is None:
        return reader.say("no value, of {low} to {high}", **words)
    text = reader.say("{value} of {low} to {high}", value=format_value(value, trait, reader) + space, **words)
    if warns == "low" and trait.warn_low is not None:
        return reader.say("{facts}, below {limit}", facts=text, limit=plain(trait.warn_low))
    if warns == "high" and trait.warn_high is not None:
        return reader.say("{facts}, above {limit}", facts=text, limit=plain(trait.warn_high))
    return text
