"""Where devices are that say so."""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import flet as ft

from bridge.state import DeviceState
from dashboard.aside import Found, tag
from dashboard.boards import MapTile
from dashboard.card import CardPlan, Drawing
from dashboard.chart import Plan, Position, Size, Track, draw_plan
from dashboard.chart.ink import MOST_SERIES
from dashboard.house import House
from dashboard.look import GROUND, INK, SOFT
from dashboard.tiles.metric import BLANK
from dashboard.tiles.parts import ELLIPSIS, heading, known_name, nothing, of_some, place_title
from dashboard.tiles.space import Spot, drawn, inner
from schemas.traits import Location

TILE = MapTile
FRAMED = True
LATELY = 6 * 3_600.0
POINTS = 200
RENEWED = 30.0
HEADING = 26


class Seen(NamedTuple):
    """Positions drawn to scale; `more` devices are left out."""

    plan: Plan
    more: int


def plan(tile: MapTile, spot: Spot) -> CardPlan[Found[Seen] | None]:
    """Positions to scale, with the way of the last hours; the first six by name."""
    house, reader = spot.house, spot.reader
    wide, high = inner(tile, spot)
    size = drawn(Size(wide, max(40.0, high - spot.size(HEADING))), spot)
    ids = [one for one in (tile.devices or of_some(spot, tile.place, tile.kind)) if _fits(house, one, tile)]
    shown, more = ids[:MOST_SERIES], len(ids) - MOST_SERIES
    name = f"map {hash(tuple(shown))} {size.width:.0f} {size.height:.0f} {reader.key}"
    title = place_title(spot, tile, reader.say("Positions"))

    def look() -> Found[Seen] | None:
        present = tuple(_present(house, device_id) for device_id in shown)
        version = int(time.time() // RENEWED), present
        return house.aside.look(name, version, partial(_seen, spot, shown, max(0, more), size))

    def draw(drawing: Drawing[Found[Seen] | None]) -> ft.Control:
        found = drawing.view
        lines: list[ft.Control] = [heading(spot, title)]
        if not shown:
            lines.append(nothing(spot, reader.say("No device says where it is"), "location_off"))
        elif found is not None and found.value is None:
            why = reader.say("It cannot be read: {why}", why=reader.told(found.fault))
            lines.append(nothing(spot, why, "error_outline"))
        elif found is not None and found.value is not None:
            lines.append(_drawn(drawing, found.value, spot))
        return ft.Column(lines, spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)

    follows = frozenset({"tick", tag(name), *(f"device/{device_id}" for device_id in shown)})
    return CardPlan(f"{len(ids)}/{hash(tuple(shown))}", follows, look, draw, partial(_shape, spot))


def _shape(spot: Spot, view: Found[Seen] | None) -> object:
    if view is None or view.value is None:
        return view
    plan = view.value.plan
    return tuple(last.label for last in plan.lasts), plan.scale is None, len(_degrees(plan, spot))


def _halves(house: House, device_id: str) -> tuple[str, str] | None:
    """The metrics with a device's latitude and longitude."""
    device = house.devices.get(device_id)
    kind = house.kinds.get(device.kind) if device is not None else None
    if kind is None:
        return None
    axes = {m.trait.axis: m.name for m in kind.metrics.values() if isinstance(m.trait, Location)}
    return (axes["latitude"], axes["longitude"]) if len(axes) == 2 else None


def _fits(house: House, device_id: str, tile: MapTile) -> bool:
    """Whether it says where it is, and is of the place and the kind that are asked for."""
    device = house.devices.get(device_id)
    if device is None or _halves(house, device_id) is None:
        return False
    return tile.kind in {None, device.kind} and tile.place in {None, house.label(device).place}


def _present(house: House, device_id: str) -> Position | None:
    device: DeviceState | None = house.devices.get(device_id)
    halves = _halves(house, device_id)
    if device is None or halves is None:
        return None
    found = [device.metrics.get(half) for half in halves]
    values = [state.value for state in found if state is not None]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    at = found[0].received_at if found[0] is not None else 0.0
    return Position(numbers[0], numbers[1], at) if len(numbers) == 2 else None


def _seen(spot: Spot, ids: list[str], more: int, size: Size) -> Seen:
    tracks = [Track(known_name(spot, one), _way(spot.house, one)) for one in ids]
    return Seen(draw_plan(tracks, size, spot.reader), more)


def _way(house: House, device_id: str) -> list[Position]:
    now, halves = time.time(), _halves(house, device_id)
    present = _present(house, device_id)
    if halves is None:
        return []
    try:
        north, east = (
            {
                point.time: point.value
                for point in house.history(device_id, half, now - LATELY, now, POINTS)[1].points
            }
            for half in halves
        )
    except LookupError:
        north, east = {}, {}
    way = [
        Position(float(north[at]), float(east[at]), at)
        for at in sorted(north.keys() & east.keys())
        if isinstance(north[at], int | float) and isinstance(east[at], int | float)
    ]
    return [*way, present] if present is not None else way


def _drawn(drawing: Drawing[Found[Seen] | None], now: Seen, spot: Spot) -> ft.Control:
    size, small = _shown(now.plan, spot), spot.size(12)

    def of(view: Found[Seen] | None) -> Plan:
        return view.value.plan if view is not None and view.value is not None else now.plan

    def nth(n: int, read: Callable[[Plan, int], object]) -> Callable[[Found[Seen] | None], object]:
        return lambda view: read(of(view), n)

    image = drawing.live(
        ft.Image(src=BLANK, width=size.width, height=size.height, fit=ft.BoxFit.FILL, gapless_playback=True,
                 exclude_from_semantics=True),
        src=lambda v: of(v).svg,
    )  # fmt: skip
    labels: list[ft.Control] = []
    for n in range(len(_degrees(now.plan, spot))):
        degrees = ft.Text(size=spot.size(10), color=SOFT, no_wrap=True)
        drawing.live(
            degrees,
            value=nth(n, lambda p, i: _degrees(p, spot)[i].text),
            left=nth(n, lambda p, i: _degrees(p, spot)[i].left),
            top=nth(n, lambda p, i: _degrees(p, spot)[i].top),
        )
        labels.append(degrees)
    for n in range(len(now.plan.lasts)):
        text = ft.Text(size=small, color=INK, no_wrap=True, weight=ft.FontWeight.W_500)
        drawing.live(
            text,
            value=nth(n, lambda p, i: p.lasts[i].label),
            left=nth(n, lambda p, i: _beside(p, i, spot)[0]),
            top=nth(n, lambda p, i: _beside(p, i, spot)[1]),
        )
        labels.append(text)
    if now.plan.scale is not None:
        bar = ft.Text(size=small, color=SOFT, no_wrap=True)
        drawing.live(
            bar, value=lambda v: _scale(of(v), spot)[0], left=lambda v: _scale(of(v), spot)[1],
            top=lambda v: _scale(of(v), spot)[2] - 1.6 * small,
        )  # fmt: skip
        labels.append(bar)
    stack = ft.Stack([image, *labels], width=size.width, height=size.height)
    # As large as it is known to fit, in the middle of what there is.
    ground = ft.Container(
        stack, bgcolor=GROUND, border_radius=8, clip_behavior=ft.ClipBehavior.ANTI_ALIAS, width=size.width
    )
    said: ft.Control = drawing.live(
        ft.Semantics(content=ground, exclude_semantics=True), label=lambda v: of(v).summary
    )
    if now.more:
        more = spot.reader.count("and {n} more", "and {n} more", now.more)
        said = ft.Stack([said, ft.Text(more, size=small, color=SOFT, right=4, bottom=2, overflow=ELLIPSIS)])
    return ft.Row([said], alignment=ft.MainAxisAlignment.CENTER)


class _Degrees(NamedTuple):
    """What a line of the grid is called, and where that stands, in pixels."""

    text: str
    left: float
    top: float


def _shown(plan: Plan, spot: Spot) -> Size:
    """How large it is on the screen, in pixels."""
    return Size(plan.size.width * spot.scale, plan.size.height * spot.scale)


def _degrees(plan: Plan, spot: Spot) -> list[_Degrees]:
    """Latitudes at the left edge and longitudes at the upper one; none where another text may stand."""
    wide, high = _shown(plan, spot)
    line, side = spot.size(14), spot.size(60)
    down = [(one.text, one.at * high) for one in plan.norths]
    along = [(one.text, one.at * wide) for one in plan.easts]
    return [
        *(_Degrees(text, 2.0, round(y - line, 1)) for text, y in down if 2.5 * line < y < high - 2.5 * line),
        *(_Degrees(text, round(x + 3, 1), 0.0) for text, x in along if side < x < wide - 1.5 * side),
    ]


def _beside(plan: Plan, n: int, spot: Spot) -> tuple[float, float]:
    """Where a label stands: right of its mark, or left of it where there is no room."""
    last, size, small = plan.lasts[n], _shown(plan, spot), spot.size(12)
    x, y = last.at[0] * size.width, last.at[1] * size.height
    long = len(last.label) * small * 0.56
    away = spot.size(12)
    left = x + away if x + away + long < size.width else max(0.0, x - away - long)
    return round(left, 1), round(min(size.height - 1.5 * small, max(0.0, y - 0.75 * small)), 1)


def _scale(plan: Plan, spot: Spot) -> tuple[str, float, float]:
    if plan.scale is None:
        return "", 0.0, 0.0
    box, size = plan.scale.box, _shown(plan, spot)
    return plan.scale.text, round(box.left * size.width, 1), round(box.top * size.height, 1)
