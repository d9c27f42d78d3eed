"""HTTP: every route, its errors, and who may ask. The bridge behind it is real; a thread is its source."""

import asyncio
import json
import logging
import math
from collections.abc import Iterator
from datetime import datetime

import httpx
import msgpack
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as open_socket
from websockets.sync.connection import Connection as Connected

from bridge.bus.address import Address
from bridge.bus.follower import BusLink, Follower
from dashboard.api import api, health
from dashboard.api_stream import Listening
from dashboard.contract import Health
from dashboard.remote import RemoteHouse
from schemas.catalog import shipped_kinds
from schemas.picture import picture_in
from tests.dashboard.client import Client, texts
from tests.dashboard.fake import PICTURE, SAMPLES, FakeHouse
from tests.dashboard.served import JSON, Served, served
from tests.servers import wait_until


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard whose source is up."""
    yield from served()


@pytest.fixture
def lonely() -> Iterator[Served]:
    """A dashboard whose broker is away."""
    yield from served(away=True)


def test_a_device_is_told_as_the_contract_says(dash: Served) -> None:
    """All fields of a device have the names, the types and the values of the contract."""
    dash.hear("fleet/plug/one/state", {"on": True, "power": 12.5, "time": "2026-01-31T12:00:00+01:00"})
    device = dash.get("/api/v1/devices/plug.one").json()
    seen = datetime.fromisoformat(device.pop("last_seen"))
    assert seen.tzinfo is not None
    assert {
        "id": "plug.one",
        "name": "Washing machine",
        "place": "Cellar",
        "kind": "plug",
        "availability": "online",
        "availability_reason": "heard",
        "metrics": {
            "on": {"value": True, "unit": "", "time": "2026-01-31T11:00:00Z", "provenance": "live"},
            "power": {"value": 12.5, "unit": "W", "time": "2026-01-31T11:00:00Z", "provenance": "live"},
        },
    } == device


def test_a_retained_copy_is_marked(dash: Served) -> None:
    """A device known only by a kept message was never seen live."""
    dash.hear("fleet/plug/kept/state", {"on": True}, retained=True)
    device = dash.get("/api/v1/devices/plug.kept").json()
    assert (None, "unknown", "retained") == (
        device["last_seen"], device["availability"], device["metrics"]["on"]["provenance"]
    )  # fmt: skip


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_is_told(dash: Served, kind: str) -> None:
    """A device of each shipped kind is in the API with all that it said; a picture in words."""
    dash.hear(f"fleet/{kind}/one/state", SAMPLES[kind][0])
    metrics = dash.get(f"/api/v1/devices/{kind}.one").json()["metrics"]
    words = picture_in(PICTURE, 10_000).words
    said = {name: words if value == PICTURE else value for name, value in SAMPLES[kind][0].items()}
    assert said == {name: metric["value"] for name, metric in metrics.items()}


def test_devices_come_in_pages(dash: Served) -> None:
    """Paging gives every device once, in order, and ends with a null."""
    for number in range(7):
        dash.hear(f"fleet/plug/p{number}/state", {"on": True})
    found, cursor, rounds = [], "", 0
    while cursor is not None:
        page = dash.get(f"/api/v1/devices?limit=3&cursor={cursor}").json()
        found += [device["id"] for device in page["items"]]
        cursor = page["next"]
        rounds += 1
    assert ([f"plug.p{n}" for n in range(7)], 3) == (found, rounds)
    assert None is dash.get("/api/v1/devices?limit=7").json()["next"]
    for limit in (0, 501, "x"):
        dash.get(f"/api/v1/devices?limit={limit}", 422)


@pytest.mark.parametrize(
    "topic", ["attic/box", "a b/c%2Fd", "attic/box.json", "über/ß", "x/commands", "x/history", "history"]
)
def test_an_unclaimed_id_is_found_in_either_spelling(dash: Served, topic: str) -> None:
    """The id as the API tells it is found whether its percent signs are sent as they are or encoded."""
    dash.hear(topic, {"a": 1})
    device_id = dash.get("/api/v1/devices").json()["items"][0]["id"]
    for spelled in (device_id, device_id.replace("%", "%25")):
        assert device_id == dash.get(f"/api/v1/devices/{spelled}").json()["id"]


def test_hostile_names_and_values_are_told_as_json(dash: Served) -> None:
    """Control characters and directions come out as JSON, exactly as they came in."""
    nasty = "a\u202eb\x1b[31m<script>"
    dash.hear("fleet/plug/one/state", {"on": True, "name": nasty, "extra": nasty})
    device = dash.get("/api/v1/devices/plug.one").json()
    assert (nasty, nasty) == (device["name"], device["metrics"]["extra"]["value"])


def test_what_is_not_there_is_a_404_in_json(dash: Served) -> None:
    """Unknown devices and unknown routes below /api are answered as JSON, never with the dashboard's page."""
    nowhere = ("/api/v1/devices/plug.none", "/api/v1/nothing", "/api", "/api/", "/api/v2/x", "/api/v1/x.json")
    for path in nowhere:
        answer = dash.get(path, 404)
        assert (True, "application/json") == ("detail" in answer.json(), answer.headers["content-type"])
    dash.post("/api/v1/devices/plug.none/commands", {"on": True}, 404)
    dash.post("/api/v1/nothing", {}, 404)


def test_a_method_that_a_route_does_not_take_is_a_405(dash: Served) -> None:
    """Known routes with another method say so, in JSON."""
    for path in ("/api/v1/devices", "/api/v1/quarantine", "/api/v1/devices/plug.one/history"):
        assert "does not take" in dash.post(path, {}, 405).json()["detail"]
    assert 405 == dash.http.put("/api/v1/devices/plug.one").status_code


def test_a_command_reaches_the_device_and_is_confirmed(dash: Served) -> None:
    """POST sends what the kind says, with 202; the device's own state shows the outcome."""
    sent: list[tuple[str, bytes]] = []
    dash.source.on_command(lambda topic, payload: sent.append((topic, payload)))
    dash.hear("fleet/plug/one/state", {"on": True})
    answer = dash.post("/api/v1/devices/plug.one/commands", {"on": False})
    wait_until(lambda: dash.house.commanded("plug.one"), "the command")
    number = dash.house.commanded("plug.one")[0].id
    assert {
        "status": "sent", "id": number, "device": "plug.one", "changes": {"on": False},
    } == answer.json()  # fmt: skip
    assert [("fleet/plug/one/set", {"on": False})] == [(topic, json.loads(data)) for topic, data in sent]


@pytest.mark.parametrize(
    "changes",
    [
        {"power": 5}, {"nothing": 1}, {"on": "yes"}, {"on": None}, {"on": [1]}, {}, [], "on", None,
        {"on": math.nan}, {"on": math.inf}, {"on": 10**400},
    ],
)  # fmt: skip
def test_a_command_that_the_kind_does_not_take_is_a_422(dash: Served, changes: object) -> None:
    """What a kind cannot be asked is refused with a reason, and nothing is sent."""
    sent: list[str] = []
    dash.source.on_command(lambda topic, _payload: sent.append(topic))
    dash.hear("fleet/plug/one/state", {"on": True})
    assert "detail" in dash.post("/api/v1/devices/plug.one/commands", changes, 422).json()
    assert [] == sent


def test_a_body_that_is_no_json_is_a_422(dash: Served) -> None:
    """Bytes that are no JSON are refused, not a fault of ours."""
    dash.hear("fleet/plug/one/state", {"on": True})
    for body in (b"", b"{", b"\xff\xfe", b"\x00", b'{"on": tru}'):
        answer = dash.http.post("/api/v1/devices/plug.one/commands", content=body, headers=JSON)
        assert (422, True) == (answer.status_code, "detail" in answer.json()), body


def test_a_command_without_a_way_to_the_device_is_a_503(dash: Served) -> None:
    """When nobody takes commands, nothing is queued: the answer is 503 with the reason."""
    dash.hear("fleet/plug/one/state", {"on": True})
    answer = dash.post("/api/v1/devices/plug.one/commands", {"on": False}, 503)
    assert "no thread takes commands" in answer.json()["detail"]


def test_other_peoples_pages_may_not_command(dash: Served) -> None:
    """A browser that comes from another page is refused; our own, a trusted one and programs are not."""
    dash.source.on_command(lambda _topic, _payload: None)
    dash.hear("fleet/plug/one/state", {"on": True})
    path = "/api/v1/devices/plug.one/commands"
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "http://["):
        dash.post(path, {"on": False}, 403, origin=origin)
    for origin in (f"http://127.0.0.1:{dash.port}", "https://dash.example"):
        dash.post(path, {"on": False}, 202, origin=origin)


def test_health_is_told(dash: Served) -> None:
    """With its source there the process is well and ready."""
    expected = {
        "status": "ok", "broker_connected": True, "broker": "threads of this process", "store": "",
        "inbox_depth": 0, "lag_seconds": 0.0, "paused": False, "bus": "",
    }  # fmt: skip
    for path in ("/healthz", "/readyz"):
        health = dash.get(path).json()
        assert expected == {key: health[key] for key in expected}


def test_without_a_broker_health_is_degraded_and_not_ready(lonely: Served) -> None:
    """The process works but says that its broker is away; devices by other ways are there all the same."""
    wait_until(lambda: lonely.house.status.broker_detail == "connection refused", "the news")
    assert "degraded" == lonely.get("/healthz").json()["status"]
    assert not lonely.get("/readyz", 503).json()["broker_connected"]
    lonely.hear("fleet/plug/one/state", {"on": True})
    assert "online" == lonely.get("/api/v1/devices/plug.one").json()["availability"]


@pytest.mark.parametrize("up", [True, False])
def test_of_a_bridge_that_is_not_heard_health_says_only_that(*, up: bool) -> None:
    """Not that its broker is away, nor that its store works: what nobody knows is null; the bus says why."""
    house = FakeHouse()
    house.bus = BusLink(up=True, detail="", bridge_up=True)
    assert ("ok", True, "") == attributes(health(house, 100.0), "status", "broker_connected", "bus")
    house.bus = BusLink(up=up, detail="the bridge is silent.", bridge_up=False, heard=30.0)
    why = "the bridge is silent; last heard 1 min ago"
    assert {
        "status": "degraded", "broker_connected": None, "broker": f"not known: {why}", "store": None,
        "inbox_depth": None, "lag_seconds": None, "paused": None, "bus": why, "sessions": 0,
    } == health(house, 100.0).model_dump()  # fmt: skip


def attributes(told: Health, *names: str) -> tuple[object, ...]:
    """Some of its fields."""
    return tuple(getattr(told, name) for name in names)


def test_a_dashboard_that_hears_no_bridge_is_not_ready() -> None:
    """It is the same answer as `/healthz`, with 503."""
    house = RemoteHouse(shipped_kinds(), Follower(Address("127.0.0.1", 1)))
    app = FastAPI()
    app.include_router(api(house, Listening(house)))

    async def ask() -> tuple[httpx.Response, httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.get("/healthz"), await client.get("/readyz")

    well, ready = asyncio.run(ask())
    why = "the bus has not been reached yet"
    assert (200, 503, why) == (well.status_code, ready.status_code, ready.json()["bus"])
    assert well.json() == ready.json()


def test_metrics_are_prometheus_text(dash: Served) -> None:
    """Prometheus' own parser reads the counters, and they are right."""
    dash.hear("fleet/plug/one/state", {"on": True, "power": 1})
    dash.hear("fleet/plug/one/state", {"on": "yes"})
    dash.hear("somewhere/else", {"a": 1})
    wait_until(lambda: dash.house.counts.stored == 3, "the count of what was committed")
    text = dash.get("/metrics").text
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    expected = {
        ("fleetglass_messages_received_total",): 3.0,
        ("fleetglass_messages_accepted_total",): 1.0,
        ("fleetglass_messages_unclaimed_total",): 1.0,
        ("fleetglass_broker_connected",): 1.0,
        ("fleetglass_messages_repeated_total",): 0.0,
        ("fleetglass_readings_stored_total",): 3.0,
        ("fleetglass_inbox_depth",): 0.0,
        ("fleetglass_ingest_lag_seconds",): 0.0,
        ("fleetglass_store_bytes",): 0.0,
        ("fleetglass_sessions",): 0.0,
    }
    assert expected == {key: samples[key] for key in expected}
    quarantined = [
        value for key, value in samples.items() if key[0] == "fleetglass_messages_quarantined_total"
    ]
    assert [1.0] == quarantined
    decode = samples["fleetglass_stage_seconds_count", "decode"]
    assert decode == samples["fleetglass_stage_seconds_bucket", "+Inf", "decode"]
    assert decode >= 1


def test_the_api_describes_itself(dash: Served) -> None:
    """OpenAPI has every route and not the catch-all; there is no page with somebody else's scripts."""
    paths = dash.get("/api/v1/openapi.json").json()["paths"]
    assert {
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/devices",
        "/api/v1/devices/{device_id}",
        "/api/v1/devices/{device_id}/commands",
        "/api/v1/devices/{device_id}/history",
        "/api/v1/quarantine",
        "/api/v1/quarantine/replay",
    } <= set(paths)
    assert [] == [path for path in paths if "{rest" in path or "restore" in path]
    for path in ("/docs", "/redoc"):
        assert "swagger" not in dash.get(path).text.lower()


@pytest.mark.parametrize(
    "path", ["/", "/devices/plug.one", "/devices/topic.a%2Fb.json", "/system", "/nowhere", "/quarantine"]
)
def test_a_pages_address_can_be_opened(dash: Served, path: str) -> None:
    """Every route of a page answers with the client, with dots in the id too."""
    answer = dash.get(path)
    assert "text/html" in answer.headers["content-type"]
    assert "flutter" in answer.text


def test_a_file_that_is_not_there_is_a_404(dash: Served) -> None:
    """An asset that is missing is not the page."""
    dash.get("/assets/nothing.png", 404)
    dash.get("/main.dart.missing.js", 404)


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/devices", "/api/v1/none", "/assets/nothing.png"])
def test_every_answer_has_the_headers(dash: Served, path: str) -> None:
    """The policy keeps requests on this host, and no other page may read the answers."""
    answer = dash.http.get(path, headers={"origin": "http://evil.example"})
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "access-control-allow-origin" not in answer.headers


def test_other_hosts_are_not_answered(dash: Served) -> None:
    """A name that is not ours is 421 on every path, so that nobody's name can point here."""
    for host in ("evil.example", "evil.example:8550", "127.0.0.1.evil.example", "["):
        answer = dash.http.get("/api/v1/devices", headers={"host": host})
        assert (421, True) == (answer.status_code, "content-security-policy" in answer.headers)
    for host in ("127.0.0.1", "localhost:1", "LOCALHOST"):
        dash.get("/healthz", host=host)


def connect(dash: Served, *, origin: str | None = None) -> Connected:
    """Open the dashboard's socket, as a page of `origin` would."""
    headers = {} if origin is None else {"Origin": origin}
    return open_socket(f"ws://127.0.0.1:{dash.port}/ws", additional_headers=headers, open_timeout=20)


def test_the_socket_is_for_our_own_page(dash: Served) -> None:
    """Another page's socket is refused; our own, a trusted one and programs are welcome."""
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "http://["):
        with pytest.raises(InvalidStatus) as refused:
            connect(dash, origin=origin)
        assert 403 == refused.value.response.status_code
    for welcome in (f"http://127.0.0.1:{dash.port}", "https://dash.example", "https://dash.example/", None):
        connect(dash, origin=welcome).close()
        wait_until(lambda: not dash.app.state.wires, "the socket to be let go")


def register(session_id: str | None = None) -> bytes:
    """How a browser greets."""
    page = {"route": "/", "width": 1200, "height": 800, "platform_brightness": "light", "platform": "linux"}
    body = {"session_id": session_id, "page_name": "", "page": page}
    return b"\x00" + bytes(msgpack.packb([1, body]))


def test_two_browsers_see_what_a_thread_submits(dash: Served) -> None:
    """One submit reaches every browser through the real endpoint; a third is told why it is not let in."""
    dash.hear("fleet/plug/one/state", {"on": True, "power": 12.5})
    with connect(dash) as one, connect(dash) as two:
        with connect(dash) as third:
            third.send(register())
            watch(third, Client(), "This dashboard is full")
        assert 2 == len(dash.app.state.wires)
        screens = [(one, Client()), (two, Client())]
        for socket, screen in screens:
            socket.send(register())
            watch(socket, screen, "12.5")
        assert 2 == dash.get("/healthz").json()["sessions"]
        dash.hear("fleet/plug/one/state", {"on": True, "power": 77.5})
        for socket, screen in screens:
            watch(socket, screen, "77.5")
    wait_until(lambda: dash.house.sessions == 0, "the browsers to be gone")


def watch(socket: Connected, screen: Client, text: str) -> None:
    """Take frames until the screen shows the text."""
    while not any(text in seen for seen in texts(screen.root.get("views", []))):
        frame = socket.recv(timeout=20)
        assert isinstance(frame, bytes)
        screen.take(frame)


@pytest.mark.parametrize("nonsense", [b"\x00\xc1", "hello"])
def test_a_browser_that_sends_nonsense_is_closed(
    dash: Served, nonsense: bytes | str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nonsense and text frames close the socket as a breach of policy, without a traceback in the log."""
    caplog.set_level(logging.WARNING)
    with connect(dash) as socket:
        socket.send(nonsense)
        with pytest.raises(ConnectionClosed) as end:
            socket.recv(timeout=20)
    assert end.value.rcvd is not None
    assert 1008 == end.value.rcvd.code
    assert [] == [record for record in caplog.records if record.exc_info]
