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
from dashboard.wording import plain, reason_text

T = TypeVar("T")

log = logging.getLogger(__name__)

MANY = "replay"
"""The name, beside the loop, of trying many. One at a time, whoever asks."""
PAGE = 200
BUSY = "That is being tried already."


def name_of(entry_id: int) -> str:
    """The name, beside the loop, of trying this one."""
    return f"replay/{entry_id}"


def offer(house: House, who: Who, sought: Sought) -> None:
    """Tell a person how many of these would pass now, and replay them if he agrees.

    `sought` without a reason and a text is all of the quarantine.
    """

    def tried(found: Found[tuple[Sequence[int] | None, Replayed]]) -> None:
        if found.value is None:
            who.tell(f"They could not be tried: {found.fault}")
            return
        ids, outcome = found.value
        who.ask(question(outcome, lambda: _begin(house, who, lambda: _replay(house, ids), done)))

    def done(found: Found[Replayed]) -> None:
        who.tell(told(found.value) if found.value else f"They could not be replayed: {found.fault}")

    def dry() -> tuple[Sequence[int] | None, Replayed]:
        ids = _ids(house, sought)
        return ids, house.replay(dry_run=True, ids=ids)

    _begin(house, who, dry, tried)


def retry(house: House, who: Who, entry_id: int) -> None:
    """Replay one message, and tell the person what came of it."""

    def done(found: Found[Replayed]) -> None:
        who.tell(told_of_one(found.value) if found.value else f"It could not be tried: {found.fault}")

    if not house.aside.do(name_of(entry_id), lambda: _replay(house, [entry_id]), done):
        who.tell(BUSY)


def question(outcome: Replayed, then: Callable[[], None]) -> Question:
    """What a person is asked after a dry run."""
    of = f"{plain(outcome.passed)} of {plain(outcome.tried)}" if outcome.tried else "None"
    if not outcome.passed:
        of = f"None of {plain(outcome.tried)}" if outcome.tried else "None"
        return Question(f"{of} would pass with the present kinds.", _staying(outcome))
    lines = ["What passes becomes history, as of the time it came, and leaves the quarantine."]
    return Question(
        f"{of} would pass with the present kinds. Replay them?",
        [*lines, *_staying(outcome)],
        f"Replay {plain(outcome.passed)}",
        then,
    )


def told(outcome: Replayed) -> str:
    """What came of many, in a line."""
    stay = sum(outcome.still_refused.values()) + outcome.cut
    passed = "1 message has" if outcome.passed == 1 else f"{plain(outcome.passed)} messages have"
    rest = f"; {plain(stay)} {'stays' if stay == 1 else 'stay'}" if stay else ""
    return f"{passed} passed and left the quarantine{rest}."


def told_of_one(outcome: Replayed) -> str:
    """What came of one, in a line."""
    if outcome.passed:
        return "It passed and left the quarantine; it is history now."
    if outcome.still_refused:
        return f"It is still refused: {reason_text(next(iter(outcome.still_refused)))}."
    if outcome.cut:
        return "It cannot be tried again, because it is not kept whole."
    return "It is no longer in the quarantine."


def _staying(outcome: Replayed) -> Sequence[str]:
    lines = []
    if outcome.still_refused:
        by_number = sorted(outcome.still_refused.items(), key=lambda item: -item[1])
        why = ", ".join(f"{reason_text(code)} {plain(count)}" for code, count in by_number)
        lines.append(f"{plain(sum(outcome.still_refused.values()))} would stay: {why}.")
    if outcome.cut:
        cannot = "1 cannot" if outcome.cut == 1 else f"{plain(outcome.cut)} cannot"
        lines.append(f"{cannot} be tried, because not all of the message is kept.")
    return lines


def _begin(house: House, who: Who, work: Callable[[], T], then: Callable[[Found[T]], None]) -> None:
    if not house.aside.do(MANY, work, then):
        who.tell(BUSY)


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
