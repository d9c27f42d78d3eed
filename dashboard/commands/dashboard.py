"""`fleetglass dashboard`."""

import argparse

from dashboard.commands.parser import Commands, load


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add("dashboard", dashboard)
    parser.add_argument("--bus", metavar="URL", help="where to find the bridge: redis://host:port")
    parser.add_argument("--host", metavar="H", help="address of the dashboard (127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="P", help="port of the dashboard (8550)")
    parser.add_argument(
        "--insecure", action="store_true", help="let others on the network in, without passwords"
    )


def dashboard(options: argparse.Namespace) -> int:
    """Only the dashboard: it shows what a bridge in another process says, and keeps nothing."""
    loaded = load(options)
    # Flet takes a second to import, which the other commands need not wait for.
    from dashboard.run_dashboard import run

    return run(loaded, insecure=options.insecure)
