"""What several types of tiles have in common."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import flet as ft

from dashboard.boards import AnyTile, ControlTile, GaugeTile, MetricTile
from dashboard.card import CardPlan, Drawing, Who
from dashboard.look import INK, SOFT, icon
from dashboard.present import DeviceView, MetricView, default_name
from dashboard.tiles.space import Spot
from dashboard.views import device_card
from dashboard.wording import shown_text

OneMetric: TypeAlias = MetricTile | GaugeTile | ControlTile
ELLIPSIS = ft.TextOverflow.ELLIPSIS


class Single(NamedTuple):
    """One metric of a device; `heard`: the device is known. `picture` is what else is drawn of it."""

    device: DeviceView
    name: str
    heard: bool
    picture: Any = None

    @property
    def metric(self) -> MetricView | None:
        """The metric, None if the device has no such."""
        return self.device.metrics.get(self.name)


def single(
    spot: Spot,
    tile: OneMetric,
    draw: Callable[[Drawing[Single]], ft.Control],
    picture: Callable[[Single], object] = lambda _view: None,
    follows: frozenset[str] = frozenset(),
) -> CardPlan[Single]:
    """The card of one metric; where there is none, it says so below the tile's name."""
    house, device_id = spot.house, tile.device

    def look() -> Single:
        heard = device_id in house.devices
        view = Single(device_card.look(house, device_id, spot.reader), tile.metric, heard)
        return view._replace(picture=picture(view))

    def drawn(drawing: Drawing[Single]) -> ft.Control:
        if drawing.view.metric is not None:
            return draw(drawing)
        return ft.Column(
            [named(drawing, spot, tile.title, device_id), nothing(spot, why_not(drawing.view))], spacing=8
        )

    def shape(view: Single) -> object:
        metric = view.metric
        if metric is None:
            return why_not(view)
        return type(metric.trait), metric.settable, metric.label, metric.unit

    return CardPlan("", frozenset({f"device/{device_id}", "tick"}) | follows, look, drawn, shape)


def why_not(view: Single) -> str:
    """Why a metric cannot be shown."""
    say, device = view.device.reader.say, view.device
    if not view.heard:
        return unheard(device.id, say)
    return say("{device} has no metric {metric}", device=device.title, metric=shown_text(view.name, 60))


def unheard(device_id: str, say: Callable[..., str]) -> str:
    """That nobody knows the device of a tile."""
    return say("Nothing has been heard of {device}", device=shown_text(device_id, 100))


def nothing(spot: Spot, why: str, icon_name: str = "sensors_off") -> ft.Control:
    """In the place of what cannot be shown."""
    return ft.Row(
        [
            ft.Icon(icon(icon_name), size=spot.size(22), color=SOFT),
            ft.Text(why, size=spot.size(13), color=SOFT, expand=True, max_lines=4, overflow=ELLIPSIS),
        ],
        spacing=10,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )


def heading(spot: Spot, text: str, **properties: object) -> ft.Text:
    """What a tile is called."""
    return ft.Text(
        text, size=spot.size(13), weight=ft.FontWeight.W_600, color=INK, max_lines=1, overflow=ELLIPSIS,
        **properties,  # type: ignore[arg-type]
    )  # fmt: skip


def name_of(view: Single, title: str | None) -> str:
    """What a tile of one metric is called: as the page says, else device and metric."""
    metric = view.metric
    return title or " · ".join([view.device.title, metric.label if metric is not None else view.name])


def named(drawing: Drawing[Single], spot: Spot, title: str | None, device_id: str) -> ft.Control:
    """The name of a tile of one metric, which leads to the device unless nobody can touch it."""
    text = drawing.live(heading(spot, ""), value=lambda v: name_of(v, title))
    return leading(drawing, text, device_id, spot)


def leading(drawing: Drawing[Any], text: ft.Control, device_id: str, spot: Spot) -> ft.Control:
    """A text that leads to a device."""
    if spot.kiosk:
        return text

    def clicked(who: Who, _data: object) -> None:
        who.go(device_card.route_of(device_id))

    opener = ft.Container(text, ink=True, border_radius=6)
    return drawing.on(opener, click=clicked)


def known_name(spot: Spot, device_id: str) -> str:
    """What a device is called, heard or not."""
    device = spot.house.devices.get(device_id)
    label = spot.house.label(device) if device is not None else None
    return shown_text((label.name if label else None) or default_name(device_id))


def place_title(spot: Spot, tile: AnyTile, fallback: str) -> str:
    """What a tile of several devices is called: as the page says, else by their place and kind."""
    title, place, kind = (getattr(tile, name, None) for name in ("title", "place", "kind"))
    if title:
        return str(title)
    known = spot.house.kinds.get(kind) if kind else None
    words = [spot.reader.told(known.title) if known else kind, place]
    return " · ".join(shown_text(word) for word in words if word) or fallback


def of_some(spot: Spot, place: str | None, kind: str | None) -> list[str]:
    """The ids of all devices of a place, a kind, or both, by name."""
    house = spot.house
    found: list[tuple[str, str]] = []
    for device in list(house.devices.values()):
        label = house.label(device)
        if (kind is None or device.kind == kind) and (place is None or label.place == place):
            found.append(((label.name or default_name(device.id)).casefold(), device.id))
    return [device_id for _name, device_id in sorted(found)]
