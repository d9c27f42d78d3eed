"""The row about a dashboard that nobody looks at."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.fanout.lines import Line
from benchmarks.fanout.rig import ROOT, SECONDS, cpu_of, memory_of
from tests.servers import Mosquitto, free_port

DEVICES = 20


async def idle() -> list[Line]:
    """The product as a user starts it, 20 devices at Mosquitto that speak once a second, and no session."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = Mosquitto(folder)
        broker.start()
        stack.callback(broker.stop)
        port = free_port()
        product = _start(stack, folder, "run", "--broker", broker.url, "--port", str(port))
        await _until(lambda: _heard(port) is not None, "the dashboard", product)
        fleet = _start(stack, folder, "simulate", "--broker", broker.url, "--devices", str(DEVICES))
        await _until(lambda: _heard(port) == DEVICES, "the devices", fleet)
        await asyncio.sleep(5)
        spent = cpu_of(product.pid)
        seconds = max(SECONDS, 20.0)
        await asyncio.sleep(seconds)
        share = (cpu_of(product.pid) - spent) / seconds
        memory = memory_of(product.pid) / 1e6
    figure = f"{memory:.0f} MB, {share:.1%} of a core"
    return [
        Line(
            f"nobody looks, {DEVICES} msg/s by Mosquitto into SQLite",
            figure,
            "≤ 100 MB, ≤ 1 % of a core",
            memory <= 100 and share <= 0.01,
        )
    ]


def _start(stack: contextlib.ExitStack, folder: Path, *words: str) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLEETGLASS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )

    def end() -> None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(end)
    return process


def _heard(port: int) -> int | None:
    """How many devices the dashboard knows; None while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/devices", timeout=5) as answer:
            return len(json.load(answer)["items"])
    except OSError:
        return None


async def _until(true: Callable[[], bool], what: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if true():
            return
        assert process.poll() is None, f"{what}: the process ended with {process.returncode}"
        await asyncio.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")
