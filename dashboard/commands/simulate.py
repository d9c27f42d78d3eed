"""`fleetglass simulate`."""

import argparse
import sys
import time

from bridge.errors import UserMistake
from bridge.setup import broker_address, load_kinds, password, shown_address, tls, told
from dashboard.commands.parser import Commands, add_broker, load
from dashboard.commands.run import DEMO_DEVICES

MOST_SIMULATED = 5_000
"""Each is a connection of its own."""


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add("simulate", simulate)
    add_broker(parser)
    parser.add_argument("--devices", type=_devices, default=DEMO_DEVICES, metavar="N")
    parser.add_argument("--rate", type=float, default=1.0, metavar="HZ", help="messages a second of each (1)")
    parser.add_argument("--faults", action="store_true", help="bad payloads, drop-outs and bursts too")
    parser.add_argument("--kind", action="append", default=[], metavar="KIND", help="only these kinds")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same devices (1)")


def simulate(options: argparse.Namespace) -> int:
    """Devices made from kinds, until Ctrl-C."""
    from bridge.simulate import Fleet, plan

    loaded = load(options)
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
    print(f"Simulating {options.devices} devices at {shown_address(loaded)}. Stop with Ctrl-C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    finally:
        fleet.stop()


def _devices(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_SIMULATED:
        raise argparse.ArgumentTypeError(f"expected 1 to {MOST_SIMULATED:,} devices, got {number:,}")
    return number
