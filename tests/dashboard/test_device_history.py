"""The chart of a device: what it says, which address it answers, and who sees what is pointed at."""

import time
from collections.abc import Mapping

import msgpack
import pytest

from dashboard.chart import Size, Window
from dashboard.chart import window as windows
from dashboard.device_chart import asks, chosen, grown_today, offered, picture
from dashboard.reader import ENGLISH, Reader, window_of
from tests.dashboard.charted import (
    HOUR,
    PAGE,
    asked_for,
    charted,
    image,
    lines,
    warm_and_cold,
)
from tests.dashboard.client import find
from tests.dashboard.fake import FakeHouse
from tests.dashboard.lived import came_and_went, remember
from tests.dashboard.stage import WIDE, Stage, play, until


@pytest.fixture
def house() -> FakeHouse:
    """A house with a thermostat that has been warm, then silent, then cold."""
    return warm_and_cold()


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


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b'{"co2": 600}', ("co2",)),
        (b'{"co2": 600, "temperature": 20, "humidity": 40}', ("co2", "temperature")),
    ],
    ids=["one", "later_ones"],
)
def test_what_was_never_heard_is_not_drawn_beforehand(said: bytes, expected: tuple[str, ...]) -> None:
    """Drawn are the first two numbers that the device has said; while there is none, the kind's first."""
    house = FakeHouse()
    house.hear("fleet/air_quality/one/availability", b"online", retained=True)
    assert ("co2",) == chosen({}, offered(house, "air_quality.one", ENGLISH))
    house.hear("fleet/air_quality/one/state", said)
    assert expected == chosen({}, offered(house, "air_quality.one", ENGLISH))


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


def test_of_many_metrics_those_that_are_not_shown_are_in_a_menu(house: FakeHouse) -> None:
    """Chips for the shown ones only; an item of the menu asks for one more."""
    house.hear("attic/forty", {f"m{number}": number for number in range(40)})

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/topic.attic%252Fforty?show=m3,m5&range=1h")
        await until(lambda: tab.controls("Chip"), "the chips")
        assert ["m3", "m5"] == [chip["label"] for chip in tab.controls("Chip")]
        assert tab.shows("38 more metrics")
        item = next(item for item in tab.controls("PopupMenuItem") if item["content"] == "m39")
        tab.click(item)
        assert "/devices/topic.attic%252Fforty?show=m3,m5,m39&range=1h" == await asked_for(tab)

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


def test_after_a_restart_nobody_knows_whether_it_is_there() -> None:
    """Since its last message, although the store holds no change of its availability since then."""
    house = FakeHouse()
    house.hear_all(["thermostat"])
    now = time.time()
    came_and_went(house.store, "thermostat.one", (HOUR, "online", "heard"), now=now)
    window, size = Window(now - HOUR, now + 10), Size(300, 200)

    def spans() -> list[tuple[str, str]]:
        band = picture(house, "thermostat.one", ["temperature"], window, size, ENGLISH).band
        return [(span.availability, span.reason) for span in band.spans]

    assert [("online", "heard")] == spans()
    house.state.restore(list(house.devices.values()))
    assert [("online", "heard"), ("unknown", "not heard yet")] == spans()


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
