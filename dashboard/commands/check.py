"""`fleetglass check`."""

import argparse

from bridge.settings import Loaded
from bridge.setup import check_broker, in_memory, load_kinds, told, unknown_retentions
from dashboard.commands.parser import Commands, add_broker, load


def add(commands: Commands) -> None:
    """Offer the command."""
    add_broker(commands.add("check", check, data=True))


def check(options: argparse.Namespace) -> int:
    """Config, kinds, store and broker, each with a line."""
    loaded = load(options)
    print(f"config   {loaded.file or 'none, all defaults'}")
    kinds, broken = load_kinds(loaded)
    print(f"kinds    {len(list(kinds))}: {', '.join(kind.name for kind in kinds)}")
    mistakes = [*map(told, broken), *unknown_retentions(loaded, kinds)]
    print(f"store    {_store(loaded)}")
    for mistake in mistakes:
        print(f"         {mistake}")
    broker = check_broker(loaded)
    print(f"broker   {broker.detail}")
    return 0 if broker.up and not mistakes else 2


def _store(loaded: Loaded) -> str:
    if in_memory(loaded):
        return "in memory: nothing is kept when the program ends"
    return f"{loaded.settings.store.url} in {loaded.data_dir}"
