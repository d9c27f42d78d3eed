"""What the store keeps of a message: history by the device's time, the message where readings are less."""

import pytest

from bridge.ports import Record, Unread
from bridge.record import kept_of
from bridge.state import UNCLAIMED
from schemas.message import Announcement, Ignored, Outcome, RawMessage, Reading, Readings, Rejected, Unclaimed

LIVE = RawMessage("t", b"1", 100.0)
RETAINED = LIVE._replace(retained=True)
ONE = (Reading("value", 1),)
TIMED = Readings("lamp.a", "lamp", ONE, device_time=50.0)
PLAIN = Readings("lamp.a", "lamp", ONE)
LOOSE = Unclaimed("topic.t", ONE, structured=True)


@pytest.mark.parametrize(
    ("raw", "outcome", "expected"),
    [
        (LIVE, TIMED, Record("lamp.a", "lamp", 50.0, 100.0, ONE)),
        (LIVE, PLAIN, Record("lamp.a", "lamp", 100.0, 100.0, ONE)),
        (LIVE, LOOSE, Record("topic.t", UNCLAIMED, 100.0, 100.0, ONE)),
        (RETAINED, TIMED, Record("lamp.a", "lamp", 50.0, 100.0, ONE)),
        (RETAINED, PLAIN, None),
        (RETAINED, LOOSE, None),
    ],
)
def test_history(raw: RawMessage, outcome: Outcome, expected: Record | None) -> None:
    """A reading's time is the device's own, else ours; a kept copy without one tells nothing of when."""
    assert (expected, None) == kept_of(raw, outcome)


@pytest.mark.parametrize("outcome", [PLAIN._replace(whole=False), LOOSE._replace(whole=False)])
def test_a_message_that_its_readings_do_not_hold(outcome: Readings | Unclaimed) -> None:
    """It is kept itself too, but not a kept copy of it."""
    record, unread = kept_of(LIVE, outcome)
    assert record is not None
    assert Unread(outcome.device_id, LIVE) == unread
    assert kept_of(RETAINED, outcome) == (None, None)


@pytest.mark.parametrize(
    "outcome", [Rejected("empty", "nothing"), Ignored("command"), Announcement("lamp.a", "lamp", online=True)]
)
def test_what_is_no_history(outcome: Outcome) -> None:
    """Other messages have no readings."""
    assert kept_of(LIVE, outcome) == (None, None)
