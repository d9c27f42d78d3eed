"""A screen on the wall that goes from page to page by itself: `?kiosk&cycle=30`, seconds on each."""

import asyncio
import weakref
from collections.abc import Mapping

from dashboard.card import Who
from dashboard.house import House

SHORTEST, LONGEST = 5, 3_600
"""Seconds on a page; what is asked for beyond is brought within."""
DIGITS = 6


def turn_pages(house: House, values: Mapping[str, str], who: Who) -> None:
    """Begin to turn, if the address asks for it. It ends when the person goes elsewhere, or for good."""
    asked = values.get("cycle", "")
    if "kiosk" not in values or not asked.isdecimal() or len(asked) > DIGITS:
        return
    _wait(house, weakref.ref(who), who.route, values["name"], min(LONGEST, max(SHORTEST, int(asked))))


def following(names: list[str], name: str) -> str:
    """The page after this one, the first after the last."""
    return names[(names.index(name) + 1) % len(names)] if name in names else next(iter(names), name)


def _wait(house: House, who: "weakref.ref[Who]", route: str, name: str, seconds: int) -> None:
    asyncio.get_running_loop().call_later(seconds, _turn, house, who, route, name, seconds)


def _turn(house: House, who: "weakref.ref[Who]", route: str, name: str, seconds: int) -> None:
    person = who()
    if person is None or person.route != route:
        return
    after = following(list(house.boards.pages()), name)
    if after != name:
        person.go(f"/pages/{after}?kiosk&cycle={seconds}")
    # Should the browser not answer, it is tried again; else he is elsewhere by then.
    _wait(house, who, route, name, seconds)
