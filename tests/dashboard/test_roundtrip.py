"""Round trips to browsers: few are asked, in turn, and each answer is timed once."""

from collections.abc import Sequence

import msgpack
import pytest
from flet.messaging.protocol import MessageAction

from dashboard.roundtrip import AT_ONCE, EVERY, METHOD, PAGE, Trip, Trips


def asked(trips: Sequence[Trip], now: float) -> list[int]:
    """Which of them have something to send after a frame."""
    return [number for number, trip in enumerate(trips) if trip.question(now) is not None]


def call_of(question: bytes | None) -> str:
    """The id of the call that it makes."""
    assert question is not None
    return str(msgpack.unpackb(question[1:])[1]["call_id"])


def test_a_question_calls_a_method_of_the_page() -> None:
    """It is one of Flet's frames, for the page, which every browser has."""
    trips = Trips([].append)
    trip = trips.join()
    trips.turn(0.0)
    question = trip.question(0.0)
    assert question is not None
    action, body = msgpack.unpackb(question[1:])
    assert (0, MessageAction.INVOKE_METHOD.value, PAGE, METHOD) == (
        question[0], action, body["control_id"], body["name"],
    )  # fmt: skip


def test_the_time_until_the_answer_is_noted_once() -> None:
    """The same answer again, and one to a question that was never asked, say nothing."""
    noted: list[float] = []
    trips = Trips(noted.append)
    trip = trips.join()
    trips.turn(0.0)
    call = call_of(trip.question(5.0))
    ours = [trip.answer("fleetglass-99", 6.0), trip.answer(call, 7.0), trip.answer(call, 9.0)]
    assert ([True, True, True], [2.0], False) == (ours, noted, trip.under_way)


@pytest.mark.parametrize("call", ["", "abcdefghij", "fleetglas", "1"])
def test_flets_own_calls_are_left_to_flet(call: str) -> None:
    """What does not bear our mark is not ours."""
    trip = Trips([].append).join()
    assert trip.answer(call, 0.0) is False


def test_few_are_asked_and_all_in_turn() -> None:
    """Of twelve browsers five are asked, then the next five; after three turns each has been asked."""
    noted: list[float] = []
    trips = Trips(noted.append)
    calls = [0] * 12
    browsers = [trips.join() for _ in range(12)]
    turns = []
    for turn in range(3):
        trips.turn(turn * EVERY)
        found = asked(browsers, turn * EVERY)
        turns.append(len(found))
        assert [] == asked(browsers, turn * EVERY)
        for number in found:
            calls[number] += 1
            browsers[number].answer(f"fleetglass-{calls[number]}", turn * EVERY + 1)
    assert ([AT_ONCE] * 3, [1.0] * 15, {1, 2}) == (turns, noted, set(calls))


def test_between_turns_nobody_is_asked() -> None:
    """However often it is called."""
    trips = Trips([].append)
    trip = trips.join()
    trips.turn(0.0)
    call = call_of(trip.question(0.0))
    trip.answer(call, 0.0)
    found = []
    for tenths in range(1, 100):
        trips.turn(tenths / 10)
        found += asked([trip], tenths / 10)
    trips.turn(EVERY)
    assert ([], [0]) == (found, asked([trip], EVERY))


def test_a_browser_that_does_not_answer_is_not_asked_again() -> None:
    """One question may be under way for each; the others go on having their turns."""
    trips = Trips([].append)
    silent, other = trips.join(), trips.join()
    found = []
    for turn in range(4):
        trips.turn(turn * EVERY)
        for number, trip in enumerate((silent, other)):
            question = trip.question(turn * EVERY)
            if question is not None:
                found.append(number)
                if trip is other:
                    trip.answer(call_of(question), turn * EVERY)
    assert [0, 1, 1, 1, 1] == found


def test_who_left_is_not_asked() -> None:
    """Neither in its turn nor later; and it may leave twice."""
    trips = Trips([].append)
    gone, there = trips.join(), trips.join()
    trips.turn(0.0)
    trips.leave(gone)
    trips.leave(gone)
    first = asked([gone, there], 0.0)
    trips.turn(EVERY)
    assert ([1], []) == (first, asked([gone], EVERY))
