"""A real browser opens the overview of 500 devices and scrolls through it, against one of 20 devices."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.fleet import PAYLOADS
from benchmarks.measure import Row
from tests.dashboard.browser import Chromium, Screen, chromium
from tests.dashboard.staged import Staged
from tests.servers import wait_until

SIZES = (20, 500)
ROUNDS = 3
SETTLES = 1_500
TURNS, TURN, PAUSE = 60, 200, 25
"""Of the mouse's wheel: how many, how far in pixels, and the milliseconds between two."""
_TICKS = os.sysconf("SC_CLK_TCK")
_OPEN = "() => document.getElementById('veil').dataset.shows === 'nothing'"
_WATCH = """() => {
    globalThis.frames = [];
    let last = performance.now();
    const next = () => {
        const now = performance.now();
        globalThis.frames.push(now - last);
        last = now;
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""


def rows() -> Iterator[Row]:
    """CPU that the browser spends from the address to the first live values, and the frames of scrolling."""
    few, many = (_seen(size) for size in SIZES)
    against = f"{SIZES[0]} devices"
    yield Row(f"Chromium opens {SIZES[1]} devices: CPU", "ms", many[0], few[0], against)
    yield Row(f"Chromium scrolls through {SIZES[1]}: a frame, median", "ms", many[1], few[1], against)
    yield Row(f"Chromium scrolls through {SIZES[1]}: a frame, p95", "ms", many[2], few[2], against)


def _seen(size: int) -> tuple[float, float, float]:
    """Milliseconds: CPU to open, and the median and p95 of the time between two frames."""
    kinds = itertools.cycle(PAYLOADS)
    said = [
        (f"fleet/{kind}/d{number}/state", PAYLOADS[kind].format(1 + number % 7).encode())
        for number, kind in zip(range(size), kinds, strict=False)
    ]
    with Staged() as staged, chromium() as tabs:
        staged.line.say(*said)
        wait_until(lambda: len(staged.house.devices) == size, "the devices")
        found = [_once(staged, tabs) for _ in range(ROUNDS)]
    frames = sorted(itertools.chain.from_iterable(each for _cpu, each in found))
    return median(cpu for cpu, _each in found), median(frames), frames[int(len(frames) * 0.95)]


def _once(staged: Staged, tabs: Chromium) -> tuple[float, list[float]]:
    screen: Screen = tabs.screen(staged)
    before = _cpu()
    screen.page.goto(staged.url)
    screen.page.wait_for_function(_OPEN, timeout=60_000)
    spent = _cpu() - before
    screen.page.wait_for_timeout(SETTLES)
    screen.page.mouse.move(600, 500)
    screen.page.evaluate(_WATCH)
    for _ in range(TURNS):
        screen.page.mouse.wheel(0, TURN)
        screen.page.wait_for_timeout(PAUSE)
    frames: list[float] = screen.page.evaluate("() => globalThis.frames")
    tabs.close_all()
    return spent * 1e3, frames


def _cpu() -> float:
    """Seconds that the browser below this process has spent by now."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        parents[int(folder.name)] = int(fields[1])
        if "chrom" in name:
            spent[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return sum(seconds for process, seconds in spent.items() if _below(process, parents))


def _below(process: int, parents: dict[int, int]) -> bool:
    while process in parents:
        if process == os.getpid():
            return True
        process = parents[process]
    return False
