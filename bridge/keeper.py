"""The writing thread: batches go to the store in order, and what is committed is acknowledged."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Protocol, TypeVar

from bridge.apart import STEPS, UNSTORABLE, Step
from bridge.inbox import Kept
from bridge.load import Load, together
from bridge.ports import Store
from bridge.status import Histogram

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY = 0.5
"""Seconds until a batch that the store did not take is offered again."""
TOGETHER = 10_000
"""Messages that are committed together at the most."""
APART = 0.5
"""Seconds between two commits to a disk while little comes: at once after silence, then more gathers."""
ENOUGH = 1_000
"""Messages that are committed however little time has gone by."""
ENOUGH_OWED = 10
"""Acknowledgements, likewise; or as many as were ever owed at once. A broker that lets only a few messages be
on their way, as some do with one, must not wait for us."""
TEND_EVERY = 5.0
"""Seconds between two looks at what is to be rolled up or removed. While there is more to do, the pause
between two slices of it is ten times as long as a slice took."""
SLICE = 0.05


class Around(Protocol):
    """What the keeper does when a batch is committed."""

    def acknowledge(self, transport: int, connection: int, packet_ids: Sequence[int]) -> None: ...

    def settle(self, count: int, size: int) -> None: ...

    def tell(self, news: Kept) -> None: ...


class Keeper:
    """Owns the writing side of the store. `put`, `ask`, `stop` and `oldest` may be used from any thread.

    Two commits to a store that is durable are `apart` seconds from each other, unless much waits.

    Bound: it takes what it is given; the inbox counts it until it is settled here, and stops the reading.
    """

    def __init__(self, store: Store, around: Around, commits: Histogram, apart: float = APART) -> None:
        self._store = store
        self._around = around
        self._commits = commits
        self._apart = apart if store.durable else 0.0
        self._loads: deque[Load] = deque()
        self._resting = False
        self._count = self._owed = 0
        self._most_owed = 1
        self._asked: deque[tuple[Callable[[], object], Future[object]]] = deque()
        self._lock = threading.Lock()
        self._writing = threading.RLock()
        self._running = False
        self._wake = threading.Event()
        self._current: Load | None = None
        self._fault = ""
        self._ending = False
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    @property
    def waiting(self) -> int:
        """Loads that are not committed yet."""
        with self._lock:
            return len(self._loads) + (self._current is not None)

    @property
    def oldest(self) -> float | None:
        """The monotonic time since when the oldest load waits to be committed, None without one."""
        with self._lock:
            loads = [self._current] if self._current is not None else list(self._loads)
        return next((load.since for load in loads if load.since is not None), None)

    @property
    def gathering(self) -> bool:
        """Whether it lets what comes gather, so that it is not woken by little."""
        return self._resting

    def start(self) -> None:
        """Begin to write."""
        self._running = True
        self._thread.start()

    def put(self, load: Load) -> None:
        """Keep this, after all that was put before."""
        with self._lock:
            self._loads.append(load)
            self._count += load.count
            self._owed += len(load.acknowledge)
            waits = self._resting and not self._enough()
            self._most_owed = max(self._most_owed, self._owed)
        if not waits:
            self._wake.set()

    def ask(self, work: Callable[[], T]) -> T:
        """Do something on the writing thread, between two commits; what it returns or raises.

        Blocks the caller. Without a running thread it is done by the caller, one at a time.
        """
        answer: Future[object] = Future()
        with self._lock:
            # Asked and ended under one lock: what is in the queue when the thread ends is still answered.
            queued = self._running and threading.current_thread() is not self._thread
            if queued:
                self._asked.append((work, answer))
        if not queued:
            with self._writing:
                return work()
        self._wake.set()
        return answer.result()  # type: ignore[return-value]

    def stop(self, within: float) -> bool:
        """Commit what was put, and end; whether all of it was committed within so many seconds.

        May be called again for what was put afterwards, which is then committed by the caller.
        """
        self._give_up_at = time.monotonic() + within
        self._ending = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(within + 1)
        else:
            with self._writing:
                self._write()
        return self.waiting == 0

    def _run(self) -> None:
        with self._writing:
            try:
                self._write()
            finally:
                with self._lock:
                    self._running = False
                self._serve()

    def _write(self) -> None:
        next_tend = time.monotonic() + TEND_EVERY
        while True:
            self._wake.wait(max(0.0, next_tend - time.monotonic()) if not self._ending else 0)
            self._wake.clear()
            self._serve()
            while self._loads and not self._past_end():
                self._commit(self._gather())
                self._rest()
                self._serve()
                if time.monotonic() >= next_tend:
                    next_tend = self._tend()
            if self._ending and (not self._loads or self._past_end()):
                self._serve()
                return
            if time.monotonic() >= next_tend:
                next_tend = self._tend()

    def _rest(self) -> None:
        """Let what comes gather, unless something is asked, or enough waits, or it comes to the end."""
        self._wake.clear()
        with self._lock:
            self._resting = not (self._asked or self._ending or self._enough()) and self._apart > 0
        if self._resting:
            self._wake.wait(self._apart)
            with self._lock:
                self._resting = False

    def _enough(self) -> bool:
        return self._owed >= min(ENOUGH_OWED, self._most_owed) or self._count >= ENOUGH

    def _past_end(self) -> bool:
        return time.monotonic() > self._give_up_at

    def _serve(self) -> None:
        while self._asked:
            work, answer = self._asked.popleft()
            try:
                answer.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
                answer.set_exception(error)

    def _gather(self) -> Load:
        """What waits, as one load."""
        with self._lock:
            loads = [self._loads.popleft()]
            count = loads[0].count
            while (
                self._loads
                and count + self._loads[0].count <= TOGETHER
                and not (loads[0].done or self._loads[0].done)
            ):
                loads.append(self._loads.popleft())
                count += loads[-1].count
            self._count = sum(load.count for load in self._loads)
            self._owed = sum(len(load.acknowledge) for load in self._loads)
            self._current = loads[0]
        self._current = load = together(loads)
        return load

    def _commit(self, load: Load) -> None:
        """Until the store has taken it, or the time to end is over."""
        new = 0
        steps = iter(STEPS)
        step: Step | None = None
        while True:
            try:
                if step is not None:
                    load, kept = step(self._store, load)
                    new += kept
                    step = None
                new += self._store.commit(load.batch)
                break
            except Exception as error:
                if isinstance(error, UNSTORABLE) and step is None and (step := next(steps, None)) is not None:
                    log.error("our fault: the store cannot hold a batch; it is taken apart", exc_info=error)  # noqa: TRY400 - the traceback of one branch
                    continue
                self._failed(error)
                if self._past_end():
                    # Back to where it was: what comes after it must not be committed, and perhaps with it the
                    # acknowledgement of a redelivery, before it is.
                    with self._lock:
                        self._loads.appendleft(load)
                        self._count += load.count
                        self._owed += len(load.acknowledge)
                        self._current = None
                    return
                self._pause()
        now = time.monotonic()
        for at, count in load.handed:
            self._commits.observe(max(0.0, now - at), count)
        for transport, connection, packet_ids in _runs(load.acknowledge):
            with _unharmed():
                self._around.acknowledge(transport, connection, packet_ids)
        with _unharmed():
            self._around.settle(load.count, load.size)
        self._current = None
        if load.done is not None:
            with _unharmed():
                load.done()
        if self._fault:
            log.warning("the store takes what it is given again")
            self._fault = ""
        with _unharmed():
            self._around.tell(Kept(new, bool(load.batch.quarantined or load.batch.released)))

    def _pause(self) -> None:
        """Wait before the next try, however much is put meanwhile; what is asked is done."""
        until = time.monotonic() + RETRY
        while (left := min(until, self._give_up_at) - time.monotonic()) > 0:
            self._serve()
            self._wake.wait(left)
            self._wake.clear()
        self._serve()

    def _failed(self, error: Exception) -> None:
        fault = " ".join(str(error).split()) or type(error).__name__
        if fault != self._fault:
            log.error("the store cannot be written, what it did not take is offered again: %s", fault)
            log.debug("the store's fault", exc_info=error)
            self._fault = fault
            with _unharmed():
                self._around.tell(Kept(fault=fault))

    def _tend(self) -> float:
        """One slice of it; when the next one is due."""
        began = time.monotonic()
        try:
            more = self._store.tend(time.time(), SLICE)
        except Exception as error:  # noqa: BLE001 - it is tried again
            log.warning("the store could not be tended: %s", error)
            more = False
        took = time.monotonic() - began
        return time.monotonic() + (10 * took if more else TEND_EVERY)


@contextmanager
def _unharmed() -> Iterator[None]:
    """Whatever fails around a commit, the writing goes on: the broker sends again what it was not told of."""
    try:
        yield
    except Exception:
        log.exception("our fault: what was committed could not be told")


def _runs(acknowledge: Iterable[tuple[int, int, int]]) -> Iterable[tuple[int, int, list[int]]]:
    """Packet ids that go to the same connection, in order."""
    runs: dict[tuple[int, int], list[int]] = {}
    for transport, connection, packet_id in acknowledge:
        runs.setdefault((transport, connection), []).append(packet_id)
    for (transport, connection), packet_ids in runs.items():
        yield transport, connection, packet_ids
