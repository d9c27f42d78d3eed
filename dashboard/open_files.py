"""How many files, and so sockets, this process may have open."""

import contextlib

try:
    import resource
except ImportError:  # pragma: no cover - Windows has no such limit
    resource = None  # type: ignore[assignment]

OWN = 200
"""What the product itself has open, with room to spare: store, broker, log, libraries, HTTP."""


def room_for(sessions: int) -> str | None:
    """Let so many browsers connect, as far as the system allows; one line if it allows fewer."""
    if resource is None:
        return None
    needed = sessions + OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return None
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft >= needed:
        return None
    return (
        f"[web] max_sessions {sessions:,} needs about {needed:,} open files, and this system allows "
        f"{soft:,}: at about {max(0, soft - OWN):,} browsers no more can connect. Raise the limit "
        "(ulimit -n, or LimitNOFILE= of a systemd service), or lower max_sessions"
    )
