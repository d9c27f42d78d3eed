"""The pages for which a phone's bar has no room. It is no page of the navigation itself."""

from collections.abc import Mapping

import flet as ft

from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, card, icon, title
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page, pages

ROOM = 5
"""Entries of a phone's bar at most; where there are more pages, the last of them is the one for the rest."""


def beyond() -> list[Page]:
    """The pages of the navigation that a phone's bar does not show."""
    ranked = [page for page in pages() if page.rank is not None]
    return ranked[ROOM - 1 :] if len(ranked) > ROOM else []


def layout(_house: House, _values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """An entry for each of them."""
    name = f"more/{reader.key}"
    plans = [CardPlan(name, frozenset(), lambda: reader, _draw)]
    return LayoutPlan(name, frozenset(), lambda: plans)


def _draw(drawing: Drawing[Reader]) -> ft.Control:
    return ft.Column([_entry(drawing, page) for page in beyond()], spacing=12, col=12)


def _entry(drawing: Drawing[Reader], page: Page) -> ft.Control:
    def clicked(who: Who, _data: object) -> None:
        who.go(page.route)

    name = ft.Container(title(drawing.view.say(page.title)), expand=True)
    row = ft.Row([ft.Icon(icon(page.icon)), name, ft.Icon(ft.Icons.CHEVRON_RIGHT, color=SOFT)], spacing=12)
    return drawing.on(card(row, ink=True), click=clicked)


PAGE = Page("/more", marked("More"), "more_horiz", layout, selected_icon="more_horiz")
