"""The system page: broker, store, rates, depths, sessions, versions."""

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import flet as ft

from bridge.ports import StoreFacts
from bridge.status import BUCKETS, BridgeStatus, Spread
from dashboard.aside import tag
from dashboard.house import Dropped, House
from dashboard.look import DOTS, SOFT, card, copyable
from dashboard.present import DASH, age, plain, shown_text, size_text
from dashboard.scene import CardPlan, Drawing, LayoutPlan
from dashboard.views import Page

PACKAGES = ("fleetglass", "flet", "paho-mqtt", "amqtt", "pydantic")
FACTS = "facts"
FACTS_EVERY = 5
"""Seconds between two looks at the store's facts, while somebody looks at this page."""
SPANS: Mapping[str, tuple[str, str]] = {
    "receive": ("Received", "waits in the inbox"),
    "decode": ("Decoded", "is read"),
    "commit": ("Stored", "is written to the store"),
    "frame": ("Framed", "waits for its frame"),
    "send": ("Sent", "from the frame to each browser's socket"),
    "total": ("In all", "from received to the first browser's socket"),
    "browser": ("Taken in", "from the socket until a browser says it has it; a few are asked"),
}
"""Of each stage: its name, and what happens to a message in it."""
BELOW = "Half of them took less than p50, 99 of 100 less than p99."
NO_TIMES = "No message in the last minute."
EMBEDDED_NOTE = (
    "The embedded broker is meant for a first look. It keeps nothing for Fleetglass while that is away, so "
    "the promise that no message is lost does not hold on it; use Mosquitto in production (see the README)."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page tells of. `facts` is None until they have been read, `facts_fault` why they cannot be."""

    status: BridgeStatus
    dropped: Dropped
    now: float
    facts: StoreFacts | None = None
    facts_fault: str = ""


Rows = Mapping[str, Callable[[Seen], str]]


def layout(house: House, _values: Mapping[str, str]) -> LayoutPlan:
    """Seven cards of rows."""
    cards: list[CardPlan[Any]] = [
        _broker(house, EMBEDDED_NOTE if house.status.embedded else ""),
        _store(house),
        _card(house, "Messages", {
            "Messages a second": lambda s: f"{s.status.rate:.1f}",
            "Received": lambda s: plain(s.status.received),
            "Delivered again, and recognised": lambda s: plain(s.status.repeated),
            "Refused": lambda s: plain(s.status.quarantined),
            "Unclaimed": lambda s: plain(s.status.unclaimed),
        }),
        _card(house, "Waiting to be kept", {
            "Messages": lambda s: f"{plain(s.status.waiting)} of {plain(s.status.mark)}",
            "The oldest": lambda s: f"{s.status.lag:.1f} s" if s.status.waiting else DASH,
            "Reading from the broker": lambda s: "paused" if s.status.paused else "goes on",
        }),
        _times(house),
        _sessions(house),
        _card(house, "Frames", {
            "Frames": lambda s: plain(s.status.frames),
            "Values merged into a newer one": lambda s: plain(s.status.merged),
        }),
    ]  # fmt: skip
    return LayoutPlan("system", frozenset(), lambda: cards)


def _broker(house: House, note: str) -> CardPlan[Seen]:
    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines: list[ft.Control] = [
            _light(drawing, lambda s: s.status.broker_up, "Connected", "Not connected"),
            _small(drawing, lambda s: s.status.broker_detail),
            *_rows(drawing, {"Dropped by the broker since our start": _dropped}),
        ]
        if note:
            lines.append(ft.Text(note, size=13, color=SOFT))
        return _titled("Broker", lines)

    return CardPlan("system/broker", frozenset({"status", "tick"}), lambda: _seen(house), draw)


def _store(house: House) -> CardPlan[Seen]:
    def look() -> Seen:
        found = house.aside.look(FACTS, int(time.time()) // FACTS_EVERY, house.facts)
        return _seen(house, found.value if found else None, found.fault if found else "")

    rows: Rows = {
        "Readings stored since our start": lambda s: plain(s.status.stored),
        "Readings kept": lambda s: plain(s.facts.readings) if s.facts else DASH,
        "The oldest": lambda s: age(s.now - s.facts.oldest) if s.facts and s.facts.oldest else DASH,
        "Size": lambda s: size_text(s.facts.size) if s.facts and s.facts.durable else DASH,
    }

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines = [
            _light(
                drawing,
                lambda s: not (s.status.store_fault or s.facts_fault),
                "Takes what it is given",
                "Cannot be used",
            ),
            _small(drawing, _where),
            *_rows(drawing, rows),
        ]
        return _titled("Store", lines)

    return CardPlan("system/store", frozenset({"status", "tick", tag(FACTS)}), look, draw)


def _card(house: House, name: str, rows: Rows) -> CardPlan[Seen]:
    return CardPlan(
        f"system/{name}",
        frozenset({"status"}),
        lambda: _seen(house),
        lambda drawing: _titled(name, _rows(drawing, rows)),
    )


def _sessions(house: House) -> CardPlan[int]:
    def draw(drawing: Drawing[int]) -> ft.Control:
        sessions = drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=str)
        rows = [_row("Open sessions", sessions)]
        rows += [_row(name, ft.Text(text, size=14)) for name, text in versions().items()]
        return _titled("Sessions and versions", rows)

    return CardPlan("system/sessions", frozenset({"sessions"}), lambda: house.sessions, draw)


def _times(house: House) -> CardPlan[Mapping[str, Spread]]:
    """The stages, each with the time that half of the messages stayed below, and 99 of 100."""

    def draw(drawing: Drawing[Mapping[str, Spread]]) -> ft.Control:
        note = drawing.live(
            ft.Text(size=12, color=SOFT), value=lambda s: BELOW if "receive" in s else NO_TIMES
        )
        lines: list[ft.Control] = [_span(note, _figure("p50"), _figure("p99"))]
        for stage, (name, about) in SPANS.items():
            what = ft.Column(
                [ft.Text(name, size=14), ft.Text(about, size=12, color=SOFT)], spacing=0, tight=True
            )
            shown = [drawing.live(_figure(), value=_figure_of(stage, part)) for part in ("p50", "p99")]
            lines.append(_span(what, *shown))
        return _titled("Time of a message, last minute", lines)

    return CardPlan(
        "system/times", frozenset({"status", "tick"}), lambda: house.timing.spreads(house.counts.stages), draw
    )


def _figure_of(stage: str, part: str) -> Callable[[Mapping[str, Spread]], str]:
    return lambda spreads: spread_text(spreads.get(stage), part)


def spread_text(spread: Spread | None, part: str) -> str:
    """One figure of a stage, in milliseconds; what is beyond the longest time that is told apart says so."""
    if spread is None:
        return DASH
    seconds = spread.p50 if part == "p50" else spread.p99
    if seconds >= BUCKETS[-1]:
        return f"> {BUCKETS[-1]:g} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def _span(what: ft.Control, *figures: ft.Control) -> ft.Control:
    return ft.Row([ft.Container(what, expand=True), *figures], spacing=8)


def _figure(text: str = "") -> ft.Text:
    """A column of figures; with a text its head."""
    weight = ft.FontWeight.W_400 if text else ft.FontWeight.W_500
    return ft.Text(text, size=14, weight=weight, width=72, text_align=ft.TextAlign.RIGHT)


def versions() -> Mapping[str, str]:
    """What runs here."""
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _seen(house: House, facts: StoreFacts | None = None, fault: str = "") -> Seen:
    return Seen(house.status, house.dropped, time.time(), facts, fault)


def _dropped(seen: Seen) -> str:
    dropped = seen.dropped
    if dropped.total is None:
        return "it does not say"
    last = f", the last {age(seen.now - dropped.last)}" if dropped.last is not None else ""
    return plain(dropped.count) + last


def _where(seen: Seen) -> str:
    if seen.status.store_fault or seen.facts_fault:
        return shown_text(seen.status.store_fault or f"It cannot be read: {seen.facts_fault}", 300)
    if seen.facts is None:
        return "…"
    where = shown_text(seen.facts.where, 300)
    return where if seen.facts.durable else f"{where}; it forgets everything when the program ends"


def _light(drawing: Drawing[Seen], good: Callable[[Seen], bool], yes: str, no: str) -> ft.Control:
    dot = drawing.live(
        ft.Icon(ft.Icons.CIRCLE, size=12),
        icon=lambda s: ft.Icons.CIRCLE if good(s) else ft.Icons.CIRCLE_OUTLINED,
        color=lambda s: DOTS["good" if good(s) else "bad"],
    )
    word = drawing.live(ft.Text(size=15, weight=ft.FontWeight.W_500), value=lambda s: yes if good(s) else no)
    return ft.Row([dot, word], spacing=8)


def _small(drawing: Drawing[Seen], text_of: Callable[[Seen], str]) -> ft.Control:
    return drawing.live(copyable(size=13, color=SOFT), value=text_of, semantics_label=text_of)


def _rows(drawing: Drawing[Seen], rows: Rows) -> list[ft.Control]:
    return [
        _row(label, drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=value_of))
        for label, value_of in rows.items()
    ]


def _titled(name: str, lines: list[ft.Control]) -> ft.Control:
    heading = ft.Text(name, size=15, weight=ft.FontWeight.W_600)
    return ft.Container(card(ft.Column([heading, *lines], spacing=10)), col={"xs": 12, "md": 6})


def _row(label: str, value: ft.Control) -> ft.Control:
    return ft.Row([ft.Text(label, size=14, color=SOFT, expand=True), value])


PAGE = Page("/system", "System", "monitor_heart_outlined", layout, rank=3, selected_icon="monitor_heart")
