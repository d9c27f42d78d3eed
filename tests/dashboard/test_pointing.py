"""Who sees what is pointed at on a chart, and how it is moved and zoomed."""

from collections.abc import Mapping

import pytest

from tests.dashboard.charted import PAGE, charted, last_hour, overlay, surface, warm_and_cold
from tests.dashboard.fake import FakeHouse
from tests.dashboard.lived import remember
from tests.dashboard.stage import Stage, Tab, play, until


@pytest.fixture
def house() -> FakeHouse:
    """A house with a thermostat that has been warm, then silent, then cold."""
    return warm_and_cold()


def test_only_who_points_sees_the_cross_hair(house: FakeHouse) -> None:
    """Two look at the same chart; a moment's values are shown to the one who points, until he leaves."""

    async def act(stage: Stage) -> None:
        address = f"{PAGE}?show=temperature&{last_hour()}"
        one, other = [await stage.open(address) for _ in range(2)]
        await charted(one)
        await charted(other)
        one.click(surface(one), "size_change", {"w": 500.0, "h": 250.0})
        one.click(surface(one), "hover", {"l": {"x": 25.0, "y": 10.0}, "k": "mouse"})
        await until(lambda: overlay(one).get("controls"), "the cross-hair")
        line = overlay(one)["controls"][0]
        assert (25.0, 250.0) == (line["left"], line["height"])
        assert one.shows("30.0 °C")
        assert [] == overlay(other).get("controls", [])
        one.click(surface(one), "exit", {})
        await until(lambda: not overlay(one).get("controls"), "the cross-hair gone")

    play(act, house)


def said(tab: Tab) -> list[str]:
    """What the box at the cross-hair says."""
    box = overlay(tab)["controls"][-1]
    return [
        text["value"]
        for row in box["content"]["controls"]
        for text in row.get("controls", [row])
        if "value" in text
    ]


@pytest.mark.parametrize("card", ["list", "chart"])
def test_a_cross_hair_outlasts_what_is_drawn_anew(house: FakeHouse, card: str) -> None:
    """When another card of the page is sent anew with it, or the chart itself is, it is there again."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&{last_hour()}&open=commands")
        await charted(tab)
        await tab.sees("Nothing has been asked of it yet")
        tab.click(surface(tab), "size_change", {"w": 500.0, "h": 250.0})
        tab.click(surface(tab), "hover", {"l": {"x": 25.0, "y": 10.0}})
        await until(lambda: overlay(tab).get("controls"), "the cross-hair")
        before = surface(tab)
        if card == "list":
            house.command("thermostat.one", {"target": 20}, by="Ada")
            stage.hub.announce({"device/thermostat.one"})
            await tab.sees("by Ada")
        else:
            house.hear("fleet/thermostat/one/state", {"temperature": 20, "mood": "good"})
            stage.hub.announce({"tick"})
            await until(lambda: "mood" in [chip["label"] for chip in tab.controls("Chip")], "a chip more")
        assert surface(tab) is not before
        await until(lambda: overlay(tab).get("controls"), "the cross-hair again")
        assert tab.shows("30.0 °C")
        tab.click(surface(tab), "exit", {})
        await until(lambda: not overlay(tab).get("controls"), "the cross-hair gone")

    play(act, house)


def test_a_cross_hair_follows_the_chart(house: FakeHouse) -> None:
    """When the chart goes on under a pointer that is still, its values are those of now."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&{last_hour()}")
        await charted(tab)
        tab.click(surface(tab), "size_change", {"w": 500.0, "h": 250.0})
        tab.click(surface(tab), "hover", {"l": {"x": 250.0, "y": 10.0}})
        await until(lambda: overlay(tab).get("controls"), "the cross-hair")
        before = surface(tab)
        assert "12.0 °C" not in said(tab)
        remember(house.store, "thermostat.one", {"temperature": [(1_800, 12.0)]})
        [key] = [key for key in stage.hub.scene.cards if key.startswith("history/")]
        # As if what is shown were of another version, so that it is read again as soon as may be.
        read: list[object] = []

        def same() -> object:
            shown = house.aside.look(key, "another", lambda: read.append(kept) or kept)
            kept = shown.value if shown is not None else None
            return read

        await until(same, "the chart to be of another version")
        await until(lambda: "12.0 °C" in said(tab), "the value of now")
        assert surface(tab) is before

    play(act, house)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ([{"l": {"x": 100.0, "y": 9.0}, "sd": {"x": 1 / 1024, "y": 0.0}}], -3_600 + 180, -540),
        ([{"l": {"x": 100.0, "y": 9.0}, "sd": {"x": 1 / 1024, "y": 0.0}}] * 2, -3_600 + 324, -972),
        ([{"l": {"x": 100.0, "y": 9.0}, "sd": {"x": -1 / 1024, "y": 0.0}}], -3_600 - 900, 0),
        ([{"l": {"x": 100.0, "y": 9.0}, "sd": {"x": -40.0, "y": 0.0}}], -3_960, -360),
    ],
    ids=["closer", "twice", "wider", "to the side"],
)
def test_the_wheel_moves_the_window(
    house: FakeHouse, said: list[Mapping[str, object]], start: float, end: float
) -> None:
    """With Ctrl around the pointer, but not beyond now; to the side as far as it is turned."""

    async def act(stage: Stage) -> None:
        address = last_hour()
        tab = await stage.open(f"{PAGE}?show=temperature&{address}")
        await charted(tab)
        tab.click(surface(tab), "size_change", {"w": 400.0, "h": 250.0})
        tab.click(surface(tab), "scroll", {"l": {"x": 100.0, "y": 9.0}, "sd": {"x": 0.0, "y": 120.0}})
        for each in said:
            tab.click(surface(tab), "scroll", each)
        await until(lambda: [note for note in tab.client.notes if "route" in note], "the address")
        [route] = [note["route"] for note in tab.client.notes if "route" in note]
        now = float(address.rpartition("=")[2])
        asked = {name: float(value) for name, _, value in (p.partition("=") for p in route.split("&")[1:])}
        assert (now + start, now + end) == pytest.approx((asked["from"], asked["to"]), abs=20)

    play(act, house)


def test_two_fingers_zoom(house: FakeHouse) -> None:
    """The picture follows them; when they leave, the window is as much shorter, around their middle."""

    async def act(stage: Stage) -> None:
        address = last_hour()
        tab = await stage.open(f"{PAGE}?show=temperature&{address}")
        await charted(tab)
        tab.click(surface(tab), "size_change", {"w": 400.0, "h": 250.0})
        for scale in (1.0, 2.0):
            tab.click(surface(tab), "scale_update", {"pc": 2, "s": scale, "lfp": {"x": 100.0, "y": 9.0}})
        ground = surface(tab)["content"]["controls"][0]["content"]["content"]["controls"][0]
        await until(lambda: (ground["left"], ground["right"]) == (-100, -300), "the picture to follow")
        tab.click(surface(tab), "scale_end", {"pc": 1})
        await until(lambda: [note for note in tab.client.notes if "route" in note], "the address")
        [route] = [note["route"] for note in tab.client.notes if "route" in note]
        now = int(address.rpartition("=")[2])
        assert f"{PAGE}?show=temperature&from={now - 3_150}&to={now - 1_350}" == route

    play(act, house)


@pytest.mark.parametrize(
    ("key", "shift", "expected"),
    [
        ("+", True, "from=4500&to=6300"),
        ("-", False, "from=1800&to=9000"),
        ("Arrow Left", True, "from=1800&to=5400"),
    ],
    ids=["closer", "wider", "earlier"],
)
def test_keys_move_the_window(house: FakeHouse, key: str, *, shift: bool, expected: str) -> None:
    """The address asks for what the key means, and the usual metrics stay the usual ones."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?from=3600&to=7200")
        await charted(tab)
        pressed = {"key": key, "shift": shift, "ctrl": False, "alt": False, "meta": False}
        tab.click({"_i": 1}, "keyboard_event", {**pressed, "key": "Arrow Left", "shift": False})
        tab.click({"_i": 1}, "keyboard_event", pressed)
        await until(lambda: [note for note in tab.client.notes if "route" in note], "the address")
        assert [f"{PAGE}?{expected}"] == [n["route"] for n in tab.client.notes if "route" in n]

    play(act, house)


def test_what_is_dragged_moves_the_window(house: FakeHouse) -> None:
    """By as much as it was dragged, for who dragged; a twitch moves nothing."""

    async def act(stage: Stage) -> None:
        address = last_hour()
        tab = await stage.open(f"{PAGE}?show=temperature&{address}")
        await charted(tab)
        tab.click(surface(tab), "size_change", {"w": 400.0, "h": 250.0})
        tab.click(surface(tab), "horizontal_drag_update", {"pd": 5.0})
        ground = surface(tab)["content"]["controls"][0]["content"]["content"]["controls"][0]
        await until(lambda: ground["left"] == 5, "the picture to follow")
        tab.click(surface(tab), "horizontal_drag_end", {})
        await until(lambda: ground["left"] == 0, "the picture to be back")
        for _ in range(2):
            tab.click(surface(tab), "horizontal_drag_update", {"pd": 100.0})
        tab.click(surface(tab), "horizontal_drag_end", {})
        await until(lambda: [note for note in tab.client.notes if "route" in note], "the address")
        [route] = [note["route"] for note in tab.client.notes if "route" in note]
        end = float(address.rpartition("=")[2])
        assert f"{PAGE}?show=temperature&from={end - 5_400:.0f}&to={end - 1_800:.0f}" == route

    play(act, house)


def test_nonsense_from_a_browser_is_no_pointing(house: FakeHouse) -> None:
    """Whatever an event claims, nothing is shown and nothing breaks."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&{last_hour()}")
        await charted(tab)
        for data in (None, 3, "x", {"l": "x"}, {"l": {"x": "y"}}, {"l": {"x": 1e300}}, {"w": -1}):
            for name in ("hover", "size_change", "tap_up", "horizontal_drag_update"):
                tab.click(surface(tab), name, data)
        tab.click(surface(tab), "horizontal_drag_end", None)
        tab.click(surface(tab), "hover", {"l": {"x": 5.0, "y": 1.0}})
        await until(lambda: overlay(tab).get("controls"), "the cross-hair")
        assert not tab.shows("Something went wrong")

    play(act, house)
