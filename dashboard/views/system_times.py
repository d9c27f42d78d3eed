"""How long messages take, stage by stage: a card of the system page."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import flet as ft

from bridge.status import BRIDGED, BUCKETS, Spread
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT
from dashboard.present import DASH, not_heard
from dashboard.reader import Reader
from dashboard.views.system_parts import titled
from dashboard.wording import plain

SPANS: Mapping[str, tuple[str, str]] = {
    "receive": (marked("Received"), marked("waits to be read")),
    "decode": (marked("Decoded"), marked("is read")),
    "commit": (marked("Stored"), marked("gathers with others, is written to the store")),
    "frame": (marked("Framed"), marked("waits for its frame")),
    "send": (marked("Sent"), marked("from the frame until the browsers' sockets have it")),
    "total": (marked("In all"), marked("from received until the browsers' sockets have it")),
    "browser": (
        marked("Taken in"),
        marked("from the socket until a browser says it has it; a few are asked"),
    ),
}
"""Of each stage: its name, and what happens to a message in it."""
BELOW = marked("Of the last minute, half took less than p50, 99 of 100 less than p99.")
NO_TIMES = marked("No message in the last minute.")
QUEUES = frozenset({"receive", "commit", "send"})
"""The stages before which something may wait."""
WIDTH = 60
"""Pixels of a column of figures."""


@dataclass(frozen=True, slots=True)
class Times:
    """By stage how long it took, and what waits before it now, where that is known; `away` as in `Seen`.

    What waits are messages, but before `send` browsers that have not taken all they were to be told.
    """

    spreads: Mapping[str, Spread]
    waits: Mapping[str, int]
    away: str = ""


def times(house: House, reader: Reader) -> CardPlan[Times]:
    """The stages, each with what waits, and the times that half of the messages, and 99 %, stayed below."""

    def look() -> Times:
        away = not_heard(house.bus, time.time(), reader)
        found = house.timing.spreads(house.counts.stages)
        # What this dashboard measures itself is known all the same.
        spreads = {stage: found[stage] for stage in found if not (away and stage in BRIDGED)}
        waits = {"send": house.behind}
        if not away:
            status = house.status
            waits |= {"receive": status.unread, "commit": max(0, status.waiting - status.unread)}
        return Times(spreads, waits, away)

    def draw(drawing: Drawing[Times]) -> ft.Control:
        note = drawing.live(ft.Text(size=12, color=SOFT), value=lambda times: _note(times, reader))
        heads = [_figure(text) for text in (reader.say("waiting"), "p50", "p99")]
        lines: list[ft.Control] = [_span(ft.Container(), *heads)]
        for stage, (name, about) in SPANS.items():
            texts = [ft.Text(reader.say(name), size=14), ft.Text(reader.say(about), size=12, color=SOFT)]
            what = ft.Column([*texts], spacing=0, tight=True)
            shown = [drawing.live(_figure(), value=_figure_of(stage, part)) for part in ("p50", "p99")]
            waits = drawing.live(_figure(), value=_waits_of(stage))
            lines.append(_span(what, waits, *shown))
        lines.append(note)
        return titled(reader.say("The way of a message"), lines)

    return CardPlan(f"system/times/{reader.key}", frozenset({"status", "tick"}), look, draw)


def _note(times: Times, reader: Reader) -> str:
    if times.away:
        return reader.say("Not known: {why}", why=times.away)
    return reader.say(BELOW if "receive" in times.spreads else NO_TIMES)


def _waits_of(stage: str) -> Callable[[Times], str]:
    if stage not in QUEUES:
        return lambda _times: ""
    return lambda times: plain(times.waits[stage]) if stage in times.waits else DASH


def _figure_of(stage: str, part: str) -> Callable[[Times], str]:
    return lambda times: spread_text(times.spreads.get(stage), part)


def spread_text(spread: Spread | None, part: str) -> str:
    """One figure of a stage, in milliseconds; what is beyond the longest time that is told apart says so."""
    if spread is None:
        return DASH
    return time_text(spread.p50 if part == "p50" else spread.p99)


def time_text(seconds: float) -> str:
    """A time in milliseconds, or from one on in seconds; see `spread_text`."""
    if seconds >= BUCKETS[-1]:
        return f"> {BUCKETS[-1]:g} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def _span(what: ft.Control, *figures: ft.Control) -> ft.Control:
    return ft.Row([ft.Container(what, expand=True), *figures], spacing=4)


def _figure(text: str = "") -> ft.Text:
    """A column of figures; with a text its head."""
    weight = ft.FontWeight.W_400 if text else ft.FontWeight.W_500
    return ft.Text(text, size=14, weight=weight, width=WIDTH, text_align=ft.TextAlign.RIGHT)
