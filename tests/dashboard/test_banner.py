"""What is said on top of every page, and for how long."""

import pytest

from bridge.status import BridgeStatus
from dashboard.banner import Notices, notices
from dashboard.house import Dropped

WELL = BridgeStatus(broker_up=True, waiting=10, mark=20_000, lag=0.3)
NOW = 1_000.0
FAULT = "database or disk is full"


def said(dropped: Dropped | None = None, now: float = NOW, **status: object) -> Notices:
    """What is said of a status that is fine but for these words."""
    words = {name: getattr(WELL, name) for name in ("broker_up", "waiting", "mark", "lag")}
    return notices(BridgeStatus(**(words | status)), dropped or Dropped(), now)  # type: ignore[arg-type]


def test_nothing_is_said_while_all_is_well() -> None:
    """A few messages that wait for a moment are nothing to speak of."""
    assert Notices() == said()


def test_a_store_that_cannot_be_written_is_told_with_what_it_means() -> None:
    """Its own words, and that the broker keeps the rest; that messages wait is not said as well."""
    assert Notices(
        store="The store cannot be written: database or disk is full; nothing is acknowledged, so the broker "
        "keeps what devices send. Retrying."
    ) == said(store_fault=FAULT, lag=90.0, paused=True)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"lag": 2.0}, ""),
        ({"lag": 2.4}, "Catching up: 10 messages wait, the oldest 2 s."),
        ({"lag": 4.0, "waiting": 1}, "Catching up: 1 message waits, the oldest 4 s."),
        (
            {"lag": 4.0, "waiting": 12_345, "paused": True},
            "Catching up: 12\u202f345 messages wait, the oldest 4 s. The broker holds the rest.",
        ),
        (
            {"paused": True},
            "Catching up: 10 messages wait, the oldest 0 s. The broker holds the rest.",
        ),
        ({"paused": True, "waiting": 0}, ""),
    ],
)
def test_being_behind_is_told_with_its_size(status: dict[str, object], expected: str) -> None:
    """From two seconds on, or when reading pauses; only then does the broker hold anything back."""
    assert Notices(behind=expected) == said(**status)


def test_a_broker_that_is_away_is_told_beside_the_rest() -> None:
    """Each thing that is wrong has a line of its own."""
    both = said(broker_up=False, broker_detail="connection refused", store_fault=FAULT)
    assert both.broker == (
        "No connection to the broker: connection refused. Values are the last known; retrying."
    )
    assert FAULT in both.store


def test_a_loss_at_the_broker_is_told_for_a_minute() -> None:
    """What it dropped before our first look is not ours to tell; a growth since is, until a minute later."""
    before = Dropped().noted(None, 10.0).noted(500, 20.0)
    assert Notices() == said(before)
    after = before.noted(500, 900.0).noted(512, NOW)
    assert Dropped(512, 12, NOW) == after
    assert "dropped 12 messages since" in said(after).dropped
    assert "dropped 12 messages since" in said(after, NOW + 60).dropped
    assert Notices() == said(after, NOW + 61)


def test_a_broker_that_started_anew_counts_from_nothing() -> None:
    """A lower total is what a new life of the broker has dropped; what the old one did is still counted."""
    assert Dropped(3, 15, 40.0) == Dropped().noted(500, 10.0).noted(512, 30.0).noted(3, 40.0)
    assert Dropped(0, 12, 30.0) == Dropped().noted(500, 10.0).noted(512, 30.0).noted(0, 40.0)
