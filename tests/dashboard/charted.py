"""A device's chart on a made-up screen, as tests of it look at it."""

import time
from xml.etree import ElementTree as ET

from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.lived import came_and_went, remember
from tests.dashboard.stage import Tab, until

PAGE = "/devices/thermostat.one"
HOUR = 3_600.0


def warm_and_cold() -> FakeHouse:
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
    """Return when there is a chart, and nothing else is still to come with which it would be sent anew."""
    await until(lambda: lines(tab) and not tab.shows("Being read…"), "the chart and the lists")


async def asked_for(tab: Tab) -> str:
    """The address that a click asks for; it is gone to."""
    call = await tab.asked_to_go()
    route = str(call["args"]["route"])
    tab.go(route)
    tab.answer(call)
    return route
