"""Every topic that is heard: how often, what came last, and what became of it. Written by ingest alone."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from math import exp
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from bridge.topic_levels import Columns, Levels, TopicEntry, TopicMessage, TopicRole
from schemas.catalog import Kinds
from schemas.message import Announcement, Ignored, Outcome, RawMessage, Readings, Rejected, Unclaimed
from schemas.topics import quote_topic

log = logging.getLogger(__name__)

MAX_TOPICS = 20_000
MAX_BYTES = 64 * 1024 * 1024
"""Of topics and payloads that are held together."""
MAX_PAYLOAD = 4_096
"""Bytes that are held of a payload; its size tells the whole."""
MESSAGES = 5
"""The last messages of a topic that are held."""
MAX_SENT = 100
"""Topics on which we have published and which have not been heard yet, of which is known whether it stays."""
OVER = 10.0
"""Seconds over which a rate is taken: what is older than that weighs less than 1/e."""
LOOK_AGAIN = 1.0
"""Seconds for which the tree of topics serves everybody who looks, before it is made anew."""

Heard: TypeAlias = Mapping[str, Sequence[tuple[RawMessage, Outcome]]]
"""What came together and what became of it, by topic, oldest first."""


_Short: TypeAlias = tuple[RawMessage, Outcome, int]
"""A message with a payload that is cut, what became of it in short, and the whole payload's size."""


class _Held(NamedTuple):
    """A topic as it is held; the rest is made of it for who looks.

    `rate` is that of `at`, monotonic seconds; `recent` is oldest first; `size` counts towards the bound.
    """

    total: int
    rate: float
    at: float
    retained: bool
    role: TopicRole
    device_id: str
    recent: tuple[_Short, ...]
    size: int


# Past the named tuple's own constructor, which costs as much again; one is made for each topic and round.
_new = tuple.__new__
_UNDERSTOOD = Ignored("")
_UNCLAIMED = Unclaimed("", (), structured=True)
_SAID: Final[Mapping[type, Outcome]] = {
    Readings: _UNDERSTOOD,
    Announcement: _UNDERSTOOD,
    Unclaimed: _UNCLAIMED,
}
"""What is remembered of an outcome whose values are of no use here."""


class Topics:
    """The table of topics. `heard` and `published` are called by one thread; all else by any.

    Bounds: `max_topics` topics and `max_bytes`; beyond either, the topic heard longest ago goes, and is
    counted in `forgotten`. Topics that begin with $ are the broker's own and are not held.
    """

    def __init__(
        self,
        kinds: Kinds,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_topics: int = MAX_TOPICS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.forgotten = 0
        self._kinds = kinds
        self._clock = clock
        self._max_topics = max_topics
        self._max_bytes = max_bytes
        # Heard longest ago first. Kept apart, so that who looks a topic up never finds it on the move.
        self._order: OrderedDict[str, None] = OrderedDict()
        self._held: dict[str, _Held] = {}
        self._sent: dict[str, bool] = {}
        self._size = 0
        self._levels: Levels | None = None
        self._made_at = 0.0
        self._lock: Final = threading.Lock()

    def heard(self, heard: Heard, now: float) -> None:
        """Take in what came together, at monotonic time `now`."""
        for topic, messages in heard.items():
            if topic[:1] != "$":
                self._put(topic, messages, now)
        while len(self._held) > self._max_topics or (self._size > self._max_bytes and len(self._held) > 1):
            self._forget()

    def published(self, topic: str, *, retained: bool) -> None:
        """Note whether the broker keeps a message of it, now that we have sent one to be retained."""
        held = self._held.get(topic)
        if held is not None:
            self._held[topic] = held._replace(retained=retained)
            return
        # The broker's copy to us is still on its way, or nobody here listens to the topic.
        self._sent[topic] = retained
        if len(self._sent) > MAX_SENT:
            del self._sent[next(iter(self._sent))]

    def entry(self, topic: str) -> TopicEntry | None:
        """A topic with its last messages, None if it has not been heard."""
        held = self._held.get(topic)
        return None if held is None else _entry(topic, held, self._clock(), recent=True)

    def of_device(self, device_id: str) -> Sequence[TopicEntry]:
        """The topics of a device, with their last messages, in no order."""
        now = self._clock()
        # A list made in one step: the other thread may add to the table meanwhile.
        all_held = list(self._held.items())
        return [
            _entry(topic, held, now, recent=True) for topic, held in all_held if held.device_id == device_id
        ]

    def unclaimed(self) -> Sequence[str]:
        """The topics that no kind claims, in no order."""
        return [topic for topic, held in list(self._held.items()) if held.role == "unclaimed"]

    def levels(self) -> Levels:
        """The tree of all topics as it was at most a second ago. The first to look makes it: some 30 ms."""
        with self._lock:
            now = self._clock()
            if self._levels is None or now - self._made_at >= LOOK_AGAIN:
                # A list made in one step, as above.
                rows = sorted(list(self._held.items()), key=itemgetter(0))  # noqa: C414
                columns = Columns(
                    [topic for topic, _ in rows],
                    [held.total for _, held in rows],
                    [held.rate * exp(min(0.0, held.at - now) / OVER) for _, held in rows],
                    [held.recent[-1][0].received_at for _, held in rows],
                    [held.retained for _, held in rows],
                )
                self._levels = Levels(
                    columns, lambda at: _entry(*rows[at], now, recent=False), self.forgotten
                )
                self._made_at = now
            return self._levels

    def _put(self, topic: str, messages: Sequence[tuple[RawMessage, Outcome]], now: float) -> None:
        before = self._held.get(topic)
        if before is None:
            role, device_id = self._claimed(topic)
            sent = self._sent.pop(topic, False)
            before = _Held(0, 0.0, now, sent, role, device_id, (), len(topic))
            self._order[topic] = None
            self._size += len(topic)
        total, rate, at, retained, role, device_id, recent, old_size = before
        for raw, _ in messages:
            if raw.retained:
                retained = bool(raw.payload)
            elif not raw.payload:
                # The broker hands the empty message that clears on to us like any other.
                retained = False
        count = len(messages)
        if count == 1:
            # As it mostly is; what is held already is then not looked at again.
            short = _short(*messages[0])
            size = old_size + len(short[0].payload)
            if len(recent) == MESSAGES:
                size -= len(recent[0][0].payload)
                recent = (*recent[1:], short)
            else:
                recent = (*recent, short)
        else:
            recent = (*recent, *[_short(raw, outcome) for raw, outcome in messages[-MESSAGES:]])[-MESSAGES:]
            size = len(topic) + sum([len(raw.payload) for raw, _, _ in recent])
        rate = rate * exp((at - now) / OVER) + count / OVER
        self._held[topic] = _new(_Held, (total + count, rate, now, retained, role, device_id, recent, size))
        self._order.move_to_end(topic)
        self._size += size - old_size

    def _claimed(self, topic: str) -> tuple[TopicRole, str]:
        claim = self._kinds.claim(topic)
        if claim is None:
            return "unclaimed", f"topic.{quote_topic(topic)}"
        return claim.role, claim.device_id

    def _forget(self) -> None:
        topic, _ = self._order.popitem(last=False)
        self._size -= self._held.pop(topic).size
        if not self.forgotten:
            log.info("more topics are heard than the explorer shows; those heard longest ago are left out")
        self.forgotten += 1


def _short(raw: RawMessage, outcome: Outcome) -> _Short:
    size = len(raw.payload)
    if size > MAX_PAYLOAD:
        raw = raw._replace(payload=raw.payload[:MAX_PAYLOAD])
    return raw, _SAID.get(outcome.__class__, outcome), size


def _message(short: _Short) -> TopicMessage:
    raw, outcome, size = short
    said, detail = "accepted", ""
    if isinstance(outcome, Rejected):
        said, detail = outcome.code, outcome.detail
    elif outcome is _UNCLAIMED:
        said = "unclaimed"
    elif isinstance(outcome, Ignored) and outcome is not _UNDERSTOOD:
        said, detail = "ignored", outcome.reason
    return TopicMessage(raw.received_at, raw.payload, size, raw.qos, raw.retained, said, detail)


def _entry(topic: str, held: _Held, now: float, *, recent: bool) -> TopicEntry:
    """With the rate of now, as what is silent fades, and with the last messages if they are asked for."""
    return TopicEntry(
        topic,
        held.total,
        held.rate * exp(min(0.0, held.at - now) / OVER),
        held.retained,
        held.role,
        held.device_id,
        _message(held.recent[-1]),
        tuple([_message(short) for short in reversed(held.recent)]) if recent else (),
    )
