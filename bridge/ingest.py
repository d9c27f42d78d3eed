"""The whole flow of messages, on one screen: inbox → known? → decode → state → what to keep → frame."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bridge.album import Album
from bridge.clock import receipt_clock
from bridge.commands import CommandRecord, Note
from bridge.frames import GAP, GAP_UNDER_LOAD, Frame, FrameClock, Trace
from bridge.inbox import Arrived, Control, Forget, Inbox, Item, Kept, Linked, Published, Relabelled
from bridge.load import Draft, Load
from bridge.ports import Batch, Forgotten, Heard, Pictured, Receipt
from bridge.quarantine import quarantine
from bridge.record import kept_of
from bridge.repeats import Repeats
from bridge.state import Change, DeviceState, State, TooMany
from bridge.status import BridgeStatus, Counts, Rate
from bridge.topics import Topics
from schemas.catalog import Kinds
from schemas.decode import decode
from schemas.message import Announcement, Ignored, Outcome, RawMessage, Readings, Rejected, Unclaimed

log = logging.getLogger(__name__)

BROKER_DROPPED = "$SYS/broker/publish/messages/dropped"
"""Where Mosquitto says how many messages it has dropped for clients that were away or slow."""
TICK = 1.0
"""Seconds between looks at ages, unanswered commands and rates, and between two keepings of latest states."""
OUR_FAULT = Rejected("internal_error", "a fault of ours, see the log")
BEHIND = 3.0
"""Seconds by which the store may be behind; beyond that latest states wait, of which only the last counts."""
NEWS_AHEAD = 50_000
"""Changes of availability and commands that came of no message, and so are not counted by the inbox, which
may wait for a store that does not work. Beyond it they are not kept, but shown."""
AFTER_YOU = 0.004
"""Seconds that the screens have, after a frame, before the writing thread is given something to do."""
GRAIN = 0.001
"""Seconds within which messages are taken to have been received together, when their way is timed."""
LOADED = 2_000
"""Messages that are not kept yet from which on frames are further apart: more than the keeper lets gather."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the flow runs through. `keep` takes what is to be committed, and does not wait for the disk."""

    inbox: Inbox
    kinds: Kinds
    state: State
    keep: Callable[[Load], None]
    emit: Callable[[Frame], None]
    behind: Callable[[], float | None] = lambda: None
    """The monotonic time since when the oldest of what `keep` took is not committed."""
    gathering: Callable[[], bool] = lambda: False
    """Whether what `keep` takes now wakes nobody."""
    album: Album = field(default_factory=Album)
    """Shows the newest pictures, before the store has them."""


class Ingest:
    """Runs in a thread of its own; `step` is one round of it. Everything it owns is written here alone.

    Frames wait neither for the disk nor for a browser. What was taken from the inbox goes to `keep` at the
    end of the same round, with everything that the broker may be told once it is committed.
    """

    def __init__(
        self,
        parts: Parts,
        status: BridgeStatus,
        counts: Counts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = counts
        self.frames = FrameClock()
        self.status = status
        self.topics = Topics(parts.kinds, clock)
        self._parts = parts
        self._clock = clock
        self._rate = Rate()
        self._next_tick = clock()
        self._repeats = Repeats()
        self._changed: dict[str, DeviceState] = {}
        self._draft = Draft()
        self._heard: defaultdict[str, list[tuple[RawMessage, Outcome]]] = defaultdict(list)
        self._news_ahead = 0
        self._noted = 0

    def restore(
        self,
        devices: Iterable[DeviceState],
        receipts: Iterable[Receipt],
        unanswered: Iterable[CommandRecord] = (),
    ) -> None:
        """Show what the store remembers, and know what the first transport delivered. Before any `step`.

        Commands that an earlier run left `unanswered` have timed out by now.
        """
        self._parts.state.restore(devices)
        self._repeats.restore(receipts)
        self._parts.state.ledger.restore(unanswered, receipt_clock())

    def step(self) -> None:
        """Wait for messages or for what is due, take a batch through, and emit a frame if it is time.

        After a frame messages gather until the next one may be: nobody would see them sooner, and the store
        takes them together.
        """
        now = self._clock()
        self._parts.inbox.rest(self.frames.rest(now))
        now = self._clock()
        wait = self._next_tick - now
        due = self.frames.wait(now)
        if due is not None:
            wait = min(wait, due)
        items = self._parts.inbox.take(max(0.0, wait))
        now = self._clock()
        if items:
            self._take_in(items, now)
            self._tell_topics(now)
        if now >= self._next_tick:
            self._tick(now)
        self.frames.gap = GAP_UNDER_LOAD if self._parts.inbox.depth > LOADED else GAP
        frame = self.frames.take(self._clock())
        if frame is not None:
            self.counts.frames += 1
            for trace in frame.traces:
                self.counts.stages["frame"].observe(frame.framed - trace.decoded, trace.count)
            self._parts.emit(frame)
            if not self._parts.gathering():
                self._parts.inbox.rest(AFTER_YOU)
        self._hand_over()

    def flush(self) -> None:
        """Hand over all latest states, as at the end."""
        self._keep_states()
        self._hand_over()

    def _take_in(self, items: list[Item], now: float) -> None:
        stages, taken = self.counts.stages, 0
        shown: list[tuple[float, int]] = []
        for item in items:
            if isinstance(item, Arrived):
                self._draft.settles(item)
                stages["receive"].observe(max(0.0, now - item.at), len(item.messages))
                taken += len(item.messages)
                before = self._noted
                for message in item.messages:
                    try:
                        self._message(message, item.transport, now)
                    except (Exception, SystemExit):
                        log.exception("our fault: could not take in a message on %r", message.topic)
                        self._refuse(message, OUR_FAULT)
                if self._noted > before:
                    count = self._noted - before
                    if shown and item.at - shown[-1][0] < GRAIN:
                        shown[-1] = (shown[-1][0], shown[-1][1] + count)
                    else:
                        shown.append((item.at, count))
            else:
                try:
                    self._news(item, now)
                except Exception:
                    log.exception("our fault: could not take in %s", _named(item))
        if taken:
            decoded = self._clock()
            stages["decode"].observe(decoded - now, taken)
            for received, count in shown:
                self.frames.trace(Trace(received, decoded, count))

    def _tell_topics(self, now: float) -> None:
        heard, self._heard = self._heard, defaultdict(list)
        try:
            self.topics.heard(heard, now)
        except Exception:
            log.exception("our fault: the table of topics lacks some messages")

    def _message(self, raw: RawMessage, transport: int, now: float) -> None:
        self.counts.received += 1
        if raw.packet_id:
            self._draft.acknowledge.append((transport, raw.connection, raw.packet_id))
            if self._delivered_before(raw, transport):
                return
        outcome = decode(raw, self._parts.kinds)
        self._heard[raw.topic].append((raw, outcome))
        if isinstance(outcome, Rejected):
            self._refuse(raw, outcome)
        elif isinstance(outcome, Ignored):
            self._ignored(raw)
        elif isinstance(outcome, Readings) and self._repeats.said(raw, outcome):
            self.counts.repeated += 1
        else:
            if not raw.payload and self._clears(outcome):
                self.counts.ignored += 1
                return
            try:
                self._understood(raw, outcome, transport, now)
            except TooMany as error:
                self._refuse(raw, Rejected(error.code, str(error)))

    def _understood(
        self, raw: RawMessage, outcome: Readings | Unclaimed | Announcement, transport: int, now: float
    ) -> None:
        state, counts, draft = self._parts.state, self.counts, self._draft
        if isinstance(outcome, Announcement):
            self._note(state.announcement(outcome, transport, now), now, raw.received_at)
            counts.accepted += 1
            return
        change = state.readings(outcome, raw, transport, now)
        if change is not None and outcome.pictures:
            self._picture(outcome, raw)
        self._note(change, now, raw.received_at)
        record, unread = kept_of(raw, outcome)
        if record is not None:
            draft.records.append(record)
            draft.messages.append(raw)
        if unread is not None:
            draft.unread.append(unread)
        counts.readings += len(outcome.readings)
        if isinstance(outcome, Readings):
            counts.accepted += 1
        else:
            counts.unclaimed += 1

    def _picture(self, outcome: Readings | Unclaimed, raw: RawMessage) -> None:
        """In the album before anybody hears of it, so that who then asks has the new one."""
        new = [Pictured(outcome.device_id, name, raw.received_at, one) for name, one in outcome.pictures]
        self._parts.album.put(new)
        self._draft.pictures.extend(new)

    def _ignored(self, raw: RawMessage) -> None:
        self.counts.ignored += 1
        if raw.topic == BROKER_DROPPED and raw.payload.strip().isdigit():
            self.counts.broker_dropped = int(raw.payload)

    def _delivered_before(self, raw: RawMessage, transport: int) -> bool:
        receipt = self._repeats.receipt(raw, transport)
        if receipt is None:
            self.counts.repeated += 1
            return True
        if transport == 0:
            self._draft.receipts.append(receipt)
        return False

    def _clears(self, outcome: Readings | Unclaimed | Announcement) -> bool:
        """Whether an empty message on an unclaimed topic clears what the broker had retained there.

        It does where something else was heard before; on a topic that was silent it is all that is said.
        """
        known = self._parts.state.devices.get(outcome.device_id)
        if known is not None:
            return bool(known.last_payload)
        return self._repeats.echoes(outcome.device_id)

    def _news(self, item: Control, now: float) -> None:
        if isinstance(item, Linked):
            self._linked(item, now)
        elif isinstance(item, Published):
            # What came before it in this round goes first.
            self._tell_topics(now)
            self.topics.published(item.topic, retained=item.retained)
        elif isinstance(item, Kept):
            self._kept(item, now)
        elif isinstance(item, Forget):
            self._forget(item, now)
        elif isinstance(item, Relabelled):
            found = [self._parts.state.devices.get(device_id) for device_id in item.device_ids]
            self._note_all([Change(device) for device in found if device is not None], now)
        else:
            self._note(self._parts.state.commanded(item, now), now, receipt_clock())

    def _forget(self, item: Forget, now: float) -> None:
        """What was said before goes to the store before it, and what is said after it afterwards."""
        self._hand_over()
        device = self._parts.state.forget(item.device_id)
        if device is not None:
            self.frames.gone(device, now)
        self._changed.pop(item.device_id, None)
        self._repeats.forget(item.device_id, cleared=item.cleared)
        self._parts.album.forget(item.device_id)
        at = receipt_clock()
        if device is not None:
            # Later where the computer's clock was set back far since.
            at = max(at, *(metric.received_at for metric in device.metrics.values()), device.seen_at or 0.0)
        self._parts.state.ledger.forget(item.device_id, at, history=item.history)
        gone = Forgotten(item.device_id, at, item.history)
        self._parts.keep(Load(Batch(forgotten=[gone]), since=now, done=item.done))

    def _linked(self, link: Linked, now: float) -> None:
        up, detail = link.connection.up, link.connection.detail
        if link.connection.fresh:
            receipt = self._repeats.afresh(link.transport)
            if link.transport == 0:
                self._draft.receipts.append(receipt)
        if link.transport == 0:
            self.status = replace(self.status, broker_up=up, broker_detail=detail)
            self.frames.status(self.status, now)
        self._note_all(self._parts.state.connection(link.transport, up=up, detail=detail, now=now), now)

    def _kept(self, kept: Kept, now: float) -> None:
        self.counts.stored += kept.readings
        if not kept.fault:
            self._news_ahead = 0
        if kept.quarantine:
            self.frames.quarantined(now)
        if kept.fault != self.status.store_fault:
            self.status = replace(self.status, store_fault=kept.fault)
            self.frames.status(self.status, now)

    def _note(self, change: Change | None, now: float, at: float) -> None:
        if change is not None:
            device = change.device
            self._changed[device.id] = device
            self.frames.change(change, now)
            self._noted += 1
            if change.moved:
                presence = device.presence
                self._draft.heard.append(Heard(device.id, at, presence.availability, presence.reason))

    def _note_all(self, changes: Iterable[Change], now: float) -> None:
        """Changes that came of no message."""
        at = receipt_clock()
        for change in changes:
            moved = change.moved and self._worth_keeping()
            self._note(change._replace(moved=moved), now, at)

    def _worth_keeping(self) -> bool:
        self._news_ahead += 1
        if self._news_ahead == NEWS_AHEAD + 1:
            log.warning("the store is so far behind that changes of availability and commands are not kept")
        return self._news_ahead <= NEWS_AHEAD

    def _refuse(self, raw: RawMessage, why: Rejected) -> None:
        self.counts.quarantined[why.code] += 1
        self._draft.quarantined.append(quarantine(raw, why))
        heard = self._heard[raw.topic]
        if heard and heard[-1][0] is raw:
            # What it was taken for before it turned out to be too much, or our fault.
            heard.pop()
        heard.append((raw, why))

    def _keep_states(self) -> None:
        self._draft.devices.extend(self._changed.values())
        self._changed.clear()

    def _hand_over(self) -> None:
        news = self._parts.state.ledger.take()
        self._draft.commanded.extend([record for record in news if self._worth_keeping()])
        if self._draft.count or self._draft.others:
            self._parts.keep(self._draft.load(self._clock()))
            self._draft = Draft()

    def _tick(self, now: float) -> None:
        self._next_tick = now + TICK
        self._note_all(self._parts.state.judge_all(now), now)
        inbox, counts = self._parts.inbox, self.counts
        behind = self._parts.behind()
        if behind is None or now - behind < BEHIND:
            self._keep_states()
        waits = [since for since in (behind, inbox.oldest) if since is not None]
        status = replace(
            self.status,
            received=counts.received,
            repeated=counts.repeated,
            quarantined=counts.quarantined.total(),
            unclaimed=counts.unclaimed,
            rate=round(self._rate.update(counts.received, now), 1),
            waiting=inbox.depth,
            unread=inbox.unread,
            mark=inbox.mark_items,
            paused=inbox.full,
            lag=round(max(0.0, now - min(waits)), 1) if waits and inbox.depth else 0.0,
            stored=counts.stored,
            broker_dropped=counts.broker_dropped,
            frames=counts.frames,
            merged=self.frames.merged,
        )
        # A frame that tells of nothing but the frame before would call for the next one, for ever.
        news = replace(status, frames=self.status.frames) != self.status
        self.status = status
        if news:
            self.frames.status(status, now)


def _named(item: Item) -> str:
    if isinstance(item, Kept):
        return "news of the store"
    if isinstance(item, Forget):
        return f"that {item.device_id} is to be forgotten"
    if isinstance(item, Published):
        return f"what was published on {item.topic}"
    return f"a command for {item.device_id}" if isinstance(item, Note) else "news of a connection"
