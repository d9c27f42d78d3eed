"""The promise: what the broker holds for us ends in the store exactly once, whatever happens to us."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.frames import Frame
from bridge.inbox import Inbox, Kept, Linked
from bridge.ingest import TICK, Ingest, Parts
from bridge.keeper import Keeper
from bridge.ports import Connection
from bridge.state import State
from bridge.status import BridgeStatus, Counts
from schemas.catalog import shipped_kinds
from schemas.message import RawMessage
from tests.bridge.shelf import POISON, Shelf

KINDS = shipped_kinds()
PLUG = "fleet/plug/a/state"
EQUAL = [
    (PLUG, b'{"on": true}'),
    (PLUG, b'{"on": 1}'),
    ("shelf/odd", b"1"),
    ("shelf/odd", b"%d" % POISON),
    ("shelf/text", b"\xff"),
]
"""Messages that come again and again with one content: readings, refused, unclaimed, unstorable, raw."""
MESSAGES = st.sampled_from([EQUAL[0], *EQUAL, ("shelf/unique", b"")])
MOMENTS = ("sending", "taking in", "committing")


@dataclass
class Message:
    """One message that was published, and its packet id once it was sent to us."""

    number: int
    topic: str
    payload: bytes
    packet_id: int = 0


class ModelBroker:
    """A broker with one durable session, ours: it holds each message until it is acknowledged.

    `up`: whether there is a connection, by which messages arrive and acknowledgements too.
    """

    def __init__(self) -> None:
        self.published = 0
        self.waiting: deque[Message] = deque()
        self.sent: list[Message] = []
        self.acknowledged: list[int] = []
        self.forgotten: set[int] = set()
        self.connection = 0
        self.up = False
        self.fresh = True
        self._packet_id = 0
        self._order: deque[int] = deque()

    def publish(self, topic: str, payload: bytes) -> None:
        self.waiting.append(Message(self.published, topic, payload))
        self.published += 1

    def connect(self) -> tuple[bool, list[Message]]:
        """Whether the session is a new one, and what is sent again."""
        self.connection += 1
        self.up = True
        self._order = deque(message.packet_id for message in self.sent)
        fresh, self.fresh = self.fresh, False
        return fresh, list(self.sent)

    def send(self, count: int) -> list[Message]:
        """So many messages on their way to us; without a connection they do not arrive."""
        out = [self.waiting.popleft() for _ in range(min(count, len(self.waiting)))]
        for message in out:
            self._packet_id = self._packet_id % 65_535 + 1
            message.packet_id = self._packet_id
            self._order.append(message.packet_id)
        self.sent += out
        return out if self.up else []

    def acknowledge(self, connection: int, packet_ids: Sequence[int]) -> None:
        if connection != self.connection or not self.up:
            return
        for packet_id in packet_ids:
            assert packet_id == self._order.popleft(), "not in the order of receipt"
            [done] = [message for message in self.sent if message.packet_id == packet_id]
            self.sent.remove(done)
            self.acknowledged.append(done.number)

    def forget(self) -> None:
        """Lose the session and all that is in it, and count packet ids anew."""
        self.forgotten |= {message.number for message in (*self.waiting, *self.sent)}
        self.waiting.clear()
        self.sent.clear()
        self.up, self.fresh = False, True
        self._packet_id = 0


class NothingIsLost(RuleBasedStateMachine):
    """Published, delivered, committed, killed, full, forgotten, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.broker = ModelBroker()
        self.store = Shelf()
        self.received: dict[float, int] = {}
        self.now = 1_000.0
        self.start()

    # Our side.

    def start(self) -> None:
        """A new process, with what the store remembers."""
        self.inbox = Inbox()
        self.counts = Counts()
        self.keeper = Keeper(self.store, self, self.counts.stages["commit"])
        frames: list[Frame] = []
        parts = Parts(self.inbox, KINDS, State(KINDS), self.keeper.put, frames.append)
        self.ingest = Ingest(parts, BridgeStatus(), self.counts, clock=lambda: self.now)
        self.ingest.restore(self.store.latest(), self.store.receipts())

    def acknowledge(self, transport: int, connection: int, packet_ids: Sequence[int]) -> None:
        assert transport == 0
        self.broker.acknowledge(connection, packet_ids)

    def settle(self, count: int, size: int) -> None:
        self.inbox.settle(count, size)

    def tell(self, news: Kept) -> None:
        self.inbox.put(news)

    def deliver(self, messages: Sequence[Message], *, dup: bool) -> None:
        raw = []
        for message in messages:
            at = 1_800_000_000 + len(self.received) / 1e6
            self.received[at] = message.number
            raw.append(
                RawMessage(
                    message.topic, message.payload, at, qos=1, dup=dup, packet_id=message.packet_id,
                    connection=self.broker.connection,
                )
            )  # fmt: skip
        self.inbox.deliver(0, raw)

    def step(self) -> None:
        self.now += TICK / 3
        self.inbox.wake()
        self.ingest.step()

    # What may happen.

    @rule(messages=st.lists(MESSAGES, min_size=1, max_size=4), lost=st.sampled_from([None, None, *MOMENTS]))
    def flow(self, messages: list[tuple[str, bytes]], lost: str | None) -> None:
        """Messages all the way, but for the connection, which is lost at some moment."""
        self.connect()
        for topic, payload in messages:
            self.broker.publish(topic, payload or b"%d" % (10_000 + self.broker.published))
        for moment, work in zip(MOMENTS, (lambda: self.send(4), self.take_in, self.commit), strict=True):
            if lost == moment:
                self.broker.up = False
            work()

    @rule(count=st.integers(1, 4))
    def send(self, count: int) -> None:
        self.deliver(self.broker.send(count), dup=False)

    @rule()
    def take_in(self) -> None:
        self.step()

    @rule()
    def commit(self) -> None:
        self.keeper.stop(0.001)

    @rule()
    def connect(self) -> None:
        # What a broker with a new session sends before we could note that it is a new one, if we are killed
        # then, may be taken for what the old session sent: that needs a disk that is full at that moment.
        if self.broker.up or (self.broker.fresh and self.store.room == 0):
            return
        fresh, again = self.broker.connect()
        self.inbox.put(Linked(0, Connection(True, "here", fresh=fresh)))
        if fresh:
            self.store.room = None
            self.step()
            while not self.keeper.stop(0.01):
                pass
        self.deliver(again, dup=True)

    @rule()
    def kill_and_restart(self) -> None:
        self.broker.up = False
        self.start()

    @rule(really=st.sampled_from([False, False, False, True]))
    def broker_forgets(self, really: bool) -> None:  # noqa: FBT001 - drawn
        if really:
            self.broker.forget()

    @rule(room=st.sampled_from([None, None, 0, 1, 2, 3]))
    def disk(self, room: int | None) -> None:
        """It has room for so many commits, or for all of them."""
        self.store.room = room

    # What must hold.

    @property
    def kept(self) -> Counter[int]:
        return Counter(self.received[round(at, 6)] for at in self.store.kept)

    @invariant()
    def what_is_acknowledged_is_kept_once(self) -> None:
        kept = self.kept
        assert set(self.broker.acknowledged) <= set(kept)
        assert [number for number, times in kept.items() if times > 1] == []

    def teardown(self) -> None:
        """After everything is healed, all that was not forgotten by the broker is kept, once."""
        self.store.room = None
        self.connect()
        while self.broker.waiting or self.broker.sent:
            self.send(100)
            self.step()
            self.keeper.stop(1)
        kept = self.kept
        assert [number for number, times in kept.items() if times > 1] == []
        assert set(range(self.broker.published)) - self.broker.forgotten <= set(kept)
        assert self.inbox.depth == 0


TestNothingIsLost = NothingIsLost.TestCase
TestNothingIsLost.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
