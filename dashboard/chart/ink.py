"""Colours, dashes and pieces of SVG. Coordinates are pixels, rounded to tenths; no text is drawn."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from bridge.presence import Availability

PALETTE = ("#0099e6", "#a85400", "#3859ff", "#b7831a", "#ff38bd", "#846273")
"""Colours of series: 3:1 at least on the light and the dark ground, apart for the colour-blind too."""
DASHES = ("", "7 3", "2 3", "10 3 2 3", "5 5", "1 2.5")
"""The dash pattern that goes with each colour, in pixels; the first is a whole line."""
MOST_SERIES = len(PALETTE)

GRID = "#8a9399"
GOOD, WARN, BAD, MUTED = "#1b9e5a", "#d97706", "#dc2626", "#8a9399"
"""Colours by meaning, those of `dashboard.look.DOTS`."""
MEANING: Mapping[Availability, str] = {"online": GOOD, "stale": WARN, "offline": BAD, "unknown": MUTED}

Point: TypeAlias = tuple[float, float]
"""x and y in pixels from the upper left corner."""


class Size(NamedTuple):
    """Width and height of a drawing, in pixels."""

    width: float
    height: float


class Box(NamedTuple):
    """A rectangle within a drawing, in pixels."""

    left: float
    top: float
    width: float
    height: float


def document(size: Size, parts: Iterable[str]) -> str:
    """The SVG text of a drawing."""
    width, height = pixels(size.width), pixels(size.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def stroke(data: str, color: str, width: float = 2, dash: str = "", opacity: float = 1) -> str:
    """A line along path data; nothing where there is none."""
    # A lone reading is a dot only if its ends are round; a fine dash looks whole if they are.
    line = flat(data, color, width, dash, opacity)
    return line if dash else line.replace("/>", ' stroke-linecap="round"/>')


def flat(data: str, color: str, width: float, dash: str = "", opacity: float = 1) -> str:
    """A line whose ends are cut off straight, so that it is as long as it says; nothing without data."""
    if not data:
        return ""
    return (
        f'<path d="{data}" fill="none" stroke="{color}" stroke-width="{pixels(width)}" '
        f'stroke-linejoin="round"{_dashed(dash)}{_faint("stroke-opacity", opacity)}/>'
    )


def area(data: str, color: str, opacity: float = 1) -> str:
    """What path data encloses, filled; nothing where there is none."""
    return f'<path d="{data}" fill="{color}"{_faint("fill-opacity", opacity)}/>' if data else ""


def dot(at: Point, color: str, radius: float = 3.5, *, hollow: bool = False) -> str:
    """A filled dot, or a ring."""
    place = f'cx="{pixels(at[0])}" cy="{pixels(at[1])}"'
    if hollow:
        return (
            f'<circle {place} r="{pixels(radius - 0.75)}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        )
    return f'<circle {place} r="{pixels(radius)}" fill="{color}"/>'


def polyline(points: Sequence[Point], *, closed: bool = False) -> str:
    """Path data of a line through points: one absolute move, then relative steps.

    Rounding does not add up: each point lies within half a tenth of where it belongs.
    """
    if not points:
        return ""
    x, y = (round(value * 10) for value in points[0])
    out = [f"M{tenths(x)} {tenths(y)}"]
    command = "l"
    for point in points[1:]:
        nx, ny = round(point[0] * 10), round(point[1] * 10)
        if nx == x and ny == y:
            continue
        dx, dy = tenths(nx - x), tenths(ny - y)
        # A minus sign parts two numbers as well as a space does.
        out.append(f"{command or ('' if dx[0] == '-' else ' ')}{dx}{'' if dy[0] == '-' else ' '}{dy}")
        command, x, y = "", nx, ny
    if len(out) == 1 and not closed:
        out.append("h0.01")
    return "".join(out) + ("z" if closed else "")


def bar(box: Box) -> str:
    """Path data of a filled rectangle."""
    left, top = round(box.left * 10), round(box.top * 10)
    width = round((box.left + box.width) * 10) - left
    height = round((box.top + box.height) * 10) - top
    return f"M{tenths(left)} {tenths(top)}h{tenths(width)}v{tenths(height)}h{tenths(-width)}z"


def level(y: float, width: float) -> str:
    """Path data of a horizontal line across a drawing."""
    return f"M0 {pixels(y)}h{pixels(width)}"


def upright(x: float, top: float, height: float) -> str:
    """Path data of a vertical line."""
    return f"M{pixels(x)} {pixels(top)}v{pixels(height)}"


def pixels(value: float) -> str:
    """A length or a place, rounded to tenths of a pixel."""
    return tenths(round(value * 10))


@lru_cache(maxsize=16_384)
def tenths(value: int) -> str:
    """Tenths of a pixel as pixels, in as few characters as it takes."""
    whole, rest = divmod(abs(value), 10)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def luminance(color: str) -> float:
    """The relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on a colour; 4.5:1 at least."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, color))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _dashed(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _faint(name: str, opacity: float) -> str:
    return f' {name}="{opacity:g}"' if opacity < 1 else ""
