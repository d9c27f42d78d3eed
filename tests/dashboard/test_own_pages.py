"""People's own pages on the screen: what each tile shows, changes in the browser and in the file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dashboard.boards import MetricTile, TextTile, tile_of
from dashboard.reader import Reader
from dashboard.tiles.space import SCALE, Spot, columns, height, shown_columns
from dashboard.turning import following
from tests.dashboard.fake import FakeHouse
from tests.dashboard.paged import KITCHEN, everything, house_with, look_again
from tests.dashboard.stage import WIDE, Stage, Tab, play, until

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
    "nobody": ('device = "plug.nobody"', ["Nobody", "Nothing has been heard of plug.nobody"]),
    "unheard": (
        'device = "lamp.nobody"\nmetric = "brightness"\ntitle = "Glow"', ["Glow", "Nothing has been heard"],
    ),
    "no-metric": ('device = "plug.one"\nmetric = "fnord"', ["One has no metric fnord"]),
}  # fmt: skip
OTHERWISE = {"nobody": "device", "unheard": "metric", "no-metric": "gauge"}


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


def test_the_overview_on_a_wall_has_nothing_to_press(tmp_path: Path) -> None:
    """Neither search nor filters nor switches; figures, places and values in large letters."""
    house = house_with(tmp_path)

    def main(tab: Tab) -> object:
        return tab.client.root["views"][0]["controls"][0]["controls"][1]["controls"][1:]

    async def act(stage: Stage) -> None:
        wall, none = await stage.open("/?kiosk&kind=lamp"), await stage.open("/?kiosk&q=attic")
        await wall.sees("Brightness")
        await none.sees("No device fits: attic")
        for tab in (wall, none):
            kinds = {one["_c"] for one in everything(main(tab))}
            assert set() == kinds & {"IconButton", "Switch", "TextField", "FilledTonalButton", "Chip"}
            assert [] == [one for one in everything(main(tab)) if one.get("on_click")]
        assert not wall.shows("Power switch")
        online = next(one for one in wall.controls("Text") if one.get("value") == "Online")
        assert round(12 * SCALE) == online["size"]

    play(act, house)


def test_what_is_wrong_is_said_large_on_a_wall(tmp_path: Path) -> None:
    """The broker is away: as large as the page is, and gone with the wall."""
    house = house_with(tmp_path, kitchen=KITCHEN)
    house.status = replace(house.status, broker_up=False, broker_detail="connection refused")

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?kiosk")

        def size() -> object:
            told = (one for one in tab.controls("Text") if "connection refused" in str(one.get("value")))
            return next(told, {}).get("size")

        await until(lambda: size() == round(14 * SCALE), "the banner, enlarged")
        tab.go("/pages/kitchen")
        await until(lambda: size() == 14, "the banner as it is at a desk")

    play(act, house)


def test_a_device_that_goes_is_named_on_a_wall(tmp_path: Path) -> None:
    """Its tile stays where it was, and says that nothing is known of it; heard again, its values are back."""
    house = house_with(tmp_path, kitchen=KITCHEN)

    async def act(stage: Stage) -> None:
        wall = await stage.open("/pages/kitchen?kiosk")
        await wall.sees("21.5")
        gone = house.devices.pop("thermostat.one")
        stage.hub.announce({"devices", "device/thermostat.one"})
        await wall.sees("Nothing has been heard of thermostat.one")
        assert wall.shows("One · temperature")
        house.devices["thermostat.one"] = gone
        stage.hub.announce({"devices", "device/thermostat.one"})
        await wall.sees("21.5")

    play(act, house)


def texts_of(tab: Tab) -> Sequence[str]:
    """The texts of the one tile that can be seen."""
    [tile] = [one for one in tab.controls("Container") if one.get("height") == 168]
    rows = [one for one in tile["content"]["content"]["controls"] if one.get("visible", True)]
    texts = [one for one in everything(rows) if one["_c"] == "Text" and one.get("visible", True)]
    return [one["value"] for one in texts]


def test_a_number_to_set_has_its_steps_below_it_on_a_phone(tmp_path: Path) -> None:
    """One line says what it is of, and one how it is, so that nothing lies over anything else."""
    page = 'title = "P"\n[[tiles]]\ntype = "control"\ndevice = "thermostat.one"\nmetric = "target"\n'

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/p", {**WIDE, "width": 390})
        await tab.sees("One · Target")
        shown = partial(texts_of, tab)
        assert ["One · Target", "22.0", "°C", "live · now"] == shown()
        tab.click(tab.controls("IconButton")[-1])
        await until(lambda: stage.house.sent, "a step up")
        assert [("thermostat.one", {"target": 22.5})] == [one[:2] for one in stage.house.sent]
        stage.hub.announce({"device/thermostat.one"})
        await until(lambda: "live · now" not in shown(), "what is under way, in the place of its age")
        assert 4 == len(shown())

    play(act, house_with(tmp_path, p=page))


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


def test_a_phone_on_the_wall_is_no_larger() -> None:
    """Its tiles stand one below the other."""
    phone = Spot(FakeHouse(), "p", Reader(window=360), kiosk=True)
    assert (1.0, 12) == (phone.scale, shown_columns(SMALL, phone))
    assert (SCALE, 3) == (WALL.scale, shown_columns(SMALL, WALL))


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
