"""Bytes from a broker cut into MQTT packets, and PUBLISH read. No I/O, no clock."""

from collections.abc import Sequence
from typing import NamedTuple

PUBLISH = 0x30
_LENGTH_TOO_LONG = "the answer is not MQTT (a length of more than four bytes)"
_NOT_WHOLE = "the answer is not MQTT (a message that ends before its topic does)"


class ProtocolError(Exception):
    """What the broker sent is not MQTT. The text is a readable reason."""


class Published(NamedTuple):
    """One PUBLISH. `topic` is as it came: not every broker makes sure that it is UTF-8."""

    topic: bytes
    payload: bytes
    retained: bool
    qos: int
    dup: bool
    packet_id: int


class Cut(NamedTuple):
    """What a chunk completed: the messages, and all other packets as they came, both in order of receipt."""

    messages: Sequence[Published]
    others: bytes


class Packets:
    """Cuts a stream into packets, however it is split into chunks.

    Holds what came of an unfinished packet, and nothing else. `version5` says whether a PUBLISH has
    properties, which are passed over. After a `ProtocolError` it is of no more use.
    """

    def __init__(self, *, version5: bool) -> None:
        self._version5 = version5
        self._parts: list[bytes] = []
        self._missing = 0

    def cut(self, chunk: bytes) -> Cut:
        """What this chunk completes. Raises `ProtocolError`."""
        if self._parts:
            self._parts.append(chunk)
            self._missing -= len(chunk)
            if self._missing > 0:
                # Joining only when a packet is whole keeps the cost of a large one linear.
                return Cut((), b"")
            chunk = b"".join(self._parts)
            self._parts = []
        messages: list[Published] = []
        others: list[bytes] = []
        at, end, version5 = 0, len(chunk), self._version5
        while at < end:
            # Nearly all lengths have one or two bytes, and a call costs as much as the rest of this.
            try:
                length, body = chunk[at + 1], at + 2
                if length >= 0x80:
                    high = chunk[body]
                    if high < 0x80:
                        length, body = length - 0x80 | high << 7, body + 1
                    else:
                        length, body = read_length(chunk, at + 1)
            except IndexError:
                self._keep(chunk[at:], 1)
                break
            after = body + length
            if after > end:
                self._keep(chunk[at:], after - end)
                break
            if chunk[at] & 0xF0 == PUBLISH:
                messages.append(read_publish(chunk, at, body, after, version5))
            else:
                others.append(chunk[at:after])
            at = after
        return Cut(messages, b"".join(others))

    def _keep(self, rest: bytes, missing: int) -> None:
        self._parts = [rest]
        self._missing = missing


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """A variable length that begins at data[at], and where it ends.

    Raises `IndexError` if the data ends before it does, `ProtocolError` if it is longer than it may be.
    """
    value = 0
    for position in range(4):
        byte = data[at + position]
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return value, at + position + 1
    raise ProtocolError(_LENGTH_TOO_LONG)


def read_publish(data: bytes, start: int, body: int, end: int, version5: bool) -> Published:  # noqa: FBT001
    """The PUBLISH at data[start:end], whose topic's length is at data[body]. Raises `ProtocolError`."""
    first = data[start]
    topic = body + 2
    if topic > end:
        raise ProtocolError(_NOT_WHOLE)
    after = topic + (data[body] << 8 | data[body + 1])
    qos = first >> 1 & 3
    packet_id = 0
    payload = after
    if qos:
        if qos > 1:
            raise ProtocolError(f"a message came at QoS {qos}, but we subscribe at QoS 1")
        payload += 2
    if payload > end or after == topic:
        raise ProtocolError(_NOT_WHOLE)
    if qos:
        packet_id = data[after] << 8 | data[after + 1]
        if not packet_id:
            raise ProtocolError("the answer is not MQTT (a message at QoS 1 without a packet id)")
    if version5:
        payload = _skip_properties(data, payload, end)
    # The constructor that NamedTuple makes costs twice as much.
    return tuple.__new__(
        Published, (data[topic:after], data[payload:end], first & 1 == 1, qos, first & 8 == 8, packet_id)
    )


def _skip_properties(data: bytes, at: int, end: int) -> int:
    if at < end and data[at] < 0x80:
        payload = at + 1 + data[at]
    else:
        try:
            length, payload = read_length(data[at:end], 0)
        except IndexError:
            raise ProtocolError(_NOT_WHOLE) from None
        payload += at + length
    if payload > end:
        raise ProtocolError(_NOT_WHOLE)
    return payload
