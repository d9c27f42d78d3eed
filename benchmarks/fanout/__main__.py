"""`python -m benchmarks.fanout [ROW …]`: live values to many sessions, as a table."""

import asyncio
import sys

from benchmarks.fanout.rows import ROWS, Line


def run(wanted: list[str]) -> list[Line]:
    """The lines of these rows, of all if none is named; each is printed as it comes."""
    print("| work | measured | goal | |\n|---|---|---|---|")
    lines = []
    for name in wanted or ROWS:
        for line in asyncio.run(ROWS[name]()):  # type: ignore[arg-type]
            print(
                f"| {line.what} | {line.figure} | {line.goal} | {'yes' if line.reached else '**no**'} |",
                flush=True,
            )
            lines.append(line)
    return lines


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in ROWS]
    if unknown:
        sys.exit(f"no such row: {unknown[0]}; there are {', '.join(ROWS)}")
    run(sys.argv[1:])
