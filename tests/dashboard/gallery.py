"""`python -m tests.dashboard.gallery OUT`: pictures of every widget in every state, to look at.

A kind with every trait stands on the overview and on a page of its own, on a desktop and a phone, light and
dark: never heard, live, beyond its limits, with a command under way and without an answer, and offline.
"""

import argparse
import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AwareDatetime

from bridge.errors import FleetglassError
from bridge.simulate.pictures import png
from schemas.button import Button
from schemas.catalog import Kinds
from schemas.device import Device, kind_of
from schemas.image import Image
from schemas.traits import (
    Binary,
    Choice,
    Color,
    Counter,
    Event,
    Location,
    Numeric,
    Switch,
    Text,
    Timestamp,
    Trait,
)
from tests.dashboard.browser import PHONE, SIZES, Chromium, chromium
from tests.dashboard.staged import Staged

SETTLES = 1_500
"""Milliseconds that the canvas is behind the accessibility tree."""
_SET = "gallery/{device}/set"


@dataclass(frozen=True, kw_only=True)
class Mood(Trait):
    """A user's own trait, for which there is no widget."""

    goes_with = {"str": "str"}  # noqa: RUF012 - as the traits have it


class Gallery(Device, topic="gallery/{device}/state", availability="gallery/{device}/online", icon="palette"):
    """Every trait once, those that can be set also so."""

    temperature: Annotated[
        float | None, Numeric(unit="°C", low=-20, high=60, warn_high=30, precision=1, measure="temperature")
    ] = None
    target: Annotated[
        float | None, Numeric(unit="°C", low=5, high=30, step=0.5, precision=1, command=_SET)
    ] = None
    offset: Annotated[int | None, Numeric(command=_SET)] = None
    power: Annotated[float | None, Numeric(unit="W", low=-1e9, high=1e9, precision=0)] = None
    energy: Annotated[float | None, Counter(unit="kWh", precision=2, measure="energy")] = None
    fan: Annotated[bool | None, Switch(label="Fan", command=_SET)] = None
    defrost: Annotated[bool | None, Switch(label="Defrost")] = None
    door: Annotated[bool | None, Binary(on="open", off="closed", measure="opening")] = None
    motion: Annotated[bool | None, Binary(on="motion", off="no motion", measure="motion")] = None
    frost: Annotated[bool | None, Binary(label="Frost")] = None
    state: Annotated[Literal["idle", "running", "fault"] | None, Choice(alarming=("fault",))] = None
    mode: Annotated[Literal["off", "eco", "comfort", "boost"] | None, Choice(command=_SET)] = None
    identify: Annotated[bool | None, Button(command=_SET)] = None
    program: Annotated[Literal["rinse", "clean"] | None, Button(command=_SET, confirm="Is it empty?")] = None
    press: Annotated[Literal["single", "double"] | None, Event()] = None
    message: Annotated[str | None, Text()] = None
    display: Annotated[str | None, Text(max_length=20, command=_SET)] = None
    color: Annotated[str | None, Color(command=_SET)] = None
    latitude: Annotated[float | None, Location(axis="latitude")] = None
    longitude: Annotated[float | None, Location(axis="longitude")] = None
    serviced: Annotated[AwareDatetime | None, Timestamp(label="Serviced")] = None
    picture: Annotated[bytes | None, Image()] = None
    mood: Annotated[str | None, Mood()] = None


PICTURE = base64.b64encode(png(16, 9, bytes(n % 17 * 15 for n in range(17 * 9)))).decode()
"""Stripes of 16 by 9 pixels."""
LIVE: Mapping[str, object] = {
    "temperature": 21.5, "target": 20.5, "offset": -3, "power": 1234567, "energy": 99999.25, "fan": True,
    "defrost": False, "door": True, "motion": False, "frost": True, "state": "running", "mode": "eco",
    "press": "double", "message": "Filter to be changed within the next three weeks", "display": "Hello",
    "color": "#ff8800", "latitude": 52.52, "longitude": -13.405, "serviced": "2026-11-20T08:00:00Z",
    "picture": PICTURE, "mood": "glad",
}  # fmt: skip
BEYOND = {**LIVE, "temperature": 34.9, "state": "fault"}
ASKED: Sequence[tuple[str, object]] = (
    ("target", 22.5), ("fan", False), ("mode", "boost"), ("color", "#3b82f6"), ("display", "Bye"),
)  # fmt: skip
NAMES = ("live", "beyond", "offline", "unheard", "asked")


def kinds() -> Kinds:
    """The kind that has them all."""
    made = Kinds()
    made.add(kind_of(Gallery))
    return made


def fill(staged: Staged) -> None:
    """Devices of that kind in each state that does not pass."""
    said = {name: BEYOND if name == "beyond" else LIVE for name in NAMES}
    said["unheard"] = {"mood": "glad"}
    staged.line.say(
        *(
            (f"gallery/{name}/state", json.dumps({"name": name, **what}).encode())
            for name, what in said.items()
        )
    )
    staged.line.say(("gallery/offline/online", b"offline"))


def ask(staged: Staged) -> None:
    """Commands that nobody answers."""
    for name, value in ASKED:
        try:
            staged.house.command("gallery.asked", {name: value}, by="gallery")  # type: ignore[dict-item]
        except FleetglassError as error:
            raise SystemExit(str(error)) from None


def take(out: Path) -> int:
    """Write the pictures into `out`; how many."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with Staged(kinds=kinds()) as staged, chromium() as browser:
        fill(staged)
        for size in SIZES:
            for scheme in ("light", "dark"):
                count += _shots(browser, staged, out, size, scheme)
    return count


def _shots(browser: Chromium, staged: Staged, out: Path, size: str, scheme: str) -> int:
    routes = {name: "/devices/" + quote(f"gallery.{name}", safe="") for name in NAMES} | {"overview": "/"}
    for name, route in routes.items():
        screen = browser.screen(
            staged, size=size, scheme="dark" if scheme == "dark" else "light",
            touch=PHONE if size == "phone" else "",
        )  # fmt: skip
        width = SIZES[size][0]
        screen.page.set_viewport_size({"width": width, "height": 3_000 if name == "overview" else 2_200})
        screen.open(route).wait_for("Temperature")
        if name == "asked":
            ask(staged)
        screen.page.wait_for_timeout(SETTLES)
        screen.page.screenshot(path=out / f"{name}-{size}-{scheme}.png")
        if name == "asked":
            time.sleep(5.5)
            screen.page.screenshot(path=out / f"unanswered-{size}-{scheme}.png")
        browser.close_all()
    return len(routes) + 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.dashboard.gallery", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the pictures")
    chosen = parser.parse_args().out
    print(f"{take(chosen)} pictures in {chosen}")  # noqa: T201 - it is what a person runs
