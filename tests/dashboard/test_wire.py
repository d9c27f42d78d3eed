"""Our end of a browser's socket: order, bounds, time-outs, and that nothing stays behind."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgpack
import pytest
from fastapi import WebSocketDisconnect
from flet.messaging.protocol import MessageAction

from dashboard.admission import WHOLE
from dashboard.wire import NORMAL, POLICY, TRY_AGAIN_LATER, Bounds, Wire
from tests.dashboard.stage import FakeSocket, until

QUICK = Bounds(queued=5, send=0.05, register=0.05, farewell=0.2)
LONG = Bounds(send=60, register=60, farewell=0.2)
Handle = Callable[[Wire], Awaitable[None]]


async def listening(wire: Wire) -> None:
    """What Flet does, less its sessions: read until the end."""
    try:
        while True:
            await wire.receive_bytes()
    except WebSocketDisconnect:
        return


def play(
    script: Callable[[Wire, FakeSocket], Awaitable[None]],
    *,
    handle: Handle = listening,
    bounds: Bounds = LONG,
) -> FakeSocket:
    """Run a wire with a script beside it, until the wire ends. No task may be left then."""

    async def run() -> FakeSocket:
        before = asyncio.all_tasks()
        socket = FakeSocket()
        wire = Wire(socket, bounds)  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            serving = asyncio.create_task(wire.run(handle), name="serving")
            await script(wire, socket)
            await serving
        assert before == asyncio.all_tasks()
        return socket

    return asyncio.run(run())


def test_flets_messages_go_first_and_in_order() -> None:
    """What Flet says leaves in its order, and pulled frames only when nothing of it waits."""
    pulls: list[bytes] = [b"pulled 1", b"pulled 2"]

    async def script(wire: Wire, socket: FakeSocket) -> None:
        socket.takes.clear()
        wire.pull = lambda: pulls.pop(0) if pulls else None
        wire.poke()
        for number in range(3):
            wire.put(b"flet %d" % number)
        socket.takes.set()
        await until(lambda: len(socket.sent) == 5, "all to be sent")
        await wire.send_bytes(b"flet 3")
        await until(lambda: len(socket.sent) == 6, "the last")
        socket.lose()

    socket = play(script)
    assert [b"flet 0", b"flet 1", b"flet 2", b"pulled 1", b"pulled 2", b"flet 3"] == socket.sent
    assert socket.closed == NORMAL


def test_a_message_of_flets_overtakes_pulled_frames() -> None:
    """Between two pulled frames a message that waits goes first: a change of the page is never late."""

    async def script(wire: Wire, socket: FakeSocket) -> None:
        pulled = 0

        def pull() -> bytes | None:
            nonlocal pulled
            pulled += 1
            if pulled == 1:
                wire.put(b"flet")
            return b"pulled %d" % pulled if pulled < 3 else None

        wire.pull = pull
        wire.poke()
        await until(lambda: len(socket.sent) == 3, "all to be sent")
        socket.lose()

    assert [b"pulled 1", b"flet", b"pulled 2"] == play(script).sent


def test_a_slow_socket_is_asked_for_no_more_than_it_takes() -> None:
    """However often it is poked, a slow socket makes one frame at a time: what comes between is merged."""
    made = 0

    async def script(wire: Wire, socket: FakeSocket) -> None:
        news = 0

        def pull() -> bytes | None:
            nonlocal made, news
            if not news:
                return None
            made, news = made + 1, 0
            return b"all that is new"

        wire.pull = pull
        socket.takes.clear()
        for _ in range(100):
            news += 1
            wire.poke()
            await asyncio.sleep(0)
        socket.takes.set()
        await until(lambda: not news and len(socket.sent) == made, "all to be sent")
        socket.lose()

    socket = play(script)
    assert (2, 2) == (made, len(socket.sent))


async def idle(_wire: Wire, _socket: FakeSocket) -> None:
    """Do nothing: the wire is to end by itself."""


def test_a_browser_that_never_registers_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    """Without a registration the socket is closed, and even a Flet that waits for ever leaves no task."""
    caplog.set_level(logging.INFO)

    async def deaf(wire: Wire) -> None:
        await listening(wire)
        await asyncio.Event().wait()

    socket = play(idle, handle=deaf, bounds=QUICK)
    assert socket.closed == TRY_AGAIN_LATER
    assert ["let the browser at 127.0.0.1:5000 go: it did not register in 0.05 s"] == caplog.messages


def test_a_stalled_browser_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    """A socket that takes no message in the time it has is closed."""
    caplog.set_level(logging.INFO)

    async def script(wire: Wire, socket: FakeSocket) -> None:
        wire.registered = True
        socket.takes.clear()
        wire.put(b"one")

    socket = play(script, bounds=QUICK)
    assert (TRY_AGAIN_LATER, []) == (socket.closed, socket.sent)
    assert ["let the browser at 127.0.0.1:5000 go: it took no message for 0.05 s"] == caplog.messages


def test_too_many_messages_let_a_browser_go() -> None:
    """When more of Flet's messages wait than the bound, the browser goes and nothing more is kept."""

    async def script(wire: Wire, socket: FakeSocket) -> None:
        socket.takes.clear()
        for number in range(50):
            wire.put(b"%d" % number)
        assert wire.queued <= QUICK.queued

    socket = play(script, bounds=Bounds(queued=5, send=60, register=60, farewell=0.2))
    assert socket.closed == TRY_AGAIN_LATER


NONSENSE = [
    b"\x00\xc1",
    b"\x00" + b"\x91" * 3_000,
    b"\x00\x92\x03\x80",
    b"\x00" + msgpack.packb([1, 5]),
    b"\x00" + msgpack.packb([1, {"session_id": None}]),
    b"\x00" + msgpack.packb([4, {"id": 1, "props": {"on_close": None}}]),
    b"\x00" + msgpack.packb([4, {"id": 1, "props": {"_i": 7}}]),
    b"\x00" + msgpack.packb([1, {"session_id": None, "page_name": "", "page": {"on_connect": True}}]),
]


@pytest.mark.parametrize("data", NONSENSE)
def test_nonsense_ends_the_connection(data: bytes) -> None:
    """A frame that is none of Flet's closes the socket as a breach of policy."""

    async def script(_wire: Wire, socket: FakeSocket) -> None:
        socket.incoming.put_nowait(data)

    assert play(script).closed == POLICY


@pytest.mark.parametrize("error", [KeyError("bytes"), RuntimeError("not connected"), ValueError("x")])
def test_a_socket_that_fails_ends_as_a_disconnect(error: Exception) -> None:
    """Whatever goes wrong in receiving, Flet sees a disconnect, which is all that it handles."""
    seen: list[BaseException] = []

    async def watching(wire: Wire) -> None:
        try:
            await wire.receive_bytes()
        except BaseException as end:  # noqa: BLE001  (what it is, is the question)
            seen.append(end)

    async def script(_wire: Wire, socket: FakeSocket) -> None:
        socket.incoming.put_nowait(error)

    play(script, handle=watching)
    assert [WebSocketDisconnect] == [type(end) for end in seen]


def test_a_send_that_fails_ends_the_connection() -> None:
    """An error in sending closes the socket, and is not raised to who sent."""

    async def script(wire: Wire, socket: FakeSocket) -> None:
        socket.fails = OSError("broken pipe")
        await wire.send_bytes(b"one")

    assert play(script).sent == []


def test_shared_clicks_are_not_for_flet() -> None:
    """A click that the session answers is kept from Flet; all else reaches it, in order."""
    heard: list[bytes] = []
    asked: list[tuple[int, str, object]] = []

    async def flet(wire: Wire) -> None:
        try:
            while True:
                heard.append(await wire.receive_bytes())
        except WebSocketDisconnect:
            return

    async def script(wire: Wire, socket: FakeSocket) -> None:
        def event(target: int, name: str, data: object) -> bool:
            asked.append((target, name, data))
            return target >= 100

        wire.event = event
        for target in (7, 100):
            socket.say(MessageAction.UPDATE_CONTROL_PROPS, {"id": target, "props": {"value": True}})
            socket.say(MessageAction.CONTROL_EVENT, {"target": target, "name": "change", "data": True})
        socket.say(MessageAction.REGISTER_CLIENT, {"session_id": "x", "page": {}})
        socket.incoming.put_nowait(b"\x01data channel")
        socket.lose()

    play(script, handle=flet)
    assert [(7, "", None), (7, "change", True), (100, "", None), (100, "change", True)] == asked
    assert [b"\x00\x92\x04", b"\x00\x92\x03", b"\x00\x92\x01", b"\x01da"] == [data[:3] for data in heard]


def test_a_pull_that_raises_is_logged_and_the_wire_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """A session that cannot be brought up to date is logged by name; what Flet says still leaves."""
    calls: list[int] = []

    async def script(wire: Wire, socket: FakeSocket) -> None:
        def pull() -> bytes | None:
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError("on purpose")
            return b"pulled" if len(calls) == 2 else None

        wire.name = "session abc"
        wire.pull = pull
        wire.poke()
        await until(lambda: calls, "the pull")
        wire.put(b"flet")
        await until(lambda: len(socket.sent) == 2, "both")
        socket.lose()

    assert [b"flet", b"pulled"] == play(script).sent
    assert ["our fault: session abc could not be brought up to date"] == caplog.messages
    assert caplog.records[0].exc_info is not None


def test_a_fault_in_flet_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """When Flet's own handling raises, the log says so and the socket is closed."""

    async def broken(_wire: Wire) -> None:
        raise RuntimeError("on purpose")

    socket = play(idle, handle=broken)
    assert socket.closed == NORMAL
    assert ["our fault: the connection of the browser at 127.0.0.1:5000 failed"] == caplog.messages


def test_a_browser_costs_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """However often Flet stumbles over what it sends; the next connection may have a line of its own."""

    async def stumbling(wire: Wire) -> None:
        try:
            while True:
                await wire.receive_bytes()
                try:
                    MessageAction(99)
                except ValueError:
                    logging.getLogger("flet").exception("Unhandled error")
        except WebSocketDisconnect:
            return

    async def script(_wire: Wire, socket: FakeSocket) -> None:
        for _ in range(20):
            socket.incoming.put_nowait(b"\x01data channel")
        socket.lose()

    for _ in range(2):
        play(script, handle=stumbling)
    told = (
        "dashboard.wire",
        logging.ERROR,
        "our fault: the browser at 127.0.0.1:5000 failed: 99 is not a valid MessageAction",
    )
    assert [told, told] == caplog.record_tuples
    assert caplog.records[0].exc_info is not None


def test_what_is_ours_is_told_once_and_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """A line of a session's own is kept, and only the first; nobody else's lines are touched."""

    async def failing(wire: Wire) -> None:
        try:
            while True:
                await wire.receive_bytes()
                for name in ("dashboard.session", "flet", "dashboard.hub"):
                    logging.getLogger(name).warning("%s says so", name)
        except WebSocketDisconnect:
            return

    async def script(_wire: Wire, socket: FakeSocket) -> None:
        for _ in range(2):
            socket.incoming.put_nowait(b"\x01data channel")
        socket.lose()

    play(script, handle=failing)
    logging.getLogger("flet").warning("nobody's")
    told = ["dashboard.session says so", "dashboard.hub says so", "dashboard.hub says so", "nobody's"]
    assert told == caplog.messages


@pytest.mark.parametrize(
    ("name", "data", "fine"),
    [
        ("route_change", {"route": "/"}, True),
        ("route_change", {"route": 5}, False),
        ("route_change", None, False),
        ("resize", {"width": 1, "height": 2.5}, True),
        ("resize", {"width": True, "height": 2.5}, False),
        ("resize", {"width": 1}, False),
        ("view_pop", None, True),
    ],
)
def test_an_event_of_the_page_has_what_belongs_to_it(name: str, data: object, fine: bool) -> None:  # noqa: FBT001
    """What Flet would hand on to the session as it is, and no browser sends, ends the connection."""

    async def script(_wire: Wire, socket: FakeSocket) -> None:
        socket.say(MessageAction.CONTROL_EVENT, {"target": 1, "name": name, "data": data})
        socket.lose()

    assert play(script).closed == (NORMAL if fine else POLICY)


def test_a_cancelled_wire_leaves_no_task() -> None:
    """When the server ends, the wire ends with all it started, and closes the socket."""

    async def run() -> Any:  # noqa: ANN401
        before = asyncio.all_tasks()
        socket = FakeSocket()
        serving = asyncio.create_task(Wire(socket, LONG).run(listening))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert before == asyncio.all_tasks()
        return socket.closed

    assert asyncio.run(run()) == NORMAL


def test_who_asks_whether_anybody_is_there_is_told() -> None:
    """A browser that heard nothing gets its byte back, once while it takes nothing; Flet hears of neither."""
    heard: list[bytes] = []

    async def noting(wire: Wire) -> None:
        try:
            while True:
                heard.append(await wire.receive_bytes())
        except WebSocketDisconnect:
            return

    async def script(wire: Wire, socket: FakeSocket) -> None:
        socket.takes.clear()
        for _ in range(5):
            socket.incoming.put_nowait(WHOLE)
        await until(socket.incoming.empty, "all to be read")
        await asyncio.sleep(0)
        socket.takes.set()
        await until(lambda: bool(socket.sent) and not wire.queued, "an answer")
        socket.lose()

    socket = play(script, handle=noting)
    assert ([], {WHOLE}, True) == (heard, set(socket.sent), len(socket.sent) <= 2)


def test_a_detached_session_is_asked_nothing() -> None:
    """After `detach` neither pull nor event of the session is called."""

    async def script(wire: Wire, socket: FakeSocket) -> None:
        wire.pull = wire.event = pytest.fail  # type: ignore[assignment]
        wire.detach()
        wire.poke()
        socket.say(MessageAction.CONTROL_EVENT, {"target": 1, "name": "x", "data": None})
        await asyncio.sleep(0)
        socket.lose()

    assert play(script).sent == []


def test_a_browser_registers_once() -> None:
    """A second registration on one socket would leave the first session behind for ever: it is refused."""

    async def script(_wire: Wire, socket: FakeSocket) -> None:
        for number in range(2):
            body = {"session_id": f"{number}", "page_name": "", "page": {}}
            socket.say(MessageAction.REGISTER_CLIENT, body)

    assert play(script).closed == POLICY


def test_the_end_is_seen_while_flet_hangs() -> None:
    """A socket that goes while Flet reads nothing more is noticed, and the session is told once."""
    ended: list[bool] = []

    async def hanging(wire: Wire) -> None:
        await wire.receive_bytes()
        await asyncio.Event().wait()

    async def script(wire: Wire, socket: FakeSocket) -> None:
        wire.ended = lambda: ended.append(True)
        socket.incoming.put_nowait(b"\x01data channel")
        socket.lose()

    assert play(script, handle=hanging).closed == NORMAL
    assert ended == [True]


def test_a_flood_waits_in_the_socket() -> None:
    """While Flet is busy, no more than the bound is read from the browser."""
    bounds = Bounds(inbound=3, send=60, register=60, farewell=0.2)
    left: list[int] = []

    async def slow(wire: Wire) -> None:
        await wire.receive_bytes()
        await asyncio.Event().wait()

    async def script(wire: Wire, socket: FakeSocket) -> None:
        for _ in range(20):
            socket.incoming.put_nowait(b"\x01data channel")
        for _ in range(200):
            await asyncio.sleep(0)
        left.append(socket.incoming.qsize())
        wire.kill("done")

    play(script, handle=slow, bounds=bounds)
    assert left == [16]
