"""What is shown of commands: on their way, confirmed by the device's own live word, or why they were not."""

from typing import Annotated

from bridge.commands import SHOW_CONFIRMED_FOR, SHOW_FAILURE_FOR, CommandFailed, CommandSent, CommandTaken
from bridge.state import State
from schemas.catalog import Kinds
from schemas.device import CONFIRM_WITHIN, Device, kind_of
from schemas.message import Value
from schemas.traits import Switch
from tests.bridge.test_state import KINDS, LAMP, Told


def asked(**changes: Value) -> Told:
    """A lamp that is off and dark, and has just been asked for something, which the broker has."""
    told = Told()
    told.lamp(on=False, brightness=0)
    told.state.commanded(CommandSent(LAMP, changes, "ann", "one"), told.now)
    told.state.commanded(CommandTaken("one", LAMP, tuple(changes)), told.now)
    return told


def test_a_command_is_pending_until_the_state_confirms_it() -> None:
    """Another value does not confirm it, the right one does, and an other metric's command stays."""
    told = asked(on=True, brightness=40)
    assert told.commands() == {"on": (True, "pending"), "brightness": (40, "pending")}
    told.lamp(on=False)
    assert told.commands() == {"on": (True, "pending"), "brightness": (40, "pending")}
    told.lamp(on=True)
    assert told.commands() == {"on": (True, "confirmed"), "brightness": (40, "pending")}
    told.lamp(on=True, brightness=40.0)
    assert told.commands() == {"on": (True, "confirmed"), "brightness": (40, "confirmed")}


def test_a_confirmation_is_shown_briefly() -> None:
    """With the device's own word, and then no more."""
    told = asked(on=True)
    change = told.lamp(on=True)
    assert change is not None
    shown = change.device.commands["on"]
    assert ("confirmed", "the device says true", "one") == (shown.status, shown.note, shown.id)
    told.now += SHOW_CONFIRMED_FOR
    assert [LAMP] == [change.device.id for change in told.state.judge_all(told.now)]
    assert told.commands() == {}


def test_a_kept_copy_confirms_nothing() -> None:
    """Only the device's own live word is an answer."""
    told = asked(on=True)
    told.lamp(on=True, retained=True)
    assert told.commands() == {"on": (True, "pending")}


def test_a_command_times_out_and_its_note_vanishes() -> None:
    """Without an answer it is shown as timed out for a while, whatever else the device says, then no more."""
    told = asked(on=True)
    told.now += CONFIRM_WITHIN - 0.1
    assert told.state.judge_all(told.now) == []
    told.now += 0.2
    assert [LAMP] == [change.device.id for change in told.state.judge_all(told.now)]
    note = told.state.devices[LAMP].commands["on"]
    assert (note.status, note.note) == ("timed_out", "no answer within 5 s")
    told.lamp(on=False)
    assert told.commands() == {"on": (True, "timed_out")}
    told.now += SHOW_FAILURE_FOR
    assert [LAMP] == [change.device.id for change in told.state.judge_all(told.now)]
    assert told.commands() == {}


def test_a_late_answer_is_shown_as_one() -> None:
    """It is confirmed after all, and says that it was late."""
    told = asked(on=True)
    told.now += CONFIRM_WITHIN + 2
    told.state.judge_all(told.now)
    told.lamp(on=True)
    note = told.state.devices[LAMP].commands["on"]
    assert (note.status, note.note) == ("confirmed", "late, after 7 s: the device says true")


def test_a_kind_says_how_long_its_commands_may_take() -> None:
    """A device that sleeps is waited for."""

    class Valve(Device, topic="valve/{device}", confirm_within=3600):
        open: Annotated[bool, Switch(command="valve/{device}/set")]

    kinds = Kinds()
    kinds.add(kind_of(Valve))
    told = Told(kinds=kinds)
    told.say("valve/a", {"open": False})
    told.state.commanded(CommandSent("valve.a", {"open": True}, "ann"), told.now)
    told.now += 3599
    told.state.judge_all(told.now)
    assert told.commands("valve.a") == {"open": (True, "pending")}
    told.now += 1
    told.state.judge_all(told.now)
    assert told.commands("valve.a") == {"open": (True, "timed_out")}


def test_a_command_that_was_not_sent() -> None:
    """It is shown with the reason, for a while."""
    told = asked(on=True)
    change = told.state.commanded(CommandFailed(LAMP, {"on": True}, "ann", "gone", "one"), told.now)
    assert change is not None
    note = told.state.devices[LAMP].commands["on"]
    assert (note.status, note.note, note.by, change.metrics) == ("not_sent", "gone", "ann", ("on",))
    told.now += SHOW_FAILURE_FOR
    told.state.judge_all(told.now)
    assert told.commands() == {}


def test_a_refused_command_is_shown_where_the_kind_has_the_metric() -> None:
    """And hides none that is on its way."""
    told = asked(on=True)
    refused = CommandFailed(LAMP, {"on": 1, "brightness": 101, "speed": 1}, "bob", "no", ended="refused")
    told.state.commanded(refused, told.now)
    assert told.commands() == {"on": (True, "pending"), "brightness": (101, "refused")}


def test_a_command_that_the_broker_refuses() -> None:
    """It is shown at once, with the broker's reason; that the broker has a command changes nothing."""
    told = asked(on=True)
    assert told.state.commanded(CommandTaken("one", LAMP, ("on",)), told.now) is None
    change = told.state.commanded(CommandTaken("one", LAMP, ("on",), "Not authorized"), told.now)
    assert change is not None
    shown = change.device.commands["on"]
    assert ("refused", "Not authorized") == (shown.status, shown.note)


def test_a_change_names_only_metrics_that_are_there() -> None:
    """A device may be asked for what it has not said yet: that is shown, and is no value of its."""
    told = Told()
    told.lamp(on=False)
    change = told.state.commanded(CommandSent(LAMP, {"on": True, "color": "#000000"}, "ann"), told.now)
    assert change is not None
    assert ("on",) == change.metrics
    assert told.commands() == {"on": (True, "pending"), "color": ("#000000", "pending")}


def test_a_new_command_replaces_the_last() -> None:
    """The last wish counts, with a time of its own."""
    told = asked(brightness=40)
    told.now += CONFIRM_WITHIN - 1
    told.state.commanded(CommandSent(LAMP, {"brightness": 60}, "bob"), told.now)
    told.lamp(on=False, brightness=40)
    assert told.commands() == {"brightness": (60, "pending")}
    told.now += 2
    assert told.state.judge_all(told.now) == []
    told.lamp(on=False, brightness=60)
    assert told.commands() == {"brightness": (60, "confirmed")}


def test_a_command_for_nobody() -> None:
    """A note about a device that is not known changes nothing."""
    state = State(KINDS)
    assert state.commanded(CommandSent("lamp.nobody", {"on": True}, "ann"), 1.0) is None
    assert state.devices == {}
