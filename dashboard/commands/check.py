"""`fleetglass check`."""

import argparse
from collections.abc import Sequence

from bridge.settings import Loaded
from bridge.setup import check_broker, in_memory, load_kinds, told, unknown_retentions
from dashboard.boards import boards_of
from dashboard.commands.parser import Commands, add_broker, load


def add(commands: Commands) -> None:
    """Offer the command."""
    add_broker(commands.add("check", check, data=True))


def check(options: argparse.Namespace) -> int:
    """Config, kinds, store, pages, broker, and a bus if there is one, each with a line."""
    loaded = load(options)
    print(f"config   {loaded.file or 'none, all defaults'}")
    kinds, broken = load_kinds(loaded)
    print(f"kinds    {len(list(kinds))}: {', '.join(kind.name for kind in kinds)}")
    mistakes = [*map(told, broken), *unknown_retentions(loaded, kinds)]
    print(f"store    {_store(loaded)}")
    for mistake in mistakes:
        print(f"         {mistake}")
    mistakes += _pages(loaded)
    broker = check_broker(loaded)
    print(f"broker   {broker.detail}")
    bus = _bus(loaded)
    return 0 if broker.up and bus and not mistakes else 2


def _pages(loaded: Loaded) -> Sequence[str]:
    """Tell of people's own pages; the mistakes in them, a line each."""
    boards = boards_of(loaded)
    boards.poll()
    pages = boards.pages()
    print(f"pages    {len(pages) or 'none'} in {boards.folder}")
    mistakes = [*boards.faults, *(board.fault for board in pages.values() if board.fault)]
    for mistake in mistakes:
        print(f"         {mistake}")
    return mistakes


def _bus(loaded: Loaded) -> bool:
    """Tell of the bus, unless all is in one process; whether nothing is wrong with it."""
    if loaded.settings.bus.url.lower().startswith("memory:"):
        return True
    # Redis takes a tenth of a second to import.
    from bridge.bus.address import look
    from dashboard.bus import bus_of

    address = bus_of(loaded, "check")
    wrong = look(address)
    print(f"bus      {address}{wrong and f' {wrong}'}")
    return not wrong


def _store(loaded: Loaded) -> str:
    if in_memory(loaded):
        return "in memory: nothing is kept when the program ends"
    return f"{loaded.settings.store.url} in {loaded.data_dir}"
