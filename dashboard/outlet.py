"""The quickest way from a frame to a socket, past what is the same for every browser.

uvicorn's own WebSocket protocol takes a message through four coroutines and encodes its header anew for each
browser. `OutletProtocol` is the same protocol with one more way to write: a frame is made ready once for all
sockets that get the same bytes, and leaves at once, or is not even asked for. An application finds it as the
ASGI extension `EXTENSION`; where a server does not offer it, everything works by ASGI's own way.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "fleetglass.outlet"
_BINARY = 0x82
"""The first byte of a whole binary message (RFC 6455, 5.2)."""


class Outlet(Protocol):
    """Where frames leave. On the loop's thread."""

    @property
    def ready(self) -> bool:
        """Whether the socket takes a message now. True for one that is gone, which writing tells."""

    def write(self, frame: bytes) -> None:
        """Send a whole binary message, when it is `ready`. Raises `ConnectionError` if the socket is gone."""

    async def drain(self) -> None:
        """Return when the socket takes more, or is gone."""

    def abort(self) -> None:
        """End the connection now, whatever still waits to leave."""


class OutletProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which is also an `Outlet`."""

    async def run_asgi(self) -> None:
        """See uvicorn."""
        # Nothing waits in this process: what the kernel does not take is asked for again, when it is newer.
        self.transport.set_write_buffer_limits(high=0)
        extensions: MutableMapping[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        await super().run_asgi()

    @property
    def ready(self) -> bool:
        """See `Outlet`."""
        return self.writable.is_set()

    def write(self, frame: bytes) -> None:
        """See `Outlet`."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ConnectionResetError("the socket is gone")
        self.transport.write(_framed(frame))

    async def drain(self) -> None:
        """See `Outlet`."""
        await self.writable.wait()

    def abort(self) -> None:
        """See `Outlet`."""
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """See uvicorn. A peer that does not read must not keep a closing socket, and its bytes, for ever."""
        super().on_task_complete(task)
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self.close_timeout, self.transport.abort)


_last: tuple[bytes, bytes] = (b"", b"")


def _framed(message: bytes) -> bytes:
    """A binary message as it goes over the wire; the last one is remembered, for all that get the same."""
    global _last  # noqa: PLW0603  (a cache of one, used by the loop's thread alone)
    if _last[0] is not message:
        size = len(message)
        if size < 126:
            head = bytes([_BINARY, size])
        elif size < 65_536:
            head = bytes([_BINARY, 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([_BINARY, 127]) + size.to_bytes(8, "big")
        _last = (message, head + message)
    return _last[1]
