"""A real Chromium says when it has taken a frame in."""

from collections.abc import Iterator
from itertools import cycle

import pytest

from bridge.status import STAGES
from dashboard.roundtrip import Trips
from tests.dashboard.browser import chromium
from tests.dashboard.staged import Staged
from tests.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def staged() -> Iterator[Staged]:
    """A dashboard to look at."""
    with Staged() as staged:
        yield staged


def test_a_browser_answers_and_every_stage_is_timed(staged: Staged) -> None:
    """With one tab open all stages have counted something, and the system page shows a time for each."""
    house = staged.house
    # The usual 10 s begin with a turn in which nobody is there.
    house.timing.trips = Trips(house.timing.stages["browser"].observe, every=0.5)

    def counts() -> dict[str, int]:
        stages = {**house.counts.stages, **house.timing.stages}
        return {stage: sum(stages[stage].counts) for stage in STAGES}

    brightness = cycle(range(100))

    def say() -> None:
        state = b'{"on": true, "brightness": %d}' % next(brightness)
        staged.line.say(*[(f"fleet/lamp/l{n}/state", state) for n in range(10)])

    with chromium() as browser:
        screen = browser.screen(staged)
        say()
        screen.open("/").wait_for("Online")

        def answered() -> bool:
            say()
            screen.page.wait_for_timeout(100)
            return counts()["browser"] > 0

        wait_until(answered, "the browser's answer")
        assert {} == {stage: count for stage, count in counts().items() if not count}
        screen.open("/system").wait_for("The way of a message", "Taken in")
        screen.wait(lambda: " ms" in screen.text(), "times in milliseconds")
