"""A socket between paho and the broker that takes the messages out before paho sees them.

paho reads byte by byte and writes each acknowledgement by itself, which costs ten times as much as all the
rest. Everything else that MQTT asks for stays with paho.
"""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bridge.transports.address import Broker
from bridge.transports.packets import Packets, Published

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

CHUNK = 256 * 1024
"""Bytes that are read at once at the most."""
# TLS wants an interrupted write to be repeated with the same bytes; so much of them is offered each time.
_WRITE = 64 * 1024


class Tap:
    """paho's socket on one side, ours on the other. For one thread.

    Never blocks. What is sent is taken as a whole, so that packets of both sides never mix, and waits here
    until `flush`: as many bytes as `unsent` says.
    """

    def __init__(self, sock: socket.socket, packets: Packets) -> None:
        self._sock = sock
        self._packets = packets
        self._buffer = bytearray(CHUNK)
        self._others = b""
        self._out = bytearray()
        self._ended = False
        self.more = False
        """Whether there may be something to read of which a selector does not know."""

    # Our side.

    @property
    def unsent(self) -> int:
        return len(self._out)

    @property
    def has_others(self) -> bool:
        """Whether there is something for paho to read: other packets, or the end."""
        return self._ended or bool(self._others)

    def read(self) -> tuple[int, Sequence[Published]]:
        """Read what has come, up to `CHUNK`: how many bytes, and the messages in it.

        Raises `OSError` and `ProtocolError`; a stream that ends is seen by paho.
        """
        got = 0
        view = memoryview(self._buffer)
        self.more = False
        try:
            got = self._sock.recv_into(view)
            self._ended = not got
            # TLS gives one record at a time, of 16 KiB at most.
            while got < CHUNK and isinstance(self._sock, ssl.SSLSocket) and not self._ended:
                read = self._sock.recv_into(view[got:])
                self._ended = not read
                got += read
            self.more = isinstance(self._sock, ssl.SSLSocket) and not self._ended
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if not got:
            return 0, ()
        cut = self._packets.cut(bytes(view[:got]))
        if cut.others:
            self._others += cut.others
        return got, cut.messages

    def flush(self) -> bool:
        """Send what the socket takes; whether it took any. Raises `OSError`."""
        sent = 0
        with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._out:
                with memoryview(self._out) as view, view[:_WRITE] as part:
                    count = self._sock.send(part)
                del self._out[:count]
                sent += count
        return sent > 0

    def finish(self) -> None:
        """Tell the broker that nothing more comes, so that it reads all before it closes."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def discard(self) -> bool:
        """Read what has come and forget it; False once the broker has closed."""
        try:
            return self._sock.recv_into(self._buffer) > 0
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False

    # paho's side.

    def recv(self, buffer_size: int) -> bytes:
        if not self._others:
            if self._ended:
                return b""
            raise BlockingIOError
        head, self._others = self._others[:buffer_size], self._others[buffer_size:]
        return head

    def send(self, buffer: bytes | bytearray) -> int:
        self._out += buffer
        return len(buffer)

    def close(self) -> None:
        self._sock.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the name and place are a socket's
        self._sock.setblocking(flag)


class TappedClient(Client):
    """A paho client whose socket is a `Tap`; there is none before `connect`.

    `_create_socket` is the one protected name of paho that we rely on; a test says so if it is gone.
    """

    tap: Tap | None = None
    tls: ssl.SSLContext | None = None

    def _create_socket(self) -> "SocketLike":
        sock = super()._create_socket()
        if not isinstance(sock, socket.socket):
            raise TypeError(f"paho made a {type(sock).__name__} instead of a socket")
        if self.tls is not None:
            sock = _encrypted(sock, self.tls, self.host, self.connect_timeout)
        self.tap = Tap(sock, Packets(version5=self.protocol == MQTTProtocolVersion.MQTTv5))
        return self.tap


def _encrypted(sock: socket.socket, tls: ssl.SSLContext, host: str, within: float) -> socket.socket:
    """The socket after the handshake. paho's own way leaves it open when that fails."""
    try:
        wrapped = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        sock.close()
        raise
    try:
        wrapped.settimeout(within)
        wrapped.do_handshake()
    except BaseException:
        wrapped.close()
        raise
    return wrapped


def tapped_client(broker: Broker, client_id: str, *, version5: bool, clean: bool) -> TappedClient:
    """A client with the broker's credentials, not yet connected.

    With MQTT 5 a session is asked for when connecting; `clean` is for 3.1.1.
    """
    client = TappedClient(
        CallbackAPIVersion.VERSION2,
        client_id,
        clean_session=None if version5 else clean,
        protocol=MQTTProtocolVersion.MQTTv5 if version5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    client.tls = broker.tls
    return client
