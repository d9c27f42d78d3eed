"""The chart of a device: what it says, which address it answers, and who sees what is pointed at."""

import time
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import msgpack
import pytest

from dashboard.chart import Size, Window
from dashboard.chart import window as windows
from dashboard.device_chart import asks, chosen, grown_today, offered, picture
from dashboard.reader import ENGLISH, Reader, window_of
from tests.dashboard.client import Tree, find
from tests.dashboard.fake import FakeHouse
from tests.dashboard.lived import came_and_went, remember
from tests.dashboard.stage import WIDE, Stage, Tab, play, until

PAGE = "/devices/thermostat.one"
HOUR = 3_600.0


@pytest.fixture
def house() -> FakeHouse:
    """A house with a thermostat that has been warm, then silent, then cold."""
    made = FakeHouse()
    made.hear_all(["thermostat"])
    warm = [(HOUR - n * 60, 30.0) for n in range(1, 10)]
    cold = [(n * 60, 10.0) for n in range(1, 10)]
    now = remember(
        made.store, "thermostat.one", {"temperature": warm + cold, "humidity": [(120, 40), (60, 50)]}
    )
    came_and_went(
        made.store, "thermostat.one", (HOUR, "online", "heard"), (600, "offline", "said so"), now=now
    )
    return made


def last_hour() -> str:
    """What an address says of an hour that ends now and stays where it is."""
    now = int(time.time())
    return f"from={now - 3_600}&to={now}"


def lines(tab: Tab) -> list[str]:
    """What a screen reader is told of the chart."""
    return [node["label"] for node in tab.controls("Semantics") if node.get("image") and node.get("label")]


def image(tab: Tab) -> ET.Element:
    """The picture of the chart."""
    [source] = [node["src"] for node in tab.controls("Image") if 'height="250"' in node.get("src", "")]
    return ET.fromstring(source)  # noqa: S314  (ours)


def surface(tab: Tab) -> Tree:
    """What is pointed at."""
    [found] = tab.controls("GestureDetector")
    return found


def overlay(tab: Tab) -> Tree:
    """What lies above the picture."""
    return surface(tab)["content"]["controls"][1]  # type: ignore[no-any-return]


async def charted(tab: Tab) -> None:
    """Return when there is a chart."""
    await until(lambda: lines(tab), "the chart")


async def asked_for(tab: Tab) -> str:
    """The address that a click asks for; it is gone to."""
    call = await tab.asked_to_go()
    route = str(call["args"]["route"])
    tab.go(route)
    tab.answer(call)
    return route


def test_the_chart_tells_in_words_what_it_shows(house: FakeHouse) -> None:
    """Extremes, mean, last value, the gap, and when the device was there."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&range=1h")
        await charted(tab)
        [told] = lines(tab)
        for part in (
            "Temperature: 10.0 to 30.0 °C, mean 20.0 °C, last 10.0 °C at ", "1 gap",
            "Availability: online 83.3 %, offline 16.7 % of the time; now offline.",
        ):  # fmt: skip
            assert part in told
        assert tab.shows("least 10.0 °C, greatest 30.0 °C, mean 20.0 °C")

    play(act, house)


def test_silence_is_a_gap_in_the_picture(house: FakeHouse) -> None:
    """The line of a metric that was silent for long consists of two strokes, one for each time it spoke."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&range=1h")
        await charted(tab)
        strokes = [path.get("d", "") for path in image(tab).iter("{http://www.w3.org/2000/svg}path")]
        assert 1 == len([data for data in strokes if data.count("M") == 2 and "l" in data])

    play(act, house)


def test_values_are_in_the_units_and_the_zone_of_who_looks(house: FakeHouse) -> None:
    """Fahrenheit and Tokyo for one, beside Celsius and UTC for another."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(
            f"{PAGE}?show=temperature&range=1h", wish={"units": "imperial", "zone": "Asia/Tokyo"}
        )
        await charted(tab)
        assert "Temperature: 50.0 to 86.0 °F" in lines(tab)[0]
        clock = Reader(zone="Asia/Tokyo").moment
        ends = [f"{clock(time.time() - ago):%H:%M}. Temperature" for ago in (60, 0)]
        assert any(end in lines(tab)[0] for end in ends)

    play(act, house)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ("temperature", "target")),
        ("show=humidity", ("humidity",)),
        ("show=heating,nonsense,humidity,heating", ("heating", "humidity")),
        ("show=", ()),
    ],
    ids=["usual", "one", "unknown", "none"],
)
def test_which_metrics_an_address_asks_for(house: FakeHouse, query: str, expected: tuple[str, ...]) -> None:
    """In its order, each once, without those that the device does not have; else the first numbers."""
    values: Mapping[str, str] = {"show": query.partition("=")[2]} if query else {}
    assert expected == chosen(values, offered(house, "thermostat.one", ENGLISH))


def test_choices_of_a_person_stand_in_the_address(house: FakeHouse) -> None:
    """A chip, a range, earlier, closer: each an address that asks for just that, and keeps the rest of it."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&range=1h&kiosk=1")
        await charted(tab)
        chips = {chip["label"]: chip for chip in tab.controls("Chip")}
        assert [True, False] == [chips["Temperature"]["selected"], chips["Humidity"].get("selected", False)]
        tab.click(chips["Humidity"], "select", data=True)
        assert f"{PAGE}?show=temperature,humidity&range=1h&kiosk=1" == await asked_for(tab)
        await until(lambda: "Humidity" in "".join(lines(tab)), "both metrics")
        week = next(button for button in tab.controls("TextButton") if button["content"] == "7 d")
        tab.click(week)
        assert f"{PAGE}?show=temperature,humidity&range=7d&kiosk=1" == await asked_for(tab)
        await until(
            lambda: "7 d" in [button["content"] for button in tab.controls("FilledTonalButton")], "a week"
        )
        await charted(tab)
        earlier = next(button for button in tab.controls("IconButton") if button.get("tooltip") == "Earlier")
        tab.click(earlier)
        await until(lambda: [note for note in tab.client.notes if "route" in note], "the address")
        assert "from=" in tab.client.notes[-1]["route"]
        assert "&kiosk=1" in tab.client.notes[-1]["route"]

    play(act, house)


def test_only_who_points_sees_the_cross_hair(house: FakeHouse) -> None:
    """Two look at the same chart; a moment's values are shown to the one who points, until he leaves."""

    async def act(stage: Stage) -> None:
        address = f"{PAGE}?show=temperature&{last_hour()}"
        one, other = [await stage.open(address) for _ in range(2)]
        await charted(one)
        await charted(other)
        one.click(surface(one), "size_change", {"w": 500.0, "h": 250.0})

        def pointed() -> object:
            # As a hand does, again and again: the chart may just be drawn anew, in another size.
            one.click(surface(one), "hover", {"l": {"x": 25.0, "y": 10.0}, "k": "mouse"})
            return overlay(one).get("controls")

        await until(pointed, "the cross-hair")
        line = overlay(one)["controls"][0]
        assert (25.0, 250.0) == (line["left"], line["height"])
        assert one.shows("30.0 °C")
        assert [] == overlay(other).get("controls", [])
        one.click(surface(one), "exit", {})
        await until(lambda: not overlay(one).get("controls"), "the cross-hair gone")

    play(act, house)


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

        def pointed() -> object:
            # As a hand does, again and again: the chart may just be drawn anew, in another size.
            tab.click(surface(tab), "hover", {"l": {"x": 5.0, "y": 1.0}})
            return overlay(tab).get("controls")

        await until(pointed, "the cross-hair")
        assert not tab.shows("Something went wrong")

    play(act, house)


def test_what_cannot_be_shown_is_said(house: FakeHouse) -> None:
    """No readings, no metric, an address that makes no sense, a store that fails: each in a sentence."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature&from=1000&to=2000")
        await tab.sees("There are no readings in this stretch of time.")
        tab.go(f"{PAGE}?show=")
        await tab.sees("Choose a metric to see its history.")
        tab.go(f"{PAGE}?range=fortnight")
        await tab.sees("range: expected one of 1h, 6h, 24h, 7d, 30d, 90d, 1y, got 'fortnight'")
        house.store.close()
        house.history = failing  # type: ignore[method-assign]
        tab.go(f"{PAGE}?show=temperature&range=7d")
        await tab.sees("The history cannot be read now: disk I/O error")

    play(act, house)


def failing(*_: object) -> None:
    """A store that cannot be read."""
    raise OSError("disk I/O error")


def test_charts_of_the_same_size_are_drawn_once(house: FakeHouse) -> None:
    """Two windows of about the same width share the card; one on a phone has its own."""

    async def act(stage: Stage) -> None:
        for width in (1_200, 1_250, 390):
            tab = await stage.open(f"{PAGE}?show=temperature&range=1h", {**WIDE, "width": width})
            await charted(tab)
        assert 2 == len([key for key in stage.scene.cards if key.startswith("history/")])

    play(act, house)


@pytest.mark.parametrize(("width", "expected"), [(100, 360), (360, 360), (1_199, 992), (9_000, 3_800)])
def test_windows_come_in_few_widths(width: float, expected: int) -> None:
    """The widest step that fits, or the least."""
    assert expected == window_of(width)


def test_counters_say_what_they_counted_today(house: FakeHouse) -> None:
    """From the last reading before midnight on; a counter that began anew is counted from 0."""
    reader = Reader(zone="UTC")
    midnight = reader.moment(time.time()).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    readings = [(600.0, 100.0), (-1.0, 101.5), (-2.0, 0.25), (-3.0, 1.0)]
    remember(house.store, "plug.one", {"energy": readings}, now=midnight)
    house.hear_all(["plug"])
    assert {"energy": "2.50 kWh today"} == dict(grown_today(house, "plug.one", reader))


def test_a_picture_is_of_the_present(house: FakeHouse) -> None:
    """A window that goes on with time ends when it is drawn, whenever it was asked for; another one stays."""
    size = Size(300, 200)
    live = windows.named("1h", time.time() - 500)
    assert picture(house, "thermostat.one", ["temperature"], live, size, ENGLISH).chart.window.end > live.end
    still = Window(live.start, live.end)
    found = picture(house, "thermostat.one", ["temperature", "nonsense"], still, size, ENGLISH)
    assert (still, ("nonsense",)) == (found.chart.window, found.unread)


def test_an_address_says_what_it_asks_for() -> None:
    """Metrics as they are written, and the window by its name where it has one."""
    assert "show=a,b%20c&range=1h" == asks(["a", "b c"], windows.named("1h", 0.0))
    assert "show=a&from=0&to=100" == asks(["a"], Window(0, 100))


def test_a_picture_can_be_sent(house: FakeHouse) -> None:
    """The card of a chart is no larger than a page can bear."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(f"{PAGE}?show=temperature,humidity,heating,target&range=24h")
        await charted(tab)
        [card] = [card for key, card in stage.scene.cards.items() if key.startswith("history/")]
        assert len(card.packed()) < 60_000
        assert find(msgpack.unpackb(card.packed(), strict_map_key=False), "GestureDetector")

    play(act, house)
