"""`fleetglass bridge`."""

import argparse

from dashboard.commands.parser import Commands, add_broker, load


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add("bridge", bridge, data=True)
    add_broker(parser)
    parser.add_argument("--store", metavar="URL", help="where to keep things: sqlite:///file or memory://")
    parser.add_argument("--bus", metavar="URL", help="where dashboards find it: redis://host:port")


def bridge(options: argparse.Namespace) -> int:
    """Only the bridge: it takes in, keeps and commands, for dashboards in other processes."""
    loaded = load(options)
    # Redis takes a tenth of a second to import, which the other commands need not wait for.
    from dashboard.run_bridge import run

    return run(loaded)
