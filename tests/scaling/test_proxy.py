"""The example for nginx, word for word but for its addresses, before two dashboards and over TLS."""

import base64
import json
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright
from websockets.exceptions import InvalidStatus

from tests.dashboard.browser import FLAGS, Screen
from tests.dashboard.product import ROOT
from tests.dashboard.socket_client import Tab
from tests.scaling.processes import Dashboard, Site, site
from tests.servers import accepts, certificates, free_port, needs, wait_until

pytestmark = pytest.mark.slow
EXAMPLE = ROOT / "examples" / "proxy" / "nginx.conf"
PLUG = "fleet/plug/one/state"
WORD = {"Authorization": "Basic " + base64.b64encode(b"anna:secret").decode()}


@dataclass
class Front:
    """nginx and what is behind it."""

    site: Site
    url: str
    dashboards: list[Dashboard]
    tls: ssl.SSLContext
    numbers: Iterator[int] = field(default_factory=count)

    def http(self) -> httpx.Client:
        """A browser of its own, with its cookies."""
        return httpx.Client(base_url=self.url, headers=WORD, verify=self.tls, timeout=20, trust_env=False)

    def tab(self, cookie: str = "") -> Tab:
        """A tab of a browser that has such a cookie."""
        made = Tab(self.url, tls=self.tls)
        made.headers = {**WORD, "Origin": self.url, **({"Cookie": cookie} if cookie else {})}
        return made

    def sessions(self) -> list[int]:
        """How many browsers each dashboard has."""
        return [dashboard.get("/healthz")[1]["sessions"] for dashboard in self.dashboards]

    def tabs_on_both(self) -> tuple[Tab, Tab, str]:
        """A tab on the first dashboard, one on the second, and the cookie of the first."""
        found: dict[int, tuple[Tab, str]] = {}
        for number in range(64):
            cookie = f"fleetglass=browser{number}"
            before = self.sessions()
            tab = self.tab(cookie).connect().register().sees("12.5")
            after = self.sessions()
            where = next(place for place in (0, 1) if after[place] > before[place])
            if where in found:
                tab.leave()
                wait_until(lambda held=before: self.sessions() == held, "the tab to be gone")
            else:
                found[where] = (tab, cookie)
            if len(found) == 2:
                return found[0][0], found[1][0], found[0][1]
        raise AssertionError("all of them went to one dashboard")


@contextmanager
def nginx(folder: Path, port: int, dashboards: list[Dashboard], answers_within: str) -> Iterator[None]:
    """The example with this test's addresses and files."""
    program = needs("nginx")
    certificates(folder)
    hashed = subprocess.run(
        [needs("openssl"), "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True
    ).stdout
    (folder / "fleetglass.htpasswd").write_text(f"anna:{hashed}")
    text = EXAMPLE.read_text()
    for was, now in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("server_name fleet.example.org", "server_name localhost"),
        ("/etc/nginx/fleetglass.crt", f"{folder}/server.crt"),
        ("/etc/nginx/fleetglass.key", f"{folder}/server.key"),
        ("/etc/nginx/fleetglass.htpasswd", f"{folder}/fleetglass.htpasswd"),
        ("proxy_read_timeout 60s", f"proxy_read_timeout {answers_within}"),
        ("127.0.0.1:8551", f"127.0.0.1:{dashboards[0].port}"),
        ("127.0.0.1:8552", f"127.0.0.1:{dashboards[1].port}"),
    ):
        assert was in text, was
        text = text.replace(was, now)
    (folder / "site.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "whole.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log {folder}/access.log;\n{temporary}include {folder}/site.conf;\n}}\n"
    )
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "whole.conf")])
    try:
        wait_until(lambda: process.poll() is None and accepts(port), "nginx to accept connections")
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def fronted(folder: Path, answers_within: str = "60s") -> Iterator[Front]:
    """A bridge, two dashboards, nginx, and a plug that has spoken. `answers_within`: how long nginx waits."""
    port = free_port()
    origin = f"https://localhost:{port}"
    with site(folder) as made:
        made.bridge()
        dashboards = [made.dashboard(name, origin=origin) for name in ("one", "two")]
        for dashboard in dashboards:
            dashboard.ready()
        made.send(PLUG, {"on": True, "power": 12.5})
        for dashboard in dashboards:
            dashboard.shows("plug.one", "power", 12.5)
        inner = folder / "nginx"
        inner.mkdir()
        with nginx(inner, port, dashboards, answers_within):
            yield Front(made, origin, dashboards, ssl.create_default_context(cafile=str(inner / "ca.crt")))


@pytest.fixture
def front(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Front]:
    """One of the test's own, of which it may end something. The parameter: how long nginx waits."""
    with fronted(tmp_path, getattr(request, "param", "60s")) as made:
        yield made


@pytest.fixture(scope="module")
def for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """One for all that end nothing of it."""
    with fronted(tmp_path_factory.mktemp("front")) as made:
        yield made


@pytest.fixture
def standing(for_all: Front) -> Front:
    """The one for all, as it was at the beginning: nobody looks, and the plug has 12.5 W."""
    wait_until(lambda: for_all.sessions() == [0, 0], "those who looked before to be gone")
    # It may have 12.5 W already: by the energy, which grows, one sees that this message has come.
    number = next(for_all.numbers)
    for_all.site.send(PLUG, {"on": True, "power": 12.5, "energy": number})
    for dashboard in for_all.dashboards:
        dashboard.shows("plug.one", "energy", number)
    return for_all


def test_sessions_on_both_dashboards_see_the_same_live_values(standing: Front) -> None:
    """A change reaches a browser at either, through TLS; no control of one means anything at the other."""
    one, two, _ = standing.tabs_on_both()
    assert {1, 2} == set(one.client.controls) & set(two.client.controls), "the page and its view alone"
    standing.site.send(PLUG, {"on": True, "power": 77.5})
    for tab in (one, two):
        tab.sees("77.5").leave()


def test_a_browser_stays_with_its_dashboard(standing: Front) -> None:
    """Its first answer gives it a cookie, with which everything of it goes to the same one."""
    with standing.http() as browser:
        first = browser.get("/")
        assert 200 == first.status_code
        given = first.headers["set-cookie"]
        assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= {part.strip() for part in given.split(";")}
        assert "set-cookie" not in browser.get("/").headers
        cookie = f"fleetglass={browser.cookies['fleetglass']}"
    tabs = [standing.tab(cookie).connect().register().sees("12.5") for _ in range(3)]
    assert [0, 3] == sorted(standing.sessions())
    for tab in tabs:
        tab.leave()


def test_a_dashboard_dies_and_its_browsers_go_on_at_the_other(front: Front) -> None:
    """The tab's next socket is at the dashboard that lives, with all of the state, and live."""
    one, two, cookie = front.tabs_on_both()
    front.dashboards[0].kill()
    one.until_closed()
    front.site.send(PLUG, {"on": False, "power": 3.5})
    front.site.send("fleet/lamp/new/state", {"on": True, "brightness": 41})
    front.dashboards[1].shows("lamp.new", "brightness", 41)
    one.connect().register().sees("3.5").sees("41")
    front.site.send(PLUG, {"on": True, "power": 4.5})
    for tab in (one, two):
        tab.sees("4.5")
    with front.http() as browser:
        browser.headers["Cookie"] = cookie
        assert 200 == browser.get("/healthz").status_code
        front.dashboards[1].kill()
        assert 502 == browser.get("/healthz").status_code


@pytest.mark.parametrize("front", ["2s"], indirect=True)
def test_a_dashboard_that_is_frozen_is_passed_over(front: Front) -> None:
    """nginx asks nobody how he is: what was asked waits as long as it is told to, then the other answers."""
    os.kill(front.dashboards[0].pid, signal.SIGSTOP)
    for _ in range(16):
        with front.http() as browser:
            assert 200 == browser.get("/healthz").status_code
    assert "upstream timed out" in (front.site.folder / "nginx" / "error.log").read_text()


@pytest.mark.browser
def test_a_real_browser_moves_on_by_itself(front: Front) -> None:
    """Its dashboard dies: the same page is live again from the other one, without anybody touching it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = chromium.new_context(
            ignore_https_errors=True, http_credentials={"username": "anna", "password": "secret"}
        )
        screen = Screen(context.new_page(), front.url).open("/devices/plug.one")
        wait_until(lambda: "12.5" in screen.text(), "the value")
        front.dashboards[front.sessions().index(1)].kill()
        front.site.send(PLUG, {"on": True, "power": 44.5})
        wait_until(lambda: "44.5" in screen.text(), "the new value from the other dashboard")
        assert "/devices/plug.one" == screen.route
        chromium.close()


def test_events_pass_unbuffered(standing: Front) -> None:
    """What happens is on the stream at once, not when a buffer is full."""
    with standing.http() as browser, browser.stream("GET", "/api/v1/stream?device=plug.one") as answer:
        assert 200 == answer.status_code
        lines = answer.iter_lines()
        first = next(json.loads(line[6:]) for line in lines if line.startswith("data: "))
        assert 12.5 == first["metrics"]["power"]["value"]
        standing.site.send(PLUG, {"on": True, "power": 99.5})
        second = next(json.loads(line[6:]) for line in lines if line.startswith("data: "))
        assert 99.5 == second["metrics"]["power"]["value"]


def test_strangers_are_kept_out(standing: Front) -> None:
    """No password, no page; another page's script, no socket and no command; no numbers for anybody."""
    with standing.http() as browser:
        assert 404 == browser.get("/metrics").status_code
        answer = browser.post(
            "/api/v1/devices/plug.one/commands",
            json={"on": False},
            headers={"Origin": "https://evil.example"},
        )
        assert 403 == answer.status_code
        del browser.headers["Authorization"]
        assert 401 == browser.get("/").status_code
    tab = standing.tab()
    tab.headers = {**WORD, "Origin": "https://evil.example"}
    with pytest.raises(InvalidStatus) as refused:
        tab.connect()
    assert 403 == refused.value.response.status_code
