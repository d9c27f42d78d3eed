"""What goes in and out of decoding: raw messages, and what each of them turned out to be."""

import dataclasses
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from schemas.picture import Picture

Value: TypeAlias = bool | int | float | str
Provenance: TypeAlias = Literal["live", "retained", "restored"]


class RawMessage(NamedTuple):
    """One message as it came from a transport, before anything is believed of it.

    `received_at` is our own clock at the moment of receipt, in Unix seconds; a transport never gives two
    messages the same. `connection` and `packet_id` are the transport's own marks of a message that waits to
    be acknowledged (`packet_id` 0: none does); `dup` is the broker's word that it may have sent it before.

    A tuple, as its readings and outcomes are, because it is made a hundred thousand times a second where it
    matters.
    """

    topic: str
    payload: bytes
    received_at: float
    retained: bool = False
    qos: int = 0
    dup: bool = False
    packet_id: int = 0
    connection: int = 0


class Reading(NamedTuple):
    """One value of one metric. `extra` marks a field that the kind does not declare."""

    metric: str
    value: Value
    unit: str = ""
    extra: bool = False


class Readings(NamedTuple):
    """A valid state message of a known kind. `device_time` is Unix seconds, or None if not given.

    `sequence` is the device's own number of the message, if it gives one. `whole` is False where the readings
    do not hold all that the message said, because something of it was too long or too much. `pictures` are
    those of its metrics, whose readings only tell of them.
    """

    device_id: str
    kind: str
    readings: tuple[Reading, ...]
    device_time: float | None = None
    name: str | None = None
    place: str | None = None
    sequence: int | None = None
    whole: bool = True
    pictures: tuple[tuple[str, Picture], ...] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """A device (or its last will) said that it is online or offline."""

    device_id: str
    kind: str
    online: bool


class Unclaimed(NamedTuple):
    """A message that no kind claims. `structured` is False where only the raw payload can be shown.

    `whole` and `pictures` are as in `Readings`.
    """

    device_id: str
    readings: tuple[Reading, ...]
    structured: bool
    whole: bool = True
    pictures: tuple[tuple[str, Picture], ...] = ()


class Mistake(NamedTuple):
    """One thing that is wrong with a message: where, what was expected there, and what came.

    `path` leads into the JSON, empty for the message as a whole; `at` is a byte of the payload instead, where
    it can be read no further, and `why` the parser's words for it. `missing`: there is nothing at `path`.
    `own`: `expected` is a whole statement in the words of the kind.
    """

    path: tuple[str | int, ...]
    expected: str
    came: str
    at: int | None = None
    missing: bool = False
    own: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that does not validate: a short code, the field, and a sentence with expected and got.

    `mistakes` says the same in parts, for the first of them, as far as it is a matter of what stands where.
    """

    code: str
    detail: str
    field: str = ""
    mistakes: tuple[Mistake, ...] = dataclasses.field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that is understood and carries no state, such as a command to a device."""

    reason: str


Outcome: TypeAlias = Readings | Announcement | Unclaimed | Rejected | Ignored
