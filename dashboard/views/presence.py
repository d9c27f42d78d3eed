"""Whether a device is there: a sign, a word, and for who asks the reason."""

from functools import partial

import flet as ft

from dashboard.card import Drawing, Question, Who
from dashboard.look import DOTS, SIGNS, SOFT
from dashboard.present import DeviceView
from dashboard.sight import of_device
from dashboard.wording import sentence


def sign(size: int = 12) -> ft.Icon:
    """Without what is live of it."""
    return ft.Icon(ft.Icons.CIRCLE, size=size)


def presence(drawing: Drawing[DeviceView], *, begins: bool = False) -> ft.Control:
    """The availability; the reason is its tooltip, and is told when it is pressed.

    It ends the row that it stands in, or `begins` it.
    """
    live = partial(drawing.lasting, of_device)
    mark = live(sign(), icon=lambda v: SIGNS[v.availability], color=lambda v: DOTS[v.tone])
    word = live(ft.Text(size=12, color=SOFT, no_wrap=True), value=lambda v: v.word)
    row = ft.Row([mark, word], spacing=5, tight=True)
    button = ft.Container(
        row, ink=True, border_radius=10, height=44,
        padding=ft.Padding.only(right=8) if begins else ft.Padding.only(left=8),
        alignment=ft.Alignment.CENTER_LEFT if begins else ft.Alignment.CENTER_RIGHT,
    )  # fmt: skip
    live(button, tooltip=lambda v: v.reason)
    return drawing.on(button, click=lambda who, _data: tell(who, drawing.view))


def tell(who: Who, view: DeviceView) -> None:
    """Why the device is held for there or not, how old what we know is, and where its values are from."""
    say = view.reader.say
    lines = [sentence(view.reason), say("Last message: {age}.", age=view.age)]
    if view.kept:
        kept = {
            "retained": say("Its values are copies that the broker kept."),
            "restored": say("Its values are from before the last start."),
        }
        lines.append(kept[view.kept])
    who.ask(Question(say("{device}: {state}", device=view.title, state=view.word), lines))


def about(view: DeviceView) -> str:
    """A card in words: name, what it is and where, and whether it is there.

    Its values are not among them: they are read with it, and a label that had them would be sent with each.
    """
    return view.reader.say(", ").join(
        word for word in (view.title, view.kind_title, view.place, view.word) if word
    )
