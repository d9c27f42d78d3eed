"""A picture on a card, on the device's page, and opened."""

import msgpack
import pytest

from bridge.simulate.pictures import png
from dashboard.present import format_value
from dashboard.reader import ENGLISH
from dashboard.scene import Layout, LayoutPlan, Scene
from dashboard.views import device, device_card
from schemas.image import Image
from schemas.picture import picture_of
from tests.dashboard.client import Tree, find
from tests.dashboard.fake import FakeHouse

ONE, OTHER = png(4, 3, bytes(15)), png(4, 3, bytes([0, 9, 0, 0, 0] * 3))
TOPIC, ID = "fleet/camera/one/image", "camera.one"


def shown(house: FakeHouse, *, page: bool) -> tuple[Scene, Layout]:
    """The device's page, or its card."""
    scene = Scene()
    if page:
        return scene, scene.open(device.layout(house, {"id": ID}, ENGLISH))
    return scene, scene.open(LayoutPlan("card", frozenset(), lambda: [device_card.plan(house, ID, ENGLISH)]))


def tree(layout: Layout) -> Tree:
    """What a browser has of it."""
    return dict(msgpack.unpackb(layout.cards[0].packed(), strict_map_key=False))


@pytest.mark.parametrize("page", [False, True], ids=["card", "page"])
def test_another_picture_is_another_address(page: bool) -> None:  # noqa: FBT001
    """The frame stays as it is, and no bytes of the picture go through the session."""
    house = FakeHouse()
    house.hear(TOPIC, ONE)
    scene, layout = shown(house, page=page)
    before = find(tree(layout), "Image")[0]
    digest = picture_of(ONE, 1_000).words.rpartition(" ")[2]
    assert f"/api/v1/devices/{ID}/images/image?v={digest}" == before["src"]
    scene.touch(house.hear(TOPIC, OTHER))
    after = find(tree(layout), "Image")[0]
    assert {"src"} == {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_a_picture_in_words() -> None:
    """What a screen reader says, and what stands in lists: type, size in pixels, size in bytes."""
    words = picture_of(ONE, 1_000).words
    assert f"PNG, 4×3, {len(ONE)} bytes" == format_value(words, Image()).replace("\u202f", " ")
    assert "another text" == format_value("another text", Image())
