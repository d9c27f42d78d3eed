"""A picture: small on a card, large on the device's page, and as large as the window when it is opened."""

import flet as ft

from dashboard.api_images import image_path
from dashboard.card import Who
from dashboard.look import SOFT, caption
from dashboard.present import MetricView, picture_text
from dashboard.widgets import Place
from schemas.image import Image
from schemas.picture import reference_of

DRAWS = (Image,)
SMALL, LARGE = 56, 120
"""The height of a picture on a card and on a large place, in pixels; on a page it goes by the width.

It does not follow the picture, so that nothing moves when one comes, and a card is as high as any other.
"""
WIDE = 16 / 9
WIDEST, HIGHEST = 1_000.0, 560.0
"""Of a picture that was opened, in pixels, where the window has room for it."""


def draw(place: Place) -> ft.Control:
    """The newest picture in a frame of a fixed size; what it is and how old; a click shows it whole."""
    height = LARGE if place.large else SMALL
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
        width=None if place.page else height * WIDE, height=None if place.page else height,
        aspect_ratio=WIDE if place.page else None, border_radius=10, clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGHEST, ink=True,
    )  # fmt: skip
    place.drawing.on(frame, click=lambda who, _data: _open(place, who))
    named = ft.Semantics(content=frame, button=True, container=True, exclude_semantics=True)
    place.drawing.live(named, label=place.spoken(place.reader.say("show the picture")))
    if not place.page and not place.large:
        return named
    below = place.drawing.live(caption(), value=place.of(lambda metric: metric.text))
    return ft.Column([named, below], spacing=2, tight=True)


def source_of(device_id: str, metric: MetricView) -> str:
    """Where the browser gets the picture; empty while there is none."""
    reference = reference_of(metric.value)
    return "" if reference is None else image_path(device_id, metric.name, reference.digest)


def _nothing() -> ft.Control:
    return ft.Container(ft.Icon(ft.Icons.IMAGE_OUTLINED, color=SOFT), alignment=ft.Alignment.CENTER)


def _open(place: Place, who: Who) -> None:
    """The picture as it is now, for one person; it can be made larger with two fingers or the wheel."""
    metric, view = place.metric, place.drawing.view
    source = source_of(view.id, metric)
    if not source:
        who.tell(place.reader.say("There is no picture yet."))
        return
    say = place.reader.say
    what = say("{device}: {metric}", device=view.title, metric=metric.label)
    shown = ft.Image(
        src=source, expand=True, fit=ft.BoxFit.CONTAIN, gapless_playback=True, semantics_label=what,
        error_content=ft.Text(say("The picture is not kept any more.")),
    )  # fmt: skip
    dialog = ft.AlertDialog(
        title=ft.Text(what, size=18),
        content=ft.Column(
            [_framed(shown, metric.value), caption(picture_text(metric.value, place.reader))],
            tight=True,
            spacing=8,
        ),
        inset_padding=12,
    )
    dialog.actions = [ft.TextButton(say("Close"), on_click=lambda _event: who.close(dialog))]
    who.open(dialog)


def _framed(shown: ft.Image, words: object) -> ft.Control:
    """As large as there is room for, in the picture's own shape."""
    reference = reference_of(words)
    shape = reference.width / reference.height if reference is not None else WIDE
    viewer = ft.InteractiveViewer(content=shown, max_scale=8)
    # Which is given by the width around it: a dialog would else be as narrow as it may be.
    return ft.Container(ft.Container(viewer, aspect_ratio=shape), width=min(WIDEST, HIGHEST * shape))
