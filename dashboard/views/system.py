"""The system page: bus, broker, store, rates, depths, sessions, versions.

What only a bridge in another process knows is a dash while that is not heard.
"""

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import flet as ft

from bridge.ports import StoreFacts
from bridge.status import BRIDGED, BUCKETS, BridgeStatus, Spread
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.house import Dropped, House
from dashboard.language import marked
from dashboard.look import DOTS, SOFT, card, copyable
from dashboard.present import DASH, Tone, not_heard
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page
from dashboard.wording import age, ago, plain, shown_text, size_text

if TYPE_CHECKING:
    from bridge.bus.follower import BusLink

PACKAGES = ("fleetglass", "flet", "paho-mqtt", "amqtt", "pydantic")
FACTS = "facts"
FACTS_EVERY = 5
"""Seconds between two looks at the store's facts, while somebody looks at this page."""
SPANS: Mapping[str, tuple[str, str]] = {
    "receive": (marked("Received"), marked("waits in the inbox")),
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
BELOW = marked("Half of them took less than p50, 99 of 100 less than p99.")
NO_TIMES = marked("No message in the last minute.")
UNKNOWN = marked("Not known")
LINKS: Mapping[Tone, str] = {"good": marked("Connected"), "bad": marked("Not connected"), "muted": UNKNOWN}
STORES: Mapping[Tone, str] = {
    "good": marked("Takes what it is given"),
    "bad": marked("Cannot be used"),
    "muted": UNKNOWN,
}
BUSES: Mapping[Tone, str] = {
    "good": marked("Connected"),
    "bad": marked("Not connected"),
    "warn": marked("No bridge is heard on it"),
}
EMBEDDED_NOTE = marked(
    "The embedded broker is meant for a first look. It keeps nothing for Fleetglass while that is away, so "
    "the promise that no message is lost does not hold on it; use Mosquitto in production (see the README)."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page tells of. `facts` is None until they have been read, `facts_fault` why they cannot be.

    `away`: why nothing is known of the bridge, empty while it is heard.
    """

    status: BridgeStatus
    dropped: Dropped
    now: float
    bus: "BusLink | None" = None
    away: str = ""
    facts: StoreFacts | None = None
    facts_fault: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """By stage how long it took, of those that are known; `away` as in `Seen`."""

    spreads: Mapping[str, Spread]
    away: str = ""


Rows = Mapping[str, Callable[[Seen], str]]


def layout(house: House, _values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """Seven cards of rows; one more where there is a bus."""
    cards: list[CardPlan[Any]] = [
        *([_bus(house, reader)] if house.bus is not None else []),
        _broker(house, EMBEDDED_NOTE if house.status.embedded else "", reader),
        _store(house, reader),
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
        _times(house, reader),
        _sessions(house, reader),
        _card(house, marked("Frames"), reader, {
            marked("Frames"): lambda s: plain(s.status.frames),
            marked("Values merged into a newer one"): lambda s: plain(s.status.merged),
        }),
    ]  # fmt: skip
    return LayoutPlan(f"system/{reader.key}", frozenset(), lambda: cards)


def _bus(house: House, reader: Reader) -> CardPlan[Seen]:
    def told(of: Callable[["BusLink", float], str]) -> Callable[[Seen], str]:
        return lambda s: of(s.bus, s.now) if s.bus is not None else DASH

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines: list[ft.Control] = [
            _light(drawing, _bus_tone, BUSES, reader),
            _small(drawing, told(lambda bus, _now: bus.address)),
            _small(drawing, lambda s: s.away),
            *_rows(drawing, reader, {
                marked("Since"): told(lambda bus, now: _ago(bus.since, now, reader)),
                marked("Bridge last heard"): told(
                    lambda bus, now: _ago(bus.heard, now, reader) if bus.away else reader.say("now")
                ),
                marked("Bridge that leads"): told(lambda bus, _now: DASH if bus.away else bus.leader or DASH),
            }),
        ]  # fmt: skip
        return _titled(reader.say("Bus"), lines)

    return CardPlan(
        f"system/bus/{reader.key}", frozenset({"status", "tick"}), lambda: _seen(house, reader), draw
    )


def _broker(house: House, note: str, reader: Reader) -> CardPlan[Seen]:
    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines: list[ft.Control] = [
            _light(drawing, _broker_tone, LINKS, reader),
            _small(drawing, lambda s: s.away or reader.told(s.status.broker_detail)),
            *_rows(
                drawing,
                reader,
                {
                    marked("Dropped by the broker since our start"): lambda s: _dropped(s, reader),
                },
            ),
        ]
        if note:
            lines.append(ft.Text(reader.say(note), size=13, color=SOFT))
        return _titled(reader.say("Broker"), lines)

    return CardPlan(
        f"system/broker/{reader.key}", frozenset({"status", "tick"}), lambda: _seen(house, reader), draw
    )


def _store(house: House, reader: Reader) -> CardPlan[Seen]:
    def look() -> Seen:
        seen = _seen(house, reader)
        if seen.away:
            # Nobody is there to ask.
            return seen
        found = house.aside.look(FACTS, int(seen.now) // FACTS_EVERY, house.facts)
        return seen if found is None else replace(seen, facts=found.value, facts_fault=found.fault)

    rows = _while_heard({
        marked("Readings stored since our start"): lambda s: plain(s.status.stored),
        marked("Readings kept"): lambda s: plain(s.facts.readings) if s.facts else DASH,
        marked("The oldest"): lambda s: _oldest(s, reader),
        marked("Size"): lambda s: size_text(s.facts.size, reader) if s.facts and s.facts.durable else DASH,
    })  # fmt: skip

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines = [
            _light(drawing, _store_tone, STORES, reader),
            _small(drawing, lambda s: _where(s, reader)),
            *_rows(drawing, reader, rows),
        ]
        return _titled(reader.say("Store"), lines)

    return CardPlan(f"system/store/{reader.key}", frozenset({"status", "tick", tag(FACTS)}), look, draw)


def _card(house: House, name: str, reader: Reader, rows: Rows) -> CardPlan[Seen]:
    return CardPlan(
        f"system/{name}/{reader.key}",
        frozenset({"status"}),
        lambda: _seen(house, reader),
        lambda drawing: _titled(reader.say(name), _rows(drawing, reader, _while_heard(rows))),
    )


def _oldest(seen: Seen, reader: Reader) -> str:
    return age(seen.now - seen.facts.oldest, reader) if seen.facts and seen.facts.oldest else DASH


def _sessions(house: House, reader: Reader) -> CardPlan[int]:
    def draw(drawing: Drawing[int]) -> ft.Control:
        sessions = drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=str)
        rows = [_row(reader.say("Open sessions"), sessions)]
        rows += [_row(name, ft.Text(reader.told(text), size=14)) for name, text in versions().items()]
        return _titled(reader.say("Sessions and versions"), rows)

    return CardPlan(f"system/sessions/{reader.key}", frozenset({"sessions"}), lambda: house.sessions, draw)


def _times(house: House, reader: Reader) -> CardPlan[Times]:
    """The stages, each with the time that half of the messages stayed below, and 99 of 100."""

    def look() -> Times:
        away = not_heard(house.bus, time.time(), reader)
        found = house.timing.spreads(house.counts.stages)
        # What this dashboard measures itself is known all the same.
        return Times({stage: found[stage] for stage in found if not (away and stage in BRIDGED)}, away)

    def draw(drawing: Drawing[Times]) -> ft.Control:
        note = drawing.live(ft.Text(size=12, color=SOFT), value=lambda times: _note(times, reader))
        lines: list[ft.Control] = [_span(note, _figure("p50"), _figure("p99"))]
        for stage, (name, about) in SPANS.items():
            texts = [ft.Text(reader.say(name), size=14), ft.Text(reader.say(about), size=12, color=SOFT)]
            what = ft.Column([*texts], spacing=0, tight=True)
            shown = [drawing.live(_figure(), value=_figure_of(stage, part)) for part in ("p50", "p99")]
            lines.append(_span(what, *shown))
        return _titled(reader.say("Time of a message, last minute"), lines)

    return CardPlan(f"system/times/{reader.key}", frozenset({"status", "tick"}), look, draw)


def _note(times: Times, reader: Reader) -> str:
    if times.away:
        return reader.say("Not known: {why}", why=times.away)
    return reader.say(BELOW if "receive" in times.spreads else NO_TIMES)


def _figure_of(stage: str, part: str) -> Callable[[Times], str]:
    return lambda times: spread_text(times.spreads.get(stage), part)


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
            found[package] = marked("not installed")
    return found


def _seen(house: House, reader: Reader) -> Seen:
    now, bus = time.time(), house.bus
    return Seen(house.status, house.dropped, now, bus, not_heard(bus, now, reader))


def _while_heard(rows: Rows) -> Rows:
    """The same, but dashes while the bridge is not heard."""

    def heard(value_of: Callable[[Seen], str]) -> Callable[[Seen], str]:
        return lambda s: DASH if s.away else value_of(s)

    return {label: heard(value_of) for label, value_of in rows.items()}


def _ago(when: float | None, now: float, reader: Reader) -> str:
    return DASH if when is None else ago(when, now, reader)


def _bus_tone(seen: Seen) -> Tone:
    if seen.bus is None or not seen.bus.up:
        return "bad"
    return "warn" if seen.away else "good"


def _broker_tone(seen: Seen) -> Tone:
    if seen.away:
        return "muted"
    return "good" if seen.status.broker_up else "bad"


def _store_tone(seen: Seen) -> Tone:
    # That it was not told over the bus is no fault of the store.
    if seen.away or (seen.facts_fault and not seen.status.store_fault and seen.bus is not None):
        return "muted"
    return "bad" if seen.status.store_fault or seen.facts_fault else "good"


def _reading(seen: Seen, reader: Reader) -> str:
    if not seen.status.broker_up:
        return DASH
    return reader.say("paused") if seen.status.paused else reader.say("goes on")


def _dropped(seen: Seen, reader: Reader) -> str:
    dropped = seen.dropped
    if not dropped.count and not seen.status.broker_up:
        # It may have dropped some since it was heard.
        return DASH
    if dropped.total is None:
        return reader.say("it does not say")
    if dropped.last is None:
        return plain(dropped.count)
    many, last = plain(dropped.count), age(seen.now - dropped.last, reader)
    return reader.say("{n}, the last {age}", n=many, age=last)


def _where(seen: Seen, reader: Reader) -> str:
    if seen.away:
        return seen.away
    if seen.status.store_fault:
        return shown_text(reader.told(seen.status.store_fault), 300)
    if seen.facts_fault:
        return shown_text(reader.say("It cannot be read: {why}", why=reader.told(seen.facts_fault)), 300)
    if seen.facts is None:
        return "…"
    where = shown_text(reader.told(seen.facts.where), 300)
    if seen.facts.durable:
        return where
    return reader.say("{where}; it forgets everything when the program ends", where=where)


def _light(
    drawing: Drawing[Seen], tone_of: Callable[[Seen], Tone], words: Mapping[Tone, str], reader: Reader
) -> ft.Control:
    dot = drawing.live(
        ft.Icon(ft.Icons.CIRCLE, size=12),
        icon=lambda s: ft.Icons.CIRCLE if tone_of(s) == "good" else ft.Icons.CIRCLE_OUTLINED,
        color=lambda s: DOTS[tone_of(s)],
    )
    word = drawing.live(
        ft.Text(size=15, weight=ft.FontWeight.W_500), value=lambda s: reader.say(words[tone_of(s)])
    )
    return ft.Row([dot, word], spacing=8)


def _small(drawing: Drawing[Seen], text_of: Callable[[Seen], str]) -> ft.Control:
    text = drawing.live(copyable(size=13, color=SOFT), value=text_of, semantics_label=text_of)
    return drawing.live(text, visible=lambda s: bool(text_of(s)))


def _rows(drawing: Drawing[Seen], reader: Reader, rows: Rows) -> list[ft.Control]:
    return [
        _row(reader.say(label), drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=value_of))
        for label, value_of in rows.items()
    ]


def _titled(name: str, lines: list[ft.Control]) -> ft.Control:
    heading = ft.Text(name, size=15, weight=ft.FontWeight.W_600)
    return ft.Container(card(ft.Column([heading, *lines], spacing=10)), col={"xs": 12, "md": 6})


def _row(label: str, value: ft.Control) -> ft.Control:
    return ft.Row([ft.Text(label, size=14, color=SOFT, expand=True), value])


PAGE = Page(
    "/system",
    marked("System"),
    "monitor_heart_outlined",
    layout,
    rank=6,
    key="s",
    selected_icon="monitor_heart",
)
