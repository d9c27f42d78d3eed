"""Whether a device is there, and why we think so. Pure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Availability: TypeAlias = Literal["online", "offline", "stale", "unknown"]


@dataclass(frozen=True, slots=True)
class Presence:
    """An availability with the reason for it, one line."""

    availability: Availability
    reason: str


UNHEARD = Presence("unknown", "not heard yet")
# One object each, because every message is judged.
_KEPT = Presence("unknown", "not heard live yet, only a kept value")
_SAID_OFFLINE = Presence("offline", "said so, or its last will did")
_SAID_ONLINE = Presence("online", "announced itself; no live message yet")
_ANNOUNCED_AND_HEARD = Presence("online", "announced and heard")
_HEARD = Presence("online", "heard")


def judge(  # noqa: PLR0913 - what there is to weigh, all by name
    *,
    announced: bool | None,
    heard: float | None,
    known: bool,
    stale_after: float | None,
    broker_down: str | None,
    now: float,
) -> Presence:
    """Weigh the connection to the broker, the availability topic or last will, and the age, in this order.

    `announced`: what the availability topic last said; `heard`: when it last spoke live; `stale_after`: how
    long it may keep silent (None: for ever); `broker_down`: why the broker is away, if it is; `known`: a
    retained or restored value is there. Times are monotonic seconds. The reason does not name the age, so
    that it changes only with the availability.
    """
    if broker_down is not None:
        return Presence("unknown", f"no connection to the broker: {broker_down}")
    if announced is False:
        return _SAID_OFFLINE
    if heard is None:
        if announced:
            return _SAID_ONLINE
        return _KEPT if known else UNHEARD
    if stale_after is not None and now - heard > stale_after:
        return Presence("stale", f"silent for more than {duration(stale_after)}")
    return _ANNOUNCED_AND_HEARD if announced else _HEARD


def duration(seconds: float) -> str:
    """A length of time in the largest unit that divides it: 90 → "90 s", 300 → "5 min"."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
