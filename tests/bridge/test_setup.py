"""From settings to the parts of a bridge."""

import socket
from pathlib import Path

import pytest

from bridge.config_file import labels_of
from bridge.errors import SettingsError
from bridge.labels import Label
from bridge.ports import Connection
from bridge.retention import DAY, Retention, StoreOptions
from bridge.settings import Loaded, load_settings
from bridge.setup import (
    Session,
    broker_address,
    check_broker,
    embedded_at,
    in_memory,
    is_embedded,
    load_kinds,
    make_store,
    make_transport,
    passing_session,
    password,
    session_of,
    shown_address,
    store_options,
    tls,
    told,
    unknown_retentions,
)
from bridge.stores.memory import MemoryStore
from bridge.stores.sqlite import SqliteStore
from bridge.transports.address import TlsSettings
from bridge.transports.mqtt import MqttTransport
from schemas.catalog import Broken
from tests.servers import Embedded, free_port

NOBODY = Session("nobody")
GOOD = 'from schemas import Device\n\n\nclass Kettle(Device, topic="k/{device}/state"):\n    hot: bool\n'


def load(folder: Path, text: str = "") -> Loaded:
    """Settings from a config file with this text."""
    file = folder / "fleetglass.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


# Kinds.


def test_a_missing_folder_of_kinds(tmp_path: Path) -> None:
    """A folder that is not there is named, with the file and the key."""
    loaded = load(tmp_path, "[schemas]\npaths = ['kinds']")
    with pytest.raises(SettingsError) as refused:
        load_kinds(loaded)
    assert f"{loaded.file}: [schemas] paths: {tmp_path / 'kinds'} does not exist" == str(refused.value)


def test_a_file_is_no_folder_of_kinds(tmp_path: Path) -> None:
    """The path of one kind instead of its folder is told so."""
    loaded = load(tmp_path, "[schemas]\npaths = ['kettle.py']")
    (tmp_path / "kettle.py").write_text(GOOD)
    with pytest.raises(SettingsError, match=r"\[schemas\] paths: expected a folder, got the file"):
        load_kinds(loaded)


def test_one_broken_kind_leaves_the_others(tmp_path: Path) -> None:
    """A mistake in one file is reported in one line; the kinds of the others are there."""
    loaded = load(tmp_path, "[schemas]\npaths = ['kinds']")
    (tmp_path / "kinds").mkdir()
    broken_file = tmp_path / "kinds" / "broken.py"
    broken_file.write_text("x = 1\nraise ValueError('first\\nsecond')\n")
    (tmp_path / "kinds" / "kettle.py").write_text(GOOD)
    kinds, broken = load_kinds(loaded)
    assert [f"{broken_file}:2: ValueError: first"] == [told(mistake) for mistake in broken]
    assert [kinds.get(name) is not None for name in ("kettle", "lamp")] == [True, True]


def test_a_mistake_without_a_line(tmp_path: Path) -> None:
    """Where no line is known, the file stands alone."""
    assert told(Broken(tmp_path, None, "odd")) == f"{tmp_path}: odd"


# The broker.


@pytest.mark.parametrize(
    ("url", "embedded", "address"),
    [
        ("embedded://127.0.0.1:1884", True, "mqtt://127.0.0.1:1884"),
        ("embedded://", True, "mqtt://127.0.0.1:1883"),
        ("embedded://0.0.0.0", True, "mqtt://0.0.0.0:1883"),
        ("mqtt://ann:pw@host", False, "mqtt://ann:pw@host"),
    ],
)
def test_broker_address(tmp_path: Path, url: str, embedded: bool, address: str) -> None:  # noqa: FBT001
    """An embedded broker is reached like any other, at the host and port of its URL."""
    loaded = load(tmp_path, f"[broker]\nurl = '{url}'")
    assert (embedded, address) == (is_embedded(loaded), broker_address(loaded))
    assert not embedded or address == "mqtt://{}:{}".format(*embedded_at(loaded))


@pytest.mark.parametrize("url", ["mqtt://ann:pw@host:1", "mqtt://ann:p@w@host:1", "mqtt://host:1"])
def test_the_address_for_people_has_no_secret(tmp_path: Path, url: str) -> None:
    """What is shown of the broker's address is where it is, not as whom we go there."""
    assert shown_address(load(tmp_path, f"[broker]\nurl = '{url}'")) == "mqtt://host:1"


def test_password_file(tmp_path: Path) -> None:
    """The password is the file's text without the newline at its end."""
    (tmp_path / "pw").write_text(" s3 cret \r\n")
    assert password(load(tmp_path)) is None
    assert password(load(tmp_path, "[broker]\npassword_file = 'pw'")) == " s3 cret "


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "does not exist"), (b"\xff\xfe", "cannot be read: it is not UTF-8")],
)
def test_bad_password_file(tmp_path: Path, content: bytes | None, why: str) -> None:
    """A password file that is not there, or is no text, is told in one line."""
    if content is not None:
        (tmp_path / "pw").write_bytes(content)
    loaded = load(tmp_path, "[broker]\npassword_file = 'pw'")
    with pytest.raises(SettingsError) as refused:
        password(loaded)
    found = str(refused.value)
    assert (found.startswith(f"{loaded.file}: [broker] password_file: "), found.endswith(why)) == (True, True)


def test_password_folder(tmp_path: Path) -> None:
    """A folder instead of a password file is told in one line."""
    with pytest.raises(SettingsError, match=r"password_file: cannot be read: .*directory"):
        password(load(tmp_path, "[broker]\npassword_file = '.'"))


def test_tls_files(tmp_path: Path) -> None:
    """With mqtts:// the files are handed on, beside the config file."""
    (tmp_path / "ca.crt").touch()
    loaded = load(tmp_path, "[broker]\nurl = 'mqtts://h'\ntls_ca_file = 'ca.crt'\ntls_insecure = true")
    assert TlsSettings(ca_file=tmp_path / "ca.crt", insecure=True) == tls(loaded)


def test_missing_tls_file(tmp_path: Path) -> None:
    """A TLS file that is not there is told with its own key."""
    loaded = load(tmp_path, "[broker]\nurl = 'mqtts://h'\ntls_ca_file = 'ca.crt'")
    with pytest.raises(SettingsError, match=r"\[broker\] tls_ca_file: .*ca\.crt does not exist"):
        make_transport(loaded, NOBODY)


@pytest.mark.parametrize("line", ["tls_ca_file = 'ca.crt'", "tls_insecure = true"])
def test_tls_settings_need_tls(tmp_path: Path, line: str) -> None:
    """Who names TLS files but does not encrypt is told, rather than left to believe that it does."""
    loaded = load(tmp_path, f"[broker]\nurl = 'mqtt://h'\n{line}")
    with pytest.raises(SettingsError, match="expected an mqtts:// URL with it, got mqtt://"):
        make_transport(loaded, NOBODY)


def test_no_tls_settings_without_mqtts(tmp_path: Path) -> None:
    """Without TLS there is nothing to hand on."""
    assert tls(load(tmp_path)) is None


def test_transport(tmp_path: Path) -> None:
    """The broker's settings make an MQTT transport; nothing is connected yet."""
    assert isinstance(make_transport(load(tmp_path, "[broker]\nusername = 'ann'"), NOBODY), MqttTransport)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("url = 'mqtt://'", "[broker] url: the host is missing"),
        ("topics = ['a/#/b']", "[broker] topics: expected MQTT topic filters"),
    ],
)
def test_what_the_transport_refuses(tmp_path: Path, lines: str, expected: str) -> None:
    """A mistake that only the transport sees is told with the file and the section too."""
    loaded = load(tmp_path, f"[broker]\n{lines}")
    with pytest.raises(SettingsError) as refused:
        make_transport(loaded, NOBODY)
    start = f"{loaded.file}: {expected}"
    assert start == str(refused.value)[: len(start)]


def test_labels(tmp_path: Path) -> None:
    """Names, places and who is retired come from the devices' tables; blanks around them do not count."""
    text = "[devices.'lamp.desk']\nname = ' Desk '\noverride = true\n[devices.'plug.tv']\nretired = true"
    expected = {"lamp.desk": Label("Desk", override=True), "plug.tv": Label(retired=True)}
    assert expected == labels_of(load(tmp_path, text).settings)


# The store.


@pytest.mark.parametrize(
    ("lines", "sort", "kept_in_memory"),
    [("", SqliteStore, False), ("[store]\nurl = 'memory://'", MemoryStore, True)],
)
def test_store(tmp_path: Path, lines: str, sort: type, kept_in_memory: bool) -> None:  # noqa: FBT001
    """By default everything is kept in a file in the data folder; making the store makes no file."""
    loaded = load(tmp_path, lines)
    assert (True, kept_in_memory) == (isinstance(make_store(loaded), sort), in_memory(loaded))
    assert ["fleetglass.toml"] == [path.name for path in tmp_path.iterdir()]
    assert tmp_path / "data" == store_options(loaded).folder


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ("'30d'", Retention()),
        ("'7d'", Retention(readings=7 * DAY)),
        ("'2y'", Retention(readings=732 * DAY, minutes=732 * DAY)),
        ("'forever'", Retention(None, None, None)),
        ("{default = {readings = '1d', hours = '60d'}}", Retention(DAY, 60 * DAY, 60 * DAY)),
        ("{default = {minutes = '7d'}}", Retention(7 * DAY, 7 * DAY, None)),
        ("{default = {minutes = 'forever'}}", Retention(30 * DAY, None, None)),
        ("{default = {}}", Retention()),
    ],
)
def test_retention(tmp_path: Path, spans: str, expected: Retention) -> None:
    """What is not said is the usual, but nothing finer is kept for longer than what it is rolled up to."""
    loaded = load(tmp_path, f"[store]\nretention = {spans}")
    assert {"default": expected} == store_options(loaded).retention


def test_quarantine_bounds(tmp_path: Path) -> None:
    """The bounds of the quarantine are the store's defaults, unless others are said."""
    usual, loaded = StoreOptions(), load(tmp_path)
    found = store_options(loaded)
    assert (usual.quarantine_age, usual.quarantine_size) == (found.quarantine_age, found.quarantine_size)
    said = "[store]\nquarantine_age = 'forever'\nquarantine_size = 1000"
    found = store_options(load(tmp_path, said))
    assert (None, 1_000) == (found.quarantine_age, found.quarantine_size)


def test_retention_of_an_unknown_kind(tmp_path: Path) -> None:
    """A name that is no kind is told in one line; default and unclaimed are known."""
    text = "[store.retention]\ndefault = '1d'\nunclaimed = '1d'\nplug = '1d'\nplgu = '1d'"
    loaded = load(tmp_path, text)
    lines = unknown_retentions(loaded, load_kinds(loaded)[0])
    start = f"{loaded.file}: [store] retention: there is no kind plgu; known are air_quality, "
    assert [start] == [line[: len(start)] for line in lines]


# The session with the broker.


class Lasting(MemoryStore):
    """Says that it survives the end of the process."""

    durable = True


def session(store: MemoryStore, folder: Path, *lines: str) -> Session:
    """The session of a run with these lines below [broker]."""
    return session_of(store, load(folder, "\n".join(["[broker]", *lines])))


def test_the_client_id_stays(tmp_path: Path) -> None:
    """It is made up once for a store, and then always the same; one that is set goes before it."""
    url = "url = 'mqtt://h'"
    store = Lasting()
    first, again, other = session(store, tmp_path, url), session(store, tmp_path, url), Lasting()
    assert (first, True) == (again, first.client_id.startswith("fleetglass-"))
    assert session(other, tmp_path, url).client_id != first.client_id
    assert "mine" == session(store, tmp_path, url, "client_id = 'mine'").client_id
    assert first == session(store, tmp_path, url)


def test_topics_of_an_earlier_run_are_abandoned(tmp_path: Path) -> None:
    """What is not subscribed to any more is named, at every later start, until it is wanted again."""
    store = Lasting()
    lines = ("topics = ['a/#', 'b/#']", "topics = ['b/#']", "topics = ['b/#']", "topics = ['a/#']")
    found = [session(store, tmp_path, "url = 'mqtt://h'", line).abandoned for line in lines]
    assert [[], ["a/#"], ["a/#"], ["b/#"]] == found


@pytest.mark.parametrize(
    ("url", "store", "expected"),
    [
        ("mqtt://h", Lasting, True),
        ("mqtts://h", Lasting, True),
        ("embedded://", Lasting, False),
        ("mqtt://h", MemoryStore, False),
    ],
)
def test_who_has_a_lasting_session(
    tmp_path: Path,
    url: str,
    store: type[MemoryStore],
    expected: bool,  # noqa: FBT001
) -> None:
    """The broker holds messages for us where we keep them too, and where it is one that can."""
    assert expected == session(store(), tmp_path, f"url = '{url}'").durable


def test_a_passing_session_is_of_nobody_else(tmp_path: Path) -> None:
    """A look at the broker takes nobody's place: its client id is new each time."""
    loaded = load(tmp_path, "[broker]\nurl = 'mqtt://h'\nclient_id = 'mine'")
    first, second = passing_session(loaded), passing_session(loaded)
    assert first.client_id.startswith("mine-")
    assert (False, False) == (first.durable, first.client_id == second.client_id)


# Is the broker there?


def test_check_finds_a_broker(tmp_path: Path) -> None:
    """A broker that answers is up."""
    broker = Embedded()
    broker.start()
    try:
        assert Connection(True, broker.url) == check_broker(
            load(tmp_path, f"[broker]\nurl = '{broker.url}'"), 60
        )
    finally:
        broker.stop()


def test_check_finds_no_broker(tmp_path: Path) -> None:
    """Where nobody listens, the reason is told."""
    url = f"mqtt://127.0.0.1:{free_port()}"
    found = check_broker(load(tmp_path, f"[broker]\nurl = '{url}'"), 60)
    assert Connection(False, f"not reached: {url}: nothing listens there") == found


def test_check_of_the_embedded_broker(tmp_path: Path) -> None:
    """The embedded one needs only its port; one that is taken is told."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        loaded = load(tmp_path, f"[broker]\nurl = 'embedded://127.0.0.1:{port}'")
        assert "it runs already, or another program does" in check_broker(loaded).detail
    assert check_broker(loaded) == Connection(True, f"embedded at 127.0.0.1:{port}: starts with `run`")
