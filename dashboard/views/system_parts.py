"""What the cards of the system page are made of: what they tell of, a light, lines and rows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import flet as ft

from bridge.ports import StoreFacts
from bridge.status import BridgeStatus
from dashboard.card import Drawing
from dashboard.house import Dropped, House
from dashboard.look import DOTS, SIGNS, SOFT, card, copyable
from dashboard.present import DASH, Tone, not_heard
from dashboard.reader import Reader

if TYPE_CHECKING:
    # Redis, which a bridge in the same process does not need.
    from bridge.bus.follower import BusLink
    from bridge.bus.publisher import BusVoice


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page tells of. `facts` is None until they have been read, `facts_fault` why they cannot be.

    `away`: why nothing is known of the bridge, empty while it is heard. `bus` is how a bridge elsewhere is
    reached, `voice` how a bridge in this process speaks to dashboards elsewhere.
    """

    status: BridgeStatus
    dropped: Dropped
    now: float
    bus: "BusLink | None" = None
    voice: "BusVoice | None" = None
    away: str = ""
    facts: StoreFacts | None = None
    facts_fault: str = ""


Rows = Mapping[str, Callable[[Seen], str]]


def seen(house: House, reader: Reader) -> Seen:
    """The present."""
    now, bus = time.time(), house.bus
    return Seen(house.status, house.dropped, now, bus, house.voice, not_heard(bus, now, reader))


def while_heard(rows: Rows) -> Rows:
    """The same, but dashes while the bridge is not heard."""

    def heard(value_of: Callable[[Seen], str]) -> Callable[[Seen], str]:
        return lambda s: DASH if s.away else value_of(s)

    return {label: heard(value_of) for label, value_of in rows.items()}


def light(
    drawing: Drawing[Seen], tone_of: Callable[[Seen], Tone], words: Mapping[Tone, str], reader: Reader
) -> ft.Control:
    """Whether it is well, as a colour, a shape and a word."""
    dot = drawing.live(
        ft.Icon(ft.Icons.CIRCLE, size=14),
        icon=lambda s: SIGNS[tone_of(s)],
        color=lambda s: DOTS[tone_of(s)],
    )
    word = drawing.live(
        ft.Text(size=15, weight=ft.FontWeight.W_500), value=lambda s: reader.say(words[tone_of(s)])
    )
    return ft.Row([dot, word], spacing=8)


def line(drawing: Drawing[Seen], text_of: Callable[[Seen], str]) -> ft.Control:
    """A line of text that can be copied; not there while it is empty."""
    text = drawing.live(copyable(size=13, color=SOFT), value=text_of, semantics_label=text_of)
    return drawing.live(text, visible=lambda s: bool(text_of(s)))


def rows(drawing: Drawing[Seen], reader: Reader, told: Rows) -> list[ft.Control]:
    """Rows of what something is called and how it is now."""
    return [
        row(reader.say(label), drawing.live(ft.Text(size=14, weight=ft.FontWeight.W_500), value=value_of))
        for label, value_of in told.items()
    ]


def titled(name: str, lines: list[ft.Control]) -> ft.Control:
    """A card with its heading."""
    return card(ft.Column([heading(name), *lines], spacing=10))


def heading(name: str) -> ft.Control:
    """What a card is called."""
    named = ft.Text(name, size=15, weight=ft.FontWeight.W_600)
    return ft.Semantics(content=named, header=True, heading_level=2)


def row(label: str, value: ft.Control) -> ft.Control:
    """A name at the left, a value at the right."""
    return ft.Row([ft.Text(label, size=14, color=SOFT, expand=True), value])
