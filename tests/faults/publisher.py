"""A fast publisher that knows which of its messages the broker has taken, and what a broker still holds."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from select import select
from typing import TypeAlias

from tests.servers import LONG, Mosquitto

Shape: TypeAlias = Callable[[int], tuple[str, bytes]]
"""Topic and payload of the message with this number."""

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x30, 0x40
CHUNK = 200
"""Packets that are written at once."""
DEVICES = 10
SINCE = datetime.now(UTC) - timedelta(hours=1)


def meter(number: int) -> tuple[str, bytes]:
    """A meter's message that holds its number as a reading."""
    return f"fleet/energy_meter/m{number % DEVICES}/state", b'{"power": 1, "energy": %d}' % number


def timed_meter(number: int) -> tuple[str, bytes]:
    """The same with a time of the device's own, which grows with the number."""
    moment = (SINCE + timedelta(milliseconds=number)).isoformat()
    return meter(number)[0], b'{"power": 1, "energy": %d, "time": "%s"}' % (number, moment.encode())


def level(_number: int) -> tuple[str, bytes]:
    """A message that is not counted."""
    return "fleet/tank/rain/state", b'{"level": 50}'


class Publisher:
    """Publishes messages with growing numbers, none of them twice.

    `acknowledged`: the broker has said that it took them. `unanswered`: it was not heard to say so, because
    the connection was lost; it may have taken them or not. Connects again by itself until `abandon`.
    """

    def __init__(
        self, port: int, shape: Shape = meter, *, qos: int = 1, window: int = 500, first: int = 1
    ) -> None:
        self.acknowledged: set[int] = set()
        self.unanswered: set[int] = set()
        self._port = port
        self._shape = shape
        self._qos = qos
        self._window = window
        self._next = first
        self._last = 0
        self._abandoned = threading.Event()
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None

    def publish(self, count: int) -> None:
        """Publish so many, and wait until each is acknowledged or unanswered."""
        self._last = self._next + count - 1
        give_up = time.monotonic() + LONG
        while self._next <= self._last and not self._abandoned.is_set():
            try:
                self._connection()
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.02)

    def begin(self, count: int) -> None:
        """The same, without waiting; `finish` waits."""

        def run() -> None:
            try:
                self.publish(count)
            except BaseException as error:  # noqa: BLE001 - it is raised by `finish`
                self._fault = error

        self._thread = threading.Thread(target=run, name="publisher", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for what was begun."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(2 * LONG)
            if self._fault is not None:
                raise self._fault
            if thread.is_alive():
                raise TimeoutError(f"{len(self.acknowledged)} messages acknowledged, no more came through")

    @property
    def begun(self) -> int:
        """The number of the message that is next."""
        return self._next

    @property
    def over(self) -> bool:
        """Whether what was begun is published."""
        return self._thread is None or not self._thread.is_alive()

    def abandon(self) -> None:
        """Publish no more."""
        self._abandoned.set()

    def _connection(self) -> None:
        waiting: dict[int, int] = {}
        try:
            with closing(connected(self._port)) as sock:
                rest = b""
                while (self._next <= self._last or waiting) and not self._abandoned.is_set():
                    self._send(sock, waiting)
                    full = len(waiting) >= self._window or self._next > self._last
                    if waiting and (full or select([sock], [], [], 0)[0]):
                        rest = self._hear(sock, rest, waiting)
                sock.sendall(b"\xe0\x00")
        finally:
            self.unanswered.update(waiting.values())

    def _send(self, sock: socket.socket, waiting: dict[int, int]) -> None:
        parts = []
        while self._next <= self._last and len(waiting) < self._window and len(parts) < CHUNK:
            number, self._next = self._next, self._next + 1
            packet_id = number % 65_535 + 1
            topic, payload = self._shape(number)
            parts.append(published(topic, payload, self._qos, packet_id))
            if self._qos:
                waiting[packet_id] = number
        if parts:
            sock.sendall(b"".join(parts))

    def _hear(self, sock: socket.socket, rest: bytes, waiting: dict[int, int]) -> bytes:
        data = sock.recv(65_536)
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        data = rest + data
        whole = len(data) - len(data) % 4
        for first, _length, packet_id in struct.iter_unpack(">BBH", data[:whole]):
            if first != PUBACK:
                raise ValueError(f"expected a PUBACK, got a packet of type {first:#x}")
            self.acknowledged.add(waiting.pop(packet_id))
        return data[whole:]


def connected(port: int, client_id: str = "", *, clean: bool = True) -> socket.socket:
    """A socket on which the broker has accepted an MQTT 3.1.1 client without a keep-alive."""
    body = _text("MQTT") + struct.pack(">BBH", 4, 2 if clean else 0, 0) + _text(client_id)
    sock = socket.create_connection(("127.0.0.1", port), LONG)
    try:
        sock.sendall(_packet(CONNECT, body))
        answer = _exactly(sock, 4)
        if answer[0] != CONNACK or answer[3] != 0:
            raise ConnectionRefusedError(f"the broker answered {answer.hex()}")  # noqa: TRY301 - to close below
    except BaseException:
        sock.close()
        raise
    return sock


def published(topic: str, payload: bytes, qos: int, packet_id: int, *, retain: bool = False) -> bytes:
    """A PUBLISH packet."""
    identity = struct.pack(">H", packet_id) if qos else b""
    return _packet(PUBLISH | qos << 1 | retain, _text(topic) + identity + payload)


def retain_all(port: int, shape: Shape, count: int) -> None:
    """Have the broker keep so many retained messages, and wait until it has them."""
    with closing(connected(port)) as sock:
        for number in range(1, count + 1):
            sock.sendall(published(*shape(number), 1, number, retain=True))
            if number % CHUNK == 0 or number == count:
                _exactly(sock, 4 * (number % CHUNK or CHUNK))


def held_for(broker: Mosquitto, client_id: str) -> list[bytes]:
    """The payloads that the broker still holds for a client that has gone, asked in its name.

    Nothing is acknowledged, so that the broker goes on holding them.
    """
    broker.done_with(client_id)
    marker = json.dumps({"marker": time.monotonic_ns()}).encode()
    found: list[bytes] = []
    with (
        closing(connected(broker.port, client_id, clean=False)) as sock,
        closing(connected(broker.port)) as other,
    ):
        # At QoS 0, which passes by what waits behind too many messages in flight.
        other.sendall(published("fleet/marker", marker, 0, 0))
        while marker not in found:
            first, body = _read(sock)
            if first & 0xF0 == PUBLISH:
                length = int.from_bytes(body[:2], "big")
                found.append(body[2 + length + (2 if first & 6 else 0) :])
    return [payload for payload in found if payload != marker]


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _packet(first: int, body: bytes) -> bytes:
    length, size = len(body), bytearray()
    while True:
        length, byte = length >> 7, length & 0x7F
        size.append(byte | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(size) + body


def _read(sock: socket.socket) -> tuple[int, bytes]:
    first, length, shift = _exactly(sock, 1)[0], 0, 0
    while True:
        byte = _exactly(sock, 1)[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first, _exactly(sock, length)


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise ConnectionResetError("the broker closed the connection")
        data += part
    return data
