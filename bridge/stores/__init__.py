"""Stores by the scheme of their URL: one file each."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from urllib.parse import urlsplit

from bridge.errors import SettingsError
from bridge.ports import Store

__all__ = ["schemes", "store_for"]


def store_for(url: str) -> Store:
    """The store for a URL. An unknown scheme is a `SettingsError`, whose text holds no more of the URL."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    known = schemes()
    if scheme not in known:
        names = ", ".join(f"{name}://" for name in sorted(known))
        got = f"{scheme}://" if scheme else "no scheme"
        raise SettingsError(f"[store] url: expected one of {names}, got {got}")
    return known[scheme](url)


def schemes() -> dict[str, Callable[[str], Store]]:
    """Every URL scheme that a module of this package serves, with what makes its store."""
    found: dict[str, Callable[[str], Store]] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found.update(getattr(import_module(module.name), "SCHEMES", {}))
    return found
