"""Trying refused messages again for a person: what would pass, his word for it, and what came of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bridge.ports import Sought
from bridge.replay import Replayed
from dashboard.aside import Found
from dashboard.card import Question, Who
from dashboard.house import House
from dashboard.language import marked
from dashboard.reader import ENGLISH, Reader
from dashboard.wording import plain, reason_text

T = TypeVar("T")

log = logging.getLogger(__name__)

MANY = "replay"
"""The name, beside the loop, of trying many. One at a time, whoever asks."""
PAGE = 200
BUSY = marked("That is being tried already.")


def name_of(entry_id: int) -> str:
    """The name, beside the loop, of trying this one."""
    return f"replay/{entry_id}"


def offer(house: House, who: Who, sought: Sought) -> None:
    """Tell a person how many of these would pass now, and replay them if he agrees.

    `sought` without a reason and a text is all of the quarantine.
    """

    def tried(found: Found[tuple[Sequence[int] | None, Replayed]]) -> None:
        if found.value is None:
            who.tell(who.reader.say("They could not be tried: {why}", why=who.reader.told(found.fault)))
            return
        ids, outcome = found.value

        def replay() -> None:
            _begin(house, who, lambda: _replay(house, ids), done)

        who.ask(question(outcome, replay, who.reader))

    def done(found: Found[Replayed]) -> None:
        fault = who.reader.told(found.fault)
        failed = who.reader.say("They could not be replayed: {why}", why=fault)
        who.tell(told(found.value, who.reader) if found.value else failed)

    def dry() -> tuple[Sequence[int] | None, Replayed]:
        ids = _ids(house, sought)
        return ids, house.replay(dry_run=True, ids=ids)

    _begin(house, who, dry, tried)


def retry(house: House, who: Who, entry_id: int) -> None:
    """Replay one message, and tell the person what came of it."""

    def done(found: Found[Replayed]) -> None:
        fault = who.reader.told(found.fault)
        failed = who.reader.say("It could not be tried: {why}", why=fault)
        who.tell(told_of_one(found.value, who.reader) if found.value else failed)

    if not house.aside.do(name_of(entry_id), lambda: _replay(house, [entry_id]), done):
        who.tell(who.reader.say(BUSY))


def question(outcome: Replayed, then: Callable[[], None], reader: Reader = ENGLISH) -> Question:
    """What a person is asked after a dry run."""
    passed, tried = plain(outcome.passed), plain(outcome.tried)
    if not outcome.tried:
        return Question(reader.say("None would pass with the present kinds."), _staying(outcome, reader))
    if not outcome.passed:
        none = reader.say("None of {tried} would pass with the present kinds.", tried=tried)
        return Question(none, _staying(outcome, reader))
    lines = [reader.say("What passes becomes history, as of the time it came, and leaves the quarantine.")]
    return Question(
        reader.say(
            "{passed} of {tried} would pass with the present kinds. Replay them?", passed=passed, tried=tried
        ),
        [*lines, *_staying(outcome, reader)],
        reader.say("Replay {n}", n=passed),
        then,
    )


def told(outcome: Replayed, reader: Reader = ENGLISH) -> str:
    """What came of many, in a line."""
    stay = sum(outcome.still_refused.values()) + outcome.cut
    one, n = outcome.passed, plain(outcome.passed)
    if not stay:
        return reader.count(
            "{n} message has passed and left the quarantine.",
            "{n} messages have passed and left the quarantine.",
            one,
            n=n,
        )
    if stay == 1:
        return reader.count(
            "{n} message has passed and left the quarantine; 1 stays.",
            "{n} messages have passed and left the quarantine; 1 stays.",
            one,
            n=n,
        )
    return reader.count(
        "{n} message has passed and left the quarantine; {stay} stay.",
        "{n} messages have passed and left the quarantine; {stay} stay.",
        one,
        n=n,
        stay=plain(stay),
    )


def told_of_one(outcome: Replayed, reader: Reader = ENGLISH) -> str:
    """What came of one, in a line."""
    if outcome.passed:
        return reader.say("It passed and left the quarantine; it is history now.")
    if outcome.still_refused:
        why = reason_text(next(iter(outcome.still_refused)), reader)
        return reader.say("It is still refused: {why}.", why=why)
    if outcome.cut:
        return reader.say("It cannot be tried again, because it is not kept whole.")
    return reader.say("It is no longer in the quarantine.")


def _staying(outcome: Replayed, reader: Reader) -> Sequence[str]:
    lines = []
    if outcome.still_refused:
        by_number = sorted(outcome.still_refused.items(), key=lambda item: -item[1])
        why = reader.say(", ").join(
            f"{reason_text(code, reader)} {plain(count)}" for code, count in by_number
        )
        n = plain(sum(outcome.still_refused.values()))
        lines.append(reader.say("{n} would stay: {why}.", n=n, why=why))
    if outcome.cut:
        n = plain(outcome.cut)
        lines.append(reader.say("{n} cannot be tried, because not all of the message is kept.", n=n))
    return lines


def _begin(house: House, who: Who, work: Callable[[], T], then: Callable[[Found[T]], None]) -> None:
    if not house.aside.do(MANY, work, then):
        who.tell(who.reader.say(BUSY))


def _replay(house: House, ids: Sequence[int] | None) -> Replayed:
    outcome = house.replay(dry_run=False, ids=ids)
    log.info("replayed: %d tried, %d passed", outcome.tried, outcome.passed)
    return outcome


def _ids(house: House, sought: Sought) -> Sequence[int] | None:
    """Which they are, None for all."""
    if sought.reason is None and sought.text is None:
        return None
    ids: list[int] = []
    page: Sequence[int] = ()
    before = None
    while True:
        page = [e.id for e in house.quarantined(replace(sought, before=before, limit=PAGE))]
        if not page:
            return ids
        ids += page
        before = page[-1]
