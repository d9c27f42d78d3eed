"""A bridge and dashboards in processes of their own: what each death costs, and how all of it heals."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest

from bridge.bus.address import connect, parse
from tests.dashboard.forked import Forker, forker
from tests.dashboard.product import COMMAND, ROOT, environment
from tests.dashboard.socket_client import Tab
from tests.scaling.processes import Site, site
from tests.servers import LONG, certificates, wait_until

pytestmark = pytest.mark.slow
METER = "fleet/energy_meter/one/state"
PLUG = "fleet/plug/one/state"
SILENT = "the bridge is silent"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A Redis and a broker, and nobody yet."""
    with site(tmp_path) as made:
        yield made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as made:
        yield made


class Plug:
    """A plug that does as it is told, and says so."""

    def __init__(self, port: int) -> None:
        self.told: list[object] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._obey
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("fleet/plug/one/set", qos=1)
        self._client.loop_start()
        self._client.publish(PLUG, json.dumps({"on": True}), qos=1)

    def _obey(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        asked = json.loads(message.payload)
        self.told.append(asked)
        client.publish(PLUG, json.dumps(asked), qos=1)

    def leave(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def plug(here: Site) -> Iterator[Plug]:
    """A plug at the broker."""
    made = Plug(here.broker.port)
    yield made
    made.leave()


def test_a_command_from_one_dashboard_is_confirmed_at_all(here: Site, plug: Plug) -> None:
    """It goes over the bus to the bridge, to the device, and what that says then stands everywhere."""
    here.bridge()
    one, two = here.dashboard("one"), here.dashboard("two")
    for dashboard in (one, two):
        dashboard.ready()
    here.send(PLUG, {"on": True})
    two.shows("plug.one", "on", True)
    assert 202 == two.post("/api/v1/devices/plug.one/commands", {"on": False})[0]
    for dashboard in (one, two):
        dashboard.shows("plug.one", "on", False)
    assert [{"on": False}] == plug.told


def test_a_dashboard_that_is_there_first_says_what_is_missing(here: Site) -> None:
    """Without a bridge it answers, says that none has spoken, takes no command, and is live once one has."""
    dashboard = here.dashboard("one")
    dashboard.unready("no bridge has spoken on the bus yet")
    assert 404 == dashboard.post("/api/v1/devices/plug.one/commands", {"on": False})[0]
    status, told = dashboard.get("/api/v1/quarantine")
    assert (503, {"detail": "no bridge has spoken on the bus yet"}) == (status, told)
    here.bridge()
    dashboard.ready()
    here.send(METER, {"power": 1.0})
    dashboard.shows("energy_meter.one", "power", 1.0)
    assert (200, {"items": [], "next": None}) == dashboard.get("/api/v1/quarantine")


def test_a_bridge_that_dies_is_followed_by_the_one_that_stands_by(here: Site, stack: ExitStack) -> None:
    """Dashboards say that it is away; the other takes over; nothing of QoS 1 is lost, nothing kept twice."""
    first = here.bridge("first")
    first.says("leads. Stop it")
    second = here.bridge("second")
    second.says("the bridge of ")
    second.says(f"process {first.pid} leads")
    dashboard = here.dashboard("one")
    dashboard.ready()
    done = threading.Event()
    sent: list[float] = []

    def speak() -> None:
        while not done.wait(0.05):
            here.send(METER, {"power": float(len(sent))})
            sent.append(float(len(sent)))

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        wait_until(lambda: len(sent) > 20, "some messages")
        tab = stack.enter_context(Tab(dashboard.url)).sees("Overview")
        first.kill()
        dashboard.unready(SILENT)
        tab.sees("The bridge is silent").sees("waits at the broker")
        found = dashboard.get("/api/v1/devices/energy_meter.one")[1]
        assert "unknown" == found["availability"]
        second.says("leads. Stop it")
        dashboard.ready()
        tab.sees_no("The bridge is silent")
    finally:
        done.set()
        speaker.join()
    last = sent[-1]
    dashboard.shows("energy_meter.one", "power", last)
    wait_until(lambda: here.kept() == sent, "all that was sent, once", LONG)
    assert 0 == second.end()


def test_a_bridge_that_is_told_to_end_hands_over_at_once(here: Site) -> None:
    """The other leads before the lease of the first would have run out, and its dashboard hardly notices."""
    first = here.bridge("first")
    first.says("leads. Stop it")
    second = here.bridge("second")
    second.says("Standing by")
    dashboard = here.dashboard("one")
    dashboard.ready()
    assert 0 == first.end()
    second.says("leads. Stop it")
    assert "another bridge" not in second.log
    here.send(METER, {"power": 2.5})
    dashboard.shows("energy_meter.one", "power", 2.5)


def test_redis_dies_and_everything_but_the_screens_goes_on(here: Site, stack: ExitStack) -> None:
    """Dashboards say so and heal by themselves when it is back, empty; the history has no gap."""
    bridge = here.bridge()
    one, two = here.dashboard("one"), here.dashboard("two")
    for dashboard in (one, two):
        dashboard.ready()
    here.send(METER, {"power": 1.0})
    for dashboard in (one, two):
        dashboard.shows("energy_meter.one", "power", 1.0)
    tab = stack.enter_context(Tab(one.url)).sees("Overview")
    here.redis.kill()
    for dashboard in (one, two):
        dashboard.unready("the bus is away")
    tab.sees("The bus is away").sees("a bridge that runs goes on keeping")
    assert 503 == one.post("/api/v1/devices/energy_meter.one/commands", {"on": False})[0]
    for power in (2.0, 3.0):
        here.send(METER, {"power": power})
    wait_until(lambda: here.kept() == [1.0, 2.0, 3.0], "the history to go on")
    assert 1.0 == one.value("energy_meter.one", "power")
    here.redis.start()
    for dashboard in (one, two):
        dashboard.ready()
        dashboard.shows("energy_meter.one", "power", 3.0)
        found = dashboard.get("/api/v1/devices/energy_meter.one/history?metric=power")[1]
        assert [1.0, 2.0, 3.0] == [point["value"] for point in found["items"]]
    tab.sees_no("The bus is away").sees("3")
    assert 0 == bridge.end()


def test_a_bridge_begins_without_redis(here: Site) -> None:
    """It says that the bus cannot be reached, keeps what comes, and is heard as soon as the bus is there."""
    here.redis.kill()
    bridge = here.bridge()
    bridge.says("which cannot be reached: history goes on")
    here.send(METER, {"power": 4.0})
    wait_until(lambda: (here.folder / "data").exists() and here.kept() == [4.0], "the history to begin")
    here.redis.start()
    dashboard = here.dashboard("one")
    dashboard.ready()
    dashboard.shows("energy_meter.one", "power", 4.0)


def test_a_bus_over_tls_that_refuses_is_told_and_healed(tmp_path: Path) -> None:
    """Bridge and dashboard say at their start what is wrong, and are live once the password is right."""
    certificates(tmp_path)
    with site(tmp_path, tls=tmp_path) as here, connect(parse(here.redis.url)) as hand:
        hand.config_set("requirepass", "secret")
        why = "it asks for a password and [bus] url has none; redis://:password@host gives one"
        bridge = here.bridge()
        bridge.says(f"refuses us: {why}; leading without it")
        bridge.says(f"which refuses us: history goes on, dashboards show nothing new\n             {why}\n")
        dashboard = here.dashboard("one")
        dashboard.unready(f"the bus refuses us: {why}")
        dashboard.says(f"the bus refuses us: {why}")
        with Tab(dashboard.url) as tab:
            tab.sees(f"The bus refuses us: {why}. Nothing is known of devices")
            here.send(METER, {"power": 4.0})
            hand.config_set("requirepass", "")
            dashboard.ready()
            dashboard.shows("energy_meter.one", "power", 4.0)
            tab.sees_no("The bus refuses us")
        assert 0 == bridge.end()


def test_check_tries_the_bus(here: Site) -> None:
    """A line for it, whatever the broker says, and exit code 2 while something is wrong with it."""
    (here.folder / "fleetglass.toml").write_text(f'[bus]\nurl = "{here.redis.url}"\n')

    def checked() -> tuple[int, str]:
        ended = subprocess.run(
            [*COMMAND, "check", "--broker", here.broker.url], cwd=here.folder, env=environment(),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return ended.returncode, ended.stdout.splitlines()[-1]

    line = f"bus      {here.redis.url}"
    assert (0, line) == checked()
    with connect(parse(here.redis.url)) as hand:
        hand.config_set("requirepass", "secret")
    why = "it asks for a password and [bus] url has none; redis://:password@host gives one"
    assert (2, f"{line} refuses us: {why}") == checked()
    here.redis.kill()
    here.broker.stop()
    code, told = checked()
    assert (2, f"{line} is away: ") == (code, told[: len(line) + len(" is away: ")])


def test_an_event_id_is_good_at_every_dashboard(here: Site) -> None:
    """A stream that broke off at one dashboard goes on at another, with what came in between and no more.

    At one that has come since, it goes on too; that one may tell of more, for it has not seen what was when.
    """
    here.bridge()
    one, two = here.dashboard("one"), here.dashboard("two")
    for dashboard in (one, two):
        dashboard.ready()
    for device in ("one", "two"):
        here.send(f"fleet/plug/{device}/state", {"on": True})
        one.shows(f"plug.{device}", "on", True)
    last = events(one.url, {}, 2)[-1][0]
    here.send(PLUG, {"on": False})
    two.shows("plug.one", "on", False)
    three = here.dashboard("three")
    three.ready()
    (event_id, device), *_ = events(two.url, {"Last-Event-ID": last}, 1)
    assert ("plug.one", False, False) == (device["id"], device["metrics"]["on"]["value"], device["whole"])
    assert event_id.partition("-")[0] == last.partition("-")[0]
    later = {device["id"]: device for _, device in events(three.url, {"Last-Event-ID": last}, 2)}
    assert later["plug.one"]["metrics"]["on"]["value"] is False


def events(url: str, headers: dict[str, str], count: int) -> list[tuple[str, Any]]:
    """The first so many events of a dashboard's stream: id and data."""
    found: list[tuple[str, Any]] = []
    at = ""
    with httpx.stream("GET", f"{url}/api/v1/stream", headers=headers, timeout=20, trust_env=False) as answer:
        for line in answer.iter_lines():
            if line.startswith("id: "):
                at = line.removeprefix("id: ")
            if line.startswith("data: "):
                found.append((at, json.loads(line.removeprefix("data: "))))
                if len(found) >= count:
                    break
    return found


def test_what_needs_the_bridge_itself_says_so(here: Site) -> None:
    """With only a bridge on the data folder, replay and restore name it and say what to do; reading works."""
    bridge = here.bridge()
    bridge.says("leads. Stop it")
    here.send(METER, "nonsense")
    data = ("--data-dir", str(here.folder / "data"))

    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments, *data], cwd=here.folder, env=environment(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    wait_until(lambda: "1 shown of 1 kept" in ask("quarantine", "list").stderr, "the refused message")
    assert 0 == ask("backup", "copy.db").returncode
    for arguments in (("quarantine", "replay"), ("restore", "copy.db")):
        refused = ask(*arguments)
        assert (2, "") == (refused.returncode, refused.stdout)
        assert f"a bridge without a dashboard (process {bridge.pid})" in refused.stderr.splitlines()[-1]
    second = ask("run", "--port", "0", "--broker", here.broker.url)
    assert 2 == second.returncode
    assert f"process {bridge.pid}, a bridge" in second.stderr


@pytest.fixture(scope="module")
def forked() -> Iterator[Forker]:
    """What runs of the command line are forked from."""
    with forker() as loaded:
        yield loaded


@pytest.mark.parametrize("command", ["bridge", "dashboard"])
@pytest.mark.parametrize("bus", [[], ["--bus", "memory://"]])
def test_without_a_bus_there_is_one_line(
    forked: Forker, tmp_path: Path, command: str, bus: list[str]
) -> None:
    """The two commands that are nothing without a bus say which one they expect."""
    ended = forked.run(tmp_path, [command, *bus], environment())
    line = (
        f"fleetglass: settings: [bus] url: expected a Redis at which `fleetglass {command}` meets the other "
        "processes, such as --bus redis://127.0.0.1:6379; memory:// is within one process\n"
    )
    assert (2, "", line) == (ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("command", ["bridge", "dashboard"])
@pytest.mark.parametrize(
    ("bus", "told"),
    [
        (
            "ftp://127.0.0.1",
            "expected a URL that starts with memory:// or redis:// or rediss://, got ftp://…",
        ),
        ("redis://", "expected a URL such as redis://127.0.0.1:6379/0"),
        ("redis://user:secret@host/hall", "expected the number of a database after the host"),
        ("redis://user:secret@host?names=hall", "after ? only name=… is known"),
    ],
)
def test_a_bus_that_is_none_is_told(
    forked: Forker, tmp_path: Path, command: str, bus: str, told: str
) -> None:
    """A mistake in the URL is one line, without the password that may stand in it."""
    ended = forked.run(tmp_path, [command, "--bus", bus], environment())
    assert (2, 1) == (ended.returncode, len(ended.stderr.splitlines()))
    assert f"[bus] url: {told}" in ended.stderr
    assert "secret" not in ended.stderr


def test_a_bridge_loads_neither_flet_nor_the_web() -> None:
    """What keeps things needs nothing of what shows them."""
    code = (
        "import sys, dashboard.cli, dashboard.run_bridge;"
        "print([name for name in ('flet', 'fastapi', 'uvicorn', 'amqtt') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert "[]\n" == ended.stdout


def test_run_may_be_heard_by_more_dashboards(here: Site) -> None:
    """The whole product in one process, with a bus, is a bridge for dashboards in others."""
    whole = here.whole()
    whole.ready()
    more = here.dashboard("more")
    more.ready()
    here.send(METER, {"power": 7.0})
    for dashboard in (whole, more):
        dashboard.shows("energy_meter.one", "power", 7.0)
    assert 0 == whole.end()
    more.unready(SILENT)
