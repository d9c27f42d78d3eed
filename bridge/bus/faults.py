"""What can be wrong with a Redis, and what is said of it: one line with what, where and how to mend it."""

import re
import ssl
from collections.abc import Iterator
from typing import Final

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

FAULTS: Final = (RedisError, OSError)
"""What a Redis that is away, frozen, full or somebody else's raises, and one that refuses us."""
REFUSALS: Final = (AuthenticationError, AuthenticationWrongNumberOfArgsError, NoPermissionError)
_UNREACHED = re.compile(r"Error (?:-?\d+ )?connecting to (\S+)\. (.+?)\.?$")
"""How redis-py says where it has found nobody, and why."""
RIGHTS = "~{name}:* +@all -@dangerous"
"""What a user needs, in the words of `ACL SETUSER`. `name` begins our keys."""


def refused(fault: BaseException) -> bool:
    """Whether Redis is there and does not let us in, or we do not trust it: that does not pass by itself."""
    of_script = isinstance(fault, ResponseError) and "user executing the script" in str(fault)
    return isinstance(fault, REFUSALS) or of_script or _untrusted(fault) is not None


def trouble(fault: BaseException, bus: object = "the bus") -> str:
    """A sentence about `bus`: it is away, or refuses us, and why."""
    return f"{bus} {'refuses us' if refused(fault) else 'is away'}: {said(fault)}"


def said(fault: BaseException) -> str:
    """One readable line about what Redis, or the way to it, has said. Never a password."""
    text = " ".join(str(fault).split()) or type(fault).__name__
    untrusted = _untrusted(fault)
    if untrusted is not None:
        return _of_certificate(untrusted)
    if isinstance(fault, REFUSALS[:2]):
        return _of_password(text)
    if refused(fault):
        return (
            f"the user of [bus] url may not do what it takes ({text}); give it the rights that are in "
            "docs/scaling.md"
        )
    if (unreached := _UNREACHED.match(text)) is not None:
        where, what = unreached.groups()
        return f"nothing listens at {where}" if what == "Connection refused" else f"{where}: {what}"
    if any(isinstance(each, TimeoutError) and "handshake" in str(each) for each in _chain(fault)):
        return "it does not answer over TLS; give its TLS port, or say redis:// in [bus] url"
    return text if len(text) <= 200 else text[:199] + "…"


def _of_password(text: str) -> str:
    if text.startswith("Authentication required"):
        return "it asks for a password and [bus] url has none; redis://:password@host gives one"
    if "without any password configured" in text:
        return "it asks for no password and [bus] url has one; take it out there, or set it in Redis"
    return "it does not take the user and password of [bus] url; put right ones there, or set these in Redis"


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    why = error.verify_message.rstrip(".")
    if "mismatch" in why:
        how = "in [bus] url name the host as its certificate does"
    elif "expired" in why or "not yet valid" in why:
        how = "give Redis one that is valid now"
    else:
        how = "if it is of an authority of your own, name that in [bus] url: ?ssl_ca_certs=/etc/ssl/ours.crt"
    return f"its certificate is not trusted ({why}); {how}"


def _untrusted(fault: BaseException) -> ssl.SSLCertVerificationError | None:
    return next((each for each in _chain(fault) if isinstance(each, ssl.SSLCertVerificationError)), None)


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """It, and what it came of."""
    found: BaseException | None = fault
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
