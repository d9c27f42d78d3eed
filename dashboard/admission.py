"""Who waits before he is let in, and what he sees who is not."""

import asyncio
import logging
from dataclasses import dataclass

import flet as ft
from fastapi import WebSocket, WebSocketDisconnect
from starlette.datastructures import URL

from dashboard.flet_messages import prepare, welcome
from dashboard.language import marked
from dashboard.look import GROUND, SOFT, empty, theme
from dashboard.reader import ENGLISH, Reader
from dashboard.wishes import wishes_of

log = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013
PATIENCE = 5.0
"""Seconds that a browser waits at the most for its turn."""
AGAIN = 5.0
"""Seconds after which a browser that was turned away is let go, and tries again by itself."""
MOST_TURNED_AWAY = 200
"""Browsers that are shown why at the same time; further ones only see that nothing opens."""
OVER = 20.0
"""Seconds without anybody turned away after which that is over: longer than between a browser's tries."""
TOLD = "told"
"""In the address of a socket: our own page has opened it. Its script, `connection.js`, shows the reason with
which a socket is closed, and takes the message `WHOLE`."""
WHOLE = b"\x02"
"""Says that all of the first screen has left. Flet's client drops what begins so.

From a browser that has heard nothing for a while it asks whether anybody is there: the answer is the same."""


def told(address: URL) -> bool:
    """Whether it is our own page that has opened the socket of this address."""
    return f"{TOLD}=1" in address.query.split("&")


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
    """Why there is no dashboard: for who wanted to see it, and in `setting` for who runs it."""

    icon: str
    headline: str
    explanation: str
    setting: str

    def reason(self, reader: Reader = ENGLISH) -> str:
        """What the socket is closed with; fits into the 123 bytes that there are."""
        return f"{reader.told(self.headline)}\n{reader.told(self.explanation)}"

    def frame(self, title: str) -> bytes:
        """What Flet's client is answered when it registers, in the browser's own colours."""
        name = ft.Text(title, size=14, color=SOFT, text_align=ft.TextAlign.CENTER)
        note = empty(self.icon, self.headline, f"{self.explanation} It tries again by itself.")
        view = ft.View(
            controls=[name, note],
            bgcolor=GROUND,
            vertical_alignment=ft.MainAxisAlignment.CENTER,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )
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
    "hourglass_top",
    marked("One moment"),
    marked("More browsers are opening this dashboard at once than it lets in."),
    "more came at once than [web] new_sessions lets in",
)


def full(most: int) -> Refused:
    """All places are taken."""
    have = "browser has" if most == 1 else "browsers have"
    return Refused(
        "groups",
        marked("This dashboard is full"),
        f"{most:,} {have} it open, and there is no room for more.",
        f"[web] max_sessions = {most} are open",
    )


class Door:
    """Where sockets are turned away. Holds no session, only `MOST_TURNED_AWAY` sockets for some seconds.

    The log is told when turning away begins, and when it is over. Use from the loop's thread.
    """

    def __init__(self, title: str, over: float = OVER, language: str = "") -> None:
        self._title = title
        self._language = language
        self._over = over
        self._frames: dict[Refused, bytes] = {}
        self._here = 0
        self._times: dict[Refused, int] = {}
        self._endings: dict[Refused, asyncio.TimerHandle] = {}

    async def turn_away(self, socket: WebSocket, why: Refused) -> None:
        """Say why, and let go."""
        self._note(why)
        if self._here >= MOST_TURNED_AWAY:
            await socket.close(TRY_AGAIN_LATER)
            return
        self._here += 1
        try:
            async with asyncio.timeout(2 * AGAIN):
                await socket.accept()
                if not told(socket.url):
                    await self._show(socket, why)
                await socket.close(TRY_AGAIN_LATER, why.reason(wishes_of(socket.url).reader(self._language)))
        except (TimeoutError, WebSocketDisconnect, KeyError, RuntimeError) as error:
            log.debug("a browser that was turned away has gone: %r", error)
        finally:
            self._here -= 1

    async def _show(self, socket: WebSocket, why: Refused) -> None:
        """A page of Flet's, for a browser that has not loaded our own."""
        if why not in self._frames:
            self._frames[why] = why.frame(self._title)
        await socket.receive_bytes()
        await socket.send_bytes(self._frames[why])
        await asyncio.sleep(AGAIN)

    def _note(self, why: Refused) -> None:
        """Tell the log of the first, and put off what it is told at the end."""
        if why in self._times:
            self._endings[why].cancel()
        else:
            log.warning("browsers are turned away: %s", why.setting)
        self._times[why] = self._times.get(why, 0) + 1
        self._endings[why] = asyncio.get_running_loop().call_later(self._over, self._end, why)

    def _end(self, why: Refused) -> None:
        times = self._times.pop(why)
        del self._endings[why]
        often = "once" if times == 1 else f"{times:,} times"
        log.warning("browsers are no longer turned away; it was done %s: %s", often, why.setting)
