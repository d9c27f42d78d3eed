"""The page that Flet's client is loaded into, and what it is told beside what Flet tells."""

import re
from collections.abc import Iterator
from pathlib import Path

import flet as ft
import flet_web
import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dashboard.admission import BUSY, TOLD, TRY_AGAIN_LATER, WHOLE, Refused, full
from dashboard.app import ASSETS
from dashboard.look import theme
from tests.dashboard.client import Client, texts
from tests.dashboard.served import Served, served
from tests.dashboard.stage import WIDE
from tests.servers import wait_until

PAGE = (ASSETS / "index.html").read_text(encoding="utf-8")
SCRIPT = (ASSETS / "connection.js").read_text(encoding="utf-8")
FLETS = (Path(flet_web.get_package_web_dir()) / "index.html").read_text(encoding="utf-8")
"""The page that ours stands for."""


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard that two browsers may have open."""
    yield from served()


def opened(dash: Served, address: str, *, silent: bool = False) -> ClientConnection:
    """A socket that has said who it is, as Flet's client does first, unless it is silent."""
    socket = connect(f"ws://127.0.0.1:{dash.port}{address}", open_timeout=20)
    if silent:
        return socket
    body = {"session_id": None, "page_name": "", "page": {**WIDE, "route": "/"}}
    socket.send(b"\x00" + bytes(msgpack.packb([1, body])))
    return socket


def test_our_page_tells_flets_client_all_that_flets_own_does() -> None:
    """Its settings, its mark, its promise, and the script that starts the client are in ours."""
    known = r"(\w+): (?:true|false|null|\")"
    config = re.compile(r"var flet = \{(.*?)\n\s*\};?\n", re.DOTALL)
    wanted, ours = (set(re.findall(known, config.findall(page)[0])) for page in (FLETS, PAGE))
    assert (True, set()) == (len(wanted) > 8, wanted - ours)
    for part in ("<!-- fletAppConfig -->", 'src="flutter_bootstrap.js"', "flet.flutterAppResolve = resolve"):
        assert (1, 1) == (FLETS.count(part), PAGE.count(part)), part


@pytest.mark.parametrize("brightness", [ft.Brightness.LIGHT, ft.Brightness.DARK])
def test_our_page_has_the_colours_of_the_dashboard(brightness: ft.Brightness) -> None:
    """Its light and dark are those of the theme, before anything else is loaded."""
    scheme = theme(brightness).color_scheme
    given = re.findall(rf"--([\w-]+): [^;]*var\(--if-{brightness.value}, (#\w+)\)", PAGE)
    colours = dict(given)
    assert (9, 9) == (len(given), len(colours))
    assert {name: getattr(scheme, name.replace("-", "_")) for name in colours} == colours
    ground = colours["surface-container-low"]
    assert (
        f'<meta name="theme-color" content="{ground}" media="(prefers-color-scheme: {brightness.value})">'
        in PAGE
    )


def test_the_page_is_served_with_the_title_and_asks_nobody_else(dash: Served) -> None:
    """It has the title as text, comes before Flet's client, and names no other host."""
    page = dash.get("/").text
    assert ["Fleetglass"] == re.findall("<title>(.*)</title>", page)
    assert page.index('src="connection.js"') < page.index('src="flutter_bootstrap.js"')
    assert "flet.noCdn=true" in page
    script = dash.get("/connection.js")
    assert ("text/javascript", SCRIPT) == (script.headers["content-type"].partition(";")[0], script.text)
    assert [] == re.findall(r"https?://|//\w", page + SCRIPT.replace("// ", ""))
    manifest = dash.get("/manifest.json").json()
    assert ("Fleetglass", "#f4f7f7") == (manifest["name"], manifest["background_color"])


@pytest.mark.parametrize("why", [BUSY, full(1), full(1_000_000)])
def test_the_reason_fits_into_what_closes_a_socket(why: Refused) -> None:
    """A WebSocket's last word has 123 bytes; the key of the setting is for the log alone."""
    assert len(why.reason().encode()) <= 123
    assert [why.headline, why.explanation] == why.reason().split("\n")
    assert ("[web]" in why.setting, "[web]" in why.reason()) == (True, False)


def test_the_page_and_the_server_use_the_same_words() -> None:
    """What the server knows of the page's script stands in the script."""
    told, whole, again = (
        re.search(pattern, SCRIPT)
        for pattern in (r'TOLD = "(\w+)=1"', r"WHOLE = (\d+)", r"TRY_AGAIN_LATER = (\d+)")
    )
    assert told
    assert whole
    assert again
    assert (TOLD, WHOLE, TRY_AGAIN_LATER) == (told[1], bytes([int(whole[1])]), int(again[1]))


def test_our_page_is_told_why_at_once_and_another_sees_it(dash: Served) -> None:
    """Beyond the last place our page's socket is closed with the reason; others see a page of Flet's."""
    first, second = opened(dash, "/ws"), opened(dash, "/ws")
    wait_until(lambda: dash.house.sessions == 2, "both to be in")
    with opened(dash, f"/ws?{TOLD}=1", silent=True) as told:
        with pytest.raises(ConnectionClosed) as end:
            told.recv(timeout=20)
        assert end.value.rcvd is not None
        assert (TRY_AGAIN_LATER, full(2).reason()) == (end.value.rcvd.code, end.value.rcvd.reason)
    with opened(dash, "/ws") as shown:
        frame = shown.recv(timeout=20)
        assert isinstance(frame, bytes)
        screen = Client()
        screen.take(frame)
        seen = "\n".join(texts(screen.root["views"]))
        assert ("", True, True) == (screen.session_id, full(2).explanation in seen, "Fleetglass" in seen)
    first.close()
    wait_until(lambda: dash.house.sessions == 1, "a free place")
    with opened(dash, f"/ws?{TOLD}=1") as late:
        assert isinstance(late.recv(timeout=20), bytes)
    second.close()


def test_our_page_is_told_when_its_first_screen_is_whole(dash: Served) -> None:
    """By then it has every card; whoever did not ask is not told, and a change brings it no more."""
    dash.hear("fleet/plug/one/state", {"on": True, "power": 12.5})
    with opened(dash, f"/ws?{TOLD}=1") as told, opened(dash, "/ws") as other:
        screen, others = Client(), Client()
        while (frame := told.recv(timeout=20)) != WHOLE:
            assert isinstance(frame, bytes)
            screen.take(frame)
        assert {"12.5", "Overview", "Washing machine"} <= set(texts(screen.root["views"]))
        dash.hear("fleet/plug/one/state", {"on": True, "power": 77.5})
        for socket, client in ((told, screen), (other, others)):
            while "77.5" not in texts(client.root.get("views", [])):
                frame = socket.recv(timeout=20)
                assert isinstance(frame, bytes)
                client.take(frame)
