"""A position: latitude and longitude, which are two metrics and one thing to people."""

from collections.abc import Mapping

import flet as ft

from dashboard.look import INKS, copyable
from dashboard.present import DASH, DeviceView, MetricView
from dashboard.reader import Reader
from dashboard.widgets import Place
from schemas.traits import Location

DRAWS = (Location,)


def other_half(metrics: Mapping[str, MetricView], name: str) -> str | None:
    """The longitude that belongs to a latitude, or the other way round: the n-th of the one to the n-th.

    None for what is no half of a position, or has no other half.
    """
    trait = metrics[name].trait
    if not isinstance(trait, Location):
        return None
    mine = [n for n, m in metrics.items() if isinstance(m.trait, Location) and m.trait.axis == trait.axis]
    others = [n for n, m in metrics.items() if isinstance(m.trait, Location) and m.trait.axis != trait.axis]
    at = mine.index(name)
    return others[at] if at < len(others) else None


def draw(place: Place) -> ft.Control:
    """Both halves where they are known to belong together: "52.52000° N, 13.40500° E", to be copied."""
    name, other = place.name, other_half(place.drawing.view.metrics, place.name)
    both = (name,) if other is None else (name, other)
    # Beside each other they have no room on a card.
    between = ", " if place.page else "\n"

    def text(view: DeviceView) -> str:
        halves = [view.metrics[half] for half in both]
        if all(half.value is None for half in halves):
            return DASH
        return between.join(_half(half, view.reader) for half in halves)

    return place.drawing.live(
        copyable(size=18 if place.large else 14, weight=ft.FontWeight.W_500),
        value=text,
        semantics_label=text,
        color=place.of(lambda m: INKS[m.tone]),
    )


def _half(metric: MetricView, reader: Reader) -> str:
    if not isinstance(metric.value, int | float) or not isinstance(metric.trait, Location):
        return metric.text
    say, degrees = reader.say, metric.text.removeprefix("-")
    if metric.trait.axis == "latitude":
        return (
            say("{degrees}° S", degrees=degrees) if metric.value < 0 else say("{degrees}° N", degrees=degrees)
        )
    return say("{degrees}° W", degrees=degrees) if metric.value < 0 else say("{degrees}° E", degrees=degrees)
