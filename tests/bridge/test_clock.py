"""When a message was received: never twice the same, never backwards, whatever the computer's clock does."""

import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.clock import LONGEST_SLEW, ReceiptClock

START = 1_800_000_000.0
HOURS = 3_600.0


class Time:
    """A wall clock that may be set, and a steady one."""

    def __init__(self) -> None:
        self.wall = START
        self.steady = 50.0
        self.clock = ReceiptClock(lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def micros(moment: float) -> int:
    """The whole microseconds that a moment stands for."""
    whole = round(moment * 1e6)
    assert moment == whole / 1e6
    return whole


STEPS = st.one_of(
    st.tuples(st.just("pass"), st.floats(0, 5_000)),
    st.tuples(st.just("set"), st.floats(-2 * HOURS, 2 * HOURS)),
    st.tuples(st.just("take"), st.integers(1, 5)),
)


@given(st.lists(STEPS, max_size=60))
def test_law_of_moments(steps: list[tuple[str, float]]) -> None:
    """Strictly increasing, in whole microseconds, whatever passes and however the clock is set."""
    time = Time()
    taken: list[int] = []
    for what, amount in steps:
        if what == "pass":
            time.passes(amount)
        elif what == "set":
            time.wall += amount
        else:
            taken += [micros(moment) for moment in time.clock.moments(int(amount))]
            taken.append(micros(time.clock()))
    assert taken == sorted(set(taken))


def test_it_is_the_computers_time() -> None:
    """Where nothing odd happens a moment is what the clock says, and set forward it follows at once."""
    time = Time()
    assert time.clock() == START
    time.passes(10)
    assert time.clock() == START + 10
    time.wall += 2 * HOURS
    assert time.clock() == START + 10 + 2 * HOURS


def test_set_back_it_goes_on_at_half_speed_until_caught_up(caplog: pytest.LogCaptureFixture) -> None:
    """Two hours back take four hours, of which the log tells the beginning and the end."""
    time = Time()
    time.clock()
    time.wall -= 2 * HOURS
    time.clock()
    time.passes(2 * HOURS)
    assert abs(time.clock() - (START + 1 * HOURS)) < 0.001
    time.passes(2 * HOURS + 1)
    assert time.clock() == time.wall
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_set_back_by_days_is_believed(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for days: the time is taken as it is, and the log says what that means."""
    time = Time()
    time.clock()
    time.wall -= LONGEST_SLEW + 10
    assert time.clock() == time.wall
    assert "set back" in caplog.text


def test_many_at_once_are_as_many_calls() -> None:
    """A batch of moments is consecutive microseconds, and none of them is given again."""
    time = Time()
    found = [micros(moment) for moment in time.clock.moments(1_000)]
    assert found == list(range(found[0], found[0] + 1_000))
    assert micros(time.clock()) > found[-1]


def test_threads_share_no_moment() -> None:
    """Eight threads get all different ones."""
    clock = ReceiptClock()
    taken: list[list[float]] = [[] for _ in range(8)]

    def take(mine: list[float]) -> None:
        for _ in range(500):
            mine.append(clock())
            mine += clock.moments(3)

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({moment for mine in taken for moment in mine}) == 8 * 500 * 4
    assert all(mine == sorted(mine) for mine in taken)
