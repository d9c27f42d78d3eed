"""Stores by the scheme of their URL: one file or package each."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from urllib.parse import urlsplit

from bridge.errors import SettingsError
from bridge.ports import Store
from bridge.retention import StoreOptions

__all__ = ["schemes", "store_for"]


def store_for(url: str, options: StoreOptions | None = None) -> Store:
    """The store for a URL, not yet open.

    An unknown scheme is a `SettingsError`, whose text holds no more of the URL; so is a URL that names no
    file where one is needed.
    """
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    known = schemes()
    if scheme not in known:
        names = ", ".join(f"{name}://" for name in sorted(known))
        got = f"{scheme}://" if scheme else "no scheme"
        raise SettingsError(f"[store] url: expected one of {names}, got {got}")
    return known[scheme](url, options or StoreOptions())


def schemes() -> dict[str, Callable[[str, StoreOptions], Store]]:
    """Every URL scheme that a module of this package serves, with what makes its store."""
    found: dict[str, Callable[[str, StoreOptions], Store]] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found.update(getattr(import_module(module.name), "SCHEMES", {}))
    return found
