"""What the dashboard needs of the bridge, wherever that runs."""

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from bridge.errors import FleetglassError
from bridge.quarantine import Quarantined
from bridge.service import Label
from bridge.state import DeviceState
from bridge.status import BridgeStatus, Counts
from dashboard.scene import Who
from schemas.catalog import Kinds
from schemas.message import Value

log = logging.getLogger(__name__)


class House(Protocol):
    """Everything that can be known and asked."""

    kinds: Kinds

    @property
    def sessions(self) -> int:
        """Browsers that are connected to this dashboard."""

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

    def label(self, device: DeviceState) -> Label:
        """The name and place to show for a device."""

    def quarantined(self, *, before: int | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """Refused messages, newest first."""

    def quarantine_counts(self) -> tuple[int, int]:
        """How many refused messages are kept, and how many the bound has removed."""

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> None:
        """Ask a device for new values. Raises `CommandRefused` or `NotConnected`."""


def act(house: House, device_id: str, who: Who, changes: Mapping[str, Value]) -> None:
    """Command a device for a person, who is told if it could not be sent."""
    try:
        house.command(device_id, changes, by=who.name)
    except FleetglassError as error:
        log.warning("session %s: command for %s not sent: %s", who.name, device_id, error)
        who.tell(f"Not sent: {error}")
