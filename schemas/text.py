"""Foreign values in sentences for people."""

LIMIT = 80
"""Characters shown of one value."""


def shown(value: object, limit: int = LIMIT) -> str:
    """A value as it may stand in a message: quoted if text, cut, control characters escaped. Never raises."""
    try:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
    except Exception:
        text = f"a {type(value).__name__}"
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
