"""Where the bus is: `redis://[user:password@]host[:port][/db][?name=prefix]`, and how to reach it.

`rediss://` is the same over TLS, and may name the authority to trust: `?ssl_ca_certs=/etc/ssl/ours.crt`.
"""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bridge.bus.faults import FAULTS, trouble
from bridge.errors import SettingsError
from schemas.refusal import shown

ANSWERS_WITHIN = 3.0
"""Seconds after which a Redis that says nothing counts as away. No blocking call of ours asks for more."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_EXAMPLE = "redis://127.0.0.1:6379/0"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed bus URL. Its text never shows the password.

    `name` begins every key, so that several houses may share a Redis. `ca_file` holds the certificates of
    authorities to trust, beside those that the system trusts.
    """

    host: str
    port: int = 6379
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    name: str = "fleetglass"
    ca_file: str | None = None

    def __str__(self) -> str:
        scheme = "rediss" if self.tls else "redis"
        host = f"[{self.host}]" if ":" in self.host else self.host
        name = "" if self.name == "fleetglass" else f"?name={self.name}"
        return f"{scheme}://{host}:{self.port}/{self.db}{name}"

    def key(self, what: str) -> str:
        """The key of one of our things there."""
        return f"{self.name}:{what}"


class Script(Protocol):
    """A Lua script that Redis runs as one step."""

    def __call__(self, keys: Sequence[str], args: Sequence[bytes | str | int]) -> object: ...


def parse(url: str) -> Address:
    """Raises `SettingsError` for a URL that is none of ours, or names a file that holds no certificate."""
    try:
        parts = urlsplit(url)
        port = 6379 if parts.port is None else parts.port
        # As it is looked up: a name that cannot be is no fault of the bus.
        (parts.hostname or "").encode("idna")
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise SettingsError(
            f"bus: expected a URL such as {_EXAMPLE}, with a host that can be and a port from 1 to 65535"
        ) from None
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or port == 0 or parts.fragment:
        raise SettingsError(f"bus: expected a URL such as {_EXAMPLE}, got {parts.scheme or 'something'}:…")
    db = parts.path.strip("/") or "0"
    if not (db.isascii() and db.isdecimal() and len(db) < 6):
        raise SettingsError(f"bus: expected the number of a database after the host, as in {_EXAMPLE}")
    name = query.pop("name", "fleetglass")
    ca_file = query.pop("ssl_ca_certs", None)
    if query or not _NAME.match(name):
        raise SettingsError(
            "bus: after ? only name=… is known, of up to 64 letters, digits, dots, dashes and underscores, "
            "and with rediss:// ssl_ca_certs=…"
        )
    if ca_file is not None:
        _check_authority(ca_file, tls=parts.scheme == "rediss")
    return Address(
        parts.hostname,
        port,
        int(db),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        parts.scheme == "rediss",
        name,
        ca_file,
    )


def _check_authority(file: str, *, tls: bool) -> None:
    if not tls:
        raise SettingsError("bus: ssl_ca_certs: expected only with rediss://, which is over TLS")
    if not Path(file).is_absolute():
        example = "the whole path of a file, such as /etc/ssl/ours.crt"
        raise SettingsError(f"bus: ssl_ca_certs: expected {example}, got {shown(file)}")
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        raise SettingsError(f"bus: ssl_ca_certs: {file} holds no certificate in PEM") from None
    except OSError as error:
        raise SettingsError(f"bus: ssl_ca_certs: {file}: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"bus: ssl_ca_certs: {shown(file)}: {error}") from None


def connect(address: Address) -> Redis:
    """A client, safe for threads. It connects when it is used and never tries again by itself.

    A repeated try could write twice what was written already.
    """
    return Redis(
        host=address.host,
        port=address.port,
        db=address.db,
        username=address.username,
        password=address.password,
        ssl=address.tls,
        ssl_ca_certs=address.ca_file,
        socket_timeout=ANSWERS_WITHIN,
        socket_connect_timeout=ANSWERS_WITHIN,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


def look(address: Address) -> str:
    """What is wrong with the bus now, as what follows its name; empty if nothing is."""
    try:
        with connect(address) as client:
            client.exists(address.key("about"))
    except FAULTS as fault:
        return trouble(fault, "").strip()
    return ""


def script(client: Redis, lua: str) -> Script:
    """A script of ours, sent to Redis when it does not know it yet."""
    return cast(Script, client.register_script(lua))
