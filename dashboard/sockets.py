"""The endpoint of the browsers' sockets: who is let in, when, and Flet's end of each."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable

import flet as ft
from fastapi import WebSocket
from flet_web.fastapi.flet_app_manager import app_manager

from dashboard.admission import BUSY, Door, Pace, full
from dashboard.gate import refusal
from dashboard.options import WebOptions
from dashboard.wire import POLICY, Link, Wire

log = logging.getLogger(__name__)

TIDY_AFTER = 50
TIDY_EVERY = 10.0
"""Ended sessions, and seconds, between two looks at what they left: one takes some hundredths of a second."""


class Sockets:
    """Serves every browser's socket; `wires` are those that are open, or wait for their turn."""

    def __init__(self, main: Callable[[ft.Page], Awaitable[None]], options: WebOptions) -> None:
        self.wires: set[Wire] = set()
        self._main = main
        self._options = options
        self._door = Door(options.title)
        self._pace = Pace(options.new_sessions)
        self._ended = 0
        self._tidy_at = 0.0

    async def serve(self, websocket: WebSocket) -> None:
        """One socket, from its opening to its end."""
        options = self._options
        why = refusal(websocket.headers, origins=options.origins)
        if why is not None:
            log.warning("a socket refused: %s", why)
            await websocket.close(POLICY)
            return
        if len(self.wires) >= options.max_sessions:
            await self._door.turn_away(websocket, full(options.max_sessions))
            return
        wait = self._pace.turn(asyncio.get_running_loop().time())
        if wait is None:
            await self._door.turn_away(websocket, BUSY)
            return
        wire = Wire(websocket, options.bounds)
        self.wires.add(wire)
        try:
            await asyncio.sleep(wait)
            await wire.run(self._link(wire).handle)  # type: ignore[arg-type]
        finally:
            self.wires.discard(wire)
            self._tidy()

    def _tidy(self) -> None:
        """Free what ended sessions leave: cycles of Flet's, for which the collector comes too rarely."""
        self._ended += 1
        now = asyncio.get_running_loop().time()
        if self._ended >= TIDY_AFTER and now >= self._tidy_at:
            self._ended, self._tidy_at = 0, now + TIDY_EVERY
            # Later, when Flet has let the session go too.
            asyncio.get_running_loop().call_later(2 * self._options.session_timeout, gc.collect)

    def _link(self, wire: Wire) -> Link:
        link = Link(
            loop=asyncio.get_running_loop(),
            executor=app_manager.executor,
            main=self._main,
            before_main=None,
            session_timeout_seconds=self._options.session_timeout,  # type: ignore[arg-type]
        )
        link.wire = wire
        return link
