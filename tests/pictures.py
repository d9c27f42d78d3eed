"""`python -m tests.pictures OUT`: every page and state of it, on a desktop and a phone, light and dark."""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote

from bridge.ports import Batch, Record
from bridge.quarantine import quarantine
from dashboard.views import pages
from schemas.message import RawMessage, Reading, Rejected
from tests.dashboard.browser import SIZES, Chromium, Product, chromium
from tests.dashboard.staged import DROPPED, Staged
from tests.servers import send, wait_until

SETTLES = 2_000
"""Milliseconds that the canvas is behind the accessibility tree: without a GPU the first frames are slow."""
WORDS = {"/": "messages/s", "/quarantine": " kept,", "/system": "Open sessions"}
"""What only the body of a page has; the title of another is enough."""
State: TypeAlias = tuple[str, str, str, Mapping[str, object]]
"""A route, a word that is there, a button to press or none, and what the bridge says of itself."""
STATES: Mapping[str, State] = {
    "quarantine-many": ("/quarantine", " kept,", "", {}),
    "quarantine-filtered": ("/quarantine?reason=wrong_type&q=kitchen", " kept,", "", {}),
    "quarantine-no-hit": ("/quarantine?q=attic", "No such message", "", {}),
    "quarantine-group": (
        "/quarantine?topic=fleet/lamp/%2B/state&reason=invalid_json&field=",
        "line 1, column 1",
        "",
        {},
    ),
    "quarantine-question": ("/quarantine", " kept,", "Try again", {}),
    "notice-broker": ("/", "No connection", "", {"broker_up": False, "broker_detail": "connection refused"}),
    "notice-store": ("/", "cannot be written", "", {"store_fault": "database or disk is full"}),
    "notice-behind": ("/", "Catching up", "", {"waiting": 12_345, "lag": 4.0, "paused": True}),
    "system-embedded": ("/system", "does not hold", "", {"embedded": True}),
}
RESTORED: Mapping[str, State] = {
    "restored": ("/", "Restored", "", {}),
    "restored-device": ("/devices/thermostat.greenhouse", "Last message", "", {}),
}
LOOKS: Sequence[tuple[str, Literal["light", "dark"]]] = [
    (size, scheme) for size in SIZES for scheme in ("light", "dark")
]  # type: ignore[misc]
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


def take_states(out: Path) -> int:
    """Write pictures of what a healthy demo does not show: filters, a question, notices, a restart."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with chromium() as browser:
        with Staged() as staged:
            count += _poses(browser, staged, out, {"quarantine-empty": ("/quarantine", "Nothing in", "", {})})
            staged.line.say(*UNUSUAL)
            staged.line.say((DROPPED, b"500"), *[(f"fleet/lamp/l{n}/state", b"on") for n in range(120)])
            raw = RawMessage("fleet/thermostat/bath/state", b'{"temperature": 30}', time.time())
            old = quarantine(raw, Rejected("out_of_range", "temperature: expected at most 25, got 30"))
            staged.store.commit(Batch(quarantined=[old]))
            wait_until(lambda: staged.house.quarantine_changes, "the refusals to be kept")
            count += _poses(browser, staged, out, STATES)
            staged.line.say((DROPPED, b"512"))
            wait_until(lambda: staged.house.dropped.count, "the loss to be known")
            count += _poses(browser, staged, out, {"notice-dropped": ("/", "has dropped", "", {})})
            store = staged.store
        with Staged(store) as staged:
            count += _poses(browser, staged, out, RESTORED)
    return count


def take_pages(out: Path) -> int:
    """Write pictures of the example pages, with devices that have been there for two days."""
    now, examples = time.time(), Path(__file__).parents[1] / "examples" / "pages"
    poses: Mapping[str, State] = {
        "pages": ("/pages", "At home", "", {}),
        "page": ("/pages/home", "Warm", "", {}),
        "page-watch": ("/pages/watch", "Doors", "", {}),
        "page-arranged": ("/pages/home?edit", "Warm", "", {}),
        "page-wall": ("/pages/home?kiosk", "Warm", "", {}),
    }
    with chromium() as browser, Staged(folder=examples) as staged:
        for back in range(2 * 288, 0, -1):
            staged.store.commit(Batch(records=list(_past(now - 300 * back))))
        staged.line.say(*(
            (f"fleet/{kind}/{device}/state", json.dumps(state).encode()) for kind, device, state in HOUSEHOLD
        ))  # fmt: skip
        wait_until(lambda: len(staged.house.devices) >= len(HOUSEHOLD), "the devices")
        return _poses(browser, staged, out, poses)


HOUSEHOLD: Sequence[tuple[str, str, Mapping[str, object]]] = (
    ("thermostat", "living_room", {"temperature": 21.4, "humidity": 44, "heating": True, "target": 21.5}),
    ("air_quality", "bedroom", {"co2": 640, "temperature": 19.2, "humidity": 51}),
    ("lamp", "hall", {"on": True, "brightness": 60}),
    ("tank", "rainwater", {"level": 56, "volume": 1120, "pump": False}),
    ("plug", "washing_machine", {"on": True, "power": 306.0, "energy": 1654.9}),
    ("contact", "front_door", {"open": False, "battery": 57}),
    ("tracker", "van_1", {"latitude": 52.5301, "longitude": 13.4062, "speed": 30, "battery": 81}),
    ("button", "doorbell", {"event": "single"}),
    ("energy_meter", "main", {"power": 1646, "energy": 688.5}),
)


def _past(at: float) -> Iterator[Record]:
    hour = at / 3600 % 24
    day = math.sin((hour - 9) / 24 * math.tau)
    noise = math.sin(at / 700) + math.sin(at / 311)
    for device, metric, value, unit in (
        ("thermostat.living_room", "temperature", 20.6 + 0.9 * day + 0.1 * noise, "°C"),
        ("air_quality.bedroom", "temperature", 18.9 + 0.6 * day + 0.15 * noise, "°C"),
        ("energy_meter.main", "power", 900 + 500 * day + 120 * noise, "W"),
        ("tracker.van_1", "latitude", 52.53 + 0.002 * math.sin(at / 9_000), ""),
        ("tracker.van_1", "longitude", 13.406 + 0.004 * math.cos(at / 6_000), ""),
    ):
        yield Record(device, device.partition(".")[0], at, at, (Reading(metric, round(value, 5), unit),))


def _poses(browser: Chromium, staged: Staged, out: Path, states: Mapping[str, State]) -> int:
    for name, (route, word, button, pose) in states.items():
        staged.pose(**pose)
        for size, scheme in LOOKS:
            screen = browser.screen(staged, size=size, scheme=scheme)
            screen.open(route).wait_for(word)
            if button:
                screen.click(button)
                screen.wait_for("would pass")
            screen.page.wait_for_timeout(SETTLES)
            screen.page.screenshot(path=out / f"{name}-{size}-{scheme}.png")
            browser.close_all()
    staged.pose()
    return len(states) * len(LOOKS)


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
        f"{take(chosen) + take_states(chosen) + take_pages(chosen)} pictures in {chosen}"
    )
