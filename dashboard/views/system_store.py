"""Broker and store: cards of the system page."""

from collections.abc import Mapping
from dataclasses import replace

import flet as ft

from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.present import DASH, Tone
from dashboard.reader import Reader
from dashboard.views.system_parts import Seen, light, line, rows, seen, titled, while_heard
from dashboard.wording import age, plain, shown_text, size_text

FACTS = "facts"
FACTS_EVERY = 5
"""Seconds between two looks at the store's facts, while somebody looks at this page."""
UNKNOWN = marked("Not known")
LINKS: Mapping[Tone, str] = {"good": marked("Connected"), "bad": marked("Not connected"), "muted": UNKNOWN}
STORES: Mapping[Tone, str] = {
    "good": marked("Takes what it is given"),
    "bad": marked("Cannot be used"),
    "muted": UNKNOWN,
}
EMBEDDED_NOTE = marked(
    "The embedded broker is meant for a first look. It keeps nothing for Fleetglass while that is away, so "
    "the promise that no message is lost does not hold on it; use Mosquitto in production (see the README)."
)


def broker(house: House, reader: Reader) -> CardPlan[Seen]:
    """Whether it is reached, and what it dropped; of the embedded one what it is not meant for."""

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        dropped = {marked("Dropped by the broker since our start"): lambda s: _dropped(s, reader)}
        lines: list[ft.Control] = [
            light(drawing, _broker_tone, LINKS, reader),
            line(drawing, lambda s: s.away or reader.told(s.status.broker_detail)),
            *rows(drawing, reader, dropped),
            # Of a bridge elsewhere it may be known later.
            line(drawing, lambda s: reader.say(EMBEDDED_NOTE) if s.status.embedded else ""),
        ]
        return titled(reader.say("Broker"), lines)

    return CardPlan(
        f"system/broker/{reader.key}", frozenset({"status", "tick"}), lambda: seen(house, reader), draw
    )


def store(house: House, reader: Reader) -> CardPlan[Seen]:
    """Whether it takes what it is given, where it is, and how much it holds."""

    def look() -> Seen:
        present = seen(house, reader)
        if present.away:
            # Nobody is there to ask.
            return present
        found = house.aside.look(FACTS, int(present.now) // FACTS_EVERY, house.facts)
        return present if found is None else replace(present, facts=found.value, facts_fault=found.fault)

    told = while_heard({
        marked("Readings stored since our start"): lambda s: plain(s.status.stored),
        marked("Readings kept"): lambda s: plain(s.facts.readings) if s.facts else DASH,
        marked("The oldest"): lambda s: _oldest(s, reader),
        marked("Size"): lambda s: size_text(s.facts.size, reader) if s.facts and s.facts.durable else DASH,
    })  # fmt: skip

    def draw(drawing: Drawing[Seen]) -> ft.Control:
        lines = [
            light(drawing, _store_tone, STORES, reader),
            line(drawing, lambda s: _where(s, reader)),
            *rows(drawing, reader, told),
        ]
        return titled(reader.say("Store"), lines)

    return CardPlan(f"system/store/{reader.key}", frozenset({"status", "tick", tag(FACTS)}), look, draw)


def _oldest(seen: Seen, reader: Reader) -> str:
    return age(seen.now - seen.facts.oldest, reader) if seen.facts and seen.facts.oldest else DASH


def _broker_tone(seen: Seen) -> Tone:
    if seen.away:
        return "muted"
    return "good" if seen.status.broker_up else "bad"


def _store_tone(seen: Seen) -> Tone:
    # That it was not told over the bus is no fault of the store.
    if seen.away or (seen.facts_fault and not seen.status.store_fault and seen.bus is not None):
        return "muted"
    return "bad" if seen.status.store_fault or seen.facts_fault else "good"


def _dropped(seen: Seen, reader: Reader) -> str:
    dropped = seen.dropped
    if not dropped.count and not seen.status.broker_up:
        # It may have dropped some since it was heard.
        return DASH
    if dropped.total is None:
        return reader.say("this broker does not tell")
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
