"""One file a widget: each draws one trait. `widget_for` finds it; a trait without one shows as text."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import flet as ft

from dashboard.card import Drawing, Who
from dashboard.present import DeviceView, MetricView
from schemas.message import Value
from schemas.traits import Text, Trait

Act: TypeAlias = Callable[[Who, Mapping[str, Value]], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a widget draws: which metric of the device, how it sends commands, and whether it may be big."""

    drawing: Drawing[DeviceView]
    name: str
    act: Act
    large: bool = False

    @property
    def metric(self) -> MetricView:
        """The metric now."""
        return self.drawing.view.metrics[self.name]

    def of(self, value_of: Callable[[MetricView], object]) -> Callable[[DeviceView], object]:
        """A live property of this metric."""
        name = self.name
        return lambda view: value_of(view.metrics[name])


def menu(place: Place, face: ft.Control, choices: Mapping[str, ft.Control]) -> ft.Control:
    """`face`, which opens a menu of values with what each looks like, and commands the one that is chosen."""
    items = []
    for value, look in choices.items():

        def chosen(who: Who, _data: object, value: str = value) -> None:
            place.act(who, {place.name: value})

        items.append(place.drawing.on(ft.PopupMenuItem(content=look, height=40), click=chosen))
    button = ft.PopupMenuButton(content=face, items=items)
    return place.drawing.live(
        button,
        disabled=place.of(lambda m: m.value is None),
        tooltip=place.of(unset_or_label),
    )


def unset_or_label(metric: MetricView) -> str:
    """The tooltip of a control: what it is for, or why it cannot be used yet."""
    return metric.label if metric.value is not None else f"{metric.label}: the device has not reported it yet"


Widget: TypeAlias = Callable[[Place], ft.Control]


@cache
def _widgets() -> Mapping[type[Trait], Widget]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        found.update(dict.fromkeys(getattr(loaded, "DRAWS", ()), loaded.draw))
    return found


def widget_for(trait: Trait) -> Widget:
    """The widget of a trait: its own, else that of a parent class, else text."""
    widgets = _widgets()
    return next((widgets[base] for base in type(trait).__mro__ if base in widgets), widgets[Text])
