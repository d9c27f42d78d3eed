"""A person's own choices: theme, language, units, time zone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

import flet as ft

from dashboard.card import Who
from dashboard.dialogs import dialog_of
from dashboard.dropdown import dropdown
from dashboard.language import LANGUAGES
from dashboard.wishes import Wishes

HERE = "-"
"""The key of "as the browser has it": an option needs one."""


def preferences_dialog(who: Who, wishes: Wishes, chosen: Callable[[Wishes], None]) -> ft.AlertDialog:
    """The dialog; each choice is at once told to `chosen`."""
    say = who.reader.say
    now = wishes

    def choose(**change: Any) -> None:  # noqa: ANN401  (as `replace` takes it)
        nonlocal now
        now = replace(now, **change)
        chosen(now)

    def field(
        label: str, name: str, value: str, options: Mapping[str, str], *, searchable: bool = False
    ) -> ft.Control:
        keyed = {key or HERE: text for key, text in options.items()}

        def take(key: str) -> None:
            choose(**{name: key.removeprefix(HERE)})

        return dropdown(label, keyed, value or HERE, take, searchable=searchable)

    zones = {"": say("As the browser has it"), **{zone: zone for zone in sorted(available_timezones())}}
    lines: list[ft.Control] = [
        field(say("Theme"), "theme", wishes.theme, {
            "system": say("As the system has it"), "light": say("Light colours"), "dark": say("Dark colours"),
        }),
        field(say("Language"), "language", wishes.language, {
            "": say("As the browser has it"), **dict[str, str](LANGUAGES.items()),
        }),
        field(say("Units"), "units", wishes.units, {
            "device": say("As the devices say them"),
            "metric": say("Metric (°C, km/h, L)"),
            "imperial": say("US customary (°F, mph, gal)"),
        }),
        field(say("Time zone"), "zone", wishes.zone, zones, searchable=True),
        ft.Text(say("Kept in this browser."), size=12),
    ]  # fmt: skip
    done = ft.FilledButton(say("Done"))
    dialog = dialog_of(say("Preferences"), lines, [done])
    done.on_click = lambda _event: who.close(dialog)
    return dialog
