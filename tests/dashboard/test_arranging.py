"""A page is made, filled and arranged in the browser, and every change is in its file."""

from pathlib import Path

import pytest

from dashboard.page_dialogs import MOST_DEVICES, pin_dialog
from tests.dashboard.client import Tree
from tests.dashboard.paged import KITCHEN, button, dialog, dialog_of, enter, entry, fields, house_with, press
from tests.dashboard.stage import WIDE, Stage, play, until


def test_a_change_is_in_the_file_and_on_every_screen(tmp_path: Path) -> None:
    """Who moves a tile changes the lines of it alone, and others see it at once."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        one, other = await stage.open("/pages/kitchen?edit"), await stage.open("/pages/kitchen")
        await one.sees("Note")
        order = [text for text in other.texts if text in {"Note", "One · Temperature"}]
        assert ["One · Temperature", "Note"] == order
        one.click(entry(one, "Value", "Move later"))

        def moved() -> bool:
            seen = [text for text in other.texts if text in {"Note", "One · Temperature"}]
            return seen == ["Note", "One · Temperature"]

        await until(moved, "the other order")
        text = file.read_text()
        assert text.index("# Not to be lost.") < text.index("Note") < text.index('id = "warm"')
        higher = entry(one, "Value", "Higher")
        one.click(entry(one, "Value", "Wider"))
        await until(lambda: "width = 4" in file.read_text(), "the width")
        # The tile is drawn anew then, with a menu of its own; what is on its way to this one counts.
        await until(lambda: entry(one, "Value", "Higher")["_i"] != higher["_i"], "the wider tile")
        one.click(higher)
        await until(lambda: "height = 3" in file.read_text(), "the height")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_quick_clicks_all_count(tmp_path: Path) -> None:
    """Each is a change of what the one before has made."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit")
        await tab.sees("Note")
        wider = entry(tab, "Value", "Wider")
        for _ in range(3):
            tab.click(wider)
        await until(lambda: "width = 6" in (tmp_path / "kitchen.toml").read_text(), "three columns more")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_what_was_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    """Whoever asked is told, and everybody sees what the file says now."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit")
        await tab.sees("Milk is out")
        file.write_text(KITCHEN.replace("Milk is out", "Milk is in"))
        tab.click(entry(tab, "Value", "Wider"))
        await tab.sees("Milk is in")
        bars = [one["content"]["value"] for one in tab.client.controls.values() if one["_c"] == "SnackBar"]
        assert ["Not saved: " in said and "changed meanwhile" in said for said in bars] == [True]
        assert "width" not in file.read_text()

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_a_tile_is_renamed_and_removed(tmp_path: Path) -> None:
    """By a dialog each; the rest of the file stays."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit")
        await tab.sees("Note")
        tab.click(button(tab, "Value: rename"))
        asked = await dialog_of(tab)
        enter(tab, fields(asked, "TextField")[0], "Warm")
        press(tab, asked, "Save")
        await tab.sees("Warm")
        tab.click(entry(tab, "Text", "Remove"))
        await until(
            lambda: (dialog(tab) or {}).get("title", {}).get("value") == "Remove this tile?", "the question"
        )
        press(tab, await dialog_of(tab), "Remove")
        await tab.sees_no("Milk is out")
        assert 'title = "Warm"' in file.read_text()
        assert "Milk" not in file.read_text()

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_a_new_page_is_made_and_filled(tmp_path: Path) -> None:
    """From the empty list to a page with a value on it, and its file."""
    folder = tmp_path / "pages"

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages")
        await tab.sees("No page of your own yet")
        tab.click(button(tab, "New page"))
        asked = await dialog_of(tab)
        enter(tab, fields(asked, "TextField")[0], "Küche")
        press(tab, asked, "Save")
        call = await tab.asked_to_go()
        tab.answer(call)
        tab.go("/pages/kuche?edit")
        await tab.sees("Nothing is on this page yet")
        tab.click(button(tab, "Add a tile"))
        await until(lambda: (dialog(tab) or {}).get("title", {}).get("value") == "Add a tile", "the choice")
        choice = await dialog_of(tab)
        press(tab, choice, "Add")
        await until(
            lambda: "Choose a device" in [one.get("value") for one in fields(choice, "Text")], "the hint"
        )
        device = next(one for one in fields(choice, "Dropdown") if one["label"] == "Device")
        enter(tab, device, "plug.one", "select")

        def metric() -> Tree:
            return next(one for one in fields(choice, "Dropdown") if one["label"] == "Metric")

        await until(lambda: metric().get("value") == "on", "the metrics of the device")
        enter(tab, metric(), "power")
        press(tab, choice, "Add")
        await tab.sees("One · Power")
        tile = 'type = "metric"\ndevice = "plug.one"\nmetric = "power"\n'
        assert tile in (folder / "kuche.toml").read_text()

    house = house_with(folder)
    folder.rmdir()
    play(act, house)


def test_a_page_that_is_removed_leaves_its_file(tmp_path: Path) -> None:
    """It is asked about first; the list shows it no longer."""

    async def act(stage: Stage) -> None:
        tab, other = await stage.open("/pages/kitchen"), await stage.open("/pages")
        await tab.sees("Note")
        await other.sees("Kitchen")
        entry = next(one for one in tab.controls("PopupMenuItem") if one["content"] == "Remove")
        tab.click(entry)
        press(tab, await dialog_of(tab), "Remove")
        await other.sees("No page of your own yet")
        await tab.sees("There is no such page")

    play(act, house_with(tmp_path, kitchen=KITCHEN))
    assert ["kitchen.toml.removed"] == [file.name for file in tmp_path.iterdir()]


@pytest.mark.parametrize(("onto", "name"), [("kitchen", "kitchen"), ("/", "one")])
def test_a_metric_is_pinned(tmp_path: Path, onto: str, name: str) -> None:
    """Onto a page that there is, or onto a new one that is named after the device."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen")
        await tab.sees("Note")
        (session,) = stage.shared.open
        pin_dialog(stage.house, session, "plug.one", "power")
        asked = await dialog_of(tab)
        page, what = fields(asked, "Dropdown")
        assert ["metric", "chart", "gauge"] == [one["key"] for one in what["options"]]
        enter(tab, page, onto)
        press(tab, asked, "Pin")
        file = tmp_path / f"{name}.toml"
        await until(lambda: file.exists() and 'metric = "power"' in file.read_text(), "the tile")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


@pytest.mark.parametrize("width", [390, 1200])
def test_a_tile_being_arranged_can_be_moved_everywhere(tmp_path: Path, width: int) -> None:
    """On a phone too, where each button is large enough for a finger."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit", {**WIDE, "width": width})
        await tab.sees("Milk is out")
        assert button(tab, "Text: rename")["width"] >= (44 if width < 720 else 30)
        tab.click(entry(tab, "Text", "Move earlier"))
        file = tmp_path / "kitchen.toml"
        await until(lambda: file.read_text().index("note") < file.read_text().index("warm"), "the order")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_of_very_many_devices_the_first_are_to_choose_from(tmp_path: Path) -> None:
    """What a browser is sent stays bounded, and that there are more is said."""
    house = house_with(tmp_path, kitchen=KITCHEN)
    for number in range(MOST_DEVICES):
        house.hear(f"fleet/plug/p{number:04}/state", {"on": True})

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit")
        await tab.sees("Note")
        tab.click(button(tab, "Add"))
        choice = await dialog_of(tab)
        device = next(one for one in fields(choice, "Dropdown") if one["label"] == "Device")
        assert MOST_DEVICES == len(device["options"])
        assert "The first 1,000 of 1,006" in device["helper_text"]

    play(act, house)
