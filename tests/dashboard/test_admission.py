"""Who waits before he is let in, and how many files that takes."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from dashboard.admission import PATIENCE, Pace

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
