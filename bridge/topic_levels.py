"""The tree of topics, one level at a time. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple, TypeAlias

LISTED = 500
"""Branches and topics in one answer at most."""
LEVELS = 100
"""Levels that are remembered for whoever looks next."""
SHORT = 256
"""Bytes of the last payload where many topics are listed."""


TopicRole: TypeAlias = Literal["state", "availability", "command", "image", "unclaimed"]
"""What a topic is to the kinds: a state, an availability, what asks a device for something, or nothing."""


class TopicMessage(NamedTuple):
    """One message. `outcome` is "accepted", "unclaimed", "ignored" or the code of a refusal, with `detail`.

    `received_at` is in Unix seconds; `payload` is cut, `size` is that of the whole in bytes.
    """

    received_at: float
    payload: bytes
    size: int
    qos: int
    retained: bool
    outcome: str
    detail: str = ""


class TopicEntry(NamedTuple):
    """One topic: `total` messages since the start, `rate` in messages a second over the last 10 seconds.

    `retained`: the broker keeps a message of it, as far as we know: one came as retained, or was published
    so by us, and no empty one has come since. `device_id` is whose it is; for an availability topic that
    lacks one of the placeholders, only the kind's name. `recent` are the last messages, newest first; where
    many topics are listed it is empty, and the last payload is cut short.
    """

    topic: str
    total: int
    rate: float
    retained: bool
    role: TopicRole
    device_id: str
    last: TopicMessage
    recent: tuple[TopicMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicBranch:
    """A name on a level. `topics`, `total`, `rate`, `last_at` and `retained` are of all below and of itself.

    `path` is the topic down to here; what lies below is asked for with it. `entry` is set where that is a
    topic itself. `last_at` (Unix seconds) is of the newest message; `retained`: the broker keeps a message
    of at least one of them.
    """

    name: str
    path: str
    topics: int
    total: int
    rate: float
    last_at: float
    retained: bool
    entry: TopicEntry | None = None


@dataclass(frozen=True, slots=True)
class TopicLevel:
    """What lies below `prefix`, which is empty or ends with a slash: its branches, by name.

    `entry` is the topic that the prefix names itself, if it has been heard. `more` branches were left out
    for want of room. `topics` are those below; `known` those of the whole tree, and `forgotten` how many
    have gone from it because there were too many.
    """

    prefix: str
    branches: tuple[TopicBranch, ...] = ()
    more: int = 0
    entry: TopicEntry | None = None
    topics: int = 0
    known: int = 0
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class Columns:
    """All topics, sorted, and what is added up of them: columns, which are summed quicker than rows."""

    topics: Sequence[str]
    totals: Sequence[int]
    rates: Sequence[float]
    times: Sequence[float]
    retained: Sequence[bool]


class Levels:
    """All topics at one moment. A level costs what it shows, a search a look at every name.

    `entry_at` makes the entry of a position; `forgotten` topics are not there any more.
    """

    def __init__(self, columns: Columns, entry_at: Callable[[int], TopicEntry], forgotten: int = 0) -> None:
        self._columns = columns
        self._topics = columns.topics
        self._entry_at = entry_at
        self._forgotten = forgotten
        self._made: dict[tuple[str, int], TopicLevel] = {}

    def below(self, prefix: str = "", limit: int = LISTED) -> TopicLevel:
        """The level below a prefix, with at most so many branches. A slash at its end may be left out."""
        if prefix and not prefix.endswith("/"):
            prefix += "/"
        limit = max(0, min(limit, LISTED))
        level = self._made.get((prefix, limit))
        if level is None:
            level = self._level(prefix, limit)
            if len(self._made) < LEVELS:
                self._made[prefix, limit] = level
        return level

    def find(self, text: str, limit: int = 100) -> Sequence[TopicEntry]:
        """Topics that hold a text, upper and lower case alike, by name."""
        sought, limit = text.casefold(), max(0, min(limit, LISTED))
        found = (at for at, topic in enumerate(self._topics) if sought in topic.casefold())
        return [listed(self._entry_at(at)) for at in islice(found, limit)]

    def _level(self, prefix: str, limit: int) -> TopicLevel:
        topics, start = self._topics, len(prefix)
        first, end = self._range(prefix)
        own: dict[str, int] = {}
        ranges: dict[str, tuple[int, int]] = {}
        at = first
        while at < end:
            topic = topics[at]
            slash = topic.find("/", start)
            if slash < 0:
                own[topic[start:]] = at
                at += 1
            else:
                name = topic[start:slash]
                at, last = self._range(topic[: slash + 1], at, end)
                ranges[name] = at, last
                at = last
        # Each of the two is in order already, or nearly, which makes this quick.
        names = sorted([*own, *[name for name in ranges if name not in own]])
        shown = names[:limit]
        return TopicLevel(
            prefix,
            tuple(self._branch(prefix, name, own.get(name), ranges.get(name, (0, 0))) for name in shown),
            len(names) - len(shown),
            self._itself(prefix[:-1]) if prefix else None,
            end - first,
            len(topics),
            self._forgotten,
        )

    def _range(self, prefix: str, low: int = 0, high: int | None = None) -> tuple[int, int]:
        """The positions of all topics that begin with a prefix, which is empty or ends with a slash."""
        high = len(self._topics) if high is None else high
        if not prefix:
            return low, high
        # The character after the slash: what begins with the prefix stands below it.
        return (
            bisect_left(self._topics, prefix, low, high),
            bisect_left(self._topics, prefix[:-1] + "0", low, high),
        )

    def _itself(self, topic: str) -> TopicEntry | None:
        at = bisect_left(self._topics, topic)
        found = at < len(self._topics) and self._topics[at] == topic
        return listed(self._entry_at(at)) if found else None

    def _branch(self, prefix: str, name: str, own: int | None, below: tuple[int, int]) -> TopicBranch:
        columns = self._columns
        parts = [slice(*below)] if own is None else [slice(own, own + 1), slice(*below)]
        return TopicBranch(
            name,
            prefix + name,
            sum(len(self._topics[part]) for part in parts),
            sum(sum(columns.totals[part]) for part in parts),
            sum(sum(columns.rates[part]) for part in parts),
            max(max(columns.times[part], default=0.0) for part in parts),
            any(any(columns.retained[part]) for part in parts),
            None if own is None else listed(self._entry_at(own)),
        )


def listed(entry: TopicEntry) -> TopicEntry:
    """As it stands among many others."""
    last = entry.last
    return entry._replace(last=last._replace(payload=last.payload[:SHORT]), recent=())
