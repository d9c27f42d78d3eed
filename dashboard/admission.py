"""Who waits before he is let in, and what he sees who is not."""

import asyncio
import logging
from dataclasses import dataclass

import flet as ft
from fastapi import WebSocket, WebSocketDisconnect

from dashboard.flet_messages import prepare, welcome
from dashboard.look import GROUND, empty, theme

log = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013
PATIENCE = 5.0
"""Seconds that a browser waits at the most for its turn."""
AGAIN = 5.0
"""Seconds after which a browser that was turned away is let go, and tries again by itself."""
MOST_TURNED_AWAY = 200
"""Browsers that are shown why at the same time; further ones only see that nothing opens."""


class Pace:
    """Lets so many in a second, one after the other, so that those who are in notice nothing."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._free_at = 0.0

    def turn(self, now: float) -> float | None:
        """Seconds until it is one's turn, at loop time `now`; None if that is longer than `PATIENCE`."""
        wait = max(0.0, self._free_at - now)
        if wait > PATIENCE:
            return None
        self._free_at = now + wait + self._gap
        return wait


@dataclass(frozen=True, slots=True)
class Refused:
    """A page that says why there is no dashboard, in the browser's own colours."""

    icon: str
    headline: str
    explanation: str

    def frame(self, title: str) -> bytes:
        """What Flet's client is answered when it registers."""
        note = empty(self.icon, self.headline, self.explanation, "It tries again by itself.")
        view = ft.View(controls=[note], bgcolor=GROUND, vertical_alignment=ft.MainAxisAlignment.CENTER)
        prepare(view)
        return welcome(
            {
                "views": [view],
                "title": title,
                "theme": theme(ft.Brightness.LIGHT),
                "dark_theme": theme(ft.Brightness.DARK),
                "theme_mode": ft.ThemeMode.SYSTEM,
            }
        )


BUSY = Refused(
    "hourglass_top", "One moment", "More browsers are opening this dashboard at once than it lets in."
)


def full(most: int) -> Refused:
    """All places are taken."""
    return Refused(
        "groups",
        "This dashboard is full",
        f"{most:,} browsers have it open, and it lets in no more ([web] max_sessions).",
    )


class Door:
    """Where sockets are turned away. Holds no session, only `MOST_TURNED_AWAY` sockets for some seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._frames: dict[Refused, bytes] = {}
        self._here = 0

    async def turn_away(self, socket: WebSocket, why: Refused) -> None:
        """Show why, and let go."""
        if self._here >= MOST_TURNED_AWAY:
            await socket.close(TRY_AGAIN_LATER)
            return
        log.warning("a browser is turned away: %s", why.explanation)
        if why not in self._frames:
            self._frames[why] = why.frame(self._title)
        self._here += 1
        try:
            async with asyncio.timeout(2 * AGAIN):
                await socket.accept()
                await socket.receive_bytes()
                await socket.send_bytes(self._frames[why])
                await asyncio.sleep(AGAIN)
                await socket.close(TRY_AGAIN_LATER)
        except (TimeoutError, WebSocketDisconnect, KeyError, RuntimeError) as error:
            log.debug("a browser that was turned away has gone: %r", error)
        finally:
            self._here -= 1
