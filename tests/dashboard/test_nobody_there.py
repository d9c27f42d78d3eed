"""What a real browser shows while nobody answers it, and while it is not let in."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dashboard.browser import Chromium, Screen, chromium
from tests.dashboard.launched import Product
from tests.servers import send, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COVERED = """() => {
    const view = document.querySelector("flutter-view");
    const top = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    return [view.inert, view.getAttribute("aria-hidden"), top.closest("#veil") !== null];
}"""
ALIVE = """() => ["bar", "words"].map(id => {
    const part = document.getElementById(id);
    return [part.role ?? part.getAttribute("role"), part.getAttribute("aria-live")];
})"""
RECORD = """() => {
    globalThis.changes = [];
    const note = records => records.forEach(record => globalThis.changes.push(record.target.id));
    const all = {subtree: true, childList: true, characterData: true, attributes: true};
    new MutationObserver(note).observe(document.getElementById("veil"), all);
}"""
PICTURE = """() => {
    const last = document.getElementById("last");
    const all = last.getContext("2d").getImageData(0, 0, last.width, last.height).data;
    const pixels = new Uint32Array(all.buffer);
    return [last.checkVisibility(), new Set(pixels).size > 10];
}"""

PAINTED = """() => {
    const canvases = root => [...root.querySelectorAll("*")].flatMap(
        node => node.tagName === "CANVAS" ? [node] : node.shadowRoot ? canvases(node.shadowRoot) : []);
    return canvases(document).some(canvas => {
        if (canvas.id === "last" || !canvas.width || !canvas.height) return false;
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
        copy.drawImage(canvas, 0, 0);
        const all = copy.getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(all.buffer)).size > 10;
    });
}"""
"""The accessibility tree is there before the first picture, which takes long without a GPU."""


@pytest.fixture
def tabs() -> Iterator[Chromium]:
    """A Chromium."""
    with chromium() as browser:
        yield browser


def say(product: Product, temperature: float) -> None:
    """A thermostat speaks."""
    send(product.mqtt_port, "fleet/thermostat/hall/state", b'{"temperature": %.1f}' % temperature)


def shows(screen: Screen, temperature: str) -> None:
    """Return when the dashboard itself is seen, with the value."""
    screen.wait(lambda: screen.veil() == ("nothing", ""), "the veil to go")
    screen.wait_for("Hall", temperature)


def hangs(product: Product, screen: Screen) -> None:
    """It does nothing for a while: over the last picture a bar says so; then it goes on, with its socket."""
    sockets = screen.sockets
    with product.frozen():
        screen.wait(lambda: screen.veil()[0] == "silent", "a word about the silence")
        before, _, after = screen.veil()[1].partition(" since ")
        assert "Fleetglass has not answered" == before
        assert "What you see is from then. It goes on by itself." == after.partition(". ")[2]
        assert [True, "true", True] == screen.page.evaluate(COVERED)
        assert [True, True] == screen.page.evaluate(PICTURE)
    screen.wait(lambda: screen.veil() == ("nothing", ""), "an answer")
    assert sockets == screen.sockets


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_a_dashboard_that_dies_is_said_to_be_lost_and_comes_back(
    tmp_path: Path, tabs: Chromium, size: str, scheme: str
) -> None:
    """Over the last picture a bar says since when, and nothing else is read out; then all is live again.

    So it is where it only hung.
    """
    with ExitStack() as stack:
        product = Product(tmp_path, "--no-demo")
        stack.callback(product.stop)
        product.start()
        say(product, 20.5)
        screen = tabs.screen(product, size=size, scheme=scheme).open()  # type: ignore[arg-type]
        shows(screen, "20.5")
        assert [False, None, False] == screen.page.evaluate(COVERED)
        screen.wait(lambda: screen.page.evaluate(PAINTED), "the first picture")
        if size == "phone":
            hangs(product, screen)
        product.kill()
        screen.wait(lambda: screen.veil()[0] == "lost", "the veil")
        words = screen.veil()[1].split()
        hour, minute = words.pop(5).removesuffix(".").split(":")
        assert (2, 2, True) == (len(hour), len(minute), (hour + minute).isdecimal())
        assert "Connection to Fleetglass lost at It comes back by itself." == " ".join(words)
        assert [True, "true", True] == screen.page.evaluate(COVERED)
        assert [["status", "polite"]] * 2 == screen.page.evaluate(ALIVE)
        assert [True, True] == screen.page.evaluate(PICTURE)
        assert "" == screen.text()
        # Some tries in vain.
        tries = screen.sockets + 2
        screen.wait(lambda: screen.sockets >= tries, "some tries")
        assert "lost" == screen.veil()[0]
        product.start()
        shows(screen, "20.5")
        assert [False, None, False] == screen.page.evaluate(COVERED)
        say(product, 21.5)
        shows(screen, "21.5")
        tabs.close_all()


def test_a_full_dashboard_says_so_calmly_and_lets_in_when_there_is_room(
    tmp_path: Path, tabs: Chromium
) -> None:
    """From try to try nothing of what it says is touched; a place that is free again is taken."""
    (tmp_path / "fleetglass.toml").write_text('[web]\nmax_sessions = 1\n[ui]\ntitle = "Home & <garden>"\n')
    with ExitStack() as stack:
        product = Product(tmp_path, "--no-demo")
        stack.callback(product.stop)
        product.start()
        say(product, 20.5)
        shows(tabs.screen(product).open(), "20.5")
        late = tabs.screen(product)
        late.page.goto(product.url)
        late.wait(lambda: late.veil()[0] == "refused", "the reason")
        late.page.evaluate(RECORD)
        tries = late.sockets + 2
        late.wait(lambda: late.sockets >= tries, "two more tries")
        assert [] == late.page.evaluate("() => globalThis.changes")
        assert [
            "Home & <garden>",
            "This dashboard is full",
            "1 browser has it open, and there is no room for more.",
            "It tries again by itself.",
        ] == late.veil()[1].split("\n")
        assert [True, "true", True] == late.page.evaluate(COVERED)
        tabs.close_first()
        late.wait(lambda: late.veil()[0] == "nothing", "a place")
        wait_until(lambda: product.json("/healthz")["sessions"] == 1, "it to be in")
        assert 1 == product.log.count("browsers are turned away: [web] max_sessions = 1 are open")
        assert 1 == product.log.count("are turned away")
        tabs.close_all()
