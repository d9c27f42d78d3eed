"""The system page: bus, broker, store, rates, depths, sessions, versions, and how these went lately.

What only a bridge in another process knows is a dash while that is not heard.
"""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.part import Columns, stacked
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

HALF: Columns = {"xs": 12, "md": 6}
PACKAGES = ("fleetglass", "flet", "paho-mqtt", "amqtt", "pydantic")


def layout(house: House, _values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """How it went lately, and below it two columns of cards, which fill by themselves."""

    def arrange() -> Sequence[CardPlan[Any]]:
        sides = [
            stacked(f"system/{name}/{reader.key}", plans, HALF)
            for name, plans in columns(house, reader).items()
        ]
        return [courses(house, reader), *sides]

    return LayoutPlan(f"system/{reader.key}", frozenset(), arrange)


def columns(house: House, reader: Reader) -> Mapping[str, Sequence[CardPlan[Any]]]:
    """The cards of each column, one more where there is a bus; on a phone the right one is below the left."""
    return {
        "left": [
            *([bus(house, reader)] if house.bus is not None else []),
            *([voice(house, reader)] if house.voice is not None else []),
            broker(house, reader),
            store(house, reader),
            _card(house, marked("Messages"), reader, {
                marked("Received"): lambda s: plain(s.status.received),
                marked("Delivered again, and recognised"): lambda s: plain(s.status.repeated),
                marked("Refused"): lambda s: plain(s.status.quarantined),
                marked("Unclaimed"): lambda s: plain(s.status.unclaimed),
            }),
            _card(house, marked("Frames"), reader, {
                marked("Frames"): lambda s: plain(s.status.frames),
                marked("Values merged into a newer one"): lambda s: plain(s.status.merged),
            }),
        ],
        "right": [
            times(house, reader),
            _card(house, marked("Waiting to be kept"), reader, {
                marked("Messages"): lambda s: reader.say(
                    "{n} of {most}", n=plain(s.status.waiting), most=plain(s.status.mark)
                ),
                marked("The oldest"): lambda s: f"{s.status.lag:.1f} s" if s.status.waiting else DASH,
                marked("Takes more from the broker"): lambda s: _takes_more(s, reader),
            }),
            _versions(reader),
        ],
    }  # fmt: skip


def _card(house: House, name: str, reader: Reader, told: Rows) -> CardPlan[Seen]:
    return CardPlan(
        f"system/{name}/{reader.key}",
        frozenset({"status"}),
        lambda: seen(house, reader),
        lambda drawing: titled(reader.say(name), rows(drawing, reader, while_heard(told))),
    )


def _versions(reader: Reader) -> CardPlan[None]:
    def draw(_drawing: Drawing[None]) -> ft.Control:
        lines = [row(name, ft.Text(reader.told(text), size=14)) for name, text in versions().items()]
        return titled(reader.say("Versions"), lines)

    return CardPlan(f"system/versions/{reader.key}", frozenset(), lambda: None, draw)


def versions() -> Mapping[str, str]:
    """What runs here."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = marked("not installed")
    return found


def _takes_more(seen: Seen, reader: Reader) -> str:
    if not seen.status.broker_up:
        return DASH
    return reader.say("not now: too much waits") if seen.status.paused else reader.say("yes")


PAGE = Page(
    "/system",
    marked("System"),
    "monitor_heart_outlined",
    layout,
    rank=6,
    key="s",
    selected_icon="monitor_heart",
)
