"""A dashboard's ear on the bus: the bridge's states and frames, in another process."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from redis import Redis

from bridge.broadcast import Broadcast
from bridge.bus.address import Address, connect
from bridge.bus.asking import Asker
from bridge.bus.codec import (
    Header,
    unpack_entries,
    unpack_entry,
    unpack_header,
    unpack_labels,
    unpack_left,
)
from bridge.bus.faults import FAULTS, trouble
from bridge.bus.picture import Picture, Snapshot, Verdict
from bridge.errors import BusVersion
from bridge.frames import Frame, Trace
from bridge.labels import NOTHING, Label
from bridge.labels import shown as shown_label
from bridge.presence import Presence
from bridge.state import Change, DeviceState
from bridge.status import BridgeStatus, Counts

log = logging.getLogger(__name__)

SILENT = 5.0
"""Seconds without a word after which the bridge counts as away."""
LONGEST_PAUSE = 2.0
LOOK_EVERY = 500
"""Milliseconds that one reading waits at most."""


NO_BRIDGE = "no bridge has spoken on the bus yet"
_SILENT = Presence("unknown", "no connection to the bridge: it is silent")
_NO_BUS = Presence("unknown", "no connection to the bridge: the bus is away")


@dataclass(frozen=True, slots=True)
class BusLink:
    """Whether the bus is reached and the bridge heard; `detail` is one line about what is wrong, or empty.

    `since`: Unix time at which it became so, None before anything was tried. `heard`: when the bridge last
    spoke, while it is away; None if it never did. `no_bridge`: none has spoken there yet. `leader`: the
    process of the bridge that leads, empty while that is not known. `address` is without a password.
    """

    up: bool
    detail: str
    bridge_up: bool
    address: str = ""
    since: float | None = None
    heard: float | None = None
    no_bridge: bool = False
    leader: str = ""

    @property
    def away(self) -> str:
        """Why nothing can be asked of the bridge; empty if it can."""
        return "" if self.up and self.bridge_up else self.detail


class Follower:
    """Follows the bridge on a thread of its own, and heals by itself.

    `broadcast` has the bridge's frames, with its run and sequences. Frames of our own tell of the link to it;
    they bear the sequence of the frame before. While the bridge is not heard, no device's presence is known.
    """

    def __init__(
        self,
        address: Address,
        on_frame: Callable[[Frame], None] | None = None,
        *,
        silent: float = SILENT,
    ) -> None:
        self.link = BusLink(False, "the bus has not been reached yet", False, str(address))
        self.devices: Mapping[str, DeviceState] = MappingProxyType({})
        self.broadcast = Broadcast(lambda: self.devices, "")
        self.broadcast.certain = False
        if on_frame is not None:
            self.broadcast.first(on_frame)
        self.asker = Asker(address, lambda: self.link.away)
        self._address = address
        self._silent = silent
        self._picture = Picture()
        self._shown: dict[str, DeviceState] = {}
        self._heard: float | None = None
        self._spoken: float | None = None
        self._leader = ""
        self._last = b"0-0"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)

    def start(self) -> None:
        """Begin to follow; returns at once. Call once."""
        self._thread.start()

    def stop(self) -> None:
        """End. Call once."""
        self._stopping.set()
        self._thread.join(timeout=5.0)
        self.asker.close()

    def listen(self, listener: Callable[[Frame], None]) -> None:
        """Hand every frame to `listener`, on the follower's thread, before everybody else hears of it."""
        self.broadcast.first(listener)

    def ask(self, method: str, *arguments: object, timeout: float | None = None) -> object:
        """See `Asker.ask`."""
        return self.asker.ask(method, *arguments, timeout=timeout)

    @property
    def status(self) -> BridgeStatus:
        """What the bridge last said of itself."""
        return self._picture.status

    @property
    def counts(self) -> Counts:
        """Its totals, replaced as a whole."""
        return self._picture.counts

    @property
    def merged(self) -> int:
        """See `Bridge`."""
        return self._picture.merged

    @property
    def labels(self) -> Mapping[str, Label]:
        """The names and places of the bridge's config."""
        return self._picture.labels

    @property
    def run(self) -> str:
        """The life of the bridge that is followed; empty before it was heard."""
        return self._picture.run

    def label(self, device: DeviceState) -> Label:
        """See `Bridge`."""
        return shown_label(self.labels.get(device.id, NOTHING), device)

    def _run(self) -> None:
        client = connect(self._address)
        pause = 0.1
        while not self._stopping.is_set():
            try:
                self._join(client)
                while not self._stopping.is_set():
                    self._read(client)
                    pause = 0.1
            except FAULTS as fault:
                self._linked(up=False, detail=trouble(fault))
            except BusVersion as error:
                self._heard = None
                self._linked(up=True, detail=str(error))
            except Exception:
                log.exception("our fault: the bus could not be followed; beginning anew")
                self._linked(up=False, detail="a fault of ours, see the log")
            client.connection_pool.disconnect()
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        client.close()

    def _join(self, client: Redis) -> None:
        """Take the whole picture, and where the stream was at that moment, in one step."""
        with client.pipeline(transaction=True) as all_at_once:
            all_at_once.time()
            all_at_once.xrevrange(self._address.key("frames"), count=1)
            all_at_once.hgetall(self._address.key("about"))
            all_at_once.hgetall(self._address.key("devices"))
            all_at_once.get(self._address.key("lease"))
            now, newest, about, devices, lease = cast(Sequence[Any], all_at_once.execute())
        self._leader = (lease or b"").decode(errors="replace").partition(" ")[2]
        self._last = newest[0][0] if newest else b"0-0"
        if b"now" not in about or b"labels" not in about:
            # Whoever spoke there, it is not there that he was heard.
            self._heard = None
            self._linked(up=True)
            return
        ahead = time.time() - time.monotonic()
        header = unpack_header(about[b"now"], ahead)
        entries = [unpack_entry(packed, ahead) for packed in devices.values()]
        found = Snapshot(header, {e.change.device.id: e for e in entries}, unpack_labels(about[b"labels"]))
        before = self._picture.run
        changes = self._picture.snapshot(found)
        if newest and changes is not None:
            age = now[0] + now[1] / 1e6 - int(self._last.partition(b"-")[0]) / 1000
            heard = time.monotonic() - max(0.0, age)
            self._heard = max(heard, self._heard or heard)
        if changes is not None:
            if before != self._picture.run:
                self.broadcast.restart(self._picture.run)
            shown = self._shown
            self._show_all()
            left = [device for device_id, device in shown.items() if device_id not in self._shown]
            told = Frame(self._picture.sequence, 0.0, tuple(changes), self._picture.status, quarantined=True)
            self._publish(told, left)
        self._linked(up=True)

    def _read(self, client: Redis) -> None:
        stream = self._address.key("frames")
        found: Any = client.xread({stream: self._last}, count=100, block=LOOK_EVERY)
        for entry_id, fields in found[0][1] if found else ():
            self._last = entry_id
            ahead = time.time() - time.monotonic()
            header = unpack_header(fields.get(b"h", b""), ahead)
            verdict = self._picture.judge(header)
            if verdict is Verdict.OLD and not self._believed():
                continue
            if verdict is not Verdict.NEXT:
                if verdict is Verdict.OLD:
                    self._picture.believe()
                self._join(client)
                return
            ids = unpack_left(fields[b"g"]) if b"g" in fields else ()
            labels = unpack_labels(fields[b"l"]) if b"l" in fields else None
            entries = unpack_entries(fields.get(b"d", b""), ahead)
            changes = self._picture.entry(header, entries, ids, labels)
            self._heard = time.monotonic()
            left = [self._shown.pop(device_id) for device_id in ids if device_id in self._shown]
            if changes or left or header.told or header.quarantined:
                status = header.status if header.told else None
                self._publish(_frame(header, changes, status), left)
            self._linked(up=True)
        self._linked(up=True)

    def _believed(self) -> bool:
        """Whether somebody else may speak: who led has been silent for too long."""
        return not self.link.bridge_up

    # What is shown.

    def _linked(self, *, up: bool, detail: str = "") -> None:
        """Note how the link is; tell of it if it is another one, with every device's presence."""
        heard = self._heard is not None and time.monotonic() - self._heard < self._silent
        if up and not heard and not detail:
            if self._heard is not None:
                detail = "the bridge is silent"
            elif self._picture.run:
                detail = "the bus has lost what it had, and the bridge has not spoken there since"
            else:
                detail = NO_BRIDGE
        before, well = self.link, up and heard
        if self._heard is not None:
            self._spoken = self._heard + time.time() - time.monotonic()
        leader = self._leader if well else ""
        if (up, detail, heard, leader) == (before.up, before.detail, before.bridge_up, before.leader):
            return
        same = before.since is not None and (up, well) == (before.up, not before.away)
        link = BusLink(
            up, detail, heard, before.address,
            since=before.since if same else time.time(),
            heard=None if well else self._spoken,
            no_bridge=detail == NO_BRIDGE,
            leader=leader,
        )  # fmt: skip
        self.link = link
        # Where somebody goes on who was told that nothing is known, he must be told what is.
        if not link.bridge_up:
            self.broadcast.certain = False
        log.log(
            logging.INFO if up and heard else logging.WARNING,
            "bus %s: %s", self._address, detail or "the bridge is heard",
        )  # fmt: skip
        changes: list[Change] = []
        if link.bridge_up != before.bridge_up or not link.bridge_up:
            shown = self._shown
            self._show_all()
            changes = [
                Change(
                    device, (), moved=shown[device.id].presence.availability != device.presence.availability
                )
                for device in self._shown.values()
                if device.id in shown and shown[device.id].presence != device.presence
            ]
        self.broadcast.certain = link.bridge_up
        # Whatever shows how the bridge is doing looks again.
        self.broadcast.publish(Frame(self._picture.sequence, 0.0, tuple(changes), self._picture.status))

    def _publish(self, frame: Frame, left: Sequence[DeviceState] = ()) -> None:
        shown = tuple(change._replace(device=self._as_shown(change.device)) for change in frame.changes)
        for change in shown:
            self._shown[change.device.id] = change.device
        self.broadcast.publish(frame.replaced(shown), left)

    def _show_all(self) -> None:
        self._shown = {device.id: self._as_shown(device) for device in self._picture.devices.values()}
        self.devices = MappingProxyType(self._shown)

    def _as_shown(self, device: DeviceState) -> DeviceState:
        """As the bridge has it; its presence is not known while the bridge is not heard."""
        if self.link.bridge_up:
            return device
        return device._replace(presence=_SILENT if self.link.up else _NO_BUS)


def _frame(header: Header, changes: Sequence[Change], status: BridgeStatus | None) -> Frame:
    """The bridge's frame; nothing in it was later than now, whatever the clock of its computer says."""
    now = time.monotonic()
    traces = tuple(
        Trace(min(trace.received, now), min(trace.decoded, now), trace.count) for trace in header.traces
    )
    return Frame(
        header.sequence,
        min(header.changed_at, now),
        tuple(changes),
        status,
        header.quarantined,
        traces,
        min(header.framed, now),
    )
