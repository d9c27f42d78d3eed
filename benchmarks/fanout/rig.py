"""A rival's process, what it costs, and one measured span of it."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fanout.gauge import FIRST
from benchmarks.fanout.swarm import Freshness, Swarm, freshness, more_files
from tests.servers import free_port

SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parents[2]


def cpu_of(pid: int) -> float:
    """Seconds of processor time of that process so far, of all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def memory_of(pid: int) -> int:
    """Bytes of memory that process has in use."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Server:
    """A rival that runs. Numbers are of its process alone."""

    name: str
    port: int
    zero: int
    process: subprocess.Popen[str]
    folder: Path

    def tell(self, line: str) -> None:
        """One of the lines that it obeys."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return cpu_of(self.process.pid)

    def memory(self) -> int:
        """Bytes of memory in use."""
        return memory_of(self.process.pid)

    def files(self) -> int:
        """Open file descriptors."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def now(self) -> int:
        """The present as a stamp."""
        return FIRST + (time.monotonic_ns() - self.zero) // 1_000

    async def asked(self, word: str) -> list[Any]:
        """What it writes when it is asked for it."""
        file = self.folder / f"{word}.json"
        file.unlink(missing_ok=True)
        self.tell(f"{word} {file}")
        while not file.exists():  # noqa: ASYNC110  (another process writes it)
            await asyncio.sleep(0.02)
        found: list[Any] = json.loads(file.read_text())
        return found


@contextmanager
def server(name: str, devices: int = 20, **environment: str) -> Iterator[Server]:
    """A rival, ready and with every device heard. Its process is named on standard error, for a profiler."""
    more_files()
    port, zero = free_port(), time.monotonic_ns()
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fanout.servers", name, str(port), str(devices), str(zero)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", f"{name} did not start"
            print(f"    {name}, {devices} devices: process {process.pid}", file=sys.stderr)
            yield Server(name, port, zero, process, Path(folder))
        finally:
            process.kill()


@dataclass(frozen=True)
class Span:
    """One measured span.

    Microseconds of CPU a message, the share of a core, how fresh the screens were, frames a second to each
    session, and messages a second that were really said.
    """

    cpu_a_message: float
    share: float
    fresh: Freshness
    frames: float
    rate: float


async def measured(
    rival: Server,
    swarm: Swarm,
    rate: float,
    *,
    seconds: float = SECONDS,
    shown: Sequence[set[int]] | None = None,
) -> Span:
    """Let it run at `rate` messages a second; what it cost, and what the swarm saw."""
    rival.tell(f"rate {rate}")
    await asyncio.sleep(1.5)
    swarm.forget()
    begin, before, came = rival.now(), rival.cpu(), sum(tab.frames for tab in swarm.tabs)
    await asyncio.sleep(seconds)
    end, spent = rival.now(), rival.cpu() - before
    frames = (sum(tab.frames for tab in swarm.tabs) - came) / (end - begin) * 1e6 / len(swarm.tabs)
    rival.tell("rate 0")
    await asyncio.sleep(2.0)
    said = await rival.asked("said")
    count = sum(begin <= at < end for _device, at in said)
    fresh = freshness(said, swarm.tabs, begin, end, shown)
    a_second = 1e6 / (end - begin)
    return Span(spent / max(count, 1) * 1e6, spent * a_second, fresh, frames, count * a_second)
