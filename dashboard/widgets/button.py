"""What a device does when it is asked, and no state shows: a button, or one for each word."""

import flet as ft

from dashboard.card import Who
from dashboard.widgets import Place
from dashboard.wording import shown_text
from schemas.button import Button
from schemas.message import Value

DRAWS = (Button,)


def draw(place: Place) -> ft.Control:
    """One button, or one for each word."""
    reader = place.reader
    words: dict[Value, str] = {option: shown_text(reader.told(option)) for option in place.metric.options}
    buttons = [_button(place, value, word) for value, word in (words or {True: reader.say("Press")}).items()]
    return ft.Row(buttons, wrap=True, spacing=8, run_spacing=4)


def _button(place: Place, value: Value, word: str) -> ft.Control:
    face = ft.Text(word, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS)
    place.drawing.live(face, semantics_label=place.spoken(word))

    def pressed(who: Who, _data: object) -> None:
        place.act(who, value)

    return place.drawing.on(ft.OutlinedButton(face), click=pressed)
