"""A picture: small on a card, large on the device's page, and as large as the window when it is opened."""

import flet as ft

from dashboard.look import SOFT, caption
from dashboard.picture_dialog import open_picture, source_of
from dashboard.widgets import Place
from schemas.image import Image

DRAWS = (Image,)
SMALL, LARGE = 56, 120
"""The height of a picture on a card and on a large place, in pixels; on a page it goes by the width.

It does not follow the picture, so that nothing moves when one comes, and a card is as high as any other.
"""
WIDE = 16 / 9


def draw(place: Place) -> ft.Control:
    """The newest picture in a frame of a fixed size; what it is and how old; a click shows it whole."""
    if place.page:
        shown = framed(place, aspect_ratio=WIDE)
    else:
        height = LARGE if place.large else SMALL
        shown = framed(place, width=height * WIDE, height=height)
        if not place.large:
            return shown
    below = place.drawing.live(caption(), value=place.of(lambda metric: metric.text))
    return ft.Column([shown, below], spacing=2, tight=True)


def framed(place: Place, *, opens: bool = True, **size: float) -> ft.Control:
    """The newest picture in a frame of this size. `opens`: a click shows it whole."""
    device_id = place.drawing.view.id
    picture = ft.Image(
        src="", fit=ft.BoxFit.CONTAIN, gapless_playback=True,
        exclude_from_semantics=True, error_content=_nothing(),
    )  # fmt: skip
    place.drawing.live(
        picture,
        src=place.of(lambda metric: source_of(device_id, metric)),
        visible=place.of(lambda metric: bool(source_of(device_id, metric))),
    )
    frame = ft.Container(
        ft.Stack([_nothing(), picture], fit=ft.StackFit.EXPAND),
        border_radius=10, clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST, ink=opens, **size,  # type: ignore[arg-type]
    )  # fmt: skip
    named = ft.Semantics(content=frame, button=opens, image=not opens, container=True, exclude_semantics=True)
    if opens:
        place.drawing.on(frame, click=lambda who, _data: open_picture(who, place.drawing.view, place.name))
    place.drawing.live(named, label=place.spoken(place.reader.say("show the picture") if opens else ""))
    return named


def _nothing() -> ft.Control:
    return ft.Container(ft.Icon(ft.Icons.IMAGE_OUTLINED, color=SOFT), alignment=ft.Alignment.CENTER)
