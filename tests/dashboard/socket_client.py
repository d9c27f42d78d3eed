"""A browser's tab on a real socket: it registers, keeps the tree that it is sent, and clicks."""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

import msgpack
from flet.messaging.protocol import MessageAction
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.dashboard.client import Client, Tree, find, texts
from tests.dashboard.stage import WIDE

PATIENCE = 20.0
GLANCE = 0.02
"""Seconds that it waits for a frame before it looks at its screen again."""


class Tab:
    """A browser's tab at `url`, as `http://127.0.0.1:8550` or with https and `tls`, the context to trust.

    It shows nothing new but while `sees`, `until` or `read` wait for something; pings are always answered.
    A tab that connects with a `receive_buffer`, in bytes, takes no more than that while it is not read, and
    so stalls its server's end. `client` is the screen; it stays, with its session, from socket to socket.
    """

    def __init__(
        self, url: str, route: str = "/", *, tls: ssl.SSLContext | None = None, page: Tree = WIDE
    ) -> None:
        self.route = route
        self.client = Client()
        self.frames: list[bytes] = []
        self.closed: int | None = None
        self.headers: Mapping[str, str] = {}
        self._url = url
        self._tls = tls
        self._page = page
        self._socket: ClientConnection | None = None

    def __enter__(self) -> Self:
        return self.connect().register()

    def __exit__(self, *_: object) -> None:
        self.leave()

    # The socket -------------------------------------------------------------------------------------------

    def connect(self, *, receive_buffer: int | None = None, session_id: str | None = None) -> Self:
        """Open a socket. Of its session it knows the id of before, or the one that is given."""
        at = urlsplit(self._url)
        plain = socket.socket()
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(PATIENCE)
        if session_id is not None:
            self.client.session_id = session_id
        try:
            plain.connect((at.hostname, at.port))
            plain.settimeout(None)
            scheme = "wss" if at.scheme == "https" else "ws"
            self._socket = connect(
                f"{scheme}://{at.netloc}{at.path.rstrip('/')}/ws",
                sock=plain, ssl=self._tls, additional_headers=self.headers, compression=None, proxy=None,
                max_size=None, max_queue=1 if receive_buffer else None, ping_interval=None,
                open_timeout=PATIENCE, close_timeout=PATIENCE,
            )  # fmt: skip
        except BaseException:
            plain.close()
            raise
        self.closed = None
        return self

    def register(self) -> Self:
        """Say who it is, as Flet's client does first."""
        body = {
            "session_id": self.client.session_id or None,
            "page_name": "",
            "page": {**self._page, "route": self.route},
        }
        self.say(MessageAction.REGISTER_CLIENT, body)
        return self

    def leave(self) -> None:
        """Close the socket in order, whatever still comes; nothing if it is closed."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.socket.shutdown(socket.SHUT_WR)
            self.cut()

    def cut(self) -> None:
        """End the connection at once, without a word."""
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close_socket()
            connection.recv_events_thread.join(PATIENCE)

    @property
    def connection(self) -> ClientConnection:
        """The open socket."""
        assert self._socket is not None, "the tab is not connected"
        return self._socket

    def read(self, timeout: float = GLANCE) -> bool:
        """Take the next frame; False if none comes in time, or none can come any more (`closed`)."""
        if self.closed is not None:
            return False
        try:
            frame = self.connection.recv(timeout=timeout, decode=False)
        except TimeoutError:
            return False
        except ConnectionClosed as end:
            self.closed = 1006 if end.rcvd is None else end.rcvd.code
            return False
        assert isinstance(frame, bytes)
        self.frames.append(frame)
        self.client.take(frame)
        return True

    def until(self, true: Callable[[], object], what: str) -> None:
        """Read until the condition holds; an error with `what` and the screen if it never does."""
        give_up = time.monotonic() + PATIENCE
        while not true():
            if self.closed is not None:
                # What is waited for may be at the other end, which ends later than the socket.
                time.sleep(GLANCE)
            self.read()
            if time.monotonic() > give_up:
                raise AssertionError(f"waited in vain for: {what}; closed: {self.closed}; {self.texts}")

    def until_closed(self) -> int:
        """Read until the server ends the socket; the code of the end, 1006 if it says none."""
        self.until(lambda: self.closed is not None, "the end of the socket")
        assert self.closed is not None
        return self.closed

    # The screen -------------------------------------------------------------------------------------------

    @property
    def texts(self) -> list[str]:
        """All that is to be read on the screen."""
        return texts(self.client.root.get("views", []))

    def shows(self, text: str) -> bool:
        return any(text in seen for seen in self.texts)

    def sees(self, text: str) -> Self:
        """Read until it is on the screen."""
        self.until(lambda: self.shows(text), f"{text!r}")
        return self

    def sees_no(self, text: str) -> Self:
        """Read until it is gone."""
        self.until(lambda: not self.shows(text), f"no {text!r}")
        return self

    def controls(self, control_type: str) -> list[Tree]:
        """All controls of a type on the screen, in order."""
        return find(self.client.root.get("views", []), control_type)

    # The person -------------------------------------------------------------------------------------------

    def say(self, action: MessageAction, body: object) -> None:
        """Send one of Flet's messages."""
        self.connection.send(b"\x00" + bytes(msgpack.packb([action.value, body])))

    def set(self, control: int, **properties: object) -> None:
        """Tell that a person changed properties of a control."""
        self.say(MessageAction.UPDATE_CONTROL_PROPS, {"id": control, "props": properties})

    def click(self, control: int, name: str = "click", data: object = None) -> None:
        """Tell that a control had an event."""
        self.say(MessageAction.CONTROL_EVENT, {"target": control, "name": name, "data": data})

    def flip(self, switch: Tree) -> None:
        """Move a switch: it moves at once, and the server is told."""
        switch["value"] = not switch.get("value", False)
        self.set(switch["_i"], value=switch["value"])
        self.click(switch["_i"], "change", switch["value"])

    def go(self, route: str) -> None:
        """Take the tab to another address, as the browser's own bar does."""
        self.route = route
        self.set(1, route=route)
        self.click(1, "route_change", {"route": route})
