"""The rows about live values: what they cost, how fresh they are, and how many can be told."""

import contextlib
import sys
from collections.abc import Sequence
from statistics import median

from benchmarks.fanout.gauge import names, ring
from benchmarks.fanout.lines import Line
from benchmarks.fanout.rig import SECONDS, Span, measured, server
from benchmarks.fanout.swarm import Swarm
from dashboard.views.overview import PER_PAGE

HIGHEST = 60_000
"""Messages a second beyond which no higher rate is tried."""
CLOSE = 1.15
"""How near the highest rate that held and the lowest that did not must come."""
TURNS = 5


async def _at(
    name: str, sessions: int, rate: float, *, devices: int = 20, routes: Sequence[str] = ()
) -> Span:
    """One span of a rival with so many sessions."""
    with server(name, devices, BENCH_NEW_SESSIONS="1000") as rival:
        swarm = Swarm(rival.port, rival.zero)
        await swarm.open_all(routes or ["/"] * sessions, cards=1 if routes else min(devices, PER_PAGE))
        span = await measured(rival, swarm, rate, shown=[_shown(route, devices) for route in routes] or None)
        swarm.close()
    return span


def _shown(route: str, devices: int) -> set[int]:
    """The devices on the screen of that address."""
    asked, _, value = route.removeprefix("/?").partition("=")
    if asked == "page":
        first = (int(value) - 1) * PER_PAGE
        in_order = sorted(range(devices), key=names(devices).__getitem__)
        return set(in_order[first : first + PER_PAGE])
    # An empty text is in every name, as it is for the search field.
    return {number for number, name in enumerate(names(devices)) if value in name}


async def cost_50() -> list[Line]:
    """50 sessions, 100 msg/s: CPU a message against the floor."""
    mine, theirs = await _in_turns(("ours", ["/"] * 50), ("floor", ["/"] * 50))
    ratio = mine / theirs
    figure = f"{mine:,.0f} µs, floor {theirs:,.0f} µs: {ratio:.2f} ×"
    return [Line("50 sessions, 100 msg/s: CPU a message", figure, "≤ 0.7 × floor", ratio <= 0.7)]


async def _in_turns(*contestants: tuple[str, Sequence[str]]) -> list[float]:
    """The median CPU a message of each rival with its routes.

    In turns, because what else this machine does changes from one second to the next.
    """
    spent: list[list[float]] = [[] for _ in contestants]
    with contextlib.ExitStack() as stack:
        rivals = [
            stack.enter_context(server(name, BENCH_NEW_SESSIONS="1000")) for name, _routes in contestants
        ]
        swarms = [Swarm(rival.port, rival.zero) for rival in rivals]
        for swarm, (_name, routes) in zip(swarms, contestants, strict=True):
            await swarm.open_all(routes, cards=1)
        for _ in range(TURNS):
            for costs, rival, swarm, (_name, routes) in zip(spent, rivals, swarms, contestants, strict=True):
                shown = [_shown(route, 20) for route in routes]
                span = await measured(rival, swarm, 100, seconds=SECONDS / 2, shown=shown)
                assert span.fresh.unseen == 0, f"{rival.name}: {span.fresh.unseen:.2%} was never seen"
                costs.append(span.cpu_a_message)
        for swarm in swarms:
            swarm.close()
    return [median(costs) for costs in spent]


async def fresh_100() -> list[Line]:
    """100 sessions, 100 msg/s."""
    return [await _fresh(100, 100)]


async def sessions_1000() -> list[Line]:
    """1,000 sessions, 100 msg/s."""
    return [await _fresh(1_000, 250, 0.7)]


async def sessions_2000() -> list[Line]:
    """2,000 sessions, 100 msg/s."""
    return [await _fresh(2_000, 500)]


async def _fresh(sessions: int, p99: float, share: float | None = None) -> Line:
    span = await _at("ours", sessions, 100)
    fresh = span.fresh
    figure = (
        f"p50 {fresh.p50:.0f}, p99 {fresh.p99:.0f}, worst {fresh.worst:.0f} ms, "
        f"never seen {fresh.unseen:.2%}, "
        f"{span.share:.2f} core, {span.cpu_a_message:,.0f} µs a message, {span.frames:.0f} frames/s"
    )
    goal = f"p99 ≤ {p99:.0f} ms, nothing never seen" + (f", ≤ {share} core" if share else "")
    reached = fresh.p99 <= p99 and fresh.unseen == 0 and (share is None or span.share <= share)
    return Line(f"{sessions:,} sessions, 100 msg/s", figure, goal, reached)


async def highest() -> list[Line]:
    """50 sessions: the highest rate with p99 below a second, for each rival."""
    found = {
        name: await _highest(name, begin) for name, begin in (("ours", 2_000), ("floor", 250), ("article", 2))
    }
    ours, floor, article = found["ours"], found["floor"], found["article"]
    figure = (
        f"{ours:,.0f} msg/s, floor {floor:,.0f} ({ours / floor:.0f} ×), "
        f"article {article:,.1f} ({ours / article:,.0f} ×)"
    )
    reached = ours >= 1_000 * article and ours >= 5 * floor
    goal = "≥ 1,000 × article, ≥ 5 × floor"
    return [Line("50 sessions: highest rate with p99 < 1 s, nothing never seen", figure, goal, reached)]


async def _highest(name: str, begin: float) -> float:
    good, bad, rate = 0.0, 0.0, begin
    while rate <= HIGHEST:
        if await _holds(name, rate):
            good, rate = rate, rate * 2 if not bad else (rate * bad) ** 0.5
        else:
            bad, rate = rate, (good * rate) ** 0.5 if good else rate / 2
        if (good and bad and bad / good <= CLOSE) or rate < 0.2:
            break
    return good or rate


async def _holds(name: str, rate: float) -> bool:
    """Whether everything is seen, within a second but for one in a hundred."""
    with server(name) as rival:
        swarm = Swarm(rival.port, rival.zero)
        await swarm.open_all(["/"] * 50)
        span = await measured(rival, swarm, rate, seconds=max(5.0, 10 / rate))
        swarm.close()
    fresh = span.fresh
    print(
        f"    {name} at {rate:,.1f}/s: p99 {fresh.p99:,.0f} ms, never seen {fresh.unseen:.1%}, "
        f"{span.rate:,.1f} came",
        file=sys.stderr,
    )
    # A feed that does not come to its rate shows nothing of what would be if it did.
    return fresh.p99 < 1_000 and fresh.unseen == 0 and span.rate > 0.85 * rate


async def filters() -> list[Line]:
    """50 sessions, each with another filter, against 50 with the same."""
    # Ten, nine or eight of the 20 devices fit, a different choice each time.
    asked = [ring(begin, 1 + turn) for turn in range(3) for begin in range(20)][:50]
    same = [f"/?q={ring(0, 2)}"] * 50
    other, equal = await _in_turns(("ours", [f"/?q={text}" for text in asked]), ("ours", same))
    ratio = other / equal
    figure = f"{other:,.0f} µs a message, equal layouts {equal:,.0f} µs: {ratio:.2f} ×"
    return [Line("50 sessions, each with another filter", figure, "≤ 2 × equal layouts", ratio <= 2)]


async def one() -> list[Line]:
    """1 session, 10 msg/s: at once."""
    own, bare = await _at("ours", 1, 10), await _at("floor", 1, 10)
    figure = f"p50 {own.fresh.p50:.1f} ms, floor {bare.fresh.p50:.1f} ms"
    return [Line("1 session, 10 msg/s", figure, "p50 ≤ 2 × floor", own.fresh.p50 <= 2 * bare.fresh.p50)]


async def many_devices() -> list[Line]:
    """500 devices against 20: CPU an update, with as many sessions on each page."""
    few = await _at("ours", 50, 100)
    many = await _at("ours", 50, 100, devices=500, routes=[f"/?page={1 + n % 5}" for n in range(50)])
    ratio = many.cpu_a_message / few.cpu_a_message
    figure = (
        f"{many.cpu_a_message:,.0f} µs, with 20 devices {few.cpu_a_message:,.0f} µs: {ratio:.2f} ×"
        f"; never seen {many.fresh.unseen:.2%}"
    )
    reached = ratio <= 1.5 and many.fresh.unseen == 0
    return [Line("500 devices on 5 pages against 20: CPU an update", figure, "≤ 1.5 ×", reached)]
