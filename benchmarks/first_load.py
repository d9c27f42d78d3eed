"""A browser that has never been here opens the dashboard, and comes back: bytes, and time to the first value.

The same server answers under two names: under one as to everybody, under the other as if the browser took no
compressed answers. A headless Chromium loads both in turns, each time as a new visitor.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import uvicorn
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.measure import Row
from bridge.service import Plan
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from dashboard.app import LocalHouse, build
from dashboard.options import WebOptions
from dashboard.serve import server_config
from schemas.catalog import shipped_kinds
from tests.servers import free_port

ROUNDS = 5
PLAINLY = "served plain"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking")
OURS, PLAIN = "127.0.0.1", "localhost"
"""The two names."""
SLOW = {"offline": False, "latency": 40, "downloadThroughput": 2_500_000, "uploadThroughput": 625_000}
"""A line of 20 Mbit/s with 40 ms there and back, as Chromium plays it."""
PATIENCE = 60_000
LATER = 1_000
"""Milliseconds after the first value in which what belongs to the load still comes."""
SEEN = """() => document.querySelector("flutter-view") !== null
    && document.getElementById("veil").dataset.shows === "nothing" """
"""The first screen with its values has been painted, and the veil that connection.js lays is gone again."""


@dataclass(frozen=True, slots=True)
class Load:
    """Bytes on the wire, and seconds until the first live value was on the screen."""

    size: int
    seconds: float


class Plainly:
    """An application that is told of no encodings by who calls it by the plain name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        headers = scope.get("headers", [])
        if dict(headers).get(b"host", b"").startswith(PLAIN.encode()):
            scope["headers"] = [(name, value) for name, value in headers if name != b"accept-encoding"]
        await self._app(scope, receive, send)


@contextlib.contextmanager
def dashboard() -> Iterator[int]:
    """A dashboard with one device, whose value is live; its port."""
    source = ThreadTransport()
    house = LocalHouse(Plan(shipped_kinds(), [source], MemoryStore(), {}, "mqtt://broker"))
    port = free_port()
    config = server_config(Plainly(build(house, WebOptions())))
    config.port = port
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        assert source.submit("fleet/thermostat/hall/state", {"temperature": 21.5})
        yield port
    finally:
        server.should_exit = True
        thread.join()


def load(page: Page, url: str | None, line: Mapping[str, object] | None = None) -> Load:
    """Open the address, or load the page anew if there is none, and count what is transferred."""
    size = 0

    def note(event: Mapping[str, Any]) -> None:
        nonlocal size
        size += int(event["encodedDataLength"])

    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", note)
    if line is not None:
        session.send("Network.emulateNetworkConditions", dict(line))
    begun = time.perf_counter()
    if url is None:
        page.reload(wait_until="commit")
    else:
        page.goto(url, wait_until="commit")
    page.wait_for_function(SEEN, timeout=PATIENCE, polling=20)
    took = time.perf_counter() - begun
    page.wait_for_timeout(LATER)
    session.detach()
    return Load(size, took)


def visit(browser: Browser, url: str, line: Mapping[str, object] | None = None) -> tuple[Load, Load]:
    """A new visitor's first load, and the second."""
    context: BrowserContext = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()
    try:
        return load(page, url, line), load(page, None)
    finally:
        context.close()


def first_since_start(browser: Browser, name: str) -> float:
    """Seconds to the first live value for whoever comes first: for whom files are compressed, if they are."""
    with dashboard() as port:
        return visit(browser, f"http://{name}:{port}/")[0].seconds


def rows() -> Iterator[Row]:
    """Bytes of the first load and the second, and the time to the first live value."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with dashboard() as port:
            ours, plain = (f"http://{name}:{port}/" for name in (OURS, PLAIN))
            visit(browser, ours)
            visit(browser, plain)
            near = [(visit(browser, ours), visit(browser, plain)) for _ in range(ROUNDS)]
            far = [(visit(browser, ours, SLOW), visit(browser, plain, SLOW)) for _ in range(ROUNDS)]
        fresh = [[first_since_start(browser, name) for name in (OURS, PLAIN)] for _ in range(ROUNDS)]
        browser.close()
    (first, second), (bare, again) = near[0]
    yield Row("first load, transferred", "MB", first.size / 1e6, bare.size / 1e6, PLAINLY)
    yield Row("second load, transferred", "kB", second.size / 1e3, again.size / 1e3, PLAINLY)
    yield Row("first load, to the first live value", "s", *_seconds(near), PLAINLY)
    mine, theirs = (median(side) for side in zip(*fresh, strict=True))
    yield Row("the same by the first browser since the start", "s", mine, theirs, PLAINLY)
    yield Row("the same on 20 Mbit/s, 40 ms", "s", *_seconds(far), PLAINLY)


def _seconds(visits: Sequence[tuple[tuple[Load, Load], tuple[Load, Load]]]) -> tuple[float, float]:
    mine, theirs = (median(side[0].seconds for side in sides) for sides in zip(*visits, strict=True))
    return mine, theirs
