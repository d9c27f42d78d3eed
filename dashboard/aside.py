"""Work that may wait for the disk, done beside the web loop."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

THREADS = 3
KEPT = 512
"""Answers that are remembered; of more, those that were asked for the longest ago go."""
PACE = 0.5
"""Seconds from the end of a reading until the same may be read again."""
SHARE = 4
"""Or as many times as long as the reading took, whichever is longer."""
PACE_AFTER_FAULT = 2.0


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What came of it: a value, or the `fault` in one line, beside the value of before if there was one."""

    value: T | None = None
    fault: str = ""


@dataclass(slots=True)
class _Known:
    found: Found[Any] | None = None
    version: object = None
    due: float = 0.0
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None


def tag(name: str) -> str:
    """What is announced when there is news under a name."""
    return f"aside/{name}"


class Aside:
    """Runs blocking work in a few threads, and announces `tag(name)` when there is news under a name.

    To be used on the web loop, where nothing of this waits. Bounds: `THREADS` at once, a name once at a time.
    """

    def __init__(self, announce: Callable[[Iterable[str]], None] = lambda _tags: None) -> None:
        self.announce = announce
        self._known: dict[str, _Known] = {}
        self._doing: dict[str, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aside")

    def look(self, name: str, version: object, work: Callable[[], T]) -> Found[T] | None:
        """The last that was read under this name, None before that.

        If it is of another version, it is read anew beside the loop: whoever follows `tag(name)` is told, and
        looks again. While nobody looks, nothing is read.
        """
        known = self._known.pop(name, None) or _Known()
        self._known[name] = known
        if known.found is None or known.version != version:
            self._read_soon(name, known, version, work)
        for other in list(self._known)[: max(0, len(self._known) - KEPT)]:
            if self._known[other].task is None:
                _quiet(self._known.pop(other))
        return known.found

    def do(self, name: str, work: Callable[[], T], then: Callable[[Found[T]], None]) -> bool:
        """Do this once, and hand what came of it to `then`, on the loop. False: the same is under way."""
        if name in self._doing:
            return False
        self._doing[name] = asyncio.create_task(self._do(name, work, then), name=f"aside {name}")
        self.announce({tag(name)})
        return True

    def busy(self, name: str) -> bool:
        """Whether something is being done under this name."""
        return name in self._doing

    def close(self) -> None:
        """Begin nothing more, and tell nobody of what is still under way."""
        for known in self._known.values():
            _quiet(known)
        for task in [*self._doing.values(), *(k.task for k in self._known.values() if k.task is not None)]:
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read_soon(self, name: str, known: _Known, version: object, work: Callable[[], T]) -> None:
        if known.task is not None or known.timer is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < known.due:
            known.timer = loop.call_at(known.due, self._remind, name, known)
        else:
            reading = self._read(name, known, version, work)
            known.task = asyncio.create_task(reading, name=f"aside reads {name}")

    def _remind(self, name: str, known: _Known) -> None:
        known.timer = None
        self.announce({tag(name)})

    async def _read(self, name: str, known: _Known, version: object, work: Callable[[], T]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        found = await self._work(work)
        known.task, ended = None, loop.time()
        failed = known.found is not None and bool(known.found.fault)
        # Once for as long as it lasts, since it is tried again and again while somebody looks.
        if found.fault and not failed:
            log.warning("'%s' cannot be read: %s", name, found.fault)
        elif failed and not found.fault:
            log.info("'%s' can be read again", name)
        if found.fault:
            known.found = Found(known.found.value if known.found is not None else None, found.fault)
            # Of no version: it is tried again, as long as somebody looks.
            known.version, known.due = object(), ended + PACE_AFTER_FAULT
            known.timer = loop.call_at(known.due, self._remind, name, known)
        else:
            known.found, known.version = found, version
            known.due = ended + max(PACE, SHARE * (ended - began))
        self.announce({tag(name)})

    async def _do(self, name: str, work: Callable[[], T], then: Callable[[Found[T]], None]) -> None:
        found = await self._work(work)
        if found.fault:
            log.warning("'%s' failed: %s", name, found.fault)
        del self._doing[name]
        self.announce({tag(name)})
        try:
            then(found)
        except Exception:
            log.exception("our fault: nobody could be told what came of '%s'", name)

    async def _work(self, work: Callable[[], T]) -> Found[T]:
        try:
            return Found(await asyncio.get_running_loop().run_in_executor(self._threads, work))
        except Exception as error:
            log.debug("beside the loop", exc_info=True)
            return Found(None, " ".join(str(error).split()) or type(error).__name__)


def _quiet(known: _Known) -> None:
    if known.timer is not None:
        known.timer.cancel()
        known.timer = None
