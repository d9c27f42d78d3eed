"""A page of one's own from nothing: made, filled and arranged in a real browser, and there after a reload."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.dashboard.browser import Screen, chromium
from tests.dashboard.launched import Product
from tests.dashboard.sound import sound
from tests.servers import send

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running product."""
    with sound(tmp_path_factory.mktemp("pages")) as product:
        yield product


def press(screen: Screen, label: str) -> None:
    """Click on a button that may still be on its way to another place."""
    places: list[tuple[float, float]] = []

    def rests() -> bool:
        places.extend((node.x, node.y) for node in screen.seen() if node.text == label)
        screen.page.wait_for_timeout(300)
        return len(places) > 1 and places[-1] == places[-2]

    screen.wait(rests, f"{label} to stay where it is")
    screen.click(label)


def place(screen: Screen, label: str) -> tuple[float, float]:
    """The middle of what is called so, once it rests."""
    places: list[tuple[float, float]] = []

    def rests() -> bool:
        found = next((node for node in screen.seen() if node.text == label), None)
        if found is not None:
            places.append((found.x + found.width / 2, found.y + found.height / 2))
        screen.page.wait_for_timeout(300)
        return len(places) > 1 and places[-1] == places[-2]

    screen.wait(rests, f"{label} to stay where it is")
    return places[-1]


def choose(screen: Screen, tile: str, words: str) -> None:
    """Choose an entry of a tile's menu."""
    screen.page.mouse.click(*place(screen, f"{tile}: move, resize, remove"))
    screen.page.mouse.click(*place(screen, words))


def take(screen: Screen, what: str, *, to: str = "", by: tuple[float, float] = (0, 0)) -> None:
    """Drag something to the middle of something else, or so many pixels away."""
    x, y = place(screen, what)
    end = place(screen, to) if to else (x + by[0], y + by[1])
    screen.page.mouse.move(x, y)
    screen.page.mouse.down()
    for step in (0.2, 0.5, 0.8, 1.0, 1.0):
        screen.page.mouse.move(x + (end[0] - x) * step, y + (end[1] - y) * step)
        screen.page.wait_for_timeout(100)
    screen.page.mouse.up()


def add(screen: Screen, what: str, device: str) -> None:
    """Add a tile by the dialog, which is open."""
    screen.wait_for("What to show")
    if what != "A value":
        screen.click("What to show")
        press(screen, what)
    field = screen.page.locator('flt-semantics input[aria-label="Device"]')
    field.wait_for(state="attached")

    def listed() -> bool:
        if (box := field.bounding_box()) is not None:
            screen.page.mouse.click(box["x"] + 60, box["y"] + box["height"] / 2)
        screen.page.wait_for_timeout(300)
        return device in screen.text()

    screen.wait(listed, f"{device} in the list")
    press(screen, device)
    screen.wait_without("Fridge" if device == "Kettle" else "Kettle")
    # The dialog has grown by what can be chosen of the device.
    press(screen, "Add")
    screen.wait_without("What to show")


def tiles_of(file: Path) -> list[dict[str, object]]:
    """The tiles as the file has them now."""
    if not file.exists():
        return []
    return list(tomllib.loads(file.read_text()).get("tiles", []))


def test_a_page_is_made_arranged_and_there_after_a_reload(product: Product) -> None:
    """Made in the browser, it is a file; what an editor then writes into it is on the screen."""
    for device, watts in (("kettle", 2000), ("fridge", 80)):
        state = json.dumps({"on": True, "power": watts}).encode()
        send(product.mqtt_port, f"fleet/plug/{device}/state", state)
    file = product.folder / "pages" / "kitchen.toml"
    with chromium() as browser:
        _journey(browser.screen(product), file)


def _journey(screen: Screen, file: Path) -> None:
    screen.open("/pages").wait_for("No page of your own yet")
    screen.click("New page")
    screen.wait_for("Cancel")
    screen.write("Kitchen")
    screen.wait_for("Nothing is on this page yet")
    screen.click("Add a tile")
    add(screen, "A value", "Kettle")
    screen.wait_for("Kettle · Power switch")
    for what in ("A chart", "A device's card"):
        press(screen, "Add")
        add(screen, what, "Fridge")
    screen.wait(lambda: len(tiles_of(file)) == 3, "three tiles in the file")
    choose(screen, "Chart", "Move earlier")
    screen.wait(lambda: "chart" == tiles_of(file)[0]["type"], "the chart before the value")
    screen.wait(lambda: -1 < screen.text().find("Chart:") < screen.text().find("Value:"), "the chart first")
    choose(screen, "Chart", "Wider")
    screen.wait(lambda: tiles_of(file)[0].get("width") == 7, "the width")
    take(screen, "Value: drag to move", to="Chart: drag to move")
    screen.wait(lambda: "metric" == tiles_of(file)[0]["type"], "the value before the chart")
    take(screen, "Value: draw to resize", by=(130, 92))
    screen.wait(lambda: tiles_of(file)[0].get("height") == 3, "a row more")
    assert 3 < cast("int", tiles_of(file)[0]["width"])
    press(screen, "Value: rename")
    screen.wait_for("Heading of the tile")
    screen.write("Water")
    screen.wait_for("Water")
    screen.click("More")
    screen.wait_for("Rename")
    item = next(node for node in screen.seen() if node.text == "Rename")
    screen.page.mouse.click(item.x + item.width / 2, item.y + item.height / 2)
    screen.wait_for("Rename the page")
    screen.write("Kitchen, below")
    screen.wait_for("Kitchen, below")
    screen.click("Done")
    screen.wait_for("Arrange")
    screen.reload()
    screen.wait_for("Kitchen, below", "Water", "Fridge")
    before = file.read_text()
    file.write_text(before.replace("Water", "Tea"))
    screen.wait_for("Tea")
    kinds = [tile["type"] for tile in tomllib.loads(file.read_text())["tiles"]]
    assert ["metric", "chart", "device"] == kinds
    assert 'title = "Kitchen, below"\n\n[[tiles]]\n' == before[: before.index("id = ")]
