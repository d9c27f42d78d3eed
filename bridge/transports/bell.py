"""Wakes a thread that waits for a socket."""

import socket
from contextlib import suppress


class Bell:
    """Any thread rings, one thread waits for it as for any socket to become readable."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)

    def ring(self) -> None:
        """Wake the waiting thread, now or as soon as it waits. Without effect once closed."""
        # A full buffer has woken it already.
        with suppress(OSError):
            self._rung.send(b"\0")

    def hush(self) -> None:
        """Forget what was rung until now."""
        with suppress(BlockingIOError):
            self._heard.recv(4096)

    def fileno(self) -> int:
        return self._heard.fileno()

    def close(self) -> None:
        self._heard.close()
        self._rung.close()
