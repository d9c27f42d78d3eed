"""`fleetglass backup` and `fleetglass restore`."""

import argparse
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from bridge.errors import StoreError, UserMistake
from bridge.identity import identity, keep_identity
from bridge.instance import Instance, find_running
from bridge.settings import Loaded
from bridge.setup import make_store
from bridge.stores.sqlite import backup as back_up
from bridge.stores.sqlite import restore_file
from dashboard.commands.ask import ask
from dashboard.commands.parser import Commands, load
from dashboard.commands.progress import progress
from dashboard.commands.stored import file_of


def add(commands: Commands) -> None:
    """Offer the commands."""
    parser = commands.add("backup", backup, data=True)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    commands.add("restore", restore, data=True).add_argument("file", type=Path, metavar="FILE")


def backup(options: argparse.Namespace) -> int:
    """A copy of all that is kept, as of one moment, while it runs or not."""
    source = file_of(load(options))
    if not source.exists():
        raise UserMistake(f"{source}: nothing is kept there yet; is --data-dir or --config another one?")
    if options.file.exists() and not options.force:
        raise UserMistake(f"{options.file}: there is such a file already; --force writes over it")
    with progress("Copying pages") as tell:
        back_up(source, options.file, tell, replace=options.force)
    print(f"{source} is copied to {options.file}", file=sys.stderr)
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put a backup in the place of all that is kept, while it runs or not."""
    loaded = load(options)
    target = file_of(loaded)
    source = options.file.expanduser().absolute()
    if not source.is_file():
        raise UserMistake(f"{options.file}: no such file")
    running = find_running(loaded.data_dir)
    if running is not None:
        ask(running, "/api/v1/store/restore", {"file": str(source)})
        print(f"{target} is restored from {options.file}", file=sys.stderr)
        return 0
    with Instance(loaded.data_dir):
        notes = _identity(loaded) if target.exists() else {}
        saved = restore_file(source, target)
        with closing(make_store(loaded)) as store:
            store.open()
            keep_identity(store, notes)
    was = f"; what was there is {saved} now" if saved is not None else ""
    print(f"{target} is restored from {options.file}{was}", file=sys.stderr)
    return 0


def _identity(loaded: Loaded) -> Mapping[str, str]:
    # What is to be replaced may be damaged; then the backup's word holds.
    with suppress(StoreError), closing(make_store(loaded)) as store:
        store.open()
        return identity(store)
    return {}
