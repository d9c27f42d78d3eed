"""Tiles that need a history: charts, small lines, events and maps, from a store to the screen."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bridge.ports import Batch, Heard, Record
from bridge.settings import load_settings
from dashboard.boards import GroupTile, MapTile, Series, TextTile
from dashboard.boards.model import ChartTile
from dashboard.reader import Reader
from dashboard.serve import web_options
from dashboard.tiles import card_of
from dashboard.tiles.space import SCALE, Spot, inner
from schemas.message import Reading
from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.paged import house_with
from tests.dashboard.stage import WIDE, Stage, Tab, play, until

PAGE = 'title = "P"\n[[tiles]]\n'


def keep(
    house: FakeHouse, device_id: str, metric: str, values: Mapping[float, float], unit: str = ""
) -> None:
    """The store has these, by seconds before now."""
    now, kind = time.time(), device_id.partition(".")[0]
    house.store.commit(Batch(records=[
        Record(device_id, kind, now - ago, now - ago, (Reading(metric, value, unit),))
        for ago, value in values.items()
    ]))  # fmt: skip


def images(tab: Tab) -> list[str]:
    """The drawings on a screen."""
    return [str(one["src"]) for one in tab.controls("Image") if "<path" in str(one["src"])]


def said(tab: Tab) -> list[str]:
    """What a screen reader is told of drawings."""
    return [str(one["label"]) for one in tab.controls("Semantics") if one.get("label")]


def test_a_chart_tells_what_was_heard(tmp_path: Path) -> None:
    """The least, the greatest and the last, in the units of who looks."""
    tile = 'type = "chart"\nrange = "1h"\nseries = [{device = "thermostat.one", metric = "temperature"}]\n'
    house = house_with(tmp_path, p=PAGE + tile)
    keep(house, "thermostat.one", "temperature", {60.0 * n: 20.0 + n % 2 for n in range(1, 30)}, "°C")

    async def act(stage: Stage) -> None:
        metric, imperial = (
            await stage.open("/pages/p"),
            await stage.open("/pages/p", wish={"units": "imperial"}),
        )
        for tab, low, high in ((metric, "20.0", "21.0"), (imperial, "68.0", "69.8")):
            await until(lambda tab=tab: images(tab), "the drawing")  # type: ignore[misc]
            (summary,) = said(tab)
            assert low in summary
            assert high in summary
            assert "Temperature" in summary

    play(act, house)


def test_who_points_at_a_chart_sees_what_it_was(tmp_path: Path) -> None:
    """The value and the time of a place, for him alone, by mouse or by a finger; not on a wall."""
    tile = 'type = "chart"\nrange = "1h"\nseries = [{device = "thermostat.one", metric = "temperature"}]\n'
    house = house_with(tmp_path, p=PAGE + tile)
    keep(house, "thermostat.one", "temperature", {60.0 * n: 20.0 + n for n in range(1, 60)}, "°C")

    def hands(tab: Tab) -> Tree:
        [found] = tab.controls("GestureDetector")
        return found

    def above(tab: Tab) -> Sequence[Tree]:
        return hands(tab)["content"]["controls"][-1].get("controls") or []

    async def act(stage: Stage) -> None:
        one, other = await stage.open("/pages/p"), await stage.open("/pages/p")
        wall = await stage.open("/pages/p?kiosk")
        for tab in (one, other, wall):
            await until(lambda tab=tab: images(tab), "the drawing")  # type: ignore[misc]
        one.click(hands(one), "size_change", {"w": 480.0, "h": 100.0})
        for event in ("hover", "horizontal_drag_update"):
            one.click(hands(one), event, {"l": {"x": 240.0, "y": 5.0}})
            await until(lambda: above(one), "the cross-hair")
            assert 240.0 == above(one)[0]["left"]
            assert one.shows("50.0 °C")
            assert [] == above(other)
            one.click(hands(one), "exit", {})
            await until(lambda: not above(one), "the cross-hair gone")
        assert [] == wall.controls("GestureDetector")

    play(act, house)


@pytest.mark.parametrize(("width", "expected"), [(390, "Column"), (1200, "Row")], ids=["phone", "desktop"])
def test_the_names_of_a_chart_stand_where_there_is_room(tmp_path: Path, width: int, expected: str) -> None:
    """Beside each other on a desktop; below each other on a phone, each with its value."""
    series = ", ".join(
        f'{{device = "thermostat.one", metric = "{one}"}}' for one in ("temperature", "target")
    )
    house = house_with(tmp_path, p=f'{PAGE}type = "chart"\nrange = "1h"\nseries = [{series}]\n')
    for metric in ("temperature", "target"):
        keep(house, "thermostat.one", metric, {60.0: 20.0}, "°C")

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p", WIDE | {"width": width})
        await until(lambda: images(tab), "the drawing")
        names = ["One · Temperature", "One · Target"]
        around = [
            control["_c"]
            for kind in ("Row", "Column")
            for control in tab.controls(kind)
            if [
                row["controls"][1].get("value")
                for row in control["controls"]
                if len(row.get("controls", [])) == 3
            ]
            == names
        ]
        assert [expected] == around

    play(act, house)


def test_a_value_has_its_last_hours(tmp_path: Path) -> None:
    """A small line, and whether it rises."""
    house = house_with(
        tmp_path, p=PAGE + 'type = "metric"\ndevice = "thermostat.one"\nmetric = "temperature"\n'
    )
    keep(house, "thermostat.one", "temperature", {300.0 * n: 30.0 - n for n in range(30, 0, -1)}, "°C")

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await until(lambda: images(tab), "the small line")
        rising = [one for one in tab.controls("Icon") if one.get("semantics_label") == "rising"]
        assert 1 == len(rising)

    play(act, house)


def test_events_are_told_newest_first(tmp_path: Path) -> None:
    """Presses of a button, coming and going, and commands."""
    house = house_with(tmp_path, p=PAGE + 'type = "events"\n')
    now = time.time()
    house.store.commit(Batch(
        records=[Record("button.one", "button", now - 30, now - 30, (Reading("event", "double"),))],
        heard=[Heard("plug.one", now - 60, "offline", "said so, or its last will did")],
    ))  # fmt: skip
    house.command("lamp.one", {"on": False}, by="a test")

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await tab.sees("double")
        wanted = ["on = False was asked for", "double", "Offline: said so, or its last will did"]
        assert wanted == [text for text in tab.texts if text in wanted]

    play(act, house)


def test_a_map_shows_the_way(tmp_path: Path) -> None:
    """Of each device that says where it is, with its name at its last place."""
    house = house_with(tmp_path, p=PAGE + 'type = "map"\n')
    for half, middle in (("latitude", 52.5), ("longitude", 13.4)):
        keep(house, "tracker.one", half, {600.0 * n: middle + n / 100 for n in range(1, 10)})

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await until(lambda: images(tab), "the drawing")
        assert any("One last at 52.52000, 13.40500" in one for one in said(tab))

    play(act, house)


def test_a_store_that_fails_is_told_on_the_tile(tmp_path: Path) -> None:
    """The rest of the page is there."""
    tile = 'type = "chart"\nseries = [{device = "thermostat.one", metric = "temperature"}]\n'
    house = house_with(tmp_path, p=PAGE + tile + '[[tiles]]\ntype = "text"\ntext = "Milk is out"\n')

    def history(*_asked: object) -> None:
        raise OSError("the disk is gone")

    house.history = history  # type: ignore[method-assign, assignment]

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await tab.sees("The history cannot be read: the disk is gone")
        assert tab.shows("Milk is out")

    play(act, house)


def test_what_is_drawn_fits_the_window() -> None:
    """A chart on a wider window, or on a wall, has more pixels to be drawn on."""
    tile = ChartTile(series=(Series(device="a.b", metric="c"),))
    house = FakeHouse()
    spots = [Spot(house, "p", reader) for reader in readers(360, 1_000, 1_900)]
    widths = [inner(tile, spot)[0] for spot in spots]
    assert sorted(widths) == widths
    assert len(set(widths)) == len(widths)
    wall = Spot(house, "p", spots[-1].reader, kiosk=True)
    assert inner(tile, wall)[1] > SCALE * inner(tile, spots[-1])[1] - 40


def readers(*windows: int) -> list[Reader]:
    """People with windows of so many pixels."""
    return [Reader(window=window) for window in windows]


def test_devices_that_come_make_another_card() -> None:
    """Of a group and of a map, whose cards follow only the devices that they show."""
    house = FakeHouse()
    spot = Spot(house, "p", readers(1_200)[0])
    tiles = (GroupTile(kind="tracker"), MapTile(kind="tracker"), TextTile(text="x"))
    before = [card_of(tile, spot).key for tile in tiles]
    house.hear_all(["tracker"])
    after = [card_of(tile, spot).key for tile in tiles]
    assert [True, True, False] == [one != other for one, other in zip(before, after, strict=True)]


@pytest.mark.parametrize(("setting", "shown"), [("zh", "zh"), (None, "")], ids=["chosen", "none"])
def test_the_language_of_all_comes_from_the_config(tmp_path: Path, setting: str | None, shown: str) -> None:
    """`[ui] language` is that of who has not chosen another."""
    file = tmp_path / "fleetglass.toml"
    file.write_text(f'[ui]\nlanguage = "{setting}"\n' if setting else "")
    assert shown == web_options(load_settings(file, environment={})).language


def test_a_phone_shows_small_tiles_side_by_side(tmp_path: Path) -> None:
    """Half of the width each, the others all of it."""
    tiles = 'type = "metric"\ndevice = "plug.one"\nmetric = "power"\n[[tiles]]\ntype = "text"\ntext = "x"\n'

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p", {**WIDE, "width": 390})
        await tab.sees("12.5")
        found: list[Tree] = [one for one in tab.controls("Container") if isinstance(one.get("col"), dict)]
        assert [6, 12] == [one["col"]["xs"] for one in found if "lg" in one["col"]]

    play(act, house_with(tmp_path, p=PAGE + tiles))
