"""The page of a device in a real browser: its chart is pointed at, moved and taken along; sections unfold."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.dashboard.browser import Chromium, Screen, Seen, chromium
from tests.dashboard.staged import Staged
from tests.servers import wait_until


@pytest.fixture(scope="module")
def staged() -> Iterator[Staged]:
    """A dashboard of a thermostat that has spoken once a minute for an hour."""
    with Staged() as made:
        now = time.time()
        for number in range(60):
            moment = datetime.fromtimestamp(now - 3_600 + number * 60, UTC).isoformat()
            said = {"temperature": 20 + number / 10, "humidity": 40, "time": moment}
            made.line.say(("fleet/thermostat/bath/state", json.dumps(said).encode()))
        wait_until(lambda: made.house.status.waiting == 0 and made.house.devices, "the thermostat")
        yield made


@pytest.fixture(scope="module")
def tabs() -> Iterator[Chromium]:
    """A browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _clean(tabs: Chromium) -> Iterator[None]:
    yield
    tabs.close_all()


def drawn(seen: Seen) -> bool:
    """Whether this is the chart, by what a screen reader is told of it."""
    return "mean " in seen.text and "Availability: " in seen.text


def chart(screen: Screen) -> Seen:
    """The chart, when there is one."""
    found: list[Seen] = []
    screen.wait(lambda: found.extend(filter(drawn, screen.seen())) or found, "the chart")
    return found[0]


def test_a_chart_is_pointed_at_and_moved(staged: Staged, tabs: Chromium) -> None:
    """The mouse shows the values of a moment; dragged, the window is another, and the address says which."""
    now = int(time.time())
    hour = f"from={now - 3_600}&to={now}"
    screen = tabs.screen(staged).open(f"/devices/thermostat.bath?show=temperature&{hour}")
    place = chart(screen)
    middle = place.y + place.height / 2
    screen.page.mouse.move(place.x + place.width / 2, middle)
    screen.page.mouse.move(place.x + place.width / 2 + 2, middle)
    screen.wait_for("unknown since")
    screen.page.mouse.down()
    for step in range(1, 6):
        screen.page.mouse.move(place.x + place.width * (0.5 + step / 20), middle)
        screen.page.wait_for_timeout(60)
    screen.page.mouse.up()
    screen.wait(lambda: hour not in screen.page.url, "an address with another window")
    asked = parse_qs(urlsplit(screen.page.url).query)
    assert (["temperature"], 3_600.0) == (asked["show"], float(asked["to"][0]) - float(asked["from"][0]))
    assert 300 <= time.time() - float(asked["to"][0]) <= 1_500


def test_a_chart_is_zoomed_by_wheel_and_fingers(staged: Staged, tabs: Chromium) -> None:
    """With Ctrl, and with two fingers, around the place that is meant; the wheel alone scrolls the page."""
    now = int(time.time())
    hour = f"from={now - 3_600}&to={now}"
    screen = tabs.screen(staged, size="phone").open(f"/devices/thermostat.bath?show=temperature&{hour}")
    screen.wait_for("mean ")
    screen.page.mouse.move(190, 400)
    screen.page.mouse.wheel(0, 700)
    screen.page.wait_for_timeout(500)
    place = chart(screen)
    assert hour in screen.page.url
    quarter, middle = place.x + place.width / 4, place.y + place.height / 2
    screen.page.mouse.move(quarter, middle)
    screen.page.keyboard.down("Control")
    screen.page.mouse.wheel(0, -120)
    screen.page.keyboard.up("Control")
    screen.wait(lambda: hour not in screen.page.url, "an address with another window")
    assert (now - 3_600 + 180, now - 540) == pytest.approx(window(screen), abs=60)
    screen.wait(lambda: [one for one in screen.seen() if drawn(one) and one.text != place.text], "its chart")
    before = window(screen)
    screen.pinch(place.x + place.width / 2, middle, 2.0)
    screen.wait(lambda: before != window(screen), "another window")
    start, end = window(screen)
    assert (before[1] - before[0]) / 2.1 < end - start < (before[1] - before[0]) / 1.1


def window(screen: Screen) -> tuple[float, float]:
    """What the address asks for."""
    asked = parse_qs(urlsplit(screen.page.url).query)
    return float(asked["from"][0]), float(asked["to"][0])


def test_what_is_shown_can_be_taken_along(staged: Staged, tabs: Chromium) -> None:
    """A click saves the table as a file."""
    screen = tabs.screen(staged).open("/devices/thermostat.bath?show=temperature&range=1h")
    chart(screen)
    with screen.page.expect_download() as saved:
        screen.click("CSV")
    text = saved.value.path().read_text("utf-8")
    assert "\ufefftime,Temperature (°C)" == text.splitlines()[0]
    assert re.fullmatch(r"thermostat\.bath_1h_\d{4}-\d\d-\d\dT\d{4}\.csv", saved.value.suggested_filename)


def test_a_phone_unfolds_what_it_wants(staged: Staged, tabs: Chromium) -> None:
    """Below the chart the sections are folded; a tap unfolds one, and its address shows it so."""
    screen = tabs.screen(staged, size="phone").open("/devices/thermostat.bath?show=")
    screen.wait_for("Choose a metric to see its history.", "Bath")
    screen.page.mouse.move(190, 400)
    screen.page.mouse.wheel(0, 3_000)
    screen.click("Last message")
    screen.wait_for("fleet/thermostat/bath/state")
    assert "open=message" in screen.page.url
    address = urlsplit(screen.page.url)
    tabs.close_all()
    screen = tabs.screen(staged, size="phone").open(f"{address.path}?{address.query}")
    screen.wait_for("fleet/thermostat/bath/state")
