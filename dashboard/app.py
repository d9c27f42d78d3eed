"""The web application: Flet's client, our own WebSocket endpoint, the API, and the bridge behind them."""

import asyncio
import html
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import flet as ft
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from flet_web.fastapi.flet_app_manager import app_manager
from flet_web.fastapi.flet_static_files import FletStaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.broadcast import Subscription
from bridge.errors import NotConnected
from bridge.frames import Frame
from bridge.service import Bridge, Plan
from dashboard.api import api, away, invalid
from dashboard.api_stream import Listening
from dashboard.aside import Aside
from dashboard.census import Census
from dashboard.gate import HostCheck
from dashboard.house import Dropped, Hosted, House
from dashboard.hub import Hub, OnTheSpot
from dashboard.options import WebOptions
from dashboard.scene import Scene
from dashboard.session import Shared, open_session
from dashboard.sockets import Sockets
from dashboard.timing import Timing
from dashboard.trends import Trends
from dashboard.views import pages

log = logging.getLogger(__name__)

SECOND = 1.0
TICK = 5.0
"""Seconds between the frames that let ages grow."""

POLICY_OF_CONTENT = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; "
    "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; frame-ancestors 'self'; "
    "object-src 'none'; base-uri 'self'"
)
HEADERS: Sequence[tuple[bytes, bytes]] = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", POLICY_OF_CONTENT.encode()),
)
"""On every answer. The first two let Flutter's renderer use threads; the policy keeps all on this host."""

ASSETS = Path(__file__).parent / "assets"
"""Our own in place of Flet's: the page that its client is loaded into, with what shows while nobody answers
(`connection.js`), the manifest, and icons. Flet's loader for Python in the browser is not loaded at all."""


class LocalHouse(Bridge):
    """A bridge in this process, seen by the dashboard."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.shared: Shared | None = None
        self.aside = Aside()
        self.timing = Timing()
        self.census = Census()
        self.trends = Trends()
        self.dropped = Dropped()
        self.quarantine_changes = 0
        self.bus = None
        self.listen(self._note)

    @property
    def sessions(self) -> int:
        """Browsers that are connected now."""
        return len(self.shared.open) if self.shared else 0

    def _note(self, frame: Frame) -> None:
        # Before the hub hears of it: who then looks, looks at the new one.
        if frame.quarantined:
            self.quarantine_changes += 1
        if frame.status is not None:
            self.dropped = self.dropped.noted(frame.status.broker_dropped, time.time())


def build(house: Hosted, options: WebOptions) -> FastAPI:
    """The ASGI application. The house starts and stops with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        await app_manager.start()  # type: ignore[no-untyped-call]
        spot: Any = OnTheSpot(loop)
        hub = Hub(app_manager.get_pubsubhub(main, loop=spot), Scene(), loop)
        hub.done = house.timing.done
        app.state.shared = house.shared = Shared(house, hub, options.title)
        house.aside.announce = hub.announce
        listening = house.broadcast.subscribe(hub.wake)
        hub.sources.append(_source(listening, house.timing, tags_of(house)))
        house.start()
        ticking = asyncio.create_task(_tick(hub, house), name="tick")
        yield
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        house.aside.close()
        listening.close()
        await asyncio.to_thread(house.stop)
        await app_manager.shutdown()  # type: ignore[no-untyped-call]

    async def main(page: ft.Page) -> None:
        await open_session(page, app.state.shared)

    app = FastAPI(
        title=options.title,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(NotConnected, away)
    streams = Listening(house)
    app.state.streams = streams
    app.include_router(api(house, streams, options.origins, options.token))
    sockets = Sockets(main, options)
    app.state.wires = sockets.wires
    app.add_api_websocket_route("/ws", sockets.serve)

    about = "Live dashboard for MQTT devices"
    client = Client(
        assets_dir=str(ASSETS), app_name=_in_html(options.title), no_cdn=True, app_description=about
    )
    app.mount("/", client)
    app.add_middleware(HostCheck, hosts=options.hosts)
    app.add_middleware(AnswerHeaders)
    return app


class Client(FletStaticFiles):
    """Flet's client. Every page's route answers with it, also where an id ends like the name of a file."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """See Starlette."""
        found: tuple[str, os.stat_result | None] = super().lookup_path(path)
        if found[1] is not None:
            return found
        starts = {page.route.strip("/").partition("/")[0] for page in pages()}
        return super().lookup_path("index.html") if path.partition("/")[0] in starts else found


def tags_of(house: House) -> Callable[[Frame], set[str]]:
    """What a frame changed, as the tags that cards and layouts follow."""
    known: dict[str, object] = {}

    def of(frame: Frame) -> set[str]:
        tags = {f"device/{device.id}" for device in frame.devices}
        if any(change.moved for change in frame.changes):
            tags.add("moved")
        for device in frame.devices:
            about = (device.kind, house.label(device))
            if known.get(device.id) != about:
                known[device.id] = about
                tags.add("devices")
        if frame.status is not None:
            tags.add("status")
        if frame.quarantined:
            tags.add("quarantine")
        return tags

    return of


def _source(
    listening: Subscription, timing: Timing, of: Callable[[Frame], set[str]]
) -> Callable[[], set[str]]:
    def tags() -> set[str]:
        frame = listening.take()
        if frame is None:
            return set()
        timing.take(frame, time.monotonic())
        return of(frame)

    return tags


def _in_html(title: str) -> str:
    """A title as Flet puts it into its page: as it is, by way of a regular expression's replacement."""
    return html.escape(title).replace("\\", "\\\\")


async def _tick(hub: Hub, house: House) -> None:
    """Let ages grow, and look at the times of the stages."""
    next_ages = time.monotonic() + TICK
    while True:
        await asyncio.sleep(SECOND)
        now = time.monotonic()
        house.timing.tick(house.counts.stages, now)
        house.trends.read(house, time.time())
        if now >= next_ages:
            next_ages = now + TICK
            hub.announce({"tick"})


class AnswerHeaders:
    """Adds our headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
