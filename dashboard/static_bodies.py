"""What answers carry: files as they are or compressed, each made once and kept in memory within a bound."""

import asyncio
import contextlib
import ctypes
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import brotli
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

ROOM = 24 * 1024 * 1024
"""Bytes of bodies that are kept; a browser takes some 4.5 MB. Beyond, those unused longest are dropped."""
SMALL = 512
"""Bytes of a body that is not worth compressing."""
LARGE = 1_000_000
"""Bytes from which on making a body takes so many times as many that they are given back afterwards."""
SLICE = 65_536

PLAIN = ""
_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    # Quality 9 takes five times as long for 3 % less, and 11 ninety times for 15 %.
    "br": lambda data: bytes(brotli.compress(data, quality=5)),
    "gzip": lambda data: gzip.compress(data, 6, mtime=0),
}
"""In the order in which we like them."""


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes in an encoding, and the entity tag of exactly these; `size` is that of the bytes as they were."""

    data: bytes
    encoding: str
    tag: str
    size: int = 0


def encoding(accepted: str) -> str:
    """The encoding for a browser whose `Accept-Encoding` this is; `PLAIN` if it takes none of ours."""
    weights = dict(_weight(part) for part in accepted.lower().split(","))
    return next((name for name in _COMPRESS if weights.get(name, 0.0) > 0), PLAIN)


def _weight(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(";")
    try:
        return name.strip(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return name.strip(), 0.0


def encoded(data: bytes, wanted: str) -> Body:
    """The bytes in this encoding; as they are where that is not shorter."""
    digest = hashlib.sha256(data).hexdigest()[:20]
    if wanted and len(data) > SMALL:
        shorter = _COMPRESS[wanted](data)
        if len(shorter) < len(data):
            return Body(shorter, wanted, f'"{digest}-{wanted}"', len(data))
    return Body(data, PLAIN, f'"{digest}"', len(data))


def give_back() -> None:
    """Return to the system what large bodies took while they were made: some 20 MB that glibc would keep."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Bodies:
    """Bodies by what they are made from. Each is made once, away from the web loop."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._held = 0
        self._bodies: OrderedDict[object, Body] = OrderedDict()
        self._making: dict[object, asyncio.Lock] = {}

    async def get(self, key: object, make: Callable[[], Body | None]) -> Body | None:
        """The body of this key, made if it is not there. `make` runs in a thread; its None is not kept."""
        if (body := self._used(key)) is not None:
            return body
        async with self._making.setdefault(key, asyncio.Lock()):
            if (body := self._used(key)) is not None:
                return body
            try:
                body = await asyncio.to_thread(make)
                if body is not None and body.size > LARGE:
                    await asyncio.to_thread(give_back)
            finally:
                self._making.pop(key, None)
            if body is not None:
                self._keep(key, body)
            return body

    def _used(self, key: object) -> Body | None:
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def _keep(self, key: object, body: Body) -> None:
        self._bodies[key] = body
        self._held += len(body.data)
        while self._held > self._room:
            _, oldest = self._bodies.popitem(last=False)
            self._held -= len(oldest.data)


class Sliced(Response):
    """An answer whose body leaves in slices, so that of a browser that takes it slowly only one waits."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """See ASGI."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        for start in range(0, len(body), SLICE):
            await send(
                {
                    "type": "http.response.body",
                    "body": bytes(body[start : start + SLICE]),
                    "more_body": True,
                }
            )
        await send({"type": "http.response.body", "body": b"", "more_body": False})
