"""The quarantine: what was refused, where, why, and what it was."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import flet as ft

from bridge.quarantine import Quarantined
from dashboard import hints
from dashboard.house import House
from dashboard.look import SOFT, caption, card, copyable, empty
from dashboard.present import age, payload_text, shown_text
from dashboard.scene import CardPlan, Drawing, LayoutPlan
from dashboard.views import Page

MOST = 50
"""Messages shown, the newest; the API has them all."""


def layout(house: House, _values: Mapping[str, str]) -> LayoutPlan:
    """The newest refused messages."""
    return LayoutPlan("quarantine", frozenset({"quarantine"}), partial(_arrange, house))


def _arrange(house: House) -> Sequence[CardPlan[Any]]:
    entries = house.quarantined(limit=MOST)
    if not entries:
        return [_all_well(house)]
    return [_counts(house), *(_entry(entry) for entry in entries)]


def _counts(house: House) -> CardPlan[str]:
    def look() -> str:
        kept, removed = house.quarantine_counts()
        by_reason = house.counts.quarantined.most_common()
        reasons = " · ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in by_reason)
        newest = f", the newest {MOST} shown" if kept > MOST else ""
        gone = f", {removed} older ones removed by the bound" if removed else ""
        return f"{kept} refused{newest}{gone}: {reasons}"

    def draw(drawing: Drawing[str]) -> ft.Control:
        return ft.Container(drawing.live(ft.Text(size=13, color=SOFT), value=lambda text: text), col=12)

    return CardPlan("quarantine", frozenset({"quarantine"}), look, draw)


def _entry(entry: Quarantined) -> CardPlan[str]:
    def draw(drawing: Drawing[str]) -> ft.Control:
        reason = ft.Container(
            ft.Text(entry.reason.replace("_", " "), size=12, color=ft.Colors.ON_ERROR_CONTAINER),
            bgcolor=ft.Colors.ERROR_CONTAINER, border_radius=12,
            padding=ft.Padding.symmetric(vertical=3, horizontal=10),
        )  # fmt: skip
        when = drawing.live(caption(), value=lambda text: text)
        topic = copyable(shown_text(entry.topic, 200), size=14, weight=ft.FontWeight.W_600, expand=True)
        payload = ft.Container(
            copyable(payload_text(entry.payload, 400) or "(empty)", size=12, font_family="monospace"),
            bgcolor=ft.Colors.SURFACE_CONTAINER, border_radius=10, padding=10,
        )  # fmt: skip
        column = ft.Column(
            [ft.Row([topic, when], spacing=12),
             ft.Row([reason, caption(f"{entry.size:,} bytes")], spacing=10),
             copyable(shown_text(entry.detail, 400), size=14), payload],
            spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        )  # fmt: skip
        return ft.Container(card(column), col={"xs": 12, "lg": 6})

    return CardPlan(f"refused/{entry.id}", frozenset({"tick"}), lambda: age(time.time() - entry.time), draw)


def _all_well(house: House) -> CardPlan[None]:
    def draw(_drawing: Drawing[None]) -> ft.Control:
        return empty(
            "verified_outlined",
            "Nothing in quarantine",
            "Every message so far was valid. One that is not is kept here with the reason; try one:",
            hints.mosquitto_pub(house.status.broker_url, hints.BAD),
        )

    return CardPlan("all_well", frozenset(), lambda: None, draw)


PAGE = Page("/quarantine", "Quarantine", "report_outlined", layout, rank=2, selected_icon="report")
