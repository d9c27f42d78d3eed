"""What stands around every page: navigation and heading, drawn once for all who look at the same page."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import flet as ft

from dashboard.card import CardPlan, Drawing, Who
from dashboard.flet_messages import PAGE, set_properties
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, STRETCH, as_heading, empty, icon, named, theme
from dashboard.reader import Reader
from dashboard.scene import Layout, LayoutPlan
from dashboard.views import Page, pages
from dashboard.views.more import PAGE as MORE
from dashboard.views.more import beyond
from dashboard.wording import shown_text

View = TypeVar("View")

RAIL = 92
"""Pixels of width."""
NEVER: frozenset[str] = frozenset()


def colours() -> bytes:
    """The frame that gives a browser our themes. The same for all; what a person chooses is his own."""
    return set_properties(
        PAGE,
        {
            "theme": theme(ft.Brightness.LIGHT),
            "dark_theme": theme(ft.Brightness.DARK),
            "theme_animation_style": ft.AnimationStyle.no_animation(),
        },
    )


def navigation(title: str, current: Page | None, reader: Reader, *, phone: bool) -> LayoutPlan:
    """The ways to the pages: a rail at the side, or on a phone a bar at the bottom.

    `current` is chosen in it when it comes; from then on it stays, and `choice` tells each browser its own.
    """
    entries = _entries(phone=phone)
    chosen = _index(current, phone=phone)

    def draw(drawing: Drawing[int | None]) -> ft.Control:
        def change(who: Who, data: object) -> None:
            if isinstance(data, int | str) and str(data).isdecimal() and int(data) < len(entries):
                who.go(entries[int(data)].route)

        made = _bar(entries, reader) if phone else _rail(title, entries, reader)
        made.selected_index = drawing.view
        return drawing.on(made, change=change)

    return _still(
        f"{'bar' if phone else 'rail'}/{chosen}/{reader.key}", chosen, draw, _across if phone else _along
    )


def choice(ways: Layout, current: Page | None, *, phone: bool) -> bytes | None:
    """The frame by which a browser that has these ways chooses `current`; None if they could not be drawn."""
    chosen = {"selected_index": _index(current, phone=phone)}
    return set_properties(ways.cards[0].control._i, chosen) if ways.cards else None


def nowhere(route: str, reader: Reader) -> LayoutPlan:
    """What stands in the place of a page where there is none."""

    def draw(drawing: Drawing[str]) -> ft.Control:
        where = reader.say("Nothing is at {route}", route=shown_text(drawing.view, 200))
        return empty("explore_off", reader.say("There is no such page"), where)

    return _still(f"nowhere{route}/{reader.key}", route, draw, _across)


def head_of(
    house: House, page: Page | None, values: Mapping[str, str], reader: Reader, *, phone: bool
) -> LayoutPlan:
    """The line with the name of a page, or that there is none."""
    if page is None or page.heading is None:
        heading = partial(reader.say, page.title if page is not None else marked("Not found"))
    else:
        heading = partial(page.heading, house, values, reader)
    back = page is not None and page.rank is None
    follows = page.named_by(values) if page is not None and page.named_by else NEVER
    return top(heading, reader, back=back, phone=phone, follows=follows)


def top(
    heading: Callable[[], str], reader: Reader, *, back: bool, phone: bool, follows: frozenset[str] = NEVER
) -> LayoutPlan:
    """The line with the name of the page, which is asked for anew when one of the tags is touched."""

    def draw(drawing: Drawing[str]) -> ft.Control:
        left: list[ft.Control] = []
        if back:
            arrow = named(ft.IconButton(ft.Icons.ARROW_BACK, tooltip=reader.say("To the overview")))
            left.append(drawing.on(arrow, click=lambda who, _data: who.go("/")))
        text = ft.Text(size=22, weight=ft.FontWeight.W_600, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS)
        whole = as_heading(drawing.live(text, value=str), 1)
        whole.expand = True
        left.append(whole)
        mode = named(ft.IconButton(ft.Icons.CONTRAST, tooltip=reader.say("Light or dark"), icon_color=SOFT))
        drawing.on(mode, click=lambda who, _data: who.flip())
        own = named(ft.IconButton(ft.Icons.TUNE, tooltip=reader.say("Preferences"), icon_color=SOFT))
        drawing.on(own, click=lambda who, _data: who.prefer())
        row = ft.Row([ft.Row(left, spacing=8, expand=True), ft.Row([mode, own], spacing=0, tight=True)])
        return ft.Container(row, padding=ft.Padding.only(left=16 if phone else 24, right=12, top=12))

    name = f"top/{phone}/{back}/{','.join(sorted(follows)) or heading()}/{reader.key}"
    plans = [CardPlan(name, follows, heading, draw)]
    return LayoutPlan(name, NEVER, lambda: plans, _across)


def _still(
    name: str, view: View, draw: Callable[[Drawing[View]], ft.Control], host: Callable[[], ft.Control]
) -> LayoutPlan:
    plans = [CardPlan(name, frozenset(), lambda: view, draw)]
    return LayoutPlan(name, frozenset(), lambda: plans, host)


def _entries(*, phone: bool) -> Sequence[Page]:
    """The pages of the navigation; a phone has room for a few, and one that leads to the rest."""
    ranked = [page for page in pages() if page.rank is not None]
    rest = beyond() if phone else []
    return [*(page for page in ranked if page not in rest), *([MORE] if rest else [])]


def _index(current: Page | None, *, phone: bool) -> int | None:
    """Of a page in the navigation. A rail can have none chosen, a bar cannot."""
    entries = _entries(phone=phone)
    if phone and any(_leads_to(page, current) for page in beyond()):
        current = MORE
    found = next((at for at, entry in enumerate(entries) if _leads_to(entry, current)), None)
    return found or 0 if phone else found


def _leads_to(entry: Page, current: Page | None) -> bool:
    """Whether a page is the one of this entry, or one below it."""
    return current is not None and (current is entry or current.route.startswith(f"{entry.route}/"))


def _across() -> ft.Control:
    """A host as wide as the screen."""
    return ft.Column(spacing=0, tight=True, horizontal_alignment=STRETCH)


def _along() -> ft.Control:
    """A host as high as the screen."""
    return ft.Row(spacing=0, tight=True, vertical_alignment=STRETCH)


def _rail(title: str, entries: Sequence[Page], reader: Reader) -> ft.NavigationRail:
    mark = ft.Container(
        ft.Icon(ft.Icons.SENSORS, color=ft.Colors.ON_PRIMARY, size=22),
        width=44, height=44, border_radius=14, bgcolor=ft.Colors.PRIMARY, alignment=ft.Alignment.CENTER,
    )  # fmt: skip
    name = ft.Text(
        title, size=12, weight=ft.FontWeight.W_600, width=RAIL - 8, text_align=ft.TextAlign.CENTER,
        max_lines=2, overflow=ft.TextOverflow.ELLIPSIS, tooltip=title,
    )  # fmt: skip
    whose = ft.Column([mark, name], spacing=6, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER)
    return ft.NavigationRail(
        leading=ft.Container(whose, margin=ft.Margin.only(bottom=8, top=4)),
        label_type=ft.NavigationRailLabelType.ALL,
        min_width=RAIL,
        bgcolor=ft.Colors.SURFACE_CONTAINER,
        destinations=[
            ft.NavigationRailDestination(
                icon=icon(page.icon), selected_icon=icon(page.selected_icon), label=reader.say(page.title)
            )
            for page in entries
        ],
    )


def _bar(entries: Sequence[Page], reader: Reader) -> ft.NavigationBar:
    return ft.NavigationBar(
        bgcolor=ft.Colors.SURFACE_CONTAINER,
        destinations=[
            ft.NavigationBarDestination(
                icon=icon(page.icon), selected_icon=icon(page.selected_icon), label=reader.say(page.title)
            )
            for page in entries
        ],
    )
