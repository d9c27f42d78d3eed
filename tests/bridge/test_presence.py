"""Whether a device is there, each answer with its reason."""

import pytest

from bridge.presence import UNHEARD, Presence, duration, judge

AGE = 300.0
NOW = 10_000.0


@pytest.mark.parametrize(
    ("announced", "heard", "known", "stale_after", "down", "expected"),
    [
        (None, None, False, AGE, None, UNHEARD),
        (None, None, True, AGE, None, Presence("unknown", "not heard live yet, only a kept value")),
        (True, None, True, AGE, None, Presence("online", "announced itself; no live message yet")),
        (None, NOW, True, AGE, None, Presence("online", "heard")),
        (True, NOW, True, AGE, None, Presence("online", "announced and heard")),
        (None, NOW - AGE, True, AGE, None, Presence("online", "heard")),
        (None, NOW - AGE - 1, True, AGE, None, Presence("stale", "silent for more than 5 min")),
        (True, NOW - AGE - 1, True, AGE, None, Presence("stale", "silent for more than 5 min")),
        (None, NOW - 1e6, True, None, None, Presence("online", "heard")),
        (False, NOW, True, AGE, None, Presence("offline", "said so, or its last will did")),
        (False, None, False, AGE, None, Presence("offline", "said so, or its last will did")),
        (False, NOW, True, AGE, "gone", Presence("unknown", "no connection to the broker: gone")),
        (True, NOW, True, AGE, "gone", Presence("unknown", "no connection to the broker: gone")),
        (None, None, False, None, "gone", Presence("unknown", "no connection to the broker: gone")),
    ],
)
def test_judgement(  # noqa: PLR0913 - the table's columns
    *,
    announced: bool | None,
    heard: float | None,
    known: bool,
    stale_after: float | None,
    down: str | None,
    expected: Presence,
) -> None:
    """The connection weighs most, then what it announced, then its age; each answer says why."""
    found = judge(
        announced=announced, heard=heard, known=known, stale_after=stale_after, broker_down=down, now=NOW
    )
    assert expected == found


def test_the_reason_does_not_age() -> None:
    """While the availability stays, the reason stays the same, so that time alone is no news."""
    found = {
        judge(announced=None, heard=0.0, known=True, stale_after=AGE, broker_down=None, now=NOW + n)
        for n in range(5)
    }
    assert len(found) == 1


def test_equal_answers_are_one_object() -> None:
    """Every message is judged, so that an answer that stays is not made anew."""
    first, second = (
        judge(announced=True, heard=NOW - n, known=True, stale_after=AGE, broker_down=None, now=NOW)
        for n in range(2)
    )
    assert first is second


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.5, "0.5 s"),
        (45, "45 s"),
        (60, "1 min"),
        (90, "90 s"),
        (300, "5 min"),
        (3_600, "1 h"),
        (5_400, "90 min"),
        (172_800, "2 d"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    """A length of time is told in the largest unit that divides it."""
    assert expected == duration(seconds)
