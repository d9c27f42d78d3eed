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

from benchmarks.fanout.gauge import FIRST
from benchmarks.fanout.swarm import Freshness, Swarm, freshness, more_files

SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A rival that runs. Numbers are of its process alone."""

    name: str
    port: int
    devices: int
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
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def memory(self) -> int:
        """Bytes of memory in use."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )

    def files(self) -> int:
        """Open file descriptors."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def now(self) -> int:
        """The present as a stamp."""
        return FIRST + (time.monotonic_ns() - self.zero) // 1_000

    async def asked(self, word: str) -> list:  # type: ignore[type-arg]
        """What it writes when it is asked for it."""
        file = self.folder / f"{word}.json"
        file.unlink(missing_ok=True)
        self.tell(f"{word} {file}")
        while True:
            try:
                return json.loads(file.read_text())  # type: ignore[no-any-return]
            except (OSError, ValueError):
                await asyncio.sleep(0.02)


@contextmanager
def server(name: str, devices: int = 20, **environment: str) -> Iterator[Server]:
    """A rival, ready and with every device heard."""
    from tests.servers import free_port

    more_files()
    port, zero = free_port(), time.monotonic_ns()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fanout.servers", name, str(port), str(devices), str(zero)],
            cwd=ROOT, stdin=subprocess.PIPE, text=True, env={**os.environ, **environment},
        )  # fmt: skip
        try:
            time.sleep(4)
            yield Server(name, port, devices, zero, process, Path(folder))
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Span:
    """One measured span: microseconds of CPU a message, the share of a core, and how fresh screens were."""

    cpu_a_message: float
    share: float
    fresh: Freshness
    frames: float


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
    return Span(spent / count * 1e6, spent / (end - begin) * 1e6, fresh, frames)
