"""How far a long piece of work is, on standard error, for a person who watches."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE = 0.5
"""Seconds of work without a bar: what is done at once needs none."""


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar while this lasts; tell it how much is done, and of how much. None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = bar.add_task(what, total=None)
    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        if not bar.live.is_started and time.monotonic() - began > PATIENCE:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield tell
    finally:
        bar.stop()
