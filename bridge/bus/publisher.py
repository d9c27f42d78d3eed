"""The bridge's voice on the bus: what changed, and the whole picture for who comes later."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis

from bridge.broadcast import START, Subscription
from bridge.bus.address import Address, Script, connect, script
from bridge.bus.codec import Entry, Header, pack_entry, pack_header, pack_labels, pack_left
from bridge.bus.faults import FAULTS, said
from bridge.bus.lease import Lease
from bridge.bus.requests import Desk
from bridge.frames import Frame
from bridge.labels import Label
from bridge.service import Bridge

log = logging.getLogger(__name__)

KEPT = 2_000
"""Entries of the stream that are kept at most; who is further behind takes the whole picture again."""
KEPT_BYTES = 64 * 1024 * 1024
"""And about so many bytes of them."""
KEPT_AT_LEAST = 20
BEAT = 1.0
"""Seconds between two words at the most: by their absence a dashboard sees that the bridge is away."""
LONGEST_PAUSE = 2.0

# One step for Redis: either all of it is there, or, if the lease is another's by now, nothing.
# ARGV: lease, whether it is the whole picture, header, labels (empty: as before), how many entries to keep,
# who left (empty: nobody), how many those are and their ids, then id, device, … of what changed.
# The header is kept as well: who joins must know which entry comes next.
_WRITE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'refused' end
local whole = ARGV[2] == '1'
if whole then
  redis.call('DEL', KEYS[3])
elseif redis.call('EXISTS', KEYS[4]) == 0 then
  return 'gone'
end
redis.call('HSET', KEYS[4], 'now', ARGV[3])
local entry = {'h', ARGV[3]}
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[4], 'labels', ARGV[4])
  entry[#entry + 1] = 'l'
  entry[#entry + 1] = ARGV[4]
end
if ARGV[6] ~= '' then
  entry[#entry + 1] = 'g'
  entry[#entry + 1] = ARGV[6]
end
local first = 8 + tonumber(ARGV[7])
for i = 8, first - 1 do redis.call('HDEL', KEYS[3], ARGV[i]) end
local packed = {}
for i = first + 1, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[i - 1], ARGV[i])
  if not whole then packed[#packed + 1] = ARGV[i] end
end
entry[#entry + 1] = 'd'
entry[#entry + 1] = table.concat(packed)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', unpack(entry))
return 'written'
"""


@dataclass(frozen=True, slots=True)
class BusVoice:
    """Whether the bus takes what a bridge says; `detail` is one line about why not, empty while it does.

    `leads_since`: Unix time on the clock of Redis, None while the lease is not ours. Since the start so many
    entries were `written`, so many of them whole `pictures`; `sequence` is the newest frame that is there, 0
    before the first.
    """

    up: bool
    detail: str
    address: str
    leads_since: float | None = None
    written: int = 0
    pictures: int = 0
    sequence: int = 0


class Publisher:
    """Writes what a bridge has to say, as long as its lease is ours, and answers what dashboards ask.

    A Redis that is slow or away holds nobody up: what is not written yet is merged, the latest state of each
    device. When it is back, or has lost its data, the whole picture is written again.
    """

    def __init__(self, address: Address, bridge: Bridge, lease: Lease) -> None:
        self.detail = "connecting"
        self.up = False
        self._address = address
        self._bridge = bridge
        self._lease = lease
        self._desk = Desk(address, bridge, lease)
        self._stopping = threading.Event()
        self._there = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
        self._number = 0
        self._size = 0.0
        self._labels: Mapping[str, Label] = {}
        self._written = self._pictures = self._sequence = 0

    def start(self) -> None:
        """Begin to speak and to answer; returns at once. Call once."""
        self._thread.start()
        self._desk.start()

    @property
    def voice(self) -> BusVoice:
        """How it goes. From any thread; its parts may be a moment apart."""
        up, epoch = self.up, self._lease.epoch
        return BusVoice(
            up,
            "" if up else self.detail,
            str(self._address),
            epoch / 1_000 if epoch else None,
            self._written,
            self._pictures,
            self._sequence,
        )

    def stop(self) -> None:
        """Write what is left, if Redis takes it, and end. Call once."""
        self._desk.stop()
        self._stopping.set()
        self._there.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        pause = 0.1
        client = connect(self._address)
        write = script(client, _WRITE)
        while not self._stopping.is_set():
            try:
                self._speak(client, write)
            except FAULTS as fault:
                if self.up or self.detail == "connecting":
                    log.warning("bus %s does not take what the bridge says: %s", self._address, said(fault))
                self.up, self.detail = False, said(fault)
                client.connection_pool.disconnect()
            except Exception:
                log.exception("our fault: the bus could not be written; trying again")
                self.up, self.detail = False, "a fault of ours, see the log"
            else:
                pause = 0.1
                continue
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        client.close()

    def _speak(self, client: Redis, write: Script) -> None:
        """The whole picture, then what changes, until the lease is another one. Raises `FAULTS`."""
        epoch = self._lease.epoch
        if not epoch:
            self.up, self.detail = False, "the lease is not ours"
            self._stopping.wait(0.05)
            return
        held = client.get(self._lease.key)
        if held != self._lease.token.encode():
            self._doubt()
            return
        with self._bridge.broadcast.subscribe(wake=self._there.set, after=START) as listening:
            self._number = 0
            if not self._write(write, epoch, listening, whole=True):
                return
            if not self.up:
                log.info("bus %s: the bridge speaks there", self._address)
            self.up, self.detail = True, str(self._address)
            # It closes where more devices left than a listener is told of: then all is told anew.
            while self._lease.epoch == epoch and not listening.closed:
                ending = self._stopping.is_set()
                if not ending:
                    self._there.wait(BEAT)
                    self._there.clear()
                if not self._write(write, epoch, listening) or ending:
                    return

    def _doubt(self) -> None:
        self._lease.doubt()
        self._stopping.wait(0.05)

    def _write(self, write: Script, epoch: int, listening: Subscription, *, whole: bool = False) -> bool:
        """Write the next frame, or a sign of life without one; whether it was taken."""
        bridge, ahead = self._bridge, time.time() - time.monotonic()
        frame = listening.take()
        left = listening.gone if frame is not None and not whole else ()
        if frame is None:
            frame = Frame(bridge.broadcast.sequence, 0.0)
        self._number += 1
        header = Header(
            epoch,
            bridge.broadcast.run,
            self._number,
            frame.sequence,
            frame.changed_at,
            frame.quarantined,
            whole,
            frame.status is not None,
            bridge.merged,
            bridge.status,
            bridge.counts,
            frame.traces,
            frame.framed,
        )
        packed = pack_header(header, ahead)
        at = (epoch, frame.sequence)
        devices: list[bytes] = []
        for change in frame.changes:
            named = change.device.id.encode("utf-8", "surrogatepass")
            devices += [named, pack_entry(Entry(change, at), ahead)]
        gone = [device_id.encode("utf-8", "surrogatepass") for device_id in left]
        labels = bridge.labels
        told = pack_labels(labels) if whole or labels is not self._labels else b""
        size = len(packed) + len(told) + (0 if whole else sum(map(len, devices)))
        self._size = self._size * 0.9 + size * 0.1 if self._size else float(size)
        kept = max(KEPT_AT_LEAST, min(KEPT, int(KEPT_BYTES / self._size)))
        keys = [self._address.key(name) for name in ("lease", "frames", "devices", "about")]
        arguments: list[bytes | str | int] = [self._lease.token, int(whole), packed, told, kept]
        arguments += [pack_left(left) if left else b"", len(gone), *gone, *devices]
        answer = write(keys, arguments)
        if answer == b"refused":
            self._doubt()
        elif answer == b"written":
            self._labels = labels
            self._written += 1
            self._pictures += whole
            self._sequence = frame.sequence
        return answer == b"written"
