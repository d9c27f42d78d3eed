"""Flet's real sessions on fake sockets, in one event loop: what a browser would be sent, and what it says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import flet as ft
import msgpack
from fastapi import WebSocketDisconnect
from flet.messaging.protocol import MessageAction
from flet.messaging.session import Session as FletSession
from flet.utils import sha1
from flet_web.fastapi.flet_app_manager import app_manager
from starlette.datastructures import URL, Address, Headers

from dashboard.hub import Hub, OnTheSpot
from dashboard.outlet import EXTENSION
from dashboard.scene import Scene
from dashboard.session import Shared, open_session
from dashboard.wire import BOUNDS, Bounds, Link, Wire
from tests.dashboard.client import Client, Tree, find, texts
from tests.dashboard.fake import FakeHouse

PATIENCE = 20.0
WIDE: Tree = {
    "width": 1200,
    "height": 800,
    "platform_brightness": "light",
    "platform": "linux",
    "web": True,
    "media": {"padding": {"top": 0, "right": 0, "bottom": 0, "left": 0}},
}


class FakeSocket:
    """The part of a WebSocket that the wire and Flet use. `hold` makes it take nothing more."""

    def __init__(self) -> None:
        self.client: Address | None = Address("127.0.0.1", 5000)
        self.scope: dict[str, Any] = {}
        self.headers = Headers()
        self.cookies: dict[str, str] = {}
        self.url = URL("http://127.0.0.1:8550/ws")
        self.incoming: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self.sent: list[bytes] = []
        self.on_sent: Callable[[bytes], object] = lambda _frame: None
        self.accepted = False
        self.closed: int | None = None
        self.takes = asyncio.Event()
        self.takes.set()
        self.fails: Exception | None = None

    async def accept(self) -> None:
        self.accepted = True

    async def receive_bytes(self) -> bytes:
        said = await self.incoming.get()
        if isinstance(said, Exception):
            raise said
        return said

    async def send_bytes(self, data: bytes) -> None:
        await self.takes.wait()
        if self.fails is not None:
            raise self.fails
        self.sent.append(data)
        self.on_sent(data)

    async def close(self, code: int = 1000) -> None:
        self.closed = code

    def say(self, action: MessageAction, body: Tree) -> None:
        """The browser sends a message."""
        self.incoming.put_nowait(b"\x00" + bytes(msgpack.packb([action.value, body])))

    def lose(self) -> None:
        """The connection goes."""
        self.incoming.put_nowait(WebSocketDisconnect(1006))


class FakeOutlet:
    """The server's quick way to write. Without `ready` it takes nothing."""

    def __init__(self, socket: FakeSocket) -> None:
        self._socket = socket
        self._ready = asyncio.Event()
        self._ready.set()
        self.gone = False

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    def stall(self) -> None:
        """The browser reads no more."""
        self._ready.clear()

    def flow(self) -> None:
        """It reads again."""
        self._ready.set()

    def write(self, frame: bytes) -> None:
        if self.gone:
            raise ConnectionResetError("gone")
        assert self.ready
        self._socket.sent.append(frame)
        self._socket.on_sent(frame)

    async def drain(self) -> None:
        await self._ready.wait()

    def abort(self) -> None:
        self.gone = True
        self._ready.set()


async def until(true: Callable[[], object], what: str) -> None:
    """Return when the condition holds; an error with `what` if it never does."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110  (what is waited for is another's state, without an event)
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited in vain for: {what}") from None


class Tab:
    """A browser's tab: its sockets, one after the other, and its screen."""

    def __init__(self, stage: "Stage", route: str, page: Tree) -> None:
        self.stage = stage
        self.page = {**page, "route": route}
        self.client = Client()
        self.actions: list[MessageAction] = []
        self.wish: Tree = {}

    def connect(self, bounds: Bounds = BOUNDS) -> None:
        """Open a socket and register, with the session of before if there was one."""
        self.socket = FakeSocket()
        if self.wish:
            self.socket.url = self.socket.url.include_query_params(told=1, wish=json.dumps(self.wish))
        self.outlet = FakeOutlet(self.socket)
        if self.stage.outlets:
            self.socket.scope["extensions"] = {EXTENSION: self.outlet}
        self.socket.on_sent = self._show
        self.wire = Wire(self.socket, bounds)  # type: ignore[arg-type]
        link = Link(
            loop=asyncio.get_running_loop(),
            executor=app_manager.executor,
            main=self.stage.main,
            before_main=None,
            session_timeout_seconds=60,
        )
        link.wire = self.wire
        self.task = asyncio.create_task(self.wire.run(link.handle), name="tab")  # type: ignore[arg-type]
        session_id = self.client.session_id or None
        body = {"session_id": session_id, "page_name": "", "page": self.page}
        self.socket.say(MessageAction.REGISTER_CLIENT, body)

    async def lose(self) -> None:
        """The connection goes; the session stays."""
        self.socket.lose()
        await self.task

    async def close(self) -> None:
        """The tab is closed and its time is over."""
        await self.lose()
        await app_manager.delete_session(self.key)

    @property
    def key(self) -> str:
        nobody = sha1("")  # type: ignore[no-untyped-call]
        return f"_{self.client.session_id}_{nobody}"

    async def session(self) -> FletSession | None:
        return await app_manager.get_session(self.key)

    @property
    def texts(self) -> list[str]:
        return texts(self.client.root.get("views", []))

    def shows(self, text: str) -> bool:
        return any(text in seen for seen in self.texts)

    async def sees(self, text: str) -> None:
        await until(lambda: self.shows(text), f"{text!r} among {self.texts}")

    async def sees_no(self, text: str) -> None:
        await until(lambda: not self.shows(text), f"{text!r} gone from {self.texts}")

    def controls(self, control_type: str) -> list[Tree]:
        return find(self.client.root.get("views", []), control_type)

    def parts(self) -> Mapping[str, object]:
        """What each part of the screen shows: its texts, or its control; nothing where it is blank."""
        views = self.client.root.get("views")
        if not views or not views[0].get("controls"):
            return dict.fromkeys(("heading", "navigation", "page"))
        whole = views[0]["controls"][0]
        phone = whole["_c"] == "SafeArea"
        main = whole["content"] if phone else whole["controls"][1]
        ways = main["controls"][-1] if phone else whole["controls"][0]
        pages = [
            page for page in main["controls"][2:] if page["_c"] == "Column" and page.get("visible", True)
        ]
        return {
            "heading": texts(main["controls"][0]),
            "navigation": find(ways, "NavigationBar" if phone else "NavigationRail"),
            "page": len(pages) == 1 and texts(pages),
        }

    def blank(self) -> list[str]:
        """The parts of the frame that show nothing."""
        return [name for name, shown in self.parts().items() if not shown]

    def go(self, route: str) -> None:
        """The browser's address changes."""
        self.page["route"] = route
        self.socket.say(MessageAction.UPDATE_CONTROL_PROPS, {"id": 1, "props": {"route": route}})
        self.click({"_i": 1}, "route_change", {"route": route})

    async def asked_to_go(self) -> Tree:
        """The browser is asked to change its address: the call, to be answered."""
        await until(lambda: self.client.invoked, "the navigation")
        return self.client.invoked.pop()

    def answer(self, call: Tree) -> None:
        """The browser answers a call of a method."""
        about = {"control_id": call["control_id"], "call_id": call["call_id"]}
        self.socket.say(MessageAction.INVOKE_METHOD, {**about, "result": None, "error": None})

    def flip(self, switch: Tree) -> None:
        """A person moves a switch: it moves at once, and the server is told."""
        switch["value"] = not switch.get("value", False)
        self.socket.say(
            MessageAction.UPDATE_CONTROL_PROPS, {"id": switch["_i"], "props": {"value": switch["value"]}}
        )
        self.click(switch, "change", data=switch["value"])

    def change(self, control: Tree, value: object) -> None:
        """A person enters a value: it is there at once, and the server is told."""
        control["value"] = value
        body = {"id": control["_i"], "props": {"value": value}}
        self.socket.say(MessageAction.UPDATE_CONTROL_PROPS, body)
        self.click(control, "change", data=value)

    def click(self, control: Tree, name: str = "click", data: object = None) -> None:
        """A control reports an event."""
        body = {"target": control["_i"], "name": name, "data": data}
        self.socket.say(MessageAction.CONTROL_EVENT, body)

    def _show(self, frame: bytes) -> None:
        action = self.client.take(frame)
        if action is not None:
            self.actions.append(action)


class Stage:
    """One dashboard process without its web server."""

    def __init__(self, house: FakeHouse) -> None:
        self.house = house

        async def main(page: ft.Page) -> None:
            await open_session(page, self.shared)

        self.main = main
        loop = asyncio.get_running_loop()
        spot: Any = OnTheSpot(loop)
        self.pubsub = app_manager.get_pubsubhub(main, loop=spot)
        self.scene = Scene()
        self.hub = Hub(self.pubsub, self.scene, loop)
        house.aside.announce = self.hub.announce
        self.shared = Shared(house, self.hub, "Test")
        self.tabs: list[Tab] = []
        self.outlets = False

    async def open(self, route: str = "/", page: Tree = WIDE, wish: Tree | None = None) -> Tab:
        """A tab that shows the route, registered and with its first screen."""
        tab = Tab(self, route, page)
        tab.wish = wish or {}
        self.tabs.append(tab)
        tab.connect()
        await until(lambda: tab.client.root.get("views") and tab.texts, "the first screen")
        return tab

    def hear(self, topic: str, payload: Any, *, retained: bool = False) -> None:  # noqa: ANN401
        """A device speaks."""
        self.hub.announce(self.house.hear(topic, payload, retained=retained))

    @property
    def subscriptions(self) -> int:
        """How many sessions follow a topic of the hub."""
        topics = vars(self.pubsub)["_PubSubHub__topic_subscribers"]
        return sum(len(sessions) for sessions in topics.values())


def play(act: Callable[[Stage], Awaitable[None]], house: FakeHouse | None = None) -> None:
    """Run a test with a stage of its own."""

    async def run() -> None:
        async with asyncio.timeout(60), stage(house or FakeHouse()) as built:
            await act(built)

    asyncio.run(run())


def plugged() -> FakeHouse:
    """A house with one plug, which is on."""
    house = FakeHouse()
    house.hear_all(["plug"])
    return house


@asynccontextmanager
async def stage(house: FakeHouse) -> AsyncIterator[Stage]:
    """A stage; at the end all tabs are closed."""
    built = Stage(house)
    try:
        yield built
    finally:
        for tab in built.tabs:
            if not tab.task.done():
                await tab.close()
        house.aside.close()
