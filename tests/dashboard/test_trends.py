"""The last hour of a card's main number: read once, continued from what is live, drawn seldom."""

import asyncio
import time
from collections.abc import Callable

import pytest

from bridge.errors import StoreError
from bridge.ports import Batch, Record
from dashboard import trends
from dashboard.course import NO_TREND, Trend
from dashboard.reader import ENGLISH
from dashboard.scene import Scene
from dashboard.views import overview
from schemas.message import Reading
from tests.dashboard.client import find, unpack
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import until

NAME = "thermostat.one"


def kept(house: FakeHouse, *values: tuple[float, float]) -> None:
    """The history of a thermostat: minutes ago, temperature."""
    house.store.commit(
        Batch(
            records=[
                Record(NAME, "thermostat", at, at, (Reading("temperature", value, "°C"),))
                for minutes, value in values
                for at in [time.time() - 60 * minutes]
            ]
        )
    )


def look(house: FakeHouse, now: float) -> Trend:
    """What a card of it shows."""
    return house.trends.look(house.devices[NAME], "temperature", 1, now)


def play(act: Callable[[FakeHouse], object]) -> None:
    """Run a test on a loop, with a house in which a thermostat has spoken."""

    async def run() -> None:
        house = FakeHouse()
        house.hear("fleet/thermostat/one/state", {"temperature": 20})
        try:
            await act(house)  # type: ignore[misc]
        finally:
            house.aside.close()

    asyncio.run(run())


def test_history_is_read_once_for_all_that_are_drawn_and_goes_on_live() -> None:
    """Before it is read there is none; then it is there, and what is heard later is on it in its time."""

    async def act(house: FakeHouse) -> None:
        kept(house, *[(50 - n, 15 + n / 10) for n in range(49)])
        announced: set[str] = set()
        house.aside.announce = announced.update
        now = time.time()
        assert NO_TREND == look(house, now)
        assert house.trends.read(house, now)
        await until(lambda: trends.tag(NAME) in announced, "the history")
        first = look(house, now)
        assert ("rising", "<svg ") == (first.direction, first.picture[:5])
        assert not house.trends.read(house, now + trends.PAUSE)
        house.hear("fleet/thermostat/one/state", {"temperature": 5})
        assert first is look(house, now)
        later = look(house, now + trends.EVERY)
        assert first.picture != later.picture

    play(act)


def test_a_picture_stays_while_nothing_new_is_to_be_seen_on_it() -> None:
    """However often a card is looked at, it changes once in a while at the most."""

    async def act(house: FakeHouse) -> None:
        kept(house, (10, 15), (5, 16))
        now = time.time()
        look(house, now)
        house.trends.read(house, now)
        await until(lambda: look(house, now).picture, "the history")
        seen = set()
        for second in range(int(trends.EVERY)):
            house.hear("fleet/thermostat/one/state", {"temperature": 20 + second})
            seen.add(look(house, now + second).picture)
        assert len(seen) <= 2

    play(act)


def test_what_nobody_looks_at_is_forgotten_and_there_is_a_bound() -> None:
    """A trend lives as long as its card is drawn; more than the bound have none."""

    async def act(house: FakeHouse) -> None:
        now = time.time()
        known = house.trends
        device = house.devices[NAME]
        for number in range(trends.MOST):
            known.look(device, f"m{number}", None, now)
        look(house, now)
        assert trends.MOST == len(vars(known)["_courses"])
        known.read(house, now + trends.LOOKED_AT + 1)
        assert ({}, {}) == (vars(known)["_courses"], vars(known)["_wanted"])

    play(act)


@pytest.mark.parametrize("fault", [StoreError("the disk is away"), LookupError("no such metric")])
def test_history_that_cannot_be_read_is_tried_again(fault: Exception) -> None:
    """A store that fails is asked again after a pause; a metric without history has only what is live."""

    async def act(house: FakeHouse) -> None:
        asked: list[str] = []

        def refuse(*_: object) -> None:
            asked.append("history")
            raise fault

        house.history = refuse  # type: ignore[method-assign,assignment]
        now = time.time()
        look(house, now)
        house.trends.read(house, now)
        await until(lambda: asked and not house.aside.busy(trends.READING), "an answer")
        assert not house.trends.read(house, now + 1)
        assert isinstance(fault, StoreError) is house.trends.read(house, now + trends.PAUSE)

    play(act)


def test_one_value_is_no_line() -> None:
    """Nor is a text or a yes: then there is room, and nothing in it."""

    async def act(house: FakeHouse) -> None:
        now = time.time()
        look(house, now)
        house.trends.read(house, now)
        await until(lambda: not house.aside.busy(trends.READING), "an answer")
        assert NO_TREND == look(house, now + trends.EVERY)

    play(act)


def test_a_card_shows_how_its_number_went() -> None:
    """As a picture with words for who hears the screen, as soon as the history has been read."""

    async def act(house: FakeHouse) -> None:
        kept(house, *[(50 - n, 15 + n / 10) for n in range(49)])
        scene = Scene()
        layout = scene.open(overview.layout(house, {}, ENGLISH))
        [card] = [card for card in layout.cards if card.plan.key.startswith("card/")]
        house.trends.read(house, time.time())
        await until(lambda: not house.aside.busy(trends.READING), "the history")
        scene.touch({trends.tag(NAME)})
        [picture] = find(unpack(card.packed()), "Image")
        assert ("<svg", "the last hour, rising") == (picture["src"][:4], picture["semantics_label"])

    play(act)
