"""Many simulated devices on one thread, each with a connection of its own."""

import heapq
import logging
import secrets
import selectors
import threading
import time
from collections import deque
from collections.abc import Sequence
from random import Random

from bridge.errors import SettingsError
from bridge.simulate.device import SimulatedDevice
from bridge.simulate.faults import FaultClock, FaultPace
from bridge.simulate.link import Link, Manner
from bridge.transports.address import TlsSettings, broker_at
from schemas.device import Kind

log = logging.getLogger(__name__)

BETWEEN_CONNECTS = 0.01
FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0
LEAVE_WITHIN = 1.5
STOP_WITHIN = 2.0
_LONGEST_WAIT = 0.2


class Fleet:
    """Devices that publish to the broker at `broker_url`, `rate` messages a second each.

    The state goes out with `qos` and, if `retain` is set, is kept by the broker; events never are. `faults`
    lets things go wrong, at the usual pace or at the one given. Raises `SettingsError` for what can be seen
    to be wrong; afterwards nothing does: a broker that is not there is tried again and again.
    """

    def __init__(  # noqa: PLR0913 - what a broker and a fleet may ask for, all by name
        self,
        broker_url: str,
        devices: Sequence[tuple[Kind, str]],
        *,
        rate: float = 1.0,
        faults: bool | FaultPace = False,
        seed: int = 0,
        username: str | None = None,
        password: str | None = None,
        tls: TlsSettings | None = None,
        retain: bool = False,
        qos: int = 0,
    ) -> None:
        if not 0 < rate <= 1000:
            raise SettingsError(f"rate: expected messages a second from above 0 to 1000, got {rate:g}")
        if qos not in (0, 1):
            raise SettingsError(f"qos: expected 0 or 1, got {qos}")
        self._broker = broker_at(broker_url, username, password, tls)
        self._gate = _Gate(Random(f"{seed}:gate"))
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        # Not from the seed: two fleets with the same one must not take each other's connections away.
        token = secrets.token_hex(3)
        pace = FaultPace.of(faults)
        self._links = [
            Link(
                SimulatedDevice(kind, device_id, seed),
                self._broker,
                f"sim-{token}-{number}",
                Manner(rate, qos, retain),
                self._selector,
                rng=Random(f"{seed}:{device_id}:link"),
                faults=None if pace is None else FaultClock(pace, Random(f"{seed}:{device_id}:faults")),
                on_change=self._changed,
            )
            for number, (kind, device_id) in enumerate(devices)
        ]
        self._waiting = deque(self._links)
        # One at a time: amqtt breaks off with a client that connects while another one subscribes.
        self._connecting: Link | None = None
        self._told = ""

    @property
    def devices(self) -> tuple[str, ...]:
        """The ids of the devices."""
        return tuple(link.device.device_id for link in self._links)

    @property
    def connected(self) -> int:
        """How many devices are connected now."""
        return sum(link.phase == "up" for link in self._links)

    @property
    def published(self) -> int:
        """How many messages of state the devices have sent."""
        return sum(link.published for link in self._links)

    def start(self) -> None:
        """Begin, without waiting for the broker. A fleet starts once."""
        if self._thread is not None:
            raise RuntimeError("a fleet starts once")
        self._thread = threading.Thread(target=self._run, name="simulate", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let every device say that it is offline, and disconnect. Takes two seconds at most."""
        self._stopping.set()
        if self._thread is None:
            self._selector.close()
        elif self._thread is not threading.current_thread():
            # Connecting to a host that does not answer cannot be interrupted; the thread ends a little later.
            self._thread.join(STOP_WITHIN)

    # The thread.

    def _run(self) -> None:
        try:
            self._live()
            self._leave()
        except Exception:
            log.exception("the simulated devices have stopped")
        finally:
            for link in self._links:
                link.close()
            self._selector.close()

    def _live(self) -> None:
        agenda = [(0.0, number) for number in range(len(self._links))]
        while not self._stopping.is_set():
            now = time.monotonic()
            self._connect_next(now)
            while agenda and agenda[0][0] <= now:
                number = agenda[0][1]
                heapq.heapreplace(agenda, (self._tick(self._links[number], now), number))
            until = min(agenda[0][0] if agenda else now + _LONGEST_WAIT, now + _LONGEST_WAIT)
            if self._waiting and self._connecting is None:
                until = min(until, self._gate.opens_at)
            self._serve(max(until - time.monotonic(), 0.0))

    def _leave(self) -> None:
        for link in self._links:
            link.leave()
        give_up = time.monotonic() + LEAVE_WITHIN
        while any(link.open for link in self._links) and time.monotonic() < give_up:
            self._serve(0.05)

    def _serve(self, timeout: float) -> None:
        if not self._selector.get_map():
            # Some selectors cannot wait for nothing.
            self._stopping.wait(timeout)
            return
        for key, mask in self._selector.select(timeout):
            link: Link = key.data
            try:
                link.ready(mask)
            except Exception as error:  # noqa: BLE001 - one device must not end the others
                self._failed(link, error)

    def _tick(self, link: Link, now: float) -> float:
        try:
            return link.tick(now)
        except Exception as error:  # noqa: BLE001 - one device must not end the others
            self._failed(link, error)
            return now + 1.0

    def _failed(self, link: Link, error: Exception) -> None:
        log.debug("%s failed", link.device.device_id, exc_info=error)
        link.lost(f"{type(error).__name__}: {error}")

    def _connect_next(self, now: float) -> None:
        if not self._waiting or now < self._gate.opens_at or self._connecting is not None:
            return
        link = self._waiting.popleft()
        self._connecting = link
        self._gate.used(now)
        try:
            link.connect()
        except Exception as error:  # noqa: BLE001 - refused, unknown host, no TLS: all end in another try
            link.lost(str(error) or type(error).__name__)

    def _changed(self, link: Link, reason: str | None) -> None:
        if link is self._connecting:
            self._connecting = None
        if reason is None:
            self._gate.passed()
            if self._told:
                # As loud as the news that it is over.
                log.warning("the simulated devices reach %s now", self._broker.name)
            self._told = ""
            return
        self._waiting.append(link)
        if reason != "away":
            self._gate.failed(time.monotonic())
            # Once for all devices, not once for each.
            if not self._told and not self.connected:
                log.warning("the simulated devices cannot reach %s: %s", self._broker.name, reason)
                self._told = reason


class _Gate:
    """Lets one device connect at a time, and after a failure none for a while, longer each time."""

    def __init__(self, rng: Random) -> None:
        self.opens_at = 0.0
        self._rng = rng
        self._delay = FIRST_DELAY
        self._shut_until = 0.0

    def used(self, now: float) -> None:
        self.opens_at = now + BETWEEN_CONNECTS

    def passed(self) -> None:
        self._delay = FIRST_DELAY

    def failed(self, now: float) -> None:
        """Shut the gate. Further failures while it is shut are the same one."""
        if now < self._shut_until:
            return
        self.opens_at = self._shut_until = now + self._rng.uniform(self._delay / 2, self._delay)
        self._delay = min(self._delay * 2, LONGEST_DELAY)
