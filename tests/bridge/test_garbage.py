"""Memory that is free goes back to the system."""

import subprocess
import sys

import pytest

BUSY = """
import sys, threading
from pathlib import Path
from bridge.garbage import give_back_large

def held():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))

def work():
    for size in (16_000_000, 4_000_000):
        pieces = [b"x" * size for _ in range(5)]
        # Above what is freed, so that the end of the heap is not.
        last.append(b"x" * 100_000)
        del pieces

if sys.argv[1] == "given back":
    give_back_large()
before, last = held(), []
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(held() - before)
"""


@pytest.mark.parametrize("how", ["given back", "as glibc has it"])
def test_what_a_thread_took_in_large_pieces_goes_back(how: str) -> None:
    """Of 100 MB nothing stays; by itself glibc keeps some, without which this would tell nothing."""
    done = subprocess.run([sys.executable, "-c", BUSY, how], capture_output=True, text=True, check=True)
    kept = int(done.stdout)
    assert (how == "as glibc has it") == (kept > 10_000), f"{kept:,} kB stay"
