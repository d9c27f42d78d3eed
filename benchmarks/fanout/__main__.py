"""`python -m benchmarks.fanout [ROW …]`: live values to many sessions, as a table.

`BENCH_SECONDS` is how long each span is measured (10), `BENCH_CHURN_SECONDS` how long tabs come and go (60;
for the record 600). On standard error stand the processes of the rivals, for a profiler.
"""

import sys

from benchmarks.fanout.table import ROWS, run

if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in ROWS]
    if unknown:
        sys.exit(f"no such row: {unknown[0]}; there are {', '.join(ROWS)}")
    run(sys.argv[1:])
