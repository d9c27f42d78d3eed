"""Who leads: of several bridges on one bus one speaks, the others stand by.

One, because the durable session at the broker has one client id, and the receipts of what was delivered live
beside the store. The lease is a key with a life of ten seconds; who leads renews it at a third of that, and
gives it back at the end.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable

from redis import Redis

from bridge.bus.address import Address, connect, script
from bridge.bus.faults import FAULTS, refused, said, trouble

log = logging.getLogger(__name__)

LIFE = 10.0
"""Seconds that a lease lasts without being renewed."""
LOOK_EVERY = 0.25
"""Seconds between two looks of who stands by: the hand-over in order takes no longer."""
PATIENCE = 2.0
"""Seconds that a bridge looks for Redis at its start, before it leads without."""

# The epoch is the time, so that it grows even where Redis has lost all it had.
_TAKE = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {'kept', '0'}
end
if held then return {'held', held} end
if ARGV[4] == '0' then return {'free', ''} end
local now = redis.call('TIME')
local epoch = now[1] * 1000 + math.floor(now[2] / 1000)
local last = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[3]))
if epoch <= last then epoch = last + 1 end
local text = string.format('%.0f', epoch)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'taken', text}
"""
_GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

Say = Callable[[str], None]


def _nothing() -> None:
    return None


class Lease:
    """The right to lead. `lost` is called, on a thread of its own, when another bridge has it.

    That Redis is away ends nothing: nobody else can take the lease there either. `epoch` is 0 as long as
    Redis has not said that the lease is ours; `token` is what it holds then. `refusal`: why we lead without
    a Redis that is there, empty if that is not so.
    """

    def __init__(self, address: Address, lost: Callable[[], None] = _nothing, *, life: float = LIFE) -> None:
        self.epoch = 0
        self.token = ""
        self.refusal = ""
        self.life = life
        self._address = address
        self._lost = lost
        self._last_epoch = 0
        self._client: Redis | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._look = threading.Event()
        self._lock = threading.Lock()

    @property
    def key(self) -> str:
        """Where it lies."""
        return self._address.key("lease")

    def acquire(self, stop: threading.Event, standing_by: Say | None = None) -> bool:
        """Wait until we lead; False if `stop` was set before.

        `standing_by` is told, once for each, which bridge leads. If Redis cannot be reached at first, we
        lead without it: history does not wait for dashboards. Who stands by already goes on doing so.
        """
        self.token = f"{secrets.token_hex(16)} {socket.gethostname()}, process {os.getpid()}"
        self._ending.clear()
        self._client = connect(self._address)
        told: str | None = None
        give_up = time.monotonic() + PATIENCE
        not_before = 0.0
        while not stop.is_set():
            try:
                word, text = self._take(self._client, may=told is None or time.monotonic() >= not_before)
            except FAULTS as fault:
                if told is None and time.monotonic() > give_up:
                    self.refusal = said(fault) if refused(fault) else ""
                    log.warning("%s; leading without it", trouble(fault, f"bus {self._address}"))
                    return self._lead()
                # A Redis that comes back empty is first for who led until then.
                not_before = time.monotonic() + self.life
            else:
                if word in ("kept", "taken"):
                    return self._lead()
                leader = text.partition(" ")[2]
                if word == "held" and leader != told:
                    told = leader
                    if standing_by is not None:
                        standing_by(leader)
            stop.wait(LOOK_EVERY)
        self._client.close()
        return False

    def release(self) -> None:
        """Give it back, so that who stands by takes over at once. Call once after each `acquire`."""
        self._ending.set()
        self._look.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=self.life)
        if self._client is None:
            return
        try:
            if self.epoch:
                script(self._client, _GIVE_BACK)([self.key], [self.token])
        except FAULTS as fault:
            log.warning("bus %s: the lease could not be given back: %s", self._address, said(fault))
        self.epoch = 0
        self._client.close()
        self._client = None

    def doubt(self) -> None:
        """Somebody was refused in our name: look again who has the lease, soon. Does not wait."""
        self._look.set()

    def _lead(self) -> bool:
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()
        return True

    def _take(self, client: Redis, *, may: bool = True) -> tuple[str, str]:
        keys = [self.key, self._address.key("epoch")]
        answer = script(client, _TAKE)(keys, [self.token, int(self.life * 1000), self._last_epoch, int(may)])
        word, text = (part.decode() for part in answer)  # type: ignore[attr-defined]
        if word == "taken":
            self.epoch = self._last_epoch = int(text)
        return word, text

    def _renew(self) -> None:
        # Who leads without Redis has said so already.
        away = not self.epoch
        while not self._ending.is_set():
            self._look.wait(min(self.life / 3, 1.0 if away else self.life))
            self._look.clear()
            if self._ending.is_set() or self._client is None:
                return
            try:
                word, text = self._take(self._client)
            except FAULTS as fault:
                if not away:
                    log.warning("%s; the bridge goes on", trouble(fault, f"bus {self._address}"))
                away = True
                continue
            if away:
                log.info("bus %s is back", self._address)
            away = False
            if word == "held":
                self.epoch = 0
                log.error("another bridge leads on bus %s: %s", self._address, text.partition(" ")[2])
                self._lost()
                return
