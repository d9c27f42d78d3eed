"""Colours that everybody can tell apart on both grounds, and paths that stay where they belong."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.presence import Availability
from dashboard.chart.ink import (
    BAD,
    DASHES,
    GOOD,
    MEANING,
    MUTED,
    PALETTE,
    WARN,
    Box,
    bar,
    contrast,
    ink_on,
    pixels,
    polyline,
    stroke,
)
from tests.dashboard.chart.drawing import shapes

GROUNDS = ("#ffffff", "#182021")
SEEN_BY = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039)),
}  # fmt: skip
"""From linear red, green and blue to what is seen (Machado, Oliveira and Fernandes, 2009, severity 1)."""


@pytest.mark.parametrize("ground", GROUNDS, ids=["light", "dark"])
def test_colours_stand_out(ground: str) -> None:
    """3:1 at least, for series and for meanings."""
    assert [] == [color for color in (*PALETTE, GOOD, WARN, BAD, MUTED) if contrast(color, ground) < 3]


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_series_are_told_apart(eyes: str) -> None:
    """By people who lack a kind of cones too, and by the pattern of the line alone."""
    seen = [_oklab(color, SEEN_BY[eyes]) for color in PALETTE]
    nearest = min(
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in combinations(seen, 2)
    )
    assert nearest > 0.1
    assert len(PALETTE) == len(set(DASHES))


@pytest.mark.parametrize("ground", ["#ffffff", "#182021"])
@pytest.mark.parametrize("meaning", sorted(MEANING))
def test_meanings_are_told_on_both_grounds(meaning: Availability, ground: str) -> None:
    """A drawing is the same in light and dark, so its colours stand out on both, at 3:1 at least."""
    assert contrast(MEANING[meaning], ground) >= 3


@pytest.mark.parametrize("color", [*PALETTE, BAD, "#000000", "#ffffff"])
def test_words_on_colours_can_be_read(color: str) -> None:
    """Black or white, at 4.5:1 at least."""
    assert contrast(ink_on(color), color) >= 4.5


@given(st.lists(st.tuples(st.floats(0, 2_000), st.floats(0, 2_000)), min_size=1, max_size=50))
def test_rounding_does_not_add_up(points: list[tuple[float, float]]) -> None:
    """Every point of a path of relative steps lies within half a tenth of a pixel of its place."""
    (shape,) = shapes(f'<svg xmlns="http://www.w3.org/2000/svg">{stroke(polyline(points), "#000000")}</svg>')
    (line,) = shape.lines
    expected = [(round(x * 10) / 10, round(y * 10) / 10) for x, y in points]
    kept = [point for at, point in enumerate(expected) if at == 0 or point != expected[at - 1]]
    assert kept == line[: len(kept)]


def test_numbers_are_short() -> None:
    """No digit that says nothing."""
    assert ["0", "0.5", "12", "-3.1", "0"] == [pixels(value) for value in (0, 0.46, 12.0, -3.14, -0.04)]
    assert "M1 2l0.5-1.5-1 0" == polyline([(1, 2), (1.5, 0.5), (0.5, 0.5)])
    assert "M0 0.5h10v2.2h-10z" == bar(Box(0, 0.5, 10, 2.2))


def _oklab(color: str, eyes: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    """Björn Ottosson's perceptual colour space, in which distances are differences that are seen."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in eyes]
    cones = [
        sum(a * b for a, b in zip(row, seen, strict=True)) ** (1 / 3)
        for row in (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        )
    ]
    return tuple(
        sum(a * b for a, b in zip(row, cones, strict=True))
        for row in (
            (0.2104542553, 0.793617785, -0.0040720468),
            (1.9779984951, -2.428592205, 0.4505937099),
            (0.0259040371, 0.7827717662, -0.808675766),
        )
    )
