"""`fleetglass run`: broker, bridge, web server and demo in the right order, and down again."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from bridge.broker import EmbeddedBroker, is_loopback
from bridge.errors import PortTaken, SettingsError
from bridge.garbage import look_rarely
from bridge.instance import Instance
from bridge.ports import StoreFacts, Transport
from bridge.service import Plan
from bridge.settings import Loaded
from bridge.setup import (
    broker_address,
    embedded_at,
    in_memory,
    is_embedded,
    labels,
    load_kinds,
    make_store,
    make_transport,
    passing_session,
    session_of,
    shown_address,
    told,
    unknown_retentions,
)
from bridge.simulate import Fleet, plan
from dashboard import hints
from dashboard.app import LocalHouse, build
from dashboard.gate import LOOPBACK, host_name
from dashboard.open_files import room_for
from dashboard.options import WebOptions
from dashboard.outlet import OutletProtocol
from schemas.catalog import shipped_kinds

log = logging.getLogger(__name__)

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  (compared with, not bound)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What only the command line says. `demo` is the number of simulated devices."""

    demo: int = 0
    insecure: bool = False


def run(loaded: Loaded, options: RunOptions, extra: Sequence[Transport] = ()) -> int:
    """Serve until SIGINT or SIGTERM. `extra` are transports beside the broker. Raises `UserMistake`."""
    web = loaded.settings.web
    if not is_loopback(web.host) and not options.insecure:
        raise SettingsError(
            f"[web] host {web.host}: others on the network could see and switch everything, for there are no "
            "users and passwords yet; listen on 127.0.0.1, or say --insecure if you mean it"
        )
    # Until the server takes the signals itself, SIGTERM ends us as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kinds, broken = load_kinds(loaded)
    for mistake in broken:
        log.error("a kind of yours is left out: %s", told(mistake))
    for line in unknown_retentions(loaded, kinds):
        log.warning("%s", line)
    with contextlib.ExitStack() as stack:
        # What only the settings can have wrong is told before anything is made or locked.
        make_transport(loaded, passing_session(loaded))
        instance = None if in_memory(loaded) else stack.enter_context(Instance(loaded.data_dir))
        store = make_store(loaded)
        store.open()
        stack.callback(store.close)
        transport = make_transport(loaded, session_of(store, loaded))
        listener = stack.enter_context(contextlib.closing(_listen(web.host, web.port)))
        if is_embedded(loaded):
            broker = EmbeddedBroker(*embedded_at(loaded), insecure=options.insecure)
            broker.start()
            stack.callback(broker.stop)
        house = LocalHouse(
            Plan(
                kinds,
                [transport, *extra],
                store,
                labels(loaded),
                shown_address(loaded),
                is_embedded(loaded),
            )
        )
        if options.demo:
            stack.callback(_demo(loaded, options.demo).stop)
        url = _url(loaded, listener.getsockname()[1])
        if instance is not None:
            instance.announce(url)
        sys.stdout.write(_welcome(loaded, options, url, store.facts()) + "\n")
        sys.stdout.flush()
        app = build(house, _web_options(loaded, instance))
        narrow = room_for(web.max_sessions)
        if narrow is not None:
            log.warning("%s", narrow)
        look_rarely()
        asyncio.run(_serve(app, listener))
    return 0


def _web_options(loaded: Loaded, instance: Instance | None) -> WebOptions:
    web = loaded.settings.web
    hosts = frozenset() if web.host in EVERYWHERE else LOOPBACK | {web.host, *map(host_name, web.origins)}
    return WebOptions(
        title=loaded.settings.ui.title,
        hosts=hosts,
        origins=[origin.rstrip("/") for origin in web.origins],
        max_sessions=web.max_sessions,
        new_sessions=web.new_sessions,
        session_timeout=web.session_timeout,
        token=None if instance is None else instance.token,
    )


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1_024)
    except OSError as error:
        listener.close()
        if isinstance(error, socket.gaierror):
            raise SettingsError(f"[web] host {host}: {error.strerror}") from None
        raise PortTaken(
            f"the dashboard cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
        ) from None
    return listener


def _demo(loaded: Loaded, count: int) -> Fleet:
    # Of the shipped kinds alone: the user's own devices are his to simulate, or to have.
    fleet = Fleet(broker_address(loaded), plan(shipped_kinds(), count), rate=1.0, faults=False, seed=1)
    fleet.start()
    return fleet


class _Server(uvicorn.Server):
    """Leaves signals to us, so that SIGTERM and Ctrl-C end with exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take none."""
        yield


def server_config(app: object) -> uvicorn.Config:
    """How the application is served, by the product and wherever it is measured."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        ws=OutletProtocol,
        ws_per_message_deflate=False,
        ws_max_size=1024 * 1024,
        ws_ping_interval=15.0,
        ws_ping_timeout=15.0,
        timeout_graceful_shutdown=2,
        server_header=False,
    )


async def _serve(app: FastAPI, listener: socket.socket) -> None:
    server = _Server(server_config(app))

    def stop() -> None:
        app.state.streams.close()
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve(sockets=[listener])


def _url(loaded: Loaded, port: int) -> str:
    """Where a browser of this computer finds the dashboard."""
    host = loaded.settings.web.host
    host = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


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
