"""Commands to devices: checked against the kind, sent, and known by an id until their end is recorded."""

import json
import logging
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias

from bridge.clock import receipt_clock
from bridge.errors import CommandRefused, NotConnected
from schemas.catalog import Kinds
from schemas.command import InvalidCommand, encode_command
from schemas.device import Kind
from schemas.message import Value
from schemas.refusal import one_line, shown

log = logging.getLogger(__name__)

SHOW_CONFIRMED_FOR = 3.0
"""Seconds that a command that was confirmed stays on the card."""
SHOW_FAILURE_FOR = 8.0
"""Seconds that a command without an answer, or that was not sent, stays on the card."""
REFUSED_KEPT = 20
"""Metrics of a refused command that are recorded: nobody has checked how many there are, or what they are."""
NAME_KEPT = 80
"""Characters of the name of who asked, of a refused metric and of a refused text that are recorded."""

CommandStatus: TypeAlias = Literal["pending", "confirmed", "timed_out", "refused", "not_sent"]
CommandEnd: TypeAlias = Literal["pending", "confirmed", "timed_out", "refused", "not_sent", "replaced"]
Unsent: TypeAlias = Literal["refused", "not_sent"]


def new_id() -> str:
    """An id that no other command has: 16 hexadecimal digits."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class CommandState:
    """A command for one metric: on its way, or how it ended a moment ago.

    `until` is on the monotonic clock, in seconds: when it times out, or is shown no longer. `note` is for a
    person, in words; `id` is that of the whole command.
    """

    value: Value
    status: CommandStatus
    by: str
    until: float
    note: str = ""
    id: str = ""


class CommandRecord(NamedTuple):
    """What was asked of a device and how it ended. Times are Unix seconds; `ended_at` is None while pending.

    It has ended as the worst of its metrics has: refused, not sent, timed out, replaced by a newer command,
    confirmed. `note` says by what, in words.
    """

    id: str
    device_id: str
    time: float
    changes: Mapping[str, Value]
    by: str
    ended: CommandEnd = "pending"
    ended_at: float | None = None
    note: str = ""


def note_of(reasons: Mapping[str, str]) -> str:
    """How the metrics of a command ended, in words: the same words once, else each after its metric."""
    if len(set(reasons.values())) == 1:
        return next(iter(reasons.values()))
    return "; ".join(f"{metric}: {why}" for metric, why in reasons.items())


def reasons_in(note: str, metrics: Sequence[str]) -> Mapping[str, str]:
    """What a note of `note_of` says of each of these, in their order; nothing where it is of all alike."""
    found = {}
    rest = note
    for number, metric in enumerate(metrics):
        if not rest.startswith(f"{metric}: "):
            return {}
        rest = rest[len(metric) + 2 :]
        last = number == len(metrics) - 1
        found[metric], parted, rest = (rest, "", "") if last else rest.partition(f"; {metrics[number + 1]}: ")
        if not last and not parted:
            return {}
        rest = parted[2:] + rest
    return found if len(found) > 1 else {}


@dataclass(frozen=True, slots=True)
class CommandSent:
    """For the state: these values are asked of the device, at Unix time `time`."""

    device_id: str
    changes: Mapping[str, Value]
    by: str
    id: str = field(default_factory=new_id)
    time: float = field(default_factory=receipt_clock)


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """For the state: these of the changes were refused, or could not be sent after all."""

    device_id: str
    changes: Mapping[str, Value]
    by: str
    note: str
    id: str = field(default_factory=new_id)
    ended: Unsent = "not_sent"
    time: float = field(default_factory=receipt_clock)


@dataclass(frozen=True, slots=True)
class CommandTaken:
    """For the state: the broker has these metrics' message; or has `refused` it, with the reason in words."""

    id: str
    device_id: str
    metrics: tuple[str, ...]
    refused: str = ""


Note: TypeAlias = CommandSent | CommandFailed | CommandTaken


class Publish(Protocol):
    """Sends one message towards the device of this id; raises `NotConnected`.

    `taken` is called at most once, from any thread: with "" when the broker has it, else why it refused it.
    """

    def __call__(self, device_id: str, topic: str, payload: bytes, taken: Callable[[str], None]) -> None: ...


class Commands:
    """Takes a person's or a program's wish and sends it. Thread-safe; keeps nothing itself."""

    def __init__(self, kinds: Kinds, publish: Publish, note: Callable[[Note], object]) -> None:
        self._kinds = kinds
        self._publish = publish
        self._note = note

    def send(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> str:
        """Ask the device for `changes` (metric to value) in the name of `by`; the id of the command.

        Raises `CommandRefused` if the kind does not take them, `NotConnected` if the broker is away; what
        was asked is recorded then too.
        """
        by = one_line(by, NAME_KEPT)
        kind = self._kinds.get(device_id.partition(".")[0])
        try:
            messages = _encoded(kind, device_id, changes)
        except CommandRefused as error:
            self._note(CommandFailed(device_id, _bounded(changes), by, str(error), ended="refused"))
            raise
        sent = CommandSent(device_id, changes, by)
        # Noted before it is sent: a quick device answers before we would get to it.
        self._note(sent)
        left = list(changes)
        for topic, payload, metrics in messages:
            try:
                self._publish(device_id, topic, payload, self._taken(sent, metrics))
            except NotConnected as error:
                unsent = {name: changes[name] for name in left}
                self._note(CommandFailed(device_id, unsent, by, str(error), sent.id))
                if len(left) < len(changes):
                    before = ", ".join(name for name in changes if name not in left)
                    raise type(error)(f"{before} was sent, the rest was not: {error}") from None
                raise
            left = [name for name in left if name not in metrics]
        log.info("command %s: %s %s by %s", sent.id, device_id, dict(changes), by)
        return sent.id

    def _taken(self, sent: CommandSent, metrics: tuple[str, ...]) -> Callable[[str], None]:
        def taken(refused: str) -> None:
            self._note(CommandTaken(sent.id, sent.device_id, metrics, refused))

        return taken


def confirms(wanted: Value, value: Value) -> bool:
    """Whether a device's own value is what was asked of it."""
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return math.isclose(wanted, value, rel_tol=1e-6, abs_tol=1e-6)
    return wanted == value


def _encoded(
    kind: Kind | None, device_id: str, changes: Mapping[str, Value]
) -> list[tuple[str, bytes, tuple[str, ...]]]:
    """Topic, payload and metrics of each message. Raises `CommandRefused`."""
    if kind is None:
        raise CommandRefused(f"{device_id}: no known kind, so nothing can be commanded")
    if not changes:
        raise CommandRefused(f"{device_id}: nothing is asked of it; name a metric and its value")
    try:
        messages = encode_command(kind, device_id, changes)
    except InvalidCommand as error:
        raise CommandRefused(str(error)) from None
    return [
        (topic, payload, tuple(name for name in changes if kind.metrics[name].key in fields))
        for topic, payload in messages
        for fields in [json.loads(payload)]
    ]


def _bounded(changes: Mapping[str, Value]) -> Mapping[str, Value]:
    """What is recorded of changes that nobody has checked."""
    return {
        one_line(name, NAME_KEPT): _bounded_value(value)
        for name, value in list(changes.items())[:REFUSED_KEPT]
    }


def _bounded_value(value: Value) -> Value:
    if isinstance(value, str):
        return one_line(value, NAME_KEPT)
    fits = abs(value) < 2**63 if isinstance(value, int) else math.isfinite(value)
    return value if fits else shown(value)
