"""Pictures as devices send them: which they are and how large, read from their first bytes. Pure.

Taken are JPEG, PNG, GIF and WebP, told by their magic bytes. The picture itself is not decoded.
"""

import base64
import binascii
import hashlib
import re
import struct
from codecs import utf_8_decode
from typing import Final, NamedTuple

MAX_EDGE: Final = 16_384
MAX_PIXELS: Final = 25_000_000
"""Of what is wider, higher or has more pixels, a browser might not show anything but run out of memory."""
_SEGMENTS: Final = 1_000
"""Segments of a JPEG that are passed over at most before its size is told."""
_MAGIC: Final = {
    b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF87a": "image/gif",
    b"GIF89a": "image/gif", b"RIFF": "image/webp",
}  # fmt: skip
_NO_SIZE: Final = frozenset({0xC4, 0xC8, 0xCC})
"""Markers among those of a JPEG's frames that are none: tables and what is reserved."""
_WORDS: Final = re.compile(r"(image/[a-z]+) (\d+)×(\d+), (\d+) bytes, ([0-9a-f]{16})")
_DATA_URI: Final = re.compile(r"data:[\w.+/-]{0,60}(?:;[\w=.-]{1,40}){0,3},", re.ASCII)


class NoPicture(ValueError):
    """These bytes are no picture that is taken. The text says what was expected and what they are.

    `large`: it is one, but a larger one than is taken.
    """

    def __init__(self, expected: str, came: str, *, large: bool = False) -> None:
        super().__init__(f"expected {expected}, got {came}")
        self.expected, self.came, self.large = expected, came, large


class Picture(NamedTuple):
    """A picture: its media type such as `image/png`, its size in pixels, and the bytes as they came."""

    media: str
    width: int
    height: int
    data: bytes

    @property
    def words(self) -> str:
        """What stands for it wherever values are text: `image/png 64×48, 1234 bytes, 0123456789abcdef`."""
        digest = hashlib.blake2b(self.data, digest_size=8).hexdigest()
        return f"{self.media} {self.width}×{self.height}, {len(self.data)} bytes, {digest}"


class Reference(NamedTuple):
    """What the words for a picture say of it. `size` is in bytes; `digest` tells one from another."""

    media: str
    width: int
    height: int
    size: int
    digest: str


def reference_of(words: object) -> Reference | None:
    """What `Picture.words` says; None for anything else."""
    found = _WORDS.fullmatch(words) if isinstance(words, str) else None
    return found and Reference(found[1], int(found[2]), int(found[3]), int(found[4]), found[5])


def picture_of(data: bytes, max_bytes: int) -> Picture:
    """The picture that these bytes are. Raises `NoPicture`, and nothing else whatever they are."""
    if len(data) > max_bytes:
        raise NoPicture(f"a picture of at most {max_bytes:,} bytes", f"{len(data):,} bytes", large=True)
    try:
        found = _measured(data)
    except (struct.error, IndexError):
        found = None
    if found is None:
        raise NoPicture("a JPEG, PNG, GIF or WebP picture", _first_bytes(data))
    media, width, height = found
    if not width or not height:
        raise NoPicture("a picture with pixels", f"{width}×{height}")
    if max(width, height) > MAX_EDGE or width * height > MAX_PIXELS:
        most = f"a picture of at most {MAX_EDGE:,} pixels each way and {MAX_PIXELS:,} in all"
        raise NoPicture(most, f"{width}×{height}", large=True)
    return Picture(media, width, height, data)


class Glimpse(NamedTuple):
    """What the first bytes of a picture tell: its media type and its size in pixels, 0 where they do not."""

    media: str
    width: int = 0
    height: int = 0


def glimpse_of(head: bytes) -> Glimpse | None:
    """What a message seems to be whose first bytes these are; None for what is no picture, and for text."""
    media = next((media for magic, media in _MAGIC.items() if head.startswith(magic)), None)
    if media is None or (media == "image/webp" and head[8:12] != b"WEBP"):
        return None
    try:
        # Where it is cut, half a character at the end is none: not final.
        utf_8_decode(head, "strict", False)
    except UnicodeDecodeError:
        pass
    else:
        return None
    try:
        return Glimpse(*(_measured(head) or (media,)))
    except (struct.error, IndexError):
        return Glimpse(media)


def bare_picture(payload: bytes) -> Picture | None:
    """The picture that a whole message is; None for anything else, and for text."""
    if glimpse_of(payload) is None:
        return None
    try:
        return picture_of(payload, len(payload))
    except NoPicture:
        return None


def picture_in(text: str, max_bytes: int) -> Picture:
    """The picture that a text holds, as base64 or a data URI of it. Raises `NoPicture` as `picture_of`."""
    head = _DATA_URI.match(text[:256])
    body = text[head.end() :] if head is not None else text
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NoPicture("a picture in base64", "a text that is not base64") from None
    return picture_of(data, max_bytes)


def _measured(data: bytes) -> tuple[str, int, int] | None:
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return "image/png", *struct.unpack_from(">II", data, 16)
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif", *struct.unpack_from("<HH", data, 6)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        size = _webp(data)
        return None if size is None else ("image/webp", *size)
    if data[:3] == b"\xff\xd8\xff":
        size = _jpeg(data)
        return None if size is None else ("image/jpeg", *size)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """The three ways in which a WebP begins: lossy, lossless, and with more than one part."""
    sort = data[12:16]
    if sort == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if sort == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if sort == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    for _ in range(_SEGMENTS):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + max(length, 2)
    return None


def _first_bytes(data: bytes) -> str:
    return f"{len(data):,} bytes that begin with {data[:8].hex(' ')}" if data else "nothing"
