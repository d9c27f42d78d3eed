"""The row about tabs that come and go in every way: what they leave behind."""

import asyncio
import os
import random
import time

from benchmarks.fanout.lines import Line
from benchmarks.fanout.rig import Server, server
from benchmarks.fanout.swarm import WELL, Behaviour, Swarm, Tab

CHURN = float(os.environ.get("BENCH_CHURN_SECONDS", "60"))
OPEN = 500
"""Tabs at a time."""
SETTLED = 60.0
"""Seconds after which a tab that says nothing has long been let go."""
WARM = 90.0
"""Seconds of the same before anything is measured, longer than what an ended session leaves lives: until then
the process takes memory for as many as there are at a time, which Python's allocator never gives back."""
WAYS = (
    WELL,
    WELL,
    Behaviour(answers=False),
    Behaviour(greets=False),
    Behaviour(reads=False),
)
"""How tabs behave: well, twice as often; never answering a ping; never registering; never reading."""


async def churn() -> list[Line]:
    """Tabs are opened and killed in every way; afterwards everything is back where it was."""
    with server("ours", BENCH_NEW_SESSIONS="1000") as rival:
        rival.tell("rate 20")
        fresh = rival.memory()
        await _kill_tabs(rival, WARM)
        await asyncio.sleep(SETTLED)
        before = await _held(rival)
        count = await _kill_tabs(rival, CHURN)
        await asyncio.sleep(SETTLED)
        after = await _held(rival)
    figure = (
        f"{count:,} tabs in {CHURN:.0f} s: memory {before[0] / 1e6:.0f} → {after[0] / 1e6:.0f} MB "
        f"({fresh / 1e6:.0f} before the first tab), "
        f"tasks {before[1]} → {after[1]}, files {before[2]} → {after[2]}"
    )
    reached = after[0] <= 1.1 * before[0] and after[1] <= before[1] and after[2] <= before[2]
    return [Line("tabs opened and killed", figure, "memory within 10 %; tasks and files back", reached)]


async def _held(rival: Server) -> tuple[int, int, int]:
    """Bytes of memory, tasks, open files."""
    (tasks,) = await rival.asked("tasks")
    return rival.memory(), tasks, rival.files()


async def _kill_tabs(rival: Server, seconds: float) -> int:
    """Up to 500 at a time, ended in one way or another; those left at the end fall silent.

    Returns how many there were.
    """
    end, count = time.monotonic() + seconds, 0
    swarm = Swarm(rival.port, rival.zero)
    while time.monotonic() < end:
        for _ in range(25):
            await swarm.open(behaviour=random.choice(WAYS))
            count += 1
        while len(swarm.tabs) > OPEN - 25:
            _end(swarm.tabs.pop(random.randrange(len(swarm.tabs))))
        swarm.tabs[:] = [tab for tab in swarm.tabs if not tab.closed]
        await asyncio.sleep(0.5)
    for tab in swarm.tabs:
        tab.fall_silent()
    await asyncio.sleep(SETTLED / 2)
    swarm.close()
    return count


def _end(tab: Tab) -> None:
    """In an orderly way, by the end of the connection, or by a reset."""
    random.choice((tab.leave, tab.transport.abort, tab.reset))()
