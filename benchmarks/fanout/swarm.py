"""Many browsers in one process: sockets that speak Flet's protocol and read how old what they show is."""

import asyncio
import base64
import os
import resource
import socket
import struct
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import msgpack

from benchmarks.fanout.gauge import FIRST, stamps

MASK = b"\0\0\0\0"
PATIENCE = 120.0
"""Seconds until a tab that shows nothing is given up."""


def more_files(wanted: int = 20_000) -> None:
    """Raise the limit of open files as far as it goes."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


@dataclass(frozen=True, slots=True)
class Address:
    """What the tab shows, and how many cards that are."""

    port: int
    route: str = "/"
    cards: int = 20


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Whether the tab registers, reads what comes and answers pings, as a browser does."""

    greets: bool = True
    reads: bool = True
    answers: bool = True


WELL = Behaviour()


@dataclass
class Seen:
    """What one message of the server shows, read once for all sockets that get the same bytes."""

    stamps: list[int]


@dataclass
class Record:
    """What came, by socket: when, and which stamps it showed."""

    zero: int
    known: dict[bytes, Seen] = field(default_factory=dict)

    def read(self, data: bytes) -> Seen:
        """The stamps of a message."""
        found = self.known.get(data)
        if found is None:
            if len(self.known) > 500:
                self.known.clear()
            found = self.known[data] = Seen(stamps(data))
        return found


class Tab(asyncio.Protocol):
    """One browser's socket. `views` are time (microseconds, as stamps are) and what came.

    `painted` is when so many `cards` were there at once.
    """

    def __init__(self, record: Record, address: Address, behaviour: Behaviour) -> None:
        self.record, self.address, self.behaviour = record, address, behaviour
        self.views: list[tuple[int, Seen]] = []
        self.frames = 0
        self.painted = 0
        self.closed = False
        self._buffer = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{self.address.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's)
        self.closed = True

    def send(self, opcode: int, data: bytes) -> None:
        """A masked frame, with a mask that changes nothing."""
        size = len(data)
        head = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.transport.write(bytes([0x80 | opcode]) + head + MASK + data)

    def leave(self) -> None:
        """As a browser does that closes the tab."""
        if not self.closed:
            self.send(8, (1001).to_bytes(2, "big"))
            self.transport.close()

    def reset(self) -> None:
        """End the connection by a reset in place of an orderly end."""
        if not self.closed:
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()

    def fall_silent(self) -> None:
        """Read and say nothing any more, as a computer whose cable was pulled."""
        if not self.closed:
            self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            self._open, buffer = True, buffer[end + 4 :]
            if self.behaviour.greets:
                self._greet()
            if not self.behaviour.reads:
                self.transport.pause_reading()
        place = 0
        while (found := _frame(buffer, place)) is not None:
            opcode, start, place = found
            if opcode == 2:
                self._take(buffer[start:place])
            elif opcode == 9 and self.behaviour.answers:
                self.send(10, buffer[start:place])
        self._buffer = buffer[place:]

    def _greet(self) -> None:
        page = {
            "route": self.address.route, "width": 1200, "height": 800, "platform_brightness": "light",
            "platform": "linux", "web": True,
        }  # fmt: skip
        body = {"session_id": None, "page_name": "", "page": page}
        self.send(2, b"\0" + bytes(msgpack.packb([1, body])))

    def _take(self, data: bytes) -> None:
        self.frames += 1
        seen = self.record.read(data)
        if seen.stamps:
            now = FIRST + (time.monotonic_ns() - self.record.zero) // 1_000
            self.views.append((now, seen))
            if len(seen.stamps) >= self.address.cards and not self.painted:
                self.painted = now


def _frame(buffer: bytes, place: int) -> tuple[int, int, int] | None:
    """Opcode, begin and end of the data of the frame at `place`, if it is wholly there."""
    if len(buffer) - place < 2:
        return None
    size, start = buffer[place + 1], place + 2
    if size >= 126:
        start += 2 if size == 126 else 8
        if len(buffer) < start:
            return None
        size = int.from_bytes(buffer[place + 2 : start], "big")
    return None if len(buffer) < start + size else (buffer[place] & 15, start, start + size)


class Swarm:
    """Tabs of one server."""

    def __init__(self, port: int, zero: int) -> None:
        self.port = port
        self.record = Record(zero)
        self.tabs: list[Tab] = []

    async def open(self, route: str = "/", cards: int = 20, behaviour: Behaviour = WELL) -> None:
        """One more tab."""
        address = Address(self.port, quote(route, safe="/?=&"), cards)
        tab = Tab(self.record, address, behaviour)
        await asyncio.get_running_loop().create_connection(lambda: tab, "127.0.0.1", self.port)
        self.tabs.append(tab)

    async def open_all(self, routes: Sequence[str], cards: int = 20) -> None:
        """A tab for each route, and wait until each has been painted."""
        for route in routes:
            await self.open(route, cards)
        await self.painted()

    async def painted(self) -> None:
        """Wait until every tab has shown its cards."""
        give_up = time.monotonic() + PATIENCE
        while missing := sum(not tab.painted for tab in self.tabs):
            assert time.monotonic() < give_up, f"{missing} tabs were never painted"
            await asyncio.sleep(0.02)

    def forget(self) -> None:
        """Begin to note anew."""
        for tab in self.tabs:
            tab.views.clear()

    def close(self) -> None:
        """All tabs go."""
        for tab in self.tabs:
            tab.transport.abort()
        self.tabs.clear()


@dataclass(frozen=True)
class Freshness:
    """Milliseconds until a message, or a newer one of its device, was on a screen; the part never seen."""

    p50: float
    p99: float
    worst: float
    unseen: float


def freshness(
    said: Sequence[Sequence[int]], tabs: Sequence[Tab], begin: int, end: int, shown: Sequence[set[int]] | None
) -> Freshness:
    """Of everything that was said from `begin` to `end`. `shown`: the devices on each tab's screen."""
    device_of = {at: device for device, at in said}
    by_device: dict[int, list[int]] = {}
    for device, at in said:
        if begin <= at < end:
            by_device.setdefault(device, []).append(at)
    taken: list[int] = []
    unseen = 0
    for number, tab in enumerate(tabs):
        screen = by_device if shown is None else {d: by_device[d] for d in shown[number] if d in by_device}
        reached = dict.fromkeys(screen, 0)
        for now, seen in tab.views:
            for at in seen.stamps:
                device = device_of.get(at, -1)
                messages = screen.get(device)
                if messages is None:
                    continue
                until = bisect_left(messages, at + 1)
                taken += [now - message for message in messages[reached[device] : until]]
                reached[device] = max(reached[device], until)
        unseen += sum(len(messages) - reached[device] for device, messages in screen.items())
    taken.sort()
    if not taken:
        return Freshness(float("inf"), float("inf"), float("inf"), 1.0)
    p50, p99, worst = (taken[min(len(taken) - 1, int(len(taken) * part))] / 1_000 for part in (0.5, 0.99, 1))
    return Freshness(p50, p99, worst, unseen / (len(taken) + unseen))
