"""Timing, and the table that is printed."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours and the rival's in the same unit. `more_is_better` for rates, else they are times."""

    what: str
    unit: str
    ours: float
    rival: float
    rival_name: str
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times better ours is."""
        return self.ours / self.rival if self.more_is_better else self.rival / self.ours


def seconds(
    work: Callable[[], object], *, prepare: Callable[[], object] = lambda: None, rounds: int = 15
) -> float:
    """The median time of `work`; `prepare` comes before each round and is not counted."""
    taken = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            prepare()
            begun = time.perf_counter()
            work()
            taken.append(time.perf_counter() - begun)
    finally:
        gc.enable()
    return median(taken)


def figure(value: float) -> str:
    """A number with as many digits as are worth reading."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | ours | rival | ratio |", "|---|---:|---:|---:|"]
    lines += [
        f"| {row.what} | {figure(row.ours)} {row.unit} | {figure(row.rival)} {row.unit}, {row.rival_name} | "
        f"**{figure(row.ratio)} ×** |"
        for row in rows
    ]
    return "\n".join(lines)
