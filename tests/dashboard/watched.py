"""A dashboard that is watched for what it holds for browsers, and a socket that does it harm."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import msgpack
import uvicorn
from fastapi import FastAPI
from flet.messaging.protocol import MessageAction
from flet_web.fastapi.flet_app_manager import app_manager
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from bridge.service import Plan
from bridge.stores.memory import MemoryStore
from dashboard.app import LocalHouse, build
from dashboard.options import WebOptions
from dashboard.outlet import EXTENSION
from dashboard.serve import server_config
from dashboard.wire import APOLOGY, Bounds
from schemas.catalog import shipped_kinds
from tests.dashboard.socket_client import WIDE, Tab
from tests.dashboard.staged import Line
from tests.servers import wait_until

SMALL = 4_096
"""Bytes that the sockets' own buffers take, as far as the system lets them be that small."""
BOUNDS = Bounds(send=0.5, register=0.5, farewell=1.0)
INSIDES = (b"Traceback", b'File "', b".py")
"""What no browser is to see."""
PLACES = 80
PLUGS = [f"p{number}" for number in range(30)]


@dataclass(frozen=True)
class Left:
    """What the server holds for browsers."""

    sessions: int
    wires: int
    users: dict[str, int]
    followers: int
    tasks: dict[tuple[str, str], int]
    for_ever: int
    """Flet's sessions that nobody is connected to, and that never expire."""


NOTHING = Left(0, 0, {}, 0, {}, 0)


class Server:
    """A dashboard, served as the product serves it. `line` is where its devices speak."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.line = Line()
        self.store = MemoryStore()
        self.house = LocalHouse(Plan(shipped_kinds(), [self.line], self.store, broker_url="mqtt://broker"))
        options = WebOptions(
            hosts=frozenset({"127.0.0.1"}), max_sessions=places, bounds=BOUNDS, session_timeout=60.0
        )
        self.app: FastAPI = build(self.house, options)
        self.count = 1_000
        self._listener = socket.socket()
        # What a socket is accepted from hands its sizes on: a browser that does not read is soon noticed.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(100)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = server_config(self.app)
        config.ws_ping_interval, config.ws_ping_timeout = 0.5, 2.0
        config.log_config = None
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="web")

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._listener])

    def start(self) -> None:
        self.store.open()
        self._thread.start()
        wait_until(lambda: self._server.started, "the dashboard")
        for plug in PLUGS:
            self.say(plug)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def say(self, plug: str = PLUGS[0]) -> str:
        """A plug tells a power that was never told; how a screen shows it."""
        self.count += 1
        self.line.say((f"fleet/plug/{plug}/state", b'{"on": true, "power": %d}' % self.count))
        return f"{self.count:,}".replace(",", "\u202f")

    def forget_sessions(self) -> None:
        """The time of all of Flet's sessions without a browser is over."""

        async def forget() -> None:
            for key, flet in list(vars(app_manager)["_FletAppManager__sessions"].items()):
                if flet.connection is None:
                    await app_manager.delete_session(key)

        asyncio.run_coroutine_threadsafe(forget(), self.loop).result(20)

    def let_go(self) -> None:
        """End every browser's socket from here."""

        async def end() -> None:
            for wire in list(self.app.state.wires):
                wire.kill("the test says so")

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(20)

    def left(self) -> Left:
        """Looked at on the loop, so that nothing moves meanwhile."""

        async def look() -> Left:
            shared = self.app.state.shared
            topics = vars(shared.hub._pubsub)["_PubSubHub__topic_subscribers"]  # noqa: SLF001  (Flet offers no look)
            flets = vars(app_manager)["_FletAppManager__sessions"].values()
            names = [task.get_name().split() for task in asyncio.all_tasks()]
            # The one that waits for a registration ends by itself.
            ours = Counter((name[0], name[-1]) for name in names if name[0] in ("wire", "session"))
            del ours["wire", "register"]
            return Left(
                len(shared.open), len(self.app.state.wires),
                {name: layout.users for name, layout in sorted(shared.hub.scene.layouts.items())},
                sum(map(len, topics.values())),
                dict(ours),
                sum(flet.connection is None and flet.expires_at is None for flet in flets),
            )  # fmt: skip

        return asyncio.run_coroutine_threadsafe(look(), self.loop).result(20)

    def waiting(self) -> int:
        """Bytes and messages that wait in this process for any browser."""

        async def look() -> int:
            wires = list(self.app.state.wires)
            outlets = [wire.scope["extensions"][EXTENSION] for wire in wires]
            return sum(w.queued for w in wires) + sum(o.transport.get_write_buffer_size() for o in outlets)

        return asyncio.run_coroutine_threadsafe(look(), self.loop).result(20)


@contextmanager
def watched() -> Iterator[Server]:
    """One dashboard for many tests: what one of them leaves behind, the next finds."""
    built = Server(places=PLACES)
    built.start()
    try:
        yield built
    finally:
        built.stop()


@contextmanager
def unharmed(server: Server) -> Iterator[Tab]:
    """A good browser looks on meanwhile. In the end it goes on, and the server has nothing but it."""
    with Tab(server.url) as good:
        good.sees(server.say())
        before = server.left()
        assert (1, 1, 0) == (before.sessions, before.wires, before.for_ever)
        yield good
        with suppress(AssertionError):
            good.until(lambda: server.left() == before, "")
        assert before == server.left()
        good.sees(server.say())
        assert not good.client.crashed
    wait_until(lambda: server.left() == NOTHING, "nothing to be left")


def tidy(tab: Tab) -> None:
    """Nothing of our insides was ever sent to it."""
    for frame in tab.frames:
        for word in INSIDES:
            assert word not in frame
    assert {APOLOGY} >= set(tab.client.crashed)


class Raw:
    """A socket that does what it is told and nothing by itself: it answers no ping and reads nothing."""

    def __init__(self, server: Server) -> None:
        uri = parse_uri(f"ws://127.0.0.1:{server.port}/ws")
        self.protocol = ClientProtocol(uri)
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.got = b""
        self._over = False
        self.protocol.send_request(self.protocol.connect())
        self._flush()
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1)
        self.protocol.receive_data(answer)
        self.protocol.events_received()

    def say(self, action: MessageAction, body: object) -> None:
        """One of Flet's messages."""
        self.binary(b"\x00" + bytes(msgpack.packb([action.value, body])))

    def binary(self, data: bytes) -> None:
        """One binary message."""
        self.protocol.send_binary(data)
        self._flush()

    def raw(self, data: bytes) -> None:
        """Bytes, whatever they are."""
        self.socket.sendall(data)

    def register(self, page: object = None, session_id: object = None) -> None:
        """Say who it is."""
        body = {
            "session_id": session_id,
            "page_name": "",
            "page": {**WIDE, "route": "/"} if page is None else page,
        }
        self.say(MessageAction.REGISTER_CLIENT, body)

    def ended(self) -> bool:
        """Whether the server has ended it; what it sent until then is in `got`."""
        if not self._over:
            try:
                more = self.socket.recv(1_000_000, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except ConnectionError:
                more = b""
            self.got += more
            self._over = not more
        return self._over

    def _flush(self) -> None:
        self.socket.sendall(b"".join(self.protocol.data_to_send()))
