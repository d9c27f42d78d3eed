"""Who may open a socket: the page's own origin, a host we answer for, and not more than we can carry."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


def refusal(headers: Headers, *, origins: Sequence[str]) -> str | None:
    """Why a browser's socket is refused; None if it is welcome.

    A browser names the page it comes from in `Origin`; it must be the host that it asks for, or one of
    `origins`. Programs that send no `Origin` are let in: the check is against other people's pages.
    """
    origin = headers.get("origin")
    if origin is None or origin.rstrip("/") in origins:
        return None
    host = headers.get("host", "").lower()
    if host and origin.lower() in (f"http://{host}", f"https://{host}"):
        return None
    return f"a page of {origin} may not open the dashboard; add it to [web] origins if it should"


class HostCheck:
    """Answers only for the hosts it is told; an empty set is every host.

    Without it a page of somebody else's could point its own name at this machine and read everything.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] in ("http", "websocket") and self._hosts:
            host = Headers(scope=scope).get("host", "")
            if host_name(host) not in self._hosts:
                text = f"{host!r} is not a host of this dashboard; if it should be, add it to [web] origins"
                await _refuse(text, scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _refuse(detail: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with 421, in the shape of all errors."""
    await JSONResponse({"detail": detail}, 421)(scope, receive, send)
    if scope["type"] == "websocket":
        # Of a handshake that was answered so, uvicorn knows only when its connection has ended, which is next
        # on the loop. Before that it would take our return for a fault, and log it.
        await asyncio.sleep(0)


def host_name(host: str) -> str:
    """The name in a Host header or an origin, small, without scheme and port; empty if there is none."""
    try:
        return (urlsplit(host if "://" in host else f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
