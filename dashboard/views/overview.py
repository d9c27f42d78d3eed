"""The overview: every device, by kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import flet as ft

from bridge.labels import Label
from bridge.state import UNCLAIMED, DeviceState
from dashboard import hints
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House, in_use
from dashboard.language import marked
from dashboard.look import DOTS, SOFT, caption, empty
from dashboard.present import DASH, Tone, default_name
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.search import SearchField
from dashboard.views import Page, device_card
from dashboard.wording import plain, sentence, shown_text

HEADINGS_FROM = 3
"""Devices a kind, on average, from which each kind gets a heading."""
PER_PAGE = 100
"""Devices on one page: what a browser is sent when it opens, and what it takes to draw them, stay bounded."""
LONGEST_NUMBER = 6
LONGEST = 100
"""Letters of each word that is searched for."""
COUNTS = "quarantine counts"


@dataclass(frozen=True, slots=True)
class Summary:
    """How many devices there are of each availability, how fast messages come, how many are in quarantine.

    `rate` is None while nobody knows it, for want of a broker or of the bridge.
    """

    online: int
    stale: int
    offline: int
    unknown: int
    rate: float | None
    refused: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """What there is to say where there is no device: the broker to which they may come.

    Or why nobody knows of any (`away`), and whether it is that there was no bridge on `bus` yet.
    """

    broker: str
    away: str = ""
    bus: str = ""
    no_bridge: bool = False


ASKED = ("q", "kind", "place", "state")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which devices, `PER_PAGE` at a time: those that fit all that is given.

    `text` stands in the name, the place, the id or the name of the kind, upper and lower case alike.
    """

    text: str = ""
    kind: str = ""
    place: str = ""
    state: str = ""
    page: int = 1

    @property
    def route(self) -> str:
        """Where these devices are shown."""
        asked = {"q": self.text, "kind": self.kind, "place": self.place, "state": self.state}
        asked["page"] = str(self.page) if self.page > 1 else ""
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"/?{query}" if query else "/"

    @property
    def follows(self) -> frozenset[str]:
        """The tags at which other devices may be these."""
        return frozenset({"devices", "moved"} if self.state else {"devices"})

    def fits(self, device: DeviceState, label: Label, kind_title: str) -> bool:
        """Whether a device is one of these."""
        if self.kind and device.kind != self.kind:
            return False
        if self.place and (label.place or "") != self.place:
            return False
        if self.state and device.presence.availability != self.state:
            return False
        if not self.text:
            return True
        words = (label.name or default_name(device.id), label.place or "", device.id, kind_title)
        return self.text.casefold() in "\n".join(words).casefold()


def wanted(values: Mapping[str, str]) -> Wanted:
    """What the address asks for: `q`, `kind`, `place`, `state`, `page`."""
    text = values.get("page", "1")
    number = int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else 1
    text, kind, place, state = (values.get(name, "").strip()[:LONGEST] for name in ASKED)
    return Wanted(text, kind, place, state, max(1, number))


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """The devices that the address asks for; all of them if it asks for none."""
    these = wanted(values)
    return LayoutPlan(
        f"overview{these.route}/{reader.key}", these.follows, partial(_arrange, house, these, reader)
    )


class Search(SearchField):
    """The field to search with, among those that the address asks for otherwise."""

    def __init__(self, who: Who, values: Mapping[str, str]) -> None:
        hint = who.reader.say("Search devices by name, place, id or kind")
        super().__init__(who, values, hint, LONGEST, self._of)

    def follow(self, values: Mapping[str, str]) -> None:
        """See `Tools`."""
        self._these = wanted(values)
        super().follow(values)

    def _of(self, text: str) -> str:
        return replace(self._these, text=text, page=1).route


def tools(_house: House, values: Mapping[str, str], who: Who) -> Search:
    """The field to search with."""
    return Search(who, values)


def _chosen(house: House, these: Wanted) -> dict[str, list[tuple[str, str]]]:
    """By kind, name to sort by and id."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    titles = {kind.name: kind.title for kind in house.kinds}
    for device in in_use(house):
        label = house.label(device)
        if these.fits(device, label, titles.get(device.kind, "Unclaimed")):
            name = label.name or default_name(device.id)
            by_kind.setdefault(device.kind, []).append((name.casefold(), device.id))
    return by_kind


def _arrange(house: House, these: Wanted, reader: Reader) -> Sequence[CardPlan[Any]]:
    if not house.devices:
        return [_nothing_yet(house)]
    by_kind = _chosen(house, these)
    total = sum(map(len, by_kind.values()))
    if total == 0:
        return [_summary(house), _no_hit(these)]
    # A heading takes a row of its own: with a card or two below each, most of the screen would be empty.
    headings = total >= HEADINGS_FROM * len(by_kind)
    order = [
        (kind, device_id)
        for kind in sorted(by_kind, key=lambda name: _rank(house, name, by_height=not headings))
        for _name, device_id in sorted(by_kind[kind])
    ]
    last = -(-total // PER_PAGE)
    number = max(1, min(these.page, last))
    plans: list[CardPlan[Any]] = [_summary(house)]
    shown = ""
    for kind, device_id in order[(number - 1) * PER_PAGE : number * PER_PAGE]:
        if kind != shown and (headings or kind == UNCLAIMED):
            plans.append(_section(house, kind, these))
        shown = kind
        plans.append(device_card.plan(house, device_id, reader))
    if last > 1:
        plans.append(_pager(replace(these, page=number), last, total))
    return plans


def _no_hit(these: Wanted) -> CardPlan[None]:
    def draw(drawing: Drawing[None]) -> ft.Control:
        # A route is a person's own words: shown as they are, cut where they would fill the screen.
        asked = [word for word in (these.text, these.kind, these.place, these.state) if word]
        about = f"No device fits {', '.join(shown_text(word, 60) for word in asked)}."
        all_of_them = drawing.on(
            ft.FilledTonalButton("Show all devices"), click=lambda who, _data: who.go("/")
        )
        box = empty("search_off", "Nothing found", about)
        return ft.Column(
            [box, all_of_them], col=12, spacing=0, horizontal_alignment=ft.CrossAxisAlignment.CENTER
        )

    return CardPlan(f"no hit/{these.route}", frozenset(), lambda: None, draw)


def _pager(these: Wanted, last: int, total: int) -> CardPlan[None]:
    number = these.page

    def draw(drawing: Drawing[None]) -> ft.Control:
        def button(label: str, to: int) -> ft.Control:
            there = ft.OutlinedButton(label, disabled=not 1 <= to <= last)
            return drawing.on(there, click=lambda who, _data: who.go(replace(these, page=to).route))

        first = (number - 1) * PER_PAGE + 1
        where = f"{first:,} to {min(number * PER_PAGE, total):,} of {total:,} devices"
        row = ft.Row(
            [button("Previous", number - 1), ft.Text(where, size=13, color=SOFT), button("Next", number + 1)],
            alignment=ft.MainAxisAlignment.CENTER,
            wrap=True,
            spacing=16,
        )
        return ft.Container(row, col=12, padding=ft.Padding.only(top=8))

    return CardPlan(f"pager/{last}/{total}{these.route}", frozenset(), lambda: None, draw)


def _rank(house: House, kind_name: str, *, by_height: bool) -> tuple[bool, int, str]:
    """Unclaimed devices last; without headings tall cards first, so that a row has cards of one height."""
    kind = house.kinds.get(kind_name)
    if kind is None:
        return True, 0, kind_name
    return False, -len(kind.metrics) if by_height else 0, kind.title


def _summary(house: House) -> CardPlan[Summary]:
    def look() -> Summary:
        counts = {"online": 0, "stale": 0, "offline": 0, "unknown": 0}
        for device in in_use(house):
            counts[device.presence.availability] += 1
        status, known = house.status, house.bus is None or not house.bus.away
        kept = house.aside.look(COUNTS, house.quarantine_changes, house.quarantine_counts) if known else None
        refused = kept.value.kept if kept is not None and kept.value is not None else 0
        return Summary(**counts, rate=status.rate if status.broker_up else None, refused=refused)

    follows = frozenset({"devices", "moved", "status", "quarantine", tag(COUNTS)})
    return CardPlan("summary", follows, look, _draw_summary, lambda s: s.refused > 0)


def _draw_summary(drawing: Drawing[Summary]) -> ft.Control:
    def figure(word: str, tone: Tone, name: str) -> ft.Control:
        number = drawing.live(
            ft.Text(size=20, weight=ft.FontWeight.W_600), value=lambda s: str(getattr(s, name))
        )
        dot = ft.Icon(
            ft.Icons.CIRCLE if tone == "good" else ft.Icons.CIRCLE_OUTLINED, size=10, color=DOTS[tone]
        )
        return ft.Row([dot, number, ft.Text(word, size=13, color=SOFT)], spacing=6, tight=True)

    rate = drawing.live(
        ft.Text(size=20, weight=ft.FontWeight.W_600),
        value=lambda s: DASH if s.rate is None else f"{s.rate:.1f}",
    )
    refused = [_refused(drawing)] if drawing.view.refused else []
    return ft.Container(
        ft.Row(
            [
                figure("online", "good", "online"),
                figure("stale", "warn", "stale"),
                figure("offline", "bad", "offline"),
                figure("unknown", "muted", "unknown"),
                ft.Row([rate, ft.Text("messages/s", size=13, color=SOFT)], spacing=6, tight=True),
                *refused,
            ],
            wrap=True, spacing=24, run_spacing=8, vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        col=12,
    )  # fmt: skip


def _refused(drawing: Drawing[Summary]) -> ft.Control:
    """How many messages are in quarantine, and the way there. A button is as wide as its text, not wider."""
    text = drawing.live(
        ft.Text(size=13, color=ft.Colors.ON_ERROR_CONTAINER, no_wrap=True),
        value=lambda s: f"{plain(s.refused)} in quarantine",
    )
    pill = ft.FilledButton(
        text,
        height=26,
        tooltip="To the quarantine",
        style=ft.ButtonStyle(
            bgcolor=ft.Colors.ERROR_CONTAINER,
            elevation=0,
            padding=ft.Padding.symmetric(vertical=0, horizontal=10),
            shape=ft.RoundedRectangleBorder(radius=12),
        ),
    )
    return drawing.on(pill, click=lambda who, _data: who.go("/quarantine"))


def _section(house: House, kind_name: str, these: Wanted) -> CardPlan[int]:
    kind = house.kinds.get(kind_name)
    name = kind.title if kind else "Unclaimed"
    explanation = (
        "" if kind_name != UNCLAIMED else "No kind claims what these speak; their metrics are inferred."
    )

    def look() -> int:
        devices = [device for device in in_use(house) if device.kind == kind_name]
        return sum(these.fits(device, house.label(device), name) for device in devices)

    def draw(drawing: Drawing[int]) -> ft.Control:
        count = drawing.live(ft.Text(size=13, color=SOFT), value=str)
        heading = ft.Row(
            [ft.Text(name, size=16, weight=ft.FontWeight.W_600), count, caption(explanation, expand=True)],
            spacing=10, vertical_alignment=ft.CrossAxisAlignment.END,
        )  # fmt: skip
        return ft.Container(heading, col=12, padding=ft.Padding.only(top=8))

    return CardPlan(f"section/{kind_name}{replace(these, page=1).route}", these.follows, look, draw)


def _nothing_yet(house: House) -> CardPlan[Nothing]:
    def look() -> Nothing:
        bus = house.bus
        if bus is None or not bus.away:
            return Nothing(house.status.broker_url)
        return Nothing("", bus.away, bus.address, bus.no_bridge)

    return CardPlan("nothing", frozenset({"status"}), look, _draw_nothing, lambda nothing: nothing)


def _draw_nothing(drawing: Drawing[Nothing]) -> ft.Control:
    nothing = drawing.view
    if nothing.no_bridge:
        headline = f"No bridge on {nothing.bus} yet"
        return empty("sensors_off", headline, "Start one in a terminal:", hints.bridge(nothing.bus))
    if nothing.away:
        why = f"{sentence(shown_text(nothing.away, 300))} It is tried again."
        return empty("link_off", "Nothing is known of devices yet", why)
    if not nothing.broker:
        return empty("sensors", "No device has spoken yet", "The bridge has not told of any.")
    return empty(
        "sensors",
        "No device has spoken yet",
        f"Point your devices at {nothing.broker}, or try one of these in a terminal:",
        hints.mosquitto_pub(nothing.broker),
        hints.publish(nothing.broker),
    )


PAGE = Page(
    "/",
    marked("Overview"),
    "dashboard_outlined",
    layout,
    rank=1,
    key="o",
    selected_icon="dashboard",
    tools=tools,
)
