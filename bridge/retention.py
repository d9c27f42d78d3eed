"""How long things are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.ports import PICTURES_SIZE

DAY = 86_400.0
DEFAULT = "default"
"""The name under which the retention of all kinds without one of their own stands."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Seconds that single readings, minutes and hours of readings are kept; None is for ever."""

    readings: float | None = 30 * DAY
    minutes: float | None = 366 * DAY
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """What a store is told beside its URL.

    `folder` is where relative files go. `retention` is by the name of the kind (`unclaimed` for devices
    without one), `DEFAULT` for all others. The quarantine, and likewise the messages that readings do not
    hold wholly, are kept for `quarantine_age` seconds and up to `quarantine_size` bytes of payload. Of the
    newest pictures `pictures_size` bytes are kept.
    """

    folder: Path = Path()
    retention: Mapping[str, Retention] = field(default_factory=dict)
    quarantine_age: float | None = 30 * DAY
    quarantine_size: int = 256 * 1024 * 1024
    pictures_size: int = PICTURES_SIZE

    def keep(self, kind: str) -> Retention:
        """How long readings of a kind are kept."""
        return self.retention.get(kind) or self.retention.get(DEFAULT) or Retention()
