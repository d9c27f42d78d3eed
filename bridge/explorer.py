"""The topics as a person explores them: looked at, published on, and made into a first model of a kind."""

import logging
from collections.abc import Callable, Sequence

from bridge.errors import CommandRefused
from bridge.inbox import Published
from bridge.ports import Store, Transport
from bridge.topic_levels import TopicEntry, TopicLevel
from bridge.topics import Topics
from schemas.catalog import Kinds
from schemas.decode import MAX_PAYLOAD
from schemas.message import RawMessage
from schemas.picture import glimpse_of
from schemas.suggest import Suggestion, Unsuitable, siblings, suggest
from schemas.topics import MAX_TOPIC_BYTES

log = logging.getLogger(__name__)

SAMPLES = 50
"""Messages of one device or topic that are given at most."""
SIBLINGS = 200
"""Topics that are compared with one, for a model of all that are alike."""


class Explorer:
    """See `Bridge` for what each does. All may be called from any thread."""

    def __init__(
        self,
        topics: Topics,
        kinds: Kinds,
        store: Store,
        transports: Sequence[Transport],
        note: Callable[[Published], object],
    ) -> None:
        self._topics = topics
        self._kinds = kinds
        self._store = store
        self._transports = transports
        self._note = note

    def level(self, prefix: str, limit: int) -> TopicLevel:
        return self._topics.levels().below(prefix, limit)

    def entry(self, topic: str) -> TopicEntry | None:
        return self._topics.entry(topic)

    def find(self, text: str, limit: int) -> Sequence[TopicEntry]:
        return self._topics.levels().find(text, limit)

    def publish(self, topic: str, payload: bytes, qos: int, by: str, *, retain: bool) -> None:
        check_publishable(topic, payload, qos)
        self._transports[0].publish(topic, payload, qos=qos, retain=retain)
        if retain:
            self._note(Published(topic, retained=bool(payload)))
        kept = "" if not retain else ", to be retained" if payload else ", clearing what is retained"
        log.info("published %d bytes on %r at QoS %d%s, by %s", len(payload), topic, qos, kept, by)

    def samples(self, device_id: str, limit: int) -> Sequence[RawMessage]:
        heard = [raw for entry in self._topics.of_device(device_id) for raw in _whole(entry)]
        # What the readings do not hold wholly is in the store; the newest of it may be in both.
        stored = self._store.unread(device_id, limit=SAMPLES)
        newest = {raw.received_at: raw for raw in (*stored, *heard)}
        ordered = sorted(newest.values(), key=lambda raw: raw.received_at, reverse=True)
        return ordered[: max(0, min(limit, SAMPLES))]

    def suggestion(self, topic: str) -> Suggestion:
        claim = self._kinds.claim(topic)
        if claim is not None:
            raise CommandRefused(f"the kind {claim.kind.name} claims {topic} already")
        begun = {topic: self._begun(topic)}
        near: dict[str, Sequence[RawMessage]] = {topic: self._said(topic)}
        if not near[topic] and not begun[topic]:
            raise LookupError(f"no message on {topic} is at hand; wait until there is one")
        levels = topic.count("/")
        for other in self._topics.unclaimed():
            if len(near) > SIBLINGS:
                break
            if other.count("/") == levels and other not in near and _differ_in_one(topic, other):
                near[other], begun[other] = self._said(other), self._begun(other)
        alike = siblings(topic, {other: [*said, *begun[other]] for other, said in near.items()})
        messages = [raw for other in alike for raw in near[other]]
        try:
            return suggest(messages, self._kinds, [raw for other in alike for raw in begun[other]])
        except Unsuitable as error:
            raise CommandRefused(str(error)) from None

    def _said(self, topic: str) -> Sequence[RawMessage]:
        """The last messages of a topic, as far as they are held whole, newest first."""
        entry = self._topics.entry(topic)
        return [] if entry is None else _whole(entry)

    def _begun(self, topic: str) -> Sequence[RawMessage]:
        """Those of its last messages that are pictures, of which only the beginning is held."""
        entry = self._topics.entry(topic)
        said = () if entry is None else entry.recent
        return [
            RawMessage(topic, message.payload, message.received_at, message.retained, message.qos)
            for message in said
            if message.size > len(message.payload)
            and message.outcome == "unclaimed"
            and glimpse_of(message.payload) is not None
        ]


def check_publishable(topic: str, payload: bytes, qos: int) -> None:
    """Raise `CommandRefused` for what no broker would take, or takes and never hands on."""
    why = _refusal(topic)
    if why:
        raise CommandRefused(why)
    if len(payload) > MAX_PAYLOAD:
        raise CommandRefused(f"the payload has {len(payload):,} bytes, at most {MAX_PAYLOAD:,} are taken")
    if qos not in (0, 1, 2):
        raise CommandRefused(f"QoS is 0, 1 or 2, not {qos}")


def _refusal(topic: str) -> str:
    if not topic:
        return "the topic is empty; write one such as fleet/plug/kitchen/set"
    if "+" in topic or "#" in topic:
        return f"{topic[:200]!r} stands for many topics, by its + or #; name the one that is meant"
    if topic.startswith("$"):
        return f"{topic[:200]!r} is the broker's own; take the $ from its beginning"
    if "\0" in topic:
        return f"{topic[:200]!r} holds a NUL character; take it out"
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        return f"{topic[:200]!r} is no text that can be sent; take out what is no character"
    if size > MAX_TOPIC_BYTES:
        return f"the topic has {size:,} bytes; shorten it to {MAX_TOPIC_BYTES:,}"
    return ""


def _whole(entry: TopicEntry) -> list[RawMessage]:
    return [
        RawMessage(entry.topic, message.payload, message.received_at, message.retained, message.qos)
        for message in entry.recent
        if len(message.payload) == message.size and message.size
    ]


def _differ_in_one(one: str, two: str) -> bool:
    pairs = zip(one.split("/"), two.split("/"), strict=True)
    return sum(mine != theirs for mine, theirs in pairs) == 1
