"""Naming, retiring and forgetting by HTTP: who may, what is answered, and what is left after a power cut."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.subscribe
import pytest

from bridge.errors import BusAway, SettingsError
from bridge.settings import load_settings
from dashboard.house import in_use
from tests.dashboard.fake import FakeHouse
from tests.dashboard.product import COMMAND, environment
from tests.dashboard.served import JSON, Served, served
from tests.servers import Mosquitto, free_port, send, wait_until

PLUG = "/api/v1/devices/plug.one"


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard that knows a plug and a lamp; the plug is the config's washing machine in the cellar."""
    for dash in served():
        dash.hear("fleet/plug/one/state", {"on": True})
        dash.hear("fleet/lamp/one/state", {"on": True, "name": "Lamp 4711"})
        yield dash


def patch(dash: Served, path: str, body: object, status: int = 200, **headers: str) -> Any:  # noqa: ANN401
    """Ask for a change; the JSON of the answer."""
    answer = dash.http.patch(path, content=json.dumps(body), headers=JSON | headers)
    assert status == answer.status_code, answer.text
    return answer.json()


def listed(dash: Served, query: str = "") -> list[str]:
    """The ids of the list of devices."""
    return [device["id"] for device in dash.get(f"/api/v1/devices{query}").json()["items"]]


def test_what_is_left_out_stays(dash: Served) -> None:
    """A name alone, a place alone, both, and neither: each answer is the device as it is then."""
    changes: list[tuple[dict[str, object], tuple[str, str | None]]] = [
        ({"name": " Dryer "}, ("Dryer", "Cellar")),
        ({"place": "Attic"}, ("Dryer", "Attic")),
        ({}, ("Dryer", "Attic")),
        ({"name": "", "place": "屋根裏"}, ("One", "屋根裏")),
        ({"name": "Dryer", "place": None}, ("Dryer", None)),
    ]
    for body, expected in changes:
        told = patch(dash, PLUG, body)
        assert expected == (told["name"], told["place"])
        assert told == dash.get(PLUG).json()


def test_the_device_itself_goes_second(dash: Served) -> None:
    """Who renames a device that announces a name sees his own; without it the device's is back."""
    lamp = "/api/v1/devices/lamp.one"
    assert "Desk" == patch(dash, lamp, {"name": "Desk"})["name"]
    dash.hear("fleet/lamp/one/state", {"on": False, "name": "Lamp 4711"})
    assert "Desk" == dash.get(lamp).json()["name"]
    assert "Lamp 4711" == patch(dash, lamp, {"name": None})["name"]


def test_a_retired_device_is_listed_on_demand(dash: Served) -> None:
    """Its own address answers, it says that it is retired, it is not counted, and can be taken back."""
    assert "retired" not in dash.get(PLUG).json()
    assert patch(dash, PLUG, {"retired": True})["retired"]
    assert (["lamp.one"], ["lamp.one", "plug.one"]) == (listed(dash), listed(dash, "?retired=true"))
    assert dash.get(PLUG).json()["retired"]
    assert "fleetglass_devices 1.0" in dash.get("/metrics").text.splitlines()
    dash.hear("fleet/plug/one/state", {"on": False})
    assert dash.get(PLUG).json()["metrics"]["on"]["value"] is False
    assert "retired" not in patch(dash, PLUG, {"retired": False})
    assert ["lamp.one", "plug.one"] == listed(dash)


def test_pages_without_retired_devices(dash: Served) -> None:
    """What is left out leaves no hole, and the cursor leads on."""
    for number in range(6):
        dash.hear(f"fleet/contact/c{number}/state", {"open": True})
    for number in (0, 2, 5):
        patch(dash, f"/api/v1/devices/contact.c{number}", {"retired": True})
    first = dash.get("/api/v1/devices?limit=3").json()
    assert ["contact.c1", "contact.c3", "contact.c4"] == [device["id"] for device in first["items"]]
    second = dash.get(f"/api/v1/devices?limit=3&cursor={first['next']}").json()
    assert (["lamp.one", "plug.one"], None) == ([d["id"] for d in second["items"]], second["next"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "x" * 101}, "name: expected at most 100 characters"),
        ({"place": "a\nb"}, "place: expected one line without control characters"),
        ({"name": 7}, "Input should be a valid string"),
        ({"retired": "yes"}, "Input should be a valid boolean"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ([], "Input should be"),
    ],
    ids=["long", "two lines", "no text", "no truth", "unknown", "no object"],
)
def test_what_cannot_be_is_a_422(dash: Served, body: object, expected: str) -> None:
    """It is told what was expected, and nothing has changed."""
    before = dash.get(PLUG).json()
    assert expected in json.dumps(patch(dash, PLUG, body, 422)["detail"])
    assert before == dash.get(PLUG).json()


def test_who_may(dash: Served) -> None:
    """A page of another site may not; our own may, and one of the config's."""
    evil, ours = {"origin": "https://evil.example"}, {"origin": "https://dash.example"}
    assert "may not" in patch(dash, PLUG, {"name": "x"}, 403, **evil)["detail"]
    assert 403 == dash.http.delete(PLUG, headers=evil).status_code
    assert "Washing machine" == dash.get(PLUG).json()["name"]
    assert "Dryer" == patch(dash, PLUG, {"name": "Dryer"}, **ours)["name"]
    assert 204 == dash.http.delete(PLUG, headers=ours).status_code


def test_a_forgotten_device_is_gone(dash: Served) -> None:
    """It is not found, its history neither if that was asked; when it speaks again it is there again."""
    assert 1 == len(dash.get(f"{PLUG}/history?metric=on").json()["items"])
    assert 204 == dash.http.delete(PLUG).status_code
    dash.get(PLUG, 404)
    assert ["lamp.one"] == listed(dash)
    assert 1 == len(dash.get(f"{PLUG}/history?metric=on").json()["items"])
    dash.hear("fleet/plug/one/state", {"on": False})
    assert "Washing machine" == dash.get(PLUG).json()["name"]
    assert 204 == dash.http.delete(f"{PLUG}?history=true").status_code
    dash.get(f"{PLUG}/history?metric=on", 404)


def test_whom_nobody_knows(dash: Served) -> None:
    """404 for either; an unclaimed device is found however its id is spelled."""
    patch(dash, "/api/v1/devices/plug.nobody", {"name": "x"}, 404)
    assert 404 == dash.http.delete("/api/v1/devices/plug.nobody").status_code
    dash.hear("some/where", "21.5")
    assert "There" == patch(dash, "/api/v1/devices/topic.some/where", {"name": "There"})["name"]
    assert 204 == dash.http.delete("/api/v1/devices/topic.some%2Fwhere").status_code
    assert 422 == dash.http.delete(f"{PLUG}?all=true").status_code


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SettingsError("fleetglass.toml: cannot be written: it is read-only"), 500),
        (BusAway("the bridge is silent"), 503),
    ],
    ids=["the file", "the bus"],
)
def test_what_stands_in_the_way_is_told(
    dash: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """In its own words."""

    def fails(*_: object, **__: object) -> None:
        raise error

    for method in ("relabel", "retire", "forget"):
        monkeypatch.setattr(dash.house, method, fails)
    assert str(error) == patch(dash, PLUG, {"name": "x"}, status)["detail"]
    assert str(error) == patch(dash, PLUG, {"retired": True}, status)["detail"]
    answer = dash.http.delete(PLUG)
    assert (status, str(error)) == (answer.status_code, answer.json()["detail"])


# The screens.


def test_who_leaves_is_told_to_the_screens() -> None:
    """The overview and the device's page look again; who comes back as he was is news all the same."""
    house = FakeHouse()
    house.hear_all(["plug", "lamp"])
    assert "devices" not in house.hear("fleet/plug/one/state", {"on": False})
    assert {"devices", "moved", "device/plug.one"} == house.lose("plug.one")
    assert "devices" in house.hear("fleet/plug/one/state", {"on": False})


def test_who_is_retired_is_not_in_use() -> None:
    """Nor on the overview, which counts and shows those that are."""
    house = FakeHouse()
    house.hear_all(["plug", "lamp"])
    house.retire("plug.one", retired=True)
    assert ["lamp.one"] == [device.id for device in in_use(house)]
    house.retire("plug.one", retired=False)
    assert ["lamp.one", "plug.one"] == sorted(device.id for device in in_use(house))


# After a power cut.


class Product:
    """The product with a broker of its own, in a folder, as a user starts it."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.web = free_port()
        self.url = f"http://127.0.0.1:{self.web}"
        self.process = subprocess.Popen(
            [*COMMAND, "run", "--port", str(self.web), "--broker", broker.url, "--no-demo"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def ready(self) -> bool:
        """Whether it has reached its broker."""
        assert self.process.poll() is None
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def devices(self) -> dict[str, str]:
        """The names by id."""
        items = httpx.get(f"{self.url}/api/v1/devices").json()["items"]
        return {device["id"]: device["name"] for device in items}

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def products(folder: Path, broker: Mosquitto) -> Iterator[Callable[[], Product]]:
    """Starts one after the other; the last is ended at the end."""
    started: list[Product] = []

    def start() -> Product:
        started.append(Product(folder, broker))
        wait_until(started[-1].ready, "the product to be ready")
        return started[-1]

    try:
        yield start
    finally:
        for product in started:
            if product.process.poll() is None:
                product.kill()


def test_what_was_answered_is_true_after_a_power_cut(tmp_path: Path) -> None:
    """A name is in a valid file, a forgotten device is forgotten, and the broker has nothing of it either."""
    broker = Mosquitto(tmp_path)
    broker.start()
    folder = tmp_path / "house"
    folder.mkdir()
    try:
        with products(folder, broker) as start:
            for device in ("a", "b"):
                send(broker.port, f"fleet/plug/{device}/state", b'{"on": true}', retain=True)
                send(broker.port, f"fleet/plug/{device}/availability", b"online", retain=True)
            product = start()
            wait_until(lambda: set(product.devices()) == {"plug.a", "plug.b"}, "both devices")
            answer = httpx.patch(f"{product.url}/api/v1/devices/plug.a", json={"name": "Küche"})
            product.kill()
            settings = load_settings(folder / "fleetglass.toml").settings
            assert ("Küche", "Küche") == (answer.json()["name"], settings.devices["plug.a"].name)
            product = start()
            wait_until(lambda: product.devices().get("plug.a") == "Küche", "the name")
            forgotten = httpx.delete(f"{product.url}/api/v1/devices/plug.a?retained=true&history=true")
            product.kill()
            assert 204 == forgotten.status_code
            product = start()
            send(broker.port, "fleet/plug/c/state", b'{"on": true}')
            wait_until(lambda: "plug.c" in product.devices(), "what comes after all that was retained")
            assert ["plug.b", "plug.c"] == sorted(product.devices())
            topics = ["fleet/plug/+/state", "fleet/plug/+/availability"]
            kept = paho.mqtt.subscribe.simple(topics, msg_count=2, port=broker.port, hostname="127.0.0.1")
            assert [True, True] == [message.retain for message in kept]
            assert ["fleet/plug/b/availability", "fleet/plug/b/state"] == sorted(m.topic for m in kept)
    finally:
        broker.stop()
