"""The bus between bridge and dashboards, from either end: a card of the system page, where there is one."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import small
from dashboard.present import DASH, Tone
from dashboard.reader import Reader
from dashboard.views.system_parts import Seen, light, line, rows, seen, titled
from dashboard.wording import ago, plain

if TYPE_CHECKING:
    from bridge.bus.follower import BusLink
    from bridge.bus.publisher import BusVoice

T = TypeVar("T")
BUSES: Mapping[Tone, str] = {
    "good": marked("Connected"),
    "bad": marked("Not connected"),
    "warn": marked("No bridge is heard on it"),
}
VOICES: Mapping[Tone, str] = {
    "good": marked("The bridge of this process speaks there"),
    "bad": marked("Not connected"),
}
MERGED_NOTE = marked(
    "Nothing is lost while the bus is away: what changes is merged, and written whole when it is back."
)


def bus(house: House, reader: Reader) -> CardPlan[Seen]:
    """How a bridge elsewhere is reached."""

    def told(of: Callable[["BusLink", float], str]) -> Callable[[Seen], str]:
        return _told(lambda s: s.bus, of)

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines: list[ft.Control] = [
            light(drawing, _bus_tone, BUSES, reader),
            line(drawing, told(lambda bus, _now: bus.address)),
            line(drawing, lambda s: s.away),
            *rows(drawing, reader, {
                marked("Since"): told(lambda bus, now: _ago(bus.since, now, reader)),
                marked("Bridge last heard"): told(
                    lambda bus, now: _ago(bus.heard, now, reader) if bus.away else reader.say("now")
                ),
                marked("Bridge that leads"): told(lambda bus, _now: DASH if bus.away else bus.leader or DASH),
            }),
        ]  # fmt: skip
        return titled(reader.say("Bus"), lines)

    return CardPlan(
        f"system/bus/{reader.key}", frozenset({"status", "tick"}), lambda: seen(house, reader), draw
    )


def voice(house: House, reader: Reader) -> CardPlan[Seen]:
    """How the bridge in this process speaks to dashboards elsewhere."""

    def told(of: Callable[["BusVoice", float], str]) -> Callable[[Seen], str]:
        return _told(lambda s: s.voice, of)

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines: list[ft.Control] = [
            light(drawing, _voice_tone, VOICES, reader),
            line(drawing, told(lambda voice, _now: voice.address)),
            line(drawing, told(lambda voice, _now: reader.told(voice.detail))),
            *rows(drawing, reader, {
                marked("Leads since"): told(lambda voice, now: _ago(voice.leads_since, now, reader)),
                marked("Messages written"): told(lambda voice, _now: plain(voice.written)),
                marked("The newest frame among them"): told(lambda voice, _now: plain(voice.sequence)),
                marked("Whole pictures among them"): told(lambda voice, _now: plain(voice.pictures)),
            }),
            small(reader.say(MERGED_NOTE)),
        ]  # fmt: skip
        return titled(reader.say("Bus"), lines)

    return CardPlan(
        f"system/voice/{reader.key}", frozenset({"status", "tick"}), lambda: seen(house, reader), draw
    )


def _told(end_of: Callable[[Seen], T | None], of: Callable[[T, float], str]) -> Callable[[Seen], str]:
    """What is told of an end of the bus, a dash while there is none."""

    def told(seen: Seen) -> str:
        end = end_of(seen)
        return DASH if end is None else of(end, seen.now)

    return told


def _ago(when: float | None, now: float, reader: Reader) -> str:
    return DASH if when is None else ago(when, now, reader)


def _bus_tone(seen: Seen) -> Tone:
    if seen.bus is None or not seen.bus.up:
        return "bad"
    return "warn" if seen.away else "good"


def _voice_tone(seen: Seen) -> Tone:
    return "good" if seen.voice is not None and seen.voice.up else "bad"
