"""The bus of the settings: some commands are nothing without one, `run` may have one."""

import sys
import threading
from contextlib import ExitStack

from bridge.bus.address import Address, parse
from bridge.bus.lease import Lease
from bridge.bus.publisher import Publisher
from bridge.errors import SettingsError
from bridge.service import Bridge
from bridge.settings import Loaded


def bus_of(loaded: Loaded, command: str) -> Address:
    """The bus, which `command` cannot do without. Raises `SettingsError`."""
    address = optional_bus(loaded)
    if address is None:
        raise SettingsError(
            f"{loaded.source}: [bus] url: expected a Redis at which `fleetglass {command}` meets the other "
            "processes, such as --bus redis://127.0.0.1:6379; memory:// is within one process"
        )
    return address


def optional_bus(loaded: Loaded) -> Address | None:
    """The bus; None where all is in one process. Raises `SettingsError`."""
    url = loaded.settings.bus.url
    if url.partition("://")[0].lower() == "memory":
        return None
    try:
        return parse(url)
    except SettingsError as error:
        raise SettingsError(f"{loaded.source}: [bus] url: {str(error).removeprefix('bus: ')}") from None


def stand_by(lease: Lease, address: Address, stop: threading.Event) -> tuple[bool, bool]:
    """Wait until this bridge leads or `stop` is set: whether it leads, and whether another one did before.

    What it waits for is said.
    """
    leaders: list[str] = []

    def standing_by(leader: str) -> None:
        leaders.append(leader)
        tell(
            f"Standing by on {address}: the bridge of {leader} leads. This one takes over as soon as that "
            f"one ends, or was not heard for {lease.life:g} s."
        )

    return lease.acquire(stop, standing_by), bool(leaders)


def leading(loaded: Loaded, stack: ExitStack) -> tuple[Address, Lease] | None:
    """For `run`: wait until this bridge leads on its bus; None if it has none.

    `stack` gives the lease back.
    """
    address = optional_bus(loaded)
    if address is None:
        return None
    lease = Lease(address)
    stand_by(lease, address, threading.Event())
    stack.callback(lease.release)
    return address, lease


def speak(bus: tuple[Address, Lease], bridge: Bridge, stack: ExitStack) -> Publisher:
    """Let other processes hear this bridge, and ask it; `stack` ends that."""
    publisher = Publisher(bus[0], bridge, bus[1])
    publisher.start()
    stack.callback(publisher.stop)
    return publisher


def tell(text: str) -> None:
    """A line for whoever started us, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
