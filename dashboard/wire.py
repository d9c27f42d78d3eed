"""Our end of one browser's socket: order, bounds, time-outs, and what is not for Flet.

`Wire` stands between Flet's `FletApp` and the WebSocket. All that leaves goes through one queue: first what
Flet has to say, in order; then, when the queue is empty and the socket takes more, what the session's `pull`
still finds missing on the screen. So live data can neither overtake a change of the page nor pile up.
Loss: none; a browser that does not keep within the `Bounds` is let go.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from flet.messaging.protocol import Message, MessageAction, SessionCrashedBody
from flet_web.fastapi.flet_app import FletApp

from dashboard.admission import WHOLE
from dashboard.complaints import Complaint, of_browser
from dashboard.flag import Flag
from dashboard.flet_messages import PAGE, Answered, Clicked, Registered, Typed, pack_message, read_client
from dashboard.outlet import EXTENSION, Outlet
from dashboard.roundtrip import PREFIX, Trip
from dashboard.timing import Timing
from schemas.refusal import one_line

log = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013
POLICY = 1008
NORMAL = 1000
APOLOGY = "Something went wrong on this page. It has been logged; please reload."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How patient we are with one browser.

    `queued`: messages of Flet's that may wait; `inbound`: messages of the browser's that may wait for Flet
    before we stop reading; `send`: seconds one message may take to leave; `register`: seconds from the open
    socket to Flet's registration; `farewell`: seconds Flet may take to end a session.
    """

    queued: int = 2_000
    inbound: int = 100
    send: float = 10.0
    register: float = 15.0
    farewell: float = 5.0


BOUNDS = Bounds()

Event = Callable[[int, str, object], bool]
Pull = Callable[[], bytes | None]


def _nothing() -> bytes | None:
    return None


def _nobody() -> None:
    return None


def _not_shared(_target: int, _name: str, _data: object) -> bool:
    return False


class Wire:
    """One WebSocket. Flet sees it as the socket itself; the session sets the first six attributes.

    `name` is what the log calls it. `pull` gives the next frame that the screen misses, or None; `event`
    answers for a click on a control and says whether it was a shared one; `ended` is called once, at the end.
    `timing` is told when what was owed has left, and `trip` asks the browser how long it took.
    `registered`: Flet has opened or resumed a session for it. Use from the loop's thread.

    Where the server offers an `Outlet`, what is poked leaves on the spot, without a task of its own; only
    when the socket takes no more, the wire's writer waits for it, and pulls anew when there is room.
    """

    def __init__(self, socket: WebSocket, bounds: Bounds = BOUNDS) -> None:
        self.name = _address(socket)
        self.pull: Pull = _nothing
        self.event: Event = _not_shared
        self.ended: Callable[[], None] = _nobody
        self.registered = False
        self._socket = socket
        self.timing: Timing | None = None
        self.trip: Trip | None = None
        self._owed = 0.0
        self._outlet: Outlet | None = socket.scope.get("extensions", {}).get(EXTENSION)
        self._waiting = False
        self._queue: deque[bytes] = deque()
        self._inbound: deque[bytes] = deque()
        self._reading = Flag()
        self._arrived = Flag()
        self._room = Flag()
        self._introduced = False
        self._wake = Flag()
        self._dead = Flag()
        self._bounds = bounds
        self._code = NORMAL
        self.complaint = Complaint(self._complain)

    def detach(self) -> None:
        """The session no longer wants this socket."""
        self.pull, self.event, self.ended = _nothing, _not_shared, _nobody
        self.timing = self.trip = None

    @property
    def origin(self) -> str:
        """Where the browser has us: scheme, host and port, as it says them or else as the socket does."""
        said = str(self.headers.get("origin", ""))
        if said.startswith(("http://", "https://")):
            return said
        return f"{'https' if self.url.scheme == 'wss' else 'http'}://{self.url.netloc}"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (Flet reads headers, cookies, client, url)
        return getattr(self._socket, name)

    @property
    def queued(self) -> int:
        """Messages that wait to leave."""
        return len(self._queue)

    @property
    def behind(self) -> bool:
        """Whether the socket has not taken all that its screen was to be told."""
        return self._waiting or self._owed > 0

    def pass_on(self, frame: bytes) -> bool:
        """Send a frame now, if nothing waits to leave before it and the socket takes it; whether it left."""
        outlet = self._outlet
        if outlet is None or self._queue or self._waiting or not outlet.ready or self._dead.is_set():
            return False
        try:
            outlet.write(frame)
        except ConnectionError:
            self._end()
            return False
        timing, trip = self.timing, self.trip
        if timing is not None:
            timing.passed += 1
        if trip is not None and trip.due:
            self._ask(trip)
        return True

    def owe(self) -> None:
        """What is told of now does not leave at once: it is late from then on."""
        if self.timing is not None:
            self.timing.owe()
            self._owed = self._owed or self.timing.told

    def poke(self) -> None:
        """Something new may be missing on the screen: it leaves now, or as soon as the socket takes more."""
        if self._outlet is None or self._waiting:
            self._wake.set()
        elif not self._flush(self._outlet):
            self._waiting = True
            self._wake.set()

    def put(self, frame: bytes) -> None:
        """Queue a message of Flet's. Never raises or waits."""
        if len(self._queue) >= self._bounds.queued:
            self.kill(f"{self._bounds.queued} messages wait for it")
            return
        self._queue.append(frame)
        self._wake.set()

    async def send_bytes(self, data: bytes) -> None:
        """What Flet's own send loop calls."""
        self.put(data)

    async def receive_bytes(self) -> bytes:
        """The next message that is for Flet. Every end of the socket is `WebSocketDisconnect`."""
        self._reading.set()
        while not self._inbound:
            if self._dead.is_set():
                raise WebSocketDisconnect(self._code)
            self._arrived.clear()
            await self._arrived.wait()
        self._room.set()
        return self._inbound.popleft()

    async def run(self, handle: Callable[["Wire"], Any]) -> None:
        """Serve the socket with Flet's `handle` until either end goes. Leaves no task behind."""
        self.complaint.serve()
        flet = asyncio.create_task(handle(self), name="wire flet")
        dead = asyncio.create_task(self._dead.wait(), name="wire dead")
        tasks = [
            flet,
            dead,
            asyncio.create_task(self._read(), name="wire reader"),
            asyncio.create_task(self._write(), name="wire writer"),
            asyncio.create_task(self._wait_for_registration(), name="wire register"),
        ]
        try:
            await asyncio.wait([flet, dead], return_when="FIRST_COMPLETED")
            self._end()
            # A registered session ends by itself on WebSocketDisconnect, and only so does it ever expire; one
            # that never registered waits for ever for its send loop and has to be cancelled.
            farewell = self._bounds.farewell
            await asyncio.wait([flet], timeout=farewell if self.registered else farewell / 10)
            error = flet.exception() if flet.done() else None
            # A browser that went while it waited to be let in is gone, and that is all.
            if error is not None and not isinstance(error, WebSocketDisconnect | OSError):
                log.error("our fault: the connection of %s failed", self.name, exc_info=error)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.ended()
            await self._close()

    def kill(self, why: str, code: int = TRY_AGAIN_LATER) -> None:
        """Let this browser go."""
        if not self._dead.is_set():
            log.info("let %s go: %s", self.name, why)
            self._inbound.clear()
            self._end(code)

    def _end(self, code: int = NORMAL) -> None:
        if not self._dead.is_set():
            self._code = code
            self._dead.set()
            for waiting in (self._wake, self._arrived, self._room):
                waiting.set()

    async def _read(self) -> None:
        """Take what the browser sends, whether Flet asks for it or not: only so its end is always seen."""
        await self._reading.wait()
        while not self._dead.is_set():
            try:
                self._take(await self._socket.receive_bytes())
            except WebSocketDisconnect:
                self._end()
            except ValueError as error:
                self.kill(f"it sent nonsense: {error}", POLICY)
            except Exception as error:  # noqa: BLE001  (whatever it is, Flet must see a disconnect)
                self.kill(f"receiving failed: {error!r}", POLICY)
            if len(self._inbound) >= self._bounds.inbound:
                self._room.clear()
                await self._room.wait()

    def _take(self, data: bytes) -> None:
        if data == WHOLE:
            # What waits to leave is an answer too.
            if not self._queue:
                self.put(WHOLE)
            return
        said = read_client(data)
        if isinstance(said, Clicked) and said.target == PAGE:
            _check(said)
        if isinstance(said, Registered):
            if self._introduced:
                raise ValueError("it registered twice")
            self._introduced = True
        elif (isinstance(said, Clicked) and self.event(said.target, said.name, said.data)) or (
            isinstance(said, Typed) and self.event(said.target, "", None)
        ):
            return
        elif isinstance(said, Answered) and said.call.startswith(PREFIX):
            if self.trip is not None:
                self.trip.answer(said.call, time.monotonic())
            return
        self._inbound.append(data)
        self._arrived.set()

    def _flush(self, outlet: Outlet) -> bool:
        """Send what there is as long as the socket takes it at once; whether all has left."""
        try:
            while not self._dead.is_set():
                if not outlet.ready:
                    return False
                frame = self._next()
                if frame is None:
                    self._owed = 0.0
                    break
                outlet.write(frame)
                self._left()
        except ConnectionError:
            self._end()
        except Exception as error:  # noqa: BLE001  (whatever it is, this browser is lost)
            self.kill(f"sending failed: {error!r}")
        return True

    def _next(self) -> bytes | None:
        return self._queue.popleft() if self._queue else self._pulled()

    def _left(self) -> None:
        """A message has left; if it was the last that this screen missed, what it owed is paid."""
        if self._owed and self.timing is not None and not self._queue:
            self.timing.sent(self._owed, time.monotonic())
            self._owed = 0.0
            if self.trip is not None and self.trip.due:
                self._ask(self.trip)

    def _ask(self, trip: Trip) -> None:
        question = trip.question(time.monotonic())
        if question is not None:
            self.put(question)

    async def _write(self) -> None:
        while not self._dead.is_set():
            await self._wake.wait()
            self._wake.clear()
            try:
                while not self._dead.is_set():
                    async with asyncio.timeout(self._bounds.send):
                        if await self._sent_all():
                            break
            except TimeoutError:
                self.kill(f"it took no message for {self._bounds.send:g} s")
            except WebSocketDisconnect:
                self._end()
            except Exception as error:  # noqa: BLE001  (whatever it is, this browser is lost)
                self.kill(f"sending failed: {error!r}")

    async def _sent_all(self) -> bool:
        """Send one message, or with an outlet all that it takes; whether nothing is left."""
        if self._outlet is not None:
            await self._outlet.drain()
            self._waiting = not self._flush(self._outlet)
            return not self._waiting
        frame = self._next()
        if frame is not None:
            await self._socket.send_bytes(frame)
            self._left()
        return frame is None

    def _pulled(self) -> bytes | None:
        try:
            return self.pull()
        except Exception:
            log.exception("our fault: %s could not be brought up to date", self.name)
            return None

    async def _wait_for_registration(self) -> None:
        await asyncio.sleep(self._bounds.register)
        if not self.registered:
            self.kill(f"it did not register in {self._bounds.register:g} s")

    def _complain(self, what: str, error: BaseException | None) -> None:
        what = one_line(what, 200)
        if error is not None and of_browser(error):
            log.warning("%s: its browser sent what is not understood: %s", self.name, what)
        else:
            log.error("our fault: %s failed: %s", self.name, what, exc_info=error)

    async def _close(self) -> None:
        if self._outlet is not None and not self._outlet.ready:
            self._outlet.abort()
        try:
            async with asyncio.timeout(2.0):
                await self._socket.close(self._code)
        except Exception:  # noqa: BLE001  (it is to be closed, and is)
            log.debug("the socket of %s was closed already", self.name)


def _address(socket: WebSocket) -> str:
    client = socket.client
    return f"the browser at {client.host}:{client.port}" if client else "a browser at an unknown address"


def _check(event: Clicked) -> None:
    """Raises ValueError for an event of the page that no browser sends: Flet would hand it on as it is."""
    data = event.data if isinstance(event.data, dict) else {}
    good = True
    if event.name == "route_change":
        good = isinstance(data.get("route"), str)
    elif event.name == "resize":
        good = all(type(data.get(side)) in (int, float) for side in ("width", "height"))
    if not good:
        raise ValueError(f"an event {event.name} of {type(event.data).__name__} without what belongs to it")


class Link(FletApp):
    """Flet's end of the connection, made to leave through the wire's one queue."""

    wire: Wire

    def send_message(self, message: Message) -> None:
        """Queue one of Flet's messages; a crash is told without its insides."""
        if message.action == MessageAction.SESSION_CRASHED:
            self.wire.complaint.make(message.body.message)
            message = Message(message.action, SessionCrashedBody(APOLOGY))
        if message.action == MessageAction.REGISTER_CLIENT:
            self.wire.registered = True
        self.wire.put(pack_message(message))
