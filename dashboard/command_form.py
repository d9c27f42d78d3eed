"""A form for all that can be set on a device, from its kind; what was changed is sent as one command."""

import logging
import time
from collections.abc import Mapping

import flet as ft

from bridge.errors import FleetglassError
from dashboard.asking import ask_then_act
from dashboard.card import Who
from dashboard.dialogs import dialog_of
from dashboard.house import House
from dashboard.look import SOFT
from dashboard.present import DeviceView, MetricView
from dashboard.sight import device_view
from dashboard.widgets import Entry, entry_for
from schemas.message import Value

log = logging.getLogger(__name__)


def open_command_form(house: House, device_id: str, who: Who) -> None:
    """Let a person set several values of a device at once, starting from the present ones.

    What is wrong is said at its field, and nothing is sent then. Values that were not changed are not sent.
    """
    view = _view(house, device_id, who)
    settable = {} if view is None else {name: m for name, m in view.metrics.items() if _has_field(m)}
    if view is None or not settable:
        who.tell(who.reader.say("There is nothing to set on this device"))
        return
    _Form(house, view, settable, who).open()


def can_be_set(view: DeviceView) -> bool:
    """Whether the form would have a field."""
    return any(map(_has_field, view.metrics.values()))


def _has_field(metric: MetricView) -> bool:
    # A button is pressed, not set.
    return metric.settable and metric.trait.can_be_read


class _Form:
    """The dialog of one person."""

    def __init__(self, house: House, view: DeviceView, metrics: Mapping[str, MetricView], who: Who) -> None:
        self._house = house
        self._view = view
        self._who = who
        self._before = {name: metric.shown for name, metric in metrics.items()}
        self._entries: Mapping[str, Entry] = {
            name: entry_for(metric.trait)(metric, who.reader, lambda: None)
            for name, metric in metrics.items()
        }
        self._told = ft.Text(size=13, color=ft.Colors.ERROR, visible=False)
        say = who.reader.say
        lines: list[ft.Control] = [
            ft.Text(say("Only what you change is sent, all of it as one command."), size=13, color=SOFT),
            *(entry.control for entry in self._entries.values()),
            self._told,
        ]
        leave = ft.TextButton(say("Cancel"), on_click=lambda _event: self._who.close(self._dialog))
        send = ft.FilledButton(say("Send"), on_click=lambda _event: self._send())
        self._dialog: ft.AlertDialog = dialog_of(say("Set {device}", device=view.title), lines, [leave, send])

    def open(self) -> None:
        """Show it."""
        self._who.open(self._dialog)

    def _send(self) -> None:
        # A second click comes while it closes.
        if not self._dialog.open:
            return
        changes = self._read()
        if changes is None:
            return
        if not changes:
            self._tell(self._who.reader.say("Nothing was changed"))
            return
        view = _view(self._house, self._view.id, self._who) or self._view
        ask_then_act(self._who, view, changes, self._command)

    def _command(self, who: Who, changes: Mapping[str, Value]) -> None:
        """It stays open until the command is sent, so that what was entered is not lost."""
        try:
            self._house.command(self._view.id, changes, by=who.name)
        except FleetglassError as error:
            log.warning("session %s: command for %s not sent: %s", who.name, self._view.id, error)
            name, _, why = str(error).partition(": ")
            if name in self._entries and why:
                self._entries[name].tell(who.reader.told(why))
                self._dialog.update()
            else:
                self._tell(who.reader.say("Not sent: {why}", why=who.reader.told(str(error))))
        else:
            who.close(self._dialog)

    def _read(self) -> Mapping[str, Value] | None:
        """What was changed; None if something is wrong, which is then said where it is."""
        changes: dict[str, Value] = {}
        right = True
        self._told.visible = False
        for name, entry in self._entries.items():
            try:
                value = entry.read()
            except ValueError as error:
                entry.tell(str(error))
                right = False
                continue
            entry.tell("")
            if value is not None and value != self._before[name]:
                changes[name] = value
        if not right:
            self._dialog.update()
            return None
        return changes

    def _tell(self, text: str) -> None:
        self._told.value, self._told.visible = text, True
        self._dialog.update()


def _view(house: House, device_id: str, who: Who) -> DeviceView | None:
    device = house.devices.get(device_id)
    if device is None:
        return None
    return device_view(device, house.kinds.get(device.kind), house.label(device), time.time(), who.reader)
