"""A dialog for one value of a device, from its kind."""

import flet as ft

from dashboard.card import Who
from dashboard.dialogs import dialog_of
from dashboard.widgets import Entry, Place, entry_for


def open_value_dialog(place: Place, who: Who) -> None:
    """Let a person enter a new value of a metric; what cannot be one is said at the field."""
    metric, reader = place.metric, place.reader
    say = who.reader.say

    def send() -> None:
        # A second click comes while it closes.
        if not dialog.open:
            return
        try:
            value = entry.read()
        except ValueError as error:
            entry.tell(str(error))
            dialog.update()
            return
        who.close(dialog)
        if value is not None:
            place.act(who, value)

    entry: Entry = entry_for(metric.trait)(metric, reader, send)
    if isinstance(entry.control, ft.TextField):
        field = entry.control
        # What is typed replaces what is there.
        field.autofocus, field.selection = True, ft.TextSelection(0, len(field.value))
    cancel = ft.TextButton(say("Cancel"), on_click=lambda _event: who.close(dialog))
    agree = ft.FilledButton(say("Send"), on_click=lambda _event: send())
    dialog: ft.AlertDialog = dialog_of(
        say("{device}: {metric}", device=place.drawing.view.title, metric=metric.label),
        [entry.control],
        [cancel] if entry.decides else [cancel, agree],
    )
    who.open(dialog)
