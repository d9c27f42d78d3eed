"""What is put to one person above what he looks at."""

from collections.abc import Callable

import flet as ft

from dashboard.card import Question, Who

WIDTH = 420


def question_dialog(who: Who, question: Question) -> ft.AlertDialog:
    """A question, or only something to read."""

    def close(then: Callable[[], None]) -> None:
        # A second click comes while it closes.
        if dialog.open:
            who.close(dialog)
            then()

    say = who.reader.say
    lines: list[ft.Control] = [ft.Text(line, size=14) for line in question.lines]
    leave = ft.TextButton(
        say("Cancel") if question.yes else say("Close"), on_click=lambda _event: close(lambda: None)
    )
    agree = ft.FilledButton(question.yes, on_click=lambda _event: close(question.then))
    dialog = dialog_of(question.title, lines, [leave, agree] if question.yes else [leave])
    return dialog


def dialog_of(title: str, lines: list[ft.Control], actions: list[ft.Control]) -> ft.AlertDialog:
    """A dialog of ours: a title, what it is about, and what can be done."""
    return ft.AlertDialog(
        title=ft.Text(title, size=18, weight=ft.FontWeight.W_600),
        content=ft.Column(
            lines, tight=True, spacing=12, width=WIDTH, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
        ),
        scrollable=True,
        actions=actions,
    )
