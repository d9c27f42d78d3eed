"""`fleetglass run`: broker, bridge, web server and demo in the right order, and down again."""

import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.ports import StoreFacts, Transport
from bridge.settings import Loaded
from bridge.setup import (
    broker_address,
    is_embedded,
    kinds_of,
    opened,
    plan_of,
    shown_address,
    start_broker,
)
from bridge.simulate import Fleet, plan
from dashboard import hints
from dashboard.app import LocalHouse, build
from dashboard.boards import boards_of
from dashboard.bus import leading, speak, tell
from dashboard.serve import check_host, listen, serve, url_of, web_options
from schemas.catalog import shipped_kinds


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What only the command line says. `demo` is the number of simulated devices."""

    demo: int = 0
    insecure: bool = False


def run(loaded: Loaded, options: RunOptions, extra: Sequence[Transport] = ()) -> int:
    """Serve until SIGINT or SIGTERM. `extra` are transports beside the broker. Raises `UserMistake`."""
    web = loaded.settings.web
    check_host(loaded, insecure=options.insecure)
    # Until the server takes the signals itself, SIGTERM ends us as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kinds, boards = kinds_of(loaded), boards_of(loaded)
    with contextlib.ExitStack() as stack:
        bus = leading(loaded, stack)
        parts = opened(loaded, stack)
        listener = stack.enter_context(contextlib.closing(listen(web.host, web.port)))
        start_broker(loaded, stack, insecure=options.insecure)
        house = LocalHouse(plan_of(loaded, kinds, parts, extra), boards)
        if options.demo:
            stack.callback(_demo(loaded, options.demo).stop)
        url = url_of(loaded, listener)
        token = None
        if parts.instance is not None:
            parts.instance.announce(url)
            token = parts.instance.token
        tell(_welcome(loaded, options, url, parts.store.facts()))
        if bus is not None:
            house.publisher = speak(bus, house, stack)
        serve(build(house, web_options(loaded, token)), listener, loaded)
    return 0


def _demo(loaded: Loaded, count: int) -> Fleet:
    # Of the shipped kinds alone: the user's own devices are his to simulate, or to have.
    fleet = Fleet(broker_address(loaded), plan(shipped_kinds(), count), rate=1.0, faults=False, seed=1)
    fleet.start()
    return fleet


def _welcome(loaded: Loaded, options: RunOptions, url: str, facts: StoreFacts) -> str:
    lines = [f"{loaded.settings.ui.title} is running. Stop it with Ctrl-C.", ""]
    lines.append(f"  Dashboard  {url}")
    address = shown_address(loaded)
    if is_embedded(loaded):
        lines += [
            f"  Broker     {address}, the embedded one: meant for a first look.",
            "             It keeps no message for Fleetglass while that is away; for nothing to be lost",
            "             use Mosquitto (mosquitto.conf is ready), --broker mqtt://… and QoS 1",
        ]
    else:
        lines.append(f"  Broker     {address}")
    lines.append(f"  Data       {facts.where if facts.durable else 'in memory, gone when this ends'}")
    if options.demo:
        lines.append(f"  Devices    {options.demo} simulated ones (--no-demo for none)")
    lines += [
        "",
        "  Try        " + hints.mosquitto_pub(address),
        "  or         " + hints.publish(address),
        "",
    ]
    return "\n".join(lines)
