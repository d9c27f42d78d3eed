"""Where messages are shown as they came, a picture is told of in words, and can be opened."""

import time
from pathlib import Path

import pytest

from bridge.simulate.pictures import png
from schemas.picture import picture_of
from tests.dashboard.client import find, texts
from tests.dashboard.fake import FakeHouse
from tests.dashboard.paged import everything, house_with
from tests.dashboard.stage import Stage, Tab, play, until

OLD, PICTURE = png(5, 3, bytes(18)), png(4, 3, bytes(15))
CLAIMED, FOREIGN = "fleet/camera/one/image", "attic/cam/snapshot"
WORDS = "Looks like a picture: PNG, 4×3"


def sources(tab: Tab) -> list[str]:
    """The addresses of the pictures on a screen."""
    return [str(one["src"]) for one in tab.controls("Image") if "/images/" in str(one["src"])]


def pictured() -> FakeHouse:
    """A camera, and a topic with pictures that no kind claims."""
    house = FakeHouse()
    for topic in (CLAIMED, FOREIGN):
        house.hear(topic, OLD)
        house.hear(topic, PICTURE)
    return house


@pytest.mark.parametrize(
    ("route", "links"),
    [
        ("/topics?at=attic/cam/snapshot", 1),
        ("/topics?at=fleet/camera/one/image", 1),
        ("/devices/camera.one?show=&open=message", 1),
        ("/devices/topic.attic%252Fcam%252Fsnapshot?show=&open=message", 1),
        ("/devices/camera.one?show=&open=messages", 1),
        ("/unclaimed", 0),
    ],
    ids=["topic-foreign", "topic", "last", "last-foreign", "messages", "unclaimed"],
)
def test_a_picture_is_told_of(route: str, links: int) -> None:
    """In words; a link opens what the newest showed, with the moment and its age."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(route)
        await tab.sees(WORDS)
        assert not tab.shows("89 50 4e 47")
        shown = [b for b in tab.controls("TextButton") if b["content"] == "Show the picture"]
        shown = [b for b in shown if b.get("visible", True)]
        assert links == len(shown)
        if links:
            tab.click(shown[0])
            await until(lambda: find(tab.client.root, "AlertDialog"), "the dialog")
            [dialog] = find(tab.client.root, "AlertDialog")
            digest = picture_of(PICTURE, 1_000).words.rpartition(" ")[2]
            assert [True] == [str(one["src"]).endswith(digest) for one in find(dialog, "Image")]
            when, how_old, what = next(text for text in texts(dialog) if "PNG" in text).split(" · ")
            year = time.strftime("%Y", time.gmtime())
            assert (True, "now", f"PNG, 4×3, {len(PICTURE)} bytes") == (year in when, how_old, what)

    play(act, pictured())


@pytest.mark.parametrize(("wall", "touched"), [("", 1), ("?kiosk", 0)], ids=["desk", "wall"])
@pytest.mark.parametrize(
    "tile",
    ['type = "metric"\nmetric = "image"', 'type = "metric"\nmetric = "image"\nheight = 1', 'type = "device"'],
    ids=["metric", "low", "device"],
)
def test_a_tile_has_the_picture(tmp_path: Path, tile: str, wall: str, touched: int) -> None:
    """Of a metric and of a device; on the wall it is no button."""
    house = house_with(tmp_path, p=f'title = "P"\n[[tiles]]\ndevice = "camera.one"\n{tile}\n')
    house.hear(CLAIMED, PICTURE)

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"/pages/p{wall}")
        await until(lambda: sources(tab), "the picture")
        named = [one for one in tab.controls("Semantics") if "PNG, 4×3" in str(one.get("label"))]
        assert 1 == len(named)
        assert touched == len([one for one in everything(named) if one.get("on_click")])

    play(act, house)
