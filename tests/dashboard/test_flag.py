"""Waiting for a flag: it is what asyncio's own event is."""

import asyncio
import sys
from collections.abc import Callable

import pytest

from dashboard.flag import Flag

Made = Callable[[], Flag | asyncio.Event]
BOTH = pytest.mark.parametrize("made", [Flag, asyncio.Event])


async def turn() -> None:
    """Let every task come as far as it can."""
    for _ in range(3):
        await asyncio.sleep(0)


@BOTH
def test_who_waits_goes_on_when_it_is_set(made: Made) -> None:
    """All who wait, though it is cleared at once; who comes later waits again, and none if it stays set."""

    async def run() -> list[int]:
        flag, gone = made(), list[int]()

        async def wait(number: int) -> None:
            await flag.wait()
            gone.append(number)

        tasks = [asyncio.create_task(wait(number)) for number in range(3)]
        await turn()
        flag.set()
        flag.clear()
        tasks.append(asyncio.create_task(wait(3)))
        await turn()
        gone.append(-1)
        flag.set()
        tasks.append(asyncio.create_task(wait(4)))
        await asyncio.gather(*tasks)
        assert flag.is_set()
        return gone

    assert [0, 1, 2, -1, 3, 4] == asyncio.run(run())


@BOTH
def test_who_gives_up_is_forgotten(made: Made) -> None:
    """One that is cancelled while it waits, or just as it is let go, holds up nobody else."""

    async def run() -> list[bool]:
        flag = made()
        tasks = [asyncio.create_task(flag.wait()) for _ in range(3)]
        await turn()
        tasks[0].cancel()
        await turn()
        tasks[1].cancel()
        flag.set()
        await asyncio.wait(tasks)
        return [task.cancelled() for task in tasks]

    assert [True, True, False] == asyncio.run(run())


def test_a_flag_is_small() -> None:
    """Nobody waits for most of them: what one takes then is what counts."""
    event = asyncio.Event()
    assert sys.getsizeof(Flag()) * 10 < sys.getsizeof(event) + sys.getsizeof(event._waiters)  # type: ignore[attr-defined]  # noqa: SLF001
