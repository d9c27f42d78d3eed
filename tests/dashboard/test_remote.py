"""A bridge in another process, as the dashboard sees it before the bus is reached and while it is away."""

from pathlib import Path

import pytest

from bridge.bus.address import Address
from bridge.bus.follower import BusLink, Follower
from bridge.errors import BusAway, StoreError
from bridge.frames import Frame
from bridge.ports import Sought
from bridge.status import STAGES, BridgeStatus
from dashboard.banner import Notices, notices
from dashboard.house import Dropped
from dashboard.remote import RemoteHouse
from schemas.catalog import shipped_kinds

KEPT = "a bridge that runs goes on keeping what devices send"
WAITS = "if it has ended, what devices send at QoS 1 waits at the broker"
AWAY = BusLink(up=False, detail="the bus is away: here: No route.", bridge_up=True, heard=100.0)
SILENT = BusLink(up=True, detail="the bridge is silent", bridge_up=False, heard=100.0)
NONE_YET = BusLink(up=True, detail="no bridge has spoken on the bus yet", bridge_up=False)
WELL = BusLink(up=True, detail="", bridge_up=True)


@pytest.fixture
def house() -> RemoteHouse:
    """One that nobody has started: there is no bus."""
    return RemoteHouse(shipped_kinds(), Follower(Address("127.0.0.1", 1)))


def test_nothing_is_known_of_a_bridge_that_was_not_heard(house: RemoteHouse) -> None:
    """No device, no connection to the broker, and the reason in place of the broker's own word."""
    assert {} == dict(house.devices)
    assert not house.status.broker_up
    assert "the bus has not been reached yet" == house.status.broker_detail


def test_what_is_asked_without_a_bridge_is_refused_at_once(house: RemoteHouse) -> None:
    """Each question says why it cannot be answered; nothing waits for the bridge to come."""
    for ask in (
        lambda: house.command("plug.one", {"on": True}, by="test"),
        lambda: house.history("plug.one", "on", 0.0, 1.0, 2),
        lambda: house.quarantined(Sought()),
        house.quarantine_counts,
        house.quarantine_groups,
        lambda: house.replay(dry_run=True),
        house.facts,
        lambda: house.picture("camera.one", "image"),
        house.topics,
        lambda: house.topic("a"),
        lambda: house.find_topics("a"),
        lambda: house.publish("a", b"", by="test"),
        lambda: house.clear_retained("a", by="test"),
        lambda: house.samples("topic.a"),
        lambda: house.suggestion("a"),
    ):
        with pytest.raises(BusAway, match="the bus has not been reached yet"):
            ask()


def test_a_backup_is_not_put_back_from_afar(house: RemoteHouse) -> None:
    """The file would be one of the bridge's computer; it is said where this is done."""
    with pytest.raises(StoreError, match="where the bridge runs"):
        house.restore(Path("copy.db"))


def test_each_stage_is_measured_in_one_place(house: RemoteHouse) -> None:
    """Some by the bridge, the others by this dashboard; together they are all there are."""
    measured = [*house.counts.stages, *house.timing.stages]
    assert sorted(STAGES) == sorted(measured)


def test_frames_are_noted_before_anybody_is_woken(house: RemoteHouse) -> None:
    """Who is woken by a frame finds the quarantine and the broker's losses as that frame has them."""
    seen = []
    house.broadcast.subscribe(lambda: seen.append((house.quarantine_changes, house.dropped.count)))
    for number, total in enumerate((3, 5), start=1):
        house.broadcast.publish(Frame(number, 0.0, (), BridgeStatus(broker_dropped=total), quarantined=True))
    assert [(1, 0)] == seen
    assert (2, 2) == (house.quarantine_changes, house.dropped.count)


@pytest.mark.parametrize(
    ("link", "what", "meanwhile"),
    [
        (AWAY, "The bus is away: here: No route", KEPT),
        (SILENT, "The bridge is silent", WAITS),
    ],
)
def test_a_bridge_that_is_not_heard_is_told_with_what_still_works(
    link: BusLink, what: str, meanwhile: str
) -> None:
    """A line with how long ago that was, and what still works; nothing of a broker that nobody knows of."""
    status = BridgeStatus(broker_up=False, store_fault="full", paused=True, waiting=3)
    for now, ago in ((105.0, "a few seconds ago"), (170.0, "1 min ago"), (7_300.0, "2 h ago")):
        expected = (
            f"{what}; last heard {ago}. Values are the last known and nothing can be switched; {meanwhile}. "
            "Retrying."
        )
        assert Notices(bus=expected) == notices(status, Dropped(), now, link)


def test_before_any_bridge_was_heard_no_value_is_the_last_known() -> None:
    """There are none, and nobody knows of a broker at which anything could wait."""
    expected = (
        "No bridge has spoken on the bus yet. Nothing is known of devices until a bridge is heard. Retrying."
    )
    assert Notices(bus=expected) == notices(BridgeStatus(), Dropped(), 100.0, NONE_YET)


def test_nothing_is_said_of_a_bus_that_works() -> None:
    """Then the bridge's own word holds."""
    status = BridgeStatus(broker_up=False, broker_detail="refused")
    expected = "No connection to the broker: refused. Values are the last known; retrying."
    assert Notices(broker=expected) == notices(status, Dropped(), 0.0, WELL)
