"""Stores by the scheme of their URL: one file each."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from urllib.parse import urlsplit

from bridge.errors import SettingsError
from bridge.ports import Store


def store_for(url: str) -> Store:
    """The store for a URL. An unknown scheme is a `SettingsError`."""
    known: dict[str, Callable[[str], Store]] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        known.update(getattr(import_module(module.name), "SCHEMES", {}))
    scheme = urlsplit(url).scheme
    if scheme not in known:
        raise SettingsError(f"[store] url: expected one of {', '.join(f'{s}://' for s in sorted(known))}, got {url!r}")
    return known[scheme](url)
