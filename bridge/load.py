"""What goes from ingest to the writing thread, and how it is collected."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from bridge.commands import CommandRecord
from bridge.inbox import Arrived
from bridge.ports import Batch, Heard, Pictured, Receipt, Record, Unread
from bridge.quarantine import Quarantined
from bridge.state import DeviceState
from schemas.message import RawMessage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of ingest hands over.

    `messages` are those that `batch.records` came of, one for one. `acknowledge` are transport, connection
    and packet id of the messages that are safe with this, in order of receipt; `count` and `size` are what
    the inbox has to settle; `since` is the monotonic time at which the oldest of them came, or at which the
    load was made if it is of none. `handed` tells when how many of the messages were handed over.
    """

    batch: Batch
    messages: Sequence[RawMessage] = ()
    acknowledge: Sequence[tuple[int, int, int]] = ()
    count: int = 0
    size: int = 0
    since: float | None = None
    handed: Sequence[tuple[float, int]] = ()
    done: Callable[[], None] | None = None
    """Called when it is committed. Such a load is joined with no other, so that its place is kept."""


class Draft:
    """What one round collects for the keeper."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.messages: list[RawMessage] = []
        self.unread: list[Unread] = []
        self.devices: list[DeviceState] = []
        self.heard: list[Heard] = []
        self.commanded: list[CommandRecord] = []
        self.quarantined: list[Quarantined] = []
        self.receipts: list[Receipt] = []
        self.pictures: list[Pictured] = []
        self.acknowledge: list[tuple[int, int, int]] = []
        self.count = 0
        self.size = 0
        self.since: float | None = None

    @property
    def others(self) -> bool:
        """Whether there is something to keep that came of no message."""
        return bool(self.devices or self.heard or self.commanded or self.receipts)

    def settles(self, arrived: Arrived) -> None:
        """These messages are settled with it."""
        self.count += len(arrived.messages)
        self.size += arrived.size
        if self.since is None:
            self.since = arrived.at

    def load(self, now: float) -> Load:
        """What was collected, at monotonic time `now`."""
        batch = Batch(
            self.records, self.unread, self.devices, self.heard, self.commanded, self.quarantined, (),
            self.receipts, pictures=self.pictures,
        )  # fmt: skip
        return Load(
            batch,
            self.messages,
            self.acknowledge,
            self.count,
            self.size,
            now if self.since is None else self.since,
            ((now, self.count),) if self.count else (),
        )


def together(loads: Sequence[Load]) -> Load:
    """Several as one, in order."""
    if len(loads) == 1:
        return loads[0]
    batches = [load.batch for load in loads]

    def joined(of: Callable[[Batch], Iterable[T]]) -> list[T]:
        return list(chain.from_iterable(of(batch) for batch in batches))

    return Load(
        Batch(
            joined(lambda b: b.records),
            joined(lambda b: b.unread),
            joined(lambda b: b.devices),
            joined(lambda b: b.heard),
            joined(lambda b: b.commanded),
            joined(lambda b: b.quarantined),
            joined(lambda b: b.released),
            joined(lambda b: b.receipts),
            pictures=joined(lambda b: b.pictures),
        ),
        list(chain.from_iterable(load.messages for load in loads)),
        list(chain.from_iterable(load.acknowledge for load in loads)),
        sum(load.count for load in loads),
        sum(load.size for load in loads),
        next((load.since for load in loads if load.since is not None), None),
        list(chain.from_iterable(load.handed for load in loads)),
    )
