"""One file a widget: each draws one trait, on the card, on the device's page, and in a form.

`widget_for` and `entry_for` find it; a trait without one shows as text.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Protocol, TypeAlias

import flet as ft

from dashboard.asking import Act, ask_then_act
from dashboard.card import ControlT, Drawing, Who
from dashboard.present import NOT_YET, DeviceView, MetricView
from dashboard.reader import Reader
from dashboard.sight import of_metric
from schemas.message import Value
from schemas.traits import Text, Trait

__all__ = ["Act", "Entry", "Place", "Widget", "entry_for", "tappable", "widget_for"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a widget draws: which metric of the device, and how commands are sent.

    `large`: as what matters most. `page`: there is room for more than the value, as on the device's own page,
    whose cards have `reader.zoned` in their keys.
    """

    drawing: Drawing[DeviceView]
    name: str
    send: Act
    large: bool = False
    page: bool = False

    @property
    def metric(self) -> MetricView:
        """The metric now."""
        return self.drawing.view.metrics[self.name]

    @property
    def reader(self) -> Reader:
        """For whom it is drawn."""
        return self.drawing.view.reader

    def act(self, who: Who, value: Value) -> None:
        """Command this value of the metric for a person, who may be asked first."""
        ask_then_act(who, self.drawing.view, {self.name: value}, self.send)

    def of(self, value_of: Callable[[MetricView], object]) -> Callable[[DeviceView], object]:
        """A live property of this metric."""
        name = self.name
        return lambda view: value_of(view.metrics[name])

    def lasting(self, control: ControlT, **properties: Callable[[MetricView], object]) -> ControlT:
        """Let properties follow what is neither the metric's text, nor its value, nor its age."""
        through = {name: self.of(value_of) for name, value_of in properties.items()}
        return self.drawing.lasting(of_metric(self.name), control, **through)

    def spoken(self, what: str = "") -> Callable[[DeviceView], str]:
        """What a control is called, also by a screen reader: device, metric, value, and what it does."""
        name = self.name
        known: tuple[object, str] = (None, "")

        def text(view: DeviceView) -> str:
            nonlocal known
            metric = view.metrics[name]
            value = f"{metric.said} {metric.unit}".rstrip() if metric.source or metric.asked else NOT_YET
            parts = (view.title, value)
            # Put together anew only when it changes: it is asked for with every message.
            if known[0] != parts:
                known = (parts, _called(view, metric, value, what))
            return known[1]

        return text


def _called(view: DeviceView, metric: MetricView, value: str, what: str) -> str:
    say = view.reader.say
    if not metric.trait.can_be_read:
        return say("{device}: {metric}, {what}", device=view.title, metric=metric.label, what=what)
    value = say(value) if value == NOT_YET else value
    if not what:
        return say("{device}: {metric}, {value}", device=view.title, metric=metric.label, value=value)
    return say(
        "{device}: {metric}, {value}, {what}", device=view.title, metric=metric.label, value=value, what=what
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person enters a value into, in a dialog of his own.

    `read` gives the value as the device wants it, None for nothing, and raises ValueError with a text for
    him. `tell` shows such a text at the field; "" takes it away. `decides`: who has chosen needs no button.
    """

    control: ft.Control
    read: Callable[[], Value | None]
    tell: Callable[[str], None]
    decides: bool = False


Widget: TypeAlias = Callable[[Place], ft.Control]


class MakeEntry(Protocol):
    """Makes the entry of a metric, filled with its present value. `done` is called when he has decided."""

    def __call__(self, metric: MetricView, reader: Reader, done: Callable[[], None]) -> Entry: ...


def tappable(place: Place, face: ft.Control, tapped: Callable[[Who], None], **style: object) -> ft.Control:
    """`face` as a button that is large enough for a finger on a touch screen, named for its metric."""
    # Flutter gives icon buttons 48 pixels where fingers touch them, and only there.
    named = ft.Semantics(content=face, exclude_semantics=True)
    place.drawing.live(named, label=place.spoken(place.reader.say("change")))
    button = ft.IconButton(
        icon=named,
        padding=ft.Padding.symmetric(horizontal=8, vertical=2),
        size_constraints=ft.BoxConstraints(min_width=32, min_height=32),
        style=ft.ButtonStyle(alignment=ft.Alignment.CENTER_LEFT, **style),  # type: ignore[arg-type]
    )
    return place.drawing.on(button, click=lambda who, _data: tapped(who))


@cache
def _modules() -> Mapping[type[Trait], ModuleType]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        found.update(dict.fromkeys(getattr(loaded, "DRAWS", ()), loaded))
    return found


def widget_for(trait: Trait) -> Widget:
    """What draws a trait: its own widget, else that of a parent class, else text."""
    draw: Widget = _module_for(trait).draw
    return draw


def entry_for(trait: Trait) -> MakeEntry:
    """What makes the entry of a trait, found likewise."""
    entry: MakeEntry = getattr(_module_for(trait), "entry", None) or _modules()[Text].entry
    return entry


def _module_for(trait: Trait) -> ModuleType:
    modules = _modules()
    return next((modules[base] for base in type(trait).__mro__ if base in modules), modules[Text])
