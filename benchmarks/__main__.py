"""`python -m benchmarks`: run all of them, or those named, and print the tables."""

import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping

from benchmarks import browsing, durable, first_load, history, ingest, one_change, open_session
from benchmarks.fanout.table import run as fan_out
from benchmarks.measure import Row, table

RATIOS: Mapping[str, Callable[[], Iterator[Row]]] = {
    "one_change": one_change.rows,
    "open_session": open_session.rows,
    "browsing": browsing.rows,
    "ingest": ingest.rows,
    "durable": durable.rows,
    "history": history.rows,
    "first_load": first_load.rows,
}
FANOUT = "fanout"
"""Has a table of its own, for it has goals in place of one rival a row."""


def main(names: list[str]) -> int:
    """Run the named benchmarks, all if none is named. 2 for a name that is none."""
    known = [*RATIOS, FANOUT]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no such benchmark: {unknown[0]}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.ERROR)
    wanted = names or known
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    rows = [row for name in wanted if name != FANOUT for row in RATIOS[name]()]
    if rows:
        print(table(rows) + "\n", flush=True)
    if FANOUT in wanted:
        fan_out()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
