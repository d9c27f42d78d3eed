"""A device's newest picture, as large as the window, for one person; and which message it came with."""

from typing import Final

import flet as ft

from bridge.state import DeviceState
from dashboard.api_images import image_path
from dashboard.card import Who
from dashboard.chart.clock import moment_text
from dashboard.look import caption
from dashboard.present import DeviceView, MetricView, picture_text
from schemas.picture import reference_of

WIDEST, HIGHEST = 1_000.0, 560.0
"""Of the picture, in pixels, where the window has room for it."""
SHAPE: Final = 16 / 9
"""Width by height of a picture of which nobody knows it."""


def source_of(device_id: str, metric: MetricView) -> str:
    """Where the browser gets the picture; empty while there is none."""
    reference = reference_of(metric.value)
    return "" if reference is None else image_path(device_id, metric.name, reference.digest)


def picture_of_message(device: DeviceState | None, received_at: float) -> str:
    """The metric whose newest picture came with the message of that Unix time; empty where none did."""
    metrics = device.metrics.items() if device is not None else ()
    came = (name for name, m in metrics if m.received_at == received_at and reference_of(m.value) is not None)
    return next(came, "")


def open_picture(who: Who, view: DeviceView, name: str) -> None:
    """The picture as it is now; it can be made larger with two fingers or the wheel."""
    reader, metric = who.reader, view.metrics.get(name)
    say = reader.say
    source = source_of(view.id, metric) if metric is not None else ""
    if metric is None or not source:
        who.tell(say("There is no picture yet."))
        return
    what = say("{device}: {metric}", device=view.title, metric=metric.label)
    shown = ft.Image(
        src=source, expand=True, fit=ft.BoxFit.CONTAIN, gapless_playback=True, semantics_label=what,
        error_content=ft.Text(say("The picture is not kept any more.")),
    )  # fmt: skip
    state = view.device.metrics[name]
    when = moment_text(state.received_at if state.time is None else state.time, reader)
    facts = [when, metric.age, picture_text(metric.value, reader)]
    dialog = ft.AlertDialog(
        title=ft.Text(what, size=18),
        content=ft.Column([_framed(shown, metric.value), caption(" · ".join(facts))], tight=True, spacing=8),
        inset_padding=12,
    )
    dialog.actions = [ft.TextButton(say("Close"), on_click=lambda _event: who.close(dialog))]
    who.open(dialog)


def _framed(shown: ft.Image, words: object) -> ft.Control:
    """As large as there is room for, in the picture's own shape."""
    reference = reference_of(words)
    shape = reference.width / reference.height if reference is not None else SHAPE
    viewer = ft.InteractiveViewer(content=shown, max_scale=8)
    # Which is given by the width around it: a dialog would else be as narrow as it may be.
    return ft.Container(ft.Container(viewer, aspect_ratio=shape), width=min(WIDEST, HIGHEST * shape))
