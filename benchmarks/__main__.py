"""`python -m benchmarks`: run all of them, or those named, and print the table."""

import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping

from benchmarks import durable, history, ingest, one_change, open_session
from benchmarks.measure import Row, table

ALL: Mapping[str, Callable[[], Iterator[Row]]] = {
    "one_change": one_change.rows,
    "open_session": open_session.rows,
    "ingest": ingest.rows,
    "durable": durable.rows,
    "history": history.rows,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, all if none is named. 2 for a name that is none."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"no such benchmark: {unknown[0]}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.ERROR)
    rows = [row for name in names or ALL for row in ALL[name]()]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
