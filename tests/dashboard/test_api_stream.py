"""The stream of changes over real HTTP: whole, then live, filtered, resumed, and gone without a trace."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.frames import Frame
from bridge.labels import Label
from bridge.state import Change
from dashboard import api_stream, http_protocol
from schemas import Device, kind_of
from tests.dashboard.served import Served, served
from tests.servers import wait_until

PLUG = "fleet/plug/one/state"


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard whose source is up."""
    yield from served()


class Events:
    """An open stream."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.last_id = ""

    def next(self) -> dict[str, str]:
        """The next event or comment."""
        found: dict[str, str] = {}
        for line in self._lines:
            if not line:
                if found:
                    self.last_id = found.get("id", self.last_id)
                    return found
                continue
            key, _, value = line.partition(":")
            found[key or "comment"] = value.strip()
        raise AssertionError("the stream has ended")

    def device(self) -> dict[str, Any]:
        """The next event of a device."""
        return self.of("device")

    def of(self, sort: str) -> dict[str, Any]:
        """The next event of a sort; it does not come after a silence."""
        while (event := self.next()).get("event") != sort:
            assert event.get("comment") != "heartbeat", f"waited in vain for: {sort}"
        told: dict[str, Any] = json.loads(event["data"])
        return told


@contextmanager
def stream(dash: Served, query: str = "", **headers: str) -> Iterator[Events]:
    """Listen; the server has noticed the end when this returns."""
    before = dash.house.broadcast.listening
    with dash.http.stream("GET", f"/api/v1/stream{query}", headers=headers) as answer:
        assert 200 == answer.status_code, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Events(answer.iter_lines())
    wait_until(lambda: dash.house.broadcast.listening == before, "the listener to be forgotten")


def refused(dash: Served, query: str) -> str:
    """What is said to who may not listen; a stream that begins all the same is not read to its end."""
    with dash.http.stream("GET", f"/api/v1/stream{query}") as answer:
        assert 422 == answer.status_code
        answer.read()
        detail: str = answer.json()["detail"]
        return detail


def values(told: dict[str, Any]) -> dict[str, Any]:
    """Its metrics by name."""
    return {name: metric["value"] for name, metric in told["metrics"].items()}


def test_the_whole_first_and_then_what_changes(dash: Served) -> None:
    """What is known comes whole; then each change, with the metrics that the message touched."""
    dash.hear(PLUG, {"on": True, "power": 12.5})
    with stream(dash) as events:
        told = events.device()
        assert ("plug.one", "Washing machine", True) == (told["id"], told["name"], told["whole"])
        assert {"on": True, "power": 12.5} == values(told)
        dash.hear(PLUG, {"on": False})
        told = events.device()
        assert (False, {"on": False}) == (told["whole"], values(told))
        dash.hear("fleet/lamp/new/state", {"on": True})
        assert "lamp.new" == events.device()["id"]


def test_filters_leave_the_rest_out(dash: Served) -> None:
    """By device, kind and metric, each given more than once if wanted; without the whole if not wanted."""
    dash.hear(PLUG, {"on": True, "power": 12.5, "energy": 1.0})
    query = "?kind=plug&kind=lamp&metric=power&metric=brightness&snapshot=false"
    with stream(dash, query) as events:
        dash.hear("fleet/contact/door/state", {"open": True})
        dash.hear(PLUG, {"on": True, "power": 13.5, "energy": 2.0})
        assert {"power": 13.5} == values(events.device())
    with stream(dash, "?device=lamp.new&device=lamp.other") as events:
        dash.hear(PLUG, {"on": False})
        dash.hear("fleet/lamp/new/state", {"on": True, "brightness": 5})
        assert {"on": True, "brightness": 5} == values(events.device())


def test_who_comes_back_misses_nothing(dash: Served) -> None:
    """With the id of the last event only what came since is told, each device once and at its newest."""
    dash.hear(PLUG, {"on": True, "power": 1})
    dash.hear("fleet/lamp/new/state", {"on": True})
    with stream(dash, "?snapshot=false") as events:
        dash.hear(PLUG, {"on": True, "power": 2})
        events.device()
        position = events.last_id
    assert position.startswith(dash.house.broadcast.run)
    for power in (3, 4):
        dash.hear(PLUG, {"power": power, "on": False})
    for query, headers in (("", {"Last-Event-ID": position}), (f"?last_event_id={position}", {})):
        with stream(dash, query, **headers) as events:
            told = events.device()
            assert (False, 4, False) == (told["whole"], values(told)["power"], values(told)["on"])
            dash.hear("fleet/lamp/new/state", {"on": False})
            # What was known before its frame was published is told once more.
            while (told := events.device())["id"] == "plug.one":
                assert 4 == values(told)["power"]
            assert "lamp.new" == told["id"]


def test_who_comes_back_to_another_run_forgets_what_he_had(dash: Served) -> None:
    """He is told so first, and then everything that there is; who begins has nothing to forget."""
    dash.hear(PLUG, {"on": True, "power": 1})
    with stream(dash, **{"Last-Event-ID": "anotherrun-3"}) as events:
        assert {"retry": "2000"} == events.next()
        assert {"event": "gone", "data": '{"devices": [], "all": true}'} == events.next()
        assert events.device()["whole"]
    with stream(dash) as events:
        assert {"retry": "2000"} == events.next()
        assert "device" == events.next()["event"]


def test_a_device_that_is_no_longer_there_is_told(dash: Served) -> None:
    """By its id, to who hears of such devices, live and to who comes back; with a position of its own."""
    dash.hear(PLUG, {"on": True, "power": 1})
    dash.hear("fleet/lamp/new/state", {"on": True})
    broadcast, gone = dash.house.broadcast, dash.house.devices["lamp.new"]
    wait_until(lambda: broadcast.sequence > 0, "the first frame")
    before = str(broadcast.position)
    with stream(dash, "?snapshot=false") as events, stream(dash, "?snapshot=false&kind=plug") as others:
        broadcast.publish(Frame(broadcast.sequence + 1_000, 1.0), [gone])
        assert {"devices": ["lamp.new"], "all": False} == events.of("gone")
        assert str(broadcast.position) == events.last_id
        plug = Change(dash.house.devices["plug.one"], ("power",))
        broadcast.publish(Frame(broadcast.sequence + 1, 1.0, (plug,)))
        assert {"retry": "2000"} == others.next()
        assert "device" == others.next()["event"]
    with stream(dash, **{"Last-Event-ID": before}) as events:
        assert ["lamp.new"] == events.of("gone")["devices"]
        assert "" == events.last_id
        assert "plug.one" == events.device()["id"]
        assert str(broadcast.position) == events.last_id


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?kind=toaster", 'kind: there is no "toaster"; known are air_quality, '),
        ("?last_event_id=yesterday", "expected a position such as"),
        (
            "?devices=plug.one",
            'there is no parameter "devices"; known are device, kind, metric, snapshot, last_event_id',
        ),
        ("?device=bad", 'device: expected an id such as thermostat.kitchen, got "bad"'),
        ("?device=plug.", "device: expected an id such as"),
        (
            "?device=plug.one&device=toaster.one",
            'device: "toaster.one" is of no kind that there is; known are ',
        ),
        (
            "?device=lamp.new&kind=plug",
            'device: "lamp.new" is of none of the kinds that are asked for with it',
        ),
        ("?device=topic.a&kind=plug", "is of none of the kinds"),
    ],
)
def test_a_mistake_is_one_clear_line(dash: Served, query: str, says: str) -> None:
    """What cannot be meant is 422, and says what was expected."""
    assert says in refused(dash, query)


def test_what_nobody_has_heard_of_is_told_and_waited_for(dash: Served) -> None:
    """A device or a metric that may come later is no mistake; a comment says that there is none so far."""
    dash.hear(PLUG, {"on": True, "power": 1, "energy": 2, "colour_of_its_light": "red"})
    with stream(dash, "?device=plug.one&device=plug.two&metric=power&metric=pwoer") as events:
        assert {"retry": "2000"} == events.next()
        assert 'nothing has been heard of a device with the id "plug.two" so far' == events.next()["comment"]
        assert 'no such device has had a metric "pwoer" so far' == events.next()["comment"]
        assert {"power": 1} == values(events.device())
        dash.hear("fleet/plug/two/state", {"on": True, "pwoer": 3})
        assert {"pwoer": 3} == values(events.device())
    for query in ("?metric=colour_of_its_light", "?kind=plug&metric=energy", "?device=plug.one"):
        with stream(dash, query) as events:
            assert [{"retry": "2000"}, False] == [events.next(), "comment" in events.next()]


def test_a_metric_that_cannot_come_is_a_mistake(dash: Served) -> None:
    """Where all kinds that are asked for refuse fields that they do not declare, there will be no other."""

    class Strict(Device, topic="strict/{device}", unknown="refuse"):
        level: float
        depth: float

    dash.house.kinds.add(kind_of(Strict))
    says = 'metric: there is no "hight"; known are level, depth'
    for query in ("?kind=strict&metric=hight", "?device=strict.one&metric=level&metric=hight"):
        assert says == refused(dash, query)
    with stream(dash, "?kind=strict&kind=plug&metric=hight") as events:
        assert [{"retry": "2000"}, True] == [events.next(), "comment" in events.next()]


def test_an_unclaimed_device_is_understood_in_either_spelling(dash: Served) -> None:
    """As everywhere in the API its slashes may be sent percent-encoded once or twice."""
    dash.hear("attic/box", {"a": 1})
    for spelled in ("topic.attic/box", "topic.attic%2Fbox", "topic.attic%252Fbox"):
        with stream(dash, f"?device={spelled}&kind=unclaimed") as events:
            assert "topic.attic%2Fbox" == events.device()["id"]


def test_silence_is_broken_by_a_heartbeat(dash: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ends know that the other is there, also while much happens that this one does not want to hear."""
    monkeypatch.setattr(api_stream, "HEARTBEAT", 0.05)
    heard, ending = 0, threading.Event()

    def tell() -> None:
        while not ending.wait(0.005):
            dash.house.broadcast.publish(Frame(1, 1.0, (), dash.house.status))

    with stream(dash, "?snapshot=false&kind=tank") as events:
        assert {"retry": "2000"} == events.next()
        telling = threading.Thread(target=tell, name="status")
        telling.start()
        try:
            while heard < 3:
                assert {"comment": "heartbeat"} == events.next()
                heard += 1
        finally:
            ending.set()
            telling.join()
    assert 3 == heard


def test_more_listeners_than_the_bound_are_told_to_wait(
    dash: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One too many is 503 with a time to come back; when one has gone there is room."""
    monkeypatch.setattr(api_stream, "LISTENERS", 1)
    with stream(dash):
        answer = httpx.get(f"http://127.0.0.1:{dash.port}/api/v1/stream")
        assert (503, "10") == (answer.status_code, answer.headers["retry-after"])
    with stream(dash):
        pass


def test_a_listener_that_does_not_read_is_let_go(dash: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time it is forgotten, and its socket with it, though there are bytes for it."""
    monkeypatch.setattr(http_protocol, "TAKES_NOTHING", 0.3)
    many = {f"metric{number}": "x" * 100 for number in range(200)}
    for number in range(200):
        assert dash.source.submit(f"some/words{number}", many)
    wait_until(lambda: len(dash.house.devices) == 200, "more than the socket takes")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        deaf.connect(("127.0.0.1", dash.port))
        deaf.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{dash.port}\r\n\r\n".encode())
        ours = deaf.getsockname()
        wait_until(lambda: dash.house.broadcast.listening == 2 and connections(ours), "the listener")
        wait_until(lambda: dash.house.broadcast.listening == 1, "the deaf listener to be let go")
        wait_until(lambda: connections(ours) == 0, "its socket to be closed")


def connections(peer: tuple[str, int]) -> int:
    """How many sockets of this process are connected to that one."""
    found = 0
    for name in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(name.readlink()).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(name.name))) as copy:
                    found += copy.getpeername() == peer
    return found


def test_the_end_of_the_server_ends_the_streams(dash: Served) -> None:
    """Closing is orderly: the stream ends, is not cut, and nobody is let in who would hold it up."""
    with dash.http.stream("GET", "/api/v1/stream?snapshot=false") as answer:
        lines = answer.iter_lines()
        next(lines)
        dash.app.state.streams.close()
        assert [] == [line for line in lines if line]
    with dash.http.stream("GET", "/api/v1/stream") as answer:
        assert 503 == answer.status_code
    wait_until(lambda: dash.house.broadcast.listening == 1, "nobody to be left")


def test_an_event_is_made_once_for_all_who_hear_of_it(dash: Served) -> None:
    """And anew when what it tells is another thing, be it only the name."""
    dash.hear(PLUG, {"on": True, "power": 1})
    listening = dash.app.state.streams
    device = dash.house.devices["plug.one"]
    change = Change(device, ("power",))
    text = listening.event(change, whole=False)
    assert text is listening.event(change, whole=False)
    told = json.loads(text.partition("data: ")[2])
    assert ({"power": 1}, False) == (values(told), told["whole"])
    assert '"whole":true' in listening.event(change, whole=True)
    assert '"on"' in listening.event(Change(device, ("on",)), whole=False)
    named = Change(device._replace(name="Another"), ("power",))
    assert '"name":"Another"' in listening.event(named, whole=False)
    listening.event(change, whole=False)
    dash.house.labels = {"plug.one": Label("Dryer")}
    assert '"name":"Dryer"' in listening.event(change, whole=False)


def test_a_large_whole_has_its_number_at_the_end(dash: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many events only the last has an id: who breaks off before begins again with all of them."""
    monkeypatch.setattr(api_stream, "TOGETHER", 3)
    for number in range(8):
        dash.hear(f"fleet/lamp/l{number}/state", {"on": True})
    with stream(dash) as events:
        found: list[tuple[str, str]] = []
        while len(found) < 8:
            event = events.next()
            if "data" in event:
                found.append((json.loads(event["data"])["id"], event.get("id", "")))
    assert [f"lamp.l{number}" for number in range(8)] == [device for device, _ in found]
    assert [""] * 7 == [position for _, position in found[:-1]]
    assert found[-1][1].startswith(dash.house.broadcast.run)
