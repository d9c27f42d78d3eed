"""The page of one device: as honest as its card, also where nothing is known."""

import msgpack
import pytest

from bridge.bus.follower import BusLink
from dashboard.look import FADED, MONOSPACE
from dashboard.reader import ENGLISH
from dashboard.scene import Layout, Scene
from dashboard.views import find
from dashboard.views.device import UNTIL_HEARD, UNTIL_THEN
from tests.dashboard.client import Tree, texts
from tests.dashboard.client import find as controls
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.stage import Stage, play


def opened(house: FakeHouse, scene: Scene, device_id: str) -> Layout:
    """The page of a device."""
    found = find(f"/devices/{device_id}")
    assert found is not None
    page, values = found
    return scene.open(page.layout(house, values, ENGLISH))


def trees(layout: Layout) -> list[Tree]:
    """Its cards as a browser gets them."""
    return [msgpack.unpackb(card.packed(), strict_map_key=False) for card in layout.cards]


def read(layout: Layout) -> list[str]:
    """All that stands there."""
    return [text for tree in trees(layout) for text in texts(tree)]


@pytest.fixture
def house() -> FakeHouse:
    """A house with a lamp."""
    made = FakeHouse()
    made.hear_all(["lamp"])
    return made


def faded(layout: Layout, sort: str) -> list[bool]:
    """Of each control of this sort, whether it stands in something that has faded."""
    return [
        any(
            outer["opacity"] == FADED and inner in controls(outer, sort)
            for outer in every
            if "opacity" in outer
        )
        for tree in trees(layout)[:1]
        for every in [controls(tree, "Column")]
        for inner in controls(tree, sort)
    ]


def test_values_fade_as_on_the_card(house: FakeHouse) -> None:
    """The switch and the steps too, while the device is not online; live again they do not."""
    scene = Scene()
    layout = opened(house, scene, "lamp.one")
    # The first button is none of a value's: it opens the page on another screen.
    assert ([False], [False] * 5) == (faded(layout, "Switch"), faded(layout, "IconButton"))
    scene.touch(house.broker(up=False, detail="refused"))
    assert ([True], [False] + [True] * 4) == (faded(layout, "Switch"), faded(layout, "IconButton"))
    assert "Unknown: no connection to the broker: refused" in read(layout)
    assert (0, 3) == (
        len([t for t in read(layout) if "live" in t]),
        read(layout).count("last heard a few seconds ago"),
    )
    scene.touch(house.broker(up=True, detail="connected"))
    assert [False] == faded(layout, "Switch")
    assert 3 == read(layout).count("live · now")


def test_of_a_device_that_never_spoke_it_says_so(house: FakeHouse) -> None:
    """No kind, no payload, nothing made up; and the way back."""
    scene = Scene()
    layout = opened(house, scene, "thermostat.nosuch")
    assert ["Nothing has been heard of thermostat.nosuch", UNTIL_THEN] == read(layout)
    person = Person()
    [button] = controls(trees(layout), "FilledTonalButton")
    assert "Show all devices" == button["content"]
    scene.event(button["_i"], "click", None, person)
    assert ["/"] == person.gone


def test_what_nobody_can_know_is_not_said(house: FakeHouse) -> None:
    """While no bridge is heard, it is not that the device has not spoken."""
    scene = Scene()
    layout = opened(house, scene, "thermostat.nosuch")
    house.bus = BusLink(up=True, detail="no bridge yet", bridge_up=False)
    scene.touch({"status"})
    assert f"No bridge yet. {UNTIL_HEARD}" == read(layout)[1]


def test_a_device_is_there_as_soon_as_it_speaks(house: FakeHouse) -> None:
    """The open page turns into its own."""
    scene = Scene()
    layout = opened(house, scene, "thermostat.nosuch")
    scene.touch(house.hear("fleet/thermostat/nosuch/state", {"temperature": 20}))
    assert ("Thermostat" in read(layout), UNTIL_THEN in read(layout)) == (True, False)


def test_a_payload_stands_in_letters_of_one_width(house: FakeHouse) -> None:
    """In a face that the client has with it; long JSON line by line, and an empty one is called so."""
    scene = Scene()
    house.hear("fleet/lamp/one/state", {"on": True, "brightness": 40, "color": "#ff8800", "place": "Hall"})
    layout = opened(house, scene, "lamp.one")
    boxes = [box for box in controls(trees(layout), "Container") if box.get("bgcolor") == "surfacecontainer"]
    typed = [text for text in controls(boxes, "Text") if text.get("font_family") == MONOSPACE]
    assert ['{\n  "on": true,\n  "brightness": 40,\n  "color": "#ff8800",\n  "place": "Hall"\n}'] == [
        text["value"] for text in typed
    ]
    scene.touch(house.hear("somewhere/else", b""))
    assert "(empty)" in read(opened(house, scene, "topic.somewhere%252Felse"))


def test_what_is_not_heard_yet_is_said_once() -> None:
    """For the device, and for each of its metrics."""
    house = FakeHouse()
    house.hear("fleet/lamp/one/availability", b"online", retained=True)

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one?open=&show=")
        await tab.sees("Brightness")
        assert 1 + 3 == tab.texts.count("not heard yet")

    play(act, house)


def test_a_heading_names_each_part() -> None:
    """Of level 2, so that who does not see the page goes from one to the next; what folds is a button too."""
    house = FakeHouse()
    house.hear_all(["lamp"])

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one?open=&show=")
        await tab.sees("Brightness")
        heads = [part for part in tab.controls("Semantics") if part.get("heading_level") == 2]
        names = [" ".join(texts(part)) for part in heads]
        assert [
            "History", "Commands", "Availability", "Last message", "Kind: Lamp", "Messages as they came",
        ] == names  # fmt: skip

    play(act, house)


@pytest.mark.parametrize(("up", "told"), [(True, False), (False, True)], ids=["heard", "unknown"])
def test_why_a_device_is_there_is_said_where_it_tells_something(
    house: FakeHouse, *, up: bool, told: bool
) -> None:
    """That it is online because it was heard goes without saying."""
    scene = Scene()
    layout = opened(house, scene, "lamp.one")
    scene.touch(house.broker(up=up, detail="" if up else "refused"))
    assert told == any("connection to the broker" in text for text in read(layout))
    assert not any("heard" in text for text in read(layout) if up)


def test_the_parts_have_common_edges(house: FakeHouse) -> None:
    """Two beside each other share the columns as the values and the chart do; one alone has them all."""
    shares = [tree["col"]["lg"] for tree in trees(opened(house, Scene(), "lamp.one"))]
    assert [5, 7, 5, 7, 5, 7, 12] == shares
