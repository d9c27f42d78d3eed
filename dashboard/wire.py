"""Our end of one browser's socket: order, bounds, time-outs, and what is not for Flet.

`Wire` stands between Flet's `FletApp` and the WebSocket. All that leaves goes through one queue: first what
Flet has to say, in order; then, when the queue is empty and the socket takes more, what the session's `pull`
still finds missing on the screen. So live data can neither overtake a change of the page nor pile up.
Loss: none; a browser that does not take `MAX_QUEUED` messages or one message in `SEND_TIMEOUT` is let go.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from flet.messaging.protocol import Message, MessageAction, SessionCrashedBody
from flet_web.fastapi.flet_app import FletApp

from dashboard.flet_messages import Clicked, Registered, Typed, pack_message, read_client

log = logging.getLogger(__name__)

MAX_QUEUED = 2_000
"""Messages of Flet's that may wait for one browser."""
SEND_TIMEOUT = 10.0
"""Seconds one message may take to leave."""
REGISTER_TIMEOUT = 15.0
"""Seconds from the open socket to Flet's registration."""
TRY_AGAIN_LATER = 1013
POLICY = 1008
APOLOGY = "Something went wrong on this page. It has been logged; please reload."

Event = Callable[[int, str, object], bool]
Pull = Callable[[], bytes | None]


def _nothing() -> bytes | None:
    return None


def _not_shared(_target: int, _name: str, _data: object) -> bool:
    return False


class Wire:
    """One WebSocket. Flet sees it as the socket itself; `pull` and `event` are set by the session.

    `pull` gives the next frame that the screen misses, or None; `event` answers for a click on a control and
    says whether it was a shared one. Use from the loop's thread.
    """

    def __init__(self, socket: WebSocket) -> None:
        self.pull: Pull = _nothing
        self.event: Event = _not_shared
        self.registered = False
        self.sent_bytes = 0
        self.sent_messages = 0
        self._socket = socket
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._dead = asyncio.Event()
        self._why = ""

    def detach(self) -> None:
        """The session no longer wants this socket."""
        self.pull, self.event = _nothing, _not_shared

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (Flet reads headers, cookies, client, url)
        return getattr(self._socket, name)

    @property
    def queued(self) -> int:
        """Messages that wait to leave."""
        return len(self._queue)

    def poke(self) -> None:
        """Something new may be missing on the screen: pull as soon as the socket takes more."""
        self._wake.set()

    def put(self, frame: bytes) -> None:
        """Queue a message of Flet's. Never raises or waits."""
        if len(self._queue) >= MAX_QUEUED:
            self.kill(f"{MAX_QUEUED} messages wait for it")
            return
        self._queue.append(frame)
        self._wake.set()

    async def send_bytes(self, data: bytes) -> None:
        """What Flet's own send loop calls."""
        self.put(data)

    async def receive_bytes(self) -> bytes:
        """The next message that is for Flet. Every end of the socket is `WebSocketDisconnect`."""
        while True:
            data = await self._receive()
            try:
                said = read_client(data)
            except ValueError as error:
                self.kill(f"it sent nonsense: {error}")
                raise WebSocketDisconnect(POLICY) from None
            if isinstance(said, Registered):
                self.registered = True
            elif isinstance(said, Clicked) and self.event(said.target, said.name, said.data):
                continue
            elif isinstance(said, Typed) and self.event(said.target, "", None):
                continue
            return data

    async def run(self, handle: Callable[["Wire"], Any]) -> None:
        """Serve the socket with Flet's `handle` until either end goes. Leaves no task behind."""
        flet = asyncio.create_task(handle(self), name="wire flet")
        dead = asyncio.create_task(self._dead.wait(), name="wire dead")
        tasks = [
            flet,
            dead,
            asyncio.create_task(self._write(), name="wire writer"),
            asyncio.create_task(self._wait_for_registration(), name="wire register"),
        ]
        try:
            await asyncio.wait([flet, dead], return_when="FIRST_COMPLETED")
            self.kill("closed")
            # A registered session ends by itself on WebSocketDisconnect, and only so does it ever expire; one
            # that never registered waits for ever for its send loop and has to be cancelled.
            await asyncio.wait([flet], timeout=5.0 if self.registered else 0.5)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._close()

    def kill(self, why: str) -> None:
        """Let this browser go."""
        if not self._dead.is_set():
            self._why = why
            self._dead.set()
            self._wake.set()
            if why != "closed":
                log.info("let a browser at %s go: %s", self._client(), why)

    async def _receive(self) -> bytes:
        receive = asyncio.ensure_future(self._socket.receive_bytes())
        dead = asyncio.ensure_future(self._dead.wait())
        try:
            await asyncio.wait([receive, dead], return_when="FIRST_COMPLETED")
            if receive.done() and not self._dead.is_set():
                return receive.result()
        except WebSocketDisconnect:
            self.kill("closed")
            raise
        except Exception as error:
            self.kill(f"receiving failed: {error}")
            raise WebSocketDisconnect(POLICY) from None
        finally:
            receive.cancel()
            dead.cancel()
            await asyncio.gather(receive, dead, return_exceptions=True)
        raise WebSocketDisconnect(TRY_AGAIN_LATER)

    async def _write(self) -> None:
        while not self._dead.is_set():
            await self._wake.wait()
            self._wake.clear()
            while not self._dead.is_set():
                frame = self._queue.popleft() if self._queue else self._pulled()
                if frame is None:
                    break
                try:
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self._socket.send_bytes(frame)
                except TimeoutError:
                    self.kill(f"it took no message for {SEND_TIMEOUT:g} s")
                except Exception as error:
                    self.kill("closed" if isinstance(error, WebSocketDisconnect) else f"sending failed: {error}")
                self.sent_messages += 1
                self.sent_bytes += len(frame)

    def _pulled(self) -> bytes | None:
        try:
            return self.pull()
        except Exception:
            log.exception("our fault: a session could not be brought up to date")
            return None

    async def _wait_for_registration(self) -> None:
        await asyncio.sleep(REGISTER_TIMEOUT)
        if not self.registered:
            self.kill(f"it did not register in {REGISTER_TIMEOUT:g} s")

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(2.0):
                await self._socket.close(TRY_AGAIN_LATER if self._why != "closed" else 1000)
        except Exception:
            log.debug("socket of %s was closed already", self._client())

    def _client(self) -> str:
        client = self._socket.client
        return f"{client.host}:{client.port}" if client else "an unknown address"


class Link(FletApp):
    """Flet's end of the connection, made to leave through the wire's one queue."""

    wire: Wire

    def send_message(self, message: Message) -> None:
        """Queue one of Flet's messages; a crash is told without its insides."""
        if message.action == MessageAction.SESSION_CRASHED:
            log.error("a session of %s crashed: %s", self.wire._client(), message.body.message)
            message = Message(message.action, SessionCrashedBody(APOLOGY))
        self.wire.put(pack_message(message))
