"""For who does not see the screen: what can be pressed has a name, pictures have words, pages headings."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboard.views import pages
from tests.dashboard.browser import PHONE, SIZES, chromium
from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.gallery import fill, kinds
from tests.dashboard.paged import house_with
from tests.dashboard.stage import WIDE, Stage, play
from tests.dashboard.staged import Staged

PAGE = """title = "P"
[[tiles]]
type = "text"
title = "Note"
[[tiles]]
type = "chart"
series = [{device = "thermostat.one", metric = "temperature"}]
[[tiles]]
type = "gauge"
device = "thermostat.one"
metric = "humidity"
[[tiles]]
type = "control"
device = "lamp.one"
metric = "brightness"
[[tiles]]
type = "metric"
device = "plug.one"
metric = "power"
[[tiles]]
type = "map"
kind = "tracker"
[[tiles]]
type = "device"
device = "plug.one"
"""
NAMED = {
    "/devices/{id}": (
        "/devices/thermostat.one", "/devices/lamp.one", "/devices/tracker.one?open=message,kind",
        "/devices/plug.nobody",
    ),
    "/pages/{name}": ("/pages/p", "/pages/p?edit", "/pages/none"),
}  # fmt: skip
FOUND = ("/?q=one", "/?q=xyzzy", "/quarantine?q=xyzzy", "/topics?at=attic/thing", "/nowhere")
PRESSED = ("IconButton", "PopupMenuButton", "FilledButton", "OutlinedButton", "TextButton", "Chip")
ENTERED = ("TextField", "Dropdown", "Checkbox", "Slider", "Switch")
ROLES = ("button", "switch", "textbox", "checkbox", "combobox", "link", "tab", "image", "heading")
WORDS = ("label", "value", "text", "semantics_label", "content", "tooltip")


def routes() -> list[str]:
    """All pages, and states of them with other controls."""
    plain = [page.route for page in pages() if "{" not in page.route]
    named = [route for page in pages() if "{" in page.route for route in NAMED[page.route]]
    return [*plain, *named, *FOUND]


def house(folder: Path) -> FakeHouse:
    """Devices of all sorts, a page, a refusal and a topic of nobody."""
    built = house_with(folder, p=PAGE)
    built.hear("fleet/lamp/one/state", b"on")
    built.hear("attic/thing", {"fnord": 7})
    return built


def seen(tree: object, above: tuple[Tree, ...] = ()) -> Iterator[tuple[Tree, tuple[Tree, ...]]]:
    """Every control that is shown and not left out for screen readers, with those around it."""
    if isinstance(tree, list):
        for one in tree:
            yield from seen(one, above)
    if not isinstance(tree, dict) or tree.get("visible") is False:
        return
    if "_c" in tree:
        yield tree, above
        above = (*above, tree)
        if tree["_c"] == "Semantics" and tree.get("exclude_semantics"):
            return
    for value in tree.values():
        yield from seen(value, above)


def words(tree: object, *, but: str = "") -> str:
    """All that is read out of a control, without its property `but`."""
    if isinstance(tree, list):
        return "".join(map(words, tree))
    if not isinstance(tree, dict):
        return ""
    own = "".join(
        value for key, value in tree.items() if key in WORDS and key != but and isinstance(value, str)
    )
    return own + "".join(words(value) for value in tree.values() if isinstance(value, dict | list))


def nameless(tree: object) -> list[Mapping[str, object]]:
    """What can be pressed or entered, or is a picture, and tells nobody what it is."""
    found = []
    for control, above in seen(tree):
        kind, around = control["_c"], above[-2:]
        labelled = any(one["_c"] == "Semantics" and one.get("label") for one in around)
        if kind in PRESSED:
            # A tooltip stands beside the button in the accessibility tree, and names it for nobody.
            named = bool(words(control, but="tooltip"))
        elif kind in ENTERED:
            label = control.get("tooltip") if kind == "Switch" else control.get("label")
            named = labelled or (bool(label if isinstance(label, str) else words(label)) and kind != "Slider")
        elif kind == "Image":
            named = labelled or bool(control.get("semantics_label") or control.get("exclude_from_semantics"))
        else:
            continue
        if not named:
            found.append({key: control[key] for key in ("_c", "tooltip", "hint_text") if key in control})
    return found


@pytest.mark.parametrize("width", [1200, 390])
def test_everything_on_every_page_has_a_name(tmp_path: Path, width: int) -> None:
    """Each page has one name of level 1, and nothing that changes by itself is read out as it does."""
    wrong: dict[str, object] = {}

    async def act(stage: Stage) -> None:
        for route in routes():
            tab = await stage.open(route, {**WIDE, "width": width})
            await asyncio.sleep(0.05)
            tree = tab.client.root["views"]
            tops = [words(one) for one, _ in seen(tree) if one.get("heading_level") == 1]
            loud = [words(one) for one, _ in seen(tree) if one.get("live_region")]
            if lacking := nameless(tree):
                wrong[route] = lacking
            if len(tops) != 1 or not tops[0] or loud:
                wrong[f"{route}, headings"] = (tops, loud)
            await tab.close()

    play(act, house(tmp_path))
    assert {} == wrong


def of_chromium(page: Page) -> list[tuple[str, str]]:
    """The accessibility tree as the browser hands it to a screen reader: roles and names."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_tells_the_names_to_a_screen_reader() -> None:
    """Flutter makes of them what Chromium takes for names; on a phone too. A slider has its around it."""
    with Staged(kinds=kinds()) as staged, chromium() as browser:
        fill(staged)
        parts = ["History", "Events", "Commands", "Availability", "Last message", "Kind: Gallery"]
        for size, route, word, heads in (
            ("desktop", "/devices/gallery.beyond", "Fan", [*parts, "Messages as they came"]),
            ("phone", "/?q=live", "Offset", []),
        ):
            screen = browser.screen(staged, size=size, touch=PHONE if size == "phone" else "")
            # What is out of sight is not in the tree.
            screen.page.set_viewport_size({"width": SIZES[size][0], "height": 2_000})
            screen.open(route)
            screen.wait_for("Temperature", word)
            seen = of_chromium(screen.page)
            assert [] == [role for role, name in seen if role in ROLES and not name.strip()], size
            title, *below = [name for role, name in seen if role == "heading"]
            assert (True, sorted(heads)) == (bool(title), sorted(below))
            # What folds a part is a button in its heading.
            assert heads[1:] == [name for role, name in seen if role == "button" and name in heads]
            assert {"button", "switch" if size == "desktop" else "textbox"} <= {role for role, _ in seen}
            browser.close_all()
