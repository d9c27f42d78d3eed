"""The borders of the bridge: what a transport and a store must be able to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from bridge.commands import CommandRecord
from bridge.presence import Availability
from bridge.quarantine import Quarantined
from bridge.state import DeviceState
from schemas.message import RawMessage, Reading, Value
from schemas.picture import Picture

# --- Transports ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether a transport reaches its source. `detail` is one readable line, without secrets.

    `fresh`: the source knows nothing of an earlier session of ours, so it will deliver nothing again.
    """

    up: bool
    detail: str
    fresh: bool = False


Deliver: TypeAlias = Callable[[Sequence[RawMessage]], bool]
"""Takes messages, oldest first, all of them and always. False asks the transport to stop reading until
`resume`: more waits already than should."""

Taken: TypeAlias = Callable[[str], None]
"""Told at most once what became of a message of ours: "" when the source has it, else why it refused it."""


class Transport(Protocol):
    """A source of messages and a way to send commands.

    `start` returns at once; a source that is away is not an error but `Connection(up=False, …)`, and the
    transport keeps trying by itself. `deliver` and `on_connection` may be called from any thread; neither
    blocks nor raises. After `stop` returns neither is called again. Restarting is not supported.
    """

    def start(self, deliver: Deliver, on_connection: Callable[[Connection], None]) -> None: ...

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, taken: Taken | None = None
    ) -> None:
        """Send from any thread. Raises `NotConnected` while the source is away: nothing is queued.

        `taken` may be called before this returns, from any thread, or never: then nobody knows.
        """

    def acknowledge(self, connection: int, packet_ids: Sequence[int]) -> None:
        """Tell the source that these messages are kept, in this order. From any thread; does not wait.

        What belongs to an earlier connection is passed over: the source will send it again.
        """

    def resume(self) -> None:
        """Read on after `deliver` said False. From any thread; without effect while it reads."""

    def stop(self) -> None:
        """End in order: what was acknowledged before this call is still sent."""


# --- What is kept -------------------------------------------------------------------------------------------


class Record(NamedTuple):
    """The readings of one accepted message. `time` is the device's own if it gave one, else `received_at`.

    Both are Unix seconds. The same value of the same metric at the same time is kept once, however often it
    comes: that is how a message with a device time is recognised when it is sent again.
    """

    device_id: str
    kind: str
    time: float
    received_at: float
    readings: tuple[Reading, ...]


class Unread(NamedTuple):
    """An accepted message whose readings do not hold all of it, kept as it came."""

    device_id: str
    message: RawMessage


class Receipt(NamedTuple):
    """What identifies a delivery at QoS 1: the packet id and a checksum of topic and payload (32 bits)."""

    packet_id: int
    digest: int


class Heard(NamedTuple):
    """A device's availability changed at `time` (Unix seconds)."""

    device_id: str
    time: float
    availability: Availability
    reason: str


class Forgotten(NamedTuple):
    """A device is forgotten at `time` (Unix seconds): its state, and with `history` all that it has said."""

    device_id: str
    time: float
    history: bool = False


class Pictured(NamedTuple):
    """A picture as a metric's value, received at `time` (Unix seconds)."""

    device_id: str
    metric: str
    time: float
    picture: Picture


@dataclass(frozen=True, slots=True)
class Batch:
    """What is kept together or not at all.

    `devices` are latest states, later ones replacing earlier ones of the same id, and so are `commanded`,
    which keep the place of the earlier one. `quarantined` come with id
    0 and get theirs from the store; `released` are ids that leave the quarantine. `receipts` are of the
    messages that this batch makes safe, in order of receipt. Of `pictures` the last of each metric is kept.
    `forgotten` comes after all else in it.
    """

    records: Sequence[Record] = ()
    unread: Sequence[Unread] = ()
    devices: Sequence[DeviceState] = ()
    heard: Sequence[Heard] = ()
    commanded: Sequence[CommandRecord] = ()
    quarantined: Sequence[Quarantined] = ()
    released: Sequence[int] = ()
    receipts: Sequence[Receipt] = ()
    forgotten: Sequence[Forgotten] = ()
    pictures: Sequence[Pictured] = ()


AFRESH = Receipt(0, 0)
"""Stands among receipts where the broker began to count packet ids anew: those before it mean nothing now."""

PICTURES_SIZE = 64 * 1024 * 1024
"""Bytes of pictures that are kept, where the settings do not say."""

RECEIPTS_KEPT = 32_767
"""The newest receipts a store remembers: half of all packet ids, so that an id that is used again for another
message is not taken for a redelivery."""


# --- What is asked ------------------------------------------------------------------------------------------


class Source(NamedTuple):
    """Where a metric's history is to be found: a stored name and unit, and how to read them today.

    A value is shown as stored x `factor` + `offset`.
    """

    metric: str
    unit: str
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Query:
    """A metric of a device over [start, end), Unix seconds, in at most `points` points (2 at the least)."""

    device_id: str
    sources: Sequence[Source]
    start: float
    end: float
    points: int = 500


class Point(NamedTuple):
    """One reading, or many together.

    Then `time` is where they begin, `value` their mean, `low` and `high` the extremes, and `count` how many.
    Texts are not averaged: their points are changes, the last one winning.
    """

    time: float
    value: Value
    low: float | None = None
    high: float | None = None
    count: int = 1  # type: ignore[assignment]  # a field, where a tuple has a method


@dataclass(frozen=True, slots=True)
class History:
    """The answer to a query, oldest first.

    `step` is the seconds that one point stands for, 0 for single readings; `other_units` are units in which
    there is history that no source covers.
    """

    points: Sequence[Point]
    step: float = 0.0
    other_units: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export: all of it, or of one device, one metric, within [start, end) by the reading's time."""

    device_id: str | None = None
    metric: str | None = None
    start: float | None = None
    end: float | None = None


class Exported(NamedTuple):
    """One reading as it is exported. Times are Unix seconds."""

    time: float
    received_at: float
    device_id: str
    metric: str
    value: Value
    unit: str


@dataclass(frozen=True, slots=True)
class Sought:
    """Which refused messages, newest first: those that fit all that is given.

    Only ids below `before`; of one `reason`; with `text` in the topic, the detail or the payload, upper and
    lower case alike; of a `topic`, in which a level `+` stands for any one; wrong at one `field` ("": none).
    """

    before: int | None = None
    limit: int = 100
    reason: str | None = None
    text: str | None = None
    topic: str | None = None
    field: str | None = None


class Heap(NamedTuple):
    """The refused messages of one topic, for one reason, wrong at one field ("": none).

    How many, when the first and the last came (Unix seconds), and the id of the newest.
    """

    topic: str
    reason: str
    field: str
    number: int
    first: float
    last: float
    newest: int


HEAPS = 20_000
"""The heaps that are told at most: those with the newest messages."""


@dataclass(frozen=True, slots=True)
class QuarantineCounts:
    """How many are kept, in bytes too; how many the bounds have removed ever; how many are kept by reason."""

    kept: int = 0
    size: int = 0
    removed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a store says of itself, for people. `size` is bytes on disk, `oldest` the first reading's time."""

    where: str
    durable: bool
    size: int = 0
    readings: int = 0
    oldest: float | None = None


class Store(Protocol):
    """Where the bridge keeps things. Written by one thread; read from any.

    All times are Unix seconds. Reading never waits for a commit.
    """

    durable: bool
    """Whether what is committed survives the end of the process."""

    def open(self) -> None:
        """Make it ready. Raises `StoreError` with one clear line if it cannot be."""

    def close(self) -> None:
        """Let go of it. Nothing else may be called after this."""

    def commit(self, batch: Batch) -> int:
        """Keep a batch, wholly or not at all; how many readings were new. Raises whatever went wrong."""

    def tend(self, now: float, at_most: float = 0.05) -> bool:
        """Roll up and remove what is due, for about `at_most` seconds; True if there is more to do.

        By the writing thread.
        """

    def latest(self) -> Sequence[DeviceState]:
        """The last state of every device, no older than what its committed readings say.

        A device that was forgotten is not there, unless it has spoken since.
        """

    def receipts(self) -> Sequence[Receipt]:
        """The newest receipts, oldest first, at most `RECEIPTS_KEPT`."""

    def pictures(self) -> Sequence[Pictured]:
        """The newest picture of each metric, that which came longest ago first.

        Beyond the store's bound on their bytes those that came longest ago are gone.
        """

    def restore(self, source: Path) -> None:
        """Put a backup in the place of all that is kept. By the writing thread. Raises `StoreError`."""

    def note(self, key: str) -> str | None:
        """A word that was kept under `key`."""

    def set_note(self, key: str, text: str) -> None:
        """Keep a word. By the writing thread, or before it starts."""

    def history(self, query: Query) -> History:
        """A metric's history."""

    def export(self, selection: Selection) -> Iterator[Exported]:
        """Readings, by device, metric and time."""

    def count(self, selection: Selection) -> int:
        """How many readings that would be."""

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """The changes of a device's availability, newest first."""

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """What was asked of a device, or of all (None), newest first."""

    def unanswered(self) -> Sequence[CommandRecord]:
        """The commands whose end is not recorded, oldest first."""

    def unread(self, device_id: str, *, limit: int = 100) -> Sequence[RawMessage]:
        """The messages of a device that its readings do not hold wholly, newest first."""

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """Refused messages, newest first, with their whole payload as far as it is kept."""

    def quarantine_heaps(self, reason: str | None = None, limit: int = HEAPS) -> Sequence[Heap]:
        """The refused messages by topic, reason and field, the heap with the newest first."""

    def quarantine_counts(self) -> QuarantineCounts:
        """How much is in quarantine."""

    def facts(self) -> StoreFacts:
        """What there is to say of the store itself."""
