"""All rows, and how they are run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from benchmarks.fanout import churn, idle, rows, tabs
from benchmarks.fanout.lines import HEAD, Line

ROWS: Mapping[str, Callable[[], Awaitable[list[Line]]]] = {
    "cost_50": rows.cost_50,
    "fresh_100": rows.fresh_100,
    "highest": rows.highest,
    "filters": rows.filters,
    "sessions_1000": rows.sessions_1000,
    "sessions_2000": rows.sessions_2000,
    "one": rows.one,
    "many_devices": rows.many_devices,
    "opening": tabs.opening,
    "rush": tabs.rush,
    "idle": idle.idle,
    "churn": churn.churn,
}


def run(names: Sequence[str] = ()) -> None:
    """Print the table of these rows, of all if none is named, each line when it is measured."""
    print(HEAD)
    for name in names or ROWS:
        for line in asyncio.run(_lines(name)):
            print(line, flush=True)


async def _lines(name: str) -> list[Line]:
    return await ROWS[name]()
