"""What the web part is told when it is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.wire import BOUNDS, Bounds


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How the web part behaves. `token` is the word by which the owner's own commands are known.

    `max_sessions` browsers at once, `new_sessions` of them let in a second; `bounds` are for each.
    """

    title: str = "Fleetglass"
    language: str = ""
    """Of who wishes none; empty: his browser's."""
    hosts: frozenset[str] = frozenset()
    origins: Sequence[str] = ()
    max_sessions: int = 1_000
    new_sessions: float = 100.0
    bounds: Bounds = BOUNDS
    session_timeout: float = 20.0
    token: str | None = field(default=None, repr=False)
