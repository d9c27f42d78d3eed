"""The web application: Flet's client, our own WebSocket endpoint, the API, and the bridge behind them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import flet as ft
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from flet_web.fastapi.flet_app_manager import app_manager
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.broadcast import Subscription
from bridge.errors import NotConnected
from bridge.frames import Frame
from bridge.service import Bridge, Plan
from dashboard.api import api, away, invalid
from dashboard.api_stream import Listening
from dashboard.aside import Aside
from dashboard.boards import Boards
from dashboard.census import Census
from dashboard.gate import HostCheck
from dashboard.house import Dropped, Hosted, House
from dashboard.hub import Hub, OnTheSpot
from dashboard.options import WebOptions
from dashboard.page_edits import BOARDS, tag_of
from dashboard.scene import Scene
from dashboard.session import Shared, open_session
from dashboard.sockets import Sockets
from dashboard.static import Client
from dashboard.timing import Timing
from dashboard.trends import Trends
from dashboard.vitals import EVERY, Vitals

if TYPE_CHECKING:
    # Redis, which a bridge without a bus does not need.
    from bridge.bus.publisher import BusVoice, Publisher

log = logging.getLogger(__name__)

SECOND = 1.0
TICK = EVERY
"""Seconds between the frames that let ages grow, and between two samples of how the house is."""

LOOK_AT_PAGES = 2.0
"""Seconds between two looks at the files of people's own pages."""

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
    """A bridge in this process, seen by the dashboard.

    Without `boards` people's own pages are those in the folder `pages` of the current one.
    """

    def __init__(self, plan: Plan, boards: Boards | None = None) -> None:
        super().__init__(plan)
        self.boards = boards or Boards(Path("pages"))
        self.shared: Shared | None = None
        self.aside = Aside()
        self.timing = Timing()
        self.census = Census()
        self.trends = Trends()
        self.vitals = Vitals()
        self.dropped = Dropped()
        self.quarantine_changes = 0
        self.bus = None
        self.publisher: Publisher | None = None
        self.listen(self._note)

    @property
    def voice(self) -> "BusVoice | None":
        """How it speaks to dashboards elsewhere, if it does."""
        return self.publisher.voice if self.publisher is not None else None

    @property
    def sessions(self) -> int:
        """Browsers that are connected now."""
        return len(self.shared.open) if self.shared else 0

    @property
    def behind(self) -> int:
        """Those of them that have not taken yet what they were to be told."""
        return self.shared.behind if self.shared else 0

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
        app.state.shared = house.shared = Shared(house, hub, options.title, options.language)
        house.aside.announce = hub.announce
        listening = house.broadcast.subscribe(hub.wake)
        hub.sources.append(_source(listening, house.timing, tags_of(house)))
        house.start()
        tasks = [
            asyncio.create_task(_tick(hub, house), name="tick"),
            asyncio.create_task(_watch(hub, house.boards), name="pages"),
        ]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
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

    app.mount("/", Client(ASSETS, options.title, options.language))
    app.add_middleware(HostCheck, hosts=options.hosts)
    app.add_middleware(AnswerHeaders)
    return app


class Touched(Protocol):
    """What a frame changed, and who left before it, as the tags that cards and layouts follow."""

    def __call__(self, frame: Frame, gone: Sequence[str] = ()) -> set[str]: ...


def tags_of(house: House) -> Touched:
    """See `Touched`. Remembers what was known of each device, and tells the census of new names."""
    known: dict[str, object] = {}

    def of(frame: Frame, gone: Sequence[str] = ()) -> set[str]:
        tags = {f"device/{device.id}" for device in frame.devices}
        for device_id in gone:
            known.pop(device_id, None)
            tags |= {"devices", "moved", f"device/{device_id}"}
        if any(change.moved for change in frame.changes):
            tags.add("moved")
        for device in frame.devices:
            about = (device.kind, house.label(device))
            if known.get(device.id) != about:
                known[device.id] = about
                tags.add("devices")
                house.census.renamed = True
        if frame.status is not None:
            tags.add("status")
        if frame.quarantined:
            tags.add("quarantine")
        return tags

    return of


def _source(listening: Subscription, timing: Timing, of: Touched) -> Callable[[], set[str]]:
    def tags() -> set[str]:
        frame = listening.take()
        if frame is None:
            return set()
        timing.take(frame, time.monotonic())
        return of(frame, listening.gone)

    return tags


async def _tick(hub: Hub, house: House) -> None:
    """Let ages grow, take samples, and look at the times of the stages."""
    next_ages = time.monotonic() + TICK
    while True:
        await asyncio.sleep(SECOND)
        now = time.monotonic()
        house.timing.tick(house.counts.stages, now)
        house.trends.read(house, time.time())
        if now >= next_ages:
            next_ages = now + TICK
            house.vitals.note(house, now)
            hub.announce({"tick"})


async def _watch(hub: Hub, boards: Boards) -> None:
    """Look at the files of people's own pages, beside the loop, and tell of what has changed."""
    while True:
        try:
            changed = await asyncio.to_thread(boards.poll)
        except Exception:
            log.exception("our fault: people's own pages could not be looked at")
        else:
            if changed:
                hub.announce({BOARDS, *map(tag_of, changed)})
        await asyncio.sleep(LOOK_AT_PAGES)


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
