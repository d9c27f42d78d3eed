"""What dashboards ask of a bridge in another process, and its answers and refusals, as bytes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from typing import Any, Final

from bridge import errors
from bridge.bus.codec import pack, reading, unpack
from bridge.commands import CommandRecord
from bridge.errors import FleetglassError
from bridge.groups import Group, Groups
from bridge.ports import Heard, History, Point, QuarantineCounts, Sought, StoreFacts
from bridge.quarantine import Quarantined
from bridge.replay import Replayed
from bridge.topic_levels import TopicBranch, TopicEntry, TopicLevel, TopicMessage
from schemas.message import RawMessage
from schemas.picture import Picture
from schemas.suggest import Suggestion

PAYLOAD = 65_536
"""Bytes of a refused message's payload that are carried; its size tells the whole."""

ERRORS: Final[Mapping[str, type[Exception]]] = {
    "LookupError": LookupError,
    **{
        name: what
        for name, what in vars(errors).items()
        if isinstance(what, type) and issubclass(what, FleetglassError)
    },
}
"""Errors that travel by name and are raised on the other side as themselves."""


def pack_request(method: str, arguments: Sequence[object]) -> bytes:
    """What is asked. A `Sought` is an argument like any other."""
    plain = [astuple(each) if isinstance(each, Sought) else each for each in arguments]
    return pack((method, [dict(each) if isinstance(each, Mapping) else each for each in plain]))


def unpack_request(data: bytes) -> tuple[str, tuple[Any, ...]]:
    """Raises `BusVersion`."""
    plain = unpack(data)

    def read() -> tuple[str, tuple[Any, ...]]:
        method, arguments = plain
        if method not in ANSWERS:
            raise ValueError(f"nobody knows how to {method!r}")
        return method, (Sought(*arguments[0]),) if method == "quarantined" else tuple(arguments)

    return reading(read)


def pack_answer(method: str, answer: object) -> bytes:
    """The answer to what was asked."""
    return pack((True, ANSWERS[method][0](answer)))


def pack_refusal(error: BaseException) -> bytes:
    """An error, by its name; one that nobody need know is a fault of the bridge."""
    for what in type(error).__mro__:
        if ERRORS.get(what.__name__) is what:
            text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
            return pack((False, (what.__name__, text)))
    return pack((False, ("FleetglassError", f"the bridge failed: {type(error).__name__}: {error}")))


def unpack_answer(method: str, data: bytes) -> object:
    """The answer; raises the error that it is, or `BusVersion`."""
    plain = unpack(data)

    def read() -> tuple[bool, object]:
        fine, what = plain
        if fine:
            return True, ANSWERS[method][1](what)
        name, text = what
        return False, ERRORS.get(name, FleetglassError)(text)

    fine, answer = reading(read)
    if isinstance(answer, Exception) and not fine:
        raise answer
    return answer


def _of_quarantined(found: Sequence[Quarantined]) -> list[tuple[object, ...]]:
    return [
        (q.id, q.time, q.topic, q.reason, q.detail, q.payload[:PAYLOAD], q.size, q.field, q.retained, q.qos)
        for q in found
    ]


def _of_groups(found: Groups) -> tuple[object, ...]:
    names = [each.name for each in fields(Group) if each.name != "newest"]
    told = [(*(getattr(g, name) for name in names), *_of_quarantined([g.newest])) for g in found.groups]
    return told, found.more, found.whole


def _groups(plain: Any) -> Groups:  # noqa: ANN401
    groups, more, whole = plain
    made: list[Group] = []
    for topic, reason, field, kind, topics, number, first, last, now, newest in groups:
        entry = Quarantined(*newest)
        made.append(Group(topic, reason, field, kind, topics, number, first, last, entry, now))
    return Groups(made, more, whole)


def _history(plain: Any) -> tuple[str, History]:  # noqa: ANN401
    unit, points, step, others = plain
    return unit, History([Point(*point) for point in points], step, others)


def _entry(plain: Any) -> TopicEntry:  # noqa: ANN401
    topic, total, rate, retained, role, device_id, last, recent = plain
    messages = tuple(TopicMessage(*each) for each in recent)
    return TopicEntry(topic, total, rate, retained, role, device_id, TopicMessage(*last), messages)


def _maybe_entry(plain: Any) -> TopicEntry | None:  # noqa: ANN401
    return None if plain is None else _entry(plain)


def _of_level(level: TopicLevel) -> tuple[object, ...]:
    branches = [tuple(getattr(branch, each.name) for each in fields(branch)) for branch in level.branches]
    return level.prefix, branches, level.more, level.entry, level.topics, level.known, level.forgotten


def _level(plain: Any) -> TopicLevel:  # noqa: ANN401
    prefix, branches, more, entry, *counts = plain
    made = tuple(TopicBranch(*about, entry=_maybe_entry(own)) for *about, own in branches)  # type: ignore[misc]
    return TopicLevel(prefix, made, more, _maybe_entry(entry), *counts)


ANSWERS: Final[Mapping[str, tuple[Callable[[Any], object], Callable[[Any], object]]]] = {
    "command": (lambda a: a, lambda plain: plain),
    "commanded": (
        lambda a: [each._replace(changes=dict(each.changes)) for each in a],
        lambda plain: [CommandRecord(*each) for each in plain],
    ),
    "relabel": (lambda _: None, lambda _: None),
    "retire": (lambda _: None, lambda _: None),
    "forget": (lambda _: None, lambda _: None),
    "heard": (lambda a: [tuple(each) for each in a], lambda plain: [Heard(*each) for each in plain]),
    "history": (lambda a: (a[0], list(a[1].points), a[1].step, list(a[1].other_units)), _history),
    "quarantined": (_of_quarantined, lambda plain: [Quarantined(*each) for each in plain]),
    "quarantine_groups": (_of_groups, _groups),
    "quarantine_counts": (
        lambda a: (a.kept, a.size, a.removed, dict(a.reasons)),
        lambda plain: QuarantineCounts(*plain),
    ),
    "replay": (
        lambda a: (a.tried, a.passed, dict(a.still_refused), a.cut),
        lambda plain: Replayed(*plain),
    ),
    "picture": (
        lambda found: found and tuple(found),
        lambda plain: None if plain is None else Picture(*plain),
    ),
    "facts": (astuple, lambda plain: StoreFacts(*plain)),
    "topics": (_of_level, _level),
    "topic": (lambda entry: entry, _maybe_entry),
    "find_topics": (list, lambda plain: [_entry(each) for each in plain]),
    "publish": (lambda _: None, lambda _: None),
    "samples": (
        lambda found: [raw[:5] for raw in found if len(raw.payload) <= PAYLOAD],
        lambda plain: [RawMessage(*each) for each in plain],
    ),
    "suggestion": (astuple, lambda plain: Suggestion(*plain)),
}
"""For each thing that can be asked: its answer as a plain value, and back."""
