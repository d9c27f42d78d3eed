"""The whole flow of messages, on one screen: inbox → decode → state → store → frame."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.commands import CommandFailed, CommandSent
from bridge.frames import GAP, GAP_UNDER_LOAD, Frame, FrameClock
from bridge.inbox import Arrived, Inbox, Item, Linked
from bridge.ports import Batch, Store
from bridge.quarantine import Quarantined, quarantine
from bridge.state import Change, DeviceState, State, TooManyDevices
from bridge.status import BridgeStatus, Counts, Rate
from schemas.catalog import Kinds
from schemas.decode import decode
from schemas.message import Announcement, Ignored, RawMessage, Readings, Rejected, Unclaimed

log = logging.getLogger(__name__)

BROKER_DROPPED = "$SYS/broker/publish/messages/dropped"
"""Where Mosquitto says how many messages it has dropped for clients that were away or slow."""
TICK = 1.0
"""Seconds between looks at ages, unanswered commands and rates."""
OUR_FAULT = Rejected("internal_error", "a fault of ours, see the log")
RETRY = 0.5
"""Seconds until a batch that the store did not take is offered again."""
MAX_REFUSED = 1_000
"""Refused messages that may wait for a store that fails. Beyond that nothing more is taken in."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the flow runs through."""

    inbox: Inbox
    kinds: Kinds
    state: State
    store: Store
    emit: Callable[[Frame], None]


class Ingest:
    """Runs in a thread of its own; `step` is one round of it. Everything it owns is written here alone.

    What the store does not take is kept and offered again. Meanwhile frames go on, because the latest states
    do not grow; only when too many refused messages wait does the inbox fill, by its own bound.
    """

    def __init__(
        self, parts: Parts, status: BridgeStatus, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.counts = Counts()
        self.frames = FrameClock()
        self.status = status
        self._parts = parts
        self._clock = clock
        self._rate = Rate()
        self._next_tick = clock()
        self._next_id = 1
        self._retry_at = float("-inf")
        self._devices: dict[str, DeviceState] = {}
        self._refused: list[Quarantined] = []
        self._unstored = 0

    @property
    def waiting(self) -> int:
        """Device states and refused messages that the store has not taken yet."""
        return len(self._devices) + len(self._refused)

    def restore(self) -> None:
        """Show what the store remembers, and count on from its newest refused message. Before any `step`."""
        self._parts.state.restore(self._parts.store.latest())
        self._next_id = max((entry.id for entry in self._parts.store.quarantined(limit=1)), default=0) + 1

    def step(self) -> None:
        """Wait for messages or for what is due, take a batch through, and emit a frame if it is time."""
        now = self._clock()
        waits = [self._next_tick - now]
        due = self.frames.wait(now)
        if due is not None:
            waits.append(due)
        if self.waiting:
            waits.append(self._retry_at - now)
        items = self._take(max(0.0, min(waits)))
        now = self._clock()
        if items:
            self._observe_wait(items)
            for item in items:
                try:
                    self._one(item, now)
                except Exception:
                    log.exception("our fault: could not take in %s", _named(item))
                    if isinstance(item, Arrived):
                        self._refuse(item.message, OUR_FAULT, now)
            self.counts.stages["decode"].observe(self._clock() - now)
        self._commit(now)
        if now >= self._next_tick:
            self._tick(now)
        self.frames.gap = GAP_UNDER_LOAD if len(self._parts.inbox) > 1_000 else GAP
        frame = self.frames.take(self._clock())
        if frame is not None:
            self.counts.frames += 1
            self.counts.stages["frame"].observe(self._clock() - frame.changed_at)
            self._parts.emit(frame)

    def _take(self, timeout: float) -> list[Item]:
        if len(self._refused) < MAX_REFUSED:
            return self._parts.inbox.take(timeout)
        time.sleep(timeout)
        return []

    def _one(self, item: Item, now: float) -> None:
        if isinstance(item, Arrived):
            self._message(item.message, item.transport, now)
        elif isinstance(item, Linked):
            self._linked(item, now)
        else:
            self._note(self._parts.state.commanded(item, now), now)

    def _message(self, raw: RawMessage, transport: int, now: float) -> None:
        self.counts.received += 1
        outcome = decode(raw, self._parts.kinds)
        try:
            if isinstance(outcome, Readings | Unclaimed):
                change = self._parts.state.readings(outcome, raw, transport, now)
                self._note(change, now)
                self._unstored += len(outcome.readings) if change is not None else 0
                self.counts.readings += len(outcome.readings)
                if isinstance(outcome, Readings):
                    self.counts.accepted += 1
                else:
                    self.counts.unclaimed += 1
            elif isinstance(outcome, Announcement):
                self._note(self._parts.state.announcement(outcome, transport, now), now)
                self.counts.accepted += 1
            elif isinstance(outcome, Ignored):
                self.counts.ignored += 1
                if raw.topic == BROKER_DROPPED and raw.payload.strip().isdigit():
                    self.counts.broker_dropped = int(raw.payload)
            else:
                self._refuse(raw, outcome, now)
        except TooManyDevices:
            text = f"it would be one more than {self._parts.state.max_devices:,} devices"
            self._refuse(raw, Rejected("too_many_devices", text), now)

    def _linked(self, link: Linked, now: float) -> None:
        up, detail = link.connection.up, link.connection.detail
        if link.transport == 0:
            self.status = replace(self.status, broker_up=up, broker_detail=detail)
            self.frames.status(self.status, now)
        for change in self._parts.state.connection(link.transport, up=up, detail=detail, now=now):
            self._note(change, now)

    def _note(self, change: Change | None, now: float) -> None:
        if change is not None:
            self._devices[change.device.id] = change.device
            self.frames.change(change, now)

    def _refuse(self, raw: RawMessage, why: Rejected, now: float) -> None:
        self.counts.quarantined[why.code] += 1
        self._refused.append(quarantine(self._next_id, raw, why))
        self._next_id += 1
        self.frames.quarantined(now)

    def _commit(self, now: float) -> None:
        if not self.waiting or now < self._retry_at:
            return
        began = self._clock()
        try:
            self._parts.store.commit(Batch(tuple(self._devices.values()), tuple(self._refused)))
        except Exception as error:
            self._retry_at = now + RETRY
            fault = f"the store failed ({type(error).__name__}); what it did not take is offered again"
            if fault != self.status.store_fault:
                log.exception("our fault: %s", fault)
            self._store(fault, now)
            return
        self.counts.stages["commit"].observe(self._clock() - began)
        self.counts.stored += self._unstored
        self._unstored = 0
        self._devices.clear()
        self._refused.clear()
        self._store("", now)

    def _store(self, fault: str, now: float) -> None:
        if fault != self.status.store_fault:
            self.status = replace(self.status, store_fault=fault)
            self.frames.status(self.status, now)

    def _tick(self, now: float) -> None:
        self._next_tick = now + TICK
        for change in self._parts.state.judge_all(now):
            self._note(change, now)
        self._commit(now)
        inbox, counts = self._parts.inbox, self.counts
        status = replace(
            self.status,
            received=counts.received,
            quarantined=counts.quarantined.total(),
            unclaimed=counts.unclaimed,
            rate=round(self._rate.update(counts.received, now), 1),
            inbox_depth=len(inbox),
            inbox_limit=inbox.max_items,
            inbox_dropped=inbox.dropped,
            frames=counts.frames,
            merged=self.frames.merged,
        )
        # A frame that tells of nothing but the frame before would call for the next one, for ever.
        news = replace(status, frames=self.status.frames) != self.status
        self.status = status
        if news:
            self.frames.status(status, now)

    def _observe_wait(self, items: list[Item]) -> None:
        oldest = next((i.message.received_at for i in items if isinstance(i, Arrived)), None)
        if oldest is not None:
            self.counts.stages["receive"].observe(max(0.0, time.time() - oldest))


def _named(item: Item) -> str:
    if isinstance(item, Arrived):
        return f"a message on {item.message.topic!r}"
    if isinstance(item, CommandSent | CommandFailed):
        return f"a command for {item.device_id}"
    return "news of a connection"
