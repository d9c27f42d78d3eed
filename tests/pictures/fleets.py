"""What is pictured: dashboards with nothing, little, much and bad data behind them."""

import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bridge.ports import Batch, Record
from bridge.quarantine import quarantine
from bridge.stores.memory import MemoryStore
from schemas.message import RawMessage, Reading, Rejected
from tests.dashboard.fake import SAMPLES
from tests.dashboard.staged import DROPPED, Staged
from tests.servers import wait_until

EXAMPLES = Path(__file__).parents[2] / "examples" / "pages"
STEP = 300
"""Seconds between two values of the past."""
MANY = 500
PLACES = ("Hall", "Kitchen", "Cellar", "Workshop", "Roof", "Greenhouse", "Office", "Bath")

HOUSEHOLD: Sequence[tuple[str, str, Mapping[str, object]]] = (
    ("thermostat", "living_room", {"temperature": 21.4, "humidity": 44, "heating": True, "target": 21.5}),
    ("air_quality", "bedroom", {"co2": 640, "temperature": 19.2, "humidity": 51, "pm25": 4, "voc": 90}),
    ("lamp", "hall", {"on": True, "brightness": 60, "color": "#ffb347"}),
    ("tank", "rainwater", {"level": 56, "volume": 1120, "temperature": 9.5, "pump": False}),
    ("plug", "washing_machine", {"on": True, "power": 306.0, "energy": 1654.9}),
    ("contact", "front_door", {"open": False, "battery": 57}),
    ("tracker", "van_1", {"latitude": 52.5301, "longitude": 13.4062, "speed": 30, "battery": 81}),
    ("button", "doorbell", {"event": "single"}),
    ("energy_meter", "main", {"power": 1646, "energy": 688.5, "voltage": 230.4, "current": 7.2}),
)
UNUSUAL = (
    (
        "fleet/thermostat/greenhouse/state",
        b'{"temperature": 37.5, "humidity": 81, "heating": false, "target": 20}',
    ),
    ("fleet/machine/saw/state", b'{"state": "fault", "speed": 0, "vibration": 0.2, "parts": 1204}'),
    ("fleet/plug/freezer/state", b'{"on": true, "power": 84.5, "energy": 311.2}'),
    ("fleet/plug/freezer/availability", b"offline"),
    ("workshop/compressor/oil", b'{"pressure": 7.4, "filter": "ok", "running": true}'),
    ("workshop/compressor/serial", b"A-2291"),
    ("fleet/thermostat/kitchen/state", b'{"temperature": "hot"}'),
    ("fleet/lamp/hall/state", b"on"),
    ("fleet/contact/front_door/state", b'{"open": true, "open": false}'),
)
"""What a healthy fleet does not do: warnings, trouble, an absence, refusals, something unclaimed."""


@contextmanager
def empty(folder: Path) -> Iterator[Staged]:
    """Nobody has said anything yet."""
    with Staged(folder=folder) as staged:
        yield staged


@contextmanager
def five(folder: Path) -> Iterator[Staged]:
    """Five devices that have just come, and have not said everything yet."""
    with Staged(folder=folder) as staged:
        first = [(kind, device, dict(list(state.items())[:2])) for kind, device, state in HOUSEHOLD[:5]]
        _say(staged, first)
        yield staged


@contextmanager
def home(folder: Path) -> Iterator[Staged]:
    """A household that has been there for two days, with the example pages."""
    for file in EXAMPLES.glob("*.toml"):
        shutil.copy(file, folder)
    now = time.time()
    with Staged(folder=folder) as staged:
        for back in range(2 * 24 * 3600 // STEP, 0, -1):
            staged.store.commit(Batch(records=list(_past(now - STEP * back))))
        _say(staged, HOUSEHOLD)
        yield staged


@contextmanager
def many(folder: Path) -> Iterator[Staged]:
    """Five hundred devices of all kinds, with names and places of their own."""
    for file in EXAMPLES.glob("*.toml"):
        shutil.copy(file, folder)
    kinds = list(SAMPLES)
    states = [
        (kind := kinds[number % len(kinds)], f"{kind}_{number}", {
            "name": f"{PLACES[number % len(PLACES)]} {kind.replace('_', ' ')} {number}",
            "place": PLACES[number % len(PLACES)],
            **SAMPLES[kind][number // len(kinds) % 2],
        })
        for number in range(MANY)
    ]  # fmt: skip
    with Staged(folder=folder) as staged:
        _say(staged, states)
        yield staged


@contextmanager
def trouble(folder: Path) -> Iterator[Staged]:
    """Refusals of all sorts, warnings, an absent device, topics that nobody claims, a loss at the broker."""
    (folder / "broken.toml").write_text('title = "Broken"\n[[tiles]]\ntype = "nonsense"\n', encoding="utf-8")
    with Staged(folder=folder) as staged:
        _say(staged, HOUSEHOLD[:4])
        staged.line.say(*[(f"fleet/lamp/l{number}/state", b"on") for number in range(120)])
        staged.line.say(*UNUSUAL)
        old = RawMessage("fleet/thermostat/bath/state", b'{"temperature": 30}', time.time())
        why = Rejected("out_of_range", "temperature: expected at most 25, got 30")
        staged.store.commit(Batch(quarantined=[quarantine(old, why)]))
        staged.line.say((DROPPED, b"500"))
        wait_until(lambda: staged.house.quarantine_changes, "the refusals to be kept")
        wait_until(lambda: staged.house.dropped.total is not None, "what the broker says to be known")
        staged.line.say((DROPPED, b"512"))
        wait_until(lambda: staged.house.dropped.count, "the loss to be known")
        yield staged


@contextmanager
def restored(folder: Path) -> Iterator[Staged]:
    """After a restart: what is shown was said before it."""
    store = MemoryStore()
    with Staged(store, folder=folder) as staged:
        _say(staged, HOUSEHOLD)
    with Staged(store, folder=folder) as staged:
        wait_until(lambda: len(staged.house.devices) == len(HOUSEHOLD), "the devices")
        yield staged


def _say(staged: Staged, states: Sequence[tuple[str, str, Mapping[str, object]]]) -> None:
    staged.line.say(*(
        (f"fleet/{kind}/{device}/state", json.dumps(state).encode()) for kind, device, state in states
    ))  # fmt: skip
    wait_until(lambda: len(staged.house.devices) >= len(states), "the devices")
    wait_until(lambda: staged.house.status.waiting == 0, "the messages to be kept")


def _past(at: float) -> Iterator[Record]:
    hour = at / 3600 % 24
    day = math.sin((hour - 9) / 24 * math.tau)
    noise = math.sin(at / 700) + math.sin(at / 311)
    for device, metric, value, unit in (
        ("thermostat.living_room", "temperature", 20.6 + 0.9 * day + 0.1 * noise, "°C"),
        ("air_quality.bedroom", "temperature", 18.9 + 0.6 * day + 0.15 * noise, "°C"),
        ("air_quality.bedroom", "co2", 620 + 140 * day + 30 * noise, "ppm"),
        ("tank.rainwater", "level", 58 - 3 * day + 0.3 * noise, "%"),
        ("plug.washing_machine", "power", max(0.0, 300 * math.sin(at / 5_000) + 10 * noise), "W"),
        ("energy_meter.main", "power", 900 + 500 * day + 120 * noise, "W"),
        ("tracker.van_1", "latitude", 52.53 + 0.002 * math.sin(at / 9_000), ""),
        ("tracker.van_1", "longitude", 13.406 + 0.004 * math.cos(at / 6_000), ""),
    ):
        yield Record(device, device.partition(".")[0], at, at, (Reading(metric, round(value, 5), unit),))
