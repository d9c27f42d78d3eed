"""Positions drawn to scale, north up, without a map. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from dashboard.chart.axis import nice_step, step_text
from dashboard.chart.ink import (
    DASHES,
    GRID,
    MOST_SERIES,
    PALETTE,
    Box,
    Point,
    Size,
    document,
    dot,
    flat,
    level,
    polyline,
    stroke,
    upright,
)
from dashboard.reader import ENGLISH, Reader
from dashboard.wording import plain

METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere as large as the earth (radius 6,371 km)."""
LEAST = 200.0
"""Metres across that are shown at the least: positions that differ by less are one place."""
APART = 64.0
"""Pixels between two lines of the grid, at the least."""
_INSET = 14.0
_FAINT = 0.35
_SCALE = 96.0
"""Pixels of width of the scale bar, at the most."""
_FLATTEST = 0.01
"""The least that a degree of longitude is of one of latitude, towards the poles."""


class Position(NamedTuple):
    """Degrees, and Unix seconds."""

    latitude: float
    longitude: float
    time: float


@dataclass(frozen=True, slots=True)
class Track:
    """Where a device was, oldest first. The line breaks where nothing was heard for longer than `silence`."""

    label: str
    positions: Sequence[Position]
    silence: float | None = None


class Last(NamedTuple):
    """The last position of a device, and where it stands: fractions from the left and from the top."""

    label: str
    color: str
    dash: str
    at: tuple[float, float]
    position: Position


class Scale(NamedTuple):
    """The bar that tells distances: its box in fractions of the drawing, and how long it is."""

    box: Box
    text: str
    metres: float


class Line(NamedTuple):
    """A line of the grid: where, a fraction from the left or from the top, and its degrees."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to show, and in words. Without any position there is neither a scale nor a mark nor a grid.

    `norths` are lines of equal latitude, `easts` of equal longitude.
    """

    svg: str
    size: Size
    scale: Scale | None
    lasts: tuple[Last, ...]
    summary: str
    norths: tuple[Line, ...] = ()
    easts: tuple[Line, ...] = ()


def draw_plan(tracks: Sequence[Track], size: Size, reader: Reader = ENGLISH) -> Plan:
    """The plan of up to six devices, as large as fits. Raises `ValueError` for more.

    A metre is as long upwards as across at the middle latitude. Tracks across the antimeridian hang together.
    """
    if len(tracks) > MOST_SERIES:
        raise ValueError(f"a plan shows at most {MOST_SERIES} devices, got {len(tracks)}")
    known = [[position for position in track.positions if _is_place(position)] for track in tracks]
    view = _view([position for positions in known for position in positions], size)
    if view is None:
        return Plan(document(size, []), size, None, (), reader.say("No positions."))
    scale = _scale(view, size)
    left, top, width, height = scale.box
    x, y = left * size.width, top * size.height
    ruler = [(x, y), (x, y + height * size.height), (x + width * size.width, y + height * size.height)]
    norths, easts = _grid(view)
    grid = "".join(
        [level(line.at * size.height, size.width) for line in norths]
        + [upright(line.at * size.width, 0, size.height) for line in easts]
    )
    parts = [
        flat(grid, GRID, 1, opacity=_FAINT), stroke(polyline([*ruler, (ruler[-1][0], y)]), GRID, 1.5),
    ]  # fmt: skip
    lasts = []
    for number, (track, positions) in enumerate(zip(tracks, known, strict=True)):
        if not positions:
            continue
        color, dash = PALETTE[number], DASHES[number]
        runs = _runs(positions, track.silence)
        long = "".join(_path([view.place(p) for p in run]) for run in runs if len(run) > 1)
        lone = "".join(polyline([view.place(run[0])]) for run in runs if len(run) == 1)
        at = view.place(positions[-1])
        parts += [
            stroke(long, color, 2, dash), stroke(lone, color, 4.5),
            dot(at, color, 4.5), dot(at, color, 8, hollow=True),
        ]  # fmt: skip
        share = (at[0] / size.width, at[1] / size.height)
        lasts.append(Last(track.label, color, dash, share, positions[-1]))
    return Plan(
        document(size, parts), size, scale, tuple(lasts), _summary(lasts, view, reader), norths, easts
    )


@dataclass(frozen=True, slots=True)
class _View:
    """How positions become pixels: the middle (degrees), the seam between longitudes, pixels for a metre."""

    latitude: float
    longitude: float
    seam: float
    flat: float
    zoom: float
    size: Size
    extent: tuple[float, float]

    def place(self, position: Position) -> Point:
        east = (_east(position.longitude, self.seam) - self.longitude) * self.flat * METRES_PER_DEGREE
        north = (position.latitude - self.latitude) * METRES_PER_DEGREE
        return self.size.width / 2 + east * self.zoom, self.size.height / 2 - north * self.zoom


def _view(positions: Sequence[Position], size: Size) -> _View | None:
    if not positions:
        return None
    seam = _seam(position.longitude for position in positions)
    easts = [_east(position.longitude, seam) for position in positions]
    norths = [position.latitude for position in positions]
    latitude, longitude = (max(values) / 2 + min(values) / 2 for values in (norths, easts))
    flat = max(_FLATTEST, math.cos(math.radians(latitude)))
    across = (max(easts) - min(easts)) * flat * METRES_PER_DEGREE
    down = (max(norths) - min(norths)) * METRES_PER_DEGREE
    width, height = (max(1.0, length - 2 * _INSET) for length in size)
    zoom = min(width / max(LEAST, across), height / max(LEAST, down))
    return _View(latitude, longitude, seam, flat, zoom, size, (across, down))


def _seam(longitudes: Iterable[float]) -> float:
    """The longitude after the widest stretch without a position: there the earth is cut open."""
    found = sorted({longitude % 360 for longitude in longitudes})
    gaps = [(after - before, after) for before, after in pairwise(found)]
    return max([(found[0] + 360 - found[-1], found[0]), *gaps])[1]


def _east(longitude: float, seam: float) -> float:
    # By hundred-millionths, because the remainder of what is a hair below the seam would be all around.
    return round((longitude - seam) % 360, 8) % 360 + seam


def _grid(view: _View) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Lines at round degrees, some of them in every drawing that has room for them."""
    width, height = view.size
    upwards, across = view.zoom * METRES_PER_DEGREE, view.zoom * METRES_PER_DEGREE * view.flat
    norths = _round_degrees(view.latitude, height / 2 / upwards, APART / upwards, 90)
    easts = _round_degrees(view.longitude, width / 2 / across, APART / across, 180)
    return (
        tuple(
            Line(0.5 - (at - view.latitude) * upwards / height, text) for at, text in norths if abs(at) <= 90
        ),
        tuple(Line(0.5 + (at - view.longitude) * across / width, text) for at, text in easts),
    )


def _round_degrees(middle: float, reach: float, apart: float, most: float) -> list[tuple[float, str]]:
    """Multiples of a round step within reach of the middle, no further than `most`, and how they read."""
    step, reach = nice_step(apart), min(reach, most)
    first, last = math.ceil((middle - reach) / step), math.floor((middle + reach) / step)
    found = [number * step for number in range(first, last + 1)]
    return [(at, f"{step_text((at + 180) % 360 - 180, step)}°") for at in found]


def _scale(view: _View, size: Size) -> Scale:
    most = min(_SCALE, size.width / 3) / view.zoom
    metres = nice_step(most)
    while metres > most:
        metres = nice_step(metres / 2.6)
    text = f"{plain(metres)} m" if metres < 1_000 else f"{plain(metres / 1_000)} km"
    box = Box(
        6 / size.width, (size.height - 10) / size.height, metres * view.zoom / size.width, 5 / size.height
    )
    return Scale(box, text, metres)


def _runs(positions: Sequence[Position], silence: float | None) -> list[list[Position]]:
    longest = math.inf if silence is None else silence
    out: list[list[Position]] = []
    for position in positions:
        if out and position.time - out[-1][-1].time <= longest:
            out[-1].append(position)
        else:
            out.append([position])
    return out


def _path(points: Sequence[Point]) -> str:
    """Only what is a pixel away from what was drawn last, so that who stays in a place draws no knot."""
    out = [points[0]]
    out += [point for point in points[1:-1] if math.hypot(point[0] - out[-1][0], point[1] - out[-1][1]) >= 1]
    return polyline([*out, points[-1]])


def _is_place(position: Position) -> bool:
    return -90 <= position.latitude <= 90 and -180 <= position.longitude <= 180


def _summary(lasts: Iterable[Last], view: _View, reader: Reader) -> str:
    across, down = (_distance(metres) for metres in view.extent)
    where = "; ".join(
        reader.say(
            "{what} last at {latitude}, {longitude}",
            what=last.label,
            latitude=f"{last.position.latitude:.5f}",
            longitude=f"{last.position.longitude:.5f}",
        )
        for last in lasts
    )
    return reader.say(
        "Positions over {across} from west to east and {down} from south to north: {where}.",
        across=across,
        down=down,
        where=where,
    )


def _distance(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1_000 else f"{metres / 1_000:.1f} km"
