"""`fleetglass bridge`: the bridge and its store alone, for dashboards in other processes.

Nothing of Flet or of the web is loaded here.
"""

import signal
import threading
from contextlib import ExitStack
from queue import SimpleQueue

from bridge.bus.address import Address
from bridge.bus.lease import Lease
from bridge.bus.publisher import Publisher
from bridge.garbage import give_back_large, look_rarely
from bridge.instance import PATIENCE
from bridge.service import Bridge
from bridge.settings import Loaded
from bridge.setup import (
    Opened,
    kinds_of,
    make_transport,
    opened,
    passing_session,
    plan_of,
    shown_address,
    start_broker,
)
from dashboard.bus import bus_of, stand_by, tell
from schemas.catalog import Kinds

TAKE_OVER_WITHIN = 15.0
"""Seconds that who takes over waits for the data folder: the former leader may still be ending."""


class Ending:
    """Why to go on no longer. `asked`: by a signal; `over`: that, or another bridge leads."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.over = threading.Event()
        self._signals: SimpleQueue[int] = SimpleQueue()

    def watch(self) -> None:
        """Take the signals from now on. By the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM):
            # A handler interrupts anything, the inside of an event too; of all there is, it may use this.
            signal.signal(number, lambda which, _frame: self._signals.put(which))
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def begin(self) -> None:
        """We stand by, or lead, anew."""
        self.over.clear()
        if self.asked.is_set():
            self.over.set()

    def lost(self) -> None:
        """Another bridge leads."""
        self.over.set()

    def _wait(self) -> None:
        self._signals.get()
        self.asked.set()
        self.over.set()


def run(loaded: Loaded) -> int:
    """Lead, or stand by while another bridge does, until SIGINT or SIGTERM. Raises `UserMistake`."""
    address = bus_of(loaded, "bridge")
    # What only the settings can have wrong is told at once, not when this bridge takes over.
    make_transport(loaded, passing_session(loaded))
    kinds = kinds_of(loaded)
    ending = Ending()
    ending.watch()
    while not ending.asked.is_set():
        ending.begin()
        _take_part(loaded, kinds, address, ending)
    return 0


def _take_part(loaded: Loaded, kinds: Kinds, address: Address, ending: Ending) -> None:
    """Once: stand by if another bridge leads, then lead until that is over."""
    lease = Lease(address, ending.lost)
    leads, waited = stand_by(lease, address, ending.asked)
    if not leads:
        return
    try:
        _lead(loaded, kinds, (address, lease), ending, TAKE_OVER_WITHIN if waited else PATIENCE)
    finally:
        # Last of all, so that who stands by finds the data folder free.
        lease.release()


def _lead(loaded: Loaded, kinds: Kinds, bus: tuple[Address, Lease], ending: Ending, patience: float) -> None:
    address, lease = bus
    with ExitStack() as stack:
        parts = opened(loaded, stack, patience)
        if parts.instance is not None:
            parts.instance.announce("")
        start_broker(loaded, stack)
        bridge = Bridge(plan_of(loaded, kinds, parts))
        publisher = Publisher(address, bridge, lease)
        # The publisher ends after the bridge, so that dashboards are told of what came last.
        stack.callback(publisher.stop)
        bridge.start()
        stack.callback(bridge.stop)
        publisher.start()
        give_back_large()
        look_rarely()
        tell(_welcome(loaded, parts, address, lease))
        ending.over.wait()
        if not ending.asked.is_set():
            tell(f"Another bridge leads on {address} by now. This one ends in order, and stands by.")


def _welcome(loaded: Loaded, parts: Opened, address: Address, lease: Lease) -> str:
    facts = parts.store.facts()
    away = ""
    if not lease.epoch:
        what = "refuses us" if lease.refusal else "cannot be reached"
        away = f", which {what}: history goes on, dashboards show nothing new"
        away += f"\n             {lease.refusal}" if lease.refusal else ""
    return "\n".join(
        (
            f"The bridge of {loaded.settings.ui.title} leads. Stop it with Ctrl-C.",
            "",
            f"  Bus        {address}{away}",
            f"  Broker     {shown_address(loaded)}",
            f"  Data       {facts.where if facts.durable else 'in memory, gone when this ends'}",
            "",
        )
    )
