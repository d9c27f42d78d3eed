"""Ingest and keeper run in step, with a clock and a store that the test moves."""

from collections.abc import Sequence

from bridge.frames import GAP_UNDER_LOAD, Frame
from bridge.inbox import Inbox, Kept
from bridge.ingest import Ingest, Parts
from bridge.keeper import Keeper
from bridge.load import Load
from bridge.ports import Sought
from bridge.quarantine import Quarantined
from bridge.state import State
from bridge.status import BridgeStatus, Counts
from schemas.catalog import Kinds, shipped_kinds
from schemas.message import RawMessage
from tests.bridge.shelf import Shelf

KINDS = shipped_kinds()
SOON = 0.01
"""Seconds within which a store that fails is given up."""


class Flow:
    """An ingest with its parts, a keeper that commits after every round, and a clock that the test moves."""

    def __init__(self, store: Shelf | None = None, kinds: Kinds = KINDS, max_devices: int = 20_000) -> None:
        self.now = 1_000.0
        self.received_at = 1.8e9
        self.inbox = Inbox()
        self.state = State(kinds, max_devices=max_devices)
        self.store = store or Shelf()
        self.frames: list[Frame] = []
        self.loads: list[Load] = []
        self.acknowledged: list[tuple[int, int, int]] = []
        counts = Counts()
        self.keeper = Keeper(self.store, self, counts.stages["commit"])
        parts = Parts(
            self.inbox, kinds, self.state, self.keep, self.frames.append, lambda: self.keeper.oldest
        )
        self.ingest = Ingest(parts, BridgeStatus(), counts, clock=lambda: self.now)

    def put(self, topic: str, payload: bytes, **marks: object) -> None:
        """A message in the inbox; `marks` are further fields of it."""
        self.received_at += 0.001
        raw = RawMessage(topic, payload, self.received_at)._replace(**marks)  # type: ignore[arg-type]
        self.inbox.deliver(0, [raw])

    def step(self, seconds: float = 0.0) -> None:
        """One round, so many seconds later, and a commit, without waiting for anything."""
        self.now += seconds
        self.inbox.wake()
        self.ingest.step()
        while not self.keeper.stop(SOON) and self.store.room is None:
            pass

    def say(self, topic: str, payload: bytes, **marks: object) -> None:
        """One message, taken in after a pause that lets its frame out."""
        self.put(topic, payload, **marks)
        self.step(GAP_UNDER_LOAD)

    def delivered(self, packet_id: int, *, dup: bool = False, payload: bytes = b'{"on": true}') -> None:
        """A plug's message at QoS 1."""
        self.say("fleet/plug/a/state", payload, qos=1, packet_id=packet_id, dup=dup)

    @property
    def refused(self) -> Sequence[Quarantined]:
        """What is in quarantine, newest first."""
        return self.store.quarantined(Sought())

    # Around the keeper.

    def keep(self, load: Load) -> None:
        self.loads.append(load)
        self.keeper.put(load)

    def acknowledge(self, transport: int, connection: int, packet_ids: Sequence[int]) -> None:
        self.acknowledged += [(transport, connection, packet_id) for packet_id in packet_ids]

    def settle(self, count: int, size: int) -> None:
        self.inbox.settle(count, size)

    def tell(self, news: Kept) -> None:
        self.inbox.put(news)
