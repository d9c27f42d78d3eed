"""From settings to the parts of a bridge."""

import socket
from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.ports import Connection
from bridge.service import Label
from bridge.settings import Loaded, load_settings
from bridge.setup import (
    broker_address,
    check_broker,
    embedded_at,
    is_embedded,
    labels,
    load_kinds,
    make_store,
    make_transport,
    password,
    shown_address,
    tls,
    told,
)
from bridge.stores.memory import MemoryStore
from bridge.transports.address import TlsSettings
from bridge.transports.mqtt import MqttTransport
from schemas.catalog import Broken
from tests.servers import Embedded, free_port

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
        make_transport(loaded)


@pytest.mark.parametrize("line", ["tls_ca_file = 'ca.crt'", "tls_insecure = true"])
def test_tls_settings_need_tls(tmp_path: Path, line: str) -> None:
    """Who names TLS files but does not encrypt is told, rather than left to believe that it does."""
    loaded = load(tmp_path, f"[broker]\nurl = 'mqtt://h'\n{line}")
    with pytest.raises(SettingsError, match="expected an mqtts:// URL with it, got mqtt://"):
        make_transport(loaded)


def test_no_tls_settings_without_mqtts(tmp_path: Path) -> None:
    """Without TLS there is nothing to hand on."""
    assert tls(load(tmp_path)) is None


def test_transport(tmp_path: Path) -> None:
    """The broker's settings make an MQTT transport; nothing is connected yet."""
    assert isinstance(make_transport(load(tmp_path, "[broker]\nusername = 'ann'")), MqttTransport)


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
        make_transport(loaded)
    start = f"{loaded.file}: {expected}"
    assert start == str(refused.value)[: len(start)]


def test_store_and_labels(tmp_path: Path) -> None:
    """The default store is in memory; names and places come from the devices' tables."""
    loaded = load(tmp_path, "[devices.'lamp.desk']\nname = 'Desk'\n[devices.'plug.tv']\nplace = 'Den'")
    assert isinstance(make_store(loaded), MemoryStore)
    assert {"lamp.desk": Label("Desk", None), "plug.tv": Label(None, "Den")} == labels(loaded)


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
