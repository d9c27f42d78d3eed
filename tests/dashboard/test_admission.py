"""Who waits before he is let in, and how many files that takes."""

import asyncio
import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import URL

from dashboard.admission import BUSY, PATIENCE, Door, Pace, full

LIMITED = """
import resource, sys
from dashboard.open_files import room_for
soft, hard, sessions = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(room_for(sessions) or "-", resource.getrlimit(resource.RLIMIT_NOFILE)[0], sep="|")
"""


@given(st.lists(st.floats(0, 0.3), max_size=200), st.integers(1, 200))
def test_no_more_are_let_in_than_the_pace_allows(gaps: list[float], per_second: int) -> None:
    """Whoever comes is let in at least a gap after the one before, or at once, or not at all."""
    pace, now, before = Pace(per_second), 0.0, float("-inf")
    for gap in gaps:
        now += gap
        wait = pace.turn(now)
        if wait is None:
            assert before + 1 / per_second > now + PATIENCE
        else:
            assert 0 <= wait <= PATIENCE
            assert now + wait >= before + 1 / per_second - 1e-9
            assert wait == 0 or abs(now + wait - before - 1 / per_second) < 1e-9
            before = now + wait


def limited(soft: int, hard: int, sessions: int) -> list[str]:
    """What is said under these limits, and the limit that is then."""
    words = [sys.executable, "-c", LIMITED, *map(str, (soft, hard, sessions))]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip().split("|")


def test_the_limit_of_open_files_is_raised_as_far_as_needed() -> None:
    """A low soft limit is raised, a sufficient one is left; nothing is said."""
    assert ["-", "700"] == limited(256, 1_000, 500)
    assert ["-", "800"] == limited(800, 1_000, 500)


def test_a_limit_that_cannot_be_raised_is_named() -> None:
    """Where the system allows fewer, the line says how many browsers that is, and how to mend it."""
    line, now = limited(256, 600, 2_000)
    assert "600" == now
    assert (
        "[web] max_sessions 2,000 needs about 2,200 open files, and this system allows 600: at about 400 "
        "browsers no more can connect. Raise the limit (ulimit -n, or LimitNOFILE= of a systemd service), or "
        "lower max_sessions"
    ) == line


class Gone:
    """A socket of our own page, whose browser does not mind."""

    url = URL("ws://127.0.0.1/ws?told=1")

    async def accept(self) -> None: ...

    async def close(self, code: int, reason: str) -> None: ...


def test_the_log_is_told_when_turning_away_begins_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    """One line for each reason when it begins, with the setting, and one with the count when it is over."""

    async def crowd() -> None:
        door = Door("Home", over=0.05)
        for why in (full(3), full(3), BUSY, full(3)):
            await door.turn_away(Gone(), why)  # type: ignore[arg-type]
        begun = [record.getMessage() for record in caplog.records]
        assert [f"browsers are turned away: {why.setting}" for why in (full(3), BUSY)] == begun
        async with asyncio.timeout(20):
            while len(caplog.records) < 4:  # noqa: ASYNC110  (a log has no event)
                await asyncio.sleep(0.01)
        await door.turn_away(Gone(), full(3))  # type: ignore[arg-type]

    with caplog.at_level(logging.INFO):
        asyncio.run(crowd())
    over = "browsers are no longer turned away; it was done"
    ends = {record.getMessage() for record in caplog.records[2:4]}
    assert {f"{over} 3 times: {full(3).setting}", f"{over} once: {BUSY.setting}"} == ends
    assert "browsers are turned away: [web] max_sessions = 3 are open" == caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("most", "words"), [(1, "1 browser has"), (2, "2 browsers have"), (1_000, "1,000 browsers")]
)
def test_how_many_have_it_open_is_good_english(most: int, words: str) -> None:
    """One browser has, two have."""
    assert full(most).explanation.startswith(words)
