"""A tile that is dragged while its page is arranged: written once, when let go, and seen before by one."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from dashboard.boards import Boards, drop
from tests.dashboard.client import Tree
from tests.dashboard.paged import KITCHEN, house_with, order_of
from tests.dashboard.stage import WIDE, Stage, Tab, play, until

PHONE = WIDE | {"width": 390}
FIRST, SECOND = 0, 1
"""The places of the two tiles."""
NEAR, FAR = (500.0, 400.0), (790.0, 490.0)
"""Where a corner is taken and let go: three columns to the right, of 96 pixels each, and a row down."""


def tell(tab: Tab, control: Tree, *events: tuple[str, object]) -> None:
    """Something is done to a control."""
    for name, data in events:
        tab.click(control, name, data)


def at(place: tuple[float, float]) -> Tree:
    """What Flet says of a place."""
    return {"g": {"x": place[0], "y": place[1]}}


def corner(tab: Tab, number: int = FIRST) -> Tree:
    """What a tile is resized by."""
    return tab.controls("GestureDetector")[number]


def box(tab: Tab) -> Tree:
    """The first tile without its frame."""
    return next(one for one in tab.controls("Container") if one.get("on_size_change"))


def handle(tab: Tab, number: int = FIRST) -> Tree:
    """What a tile is taken by; with a mouse, it can be taken everywhere."""
    found = [one for one in tab.controls("Draggable") if "drag to move" in str(one["content"].get("tooltip"))]
    return found[number]


def marks(tab: Tab) -> Sequence[object]:
    """Which tiles say that something can be let go there."""
    stacks = [target["content"]["controls"] for target in tab.controls("DragTarget")]
    return [controls[-1].get("visible", True) for controls in stacks]


def told_to(tab: Tab) -> list[str]:
    """What has been said to this person alone."""
    return [one["content"]["value"] for one in tab.client.controls.values() if one["_c"] == "SnackBar"]


@pytest.mark.parametrize(
    ("page", "held", "expected"),
    [(WIDE, FIRST, ["note", "warm"]), (WIDE, SECOND, ["note", "warm"]), (PHONE, FIRST, ["note", "warm"])],
    ids=["later", "earlier", "phone"],
)
def test_a_tile_takes_the_place_of_another(
    tmp_path: Path, page: Tree, held: int, expected: Sequence[str]
) -> None:
    """Where it would come to stand is seen by who holds it alone; let go, it stands there for all."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        one, other = (
            await stage.open("/pages/kitchen?edit", page),
            await stage.open("/pages/kitchen?edit", page),
        )
        for tab in (one, other):
            await tab.sees("Note")
        target = one.controls("DragTarget")[1 - held]
        tell(one, handle(one, held), ("drag_start", None))
        tell(one, target, ("will_accept", {"accept": True, "src_id": 1}))
        await until(lambda: any(marks(one)), "the place")
        assert [held == 1, held == 0] == list(marks(one))
        assert [False, False] == list(marks(other))
        assert KITCHEN == file.read_text()
        tell(one, target, ("accept", {"src_id": 1, "l": {"x": 3, "y": 3}, "g": {"x": 3, "y": 3}}))
        await until(lambda: order_of(file) == expected, "the other order")
        assert KITCHEN.count("\n") == file.read_text().count("\n")
        await until(lambda: not any(marks(one)), "nothing more to be marked")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_what_is_let_go_beside_all_tiles_stays(tmp_path: Path) -> None:
    """Left again, a tile is no longer marked; what is dropped where it was changes nothing."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit")
        await tab.sees("Note")
        own, other = tab.controls("DragTarget")
        tell(tab, handle(tab, FIRST), ("drag_start", None))
        tell(tab, other, ("will_accept", {"accept": True}))
        await until(lambda: any(marks(tab)), "the place")
        tell(tab, other, ("leave", {}))
        await until(lambda: not any(marks(tab)), "no place")
        tell(tab, own, ("will_accept", {"accept": True}), ("accept", {}))
        assert [False, False] == list(marks(tab))
        assert KITCHEN == (tmp_path / "kitchen.toml").read_text()

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_a_tile_grows_by_its_corner(tmp_path: Path) -> None:
    """By whole columns and rows, seen at once by who draws it; the file is written when he lets go."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        one, other = await stage.open("/pages/kitchen?edit"), await stage.open("/pages/kitchen?edit")
        for tab in (one, other):
            await tab.sees("Note")
        tell(one, box(one), ("size_change", {"w": 258.0, "h": 168.0}))
        tell(one, corner(one), ("pan_start", at(NEAR)), ("pan_update", at(FAR)))
        await until(lambda: box(one)["height"] == 260, "a row more")
        assert 168 == box(other)["height"]
        assert KITCHEN == file.read_text()
        tell(one, corner(one), ("pan_end", {}))
        await until(lambda: "width = 6\nheight = 3\n" in file.read_text(), "the size")
        await until(lambda: box(other)["height"] == 260, "the size for all")

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_on_a_phone_the_height_alone_is_drawn(tmp_path: Path) -> None:
    """A finger that strays to the side changes no width that is seen elsewhere."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit", PHONE)
        await tab.sees("Note")
        tell(tab, box(tab), ("size_change", {"w": 344.0, "h": 168.0}))
        moves = (
            ("vertical_drag_start", at(NEAR)),
            ("vertical_drag_update", at(FAR)),
            ("vertical_drag_end", {}),
        )
        tell(tab, corner(tab), *moves)
        await until(lambda: "height = 3\n" in file.read_text(), "the height")
        assert "width" not in file.read_text()

    play(act, house_with(tmp_path, kitchen=KITCHEN))


def test_a_size_that_is_refused_is_taken_back(tmp_path: Path) -> None:
    """Another program is writing into the folder: it is told, and the tile has the size of the file again."""
    house = house_with(tmp_path, kitchen=KITCHEN)
    house.boards = Boards(tmp_path, patience=0.0)
    house.boards.poll()

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen?edit")
        await tab.sees("Note")
        tell(tab, box(tab), ("size_change", {"w": 258.0, "h": 168.0}))
        tell(tab, corner(tab), ("pan_start", at(NEAR)), ("pan_update", at(FAR)))
        await until(lambda: box(tab)["height"] == 260, "a row more")
        opened = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            tell(tab, corner(tab), ("pan_end", {}))
            await until(lambda: box(tab)["height"] == 168, "the size of the file")
        finally:
            os.close(opened)
        assert KITCHEN == (tmp_path / "kitchen.toml").read_text()
        assert [True] == ["another program is writing there" in said for said in told_to(tab)]

    play(act, house)


def test_two_people_arrange_at_once(tmp_path: Path) -> None:
    """What each does to his tile is in the file; who drags what the other has removed is told."""
    file = tmp_path / "kitchen.toml"

    async def act(stage: Stage) -> None:
        one, other = await stage.open("/pages/kitchen?edit"), await stage.open("/pages/kitchen?edit")
        for tab in (one, other):
            await tab.sees("Note")
        tell(one, box(one), ("size_change", {"w": 258.0, "h": 168.0}))
        tell(one, corner(one), ("pan_start", at(NEAR)), ("pan_update", at(FAR)))
        tell(other, handle(other, SECOND), ("drag_start", None))
        tell(one, corner(one), ("pan_end", {}))
        tell(other, other.controls("DragTarget")[FIRST], ("accept", {}))
        await until(lambda: order_of(file) == ["note", "warm"] and "width = 6" in file.read_text(), "both")
        await until(
            lambda: one.texts.index("Note") < one.texts.index("One · Temperature"), "both on the screen"
        )
        tell(one, handle(one, SECOND), ("drag_start", None))
        board = stage.house.boards.get("kitchen")
        assert board is not None
        stage.house.boards.edit("kitchen", board.revision, lambda now: drop(now, "warm"))
        tell(one, one.controls("DragTarget")[FIRST], ("accept", {}))
        await until(
            lambda: any("the tile is not there any more" in word for word in told_to(one)), "the word"
        )
        assert ["note"] == order_of(file)

    play(act, house_with(tmp_path, kitchen=KITCHEN))
