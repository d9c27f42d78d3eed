"""The bridge as a whole: started, listened to, asked, commanded, stopped."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.commands import Commands
from bridge.errors import NotConnected
from bridge.frames import Frame
from bridge.inbox import Arrived, Inbox, Linked
from bridge.ingest import Ingest, Parts
from bridge.ports import Connection, Store, Transport
from bridge.quarantine import Quarantined
from bridge.state import DeviceState, State
from bridge.status import BridgeStatus, Counts
from schemas.catalog import Kinds
from schemas.message import RawMessage, Value

log = logging.getLogger(__name__)

STOP_WITHIN = 8.0
"""Seconds for taking in, at the end, what has arrived."""

Listener = Callable[[Frame], None]


@dataclass(frozen=True, slots=True)
class Label:
    """A friendly name and place given by the config; they yield to what the device itself announces."""

    name: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bridge is made of. The first transport is the broker: its connection is the one shown.

    `broker_url` is where devices reach the broker, without secrets, for people; `embedded`: it is our own.
    """

    kinds: Kinds
    transports: Sequence[Transport]
    store: Store
    labels: Mapping[str, Label] = field(default_factory=dict)
    broker_url: str = ""
    embedded: bool = False


class Bridge:
    """From the transports to frames. All public methods may be called from any thread."""

    def __init__(self, plan: Plan) -> None:
        self.kinds = plan.kinds
        self.labels = plan.labels
        self._plan = plan
        self._inbox = Inbox()
        self._state = State(plan.kinds)
        self._listeners: list[Listener] = []
        self._stopping = threading.Event()
        self._ingest = Ingest(
            Parts(self._inbox, plan.kinds, self._state, plan.store, self._emit),
            BridgeStatus(
                broker_url=plan.broker_url, embedded=plan.embedded, inbox_limit=self._inbox.max_items
            ),
        )
        self._commands = Commands(plan.kinds, self._publish, self._inbox.put)
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        """Show what the store remembers, then listen to every transport. Call once."""
        self._ingest.restore()
        self._thread.start()
        for number, transport in enumerate(self._plan.transports):
            transport.start(self._deliver(number), self._linked(number))

    def stop(self) -> None:
        """Close the transports, take in what has arrived, and end. Call once.

        A store that still fails after `STOP_WITHIN` is given up; the log says how much it did not take.
        """
        for transport in self._plan.transports:
            transport.stop()
        self._stopping.set()
        self._inbox.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=STOP_WITHIN + 2)

    def listen(self, listener: Listener) -> None:
        """Hand every frame to `listener`, on the ingest thread: it must neither block nor raise."""
        self._listeners.append(listener)

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> None:
        """Ask a device for new values. Raises `CommandRefused` or `NotConnected`."""
        self._commands.send(device_id, changes, by=by)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send any message by the first transport. Raises `NotConnected`."""
        self._plan.transports[0].publish(topic, payload, qos=qos, retain=retain)

    @property
    def devices(self) -> Mapping[str, DeviceState]:
        """The present state by device id. Read only; values are frozen."""
        return self._state.devices

    @property
    def status(self) -> BridgeStatus:
        """How the bridge is doing, at most a second old but for the broker."""
        return replace(self._ingest.status, inbox_depth=len(self._inbox), inbox_dropped=self._inbox.dropped)

    @property
    def counts(self) -> Counts:
        """Totals for `/metrics`."""
        return self._ingest.counts

    @property
    def merged(self) -> int:
        """Values that a newer one replaced before they were shown."""
        return self._ingest.frames.merged

    def label(self, device: DeviceState) -> Label:
        """The name and place to show for a device: its own, else the config's, else none."""
        given = self.labels.get(device.id, Label())
        return Label(device.name or given.name, device.place or given.place)

    def quarantined(self, *, before: int | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """Refused messages, newest first."""
        return self._plan.store.quarantined(before=before, limit=limit)

    def quarantine_counts(self) -> tuple[int, int]:
        """How many refused messages are kept, and how many the bound has removed."""
        return self._plan.store.quarantine_counts()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._step()
        give_up = time.monotonic() + STOP_WITHIN
        while (left := len(self._inbox) + self._ingest.waiting) and time.monotonic() < give_up:
            self._step()
        if left:
            log.error("stopped with %d messages, states and refusals that the store did not take", left)

    def _step(self) -> None:
        try:
            self._ingest.step()
        except (Exception, SystemExit):
            log.exception("our fault: a round of ingest failed; going on")
            time.sleep(0.2)

    def _emit(self, frame: Frame) -> None:
        for listener in self._listeners:
            try:
                listener(frame)
            except Exception:
                log.exception("our fault: a listener failed at frame %d", frame.sequence)

    def _deliver(self, number: int) -> Callable[[RawMessage], None]:
        def deliver(message: RawMessage) -> None:
            self._inbox.put(Arrived(number, message))

        return deliver

    def _linked(self, number: int) -> Callable[[Connection], None]:
        def linked(connection: Connection) -> None:
            self._inbox.put(Linked(number, connection))

        return linked

    def _publish(self, device_id: str, topic: str, payload: bytes) -> None:
        device = self._state.devices.get(device_id)
        if device is None:
            raise NotConnected(f"{device_id} has not been heard of")
        if device.transport >= len(self._plan.transports):
            # A restored device may have come by a transport that this run does not have.
            raise NotConnected(f"{device_id} has not been heard of since the start")
        self._plan.transports[device.transport].publish(topic, payload)
