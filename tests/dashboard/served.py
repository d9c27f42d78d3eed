"""A dashboard that is up, asked over HTTP. The bridge behind it is real; a thread is its source."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import FastAPI
from httpx import Response

from bridge.errors import NotConnected
from bridge.labels import Label
from bridge.ports import Connection, Deliver, Store, Taken, Transport
from bridge.service import Plan
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from dashboard.app import LocalHouse, build
from dashboard.http_protocol import HttpProtocol
from dashboard.options import WebOptions
from dashboard.outlet import OutletProtocol
from schemas.catalog import shipped_kinds
from tests.servers import free_port, wait_until

TOKEN = "a word of the owner's"
JSON = {"content-type": "application/json"}
HOSTS = frozenset({"127.0.0.1", "localhost"})


class Away:
    """A broker that cannot be reached."""

    def start(self, deliver: Deliver, on_connection: Callable[[Connection], None]) -> None:
        on_connection(Connection(False, "connection refused"))

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, taken: Taken | None = None
    ) -> None:
        raise NotConnected("the broker is away")

    def acknowledge(self, connection: int, packet_ids: Sequence[int]) -> None:
        pass

    def resume(self) -> None:
        pass

    def stop(self) -> None:
        pass


@dataclass
class Served:
    """A dashboard that is up: asked over HTTP, spoken to by a thread."""

    http: httpx.Client
    port: int
    app: FastAPI
    source: ThreadTransport
    house: LocalHouse

    def hear(self, topic: str, *payloads: object, retained: bool = False) -> None:
        """Messages arrive, are taken in and kept: together, as a disk is written twice a second at most."""
        expected = self.house.counts.received + len(payloads)
        for payload in payloads:
            assert self.source.submit(topic, payload, retained=retained)  # type: ignore[arg-type]
        wait_until(lambda: self.house.counts.received >= expected, "the messages to be taken in")
        wait_until(lambda: self.house.status.waiting == 0, "the messages to be kept")

    def get(self, path: str, status: int = 200, **headers: str) -> Response:
        answer: Response = self.http.get(path, headers=headers)
        assert status == answer.status_code, answer.text
        return answer

    def post(self, path: str, body: object, status: int = 202, **headers: str) -> Response:
        answer: Response = self.http.post(path, content=json.dumps(body), headers=JSON | headers)
        assert status == answer.status_code, answer.text
        return answer


def served(*, away: bool = False, store: Store | None = None) -> Iterator[Served]:
    """A dashboard on a port of its own, with or without its broker, and with an open store."""
    source = ThreadTransport()
    transports: list[Transport] = [Away(), source] if away else [source]
    labels = {"plug.one": Label("Washing machine", "Cellar")}
    house = LocalHouse(Plan(shipped_kinds(), transports, store or MemoryStore(), labels, "mqtt://broker"))
    options = WebOptions(
        hosts=HOSTS, origins=["https://dash.example"], max_sessions=2, session_timeout=0.1, token=TOKEN
    )
    port = free_port()
    app = build(house, options)
    config = uvicorn.Config(
        app,
        port=port,
        log_config=None,
        http=HttpProtocol,
        ws=OutletProtocol,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        wait_until(lambda: server.started and (away or house.status.broker_up), "the dashboard")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            yield Served(http, port, app, source, house)
    finally:
        server.should_exit = True
        thread.join()
