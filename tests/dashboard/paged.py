"""A house with people's own pages, and what a person does on them."""

import tomllib
from pathlib import Path

from flet.messaging.protocol import MessageAction

from dashboard.boards import Boards
from dashboard.page_edits import BOARDS, tag_of
from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, Tab, until

KITCHEN = """title = "Kitchen"

[[tiles]]
type = "metric"
id = "warm"
device = "thermostat.one"
metric = "temperature"

# Not to be lost.
[[tiles]]
type = "text"
id = "note"
title = "Note"
text = "Milk is out"
"""


def house_with(folder: Path, **pages: str) -> FakeHouse:
    """A house with a device of each sort, and these pages in the folder, looked at."""
    house = FakeHouse()
    house.hear_all(["thermostat", "plug", "lamp", "tracker", "button", "machine"])
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.toml").write_text(text)
    house.boards = Boards(folder)
    house.boards.poll()
    return house


def look_again(stage: Stage) -> None:
    """What the product does every two seconds."""
    changed = stage.house.boards.poll()
    stage.hub.announce({BOARDS, *map(tag_of, changed)})


def button(tab: Tab, words: str) -> Tree:
    """The first button that says so, or whose tooltip does."""
    types = ("IconButton", "FilledButton", "FilledTonalButton", "OutlinedButton", "TextButton")
    for one in (control for kind in types for control in tab.controls(kind)):
        if words in (one.get("tooltip"), one.get("content")):
            return one
    raise AssertionError(f"no button {words!r}")


def entry(tab: Tab, tile: str, words: str) -> Tree:
    """An entry of the menu of the first tile of this type, as its type is called, while it is arranged."""
    menus = (
        one for one in tab.controls("PopupMenuButton") if str(one.get("tooltip")).startswith(f"{tile}: ")
    )
    return next(one for one in next(menus)["items"] if one["content"] == words)


def dialog(tab: Tab) -> Tree | None:
    """The dialog that is open."""
    shown = [one for one in tab.client.controls.values() if one["_c"] == "AlertDialog" and one.get("open")]
    return shown[-1] if shown else None


async def dialog_of(tab: Tab) -> Tree:
    """The dialog that is open, once there is one."""
    await until(lambda: dialog(tab), "a dialog")
    found = dialog(tab)
    assert found is not None
    return found


def fields(tree: Tree, kind: str) -> list[Tree]:
    """The fields of a dialog."""
    return [one for one in tree["content"]["controls"] if one["_c"] == kind]


def enter(tab: Tab, field: Tree, value: object, event: str = "") -> None:
    """A person fills a field in."""
    field["value"] = value
    props = {"id": field["_i"], "props": {"value": value}}
    tab.socket.say(MessageAction.UPDATE_CONTROL_PROPS, props)
    if event:
        tab.click(field, event, value)


def press(tab: Tab, shown: Tree, words: str) -> None:
    """Press a button of a dialog."""
    tab.click(next(one for one in shown["actions"] if one["content"] == words))


def everything(tree: object) -> list[Tree]:
    """All controls in a tree."""
    if isinstance(tree, list):
        return [found for one in tree for found in everything(one)]
    if not isinstance(tree, dict):
        return []
    inside = [found for value in tree.values() for found in everything(value)]
    return [tree, *inside] if "_c" in tree else inside


def order_of(file: Path) -> list[str]:
    """The ids of a page's tiles as the file has them."""
    return [tile["id"] for tile in tomllib.loads(file.read_text())["tiles"]]
