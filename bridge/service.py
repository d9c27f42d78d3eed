"""The bridge as a whole: started, listened to, asked, commanded, stopped."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bridge.album import Album
from bridge.broadcast import Broadcast
from bridge.commands import CommandRecord, Commands, CommandTaken, Note
from bridge.errors import FleetglassError, NotConnected
from bridge.explorer import Explorer
from bridge.forgetting import retained_topics
from bridge.frames import Frame
from bridge.groups import Groups, groups_of
from bridge.identity import restore
from bridge.inbox import Forget, Inbox, Kept, Linked, Relabelled
from bridge.ingest import Ingest, Parts
from bridge.keeper import Keeper
from bridge.labels import NOTHING, Label, relabelled, retired_of, shown
from bridge.ledger import closed
from bridge.naming import Naming
from bridge.plan import Plan
from bridge.ports import (
    AFRESH,
    Batch,
    Connection,
    Deliver,
    Heard,
    History,
    QuarantineCounts,
    Query,
    Sought,
    Source,
    StoreFacts,
    Taken,
    Transport,
)
from bridge.quarantine import Quarantined
from bridge.replay import Replayed, replay
from bridge.state import DeviceState, State
from bridge.status import BridgeStatus, Counts
from bridge.topic_levels import LISTED, TopicEntry, TopicLevel
from schemas import history_sources
from schemas.message import RawMessage, Value
from schemas.picture import Picture
from schemas.suggest import Suggestion

__all__ = ["Bridge", "Plan"]

log = logging.getLogger(__name__)

STOP_WITHIN = 3.5
"""Seconds for taking in and committing, at the end, what has arrived."""

FORGOTTEN_WITHIN = 10.0
"""Seconds that who forgets a device waits for the store."""

Listener = Callable[[Frame], None]


class Bridge:
    """From the transports to frames. All public methods may be called from any thread."""

    def __init__(self, plan: Plan) -> None:
        self.kinds = plan.kinds
        self.labels = plan.labels
        self.kind_folder = plan.kind_folder
        self._plan = plan
        self._inbox = Inbox()
        self._inbox.on_room = self._resume
        self._state = State(plan.kinds)
        self.broadcast = Broadcast(lambda: self.devices, secrets.token_hex(4))
        self._stopping = threading.Event()
        counts = Counts()
        self._keeper = Keeper(plan.store, self, counts.stages["commit"])
        self._album = Album(plan.pictures_size)
        self._ingest = Ingest(
            Parts(
                self._inbox, plan.kinds, self._state, self._keeper.put, self.broadcast.publish,
                lambda: self._keeper.oldest, lambda: self._keeper.gathering,
                self._album,
            ),
            BridgeStatus(broker_url=plan.broker_url, embedded=plan.embedded, mark=self._inbox.mark_items),
            counts,
        )  # fmt: skip
        self._naming = Naming(plan.config, lambda: self.labels, self._relabelled)
        self._explorer = Explorer(
            self._ingest.topics, plan.kinds, plan.store, plan.transports, self._inbox.put
        )
        self._commands = Commands(plan.kinds, self._publish, self._note_command)
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        """Show what the store remembers, then listen to every transport. Call once, with an open store."""
        store = self._plan.store
        self._album.put(store.pictures())
        self._ingest.restore(store.latest(), store.receipts(), store.unanswered())
        self._keeper.start()
        self._naming.start()
        self._thread.start()
        for number, transport in enumerate(self._plan.transports):
            transport.start(self._deliver(number), self._linked(number))

    def stop(self) -> None:
        """Take in, commit and acknowledge what has arrived, then close the transports. Call once.

        What still came by a transport while it was closing is taken in as well.

        The store is left open. What it did not take within `STOP_WITHIN`, or what could not be read by then,
        was not acknowledged either, and the broker sends it again; the log says how much that is.
        """
        give_up = time.monotonic() + STOP_WITHIN
        self._stopping.set()
        self._naming.stop()
        self._inbox.close()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_WITHIN)
        self._keeper.stop(max(0.1, give_up - STOP_WITHIN / 2 - time.monotonic()))
        for transport in self._plan.transports:
            try:
                transport.stop()
            except Exception:
                log.exception("our fault: a transport could not be stopped")
        if not self._thread.is_alive():
            self._drain(STOP_WITHIN / 2)
        # Closing the transports may have taken what was left of the time.
        all_kept = self._keeper.stop(max(STOP_WITHIN / 2, give_up - time.monotonic()))
        if self._inbox.depth or not all_kept:
            log.error(
                "stopped with %d messages that the store did not take, %d of them unread; a broker that "
                "holds them for us will send them again, what no broker holds is lost",
                self._inbox.depth, self._inbox.unread,
            )  # fmt: skip

    def listen(self, listener: Listener) -> None:
        """Hand every frame to `listener`, on the ingest thread, before everybody else hears of it.

        It must neither block nor raise. Who needs no such thing subscribes to `broadcast`.
        """
        self.broadcast.first(listener)

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> str:
        """Ask a device for new values; the id of the command. Raises `CommandRefused` or `NotConnected`."""
        return self._commands.send(device_id, changes, by=by)

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """What was asked of a device, or of all (None), and how it ended, newest first."""
        # First what is kept: what is committed meanwhile is among the recent ones.
        found = {record.id: record for record in self._plan.store.commanded(device_id, limit=limit)}
        recent = list(self._state.ledger.recent.values())
        found.update({one.id: one for one in recent if device_id in {None, one.device_id}})
        return sorted(found.values(), key=lambda record: record.time, reverse=True)[:limit]

    def publish(self, topic: str, payload: bytes, *, by: str, qos: int = 1, retain: bool = False) -> None:
        """Send any message by the first transport, in the name of `by`.

        Raises `CommandRefused` for what cannot be published, and `NotConnected`: nothing is queued.
        """
        self._explorer.publish(topic, payload, qos, by, retain=retain)

    def clear_retained(self, topic: str, *, by: str) -> None:
        """Ask the broker to forget the message that it keeps of a topic. Raises as `publish` does."""
        self._explorer.publish(topic, b"", 1, by, retain=True)

    def topics(self, prefix: str = "", *, limit: int = LISTED) -> TopicLevel:
        """One level of the tree of topics heard since the start, at most a second old."""
        return self._explorer.level(prefix, limit)

    def topic(self, name: str) -> TopicEntry | None:
        """A topic with its last messages, None if it has not been heard."""
        return self._explorer.entry(name)

    def find_topics(self, text: str, limit: int = 100) -> Sequence[TopicEntry]:
        """The topics that hold a text, upper and lower case alike, by name."""
        return self._explorer.find(text, limit)

    def samples(self, device_id: str, limit: int = 50) -> Sequence[RawMessage]:
        """The last messages of a device, newest first, as far as they are held whole; 50 at most."""
        return self._explorer.samples(device_id, limit)

    def suggestion(self, topic: str) -> Suggestion:
        """A first model for a topic that no kind claims, and for those like it.

        Raises `LookupError` where no message is at hand, `CommandRefused` where no kind can be made of it.
        """
        return self._explorer.suggestion(topic)

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """When a device came and went, and why, as far as it is kept; newest first."""
        return self._plan.store.heard(device_id, limit=limit)

    @property
    def devices(self) -> Mapping[str, DeviceState]:
        """The present state by device id. Read only; values are frozen."""
        return self._state.devices

    @property
    def status(self) -> BridgeStatus:
        """How the bridge is doing, at most a second old but for the broker."""
        inbox = self._inbox
        return replace(self._ingest.status, waiting=inbox.depth, unread=inbox.unread, paused=inbox.full)

    @property
    def counts(self) -> Counts:
        """Totals for `/metrics`."""
        return self._ingest.counts

    @property
    def merged(self) -> int:
        """Values that a newer one replaced before they were shown."""
        return self._ingest.frames.merged

    def label(self, device: DeviceState) -> Label:
        """The name and place to show for a device, and whether it is retired."""
        return shown(self.labels.get(device.id, NOTHING), device)

    @property
    def retired(self) -> frozenset[str]:
        """The ids of the devices that are retired."""
        return retired_of(self.labels)

    def relabel(self, device_id: str, *, name: str | None, place: str | None) -> None:
        """Call a device something else; None, or an empty text, leaves it to the device or its id.

        Kept in the config file when it returns. Raises `LabelRefused`, or `SettingsError` if the file cannot
        be written.
        """
        device = self._state.devices.get(device_id)
        self._naming.change(device_id, lambda given: relabelled(given, device, name, place))

    def retire(self, device_id: str, *, retired: bool) -> None:
        """Take a device out of use, or back into it; what it says is kept either way. See `relabel`."""
        self._naming.change(device_id, lambda given: replace(given, retired=retired))

    def forget(self, device_id: str, *, history: bool, retained: bool) -> None:
        """Know a device no more, until it speaks again; kept in the store when it returns.

        With `history` all that it has said goes too. With `retained` the broker is asked to forget what it
        holds of it, so that it does not come back by itself; raises `NotConnected` while that is not
        possible, and nothing is forgotten. It is not retired any more either: it may come back as a new one.
        """
        device = self._state.devices.get(device_id)
        topics = retained_topics(self.kinds, device) if retained and device is not None else ()
        for topic in topics:
            self._transport_of(device_id).publish(topic, b"", retain=True)
        if self.labels.get(device_id, NOTHING).retired:
            self.retire(device_id, retired=False)
        done = threading.Event()
        self._inbox.put(Forget(device_id, history, bool(topics), done.set))
        if not done.wait(FORGOTTEN_WITHIN):
            why = self._ingest.status.store_fault or "it has much to do"
            raise FleetglassError(f"{device_id} is forgotten as soon as the store takes it: {why}")

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """Refused messages, newest first."""
        return self._plan.store.quarantined(sought)

    def quarantine_groups(self, reason: str | None = None) -> Groups:
        """Refused messages by the sort of topic, the reason and the field."""
        return groups_of(self._plan.store, self.kinds, reason)

    def quarantine_counts(self) -> QuarantineCounts:
        """How much is in quarantine, and how much its bounds have removed."""
        return self._plan.store.quarantine_counts()

    def replay(self, *, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
        """Try the refused messages again with the present kinds; what passes becomes history."""
        return replay(self._plan.store, self.kinds, self._keep, dry_run=dry_run, ids=ids)

    def history(
        self, device_id: str, metric: str, start: float, end: float, points: int
    ) -> tuple[str, History]:
        """The unit of a metric and its history over [start, end), Unix seconds, in at most so many points.

        Raises `LookupError` for a metric that neither the device's kind nor its history knows.
        """
        kind = self.kinds.get(device_id.partition(".")[0])
        device = self._state.devices.get(device_id)
        shown = device.metrics.get(metric) if device is not None else None
        sources = [Source(*source) for source in history_sources(kind, metric, shown.unit if shown else "")]
        found = self._plan.store.history(Query(device_id, sources, start, end, points))
        known = shown is not None or (kind is not None and metric in kind.metrics)
        if not known and not found.points and not found.other_units:
            raise LookupError(f"{device_id} has no metric {metric}, and there is no history of one")
        return sources[0].unit, found

    def picture(self, device_id: str, metric: str) -> Picture | None:
        """The newest picture of a metric, None where there is none or it is not kept any more."""
        return self._album.get(device_id, metric)

    def facts(self) -> StoreFacts:
        """What the store says of itself."""
        return self._plan.store.facts()

    def restore(self, file: Path) -> None:
        """Put a backup in the place of the store, between two commits. Raises `StoreError`.

        What is shown of devices that have spoken stays; what they say from now on goes to the restored store.
        """
        self._keeper.ask(lambda: self._put_in_place(file))
        self._inbox.put(Kept(quarantine=True))

    # What the keeper does around a commit.

    def acknowledge(self, transport: int, connection: int, packet_ids: Sequence[int]) -> None:
        """See `Around`."""
        self._plan.transports[transport].acknowledge(connection, packet_ids)

    def settle(self, count: int, size: int) -> None:
        """See `Around`."""
        self._inbox.settle(count, size)

    def tell(self, news: Kept) -> None:
        """See `Around`."""
        # That all went well only counts: nobody is woken for it.
        self._inbox.put(news, wake=news.quarantine or bool(news.fault or self._ingest.status.store_fault))

    def _put_in_place(self, file: Path) -> None:
        restore(self._plan.store, file)
        # Its receipts are of packet ids that stand for other messages by now.
        self._plan.store.commit(
            Batch(receipts=[AFRESH], commanded=closed(self._plan.store.unanswered(), time.time()))
        )

    def _keep(self, batch: Batch) -> None:
        new = self._keeper.ask(lambda: self._plan.store.commit(batch))
        self._inbox.put(Kept(new, bool(batch.released)))

    def _resume(self) -> None:
        for transport in self._plan.transports:
            try:
                transport.resume()
            except Exception:
                log.exception("our fault: a transport could not be resumed")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._step()
        self._drain(STOP_WITHIN / 2)

    def _drain(self, within: float) -> None:
        give_up = time.monotonic() + within
        while self._inbox.oldest is not None and time.monotonic() < give_up:
            self._step()
        self._ingest.flush()

    def _step(self) -> None:
        try:
            self._ingest.step()
        except (Exception, SystemExit):
            log.exception("our fault: a round of ingest failed; going on")
            time.sleep(0.2)

    def _deliver(self, number: int) -> Deliver:
        def deliver(messages: Sequence[RawMessage]) -> bool:
            return self._inbox.deliver(number, messages)

        return deliver

    def _linked(self, number: int) -> Callable[[Connection], None]:
        def linked(connection: Connection) -> None:
            self._inbox.put(Linked(number, connection))

        return linked

    def _note_command(self, note: Note) -> None:
        # That the broker has it only counts if there is no answer: nobody is woken for it.
        self._inbox.put(note, wake=not isinstance(note, CommandTaken) or bool(note.refused))

    def _relabelled(self, labels: Mapping[str, Label]) -> None:
        before, self.labels = self.labels, labels
        changed = [one for one in before.keys() | labels.keys() if before.get(one) != labels.get(one)]
        if changed:
            self._inbox.put(Relabelled(changed))

    def _publish(self, device_id: str, topic: str, payload: bytes, taken: Taken) -> None:
        self._transport_of(device_id).publish(topic, payload, taken=taken)

    def _transport_of(self, device_id: str) -> Transport:
        device = self._state.devices.get(device_id)
        if device is None:
            raise NotConnected(f"{device_id} has not been heard of")
        if device.transport >= len(self._plan.transports):
            # A restored device may have come by a transport that this run does not have.
            raise NotConnected(f"{device_id} has not been heard of since the start")
        return self._plan.transports[device.transport]
