"""What dashboards ask of a bridge in another process, and its answers and refusals, as bytes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final

from bridge import errors
from bridge.bus.codec import pack, reading, unpack
from bridge.commands import CommandRecord
from bridge.errors import FleetglassError
from bridge.ports import Heard, History, Point, QuarantineCounts, Sought, StoreFacts
from bridge.quarantine import Quarantined
from bridge.replay import Replayed

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


def _history(plain: Any) -> tuple[str, History]:  # noqa: ANN401
    unit, points, step, others = plain
    return unit, History([Point(*point) for point in points], step, others)


ANSWERS: Final[Mapping[str, tuple[Callable[[Any], object], Callable[[Any], object]]]] = {
    "command": (lambda a: a, lambda plain: plain),
    "commanded": (
        lambda a: [each._replace(changes=dict(each.changes)) for each in a],
        lambda plain: [CommandRecord(*each) for each in plain],
    ),
    "heard": (lambda a: [tuple(each) for each in a], lambda plain: [Heard(*each) for each in plain]),
    "history": (lambda a: (a[0], list(a[1].points), a[1].step, list(a[1].other_units)), _history),
    "quarantined": (_of_quarantined, lambda plain: [Quarantined(*each) for each in plain]),
    "quarantine_counts": (
        lambda a: (a.kept, a.size, a.removed, dict(a.reasons)),
        lambda plain: QuarantineCounts(*plain),
    ),
    "replay": (
        lambda a: (a.tried, a.passed, dict(a.still_refused), a.cut),
        lambda plain: Replayed(*plain),
    ),
    "facts": (astuple, lambda plain: StoreFacts(*plain)),
}
"""For each thing that can be asked: its answer as a plain value, and back."""
