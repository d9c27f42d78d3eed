"""A store in memory that a test can make fail, and what a transport would do beside it."""

from collections.abc import Callable, Iterable, Sequence

from bridge.inbox import Kept
from bridge.ports import Batch, Selection, Sought, Taken
from bridge.stores.memory import MemoryStore
from schemas.message import RawMessage

POISON = 60_666
"""A value that this store cannot hold."""


class Shelf(MemoryStore):
    """Keeps what it is given; what it says of it outlives whoever wrote it, as a disk does.

    `room` is how many commits it takes before the disk is full (None: any number). `asked` are all batches
    that were offered.
    """

    def __init__(self, room: int | None = None) -> None:
        super().__init__()
        self.room = room
        self.asked: list[Batch] = []
        self.on_commit: Callable[[], object] = lambda: None

    def commit(self, batch: Batch) -> int:
        self.asked.append(batch)
        self.on_commit()
        if any(reading.value == POISON for record in batch.records for reading in record.readings):
            raise OverflowError("int too large to convert")
        for text in (*(entry.topic for entry in batch.quarantined), *(raw.topic for _, raw in batch.unread)):
            text.encode()
        if self.room is not None:
            if self.room <= 0:
                raise OSError("the disk is full")
            self.room -= 1
        return super().commit(batch)

    @property
    def kept(self) -> list[float]:
        """When each message that is kept was received: of every reading, and of every refusal."""
        readings = [row.received_at for row in self.export(Selection())]
        return readings + [entry.time for entry in self.quarantined(Sought(limit=10**9))]

    def values(self, device_id: str, metric: str) -> list[object]:
        """The history of a metric, oldest first."""
        return [row.value for row in self.export(Selection(device_id, metric))]


class Broker:
    """What the keeper does around a commit, written down."""

    def __init__(self) -> None:
        self.log: list[tuple[object, ...]] = []
        self.news: list[Kept] = []

    def acknowledge(self, transport: int, connection: int, packet_ids: Sequence[int]) -> None:
        self.log.append(("ack", transport, connection, *packet_ids))

    def settle(self, count: int, size: int) -> None:
        self.log.append(("settle", count, size))

    def tell(self, news: Kept) -> None:
        self.news.append(news)


class Wire:
    """A transport in the test's hands."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, int, bool]] = []
        self.acknowledged: list[tuple[int, int]] = []
        self.resumed = 0
        self.stopped = False
        self.deliver: Callable[[Sequence[RawMessage]], bool] = bool
        self.linked: Callable[..., None] = print

    def start(
        self, deliver: Callable[[Sequence[RawMessage]], bool], on_connection: Callable[..., None]
    ) -> None:
        self.deliver, self.linked = deliver, on_connection

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, taken: Taken | None = None
    ) -> None:
        self.sent.append((topic, payload, qos, retain))
        if taken is not None:
            taken("")

    def acknowledge(self, connection: int, packet_ids: Iterable[int]) -> None:
        self.acknowledged += [(connection, packet_id) for packet_id in packet_ids]

    def resume(self) -> None:
        self.resumed += 1

    def stop(self) -> None:
        self.stopped = True
