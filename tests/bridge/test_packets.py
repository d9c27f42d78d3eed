"""Bytes from a broker: every split gives the same packets, and what is no MQTT is a readable error."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.transports.packets import Packets, ProtocolError, Published


def length(n: int) -> bytes:
    """A length as MQTT writes it: seven bits a byte, the lowest first."""
    out = bytearray()
    while True:
        n, low = divmod(n, 128)
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def packet(first: int, body: bytes) -> bytes:
    """A packet of the given first byte."""
    return bytes([first]) + length(len(body)) + body


def publish(message: Published, properties: bytes | None = None) -> bytes:
    """A PUBLISH; `properties` are those of MQTT 5, None is MQTT 3.1.1."""
    first = 0x30 | message.dup << 3 | message.qos << 1 | message.retained
    body = struct.pack("!H", len(message.topic)) + message.topic
    if message.qos:
        body += struct.pack("!H", message.packet_id)
    if properties is not None:
        body += length(len(properties)) + properties
    return packet(first, body + message.payload)


def chunks(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream cut at these places."""
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(places)]


def read(parts: list[bytes], *, version5: bool) -> tuple[list[Published], bytes]:
    """All that comes out, the messages and the rest."""
    packets = Packets(version5=version5)
    messages: list[Published] = []
    others = b""
    for part in parts:
        cut = packets.cut(part)
        messages += cut.messages
        others += cut.others
    return messages, others


MESSAGES = st.builds(
    Published,
    st.binary(min_size=1, max_size=300),
    st.binary(max_size=300) | st.builds(lambda n: b"x" * n, st.integers(16_300, 16_500)),
    st.booleans(),
    st.integers(0, 1),
    st.booleans(),
    st.integers(1, 65_535),
).map(lambda message: message if message.qos else message._replace(packet_id=0))
OTHERS = st.builds(packet, st.sampled_from([0x20, 0x40, 0x90, 0xB0, 0xD0, 0xE0]), st.binary(max_size=200))
CUTS = st.lists(st.integers(0, 2**20), max_size=12)


@given(st.lists(MESSAGES | OTHERS, max_size=12), CUTS, st.none() | st.binary(max_size=200))
def test_law_of_splits(sent: list[Published | bytes], cuts: list[int], properties: bytes | None) -> None:
    """However a stream is split, the same messages and other packets come out, each in order."""
    stream = b"".join(item if isinstance(item, bytes) else publish(item, properties) for item in sent)
    expected = (
        [item for item in sent if isinstance(item, Published)],
        b"".join(item for item in sent if isinstance(item, bytes)),
    )
    assert expected == read(chunks(stream, cuts), version5=properties is not None)


@given(stream=st.binary(max_size=400), cuts=CUTS, version5=st.booleans())
def test_law_of_any_bytes(stream: bytes, cuts: list[int], *, version5: bool) -> None:
    """Whatever comes is packets, or the wait for more of one, or a protocol error; nothing else is raised."""
    try:
        messages, others = read(chunks(stream, cuts), version5=version5)
    except ProtocolError:
        return
    assert sum(len(m.topic) + len(m.payload) for m in messages) + len(others) <= len(stream)


def test_byte_by_byte() -> None:
    """One byte at a time gives what all at once gives."""
    sent = [Published(b"a/b", b"x" * n, False, 1, False, n + 1) for n in (0, 1, 126, 127, 16_383, 20_000)]
    stream = b"".join(publish(each) for each in sent)
    assert (sent, b"") == read([stream[n : n + 1] for n in range(len(stream))], version5=False)


@pytest.mark.parametrize(
    ("stream", "version5", "reason"),
    [
        (b"\x30\xff\xff\xff\xff\x01", False, "four bytes"),
        (b"\x90\x80\x80\x80\x80", False, "four bytes"),
        (packet(0x30, b""), False, "ends before its topic"),
        (packet(0x30, b"\x00"), False, "ends before its topic"),
        (packet(0x30, b"\x00\x05abcd"), False, "ends before its topic"),
        (packet(0x30, b"\x00\x00payload"), False, "ends before its topic"),
        (packet(0x32, b"\x00\x01a"), False, "ends before its topic"),
        (packet(0x32, b"\x00\x01a\x00"), False, "ends before its topic"),
        (packet(0x32, b"\x00\x01a\x00\x00"), False, "without a packet id"),
        (packet(0x34, b"\x00\x01a\x00\x01"), False, "QoS 2"),
        (packet(0x36, b"\x00\x01a\x00\x01"), False, "QoS 3"),
        (packet(0x30, b"\x00\x01a"), True, "ends before its topic"),
        (packet(0x30, b"\x00\x01a\x02x"), True, "ends before its topic"),
        (packet(0x30, b"\x00\x01a\x80"), True, "ends before its topic"),
        (packet(0x30, b"\x00\x01a\xff\xff\xff\xff\x01"), True, "four bytes"),
    ],
)
def test_what_is_no_mqtt_is_named(stream: bytes, *, version5: bool, reason: str) -> None:
    """A packet that contradicts itself is a protocol error, which says what is wrong."""
    with pytest.raises(ProtocolError, match=reason):
        Packets(version5=version5).cut(stream)


def test_long_properties_are_passed_over() -> None:
    """The length of properties may itself take more than a byte."""
    sent = Published(b"a", b"payload", True, 1, True, 7)
    assert ([sent], b"") == read([publish(sent, b"\x26" + b"x" * 500)], version5=True)
