"""How long a broker is waited for, and when to come back."""

from math import inf

import pytest

from bridge.transports.patience import (
    FIRST_DELAY,
    LONGEST_DELAY,
    LONGEST_DELAY_OF_RIVALS,
    TAKEN_OVER_AT_MOST,
    Ended,
    KeepAlive,
    Retries,
)


def test_asks_after_half_of_the_keep_alive() -> None:
    """A question is due half of the seconds after the last thing sent, or after the last thing heard."""
    alive = KeepAlive(10, 100)
    alive.sent(103)
    alive.heard(104)
    assert 108 == alive.ask_at(reading=True)
    alive.sent(109)
    assert 109 == alive.ask_at(reading=True)
    assert 114 == alive.ask_at(reading=False)


def test_asks_again_while_nothing_comes() -> None:
    """The broker is not asked the same at every moment, but after every half of the seconds."""
    alive = KeepAlive(10, 100)
    alive.asked(105)
    assert (110, 110) == (alive.ask_at(reading=True), alive.ask_at(reading=False))


def test_gives_up_after_one_and_a_half() -> None:
    """Who was asked and says nothing for one and a half of the seconds is dead; anything heard is life."""
    alive = KeepAlive(10, 100)
    assert inf == alive.give_up_at()
    alive.asked(105)
    assert (115, 110, 110) == (alive.give_up_at(), alive.due(reading=True), alive.due(reading=False))
    alive.heard(106)
    assert inf == alive.give_up_at()


def test_who_slept_himself_asks_first() -> None:
    """After a sleep of ours the broker has time to answer, however long nothing was heard."""
    alive = KeepAlive(10, 100)
    alive.asked(1000)
    assert 1005 == alive.give_up_at()


def test_no_keep_alive_is_none() -> None:
    """With 0 seconds nothing is ever due."""
    alive = KeepAlive(0, 100)
    alive.asked(105)
    assert (inf, inf) == (alive.due(reading=True), alive.due(reading=False))


def delays(retries: Retries, ended: Ended, count: int) -> list[float]:
    """The pauses after so many connections that ended so."""
    found = [retries.after(ended) for _ in range(count)]
    return [delay for delay in found if delay is not None]


@pytest.mark.parametrize(
    ("ended", "longest"),
    [
        (Ended(), LONGEST_DELAY),
        (Ended(lasted=1.0), LONGEST_DELAY),
        (Ended(lasted=1.0, up=True), LONGEST_DELAY_OF_RIVALS),
    ],
)
def test_pauses_double_up_to_a_bound(ended: Ended, longest: float) -> None:
    """From half a second on, with jitter downwards; longer only where a rival may be the reason."""
    found = delays(Retries(), ended, 14)
    bounds = [min(FIRST_DELAY * 2**n, longest) for n in range(14)]
    assert [True] * 14 == [bound / 2 <= delay <= bound for delay, bound in zip(found, bounds, strict=True)]


def test_a_good_connection_starts_again() -> None:
    """After a connection that lasted, the first pause is short again, and no rival is suspected."""
    retries = Retries()
    delays(retries, Ended(lasted=1.0, up=True), 10)
    assert retries.rival_likely
    (delay,) = delays(retries, Ended(lasted=60.0, up=True), 1)
    assert (True, False) == (delay <= FIRST_DELAY, retries.rival_likely)


def test_stays_away_after_being_taken_over() -> None:
    """Being taken over soon, again and again, ends the tries; after a long while it does not count."""
    retries = Retries()
    soon = Ended(lasted=1.0, up=True, taken_over=True)
    late = Ended(lasted=100.0, up=True, taken_over=True)
    assert [False, False] == [retries.after(each) is None for each in (late, late)]
    answers = [retries.after(soon) is None for _ in range(TAKEN_OVER_AT_MOST)]
    assert [False] * (TAKEN_OVER_AT_MOST - 1) + [True] == answers
