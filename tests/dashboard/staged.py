"""The dashboard on a web server in a thread of this process, in front of a bridge whose state is made up."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import uvicorn

from bridge.ports import Connection, Deliver, Store, Taken
from bridge.service import Plan
from bridge.status import BridgeStatus
from bridge.stores.memory import MemoryStore
from dashboard.app import LocalHouse, build
from dashboard.boards import Boards
from dashboard.options import WebOptions
from schemas.catalog import Kinds, shipped_kinds
from schemas.message import RawMessage
from tests.servers import free_port, wait_until

DROPPED = "$SYS/broker/publish/messages/dropped"


class Line:
    """A transport that delivers what the test says. Commands go nowhere, acknowledgements too."""

    def __init__(self) -> None:
        self._deliver: Deliver = lambda _messages: True

    def say(self, *messages: tuple[str, bytes], retained: bool = False) -> None:
        """Messages come."""
        self._deliver([RawMessage(topic, payload, time.time(), retained, 1) for topic, payload in messages])

    def start(self, deliver: Deliver, on_connection: Callable[[Connection], None]) -> None:
        self._deliver = deliver
        on_connection(Connection(True, "127.0.0.1:1883"))

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, taken: Taken | None = None
    ) -> None: ...

    def acknowledge(self, connection: int, packet_ids: Sequence[int]) -> None: ...

    def resume(self) -> None: ...

    def stop(self) -> None: ...


class PosedHouse(LocalHouse):
    """A bridge that says of itself what it is told to."""

    posed: Mapping[str, Any] = {}

    @property
    def status(self) -> BridgeStatus:
        """Its own, but for what is posed."""
        return replace(super().status, **self.posed)


class Staged:
    """A dashboard to look at. `line` is where messages come in; `with` starts and stops it.

    `folder` is that of people's own pages.
    """

    def __init__(
        self, store: Store | None = None, kinds: Kinds | None = None, folder: Path | None = None
    ) -> None:
        self.line = Line()
        self.store = store or MemoryStore()
        plan = Plan(kinds or shipped_kinds(), [self.line], self.store, broker_url="mqtt://127.0.0.1:1883")
        self.house = PosedHouse(plan, Boards(folder) if folder is not None else None)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        app = build(self.house, WebOptions(hosts=frozenset({"127.0.0.1"})))
        config = uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="staged", daemon=True)

    def pose(self, **words: object) -> None:
        """From now on it says this of itself, beside what is true."""
        self.house.posed = words
        if self.house.shared is not None:
            self.house.shared.hub.announce({"status"})

    def __enter__(self) -> Self:
        self.store.open()
        self._thread.start()
        wait_until(lambda: self._server.started, "the staged dashboard")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
