"""The store of the settings, opened by a command, whether or not the product runs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bridge.errors import UserMistake
from bridge.instance import Instance
from bridge.ports import Store
from bridge.settings import Loaded
from bridge.setup import in_memory, make_store
from bridge.stores.sqlite import path_of


def file_of(loaded: Loaded) -> Path:
    """The file of the store. Raises `UserMistake` where there is none."""
    if in_memory(loaded):
        raise UserMistake(
            f"{loaded.source}: [store] url: memory:// keeps nothing that another program could read; "
            "while it runs, ask its HTTP interface"
        )
    return path_of(loaded.settings.store.url, loaded.data_dir)


@contextmanager
def reading(loaded: Loaded) -> Iterator[Store]:
    """The store, to be read only. Raises `UserMistake` where nothing was kept yet."""
    file = file_of(loaded)
    if not file.exists():
        raise UserMistake(f"{file}: nothing is kept there yet; is --data-dir or --config another one?")
    with _opened(loaded) as store:
        yield store


@contextmanager
def writing(loaded: Loaded) -> Iterator[Store]:
    """The store, to be written too. Raises `AlreadyRunning` while the product runs."""
    file_of(loaded)
    with Instance(loaded.data_dir), _opened(loaded) as store:
        yield store


@contextmanager
def _opened(loaded: Loaded) -> Iterator[Store]:
    store = make_store(loaded)
    store.open()
    with closing(store):
        yield store
