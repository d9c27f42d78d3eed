"""The system page: bus, broker, store, rates, depths, sessions, versions, and how these went lately.

What only a bridge in another process knows is a dash while that is not heard.
"""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.present import DASH
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page
from dashboard.views.system_bus import bus, voice
from dashboard.views.system_courses import courses
from dashboard.views.system_parts import Rows, Seen, row, rows, seen, titled, while_heard
from dashboard.views.system_store import broker, store
from dashboard.views.system_times import times
from dashboard.wording import plain

PACKAGES = ("fleetglass", "flet", "paho-mqtt", "amqtt", "pydantic")


def layout(house: House, _values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """How it went lately, and seven cards of rows; one more where there is a bus."""
    cards: list[CardPlan[Any]] = [
        courses(house, reader),
        *([bus(house, reader)] if house.bus is not None else []),
        *([voice(house, reader)] if house.voice is not None else []),
        broker(house, reader),
        store(house, reader),
        _card(house, marked("Messages"), reader, {
            marked("Messages a second"): lambda s: f"{s.status.rate:.1f}" if s.status.broker_up else DASH,
            marked("Received"): lambda s: plain(s.status.received),
            marked("Delivered again, and recognised"): lambda s: plain(s.status.repeated),
            marked("Refused"): lambda s: plain(s.status.quarantined),
            marked("Unclaimed"): lambda s: plain(s.status.unclaimed),
        }),
        _card(house, marked("Waiting to be kept"), reader, {
            marked("Messages"): lambda s: reader.say(
                "{n} of {most}", n=plain(s.status.waiting), most=plain(s.status.mark)
            ),
            marked("The oldest"): lambda s: f"{s.status.lag:.1f} s" if s.status.waiting else DASH,
            marked("Reading from the broker"): lambda s: _reading(s, reader),
        }),
        times(house, reader),
        _sessions(house, reader),
        _card(house, marked("Frames"), reader, {
            marked("Frames"): lambda s: plain(s.status.frames),
            marked("Values merged into a newer one"): lambda s: plain(s.status.merged),
        }),
    ]  # fmt: skip
    return LayoutPlan(f"system/{reader.key}", frozenset(), lambda: cards)


def _card(house: House, name: str, reader: Reader, told: Rows) -> CardPlan[Seen]:
    return CardPlan(
        f"system/{name}/{reader.key}",
        frozenset({"status"}),
        lambda: seen(house, reader),
        lambda drawing: titled(reader.say(name), rows(drawing, reader, while_heard(told))),
    )


def _sessions(house: House, reader: Reader) -> CardPlan[int]:
    def draw(drawing: Drawing[int]) -> ft.Control:
        sessions = drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=str)
        lines = [row(reader.say("Open sessions"), sessions)]
        lines += [row(name, ft.Text(reader.told(text), size=14)) for name, text in versions().items()]
        return titled(reader.say("Sessions and versions"), lines)

    return CardPlan(f"system/sessions/{reader.key}", frozenset({"sessions"}), lambda: house.sessions, draw)


def versions() -> Mapping[str, str]:
    """What runs here."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = marked("not installed")
    return found


def _reading(seen: Seen, reader: Reader) -> str:
    if not seen.status.broker_up:
        return DASH
    return reader.say("paused") if seen.status.paused else reader.say("goes on")


PAGE = Page(
    "/system",
    marked("System"),
    "monitor_heart_outlined",
    layout,
    rank=6,
    key="s",
    selected_icon="monitor_heart",
)
