"""How commands end: by the device's own word, by time, by another command, or never having been sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.commands import (
    SHOW_FAILURE_FOR,
    CommandEnd,
    CommandFailed,
    CommandRecord,
    CommandSent,
    CommandTaken,
)
from bridge.ledger import LATE_WITHIN, RECENT, RESTARTED, UNKNOWN, UNSEEN, Ledger
from schemas.message import Value

LAMP = "lamp.a"
AT = 1.8e9
"""Unix seconds at the monotonic time 0."""


class Book:
    """A ledger with a clock that the test moves, and all that it has told, by id."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.now = 0.0
        self.told: dict[str, CommandRecord] = {}

    def ask(self, number: str, changes: dict[str, Value], device: str = LAMP, by: str = "ann") -> None:
        """Something is asked of a device, and the broker has it."""
        sent = CommandSent(device, changes, by, number, AT + self.now)
        self.ledger.asked(sent, 5.0, self.now)
        self.ledger.taken(CommandTaken(number, device, tuple(changes)), self.now)

    def say(self, device: str = LAMP, /, **values: Value) -> None:
        """The device's own word."""
        if device in self.ledger:
            self.ledger.heard(device, values, self.now, AT + self.now)

    def fail(self, number: str, changes: dict[str, Value], ended: str = "not_sent") -> None:
        """These were not sent."""
        failed = CommandFailed(LAMP, changes, "ann", "gone", number, ended, AT + self.now)  # type: ignore[arg-type]
        self.ledger.failed(failed, self.now, tuple(changes))

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds
        self.ledger.pass_time(self.now)

    def end(self, number: str) -> tuple[CommandEnd, float | None, str]:
        """How a command ended, after how many seconds, and by what."""
        self.told.update({record.id: record for record in self.ledger.take()})
        record = self.told[number]
        return record.ended, None if record.ended_at is None else record.ended_at - AT, record.note

    @property
    def shown(self) -> dict[str, str]:
        """What is shown of the lamp."""
        return {name: state.status for name, state in self.ledger.shown(LAMP).items()}


@pytest.fixture
def book() -> Book:
    """One without any command."""
    return Book()


def test_a_command_is_told_when_it_is_asked_and_when_it_ends(book: Book) -> None:
    """As pending, then by the device's word, with the time at which it was received; once each."""
    book.ask("1", {"level": 40})
    assert [CommandRecord("1", LAMP, AT, {"level": 40}, "ann")] == list(book.ledger.take())
    book.now = 2.0
    book.say(level=40.0)
    ended = CommandRecord(
        "1", LAMP, AT, {"level": 40}, "ann", "confirmed", AT + 2, "the device says 40.0"
    )  # fmt: skip
    assert [ended] == list(book.ledger.take())
    assert [] == list(book.ledger.take())
    assert [ended] == list(book.ledger.recent.values())


def test_a_command_of_two_metrics_needs_both(book: Book) -> None:
    """Its end is the worse one of the two, told at the last moment; the note has each of them."""
    book.ask("1", {"on": True, "level": 40})
    book.say(on=True)
    assert ("pending", None, "") == book.end("1")
    book.wait(5)
    told = "on: the device says true; level: no answer within 5 s"
    assert ("timed_out", 5, told) == book.end("1")
    book.ask("2", {"on": False, "level": 30})
    book.now += 1
    book.say(on=False, level=30)
    told = "on: the device says false; level: the device says 30"
    assert ("confirmed", 6, told) == book.end("2")


def test_a_late_answer_confirms_and_says_so(book: Book) -> None:
    """A command that timed out is confirmed after all, within a minute; after that it stays as it is."""
    for number, late, expected in (
        ("1", 7.0, ("confirmed", 12, "late, after 12 s: the device says true")),
        ("2", LATE_WITHIN, ("timed_out", 5, "no answer within 5 s")),
    ):
        book = Book()
        book.ask(number, {"on": True})
        book.wait(5)
        assert ("timed_out", 5, "no answer within 5 s") == book.end(number)
        book.wait(late)
        book.say(on=True)
        assert expected == book.end(number)
        assert LAMP not in book.ledger


def test_a_late_answer_of_one_metric_mends_only_that(book: Book) -> None:
    """The command has timed out when it did."""
    book.ask("1", {"on": True, "level": 40})
    book.wait(5)
    book.wait(1)
    book.say(on=True)
    told = "on: late, after 6 s: the device says true; level: no answer within 5 s"
    assert ("timed_out", 5, told) == book.end("1")


def test_a_newer_command_replaces(book: Book) -> None:
    """The older one ends then, by name; the device's answer to it is none to the newer one."""
    book.ask("1", {"level": 40})
    book.now = 1.0
    book.ask("2", {"level": 60}, by="bob")
    assert ("replaced", 1, "bob asked for 60 before it answered") == book.end("1")
    book.say(level=40)
    assert ("pending", None, "") == book.end("2")
    book.say(level=60)
    assert ("confirmed", 1, "the device says 60") == book.end("2")


def test_replaced_in_part(book: Book) -> None:
    """The other metrics are waited for; then the command is replaced, or timed out, as the worst of them."""
    book.ask("1", {"on": True, "level": 40})
    book.ask("2", {"level": 60})
    assert ("pending", None, "") == book.end("1")
    book.say(on=True)
    assert "replaced" == book.end("1")[0]
    book.ask("3", {"on": False, "level": 40})
    book.ask("4", {"level": 60})
    book.wait(5)
    assert "timed_out" == book.end("3")[0]


def test_what_has_timed_out_is_not_replaced(book: Book) -> None:
    """It has ended, and a late answer is now one to the newer command."""
    book.ask("1", {"on": True})
    book.wait(5)
    book.ask("2", {"on": True})
    book.say(on=True)
    assert ("timed_out", "confirmed") == (book.end("1")[0], book.end("2")[0])


def test_not_sent(book: Book) -> None:
    """Nothing is waited for; of two messages one may have gone out."""
    book.ask("1", {"on": True})
    book.fail("1", {"on": True})
    assert ("not_sent", 0, "gone") == book.end("1")
    assert {"on": "not_sent"} == book.shown
    assert LAMP not in book.ledger
    book.ask("2", {"on": True, "level": 4})
    book.fail("2", {"level": 4})
    assert ("pending", None, "") == book.end("2")
    book.say(on=True)
    assert ("not_sent", 0, "on: the device says true; level: gone") == book.end("2")


def test_refused(book: Book) -> None:
    """A command that was refused before it was sent is a record of its own."""
    book.fail("1", {"on": 1}, "refused")
    assert ("refused", 0, "gone") == book.end("1")
    assert {"on": "refused"} == book.shown
    book.wait(SHOW_FAILURE_FOR)
    assert {} == book.shown


def test_refused_by_the_broker(book: Book) -> None:
    """It ends then, with the broker's reason; a word on a command that has ended changes nothing."""
    book.ask("1", {"on": True})
    book.now = 1.0
    assert book.ledger.taken(CommandTaken("1", LAMP, ("on",), "Not authorized"), book.now)
    assert ("refused", 1, "Not authorized") == book.end("1")
    assert not book.ledger.taken(CommandTaken("1", LAMP, ("on",), "again"), book.now)
    assert ("refused", 1, "Not authorized") == book.end("1")


def test_a_broker_that_says_nothing_is_told(book: Book) -> None:
    """Without its acknowledgement nobody knows whether the command was delivered."""
    book.ledger.asked(CommandSent(LAMP, {"on": True}, "ann", "1", AT), 5.0, 0.0)
    book.wait(5)
    assert ("timed_out", 5, "no answer within 5 s" + UNKNOWN) == book.end("1")


def test_a_broker_that_takes_it_late(book: Book) -> None:
    """What it says after the time-out is recorded too: that it was delivered late, or never will be."""
    for number, refused, expected in (
        ("1", "", ("timed_out", 5, "no answer within 5 s; the broker took it only after 14 s")),
        ("2", "Not authorized", ("refused", 14, "Not authorized")),
    ):
        book = Book()
        book.ledger.asked(CommandSent(LAMP, {"on": True}, "ann", number, AT), 5.0, 0.0)
        book.wait(5)
        book.wait(9)
        assert book.ledger.taken(CommandTaken(number, LAMP, ("on",), refused), book.now)
        assert expected == book.end(number)
        assert {"on": expected[0]} == book.shown


def test_what_is_on_its_way_is_shown_before_older_news(book: Book) -> None:
    """A late word of the broker on an older command hides no newer one."""
    book.ledger.asked(CommandSent(LAMP, {"on": True}, "ann", "1", AT), 5.0, 0.0)
    book.wait(5)
    book.ask("2", {"on": True})
    book.ledger.taken(CommandTaken("1", LAMP, ("on",)), book.now)
    assert {"on": "pending"} == book.shown
    assert "no answer within 5 s; the broker took it only after 5 s" == book.end("1")[2]


def test_a_clock_that_was_set_back(book: Book) -> None:
    """No command ends before it was asked."""
    book.ask("1", {"on": True})
    book.ledger.heard(LAMP, {"on": True}, 1.0, AT - 100)
    assert ("confirmed", 0, "the device says true") == book.end("1")


def test_what_ended_before_it_could_not_be_sent(book: Book) -> None:
    """Of a command that a newer one replaced in part, that part stays replaced."""
    book.ask("1", {"on": True, "level": 40})
    book.ask("2", {"level": 60})
    book.fail("1", {"on": True, "level": 40})
    assert "on: gone; level: ann asked for 60 before it answered" == book.end("1")[2]


def test_what_a_restart_left_open(book: Book) -> None:
    """It has timed out, with the reason; its changes and who asked stay."""
    left = CommandRecord("1", LAMP, AT, {"on": True}, "ann")
    book.ledger.restore([left], AT + 99)
    assert ("timed_out", 99, RESTARTED) == book.end("1")
    assert left._replace(ended="timed_out", ended_at=AT + 99, note=RESTARTED) == book.told["1"]


def test_devices_do_not_answer_for_each_other(book: Book) -> None:
    """The same metric of another device confirms nothing."""
    book.ask("1", {"on": True})
    book.ask("2", {"on": True}, "lamp.b")
    book.say("lamp.b", on=True)
    assert ("pending", "confirmed") == (book.end("1")[0], book.end("2")[0])


def test_what_is_remembered_has_a_bound(book: Book) -> None:
    """The newest commands; the store has the others."""
    for number in range(RECENT + 5):
        book.ask(f"{number}", {"on": number % 2 == 0})
    assert [f"{number}" for number in range(5, RECENT + 5)] == list(book.ledger.recent)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from([{"a": 1}, {"b": 1}, {"a": 2, "b": 2}])),
        st.tuples(st.just("say"), st.sampled_from([{"a": 1}, {"b": 2}, {"a": 2, "b": 2}, {"a": 9}])),
        st.tuples(st.just("fail"), st.just({})),
        st.tuples(st.just("wait"), st.sampled_from([{"s": 1}, {"s": 6}, {"s": 30}])),
    ),
    max_size=25,
)


@given(STEPS)
def test_every_command_ends(steps: list[tuple[str, dict[str, int]]]) -> None:
    """Whatever happens: in the end none is pending, each has one end, and nothing is left behind."""
    book = Book()
    last: tuple[str, dict[str, Value]] | None = None
    asked = 0
    for step, values in steps:
        if step == "ask":
            asked += 1
            last = (f"{asked}", dict(values))
            book.ask(*last)
        elif step == "say":
            book.say(**values)
        elif step == "fail" and last is not None and book.end(last[0])[0] == "pending":
            book.fail(*last)
        elif step == "wait":
            book.wait(values["s"])
        shown = {state.id for state in book.ledger.shown(LAMP).values() if state.status == "pending"}
        assert all(book.end(number)[0] == "pending" for number in shown)
    book.wait(5)
    book.wait(LATE_WITHIN)
    ends = [book.end(f"{number + 1}") for number in range(asked)]
    assert all(ended != "pending" and at is not None and note for ended, at, note in ends)
    assert (asked, {}, False) == (len(book.told), book.shown, LAMP in book.ledger)
    assert vars(book.ledger) == {**vars(Ledger()), "recent": book.ledger.recent}


def test_what_no_state_shows_ends_with_the_brokers_word() -> None:
    """And says no more than that; what the state shows still waits for the device."""
    ledger = Ledger()
    sent = CommandSent(LAMP, {"identify": True, "on": True}, "ann", "1", AT)
    ledger.asked(sent, 5.0, 0.0, frozenset({"identify"}))
    assert ledger.taken(CommandTaken("1", LAMP, ("identify", "on")), 0.1)
    shown = ledger.shown(LAMP)
    assert [("confirmed", UNSEEN), ("pending", "")] == [
        (shown[name].status, shown[name].note) for name in ("identify", "on")
    ]
    assert "pending" == ledger.recent["1"].ended
    ledger.heard(LAMP, {"on": True}, 1.0, AT + 1)
    assert "confirmed" == ledger.recent["1"].ended


def test_without_the_brokers_word_it_times_out() -> None:
    """Nobody knows then whether it was delivered, and that is said."""
    ledger = Ledger()
    ledger.asked(CommandSent(LAMP, {"identify": True}, "ann", "1", AT), 5.0, 0.0, frozenset({"identify"}))
    ledger.pass_time(6.0)
    record = ledger.recent["1"]
    assert ("timed_out", True) == (record.ended, record.note.endswith(UNKNOWN))
