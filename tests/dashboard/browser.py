"""Real browsers that look at a dashboard.

Flutter paints on a canvas: what a person sees is read from its accessibility tree, and clicked by the mouse.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, sync_playwright

from tests.dashboard.page_scripts import KEEP_SOCKETS, READ, VEIL, WATCH
from tests.servers import PATIENCE

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SIZES = {"desktop": (1360, 900), "phone": (390, 844)}
LARGER = {"tablet": (820, 1180), "wall": (1920, 1080)}
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
"""What makes Flutter take the screen for one that fingers touch."""

NARROW = 120
"""Pixels; the head of a card is wider than what else can be pressed on it."""
EDGE = 20
"""Pixels from the edge of a card to its head, at the most."""


class Served(Protocol):
    """A dashboard that answers at `url`."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Something on the screen: its text or label, its role, and where it is."""

    text: str
    role: str
    on: bool
    selected: bool
    x: float
    y: float
    width: float
    height: float


class Screen:
    """One tab. Every wait ends the test with what the screen shows if it is in vain."""

    def __init__(self, page: Page, url: str, *, touch: bool = False) -> None:
        self.page = page
        self._touch = touch
        self.requested: list[str] = []
        """Where it has sent requests to, sockets too."""
        self._url = url
        page.on("requestfinished", self._sent)
        page.on("requestfailed", self._sent)
        page.on("websocket", self._socket_opened)

    def open(self, route: str = "/") -> "Screen":
        """Go to a route of the dashboard as its address in the browser's bar does."""
        self.page.goto(self._url + route)
        self._turn_on()
        return self

    def reload(self) -> None:
        """Load the tab anew."""
        self.page.reload()
        self._turn_on()

    @property
    def route(self) -> str:
        """The path in the browser's bar."""
        return urlsplit(self.page.url).path

    def seen(self) -> Sequence[Seen]:
        """All that is on the screen now, from top to bottom and from left to right."""
        found = [Seen(**node) for node in self.page.evaluate(READ)]
        return sorted(found, key=lambda node: (node.y, node.x))

    def text(self) -> str:
        """All texts and labels on the screen."""
        return "\n".join(node.text for node in self.seen() if node.text)

    def veil(self) -> tuple[str, str]:
        """What the page itself shows instead of the dashboard, as `connection.js` names it, and its text."""
        shows, text = self.page.evaluate(VEIL)
        return str(shows), str(text)

    def card(self, name: str) -> Sequence[Seen]:
        """What is on the device's card in an overview; empty while there is none."""
        seen = self.seen()
        heads = [node for node in seen if node.role == "button" and "\n" in node.text and node.width > NARROW]
        head = next((node for node in heads if name in node.text.splitlines()), None)
        if head is None:
            return []
        left, top = head.x - EDGE, head.y - EDGE
        column = [node for node in seen if left <= node.x < head.x + head.width and node.y >= top]
        end = min((node.y for node in column if node in heads and node is not head), default=float("inf"))
        return [node for node in column if node.y < end - EDGE]

    def wait(self, true: Callable[[], object], what: str) -> None:
        """Return when the condition holds."""
        give_up = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > give_up:
                pytest.fail(f"waited in vain for: {what}; {self.route} shows:\n{self.text()}")
            self.page.wait_for_timeout(20)

    def wait_for(self, *words: str) -> None:
        """Return when all the words are on the screen."""

        def there() -> bool:
            text = self.text()
            return all(word in text for word in words)

        self.wait(there, ", ".join(words))

    def wait_without(self, word: str) -> None:
        """Return when the word is gone from the screen."""
        self.wait(lambda: word not in self.text(), f"no more {word}")

    def switch(self, label: str) -> Seen | None:
        """The first switch of this label."""
        return next((node for node in self.seen() if node.role == "switch" and label in node.text), None)

    def wait_for_switch(self, label: str, *, on: bool) -> None:
        """Return when the switch shows this."""

        def shows() -> bool:
            switch = self.switch(label)
            return switch is not None and switch.on is on

        self.wait(shows, f"{label} to be {'on' if on else 'off'}")

    def click(self, label: str, role: Literal["button", "tab", "switch"] = "button") -> None:
        """Click with the mouse on the first thing of this role and label, once it is there."""
        there: list[Seen] = []

        def look() -> bool:
            seen = self.seen()
            there[:] = [
                node for node in seen
                if label in node.text and (node.role == role or _holds(node, seen, role))
            ]  # fmt: skip
            return bool(there)

        self.wait(look, f"a {role} {label}")
        node = there[0]
        self.page.mouse.click(node.x + node.width / 2, node.y + node.height / 2)

    def pinch(self, x: float, y: float, scale: float) -> None:
        """Spread two fingers around a place, from 40 pixels of it to so many times as far."""
        fingers = self.page.context.new_cdp_session(self.page)

        def touch(sort: str, far: float) -> None:
            at = [{"x": x - far, "y": y, "id": 1}, {"x": x + far, "y": y, "id": 2}] if far else []
            fingers.send("Input.dispatchTouchEvent", {"type": sort, "touchPoints": at})
            self.page.wait_for_timeout(30)

        touch("touchStart", 40)
        for step in range(1, 11):
            touch("touchMove", 40 * (1 + (scale - 1) * step / 10))
        touch("touchEnd", 0)

    def write(self, text: str) -> None:
        """Put the text into the page's one field in the place of what is there, and press Enter."""
        field = self.page.locator("flt-semantics input")
        field.wait_for(state="attached", timeout=PATIENCE * 1000)

        def focused() -> bool:
            # While a page slides in the field is not yet where it says.
            if (box := field.bounding_box()) is not None:
                self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            self.page.wait_for_timeout(200)
            return bool(field.evaluate("node => node === document.activeElement"))

        self.wait(focused, "the field's focus")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
        self.wait(lambda: field.input_value() == text, f"{text} in the field")
        self.page.keyboard.press("Enter")

    def watch_for(self, word: str) -> None:
        """From now on look for the word at each change of the screen; see `seen_at`."""
        self.page.evaluate(WATCH, word)

    def seen_at(self) -> float:
        """When the word came, in Unix seconds; waits for it."""
        return float(self.page.evaluate("() => globalThis.seenAt")) / 1000

    def cut(self) -> None:
        """Take the network away, and with it the socket that is open."""
        self.page.context.set_offline(True)
        self.page.evaluate("() => globalThis.sockets.forEach(socket => socket.close())")

    def mend(self) -> None:
        """Give the network back."""
        self.page.context.set_offline(False)

    @property
    def sockets(self) -> int:
        """How many sockets the page has opened since it was loaded."""
        return int(self.page.evaluate("() => globalThis.sockets.length"))

    def _turn_on(self) -> None:
        button = self.page.locator("flt-semantics-placeholder")
        button.wait_for(state="attached", timeout=PATIENCE * 1000)
        if not self._touch:
            button.dispatch_event("click")
            return

        def tapped() -> bool:
            # There it lies over the whole page, and takes nothing but a tap on its middle.
            size = self.page.viewport_size or {"width": 0, "height": 0}
            if button.count():
                self.page.touchscreen.tap(size["width"] / 2, size["height"] / 2)
            self.page.wait_for_timeout(500)
            return not button.count()

        self.wait(tapped, "the accessibility tree")

    def _sent(self, request: Request) -> None:
        self.requested.append(request.url)

    def _socket_opened(self, socket: WebSocket) -> None:
        self.requested.append(socket.url)


def _holds(node: Seen, seen: Sequence[Seen], role: str) -> bool:
    """Whether it is the label around something of that role: a tooltip is told apart from its button."""
    return any(
        other.role == role and not other.text and (other.x, other.y) == (node.x, node.y) for other in seen
    )


class Chromium:
    """Opens tabs of a running browser, each in a context of its own, as other people's browsers are."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        """What a script of a page threw and nobody caught."""

    def screen(
        self,
        product: Served,
        *,
        size: str = "desktop",
        scheme: Literal["light", "dark"] = "light",
        touch: str = "",
        locale: str = "en-US",
    ) -> Screen:
        """A new browser that has not opened anything yet; with `touch` a phone's of that name."""
        width, height = (SIZES | LARGER)[size]
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=locale,
            has_touch=bool(touch),
            user_agent=touch or None,
        )
        self._contexts.append(context)
        context.add_init_script(KEEP_SOCKETS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return Screen(page, product.url, touch=bool(touch))

    def blank(self, width: int, height: int) -> Page:
        """A page with nothing on it."""
        context = self._browser.new_context(viewport={"width": width, "height": height})
        self._contexts.append(context)
        return context.new_page()

    def close_first(self) -> None:
        """Close the tab that was opened before all others."""
        self._contexts.pop(0).close()

    def close_all(self) -> None:
        """Close all tabs; the browser goes on."""
        while self._contexts:
            self._contexts.pop().close()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A headless Chromium, the one that is installed. No script of a page may fail meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        tabs = Chromium(browser)
        try:
            yield tabs
        finally:
            tabs.close_all()
            browser.close()
        assert [] == tabs.errors
