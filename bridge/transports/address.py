"""Where a broker is, as whom to go there, and how to trust it."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from bridge.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How to trust the broker and how to be known to it. `insecure` accepts any certificate."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Broker:
    """Where to connect and as whom. `name` is the URL without its secrets."""

    name: str
    host: str
    port: int
    username: str | None
    password: str | None
    tls: ssl.SSLContext | None


def broker_at(url: str, username: str | None, password: str | None, tls: TlsSettings | None) -> Broker:
    """Read and check all of it. A given user name or password goes before the one in the URL.

    Raises `SettingsError`, whose text never shows the URL: an unescaped password can stand anywhere in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    except ValueError:
        raise _bad_url("the host or port cannot be read") from None
    if parts.scheme not in ("mqtt", "mqtts"):
        raise _bad_url("the scheme is not mqtt:// or mqtts://")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise _bad_url("the host is missing or followed by something else")
    if tls is not None and parts.scheme != "mqtts":
        raise SettingsError(
            "broker url: TLS settings need an mqtts:// URL, got mqtt://, which is not encrypted"
        )
    username = (_part(parts, "username") if username is None else username) or None
    password = _part(parts, "password") if password is None else password
    if password is not None and username is None:
        raise SettingsError("broker username: expected one beside the password, got none")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Broker(
        f"{parts.scheme}://{host}:{port}",
        parts.hostname,
        port,
        username,
        password,
        _context(tls or TlsSettings()) if parts.scheme == "mqtts" else None,
    )


def _bad_url(what: str) -> SettingsError:
    return SettingsError(
        f"broker url: {what}; expected mqtt://[user:password@]host[:port]"
        " with special characters of the password percent-encoded"
    )


def _part(parts: SplitResult, name: str) -> str | None:
    value: str | None = getattr(parts, name)
    return None if value is None else unquote(value)


def _context(tls: TlsSettings) -> ssl.SSLContext:
    for name in ("ca_file", "cert_file", "key_file"):
        path: Path | None = getattr(tls, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"broker tls_{name}: expected a file, got {path}, which is not there")
    if tls.key_file is not None and tls.cert_file is None:
        raise SettingsError("broker tls_cert_file: expected one beside tls_key_file, got none")
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except OSError as error:
        raise SettingsError(
            f"broker tls_ca_file: cannot read {tls.ca_file} as PEM ({error.strerror})"
        ) from error
    if tls.cert_file is not None:
        try:
            # An empty password, because OpenSSL would otherwise ask for one on the terminal.
            context.load_cert_chain(tls.cert_file, tls.key_file, password="")
        except OSError as error:
            names = " with ".join(str(path) for path in (tls.cert_file, tls.key_file) if path)
            raise SettingsError(
                f"broker tls_cert_file: cannot read {names} as an unencrypted PEM pair ({error.strerror})"
            ) from error
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
