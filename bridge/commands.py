"""Commands to devices: checked against the kind, sent, and shown as pending until the state confirms them."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from bridge.errors import CommandRefused, NotConnected
from schemas.catalog import Kinds
from schemas.command import InvalidCommand, encode_command
from schemas.message import Value

log = logging.getLogger(__name__)

CONFIRM_WITHIN = 5.0
"""Seconds a device has to show the commanded value in its own state."""
SHOW_FAILURE_FOR = 8.0
"""Seconds that a command without an answer stays on the card."""

CommandStatus: TypeAlias = Literal["pending", "timed_out", "failed"]


@dataclass(frozen=True, slots=True)
class CommandState:
    """A command on its way for one metric. `until` is on the monotonic clock, in seconds."""

    value: Value
    status: CommandStatus
    by: str
    until: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class CommandSent:
    """For the state: these values were just asked of the device."""

    device_id: str
    changes: Mapping[str, Value]
    by: str


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """For the state: they could not be sent after all."""

    device_id: str
    changes: Mapping[str, Value]
    by: str
    note: str


class Publish(Protocol):
    """Sends one message towards the device of this id; raises `NotConnected`."""

    def __call__(self, device_id: str, topic: str, payload: bytes) -> None: ...


class Commands:
    """Takes a person's or a program's wish and sends it. Thread-safe; keeps nothing itself."""

    def __init__(
        self, kinds: Kinds, publish: Publish, note: Callable[[CommandSent | CommandFailed], object]
    ) -> None:
        self._kinds = kinds
        self._publish = publish
        self._note = note

    def send(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> None:
        """Ask the device for `changes` (metric to value) in the name of `by`.

        Raises `CommandRefused` if the kind does not take them, `NotConnected` if the broker is away.
        """
        kind = self._kinds.get(device_id.partition(".")[0])
        if kind is None:
            raise CommandRefused(f"{device_id}: no known kind, so nothing can be commanded")
        try:
            messages = encode_command(kind, device_id, changes)
        except InvalidCommand as error:
            raise CommandRefused(str(error)) from None
        if not messages:
            raise CommandRefused(f"{device_id}: nothing is asked of it; name a metric and its value")
        # Noted before it is sent: a quick device answers before we would get to it.
        self._note(CommandSent(device_id, changes, by))
        try:
            for topic, payload in messages:
                self._publish(device_id, topic, payload)
        except NotConnected as error:
            self._note(CommandFailed(device_id, changes, by, str(error)))
            raise
        log.info("command %s %s by %s", device_id, dict(changes), by)


def confirms(command: CommandState, value: Value) -> bool:
    """Whether a device's own value is what was asked of it."""
    wanted = command.value
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    if isinstance(wanted, int | float) and isinstance(value, int | float):
        return math.isclose(wanted, value, rel_tol=1e-6, abs_tol=1e-6)
    return wanted == value
