"""People's own pages on the screen: what each tile shows, changes in the browser and in the file."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from dashboard.boards import MetricTile, TextTile, tile_of
from dashboard.reader import Reader
from dashboard.tiles.space import SCALE, Spot, columns, height
from dashboard.turning import following
from tests.dashboard.fake import FakeHouse
from tests.dashboard.paged import KITCHEN, everything, house_with, look_again
from tests.dashboard.stage import Stage, Tab, play, until

TILES: Mapping[str, tuple[str, Sequence[str]]] = {
    "device": ('device = "plug.one"', ["One", "Power switch", "12.5"]),
    "metric": ('device = "thermostat.one"\nmetric = "temperature"', ["One · Temperature", "21.5", "°C"]),
    "metric-small": (
        'device = "machine.one"\nmetric = "state"\nheight = 1\ntitle = "Mill"', ["Mill", "running"],
    ),
    "chart": (
        'series = [{device = "thermostat.one", metric = "temperature"}]', ["One", "Nothing was heard"],
    ),
    "gauge": ('device = "thermostat.one"\nmetric = "humidity"', ["One · Humidity", "40", "100"]),
    "gauge-without": ('device = "plug.one"\nmetric = "energy"', ["Its kind states no limits"]),
    "control": ('device = "plug.one"\nmetric = "on"\ntitle = "Washing"', ["Washing", "on"]),
    "control-seen": ('device = "plug.one"\nmetric = "power"', ["It can be seen, not set"]),
    "group": ('kind = "lamp"', ["Lamp", "One", "Brightness"]),
    "group-empty": ('place = "Attic"', ["Attic", "No device is there yet"]),
    "text": ('title = "Note"\ntext = "Milk is out"', ["Note", "Milk is out"]),
    "events": ('device = "button.one"', ["Nothing has happened yet"]),
    "map": ('kind = "tracker"', ["Tracker", "One"]),
    "map-empty": ('kind = "plug"', ["No device says where it is"]),
    "nobody": ('device = "plug.nobody"', ["Nothing has been heard of plug.nobody"]),
    "no-metric": ('device = "plug.one"\nmetric = "fnord"', ["One has no metric fnord"]),
}  # fmt: skip
OTHERWISE = {"nobody": "device", "no-metric": "gauge"}


@pytest.mark.parametrize("name", TILES)
def test_a_tile_shows_what_it_is_of(tmp_path: Path, name: str) -> None:
    """Whatever its type; what is not known of is said."""
    keys, words = TILES[name]
    kind = OTHERWISE.get(name, name.partition("-")[0])
    house = house_with(tmp_path, p=f'title = "P"\n[[tiles]]\ntype = "{kind}"\n{keys}\n')

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        for word in words:
            await tab.sees(word)

    play(act, house)


def test_a_tile_follows_its_device(tmp_path: Path) -> None:
    """A value, and a device that speaks for the first time."""
    page = 'title = "P"\n[[tiles]]\ntype = "gauge"\ndevice = "tank.new"\nmetric = "level"\n'

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await tab.sees("Nothing has been heard of tank.new")
        stage.hear("fleet/tank/new/state", {"level": 55})
        await tab.sees("55")
        stage.hear("fleet/tank/new/state", {"level": 56})
        await tab.sees("56")

    play(act, house_with(tmp_path, p=page))


def test_a_group_has_those_who_come(tmp_path: Path) -> None:
    """A device that comes to the kind later has a card."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await tab.sees("Brightness")
        stage.hear("fleet/lamp/second/state", {"on": True})
        await tab.sees("Second")

    play(act, house_with(tmp_path, p='title = "P"\n[[tiles]]\ntype = "group"\nkind = "lamp"\n'))


def test_a_switch_on_a_page_commands(tmp_path: Path) -> None:
    """A control tile is the real control."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p")
        await until(lambda: tab.controls("Switch"), "the switch")
        tab.flip(tab.controls("Switch")[0])
        await until(lambda: stage.house.sent, "the command")
        assert ("plug.one", {"on": False}) == stage.house.sent[0][:2]

    page = 'title = "P"\n[[tiles]]\ntype = "control"\ndevice = "plug.one"\nmetric = "on"\n'
    play(act, house_with(tmp_path, p=page))


def test_what_is_written_by_hand_is_shown(tmp_path: Path) -> None:
    """A mistake too, above what the page was before, until it is mended."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen")
        await tab.sees("Milk is out")
        file.write_text(KITCHEN.replace("Milk", "Bread"))
        look_again(stage)
        await tab.sees("Bread is out")
        file.write_text(KITCHEN + "width = 13\n")
        look_again(stage)
        await tab.sees("kitchen.toml:15: tile 2 (text), width: expected at most 12, got 13")
        assert tab.shows("Bread is out")
        file.write_text(KITCHEN)
        look_again(stage)
        await tab.sees_no("There is a mistake")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_on_the_wall_nothing_can_be_touched_and_all_is_large(tmp_path: Path) -> None:
    """No button, no way, no switch; values are larger than at a desk."""
    page = KITCHEN + '[[tiles]]\ntype = "control"\ndevice = "plug.one"\nmetric = "on"\n'
    page += '[[tiles]]\ntype = "device"\ndevice = "lamp.one"\n'

    def size_of(tab: Tab, text: str) -> float:
        return float(next(one["size"] for one in tab.controls("Text") if one.get("value") == text))

    async def act(stage: Stage) -> None:
        wall, desk = await stage.open("/pages/kitchen?kiosk"), await stage.open("/pages/kitchen")
        await wall.sees("Milk is out")
        await desk.sees("Milk is out")
        await wall.sees("Brightness")
        main = wall.client.root["views"][0]["controls"][0]["controls"][1]["controls"][2:]
        kinds = {one["_c"] for one in everything(main)}
        assert set() == kinds & {"IconButton", "Switch", "Slider", "FilledButton", "OutlinedButton", "Chip"}
        assert [] == [one for one in everything(main) if one.get("on_click")]
        assert round(size_of(desk, "21.5") * SCALE) == size_of(wall, "21.5")

    play(act, house_with(tmp_path, kitchen=page))


def test_a_wall_says_what_is_wrong_with_its_file(tmp_path: Path) -> None:
    """Large, below what it showed before; a page that is gone comes back with its file, untouched."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        wall = await stage.open("/pages/kitchen?kiosk")
        await wall.sees("Milk is out")
        file.write_text(KITCHEN.replace("Milk", "Milk\x01"))
        look_again(stage)
        await until(lambda: any("kitchen.toml:14: " in text for text in wall.texts), "the mistake")
        assert wall.shows("Milk is out")
        [words] = [one for one in wall.controls("Text") if "kitchen.toml:14: " in str(one.get("value"))]
        assert round(13 * SCALE) == words["size"]
        file.unlink()
        for _ in range(2):
            look_again(stage)
        await wall.sees("There is no such page")
        assert [] == [button["content"] for button in wall.controls("FilledTonalButton")]
        file.write_text(KITCHEN)
        look_again(stage)
        await wall.sees("Milk is out")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_equal_tiles_are_one_card(tmp_path: Path) -> None:
    """Two people who read alike are sent the same bytes, who reads otherwise others."""

    async def act(stage: Stage) -> None:
        for wish in ({}, {}, {"units": "imperial"}):
            tab = await stage.open("/pages/kitchen", wish=wish)
            await tab.sees("Milk is out")
        cards = [key for key in stage.scene.cards if key.startswith("tile/")]
        assert 4 == len(cards)

    play(act, house_with(tmp_path, kitchen=KITCHEN))


SPOT = Spot(FakeHouse(), "p", Reader())
WALL = Spot(FakeHouse(), "p", Reader(), kiosk=True)
SMALL = MetricTile(device="a.b", metric="c")


@pytest.mark.parametrize(
    ("tile", "expected"),
    [
        (SMALL, {"xs": 6, "sm": 6, "md": 6, "lg": 3}),
        (TextTile(text="x"), {"xs": 12, "sm": 12, "md": 12, "lg": 12}),
        (tile_of({"type": "map", "width": 5}), {"xs": 12, "sm": 12, "md": 6, "lg": 5}),
    ],
    ids=["value", "text", "map"],
)
def test_a_tile_has_its_columns(tile: MetricTile | TextTile, expected: Mapping[str, int]) -> None:
    """As the file says on a desktop, the whole or half of a phone."""
    assert expected == columns(tile)


@pytest.mark.parametrize(
    ("rows", "expected"), [(None, 168), (1, 76), (2, 168), (3, 260)], ids=["none", "one", "two", "three"]
)
def test_tiles_in_a_row_are_as_high(rows: int | None, expected: float) -> None:
    """Two rows are as high as two tiles of one row with what is between them."""
    assert expected == height(SMALL.model_copy(update={"height": rows}), SPOT)


def test_a_row_on_the_wall_is_larger() -> None:
    """As much as its texts."""
    wall: Callable[[int], float | None] = lambda rows: height(  # noqa: E731
        SMALL.model_copy(update={"height": rows}), WALL
    )
    assert (133, 282) == (wall(1), wall(2))


@pytest.mark.parametrize(
    ("name", "expected"), [("a", "b"), ("c", "a"), ("gone", "a")], ids=["next", "last", "gone"]
)
def test_a_wall_goes_on_to_the_next_page(name: str, expected: str) -> None:
    """In the order of the navigation, round and round; a page that is gone does not hold it up."""
    assert expected == following(["a", "b", "c"], name)


def test_a_wall_without_pages_stays() -> None:
    """There is nowhere to go."""
    assert "gone" == following([], "gone")


@pytest.mark.slow
def test_a_wall_turns_its_pages(tmp_path: Path) -> None:
    """The browser is asked to go on by itself."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?kiosk&cycle=1")
        await tab.sees("Milk is out")
        call = await tab.asked_to_go()
        assert "/pages/other?kiosk&cycle=5" in str(call)
        tab.answer(call)

    play(act, house_with(tmp_path, kitchen=KITCHEN, other='title = "Other"\n'))


def test_the_heading_follows_the_title(tmp_path: Path) -> None:
    """On every screen that shows the page."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen")
        await until(lambda: tab.parts()["heading"] == ["Kitchen"], "the heading")
        (tmp_path / "kitchen.toml").write_text(KITCHEN.replace("Kitchen", "Cellar"))
        look_again(stage)
        await until(lambda: tab.parts()["heading"] == ["Cellar"], "the new heading")

    play(act, house_with(tmp_path, kitchen=KITCHEN))
