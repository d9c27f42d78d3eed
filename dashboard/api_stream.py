"""Server-sent events: every change of the devices, live, for programs and pages of one's own."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from starlette.types import Receive, Scope, Send

from bridge.broadcast import START, Filter, Position, Subscription
from bridge.labels import Label
from bridge.state import Change, DeviceState
from dashboard.api_parameters import NO_OTHERS
from dashboard.api_wants import unheard_of, wants_of
from dashboard.contract import device_json
from dashboard.house import House

log = logging.getLogger(__name__)

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that both ends know that the other is there."""
STUCK = 15.0
"""Seconds that a listener may take nothing, where no `HttpProtocol` has let him go before."""
LISTENERS = 200
TOGETHER = 100
"""Events that are made and handed to the socket at once; then others have their turn."""
REMEMBERED = 4_096
"""Events that are kept for those who listen to the same."""
EVENTS = "text/event-stream"

Words = Annotated[list[str], Query()]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a listener asks for."""

    wants: Filter
    after: Position | None


class Listening:
    """Everybody who listens to one house. `close` ends all of them, as when the server stops."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.open: set[Subscription] = set()
        self.ended = False
        self._events: dict[tuple[str, tuple[str, ...], bool], tuple[DeviceState, Label, str]] = {}

    def close(self) -> None:
        """Let everybody go, and nobody in."""
        self.ended = True
        for subscription in list(self.open):
            subscription.close()

    def event(self, change: Change, *, whole: bool) -> str:
        """A change as an event without an id; made once for all who hear of it."""
        device, label = change.device, self.house.label(change.device)
        key = (device.id, change.metrics, whole)
        known = self._events.get(key)
        if known is not None and known[0] is device and known[1] == label:
            return known[2]
        kept = {name: device.metrics[name] for name in change.metrics if name in device.metrics}
        told = device_json(device._replace(metrics=kept), label).model_dump_json()
        text = f'event: device\ndata: {told[:-1]},"whole":{json.dumps(whole)}}}\n\n'
        if len(self._events) >= REMEMBERED:
            self._events.clear()
        self._events[key] = (device, label, text)
        return text


def add_stream(router: APIRouter, listening: Listening) -> None:
    """The stream of changes."""

    @router.get(
        "/api/v1/stream",
        summary="Changes of devices, live, as server-sent events",
        response_class=Response,
        responses={200: {"content": {EVENTS: {"schema": {"type": "string"}}}}},
        dependencies=[NO_OTHERS],
    )
    async def stream(  # noqa: PLR0913, PLR0917  (each is a parameter of the URL)
        request: Request,
        device: Words = [],  # noqa: B006  (FastAPI copies it)
        kind: Words = [],  # noqa: B006
        metric: Words = [],  # noqa: B006
        snapshot: bool = True,  # noqa: FBT001, FBT002
        last_event_id: str | None = None,
        resume: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    ) -> Response:
        wants = wants_of(listening.house, device, kind, metric)
        if listening.ended:
            raise HTTPException(503, "the dashboard is stopping", headers={"Retry-After": "10"})
        if len(listening.open) >= LISTENERS:
            line = f"{LISTENERS} programs listen already; try again when one of them has gone"
            raise HTTPException(503, line, headers={"Retry-After": "10"})
        after = START if snapshot else None
        if came := resume or last_event_id:
            try:
                after = Position.parse(came)
            except ValueError as error:
                raise HTTPException(422, f"Last-Event-ID: {error}") from None
        return _Events(listening, Asked(wants, after), request.headers.get("user-agent", "a program"))


class _Events(Response):
    """One listener's answer, which goes on until he goes, or the server stops."""

    media_type = EVENTS

    def __init__(self, listening: Listening, asked: Asked, who: str) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._listening = listening
        self._asked = asked
        self._who = who[:100]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]
        there = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(there.set)

        broadcast = self._listening.house.broadcast
        with broadcast.subscribe(wake, self._asked.wants, self._asked.after) as subscription:
            self._listening.open.add(subscription)
            gone = asyncio.create_task(_gone(receive, there), name="stream listens for the end")
            try:
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                async for text in self._texts(subscription, there, gone.done):
                    async with asyncio.timeout(STUCK):
                        body = text.encode()
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                if not gone.done():
                    await send({"type": "http.response.body", "body": b""})
            except TimeoutError:
                log.info("a listener (%s) took nothing for %g s and is let go", self._who, STUCK)
            except OSError as error:
                log.debug("a listener (%s) has gone: %r", self._who, error)
            finally:
                self._listening.open.discard(subscription)
                gone.cancel()
                await asyncio.gather(gone, return_exceptions=True)

    async def _texts(
        self, subscription: Subscription, there: asyncio.Event, gone: Callable[[], bool]
    ) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        yield "retry: 2000\n\n"
        for line in unheard_of(self._listening.house, self._asked.wants):
            yield f": {line}\n\n"
        whole = subscription.whole
        if whole and self._asked.after != START:
            yield _gone_event(everything=True)
        beat = loop.time() + HEARTBEAT
        while not (gone() or subscription.closed):
            there.clear()
            frame = subscription.take()
            if frame is not None and (frame.changes or subscription.gone):
                # Only the last event of a frame has its number: who breaks off before begins where he was.
                position = subscription.position
                if subscription.gone:
                    yield _gone_event(subscription.gone, "" if frame.changes else f"id: {position}\n")
                for start in range(0, len(frame.changes), TOGETHER):
                    some = frame.changes[start : start + TOGETHER]
                    events = [self._listening.event(change, whole=whole) for change in some]
                    if start + TOGETHER >= len(frame.changes):
                        events[-1] = f"id: {position}\n{events[-1]}"
                    yield "".join(events)
                    await asyncio.sleep(0)
                whole, beat = False, loop.time() + HEARTBEAT
            # What tells of the bridge alone wakes us as well, and is no sign of life to the other end.
            try:
                async with asyncio.timeout_at(beat):
                    await there.wait()
            except TimeoutError:
                yield ": heartbeat\n\n"
                beat = loop.time() + HEARTBEAT


def _gone_event(devices: Sequence[str] = (), number: str = "", *, everything: bool = False) -> str:
    """That these devices, or all that were ever told of, are to be forgotten."""
    told = json.dumps({"devices": devices, "all": everything})
    return f"{number}event: gone\ndata: {told}\n\n"


async def _gone(receive: Receive, there: asyncio.Event) -> None:
    """Return when the other end has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    there.set()
