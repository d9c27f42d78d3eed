"""The address of a page for another screen: as a link to copy, and as a QR code for a phone's camera."""

import io
import ipaddress
from urllib.parse import urlsplit

import flet as ft
import segno

from dashboard.card import Who
from dashboard.dialogs import dialog_of
from dashboard.look import SOFT, copyable

SIDE = 220
"""Pixels of width of the code."""
_INK, _PAPER = "#000000", "#ffffff"
"""A camera wants dark on light, in every theme."""


def open_sharing(route: str, who: Who) -> None:
    """Show a person the address of a route of his dashboard, and as a code."""
    address = who.origin + route
    say = who.reader.say
    code = ft.Container(
        ft.Image(
            src=code_of(address), width=SIDE, height=SIDE, semantics_label=say("QR code of the address")
        ),
        bgcolor=_PAPER, padding=12, border_radius=12, alignment=ft.Alignment.CENTER,
    )  # fmt: skip
    lines: list[ft.Control] = [code, copyable(address, size=13)]
    if only_here(address):
        lines.append(
            ft.Text(
                say(
                    "Only this computer reaches that address. To open the dashboard on a phone, let it "
                    "listen on the network ([web] host in the config file) and open it here by this "
                    "computer's name."
                ),
                size=13,
                color=SOFT,
            )
        )
    copy = ft.TextButton(say("Copy the link"), on_click=lambda _event: who.copy(address))
    close = ft.FilledButton(say("Close"), on_click=lambda _event: who.close(dialog))
    dialog: ft.AlertDialog = dialog_of(say("Open on another screen"), lines, [copy, close])
    who.open(dialog)


def code_of(address: str) -> str:
    """The QR code of an address as SVG text, with the white border that cameras need."""
    made = segno.make(address, error="m", micro=False)
    file = io.BytesIO()
    made.save(file, kind="svg", border=4, dark=_INK, light=_PAPER, omitsize=True, xmldecl=False)
    return file.getvalue().decode()


def only_here(address: str) -> bool:
    """Whether an address leads back to the computer that opens it."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
