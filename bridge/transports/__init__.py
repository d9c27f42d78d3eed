"""Ways to reach devices. A module names the URL schemes it serves in `SCHEMES`: a new one is one file."""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlsplit

from bridge.errors import SettingsError
from bridge.ports import Transport

__all__ = ["schemes", "transport_for"]


def transport_for(url: str, **options: object) -> Transport:
    """The transport for the URL's scheme, made with `options`. An unknown scheme is a `SettingsError`."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    known = schemes()
    if scheme not in known:
        names = ", ".join(f"{name}://" for name in sorted(known))
        got = f"{scheme}://" if scheme else "no scheme"
        raise SettingsError(f"broker url: expected one of {names}, got {got}")
    return known[scheme](url, **options)


def schemes() -> dict[str, Callable[..., Transport]]:
    """Every URL scheme that a module of this package serves, with what makes its transport."""
    found: dict[str, Callable[..., Transport]] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        found.update(getattr(import_module(module.name), "SCHEMES", {}))
    return found
