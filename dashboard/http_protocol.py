"""Our end of an HTTP connection: one that takes nothing of its answer is ended."""

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

log = logging.getLogger(__name__)

TAKES_NOTHING = 10.0
"""Seconds that the other end may take nothing while there is something for it."""

# Whichever of uvicorn's two is there.
_Protocol: Any = AutoHTTPProtocol


class HttpProtocol(_Protocol):  # type: ignore[misc]
    """uvicorn's protocol, which waits for nobody for ever.

    An application that gives up such an answer can only have its socket closed, and that would first wait
    until everything has been taken.
    """

    _giving_up: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._giving_up = self.loop.call_later(TAKES_NOTHING, self._give_up)

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        self._wait_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._wait_on()
        super().connection_lost(exc)

    def _wait_on(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _give_up(self) -> None:
        log.info("%s has taken nothing for %g s and is let go", self.client, TAKES_NOTHING)
        self.transport.abort()
