"""The device that is watched: a card of four values and a switch, one of which tells when it was said.

The stamp is microseconds since a zero that all processes of a run share. It stands on the card as text, so
that whoever gets the card's bytes can read how old they are, whatever protocol carried them.
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import Annotated

from schemas.device import Device
from schemas.traits import Counter, Numeric, Switch

LETTERS = "bcdfhijklmnopqrstvwx"
GAP = "\u202f"
FIRST = 1_000_000_000
"""The least stamp, so that each has ten digits at least and nothing else is taken for one."""
STAMP = re.compile(rb"\d{1,3}(?:\xe2\x80\xaf\d{3}){3,}")


PAYLOAD = b'{"level": %d.5, "pressure": %.2f, "speed": %d, "stamp": %d, "on": %b}'


class Gauge(Device, topic="gauge/{device}/state", stale_after=3_600):
    """What a benchmark's device says."""

    level: Annotated[float, Numeric(unit="%", low=0, high=100, precision=1)]
    pressure: Annotated[float, Numeric(unit="bar", low=0, high=1_000, precision=2)]
    speed: Annotated[float, Numeric(unit="rpm", low=0, high=100_000, precision=0)]
    stamp: Annotated[int, Counter()]
    on: Annotated[bool, Switch(command="gauge/{device}/set")]


def stamp(zero: int) -> int:
    """Now, in microseconds since `zero` (nanoseconds of the monotonic clock)."""
    return FIRST + (time.monotonic_ns() - zero) // 1_000


def stamps(data: bytes) -> list[int]:
    """The stamps that bytes of any protocol show."""
    return [int(found.replace(b"\xe2\x80\xaf", b"")) for found in STAMP.findall(data)]


def text(number: int) -> str:
    """A stamp as the cards show it."""
    return f"{number:,}".replace(",", GAP)


def ring(begin: int, size: int) -> str:
    """So many letters of a ring of twenty, none of which is in the kind's name."""
    return (LETTERS * 2)[begin : begin + size]


def names(devices: int) -> Sequence[str]:
    """Names with ten letters of the ring each, so that one letter finds half of them, two a bit less."""
    return [f"{ring(number % 20, 10)}-{number:03d}" for number in range(devices)]


def payload(turn: int, at: int) -> bytes:
    """What a device says in its turn."""
    on = b"true" if turn & 1 else b"false"
    return PAYLOAD % (turn % 100, 1 + turn % 7 / 4, 1_000 + turn % 13, at, on)


class Feed:
    """Says something new for one device after the other, so many times a second, until told otherwise."""

    def __init__(self, devices: int, zero: int, say: Callable[[str, bytes, int], None]) -> None:
        self.rate = 0.0
        self.said: list[tuple[int, int]] = []
        self._names = names(devices)
        self._zero = zero
        self._say = say

    def first(self) -> None:
        """Each device once."""
        for number in range(len(self._names)):
            self._next(number)

    def run(self) -> None:
        """For ever, at `rate` messages a second, from a thread of its own."""
        turn, due = 0, time.monotonic()
        while True:
            # Read once: it is set to 0 from another thread.
            rate = self.rate
            if rate <= 0:
                time.sleep(0.01)
                due = time.monotonic()
                continue
            self._next(turn)
            turn += 1
            due = max(due + 1 / rate, time.monotonic() - 0.5)
            wait = due - time.monotonic()
            if wait > 0.0005:
                time.sleep(wait)

    def _next(self, turn: int) -> None:
        number = turn % len(self._names)
        at = stamp(self._zero)
        self.said.append((number, at))
        self._say(self._names[number], payload(turn, at), at)
