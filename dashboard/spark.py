"""A small line of the last values, as SVG, and where it goes. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

INK = "#0099e6"


class Size(NamedTuple):
    """Width and height of a drawing, in pixels."""

    width: float
    height: float


class Trend(NamedTuple):
    """Where the last values go: a word and an arrow."""

    word: Literal["rising", "falling", "steady", ""]
    arrow: Literal["↗", "↘", "→", ""]


def spark(values: Sequence[tuple[float, float]], size: Size, silence: float | None = None) -> str:
    """The SVG of (Unix seconds, value), oldest first; broken where there was none for `silence` seconds."""
    low, high = min(value for _at, value in values), max(value for _at, value in values)
    first, seconds = values[0][0], values[-1][0] - values[0][0]
    placed = [
        (
            3 + (size.width - 6) * (at - first) / (seconds or 1),
            size.height / 2 if high == low else 3 + (size.height - 6) * (high - value) / (high - low),
        )
        for at, value in values
    ]
    path = f"M{placed[0][0]:.0f} {placed[0][1]:.0f}"
    for (before, after), (x, y) in zip(pairwise(values), placed[1:], strict=True):
        broken = silence is not None and after[0] - before[0] > silence
        path += f"{'M' if broken else 'L'}{x:.0f} {y:.0f}"
    x, y = placed[-1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size.width:g}" height="{size.height:g}">'
        f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="2.5" fill="{INK}"/></svg>'
    )


def trend(values: Sequence[tuple[float, float]], precision: int | None = None) -> Trend:
    """Whether the last third is above or below what was before it, by more than the rest of it varies."""
    known = [value for _at, value in values]
    part = max(1, len(known) // 3)
    earlier, later = known[:-part] or known, known[-part:]
    by = sum(later) / len(later) - sum(earlier) / len(earlier)
    least = max(10.0 ** -(precision or 0), (max(known) - min(known)) / 4)
    if abs(by) < least:
        return Trend("steady", "→")
    return Trend("rising", "↗") if by > 0 else Trend("falling", "↘")
