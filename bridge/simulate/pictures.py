"""The pictures of simulated devices: small PNGs in which something moves."""

import base64
import math
import struct
import zlib
from random import Random

from bridge.simulate.motion import Moment
from schemas.message import Value

WIDTH, HEIGHT = 160, 90
EVERY = 10.0
"""Seconds between two pictures."""


class Scene:
    """A warm spot that wanders over a cold ground, as a thermal camera sees it; a picture in base64.

    It says nothing between two pictures.
    """

    def __init__(self, rng: Random) -> None:
        self._phase = rng.uniform(0, math.tau)
        self._last: float | None = None

    def value(self, moment: Moment) -> Value | None:
        if self._last is not None and moment.now - self._last < EVERY:
            return None
        self._last = moment.now
        return base64.b64encode(_scene(self._phase + moment.now / 40)).decode("ascii")

    def put(self, value: Value, now: float) -> None:
        """Nothing to do: a picture cannot be commanded."""


def _scene(angle: float) -> bytes:
    x0, y0 = WIDTH * (0.5 + 0.35 * math.cos(angle)), HEIGHT * (0.5 + 0.3 * math.sin(2 * angle))
    lines = bytearray()
    for y in range(HEIGHT):
        lines.append(0)
        lines += bytes(
            min(255, int(255 * math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 500) + 16 * (y * 4 // HEIGHT)))
            for x in range(WIDTH)
        )
    return png(WIDTH, HEIGHT, bytes(lines))


_WARM = bytes(
    part
    for level in range(256)
    for part in (min(255, level * 2), min(255, max(0, level * 2 - 200)), max(40, 160 - level))
)
"""A colour for each of 256 levels, from blue to yellow."""


def png(width: int, height: int, lines: bytes) -> bytes:
    """A picture of 256 colours, each line of which begins with a 0."""
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (b"IHDR", head), (b"PLTE", _WARM), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
