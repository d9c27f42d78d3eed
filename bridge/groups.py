"""Refused messages as people mend them: by the sort of topic, the reason and the field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bridge.ports import HEAPS, Heap, Sought, Store
from bridge.quarantine import Quarantined, message_of
from schemas.catalog import Kinds
from schemas.decode import decode
from schemas.message import Rejected

SHOWN = 200
"""Groups that are told of, those with the most messages."""
EXCERPT = 4_096
"""Bytes of the newest message's payload that come with a group."""


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that were refused for the same reason at the same field, of devices that speak alike.

    `topic` has a `+` where the kind's topic has a placeholder; `topics` is how many there are of it, `kind`
    is the kind's name or empty. `first` and `last` are Unix seconds. `now` is the code for which the newest
    is refused by the present kinds, empty where it would pass; None where it is not kept whole.
    """

    topic: str
    reason: str
    field: str
    kind: str
    topics: int
    number: int
    first: float
    last: float
    newest: Quarantined
    now: str | None


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups with the most messages first; `more` further ones are not told.

    Where `whole` is False there are more topics than are counted here: those that were silent the longest
    are missing.
    """

    groups: Sequence[Group]
    more: int = 0
    whole: bool = True


def groups_of(store: Store, kinds: Kinds, reason: str | None = None) -> Groups:
    """The groups of what is in quarantine, or of one reason there. May wait for the disk."""
    heaps = store.quarantine_heaps(reason, HEAPS)
    together = sorted(_together(heaps, kinds), key=lambda group: (-group[1].number, -group[1].newest))
    found: list[Group] = []
    for topics, heap, kind in together[:SHOWN]:
        newest = next(iter(store.quarantined(Sought(before=heap.newest + 1, limit=1))), None)
        if newest is None or newest.id != heap.newest:
            # It has left meanwhile; whoever follows the quarantine is about to look again.
            continue
        now = judged(newest, kinds)
        cut = replace(newest, payload=newest.payload[:EXCERPT])
        topic, why, field, number, first, last, _ = heap
        found.append(Group(topic, why, field, kind, topics, number, first, last, cut, now))
    return Groups(found, max(0, len(together) - SHOWN), len(heaps) < HEAPS)


def judged(entry: Quarantined, kinds: Kinds) -> str | None:
    """What the present kinds say of it: the code of a refusal, "" where it would pass, None if it is cut."""
    if entry.size > len(entry.payload):
        return None
    outcome = decode(message_of(entry), kinds)
    return outcome.code if isinstance(outcome, Rejected) else ""


def sort_of_topic(topic: str, kinds: Kinds) -> tuple[str, str]:
    """The topic with `+` for each placeholder of the kind that claims it, and that kind's name, if any."""
    claim = kinds.claim(topic)
    if claim is None:
        return topic, ""
    pattern = claim.kind.availability if claim.role == "availability" else claim.kind.topic
    known = pattern is not None and claim.role != "command"
    return (pattern.subscription if known and pattern is not None else topic), claim.kind.name


def _together(heaps: Iterable[Heap], kinds: Kinds) -> Iterable[tuple[int, Heap, str]]:
    """How many topics, the heap that they are together, and whose they are."""
    found: dict[tuple[str, str, str], tuple[int, Heap, str]] = {}
    for heap in heaps:
        topic, kind = sort_of_topic(heap.topic, kinds)
        key = (topic, heap.reason, heap.field)
        if key not in found:
            found[key] = (1, heap._replace(topic=topic), kind)
            continue
        topics, sum_, _ = found[key]
        found[key] = (
            topics + 1,
            Heap(
                *key,
                sum_.number + heap.number,
                min(sum_.first, heap.first),
                max(sum_.last, heap.last),
                max(sum_.newest, heap.newest),
            ),
            kind,
        )
    return found.values()
