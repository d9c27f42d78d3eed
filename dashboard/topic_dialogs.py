"""What a person does with a topic: publish a message on it, clear what the broker keeps of it."""

import flet as ft

from dashboard.aside import Found
from dashboard.card import Question, Who
from dashboard.dialogs import dialog_of
from dashboard.dropdown import dropdown
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import small
from dashboard.wording import shown_text

LONGEST_TOPIC = 1_000
LONGEST_PAYLOAD = 100_000
QOS = {
    "0": marked("0: at most once"),
    "1": marked("1: at least once"),
    "2": marked("2: exactly once"),
}


def open_publishing(house: House, who: Who, topic: str) -> None:
    """Let a person publish a message; the dialog stays until it has been sent, and says why it was not."""
    say = who.reader.say
    where = ft.TextField(label=say("Topic"), value=topic, max_length=LONGEST_TOPIC, counter="", dense=True)
    what = ft.TextField(
        label=say("Payload"), multiline=True, min_lines=3, max_lines=8, max_length=LONGEST_PAYLOAD, counter=""
    )
    (what if topic else where).autofocus = True
    qos = dropdown(say("QoS"), {key: say(text) for key, text in QOS.items()}, "1")
    retain = ft.Checkbox(label=say("Retain"), value=False)
    kept_for = small(say("The broker keeps it for whoever subscribes later."))
    told = ft.Text(size=13, color=ft.Colors.ERROR, visible=False)

    def send() -> None:
        # A second click comes while it closes.
        if not dialog.open:
            return
        to, payload = where.value.strip(), what.value.encode()
        level, kept = int(qos.value or "1"), bool(retain.value)

        def ended(found: Found[None]) -> None:
            if not found.fault:
                who.close(dialog)
                who.tell(say("Published on {topic}", topic=shown_text(to)))
            elif dialog.open:
                told.value = say("Not published: {why}", why=shown_text(who.reader.told(found.fault), 300))
                told.visible = True
                dialog.update()

        house.aside.do(
            f"publishing for {who.name}",
            lambda: house.publish(to, payload, by=who.name, qos=level, retain=kept),
            ended,
        )

    leave = ft.TextButton(say("Cancel"), on_click=lambda _event: who.close(dialog))
    agree = ft.FilledButton(say("Publish"), on_click=lambda _event: send())
    dialog: ft.AlertDialog = dialog_of(
        say("Publish a message"), [where, what, ft.Row([qos]), retain, kept_for, told], [leave, agree]
    )
    who.open(dialog)


def ask_clearing(house: House, who: Who, topic: str) -> None:
    """Clear what the broker keeps of a topic, after a question; the person is told what came of it."""
    say = who.reader.say

    def ended(found: Found[None]) -> None:
        if found.fault:
            who.tell(say("Not cleared: {why}", why=shown_text(who.reader.told(found.fault), 300)))
        else:
            who.tell(say("The broker was asked to forget it"))

    def clear() -> None:
        house.aside.do(f"clearing {topic}", lambda: house.clear_retained(topic, by=who.name), ended)

    who.ask(
        Question(
            say("Clear the retained message?"),
            [
                say("The broker forgets the message that it keeps of {topic}.", topic=shown_text(topic, 300)),
                say("Whoever subscribes later gets nothing until the next message."),
            ],
            say("Clear"),
            clear,
        )
    )
