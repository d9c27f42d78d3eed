"""The command line. Exit 0: fine; 2: a mistake of the user's, told in one line; 1: a fault of ours.

Nothing here imports flet before a command needs to show something.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from bridge.errors import FleetglassError, UserMistake
from bridge.settings import Loaded, load_settings
from bridge.setup import broker_address, check_broker, load_kinds, password, tls, told

log = logging.getLogger(__name__)

DEMO_DEVICES = 12
MOST_SIMULATED = 5_000
"""Each is a connection of its own."""


class _Parser(argparse.ArgumentParser):
    """One clear line instead of the usage."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        return int(options.command(options))
    except UserMistake as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    except FleetglassError as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 1


def run(options: argparse.Namespace) -> int:
    """The product: bridge and dashboard in one process."""
    loaded = _load(options)
    if options.data_dir is not None and not options.data_dir.is_dir():
        raise UserMistake(f"--data-dir {options.data_dir}: there is no such folder")
    # Flet takes a second to import, which the other commands need not wait for.
    from dashboard.run import RunOptions
    from dashboard.run import run as serve

    return serve(
        loaded,
        RunOptions(demo=DEMO_DEVICES if options.demo else 0, insecure=options.insecure),
    )


def publish(options: argparse.Namespace) -> int:
    """What mosquitto_pub does, for who has none."""
    from bridge.transports.publish import publish_once

    loaded = _load(options)
    publish_once(
        broker_address(loaded),
        options.topic,
        options.payload.encode("utf-8", "surrogateescape"),
        qos=options.qos,
        retain=options.retain,
        username=loaded.settings.broker.username,
        password=password(loaded),
        tls=tls(loaded),
    )
    return 0


def simulate(options: argparse.Namespace) -> int:
    """Devices made from kinds, until Ctrl-C."""
    from bridge.simulate import Fleet, plan

    loaded = _load(options)
    kinds, broken = load_kinds(loaded)
    for mistake in broken:
        print(f"fleetglass: {told(mistake)}", file=sys.stderr)
    unknown = [name for name in options.kind if kinds.get(name) is None]
    if unknown:
        raise UserMistake(f"--kind {unknown[0]}: no such kind; known are {', '.join(k.name for k in kinds)}")
    fleet = Fleet(
        broker_address(loaded),
        plan(kinds, options.devices, options.kind),
        rate=options.rate,
        faults=options.faults,
        seed=options.seed,
        username=loaded.settings.broker.username,
        password=password(loaded),
        tls=tls(loaded),
    )
    fleet.start()
    print(f"{options.devices} devices speak to {broker_address(loaded)}; stop with Ctrl-C")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    finally:
        fleet.stop()


def check(options: argparse.Namespace) -> int:
    """Config, kinds and broker, each with a line."""
    loaded = _load(options)
    print(f"config   {loaded.file or 'none, all defaults'}")
    kinds, broken = load_kinds(loaded)
    print(f"kinds    {len(list(kinds))}: {', '.join(kind.name for kind in kinds)}")
    for mistake in broken:
        print(f"         {told(mistake)}")
    broker = check_broker(loaded)
    print(f"broker   {broker.detail}")
    return 0 if broker.up and not broken else 2


def schemas(options: argparse.Namespace) -> int:
    """The kinds, or the JSON Schema of one."""
    kinds, broken = load_kinds(_load(options))
    for mistake in broken:
        print(f"fleetglass: {told(mistake)}", file=sys.stderr)
    if options.action == "list":
        for known in kinds:
            print(f"{known.name:<14} {known.topic.text:<36} {known.doc}")
        return 0
    kind = kinds.get(options.name)
    if kind is None:
        raise UserMistake(f"no such kind: {options.name}; known are {', '.join(k.name for k in kinds)}")
    print(json.dumps(kind.model.model_json_schema(), indent=2, ensure_ascii=False))
    return 0


def _load(options: argparse.Namespace) -> Loaded:
    flags: dict[str, dict[str, object]] = {"broker": {}, "store": {}, "bus": {}, "web": {}}
    for name, section, key in (
        ("broker", "broker", "url"), ("store", "store", "url"), ("bus", "bus", "url"),
        ("host", "web", "host"), ("port", "web", "port"),
    ):  # fmt: skip
        value = getattr(options, name, None)
        if value is not None:
            flags[section][key] = value
    mqtt_port = getattr(options, "mqtt_port", None)
    if mqtt_port is not None and "url" not in flags["broker"]:
        flags["broker"]["url"] = f"embedded://127.0.0.1:{mqtt_port}"
    given: Mapping[str, Mapping[str, object]] = flags
    return load_settings(options.config, environment=os.environ, flags=given)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="fleetglass", description="A live dashboard for a fleet of MQTT devices.")
    parser.add_argument("--version", action="version", version=f"fleetglass {_version()}")
    parser.set_defaults(verbose=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def add(name: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        added.set_defaults(command=command)
        added.add_argument(
            "--config", type=Path, metavar="FILE", help="default: fleetglass.toml if there is one"
        )
        added.add_argument("--verbose", action="store_true", help="log what happens")
        return added

    def add_broker(to: argparse.ArgumentParser) -> None:
        to.add_argument(
            "--broker", metavar="URL", help="embedded://, mqtt:// or mqtts://, with host and port"
        )
        to.add_argument("--mqtt-port", type=int, metavar="P", help="port of the embedded broker (1883)")

    running = add("run", run)
    add_broker(running)
    running.add_argument("--store", metavar="URL", help="where to keep things: memory://")
    running.add_argument("--bus", metavar="URL", help="between bridge and dashboard: memory://")
    running.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where data is kept (this version keeps nothing on disk)"
    )
    running.add_argument("--host", metavar="H", help="address of the dashboard (127.0.0.1)")
    running.add_argument("--port", type=int, metavar="P", help="port of the dashboard (8550)")
    running.add_argument(
        "--demo", action=argparse.BooleanOptionalAction, default=False, help="with a small simulated fleet"
    )
    running.add_argument(
        "--insecure", action="store_true", help="let others on the network in, without passwords"
    )

    publishing = add("publish", publish)
    add_broker(publishing)
    publishing.add_argument("topic", metavar="TOPIC")
    publishing.add_argument("payload", metavar="PAYLOAD")
    publishing.add_argument("--retain", action="store_true", help="the broker keeps it for who comes later")
    publishing.add_argument("--qos", type=int, choices=(0, 1, 2), default=0)

    simulating = add("simulate", simulate)
    add_broker(simulating)
    simulating.add_argument("--devices", type=_devices, default=DEMO_DEVICES, metavar="N")
    simulating.add_argument(
        "--rate", type=float, default=1.0, metavar="HZ", help="messages a second of each (1)"
    )
    simulating.add_argument("--faults", action="store_true", help="bad payloads, drop-outs and bursts too")
    simulating.add_argument("--kind", action="append", default=[], metavar="KIND", help="only these kinds")
    simulating.add_argument("--seed", type=int, default=1, help="the same seed, the same devices (1)")

    add_broker(add("check", check))

    looking = add("schemas", schemas)
    actions = looking.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    actions.add_parser("list", help="all kinds with their topics")
    actions.add_parser("show", help="the JSON Schema of a kind").add_argument("name", metavar="KIND")
    return parser


def _devices(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_SIMULATED:
        raise argparse.ArgumentTypeError(f"expected 1 to {MOST_SIMULATED:,} devices, got {number:,}")
    return number


def _version() -> str:
    try:
        return version("fleetglass")
    except PackageNotFoundError:
        return "from a checkout that is not installed"


if __name__ == "__main__":
    sys.exit(main())
