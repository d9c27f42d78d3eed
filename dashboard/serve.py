"""The web server around the application: where it listens, who may ask, how it starts and ends."""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI
from flet.controls.id_counter import ControlId

from bridge.broker import is_loopback
from bridge.errors import PortTaken, SettingsError
from bridge.garbage import give_back_large, look_rarely
from bridge.settings import Loaded
from dashboard.gate import LOOPBACK, host_name
from dashboard.http_protocol import HttpProtocol
from dashboard.open_files import room_for
from dashboard.options import WebOptions
from dashboard.outlet import OutletProtocol

log = logging.getLogger(__name__)

FIRST_NUMBER = 1_000
NUMBERS = 2**30
"""Where a process begins to number its controls. More than as many again are left below 32 bits."""

UNSENT = 65_536
"""Bytes that may wait in the system for a socket to be sent; of more, nothing is taken until then."""
LOOK_EVERY = 1.0
"""Seconds between two looks of the server at its clock, which it writes into every answer."""
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  (compared with, not bound)


def check_host(loaded: Loaded, *, insecure: bool) -> None:
    """Raises `SettingsError` for an address that others on the network reach, unless they are let in."""
    host = loaded.settings.web.host
    if not is_loopback(host) and not insecure:
        raise SettingsError(
            f"[web] host {host}: others on the network could see and switch everything, for there are no "
            "users and passwords yet; listen on 127.0.0.1, or say --insecure if you mean it"
        )


def web_options(loaded: Loaded, token: str | None = None) -> WebOptions:
    """What the settings say to the web part. `token` is the word by which the owner's commands are known."""
    web = loaded.settings.web
    hosts = frozenset() if web.host in EVERYWHERE else LOOPBACK | {web.host, *map(host_name, web.origins)}
    return WebOptions(
        title=loaded.settings.ui.title,
        language=loaded.settings.ui.language or "",
        hosts=hosts,
        origins=web.origins,
        max_sessions=web.max_sessions,
        new_sessions=web.new_sessions,
        session_timeout=web.session_timeout,
        token=token,
    )


def listen(host: str, port: int) -> socket.socket:
    """Take the port. Raises `PortTaken`, or `SettingsError` for a host that there is not."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Every socket takes this over: a browser that does not read gets no backlog in the kernel either.
    unsent = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if unsent is not None:
        listener.setsockopt(socket.IPPROTO_TCP, unsent, UNSENT)
    try:
        listener.bind((host, port))
        listener.listen(1_024)
    except OSError as error:
        listener.close()
        if isinstance(error, socket.gaierror):
            raise SettingsError(f"[web] host {host}: {error.strerror}") from None
        raise PortTaken(
            f"the dashboard cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
        ) from None
    return listener


def url_of(loaded: Loaded, listener: socket.socket) -> str:
    """Where a browser of this computer finds the dashboard."""
    host = loaded.settings.web.host
    host = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"


def server_config(app: object) -> uvicorn.Config:
    """How the application is served, by the product and wherever it is measured."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        http=HttpProtocol,
        ws=OutletProtocol,
        ws_per_message_deflate=False,
        ws_max_size=1024 * 1024,
        ws_ping_interval=10.0,
        ws_ping_timeout=10.0,
        timeout_graceful_shutdown=2,
        server_header=False,
    )


def serve(app: FastAPI, listener: socket.socket, loaded: Loaded) -> None:
    """Serve until SIGINT or SIGTERM."""
    narrow = room_for(loaded.settings.web.max_sessions)
    if narrow is not None:
        log.warning("%s", narrow)
    number_apart()
    give_back_large()
    look_rarely()
    asyncio.run(_serve(app, listener))


def number_apart() -> None:
    """Let this process number its controls otherwise than any other one before it or beside it.

    A browser that comes to us from a dashboard that died still shows that one's controls for a moment. What
    is clicked there must mean nothing here, rather than whatever has the same number.
    """
    ControlId.__init__(start=FIRST_NUMBER + secrets.randbelow(NUMBERS))  # type: ignore[misc]


class _Server(uvicorn.Server):
    """Leaves signals to us, so that SIGTERM and Ctrl-C end with exit code 0."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take none."""
        yield

    async def main_loop(self) -> None:
        """Look once a second, where uvicorn looks ten times: a sixth of what it costs to be idle."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._ending.wait()

    def end(self) -> None:
        """Begin to end, at once."""
        self.should_exit = True
        self._ending.set()


async def _serve(app: FastAPI, listener: socket.socket) -> None:
    server = _Server(server_config(app))

    def stop() -> None:
        app.state.streams.close()
        server.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve(sockets=[listener])
