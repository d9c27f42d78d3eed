"""What the dashboard needs of the bridge, wherever that runs."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bridge.broadcast import Broadcast
from bridge.commands import CommandRecord
from bridge.errors import FleetglassError
from bridge.groups import Groups
from bridge.labels import Label
from bridge.ports import Heard, History, QuarantineCounts, Sought, StoreFacts
from bridge.quarantine import Quarantined
from bridge.replay import Replayed
from bridge.state import DeviceState
from bridge.status import BridgeStatus, Counts
from bridge.topic_levels import LISTED, TopicEntry, TopicLevel
from dashboard.aside import Aside
from dashboard.boards import Boards
from dashboard.card import Who
from dashboard.census import Census
from dashboard.timing import Timing
from dashboard.trends import Trends
from dashboard.vitals import Vitals
from schemas.catalog import Kinds
from schemas.message import RawMessage, Value
from schemas.picture import Picture
from schemas.suggest import Suggestion

if TYPE_CHECKING:
    # Redis, which a bridge in the same process does not need.
    from bridge.bus.follower import BusLink
    from bridge.bus.publisher import BusVoice
    from dashboard.session import Shared

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many messages the broker says that it dropped while we ran, the last at `last` (Unix seconds).

    `total` is what it said last, of its whole life; None while it says nothing.
    """

    total: int | None = None
    count: int = 0
    last: float | None = None

    def noted(self, total: int | None, at: float) -> "Dropped":
        """With its newest word. What was before our first look does not count; a lower one is a new life."""
        if total is None or total == self.total:
            return self
        if self.total is None:
            return Dropped(total)
        more = total - self.total if total > self.total else total
        return Dropped(total, self.count + more, at if more else self.last)


class House(Protocol):
    """Everything that can be known and asked. What is marked with `*` may wait for the disk."""

    kinds: Kinds
    broadcast: Broadcast
    """Where to hear of changes."""
    aside: Aside
    """For the web loop: what may wait for the disk is done here."""
    timing: Timing
    """For the web loop: how long messages take."""
    census: Census
    """For the web loop: how every device stands."""
    trends: Trends
    """For the web loop: how the main numbers of the cards went."""
    vitals: Vitals
    """For the web loop: how the numbers of the house went lately."""
    dropped: Dropped
    boards: Boards
    """People's own pages, those of this dashboard's config."""
    quarantine_changes: int
    """Grows whenever what is in quarantine has changed."""

    @property
    def sessions(self) -> int:
        """Browsers that are connected to this dashboard."""

    @property
    def behind(self) -> int:
        """Those of them that have not taken yet what they were to be told."""

    @property
    def devices(self) -> Mapping[str, DeviceState]:
        """The present state by device id."""

    @property
    def status(self) -> BridgeStatus:
        """How the bridge is doing."""

    @property
    def counts(self) -> Counts:
        """Totals for `/metrics`."""

    @property
    def merged(self) -> int:
        """Values that a newer one replaced before they were shown."""

    @property
    def bus(self) -> "BusLink | None":
        """How a bridge in another process is reached; None for one in this process."""

    @property
    def voice(self) -> "BusVoice | None":
        """How a bridge in this process speaks on a bus; None where it does not, or is elsewhere."""

    def label(self, device: DeviceState) -> Label:
        """The name and place to show for a device, and whether it is retired."""

    @property
    def retired(self) -> frozenset[str]:
        """The ids of the devices that are retired; they are neither on the overview nor counted."""

    def relabel(self, device_id: str, *, name: str | None, place: str | None) -> None:
        """* Call a device something else; None, or an empty text, leaves it to the device or its id.

        Raises `FleetglassError`.
        """

    def retire(self, device_id: str, *, retired: bool) -> None:
        """* Take a device out of use, or back into it. Raises `FleetglassError`."""

    def forget(self, device_id: str, *, history: bool, retained: bool) -> None:
        """* Know a device no more until it speaks again, and with `history` nothing that it has said.

        With `retained` the broker forgets it too. Raises `FleetglassError`.
        """

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """* Refused messages, newest first."""

    def quarantine_groups(self, reason: str | None = None) -> Groups:
        """* Refused messages, or those of a reason, by the sort of topic, the reason and the field."""

    def quarantine_counts(self) -> QuarantineCounts:
        """* How much is in quarantine, and how much its bounds have removed."""

    def replay(self, *, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
        """* Try the refused messages again with the present kinds; what passes becomes history."""

    def history(
        self, device_id: str, metric: str, start: float, end: float, points: int
    ) -> tuple[str, History]:
        """* The unit of a metric and its history over [start, end), Unix seconds, in at most so many points.

        Raises `LookupError` for a metric that neither the device's kind nor its history knows.
        """

    def picture(self, device_id: str, metric: str) -> Picture | None:
        """* The newest picture of a metric, None where there is none or it is not kept any more."""

    def facts(self) -> StoreFacts:
        """* What the store says of itself."""

    def restore(self, file: Path) -> None:
        """* Put a backup in the place of the store. Raises `StoreError`."""

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> str:
        """Ask a device for new values; the id of the command. Raises `CommandRefused` or `NotConnected`."""

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """* What was asked of a device, or of all (None), and how it ended, newest first."""

    kind_folder: str | None
    """The folder for kinds of one's own; None where none is named, or the bridge is elsewhere."""

    def topics(self, prefix: str = "", *, limit: int = LISTED) -> TopicLevel:
        """* One level of the tree of topics heard since the start, at most a second old."""

    def topic(self, name: str) -> TopicEntry | None:
        """* A topic with its last messages, None if it has not been heard."""

    def find_topics(self, text: str, limit: int = 100) -> Sequence[TopicEntry]:
        """* The topics that hold a text, upper and lower case alike, by name."""

    def publish(self, topic: str, payload: bytes, *, by: str, qos: int = 1, retain: bool = False) -> None:
        """* Send any message. Raises `CommandRefused` for what cannot be published, and `NotConnected`."""

    def clear_retained(self, topic: str, *, by: str) -> None:
        """* Ask the broker to forget the message that it keeps of a topic. Raises as `publish` does."""

    def samples(self, device_id: str, limit: int = 50) -> Sequence[RawMessage]:
        """* The last messages of a device, newest first, as far as they are held whole; 50 at most."""

    def suggestion(self, topic: str) -> Suggestion:
        """* A first model for a topic that no kind claims, and for those like it.

        Raises `LookupError` where no message is at hand, `CommandRefused` where no kind can be made of it.
        """

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """* When a device came and went, and why, newest first."""


class Hosted(House, Protocol):
    """A house that starts and ends with the web server."""

    shared: "Shared | None"
    """What all sessions have in common, while the server runs."""

    def start(self) -> None:
        """Begin; what it says is heard from then on. Called once."""

    def stop(self) -> None:
        """End. May wait. Called once."""


def in_use(house: House) -> Sequence[DeviceState]:
    """The devices that are shown and counted: all that are known but those that are retired."""
    retired = house.retired
    return [device for device in list(house.devices.values()) if device.id not in retired]


def act(house: House, device_id: str, who: Who, changes: Mapping[str, Value]) -> None:
    """Command a device for a person, who is told if it could not be sent."""
    try:
        house.command(device_id, changes, by=who.name)
    except FleetglassError as error:
        log.warning("session %s: command for %s not sent: %s", who.name, device_id, error)
        who.tell(who.reader.say("Not sent: {why}", why=who.reader.told(str(error))))
