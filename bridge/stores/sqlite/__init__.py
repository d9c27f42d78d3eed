"""History and state in one file of SQLite's."""

from pathlib import Path

from bridge.errors import SettingsError
from bridge.stores.sqlite.copies import backup, restore_file
from bridge.stores.sqlite.store import SqliteStore

__all__ = ["SCHEMES", "SqliteStore", "backup", "path_of", "restore_file"]


def path_of(url: str, folder: Path) -> Path:
    """The file that a URL names: three slashes for one below `folder`, four for an absolute one.

    Raises `SettingsError` for a URL that names none.
    """
    name = url.removeprefix("sqlite:///")
    if name == url or not name or name.endswith("/") or name == ":memory:":
        raise SettingsError(f"[store] url: expected a file, as in sqlite:///fleetglass.db, got {url}")
    return folder / name


SCHEMES = {"sqlite": lambda url, options: SqliteStore(path_of(url, options.folder), options)}
