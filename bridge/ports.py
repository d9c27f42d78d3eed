"""The borders of the bridge: what a transport and a store must be able to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.quarantine import Quarantined
from bridge.state import DeviceState
from schemas.message import RawMessage


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether a transport reaches its source. `detail` is one readable line, without secrets."""

    up: bool
    detail: str


class Transport(Protocol):
    """A source of messages and a way to send commands.

    `start` returns at once; a source that is away is not an error but `Connection(up=False, …)`, and the
    transport keeps trying by itself. `deliver` and `on_connection` may be called from any thread; neither
    blocks nor raises. After `stop` returns neither is called again. Restarting is not supported.
    """

    def start(
        self, deliver: Callable[[RawMessage], None], on_connection: Callable[[Connection], None]
    ) -> None: ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send from any thread. Raises `NotConnected` while the source is away: nothing is queued."""

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round of ingest leaves to be kept: the new states and the refused messages."""

    devices: Sequence[DeviceState] = ()
    quarantined: Sequence[Quarantined] = ()


class Store(Protocol):
    """Where the bridge keeps things. Written by the ingest thread alone, read from any."""

    def commit(self, batch: Batch) -> None:
        """Keep a batch, wholly or not at all."""

    def latest(self) -> Sequence[DeviceState]:
        """The last state of every device ever committed."""

    def quarantined(self, *, before: int | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """Refused messages, newest first, only ids below `before`."""

    def quarantine_counts(self) -> tuple[int, int]:
        """How many are kept, and how many the store's bound has removed."""
