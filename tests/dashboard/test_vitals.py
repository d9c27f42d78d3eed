"""How the house went lately: what is sampled, how it is drawn, and what is not known."""

from dataclasses import replace

import pytest

from bridge.bus.follower import BusLink
from bridge.status import BridgeStatus
from dashboard.vitals import EVERY, LEASTS, SAMPLES, SIZE, Course, Vitals
from tests.dashboard.chart.drawing import shapes
from tests.dashboard.fake import FakeHouse

SILENT = BusLink(up=True, detail="the bridge is silent", bridge_up=False)


def sampled(house: FakeHouse, *statuses: BridgeStatus) -> Vitals:
    """Samples in time, of a house that is so."""
    vitals = Vitals()
    for number, status in enumerate(statuses):
        house.status = status
        vitals.note(house, 100.0 + number * EVERY)
    return vitals


def test_a_number_is_drawn_from_0_to_a_round_end() -> None:
    """The last value is at the right edge, the ones before it as far to the left as they are old."""
    house = FakeHouse()
    vitals = sampled(house, *(replace(house.status, rate=rate) for rate in (10.0, 5.0)))
    course = vitals.course("rate")
    assert (10.0, 5.0, 5.0, 10.0) == (course.top, course.last, course.low, course.high)
    (line,) = shapes(course.picture, stroke_width="1.5")
    step, height = SIZE.width / (SAMPLES - 1), SIZE.height
    assert [[(round(SIZE.width - step, 1), 1.0), (SIZE.width, height / 2)]] == line.lines


def test_a_small_number_does_not_fill_its_picture() -> None:
    """The scale ends where it is worth looking at, also where all is 0."""
    house = FakeHouse()
    course = sampled(house, *(replace(house.status, rate=rate) for rate in (0.0, 0.0))).course("rate")
    assert (LEASTS["rate"], 0.0) == (course.top, course.last)


def test_refusals_are_told_by_the_second() -> None:
    """From what their number grew by; where it fell, it is another bridge's, and not known."""
    house = FakeHouse()
    statuses = [replace(house.status, quarantined=number) for number in (100, 120, 3, 8)]
    vitals = sampled(house, *statuses)
    course = vitals.course("refused")
    assert (1.0, 1.0, 4.0) == (course.last, course.low, course.high)
    assert 2 == len(shapes(course.picture, stroke_width="3")[0].lines)


def test_what_is_not_known_is_a_gap() -> None:
    """Of a bridge that is not heard no number is told, and none is made up between; ours go on."""
    house = FakeHouse()
    vitals = sampled(house, house.status, house.status)
    house.bus = SILENT  # type: ignore[assignment]
    vitals.note(house, 100 + 2 * EVERY)
    known = {name: vitals.course(name).last is not None for name in LEASTS}
    ours = {"sessions", "processor", "memory"}
    assert {name: name in ours for name in LEASTS} == known
    house.bus = None
    for number in (3, 4):
        vitals.note(house, 100 + number * EVERY)
    (line,) = shapes(vitals.course("waiting").picture, stroke_width="1.5")
    assert 2 == len(line.lines)


def test_time_that_passed_without_a_sample_is_a_gap_too() -> None:
    """Such as while the computer slept: what came before is as far to the left as it is old."""
    house = FakeHouse()
    vitals = sampled(house, house.status, house.status)
    vitals.note(house, 100.0 + 21 * EVERY)
    assert 22 == vitals.number
    vitals.note(house, 100.0 + 22 * EVERY)
    (line,) = shapes(vitals.course("sessions").picture, stroke_width="1.5")
    assert [2, 2] == [len(part) for part in line.lines]


def test_only_the_last_samples_are_kept() -> None:
    """The ring is bounded: of more, the oldest go."""
    house = FakeHouse()
    vitals = sampled(house, *(replace(house.status, rate=float(1_000 - n)) for n in range(SAMPLES + 50)))
    course = vitals.course("rate")
    assert (950.0, float(1_000 - SAMPLES - 49)) == (course.high, course.low)


def test_one_picture_is_drawn_for_all_and_only_when_there_is_a_new_sample() -> None:
    """Who looks between two samples has the same picture, not an equal one."""
    house = FakeHouse()
    vitals = sampled(house, house.status, house.status)
    first, second = vitals.course("rate"), vitals.course("rate")
    assert first is second
    vitals.note(house, 110.0)
    assert vitals.course("rate") is not first


def test_before_the_first_sample_nothing_is_known() -> None:
    """Rather than 0."""
    assert [Course()] * len(LEASTS) == [Vitals().course(name) for name in LEASTS]


@pytest.mark.parametrize("name", ["processor", "memory", "sessions"])
def test_this_process_is_sampled(name: str) -> None:
    """Its memory, its share of a core, and who looks."""
    house = FakeHouse()
    house.sessions = 3
    last = sampled(house, house.status, house.status).course(name).last
    assert last is not None
    assert last > 0 if name != "sessions" else last == 3
