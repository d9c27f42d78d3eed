"""From settings to the parts of a bridge."""

import json
import logging
import math
import secrets
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bridge.amounts import size, span
from bridge.broker import EmbeddedBroker
from bridge.config_file import ConfigFile, labels_of
from bridge.errors import SettingsError
from bridge.identity import CLIENT_ID, TOPICS
from bridge.ingest import BROKER_DROPPED
from bridge.instance import PATIENCE, Instance
from bridge.plan import Plan
from bridge.ports import Connection, Store, Transport
from bridge.retention import DEFAULT, Retention, StoreOptions
from bridge.sections import Spans
from bridge.settings import CONFIG_NAME, Loaded
from bridge.state import UNCLAIMED
from bridge.stores import store_for
from bridge.transports import transport_for
from bridge.transports.address import TlsSettings
from schemas.catalog import Broken, Kinds, load_folder, shipped_kinds

log = logging.getLogger(__name__)

MQTT_PORT = 1883
TLS_KEYS = ("tls_ca_file", "tls_cert_file", "tls_key_file", "tls_insecure")


def load_kinds(loaded: Loaded) -> tuple[Kinds, Sequence[Broken]]:
    """The shipped kinds and the user's; what is broken among his, the rest works.

    Raises `SettingsError` for a folder that is not there.
    """
    kinds = shipped_kinds()
    broken: list[Broken] = []
    for path in loaded.settings.schemas.paths:
        folder = loaded.existing(path, "[schemas] paths")
        if not folder.is_dir():
            raise SettingsError(f"{loaded.source}: [schemas] paths: expected a folder, got the file {folder}")
        broken += load_folder(kinds, folder)
    return kinds, broken


def kinds_of(loaded: Loaded) -> Kinds:
    """The kinds, for a program that goes on: what is wrong with the user's own is in the log."""
    kinds, broken = load_kinds(loaded)
    for mistake in broken:
        log.error("a kind of yours is left out: %s", told(mistake))
    for line in unknown_retentions(loaded, kinds):
        log.warning("%s", line)
    return kinds


def told(broken: Broken) -> str:
    """A mistake in a user's kind, as one line."""
    line = "" if broken.line is None else f":{broken.line}"
    return f"{broken.file}{line}: {broken.message}"


def is_embedded(loaded: Loaded) -> bool:
    """Whether the broker is our own."""
    return urlsplit(loaded.settings.broker.url).scheme == "embedded"


def embedded_at(loaded: Loaded) -> tuple[str, int]:
    """Host and port for the embedded broker."""
    parts = urlsplit(loaded.settings.broker.url)
    return parts.hostname or "127.0.0.1", parts.port or MQTT_PORT


def broker_address(loaded: Loaded) -> str:
    """The URL at which clients reach the broker."""
    if not is_embedded(loaded):
        return loaded.settings.broker.url
    host, port = embedded_at(loaded)
    return f"mqtt://{host}:{port}"


def shown_address(loaded: Loaded) -> str:
    """The same without user name and password."""
    scheme, _, rest = broker_address(loaded).partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def password(loaded: Loaded) -> str | None:
    """The broker's password, from its file. Raises `SettingsError`."""
    named = loaded.settings.broker.password_file
    if named is None:
        return None
    try:
        return loaded.existing(named, "[broker] password_file").read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        why = error.strerror
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    raise SettingsError(f"{loaded.source}: [broker] password_file: cannot be read: {why}")


def tls(loaded: Loaded) -> TlsSettings | None:
    """The TLS files of the broker.

    Raises `SettingsError` for one that is not there, and for any of them where the URL does not encrypt.
    """
    broker = loaded.settings.broker
    if urlsplit(broker.url).scheme != "mqtts":
        given = [key for key in TLS_KEYS if getattr(broker, key)]
        if given:
            raise SettingsError(
                f"{loaded.source}: [broker] {given[0]}: expected an mqtts:// URL with it, "
                f"got {urlsplit(broker.url).scheme}://, which does not encrypt"
            )
        return None

    def file(key: str, name: str | None) -> Path | None:
        return None if name is None else loaded.existing(name, f"[broker] {key}")

    return TlsSettings(
        ca_file=file("tls_ca_file", broker.tls_ca_file),
        cert_file=file("tls_cert_file", broker.tls_cert_file),
        key_file=file("tls_key_file", broker.tls_key_file),
        insecure=broker.tls_insecure,
    )


@dataclass(frozen=True, slots=True)
class Session:
    """As whom we go to the broker. `durable`: it holds messages for us while we are away.

    `abandoned` are topic filters that an earlier run subscribed to and that we do not want any more.
    """

    client_id: str
    durable: bool = False
    abandoned: Sequence[str] = ()


def session_of(store: Store, loaded: Loaded) -> Session:
    """The session of this store with the broker; noted in the store, which must be open.

    Only what is kept on our side is worth holding on the other, and the embedded broker holds nothing safely.
    """
    broker = loaded.settings.broker
    client_id = broker.client_id or store.note(CLIENT_ID)
    if client_id is None:
        client_id = f"fleetglass-{secrets.token_hex(4)}"
        store.set_note(CLIENT_ID, client_id)
    noted = json.loads(store.note(TOPICS) or "[]")
    wanted = _topics(loaded)
    # What was ever subscribed to stays noted: if we are killed before the broker is told, the next run tells.
    ever = sorted({*noted, *wanted})
    if ever != noted:
        store.set_note(TOPICS, json.dumps(ever))
    return Session(
        client_id,
        durable=store.durable and not is_embedded(loaded),
        abandoned=[topic for topic in ever if topic not in wanted],
    )


def passing_session(loaded: Loaded) -> Session:
    """A session for a look that leaves no trace with the broker, nor in anybody's own session."""
    return Session(f"{loaded.settings.broker.client_id or 'fleetglass'}-{secrets.token_hex(4)}")


def make_transport(loaded: Loaded, session: Session) -> Transport:
    """The transport to the broker. Raises `SettingsError`."""
    broker = loaded.settings.broker
    secret, trust = password(loaded), tls(loaded)
    # Ours speaks nothing newer, and would only be asked in vain first.
    older: Mapping[str, object] = {"protocol": "3.1.1"} if is_embedded(loaded) else {}
    try:
        return transport_for(
            broker_address(loaded),
            client_id=session.client_id,
            topics=_topics(loaded),
            username=broker.username,
            password=secret,
            tls=trust,
            durable=session.durable,
            abandoned=session.abandoned,
            **older,
        )
    except SettingsError as error:
        raise SettingsError(f"{loaded.source}: [broker] {str(error).removeprefix('broker ')}") from None


def _topics(loaded: Loaded) -> Sequence[str]:
    topics = loaded.settings.broker.topics
    return topics if is_embedded(loaded) else [*topics, BROKER_DROPPED]


def make_store(loaded: Loaded) -> Store:
    """The store of the settings, not yet open."""
    return store_for(loaded.settings.store.url, store_options(loaded))


def in_memory(loaded: Loaded) -> bool:
    """Whether nothing is kept beyond the end of the program, so that no data folder is needed."""
    return urlsplit(loaded.settings.store.url).scheme == "memory"


def store_options(loaded: Loaded) -> StoreOptions:
    """What the settings say to a store."""
    store = loaded.settings.store
    age = span(store.quarantine_age)
    return StoreOptions(
        folder=loaded.data_dir,
        retention={kind: _retention(spans) for kind, spans in store.retention.items()},
        quarantine_age=None if math.isinf(age) else age,
        quarantine_size=size(store.quarantine_size),
        pictures_size=size(store.pictures_size),
    )


def unknown_retentions(loaded: Loaded, kinds: Kinds) -> Sequence[str]:
    """A line for each name in `[store] retention` that is no kind; it may be one that is not loaded."""
    known = {DEFAULT, UNCLAIMED, *(kind.name for kind in kinds)}
    return [
        f"{loaded.source}: [store] retention: there is no kind {name}; known are {', '.join(sorted(known))}"
        for name in loaded.settings.store.retention
        if name not in known
    ]


def _retention(spans: Spans) -> Retention:
    """What is not said is the usual, but a coarser history is never kept for less than a finer one."""
    usual = Retention()
    texts = (spans.readings, spans.minutes, spans.hours)
    given = [None if text is None else span(text) for text in texts]
    kept: list[float] = []
    for number, otherwise in enumerate((usual.readings, usual.minutes, usual.hours)):
        longest = min((later for later in given[number:] if later is not None), default=math.inf)
        least = math.inf if otherwise is None else otherwise
        kept.append(given[number] or min(longest, max(least, *kept, 0.0)))
    return Retention(*(None if math.isinf(seconds) else seconds for seconds in kept))


@dataclass(frozen=True, slots=True)
class Opened:
    """What a bridge holds as long as it runs. `instance` is None where nothing is kept."""

    instance: Instance | None
    store: Store
    transport: Transport


def opened(loaded: Loaded, stack: ExitStack, patience: float = PATIENCE) -> Opened:
    """Lock the data folder, open its store, make the transport of its session; `stack` closes them.

    `patience`: seconds to wait for the folder. Raises `UserMistake`.
    """
    # What only the settings can have wrong is told before anything is made or locked.
    make_transport(loaded, passing_session(loaded))
    instance = None if in_memory(loaded) else Instance(loaded.data_dir)
    if instance is not None:
        instance.take(patience)
        stack.callback(instance.release)
    store = make_store(loaded)
    store.open()
    stack.callback(store.close)
    return Opened(instance, store, make_transport(loaded, session_of(store, loaded)))


def start_broker(loaded: Loaded, stack: ExitStack, *, insecure: bool = False) -> None:
    """The embedded broker, where it is the one of the settings; `stack` stops it. Raises `UserMistake`."""
    if is_embedded(loaded):
        broker = EmbeddedBroker(*embedded_at(loaded), insecure=insecure)
        broker.start()
        stack.callback(broker.stop)


def plan_of(loaded: Loaded, kinds: Kinds, parts: Opened, extra: Sequence[Transport] = ()) -> Plan:
    """What the bridge is made of. `extra` are transports beside the broker."""
    return Plan(
        kinds,
        [parts.transport, *extra],
        parts.store,
        labels_of(loaded.settings),
        shown_address(loaded),
        is_embedded(loaded),
        # Where there is no file yet, it is the one that the next start here will read.
        ConfigFile(loaded.file or loaded.base / CONFIG_NAME),
        next((str(loaded.path(path)) for path in loaded.settings.schemas.paths), None),
        size(loaded.settings.store.pictures_size),
    )


def check_broker(loaded: Loaded, timeout: float = 5.0) -> Connection:
    """Whether the broker can be reached within `timeout` seconds; an embedded one needs only its port."""
    if is_embedded(loaded):
        host, port = embedded_at(loaded)
        with socket.socket() as probe:
            # Bound, not connected to: a broker logs a visitor who says nothing.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return Connection(
                    True, f"embedded at {host}:{port}: it runs already, or another program does"
                )
        return Connection(True, f"embedded at {host}:{port}: starts with `run`")
    settled = threading.Event()
    seen = [Connection(False, f"no answer within {timeout:g} s")]

    def note(connection: Connection) -> None:
        # A fresh one has only begun: whether we may subscribe is what comes next.
        if not connection.fresh:
            seen.append(connection)
            settled.set()

    transport = make_transport(loaded, passing_session(loaded))
    transport.start(lambda _messages: True, note)
    settled.wait(timeout)
    found = seen[-1]
    transport.stop()
    return found if found.up else Connection(False, f"not reached: {found.detail}")
