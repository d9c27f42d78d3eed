"""Frames that leave past what is the same for every browser: the bytes on the wire, and what is not taken."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from websockets.sync.client import ClientConnection, connect

from dashboard.outlet import EXTENSION, Outlet, OutletProtocol
from tests.servers import free_port, wait_until


class App:
    """Accepts one socket, and keeps its outlet."""

    def __init__(self) -> None:
        self.outlet: Outlet | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ended = threading.Event()

    async def __call__(self, scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        assert scope["type"] == "websocket"
        await receive()  # type: ignore[operator]
        await send({"type": "websocket.accept"})  # type: ignore[operator]
        self.loop = asyncio.get_running_loop()
        self.outlet = scope["extensions"][EXTENSION]
        while (await receive())["type"] != "websocket.disconnect":  # type: ignore[operator]
            pass
        self.ended.set()

    def write(self, *frames: bytes) -> list[bool]:
        """Whether the outlet was ready for each; those that it was not ready for are not written."""

        async def all_of_them() -> list[bool]:
            taken = []
            for frame in frames:
                assert self.outlet is not None
                taken.append(self.outlet.ready)
                if taken[-1]:
                    self.outlet.write(frame)
            return taken

        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(all_of_them(), self.loop).result(10)


@contextmanager
def opened(receive_buffer: int | None = None) -> Iterator[tuple[App, ClientConnection]]:
    """A socket from end to end."""
    app, port = App(), free_port()
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        port=port, log_config=None, ws=OutletProtocol, lifespan="off", ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="outlet")
    thread.start()
    try:
        wait_until(lambda: server.started, "the server")
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.connect(("127.0.0.1", port))
        with connect(f"ws://127.0.0.1:{port}/", sock=plain, max_size=None, max_queue=1) as client:
            wait_until(lambda: app.outlet is not None, "the socket to be accepted")
            yield app, client
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_arrives_as_it_is(size: int) -> None:
    """Every length has its own header; the same frame twice, and another after it, are each themselves."""
    frame, other = bytes([7]) * size, b"other"
    with opened() as (app, client):
        for sent in (frame, frame, other, frame):
            wait_until(lambda: app.outlet is not None and app.outlet.ready, "room")
            assert [True] == app.write(sent)
            assert sent == client.recv(timeout=10)


def test_a_browser_that_does_not_read_is_asked_for_room_first() -> None:
    """What the kernel does not take makes the outlet not ready: at most one frame waits here."""
    frame = bytes(50_000)
    with opened(receive_buffer=4_096) as (app, client):
        taken = app.write(*[frame] * 400)
        assert taken[0]
        assert not taken[-1]
        for _ in range(sum(taken)):
            assert frame == client.recv(timeout=10)
        wait_until(lambda: app.outlet is not None and app.outlet.ready, "room again")
        assert [True] == app.write(b"the present")
        assert b"the present" == client.recv(timeout=10)


def test_a_socket_that_is_gone_says_so() -> None:
    """Writing to it is a `ConnectionError`, and it never claims to be full."""
    with opened() as (app, client):
        client.socket.shutdown(socket.SHUT_RDWR)
        assert app.ended.wait(10)
        with pytest.raises(ConnectionError):
            app.write(b"too late")
