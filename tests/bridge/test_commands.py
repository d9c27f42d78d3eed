"""Commands: refused by the kind, sent once, and noted for the state."""

import pytest

from bridge.commands import CommandFailed, Commands, CommandSent, CommandState, confirms
from bridge.errors import CommandRefused, NotConnected
from schemas.catalog import shipped_kinds
from schemas.message import Value

LAMP = "lamp.desk"


class Line:
    """What was sent and noted, in order; `away` makes sending fail."""

    def __init__(self, *, away: bool = False) -> None:
        self.log: list[object] = []
        self._away = away
        self.commands = Commands(shipped_kinds(), self.publish, self.log.append)

    def publish(self, device_id: str, topic: str, payload: bytes) -> None:
        if self._away:
            raise NotConnected("gone")
        self.log.append((device_id, topic, payload))


def test_noted_before_it_is_sent() -> None:
    """A quick device cannot answer before the command is known; the fields of one topic go together."""
    line = Line()
    line.commands.send(LAMP, {"on": True, "brightness": 40}, by="ann")
    sent = CommandSent(LAMP, {"on": True, "brightness": 40}, "ann")
    assert [sent, (LAMP, "fleet/lamp/desk/set", b'{"on":true,"brightness":40}')] == line.log


def test_not_connected_is_noted_and_raised() -> None:
    """Who commands is told, and the card shows it too."""
    line = Line(away=True)
    with pytest.raises(NotConnected, match="gone"):
        line.commands.send(LAMP, {"on": True}, by="ann")
    expected = [CommandSent(LAMP, {"on": True}, "ann"), CommandFailed(LAMP, {"on": True}, "ann", "gone")]
    assert expected == line.log


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
    """What the kind does not take is refused by name; nothing is sent and nothing noted."""
    line = Line()
    with pytest.raises(CommandRefused, match=text):
        line.commands.send(device_id, changes, by="ann")
    assert line.log == []


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
    assert expected is confirms(CommandState(wanted, "pending", "ann", 0.0), value)
