"""The widgets in a real browser: large enough for fingers, and named for who does not see them."""

import pytest

from tests.dashboard.browser import chromium
from tests.dashboard.gallery import PHONE, fill, kinds
from tests.dashboard.staged import Staged

FINGER = 44
"""Pixels that what is touched must be high and wide at the least."""
CONTROLS = (
    "Target, 20.5 °C, change",
    "Target, 20.5 °C, less",
    "Target, 20.5 °C, more",
    "Fan, on",
    "Mode, eco, boost",
    "Identify, Press",
    "Display, Hello, change",
    "Color, #ff8800, change",
)


@pytest.mark.slow
def test_what_is_touched_is_large_enough() -> None:
    """On a phone each control of a device has room for a finger, and a name that says what it does."""
    with Staged(kinds=kinds()) as staged, chromium() as browser:
        fill(staged)
        screen = browser.screen(staged, size="phone", touch=PHONE)
        screen.page.set_viewport_size({"width": 390, "height": 2_400})
        screen.open("/devices/gallery.live").wait_for(*(f"live: {name}" for name in CONTROLS))
        seen = screen.seen()
        sizes = {}
        for name in CONTROLS:
            [named] = [node for node in seen if node.text == f"live: {name}" and node.role]
            # What is tapped is the largest of those around the same point.
            around = [
                node
                for node in seen
                if node.role in {"button", "switch", "checkbox"}
                and abs(node.x + node.width / 2 - named.x - named.width / 2) <= FINGER / 2
                and abs(node.y + node.height / 2 - named.y - named.height / 2) < 1
            ]
            sizes[name] = max((round(node.width), round(node.height)) for node in around)
        assert {} == {name: size for name, size in sizes.items() if min(size) < FINGER}
        screen.click("live: Target, 20.5 °C, change")
        screen.wait_for("5 to 30 °C · in steps of 0.5 °C", "Cancel", "Send")
