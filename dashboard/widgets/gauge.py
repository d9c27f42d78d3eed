"""Where a number lies between its limits: a half ring, for the device's page."""

import flet as ft

from dashboard.chart.gauge import Gauge, draw_gauge, tells
from dashboard.chart.ink import Size
from dashboard.look import caption
from dashboard.present import DeviceView, MetricView
from dashboard.reader import Reader
from dashboard.widgets import Place
from schemas.traits import Numeric

RING = Size(128, 72)


def gauge(place: Place) -> ft.Control | None:
    """The half ring with its two ends in words; None for a number whose limits tell nothing."""
    reader, name = place.reader, place.name
    first = _drawn(place.metric, reader)
    if first is None:
        return None

    def svg(view: DeviceView) -> str:
        drawn = _drawn(view.metrics[name], reader)
        return drawn.svg if drawn is not None else first.svg

    # Spoken of is the value itself, which stands beside it.
    image = ft.Image(
        src=svg(place.drawing.view), width=RING.width, height=RING.height, exclude_from_semantics=True
    )
    place.drawing.live(image, src=svg)
    ends = ft.Row(
        [caption(first.ticks[0].text), caption(first.ticks[-1].text)],
        width=RING.width, alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
    )  # fmt: skip
    return ft.Column([image, ends], spacing=0, tight=True)


def _drawn(metric: MetricView, reader: Reader) -> Gauge | None:
    if not isinstance(metric.trait, Numeric) or not tells(metric.trait):
        return None
    number = metric.value if isinstance(metric.value, int | float) else None
    return draw_gauge(number, metric.trait, RING, reader=reader)
