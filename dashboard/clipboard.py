"""Putting a text on one person's clipboard, as far as his browser allows it."""

import asyncio
import logging

import flet as ft

from dashboard.card import Who

log = logging.getLogger(__name__)

WITHIN = 5.0
"""Seconds that a browser has for it."""


async def copy(clipboard: ft.Clipboard, who: Who, text: str) -> None:
    """Copy it and tell him so, or that it is not allowed: browsers want TLS, or their own computer.

    `clipboard` belongs to his page.
    """
    try:
        async with asyncio.timeout(WITHIN):
            await clipboard.set(text)
    except Exception as error:  # noqa: BLE001 - whatever a browser says
        log.debug("session %s could not copy: %s", who.name, error)
        who.tell(who.reader.say("Your browser does not allow it: mark the text and copy it yourself"))
    else:
        who.tell(who.reader.say("Copied"))
