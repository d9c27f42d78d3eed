"""The socket between paho and the broker."""

import socket
import threading
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client

from bridge.transports.address import broker_at
from bridge.transports.bell import Bell
from bridge.transports.packets import Packets, Published
from bridge.transports.session import pubacks
from bridge.transports.tap import Tap, tapped_client
from tests.bridge.test_packets import publish

MESSAGE = Published(b"a/b", b"payload", False, 1, False, 7)


@pytest.fixture
def ends() -> Iterator[tuple[Tap, socket.socket]]:
    """A tap, and the broker's end of its socket."""
    ours, broker = socket.socketpair()
    ours.setblocking(False)
    tap = Tap(ours, Packets(version5=False))
    with broker:
        yield tap, broker
    tap.close()


def test_paho_makes_its_socket_where_we_take_it() -> None:
    """The one protected name of paho that we use is there, and what it returns is what paho talks through."""
    assert callable(getattr(Client, "_create_socket", None))
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        client = tapped_client(broker_at(url, None, None, None), "x", version5=False, clean=True)
        client.on_socket_register_write = lambda *_: None
        client.connect("127.0.0.1", server.getsockname()[1])
        assert client.tap is not None
        assert client.socket() is client.tap
        client.loop_write()
        assert client.tap.unsent > 0
        client.tap.close()


def test_paho_writes_from_the_callers_thread_only_without_a_writer() -> None:
    """With on_socket_register_write set, publishing sends nothing by itself: that is left to our thread."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        broker = broker_at(f"mqtt://127.0.0.1:{port}", None, None, None)
        client = tapped_client(broker, "x", version5=False, clean=True)
        woken = threading.Event()
        client.on_socket_register_write = lambda *_: woken.set()
        client.connect("127.0.0.1", port)
        assert client.tap is not None
        assert (True, True, 0) == (client.want_write(), woken.is_set(), client.tap.unsent)
        client.tap.close()


def test_messages_are_ours_and_the_rest_is_pahos(ends: tuple[Tap, socket.socket]) -> None:
    """Messages come from `read`, other packets from `recv`, which never waits."""
    tap, broker = ends
    with pytest.raises(BlockingIOError):
        tap.recv(1)
    assert (0, ()) == tap.read()
    broker.sendall(b"\xd0\x00" + publish(MESSAGE) + b"\x40\x02\x00\x05" + publish(MESSAGE)[:5])
    size, messages = tap.read()
    assert (size > 0, [MESSAGE]) == (True, messages)
    assert [b"\xd0", b"\x00", b"\x40\x02\x00\x05"] == [tap.recv(1), tap.recv(1), tap.recv(100)]
    assert not tap.has_others


def test_the_end_is_pahos_to_see(ends: tuple[Tap, socket.socket]) -> None:
    """What came before the end is read first; then paho gets the empty bytes of a closed socket."""
    tap, broker = ends
    broker.sendall(b"\xd0\x00")
    broker.shutdown(socket.SHUT_WR)
    while tap.read()[0]:
        pass
    assert [b"\xd0\x00", b"", b""] == [tap.recv(10), tap.recv(10), tap.recv(10)]


def test_packets_never_mix(ends: tuple[Tap, socket.socket]) -> None:
    """All of it is taken at once though the socket is full, and arrives in order."""
    tap, broker = ends
    sent = [bytes([n % 256]) * 100_000 for n in range(50)]
    assert [len(part) for part in sent] == [tap.send(part) for part in sent]
    assert (True, True) == (tap.flush(), tap.unsent > 0)
    got = bytearray()
    while len(got) < 5_000_000:
        got += broker.recv(1_000_000)
        tap.flush()
    assert (b"".join(sent), 0) == (bytes(got), tap.unsent)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], b""),
        ([0], b""),
        ([1, 0, 258, 65_535], b"\x40\x02\x00\x01\x40\x02\x01\x02\x40\x02\xff\xff"),
    ],
)
def test_acknowledgements_are_packets(ids: list[int], expected: bytes) -> None:
    """One PUBACK for each id in order, and none for 0."""
    assert expected == pubacks(ids)


def test_a_bell_rings_once_however_often_it_was_rung() -> None:
    """Ringing wakes, hushing forgets all of it, and neither waits nor raises, closed or not."""
    bell = Bell()
    for _ in range(100_000):
        bell.ring()
    while True:
        bell.hush()
        try:
            with socket.socket(fileno=socket.dup(bell.fileno())) as heard:
                heard.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            break
    bell.close()
    bell.ring()
