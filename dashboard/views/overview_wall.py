"""The overview on a screen on the wall: figures and devices in large letters, and nothing to press."""

from collections.abc import Callable, Sequence
from functools import partial

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.look import DOTS, SIGNS, SOFT, card
from dashboard.present import DASH, DeviceView
from dashboard.reader import Reader
from dashboard.tiles.device import device_surface
from dashboard.tiles.space import Columns, Spot
from dashboard.views import device_card, summary
from dashboard.views.summary import Summary
from dashboard.views.wanted import STATES, Wanted
from dashboard.wording import plain

COLUMNS: Columns = {"xs": 12, "sm": 12, "md": 6, "lg": 4, "xl": 3}
"""Of twelve, that a device takes by the width of the window."""


def spot_of(house: House, reader: Reader) -> Spot:
    """Where it is drawn."""
    return Spot(house, "", reader, kiosk=True)


def figures(these: Wanted, spot: Spot) -> CardPlan[Summary]:
    """How the fleet is: of each state how many, how fast messages come, how many are refused."""
    say = spot.reader.say

    def draw(drawing: Drawing[Summary]) -> ft.Control:
        marks = [(say(word), SIGNS[state], summary.TONES[state]) for state, word in STATES.items()]
        row = [
            _figure(
                drawing,
                spot,
                word,
                partial(_count, state),
                ft.Icon(mark, size=spot.size(12), color=DOTS[tone]),
            )
            for state, (word, mark, tone) in zip(STATES, marks, strict=True)
        ]
        row.append(_figure(drawing, spot, say("messages/s"), _rate))
        row.append(_figure(drawing, spot, say("in quarantine"), _refused))
        return ft.ResponsiveRow(row, columns={"xs": 4, "lg": 7}, spacing=8, run_spacing=8, col=12)

    return CardPlan(
        f"wall figures{these.but().route}/{spot.reader.sized}", summary.FOLLOWS,
        partial(summary.look, spot.house, these.but(state=""), spot.reader), draw,
    )  # fmt: skip


def _figure(
    drawing: Drawing[Summary], spot: Spot, word: str, of: Callable[[Summary], str], *mark: ft.Control
) -> ft.Control:
    number = ft.Text(size=spot.size(18), weight=ft.FontWeight.W_600, no_wrap=True)
    lines: list[ft.Control] = [
        ft.Row([*mark, drawing.live(number, value=of)], spacing=spot.size(6), tight=True),
        ft.Text(word, size=spot.size(12), color=SOFT, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS),
    ]
    surface = card(ft.Column(lines, spacing=0, tight=True), col=1)
    surface.padding = ft.Padding.symmetric(vertical=spot.size(6), horizontal=spot.size(10))
    return surface


def _count(state: str, view: Summary) -> str:
    return plain(getattr(view, state))


def _rate(view: Summary) -> str:
    return DASH if view.rate is None else f"{view.rate:.1f}"


def _refused(view: Summary) -> str:
    return DASH if view.refused is None else plain(view.refused)


def device(device_id: str, spot: Spot) -> CardPlan[DeviceView]:
    """A device with its first values."""

    def draw(drawing: Drawing[DeviceView]) -> ft.Control:
        surface = device_surface(drawing, spot)
        surface.col = COLUMNS
        return surface

    return CardPlan(
        f"wall/{device_id}/{spot.reader.sized}",
        frozenset({f"device/{device_id}", "tick"}),
        partial(device_card.look, spot.house, device_id, spot.reader),
        draw,
        device_card.shape,
    )


def rest(shown: int, of: int, spot: Spot) -> Sequence[CardPlan[None]]:
    """That there are more than these, if there are."""
    if shown >= of:
        return []
    text = spot.reader.say("{n} of {total} devices", n=plain(shown), total=plain(of))
    return [_line(text, spot)]


def nothing(text: str, spot: Spot) -> CardPlan[None]:
    """In the place of devices where none is as the address asks for."""
    return _line(text, spot)


def _line(text: str, spot: Spot) -> CardPlan[None]:
    return CardPlan(
        f"wall line/{text}/{spot.reader.sized}",
        frozenset(),
        lambda: None,
        lambda _drawing: ft.Text(text, size=spot.size(14), color=SOFT, col=12),
    )
