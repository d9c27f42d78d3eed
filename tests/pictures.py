"""`python -m tests.pictures OUT`: every page with a fleet on it, on a desktop and a phone, light and dark."""

import argparse
import tempfile
from pathlib import Path
from urllib.parse import quote

from dashboard.views import pages
from tests.dashboard.browser import SIZES, Chromium, Product, chromium
from tests.servers import send, wait_until

SETTLES = 2_000
"""Milliseconds that the canvas is behind the accessibility tree: without a GPU the first frames are slow."""
WORDS = {"/": "messages/s", "/quarantine": " kept,", "/system": "Open sessions"}
"""What only the body of a page has; the title of another is enough."""
DEMO_DEVICES = 10
"""As many must be there at least before pictures are taken."""

UNUSUAL = (
    (
        "fleet/thermostat/greenhouse/state",
        b'{"temperature": 37.5, "humidity": 81, "heating": false, "target": 20}',
    ),
    ("fleet/machine/saw/state", b'{"state": "fault", "speed": 0, "vibration": 0.2, "parts": 1204}'),
    ("fleet/plug/freezer/state", b'{"on": true, "power": 84.5, "energy": 311.2}'),
    ("fleet/plug/freezer/availability", b"offline"),
    ("workshop/compressor/oil", b'{"pressure": 7.4, "filter": "ok", "running": true}'),
    ("fleet/thermostat/kitchen/state", b'{"temperature": "hot"}'),
    ("fleet/lamp/hall/state", b"on"),
    ("fleet/contact/front_door/state", b'{"open": true, "open": false}'),
)
"""What a demo fleet does not do by itself: warnings, trouble, an absence, refusals, something unclaimed."""


def take(out: Path) -> int:
    """Write `<page>-<size>-<scheme>.png` files into `out`; how many."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder), "--demo")
        product.start()
        try:
            for topic, payload in UNUSUAL:
                send(product.mqtt_port, topic, payload)
            wait_until(lambda: len(_devices(product)) > DEMO_DEVICES, "the demo fleet")
            with chromium() as browser:
                return sum(
                    _shots(browser, product, out, size, scheme)
                    for size in SIZES
                    for scheme in ("light", "dark")
                )
        finally:
            product.stop()


def _shots(browser: Chromium, product: Product, out: Path, size: str, scheme: str) -> int:
    screen = browser.screen(product, size=size, scheme="dark" if scheme == "dark" else "light")
    routes = _routes(product)
    for name, (route, word) in routes.items():
        screen.open(route).wait_for(word)
        screen.page.wait_for_timeout(SETTLES)
        screen.page.screenshot(path=out / f"{name}-{size}-{scheme}.png")
    browser.close_all()
    return len(routes)


def _routes(product: Product) -> dict[str, tuple[str, str]]:
    """Picture → its route, and a word that is there once the page is."""
    found = {
        page.route.strip("/").replace("/", "-") or "overview": (page.route, WORDS.get(page.route, page.title))
        for page in pages()
        if "{" not in page.route
    }
    shown: set[str] = set()
    for device in _devices(product):
        if device["kind"] not in shown and device["kind"] in {"thermostat", "plug", "machine"}:
            shown.add(device["kind"])
            found[f"device-{device['kind']}"] = ("/devices/" + quote(device["id"], safe=""), "Last message")
    found["not-found"] = ("/nowhere", "There is no such page")
    return found


def _devices(product: Product) -> list[dict[str, str]]:
    return list(product.json("/api/v1/devices")["items"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="folder for the pictures; made if it is not there"
    )
    chosen = parser.parse_args().out
    print(  # noqa: T201 - it is what a person runs
        f"{take(chosen)} pictures in {chosen}"
    )
