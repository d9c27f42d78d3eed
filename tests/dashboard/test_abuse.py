"""Browsers that stall, vanish, lie or flood: the server is rid of them, and everybody else goes on."""

import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import msgpack
import pytest
from flet.messaging.protocol import MessageAction
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashboard.wire import TRY_AGAIN_LATER
from tests.dashboard.socket_client import WIDE, Tab
from tests.dashboard.watched import INSIDES, PLUGS, SMALL, Raw, Server, tidy, unharmed, watched
from tests.servers import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all."""
    with watched() as server:
        yield server


def flood(server: Server, good: Tab, true: Callable[[], object], what: str) -> None:
    """Let all plugs speak again and again until the condition holds; the good browser sees all of it."""

    def more() -> bool:
        shown = [server.say(plug) for plug in PLUGS]
        good.sees(shown[-1])
        return bool(true())

    good.until(more, what)


def test_a_stalled_tab_is_let_go(server: Server) -> None:
    """Nobody reads, the window is full: meanwhile little waits for it, soon it is gone; others go on."""
    with unharmed(server) as good:
        stalled = [Tab(server.url).connect(receive_buffer=SMALL).register() for _ in range(3)]
        most = 0

        def gone() -> bool:
            nonlocal most
            most = max(most, server.waiting())
            return len(server.app.state.wires) == 1

        wait_until(lambda: server.left().sessions == 4, "their sessions")
        flood(server, good, gone, "the stalled tabs to be let go")
        # Each may have one frame that the kernel took in part, and what Flet says once in the beginning.
        largest = max(len(frame) for frame in good.frames)
        assert 0 < most < (len(stalled) + 1) * (largest + 1_000)
        for tab in stalled:
            tab.until_closed()
            tidy(tab)
            tab.leave()


def test_a_tab_that_dies_in_the_middle_of_a_frame_is_let_go(server: Server) -> None:
    """The connection is reset while a frame is half sent: that is an end like any other."""
    with unharmed(server) as good:
        tab = Tab(server.url).connect(receive_buffer=SMALL).register()
        flood(server, good, lambda: server.waiting() > 0, "a frame that is half sent")
        # Reset, not closed.
        tab.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tab.cut()


def test_a_socket_that_never_registers_is_let_go(server: Server) -> None:
    """It is closed when its time is over, with the code that lets a browser try again."""
    with unharmed(server):
        silent = Tab(server.url).connect()
        assert TRY_AGAIN_LATER == silent.until_closed()
        silent.leave()


def mask(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A WebSocket frame as a client sends it, masked with zeros."""
    head = bytes([(0x80 if fin else 0) | opcode])
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + length + bytes(4) + payload


RUBBISH = {
    "a text": mask(1, b"hello"),
    "a text that is not UTF-8": mask(1, b"\xff\xfe\x80"),
    "an unmasked frame": b"\x82\x01a",
    "an unknown opcode": mask(5, b""),
    "reserved bits": b"\xf2\x80" + bytes(4),
    "a length that nobody has": b"\x82\xff" + (2**62).to_bytes(8, "big") + bytes(4),
    "too large a message": mask(2, bytes(2**20 + 1)),
    "too large a message in pieces": mask(2, bytes(2**19), fin=False) + mask(0, bytes(2**19 + 1)),
    "a continuation of nothing": mask(0, b"x"),
    "a ping too large": mask(9, bytes(200)),
    "an empty message": mask(2, b""),
    "a mark alone": mask(2, b"\x00"),
    "not MessagePack": mask(2, b"\x00\xc1\xc1"),
    "half a MessagePack": mask(2, b"\x00\x92\x01"),
    "more than one": mask(2, b"\x00\x01\x02"),
    "a huge list": mask(2, b"\x00\xdd\xff\xff\xff\xff"),
    "a deep list": mask(2, b"\x00" + b"\x91" * 100_000),
    "a type of its own": mask(2, b"\x00\xc7\x03\x05abc"),
    "a data channel": mask(2, b"\x01abc"),
    "an unknown kind of packet": mask(2, b"\x77abc"),
    "a number": mask(2, b"\x00\x05"),
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "a close of nonsense": mask(8, b"\x00\x01"),
}


PAGES: dict[str, object] = {
    "no map": 5,
    "a list": [],
    "a route that is none": {**WIDE, "route": 5},
    "a route too long": {**WIDE, "route": "/devices/" + "x" * 100_000},
    "a route of surrogates": {**WIDE, "route": "/devices/%ED%A0%80"},
    "a width that is none": {**WIDE, "route": "/", "width": "wide"},
    "a page without anything": {},
    "a property of ours": {**WIDE, "route": "/", "session": 1},
    "another": {**WIDE, "route": "/", "pubsub": None},
    "its views": {**WIDE, "route": "/", "views": 3},
    "its controls": {**WIDE, "route": "/", "controls": 3},
    "its id": {**WIDE, "route": "/", "_i": 7},
    "a handler": {**WIDE, "route": "/", "on_connect": 7},
    "media that is none": {**WIDE, "route": "/", "media": 7},
    "names that are none": {1: 2},
    "a platform that is none": {**WIDE, "route": "/", "platform": "toaster", "platform_brightness": 3},
}

BODIES: dict[str, object] = {
    "no map": 5,
    "nothing": {},
    "too much": {"session_id": None, "page_name": "", "page": {"route": "/"}, "more": 1},
    "an id that is none": {"session_id": {"a": []}, "page_name": [], "page": {"route": "/"}},
    "a page's name that is none": {"session_id": None, "page_name": {}, "page": {"route": "/"}},
}


def all_at_once(server: Server, deeds: Mapping[str, Callable[[Raw], None]]) -> None:
    """Do each on a socket of its own. Those that are not ended for it do not register, or answer no ping."""
    with unharmed(server) as good, ExitStack() as stack:
        bad = {name: Raw(server) for name in deeds}
        for name, deed in deeds.items():
            stack.callback(bad[name].socket.close)
            with suppress(ConnectionError):
                deed(bad[name])
        left = set(bad)

        def over() -> bool:
            left.difference_update([name for name in left if bad[name].ended()])
            return not left

        with suppress(AssertionError):
            good.until(over, "the end of all")
        assert left == set()
        for name, socket in bad.items():
            for word in INSIDES:
                assert word not in socket.got, name


def registers_and_says(socket: Raw, rubbish: bytes) -> None:
    """Say something after a registration that is as it should be."""
    socket.register()
    socket.raw(rubbish)


def test_whatever_comes_harms_nobody(server: Server) -> None:
    """Whatever comes, before, in or after a registration, ends at the worst the socket that it came from.

    It gets a page, an apology or the end of its socket, and leaves nothing. So does one that vanished.
    """
    register = MessageAction.REGISTER_CLIENT
    deeds: dict[str, Callable[[Raw], None]] = {"nothing more": Raw.register}
    deeds |= {name: partial(Raw.raw, data=rubbish) for name, rubbish in RUBBISH.items()}
    deeds |= {f"later {n}": partial(registers_and_says, rubbish=rubbish) for n, rubbish in RUBBISH.items()}
    deeds |= {f"page: {name}": partial(Raw.register, page=page) for name, page in PAGES.items()}
    deeds |= {f"body: {n}": partial(Raw.say, action=register, body=body) for n, body in BODIES.items()}
    all_at_once(server, deeds)


def sayings() -> dict[str, tuple[int, Any]]:
    """Messages after a registration: an action, and its body."""
    event, change = MessageAction.CONTROL_EVENT.value, MessageAction.UPDATE_CONTROL_PROPS.value
    page: dict[str, tuple[int, Any]] = {
        f"{name} of {data!r}": (event, {"target": 1, "name": name, "data": data})
        for name in ("route_change", "resize", "connect", "disconnect", "close", "view_pop", "login", "_x")
        for data in (None, 5, "x", {"route": 5}, {"route": "/system"}, {"width": "x", "height": None}, [])
    }
    properties: dict[str, tuple[int, Any]] = {
        f"{name} is {value!r}": (change, {"id": 1, "props": {name: value}})
        for name in (
            "session",
            "pubsub",
            "controls",
            "views",
            "route",
            "width",
            "theme",
            "window",
            "title",
            "data",
        )
        for value in (None, 5, [], {})
    }
    return page | properties | {
        "an unknown action": (99, {}),
        "an action that is none": (MessageAction.REGISTER_CLIENT.value + 1_000, None),
        "an event of nobody": (event, {"target": 10**9, "name": "click", "data": None}),
        "an event of a text": (event, {"target": "1", "name": "click", "data": None}),
        "an event with more": (event, {"target": 1, "name": "click", "data": None, "more": 1}),
        "an event without": (event, {}),
        "properties that are none": (change, {"id": 1, "props": 5}),
        "properties of nobody": (change, {"id": 10**9, "props": {}}),
        "an answer to nothing": (
            MessageAction.INVOKE_METHOD.value, {"control_id": 1, "call_id": "x", "result": 1, "error": None},
        ),
        "an answer of nobody": (
            MessageAction.INVOKE_METHOD.value, {"control_id": 10**9, "call_id": [], "result": 1, "error": 5},
        ),
        "a patch": (MessageAction.PATCH_CONTROL.value, {"id": 1, "patch": []}),
        "a second registration": (
            MessageAction.REGISTER_CLIENT.value,
            {"session_id": None, "page_name": "", "page": {"route": "/"}},
        ),
    }  # fmt: skip


def test_whatever_a_registered_browser_says_harms_nobody(server: Server) -> None:
    """Each saying comes from a browser of its own, which then leaves; nothing of it stays."""
    with unharmed(server) as good:
        for name, (action, body) in sayings().items():
            tab = Tab(server.url).connect().register()
            tab.until(lambda t=tab: t.closed is not None or t.texts, f"the first screen, before {name}")  # type: ignore[misc]
            tab.connection.send(b"\x00" + bytes(msgpack.packb([action, body])))
            shown = server.say()
            # It is ended, or tells that it failed, or goes on, on whatever page.
            tab.until(
                lambda t=tab, s=shown: (
                    t.closed is not None or t.client.crashed or t.shows(s) or len(t.frames) > 9
                ),
                name,
            )  # type: ignore[misc]
            good.sees(shown)
            tidy(tab)
            tab.leave()
            good.until(
                lambda: len(server.app.state.wires) == 1, f"it to be gone after {name}: {server.left()}"
            )
            left = server.left()
            assert (1, good.client.crashed, 0) == (left.sessions, [], left.for_ever), name


def test_nonsense_is_one_line_in_the_log_and_no_fault_of_ours(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A browser that sends the page a hundred events that Flet cannot read."""
    with unharmed(server), Tab(server.url) as bad:
        bad.sees(server.say())
        body = {"target": 1, "name": "login", "data": {}}
        for _ in range(100):
            bad.connection.send(b"\x00" + bytes(msgpack.packb([MessageAction.CONTROL_EVENT.value, body])))
        bad.until(lambda: len(bad.client.crashed) == 100, "all of them to have failed")
        bad.leave()
        wait_until(lambda: server.left().sessions == 1, "it to be gone")
        server.forget_sessions()
    # The library of the test's own browser may stumble over an end that comes while it reads.
    (told,) = [record.getMessage() for record in caplog.records if record.name != "websockets.client"]
    assert "its browser sent what is not understood: LoginEvent" in told


def test_a_flood_of_clicks_is_worked_off(server: Server) -> None:
    """Thousands of clicks on a shared switch and on a card that leads elsewhere, none of them answered."""
    with unharmed(server) as good, Tab(server.url) as bad:
        bad.until(lambda: bad.controls("Switch"), "the switches")
        switch = bad.controls("Switch")[0]
        head = next(c for c in bad.controls("Container") if c.get("on_click") and c.get("visible", True))
        for _ in range(2_000):
            if not clicked(bad, switch["_i"], "change") or not clicked(bad, head["_i"], "click"):
                break
        good.sees(server.say())
        tidy(bad)
        bad.leave()
        wait_until(lambda: server.left().sessions == 1, "it to be gone")
        server.forget_sessions()


def test_navigations_that_are_not_answered_do_not_pile_up(server: Server) -> None:
    """A browser that is asked to go elsewhere and never does is not waited for a thousand times."""
    with unharmed(server), Tab(server.url) as bad:
        bad.until(lambda: bad.controls("Switch"), "the cards")
        head = next(c for c in bad.controls("Container") if c.get("on_click") and c.get("visible", True))
        for _ in range(200):
            assert clicked(bad, head["_i"], "click")
        bad.sees(server.say())
        most = server.left().tasks.get(("session", "navigates"), 0)
        bad.leave()
        wait_until(lambda: server.left().sessions == 1, "it to be gone")
        server.forget_sessions()
        assert most <= 2


def clicked(tab: Tab, control: int, name: str) -> bool:
    """Click and look on; False once the server has ended the socket."""
    with suppress(ConnectionClosed):
        tab.click(control, name, data=True)
        tab.read(0)
    return tab.closed is None


def test_a_page_of_somebody_elses_opens_nothing(server: Server) -> None:
    """A wrong `Origin` is refused before the socket opens, the dashboard's own is welcome."""
    with unharmed(server):
        tab = Tab(server.url)
        tab.headers = {"Origin": "http://evil.example"}
        with pytest.raises(InvalidStatus) as refused:
            tab.connect()
        assert 403 == refused.value.response.status_code
        tab.headers = {"Origin": server.url}
        tab.connect().register().sees("Overview")
        tab.leave()


def test_a_name_that_is_not_ours_opens_nothing(server: Server) -> None:
    """A wrong `Host` gets 421 and a line that says what to do."""
    with unharmed(server):
        host = f"evil.example:{server.port}"
        request = (
            f"GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as asked:
            asked.sendall(request.encode())
            answer = asked.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 421 ")
        assert f"{host!r} is not a host of this dashboard" in answer.decode()


def test_beyond_the_last_place_a_browser_is_told(server: Server) -> None:
    """With all places taken the next sees why; it costs no session; with one free again it is let in."""
    with unharmed(server) as good:
        places = server.places - len(server.app.state.wires)
        crowd = [Tab(server.url).connect().register() for _ in range(places)]
        wait_until(lambda: server.left().sessions == server.places, "all to be in")
        late = Tab(server.url).connect().register().sees("This dashboard is full")
        late.sees(f"{server.places} browsers have it open")
        assert server.places == len(server.app.state.wires)
        good.sees(server.say())
        assert TRY_AGAIN_LATER == late.until_closed()
        late.leave()
        crowd.pop().leave()
        good.until(lambda: len(server.app.state.wires) < server.places, "a free place")
        late.connect().register().sees("Plug")
        for tab in [*crowd, late]:
            tab.leave()
