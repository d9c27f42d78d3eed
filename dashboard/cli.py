"""The command line. Exit 0: fine; 2: a mistake of the user's, told in one line; 1: a fault of ours.

Nothing here imports flet before a command needs to show something.
"""

import argparse
import logging
import os
import select
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from bridge.errors import FleetglassError, UserMistake
from dashboard.commands import (
    backup,
    bridge,
    check,
    dashboard,
    history,
    publish,
    quarantine,
    run,
    schemas,
    simulate,
)
from dashboard.commands.parser import Commands, Parser

COMMANDS = (run, bridge, dashboard, publish, simulate, check, schemas, history, quarantine, backup)
TELL_THEMSELVES = (check.check, publish.publish)
"""What these find at the broker they say in a line of their own; the log would say it again."""
UNTIL_TOLD = (run.run, bridge.bridge, dashboard.dashboard, simulate.simulate)
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    code = 0
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_has_gone():
            raise
    return code


def _run(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(_joined(arguments))
    quiet = logging.ERROR if options.command in TELL_THEMSELVES else logging.WARNING
    logging.basicConfig(
        level=logging.INFO if options.verbose else quiet,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        return int(options.command(options))
    except UserMistake as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        # What runs until it is told to end has ended well; the others were kept from it.
        return 0 if options.command in UNTIL_TOLD else INTERRUPTED
    except FleetglassError as error:
        print(f"fleetglass: {error}", file=sys.stderr)
        return 1


def _reader_has_gone() -> bool:
    """Whether who reads our standard output has enough, as `head`; then nothing more is written to it."""
    ends = select.poll()
    # Asked for nothing, it tells only of errors and of another end that is closed.
    ends.register(sys.stdout.fileno(), 0)
    if not ends.poll(0):
        return False
    # What Python would still write at its end has nowhere to go.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--start -24h` as one word: by itself, -24h would be taken for a flag."""
    words: list[str] = []
    for word in arguments:
        if words and words[-1] in ("--start", "--end") and word.startswith("-"):
            words[-1] = f"{words[-1]}={word}"
        else:
            words.append(word)
    return words


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="fleetglass", description="A live dashboard for a fleet of MQTT devices.")
    parser.add_argument("--version", action="version", version=f"fleetglass {_version()}")
    parser.set_defaults(verbose=False)
    commands = Commands(parser)
    for command in COMMANDS:
        command.add(commands)
    return parser


def _version() -> str:
    try:
        return version("fleetglass")
    except PackageNotFoundError:
        return "from a checkout that is not installed"


if __name__ == "__main__":
    sys.exit(main())
