"""The system page's times: what it says of each stage, and when there is nothing to say."""

import msgpack
import pytest

from bridge.frames import Frame
from bridge.status import STAGES, Spread
from dashboard.scene import LayoutPlan, Scene
from dashboard.views import find
from dashboard.views.system import BELOW, NO_TIMES, SPANS, spread_text
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse


def times(house: FakeHouse) -> list[str]:
    """The texts of the card, in order."""
    found = find("/system")
    assert found is not None
    page, values = found
    [plan] = [plan for plan in page.layout(house, values).arrange() if plan.key == "system/times"]
    [card] = Scene().open(LayoutPlan("times", frozenset(), lambda: [plan])).cards
    return texts(msgpack.unpackb(card.packed(), strict_map_key=False))


def test_every_stage_is_named() -> None:
    """The page knows all stages that are measured, and no other."""
    assert set(STAGES) == set(SPANS)


def test_without_messages_it_says_so() -> None:
    """At first there is nothing, and dashes where the times will be."""
    shown = times(FakeHouse())
    assert (True, 2 * len(SPANS)) == (NO_TIMES in shown, shown.count("–"))


def test_each_stage_has_its_times() -> None:
    """What was measured in the last minute stands beside its stage."""
    house = FakeHouse()
    house.timing.tick(house.counts.stages, 1.0)
    house.counts.stages["receive"].observe(0.17, 100)
    house.timing.take(Frame(1, 1.0, framed=1.0), 1.0)
    house.timing.sent(house.timing.told, 3.0)
    shown = times(house)
    assert (True, 2 * (len(SPANS) - 2)) == (BELOW in shown, shown.count("–"))
    receive = shown.index(SPANS["receive"][1])
    assert ["150 ms", "199 ms"] == shown[receive + 1 : receive + 3]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.00004, "0.0 ms"),
        (0.0012, "1.2 ms"),
        (0.0123, "12 ms"),
        (0.9994, "999 ms"),
        (1.04, "1.0 s"),
        (9.9, "9.9 s"),
        (10.0, "> 10 s"),
    ],
)
def test_times_are_told_in_units_that_can_be_read(seconds: float, expected: str) -> None:
    """Milliseconds with a digit where it counts, seconds from one on, and the bound of what is told apart."""
    assert [expected, expected] == [spread_text(Spread(seconds, seconds, 1), part) for part in ("p50", "p99")]


def test_a_stage_without_spans_is_a_dash() -> None:
    """Nothing is not zero."""
    assert "–" == spread_text(None, "p50")
