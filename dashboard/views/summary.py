"""How the fleet is, in figures; each that counts devices leads to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import flet as ft

from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing
from dashboard.census import count
from dashboard.house import House
from dashboard.look import DOTS, LINE, PAPER, SIGNS, SOFT
from dashboard.present import AVAILABILITY_TONES, DASH, Tone, kind_title
from dashboard.reader import Reader
from dashboard.views.wanted import STATES, Wanted
from dashboard.wording import plain

COUNTS = "quarantine counts"
FOLLOWS = frozenset({"devices", "moved", "status", "tick", "quarantine", tag(COUNTS)})
TONES: Mapping[str, Tone] = {**AVAILABILITY_TONES, "alert": "bad"}


@dataclass(frozen=True, slots=True)
class Summary:
    """How many devices there are of each availability, how fast messages come, how many are in quarantine.

    Devices are those that fit all that is asked for but their state. `alert` has a value beyond its limits,
    or one that means trouble. `rate` and `refused` are None while nobody knows
    them, for want of a broker or of the bridge.
    """

    online: int
    offline: int
    stale: int
    unknown: int
    alert: int
    rate: float | None
    refused: int | None


def plan(house: House, these: Wanted, reader: Reader) -> CardPlan[Summary]:
    """The figures; that by which the devices are chosen now is marked."""
    return CardPlan(
        f"summary{these.but().route}/{reader.key}",
        FOLLOWS,
        partial(look, house, these.but(state=""), reader),
        partial(_draw, these, reader),
    )


def look(house: House, these: Wanted, reader: Reader) -> Summary:
    """The figures of the devices that are asked for."""
    found = house.census.look(house, labels=False)

    def ask() -> dict[str, int]:
        titles = {kind.name: kind_title(kind, reader) for kind in house.kinds}
        unclaimed = reader.say("Unclaimed")
        return count(device for device in found if these.fits(device, titles.get(device.kind, unclaimed)))

    counts: dict[str, int] = house.census.answer(("summary", these, reader.key), ask)
    status, known = house.status, house.bus is None or not house.bus.away
    kept = house.aside.look(COUNTS, house.quarantine_changes, house.quarantine_counts) if known else None
    refused = kept.value.kept if kept is not None and kept.value is not None else None
    return Summary(**counts, rate=status.rate if status.broker_up else None, refused=refused)


def _draw(these: Wanted, reader: Reader, drawing: Drawing[Summary]) -> ft.Control:
    say = reader.say
    figures: list[ft.Control] = [_state(drawing, these, state, reader) for state in STATES]
    rate = drawing.live(_number(), value=lambda s: DASH if s.rate is None else f"{s.rate:.1f}")
    figures.append(_tile([ft.Row([rate], tight=True), _word(say("messages/s"))]))
    refused = drawing.live(_number(), value=lambda s: DASH if s.refused is None else plain(s.refused))
    mark = drawing.live(
        ft.Icon(ft.Icons.REPORT_OUTLINED, size=14),
        color=lambda s: DOTS["bad"] if s.refused else DOTS["muted"],
    )
    quarantine = _tile([ft.Row([mark, refused], spacing=6, tight=True), _word(say("in quarantine"))])
    drawing.on(quarantine, click=lambda who, _data: who.go("/quarantine"))
    quarantine.tooltip = say("To the quarantine")
    figures.append(quarantine)
    # One row, or on a phone or tablet two.
    return ft.ResponsiveRow(figures, columns={"xs": 8, "lg": 7}, spacing=8, run_spacing=8, col=12)


def _state(drawing: Drawing[Summary], these: Wanted, state: str, reader: Reader) -> ft.Control:
    """How many there are of one state; pressed, only these are shown, and again, all."""
    word, chosen = reader.say(STATES[state]), these.state == state
    number = drawing.live(_number(), value=lambda s: plain(getattr(s, state)))
    mark = ft.Icon(SIGNS[state], size=14, color=DOTS[TONES[state]])
    tile = _tile([ft.Row([mark, number], spacing=6, tight=True), _word(word)], chosen=chosen)
    to = these.but(state="" if chosen else state).route
    drawing.on(tile, click=lambda who, _data: who.go(to))

    def label(summary: Summary) -> str:
        n = plain(getattr(summary, state))
        if chosen:
            return reader.say("{state}: {n}. Only these are shown; press to show all.", state=word, n=n)
        return reader.say("{state}: {n}. Press to show only these.", state=word, n=n)

    whole = ft.Semantics(content=tile, container=True, selected=chosen, button=True, col={"xs": 2, "lg": 1})
    return drawing.live(whole, label=label)


def _tile(content: list[ft.Control], *, chosen: bool = False) -> ft.Container:
    return ft.Container(
        ft.Column(content, spacing=0, tight=True),
        ink=True,
        height=56,
        bgcolor=ft.Colors.SECONDARY_CONTAINER if chosen else PAPER,
        border=ft.Border.all(2 if chosen else 1, ft.Colors.PRIMARY if chosen else LINE),
        border_radius=12,
        padding=ft.Padding.symmetric(vertical=6, horizontal=10),
        col={"xs": 3, "lg": 1},
    )


def _number() -> ft.Text:
    return ft.Text(size=18, weight=ft.FontWeight.W_600, no_wrap=True)


def _word(text: str) -> ft.Text:
    return ft.Text(text, size=12, color=SOFT, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS)
