"""What a person does with a device itself: name it, take it out of use, forget it."""

from collections.abc import Callable

import flet as ft

from bridge.labels import LONGEST, Label
from bridge.state import DeviceState
from dashboard.aside import Found
from dashboard.card import Question, Who
from dashboard.dialogs import dialog_of
from dashboard.house import House
from dashboard.look import SOFT, small
from dashboard.present import default_name
from dashboard.wording import shown_text


def open_naming(house: House, device_id: str, who: Who) -> None:
    """Let a person give a device another name and place, which the bridge writes into its config file."""
    device = _known(house, device_id, who)
    if device is None:
        return
    label, say = house.label(device), who.reader.say
    name = _field(say("Name"), label.name, label.own_name or default_name(device.id), who)
    place = _field(say("Place"), label.place, label.own_place, who)
    told = ft.Text(size=13, color=ft.Colors.ERROR, visible=False)

    def save() -> None:
        given = name.value.strip() or None, place.value.strip() or None
        _do(
            house, f"naming {device_id}", lambda: house.relabel(device_id, name=given[0], place=given[1]),
            dialog, told, who, lambda: who.tell(say("Saved")),
        )  # fmt: skip

    lines: list[ft.Control] = [name, place, told]
    if label.own_name or label.own_place:
        own = say(", ").join(part for part in (label.own_name, label.own_place) if part)
        text = say("It calls itself {own}. What you enter here goes first.", own=shown_text(own))
        lines.insert(0, ft.Text(text, size=13, color=SOFT))
    dialog = _dialog(say("Name and place"), lines, say("Save"), save, who)

    def entered(_event: object) -> None:
        if dialog.open:
            save()

    name.autofocus, name.on_submit, place.on_submit = True, entered, entered
    who.open(dialog)


def ask_retiring(house: House, device_id: str, who: Who) -> None:
    """Take a device out of use after a question; one that is out of use is taken back at once."""
    device = _known(house, device_id, who)
    if device is None:
        return
    say, retired = who.reader.say, house.label(device).retired

    def retire() -> None:
        def told(found: Found[None]) -> None:
            done = say("It is in use again") if retired else say("It is retired now")
            who.tell(_refused(found, who) or done)

        house.aside.do(f"retiring {device_id}", lambda: house.retire(device_id, retired=not retired), told)

    if retired:
        retire()
        return
    who.ask(
        Question(
            say("Retire {device}?", device=_title(label=house.label(device), device=device)),
            [
                say("It is no longer on the overview, and not counted there."),
                say("What it says is still kept, and its page stays. It can be taken back at any time."),
            ],
            say("Retire"),
            retire,
        )
    )


def open_forgetting(house: House, device_id: str, who: Who) -> None:
    """Let a person have a device forgotten, after saying what that means."""
    device = _known(house, device_id, who)
    if device is None:
        return
    say = who.reader.say
    history = ft.Checkbox(label=say("Its history too"), value=False)
    retained = ft.Checkbox(label=say("What the broker keeps too"), value=True)
    told = ft.Text(size=13, color=ft.Colors.ERROR, visible=False)

    def forget() -> None:
        wanted = bool(history.value), bool(retained.value)

        def done() -> None:
            who.tell(say("It is forgotten"))
            who.go("/")

        _do(
            house, f"forgetting {device_id}",
            lambda: house.forget(device_id, history=wanted[0], retained=wanted[1]),
            dialog, told, who, done,
        )  # fmt: skip

    lines: list[ft.Control] = [
        ft.Text(say("It leaves every page. If it speaks again, it is there again as a new one."), size=14),
        history,
        small(say("All that it has said is deleted and cannot be brought back.")),
        retained,
        small(say("Else its last message, where the broker retained it, brings it back at the next start.")),
        told,
    ]
    title = say("Forget {device}?", device=_title(label=house.label(device), device=device))
    dialog = _dialog(title, lines, say("Forget"), forget, who, danger=True)
    who.open(dialog)


def _known(house: House, device_id: str, who: Who) -> DeviceState | None:
    device = house.devices.get(device_id)
    if device is None:
        who.tell(who.reader.say("Nothing is known of this device any more"))
    return device


def _title(label: Label, device: DeviceState) -> str:
    return shown_text(label.name or default_name(device.id))


def _field(text: str, value: str | None, usual: str | None, who: Who) -> ft.TextField:
    hint = who.reader.say("Empty: {usual}", usual=shown_text(usual)) if usual else None
    return ft.TextField(
        label=text, value=value or "", helper=hint, max_length=LONGEST, counter="", dense=True
    )


def _dialog(  # noqa: PLR0913  (what a dialog with a button of its own is)
    title: str, lines: list[ft.Control], yes: str, then: Callable[[], None], who: Who, *, danger: bool = False
) -> ft.AlertDialog:
    def agreed() -> None:
        # A second click comes while it closes.
        if dialog.open:
            then()

    leave = ft.TextButton(who.reader.say("Cancel"), on_click=lambda _event: who.close(dialog))
    agree = ft.FilledButton(yes, on_click=lambda _event: agreed())
    if danger:
        agree.style = ft.ButtonStyle(bgcolor=ft.Colors.ERROR, color=ft.Colors.ON_ERROR)
    dialog: ft.AlertDialog = dialog_of(title, lines, [leave, agree])
    return dialog


def _do(  # noqa: PLR0913, PLR0917  (where what came of it is said)
    house: House,
    name: str,
    work: Callable[[], None],
    dialog: ft.AlertDialog,
    told: ft.Text,
    who: Who,
    then: Callable[[], None],
) -> None:
    """Do it beside the loop; the dialog stays until it is done, and says why it was not."""

    def ended(found: Found[None]) -> None:
        why = _refused(found, who)
        if not why:
            who.close(dialog)
            then()
        elif dialog.open:
            told.value, told.visible = why, True
            dialog.update()

    house.aside.do(name, work, ended)


def _refused(found: Found[None], who: Who) -> str:
    if not found.fault:
        return ""
    return who.reader.say("That could not be done: {why}", why=who.reader.told(found.fault))
