"""A switch: shows what was asked for while the device has not answered, and the truth otherwise."""

from collections.abc import Callable

import flet as ft

from dashboard.card import Who
from dashboard.look import SOFT
from dashboard.present import MetricView
from dashboard.reader import Reader
from dashboard.widgets import Entry, Place
from schemas.message import Value
from schemas.traits import Switch

DRAWS = (Switch,)
_WORDS = {"on": True, "off": False}


def draw(place: Place) -> ft.Control:
    """A switch if it can be set, else a mark; and the word."""
    live, of = place.drawing.live, place.of
    word = live(
        ft.Text(size=18 if place.large else 15, weight=ft.FontWeight.W_500),
        value=of(lambda m: m.said),
    )
    place.lasting(word, color=lambda m: SOFT if m.value is None else ft.Colors.ON_SURFACE)
    if not place.metric.settable:
        mark = live(
            ft.Icon(ft.Icons.TOGGLE_OFF_OUTLINED, size=22),
            icon=of(lambda m: ft.Icons.TOGGLE_ON if m.value is True else ft.Icons.TOGGLE_OFF_OUTLINED),
            color=of(lambda m: ft.Colors.PRIMARY if m.value is True else ft.Colors.OUTLINE),
        )
        return ft.Row([mark, word], spacing=8, tight=True)
    # No height: where fingers touch it, Flutter makes it 48 pixels high.
    switch = live(
        ft.Switch(padding=0),
        value=of(lambda m: m.shown is True),
        tooltip=place.spoken(),
    )
    place.lasting(switch, disabled=lambda m: m.value is None)

    def changed(who: Who, data: object) -> None:
        place.act(who, data is True or data == "true")

    place.drawing.on(switch, change=changed)
    return ft.Row([switch, word], spacing=8, tight=True)


def entry(metric: MetricView, reader: Reader, done: Callable[[], None]) -> Entry:
    """The two words to choose from; none is chosen while the device has not said which."""
    trait = metric.trait if isinstance(metric.trait, Switch) else Switch()
    before = None if not isinstance(metric.shown, bool) else "on" if metric.shown else "off"
    words = {"off": trait.off, "on": trait.on}
    radios: list[ft.Control] = [
        ft.Radio(value=value, label=reader.told(word)) for value, word in words.items()
    ]
    group = ft.RadioGroup(
        ft.Column(radios, spacing=0, tight=True), value=before, on_change=lambda _event: done()
    )
    error = ft.Text(size=12, color=ft.Colors.ERROR, visible=False)

    def read() -> Value | None:
        return _WORDS.get(group.value or "")

    def tell(text: str) -> None:
        error.value, error.visible = text, bool(text)

    whole = ft.Column([ft.Text(metric.label, size=12, color=SOFT), group, error], spacing=2, tight=True)
    return Entry(whole, read, tell, decides=True)
