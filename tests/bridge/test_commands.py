"""Commands: refused by the kind, sent once, and noted for the state."""

import math
from collections.abc import Callable
from typing import Annotated

import pytest

from bridge.commands import (
    NAME_KEPT,
    REFUSED_KEPT,
    CommandFailed,
    Commands,
    CommandSent,
    CommandTaken,
    confirms,
)
from bridge.errors import CommandRefused, NotConnected
from schemas.catalog import Kinds, shipped_kinds
from schemas.device import Device, kind_of
from schemas.message import Value
from schemas.traits import Numeric, Switch

LAMP = "lamp.desk"


class Line:
    """What was sent and noted, in order; what goes to a topic of `away` cannot be sent."""

    def __init__(self, kinds: Kinds | None = None, away: str = "-") -> None:
        self.log: list[object] = []
        self.answers: list[Callable[[str], None]] = []
        self._away = away
        self.commands = Commands(kinds or shipped_kinds(), self.publish, self.log.append)

    def publish(self, device_id: str, topic: str, payload: bytes, taken: Callable[[str], None]) -> None:
        if self._away in topic:
            raise NotConnected("gone")
        self.log.append((device_id, topic, payload))
        self.answers.append(taken)


def test_noted_before_it_is_sent() -> None:
    """A quick device cannot answer before the command is known; the fields of one topic go together."""
    line = Line()
    number = line.commands.send(LAMP, {"on": True, "brightness": 40}, by="ann")
    sent = line.log[0]
    assert isinstance(sent, CommandSent)
    assert CommandSent(LAMP, {"on": True, "brightness": 40}, "ann", number, sent.time) == sent
    assert [(LAMP, "fleet/lamp/desk/set", b'{"on":true,"brightness":40}')] == line.log[1:]


def test_every_command_has_an_id_of_its_own() -> None:
    """Also the same one, sent again."""
    line = Line()
    assert 50 == len({line.commands.send(LAMP, {"on": True}, by="ann") for _ in range(50)})


def test_the_brokers_word_is_noted() -> None:
    """That it has the message of these metrics, or why it refused it."""
    line = Line()
    number = line.commands.send(LAMP, {"on": True}, by="ann")
    line.answers[0]("")
    line.answers[0]("Not authorized")
    expected = [CommandTaken(number, LAMP, ("on",)), CommandTaken(number, LAMP, ("on",), "Not authorized")]
    assert expected == line.log[2:]


def test_not_connected_is_noted_and_raised() -> None:
    """Who commands is told, and the card shows it too."""
    line = Line(away="lamp")
    with pytest.raises(NotConnected, match=r"^gone$"):
        line.commands.send(LAMP, {"on": True}, by="ann")
    sent, failed = line.log
    assert isinstance(sent, CommandSent)
    assert isinstance(failed, CommandFailed)
    expected = CommandFailed(LAMP, {"on": True}, "ann", "gone", sent.id, "not_sent", failed.time)
    assert expected == failed


def test_what_was_sent_before_the_broker_went_is_told() -> None:
    """Of a command that takes two messages, only what was not sent is noted as such."""

    class Mixer(Device, topic="mixer/{device}"):
        bass: Annotated[float, Numeric(command="mixer/{device}/tone")]
        on: Annotated[bool, Switch(command="mixer/{device}/switch")]
        treble: Annotated[float, Numeric(command="mixer/{device}/tone")]

    kinds = Kinds()
    kinds.add(kind_of(Mixer))
    line = Line(kinds, away="switch")
    with pytest.raises(NotConnected, match=r"^bass, treble was sent, the rest was not: gone$"):
        line.commands.send("mixer.a", {"bass": 1, "on": True, "treble": 2}, by="ann")
    failed = line.log[-1]
    assert isinstance(failed, CommandFailed)
    assert {"on": True} == failed.changes


@pytest.mark.parametrize(
    ("device_id", "changes", "text"),
    [
        ("topic.shelf%2Fodd", {"a": 1}, "no known kind"),
        ("lamp", {"on": True}, '"lamp" is not the id of a lamp'),
        (LAMP, {"speed": 1}, "lamp has no such metric"),
        (LAMP, {"brightness": 101}, "brightness: expected .*, got 101"),
        (LAMP, {"on": 1}, "on: expected .*, got 1"),
        ("contact.door", {"open": True}, "can only be read"),
        (LAMP, {}, "nothing is asked"),
    ],
)
def test_refused(device_id: str, changes: dict[str, Value], text: str) -> None:
    """What the kind does not take is refused by name; nothing is sent, and that is noted."""
    line = Line()
    with pytest.raises(CommandRefused, match=text) as refused:
        line.commands.send(device_id, changes, by="ann")
    (failed,) = line.log
    assert isinstance(failed, CommandFailed)
    assert (changes, "refused", str(refused.value)) == (failed.changes, failed.ended, failed.note)


def test_what_is_kept_of_a_refused_command_is_bounded() -> None:
    """Nobody has checked it: names, texts and numbers of any size, as many as anybody likes."""
    line = Line()
    changes: dict[str, Value] = {"x" * 9_999: "y" * 9_999, "n": 10**400, "nan": math.nan}
    changes |= {f"m{n}": n for n in range(9_999)}
    with pytest.raises(CommandRefused):
        line.commands.send(LAMP, changes, by="ann" * 999)
    (failed,) = line.log
    assert isinstance(failed, CommandFailed)
    assert REFUSED_KEPT == len(failed.changes)
    assert all(len(str(part)) <= NAME_KEPT for pair in failed.changes.items() for part in pair)
    assert ("NaN", NAME_KEPT) == (failed.changes["nan"], len(failed.by))


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [
        (True, True, True),
        (True, False, False),
        (True, 1, False),
        (1, True, False),
        (40, 40.0, True),
        (21.5, 21.5000001, True),
        (21.5, 21.6, False),
        (0, 1e-9, True),
        ("eco", "eco", True),
        ("eco", "frost", False),
        ("1", 1, False),
    ],
)
def test_what_confirms(wanted: Value, value: Value, expected: bool) -> None:  # noqa: FBT001
    """Equal values confirm; numbers may differ by rounding, and a number is no switch."""
    assert expected is confirms(wanted, value)
