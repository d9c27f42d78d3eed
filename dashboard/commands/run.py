"""`fleetglass run`."""

import argparse

from dashboard.commands.parser import Commands, add_broker, load

DEMO_DEVICES = 13


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add("run", run, data=True)
    add_broker(parser)
    parser.add_argument("--store", metavar="URL", help="where to keep things: sqlite:///file or memory://")
    parser.add_argument(
        "--bus", metavar="URL", help="for more dashboards, in other processes: redis://host:port"
    )
    parser.add_argument("--host", metavar="H", help="address of the dashboard (127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="P", help="port of the dashboard (8550)")
    parser.add_argument(
        "--demo", action=argparse.BooleanOptionalAction, default=False, help="with a small simulated fleet"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="let others on the network in, without passwords"
    )


def run(options: argparse.Namespace) -> int:
    """The product: bridge and dashboard in one process."""
    loaded = load(options)
    # Flet takes a second to import, which the other commands need not wait for.
    from dashboard.run import RunOptions
    from dashboard.run import run as serve

    return serve(loaded, RunOptions(demo=DEMO_DEVICES if options.demo else 0, insecure=options.insecure))
