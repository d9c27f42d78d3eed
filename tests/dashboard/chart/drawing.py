"""Reads our drawings as a renderer does: which lines and areas there are, at which pixels."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

_PIECES = re.compile(r"[A-Za-z]|-?\d*\.?\d+(?:e-?\d+)?")
_LENGTHS = {"M": 2, "l": 2, "h": 1, "v": 1, "z": 0, "A": 7}
SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Shape:
    """A path: its subpaths as absolute points, rounded to tenths of a pixel, and its other attributes."""

    lines: list[list[tuple[float, float]]]
    looks: dict[str, str]

    @property
    def filled(self) -> bool:
        return self.looks.get("fill") != "none"


def shapes(svg: str, **looks: str) -> list[Shape]:
    """The paths of a drawing with these attributes (`stroke_width` for stroke-width), as they are drawn."""
    wanted = {name.replace("_", "-"): value for name, value in looks.items()}
    found = [
        Shape(_lines(path.attrib["d"]), {name: value for name, value in path.attrib.items() if name != "d"})
        for path in _root(svg).iter(f"{SVG}path")
    ]
    return [shape for shape in found if wanted.items() <= shape.looks.items()]


def circles(svg: str) -> list[tuple[float, float, str]]:
    """Middle and fill of the circles."""
    return [
        (float(found.attrib["cx"]), float(found.attrib["cy"]), found.attrib["fill"])
        for found in _root(svg).iter(f"{SVG}circle")
    ]


def names(svg: str) -> set[str]:
    """Which elements there are."""
    return {element.tag.removeprefix(SVG) for element in _root(svg).iter()}


def texts(svg: str) -> list[str]:
    """The texts of a drawing, in order."""
    return [element.text or "" for element in _root(svg).iter(f"{SVG}text")]


def everywhere(svg: str) -> list[tuple[float, float]]:
    """All points of all paths and the middles of all circles."""
    points = [point for shape in shapes(svg) for line in shape.lines for point in line]
    return points + [(x, y) for x, y, _ in circles(svg)]


def _root(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (our own drawing)


def _lines(data: str) -> list[list[tuple[float, float]]]:
    pieces = _PIECES.findall(data)
    lines: list[list[tuple[float, float]]] = []
    at, command, x, y = 0, "", 0.0, 0.0
    while at < len(pieces):
        if pieces[at].isalpha():
            command = pieces[at]
            at += 1
        numbers = [float(piece) for piece in pieces[at : at + _LENGTHS[command]]]
        at += len(numbers)
        if command == "M":
            x, y = numbers
            lines.append([])
        elif command == "l":
            x, y = x + numbers[0], y + numbers[1]
        elif command == "h":
            x += numbers[0]
        elif command == "v":
            y += numbers[0]
        elif command == "A":
            x, y = numbers[5:]
        if command != "z":
            lines[-1].append((round(x, 1), round(y, 1)))
    return lines
