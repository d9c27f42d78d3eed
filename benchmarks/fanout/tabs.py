"""The rows about tabs that open: what each costs, and what the others notice."""

import asyncio

from benchmarks.fanout.lines import Line
from benchmarks.fanout.rig import measured, server
from benchmarks.fanout.swarm import Swarm, freshness
from dashboard.views.overview import PER_PAGE

OPENED = 400


async def opening() -> list[Line]:
    """Memory a session with its socket, and CPU to open one, for 20 and 500 devices."""
    return [line for devices in (20, 500) for line in await _opening(devices)]


async def _opening(devices: int) -> list[Line]:
    with server("ours", devices, BENCH_NEW_SESSIONS="1000") as rival:
        swarm = Swarm(rival.port, rival.zero)
        cards = min(devices, PER_PAGE)
        await swarm.open_all(["/"] * 50, cards=cards)
        await asyncio.sleep(1)
        memory, spent = rival.memory(), rival.cpu()
        await swarm.open_all(["/"] * OPENED, cards=cards)
        await asyncio.sleep(2)
        each = (rival.memory() - memory) / OPENED / 1e3
        cost = (rival.cpu() - spent) / OPENED * 1e3
        swarm.close()
    return [
        Line(f"memory a session, {devices} devices", f"{each:.0f} kB", "≤ 120 kB", each <= 120),
        Line(f"CPU to open a session, {devices} devices", f"{cost:.1f} ms", "≤ 5 ms", cost <= 5),
    ]


async def rush() -> list[Line]:
    """200 tabs open at once while 1,000 msg/s flow for 50 others."""
    with server("ours") as rival:
        others, crowd = Swarm(rival.port, rival.zero), Swarm(rival.port, rival.zero)
        await others.open_all(["/"] * 50)
        before = (await measured(rival, others, 1_000)).fresh
        rival.tell("rate 1000")
        await asyncio.sleep(1.5)
        others.forget()
        begin = rival.now()
        await asyncio.gather(*(crowd.open() for _ in range(200)))
        await crowd.painted()
        painted = max(tab.painted for tab in crowd.tabs) - begin
        end = rival.now()
        await asyncio.sleep(1)
        rival.tell("rate 0")
        await asyncio.sleep(2)
        during = freshness(await rival.asked("said"), others.tabs, begin, end, None)
        others.close()
        crowd.close()
    figure = (
        f"all painted in {painted / 1e6:.1f} s; the others' p99 {during.p99:.0f} ms, "
        f"before {before.p99:.0f} ms, never seen {during.unseen:.2%}"
    )
    reached = painted <= 3e6 and during.p99 <= 2 * before.p99 and during.unseen == 0
    return [Line("200 tabs open at once, 1,000 msg/s", figure, "≤ 3 s; p99 ≤ 2 × before", reached)]
