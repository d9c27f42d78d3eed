"""`python -m benchmarks.fanout.servers NAME PORT DEVICES ZERO`: one of the rivals, in a process of its own.

It says `ready` when every device has been heard, and obeys lines on its standard input: `rate N`, `said FILE`
(writes what was said so far), `tasks FILE` (how many there are).
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flet as ft
import flet_web.fastapi as flet_fastapi
import uvicorn
from fastapi import FastAPI
from flet_web.fastapi.flet_app_manager import app_manager

from benchmarks.fanout.gauge import Feed, Gauge, names, text
from bridge.garbage import give_back_large, look_rarely
from bridge.service import Plan
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from dashboard.app import LocalHouse, build
from dashboard.options import WebOptions
from dashboard.serve import server_config
from schemas.catalog import shipped_kinds
from schemas.device import kind_of

Application = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rival:
    """What is served, what is said, and how many devices it knows of."""

    app: Application
    feed: Feed
    heard: Callable[[], int]


def ours(devices: int, zero: int) -> Rival:
    """The product, with a thread of this process in place of the broker."""
    source = ThreadTransport()
    kinds = shipped_kinds()
    kinds.add(kind_of(Gauge))
    house = LocalHouse(Plan(kinds, [source], MemoryStore()))
    pace = float(os.environ.get("BENCH_NEW_SESSIONS", "100"))
    app = build(house, WebOptions(max_sessions=10_000, new_sessions=pace))

    def say(name: str, payload: bytes, _at: int) -> None:
        source.submit(f"gauge/{name}/state", payload)

    return Rival(app, Feed(devices, zero, say), lambda: len(house.devices))


def article(devices: int, zero: int) -> Rival:
    """A hub message for every change; each session sets its own controls, and calls `page.update()`."""
    latest: dict[str, tuple[dict[str, Any], int]] = {}

    async def main(page: ft.Page) -> None:
        cards: dict[str, list[ft.Control]] = {}
        for name in names(devices):
            values: list[ft.Control] = [ft.Text("") for _ in range(4)]
            values.append(ft.Switch())
            cards[name] = values
            labels = ("Level", "Pressure", "Speed", "Stamp", "On")
            rows = [ft.Row([ft.Text(label), value]) for label, value in zip(labels, values, strict=True)]
            page.add(ft.Card(ft.Column([ft.Text(name), *rows])))

        def show(name: str, said: dict[str, Any], at: int) -> None:
            level, pressure, speed, when, on = cards[name]
            level.value = f"{said['level']:.1f} %"  # type: ignore[attr-defined]
            pressure.value = f"{said['pressure']:.2f} bar"  # type: ignore[attr-defined]
            speed.value = f"{said['speed']:,} rpm"  # type: ignore[attr-defined]
            when.value = text(at)  # type: ignore[attr-defined]
            on.value = said["on"]  # type: ignore[attr-defined]

        async def heard(message: tuple[str, dict[str, Any], int]) -> None:
            show(*message)
            page.update()

        page.pubsub.subscribe(heard)
        for name, (said, at) in latest.items():
            show(name, said, at)
        page.update()

    loops: list[asyncio.AbstractEventLoop] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loops.append(asyncio.get_running_loop())
        yield

    whole = FastAPI(lifespan=lifespan)
    whole.mount("/", flet_fastapi.app(main))

    def say(name: str, payload: bytes, at: int) -> None:
        latest[name] = (json.loads(payload), at)
        if loops:
            app_manager.get_pubsubhub(main, loop=loops[0]).send_all((name, *latest[name]))

    return Rival(whole, Feed(devices, zero, say), lambda: len(latest))


def floor(devices: int, zero: int) -> Rival:
    """A bare relay: every message goes to every socket as it comes."""
    sockets: dict[int, Callable[..., Awaitable[None]]] = {}
    latest: dict[str, bytes] = {}
    loops: list[asyncio.AbstractEventLoop] = []
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def relay() -> None:
        while True:
            message = await queue.get()
            for send in list(sockets.values()):
                await send({"type": "websocket.send", "bytes": message})

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401
        if scope["type"] == "lifespan":
            await receive()
            loops.append(asyncio.get_running_loop())
            relaying = asyncio.create_task(relay(), name="relay")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            relaying.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        await send({"type": "websocket.send", "bytes": b"".join(latest.values())})
        sockets[id(send)] = send
        while (await receive())["type"] != "websocket.disconnect":
            pass
        del sockets[id(send)]

    def say(name: str, payload: bytes, at: int) -> None:
        message = payload[:-1] + f', "device": "{name}", "text": "{text(at)}"}}'.encode()
        latest[name] = message
        if loops:
            loops[0].call_soon_threadsafe(queue.put_nowait, message)

    return Rival(app, Feed(devices, zero, say), lambda: len(latest))


RIVALS = {"ours": ours, "article": article, "floor": floor}


def main(name: str, port: int, devices: int, zero: int) -> None:
    """Serve until the standard input ends."""
    rival = RIVALS[name](devices, zero)
    config = server_config(rival.app)
    config.port = port
    if name != "ours":
        config.ws = "websockets-sansio"
    tasks: list[int] = []

    async def serve() -> None:
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(), name="server")
            while not server.started:  # noqa: ASYNC110  (uvicorn tells it in no other way)
                await asyncio.sleep(0.01)
            rival.feed.first()
            while rival.heard() < devices:  # noqa: ASYNC110  (other threads hear)
                await asyncio.sleep(0.01)
            print("ready", flush=True)
            threading.Thread(target=rival.feed.run, daemon=True).start()
            while True:
                tasks[:] = [len(asyncio.all_tasks())]
                await asyncio.sleep(0.2)

    def obey() -> None:
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word == "rate":
                rival.feed.rate = float(rest)
            else:
                _write(Path(rest), rival.feed.said if word == "said" else tasks)
        os._exit(0)

    threading.Thread(target=obey, daemon=True).start()
    give_back_large()
    look_rarely()
    asyncio.run(serve())


def _write(file: Path, found: object) -> None:
    """Wholly or not at all."""
    half = file.with_suffix(".half")
    half.write_text(json.dumps(found))
    half.rename(file)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
