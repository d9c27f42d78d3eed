"""Settings: which source wins, and that a mistake is one line that says where, what was expected and got."""

from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic import BaseModel

from bridge.errors import SettingsError
from bridge.sections import Spans
from bridge.settings import Loaded, Settings, environment_names, load_settings

SECRET = "s3cret"


def load(
    folder: Path,
    text: str = "",
    environment: dict[str, str] | None = None,
    flags: dict[str, dict[str, object]] | None = None,
) -> Loaded:
    """Settings from a config file with this text."""
    file = folder / "fleetglass.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environment=environment, flags=flags)


# Which source wins.


def test_without_anything_all_is_default(tmp_path: Path) -> None:
    """No file is needed; paths then count from the folder."""
    expected = Loaded(Settings(), tmp_path, None, tmp_path / "data")
    assert expected == load_settings(folder=tmp_path, environment={"PATH": "x"})


def test_a_file_in_the_folder_is_found(tmp_path: Path) -> None:
    """`fleetglass.toml` in the current folder counts without being named."""
    (tmp_path / "fleetglass.toml").write_text('[ui]\ntitle = "Mine"\n')
    loaded = load_settings(folder=tmp_path)
    assert (loaded.settings.ui.title, loaded.file) == ("Mine", tmp_path / "fleetglass.toml")


@pytest.mark.parametrize(
    ("environment", "flag", "expected"),
    [
        ({}, None, 1111),
        ({"FLEETGLASS_WEB_PORT": "2222"}, None, 2222),
        ({"FLEETGLASS_WEB_PORT": "2222"}, 3333, 3333),
    ],
)
def test_file_then_environment_then_flags(
    tmp_path: Path, environment: dict[str, str], flag: int | None, expected: int
) -> None:
    """A flag is stronger than the environment, and that than the file; what they leave out stays."""
    flags: dict[str, dict[str, object]] = {"web": {} if flag is None else {"port": flag}, "bus": {}}
    web = load(tmp_path, '[web]\nport = 1111\nhost = "::1"\n', environment, flags).settings.web
    assert (expected, "::1") == (web.port, web.host)


def test_every_environment_variable_is_read(tmp_path: Path) -> None:
    """Each name that is listed sets its own key, with the key's own type."""
    texts = {str: "memory://", int: "7", float: "7", bool: "true", list[str]: "a, b,"}
    values = {str: "memory://", int: 7, float: 7.0, bool: True, list[str]: ["a", "b"]}
    own: dict[str, tuple[str, object]] = {
        "FLEETGLASS_BROKER_URL": ("mqtt://h", "mqtt://h"),
        "FLEETGLASS_STORE_RETENTION": ("7d", {"default": Spans(readings="7d")}),
        "FLEETGLASS_STORE_QUARANTINE_AGE": ("7d", "7d"),
        "FLEETGLASS_STORE_QUARANTINE_SIZE": ("7", "7"),
        "FLEETGLASS_STORE_PICTURES_SIZE": ("7", "7"),
        "FLEETGLASS_UI_LANGUAGE": ("zh", "zh"),
        "FLEETGLASS_WEB_ORIGINS": ("https://a, http://b:81,", ["https://a", "http://b:81"]),
    }
    for name in environment_names():
        section, _, key = name.removeprefix("FLEETGLASS_").lower().partition("_")
        field = type(getattr(Settings(), section)).model_fields[key]
        sort = next((t for t in texts if t == field.annotation), str)
        text, expected = own.get(name, (texts[sort], values[sort]))
        assert expected == getattr(getattr(load(tmp_path, environment={name: text}).settings, section), key)


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    """A file saved by an editor of Windows can be read."""
    file = tmp_path / "fleetglass.toml"
    file.write_bytes(b'\xef\xbb\xbf[ui]\r\ntitle = "caf\xc3\xa9"\r\n')
    assert load_settings(file).settings.ui.title == "café"


def test_paths_are_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path counts from the config file, wherever the program was started."""
    (tmp_path / "config").mkdir()
    loaded = load(tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config" / "kinds"
    assert (loaded.path("kinds"), loaded.path(str(tmp_path))) == (file, tmp_path)
    assert file == load_settings(Path("config/fleetglass.toml")).path("kinds")


def test_data_is_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data is kept beside the config file, unless a folder is named, which counts from the current one."""
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "config" / "fleetglass.toml"
    file.touch()
    found = [
        load_settings(file, data_dir=named).data_dir for named in (None, Path("kept"), tmp_path / "kept")
    ]
    assert [tmp_path / "config" / "data", tmp_path / "kept", tmp_path / "kept"] == found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("retention = '90m'", {"default": Spans(readings="90m")}),
        ("retention = 'forever'", {"default": Spans(readings="forever")}),
        (
            "retention = {default = '30d', unclaimed = {readings = '1d', hours = '1y'}}",
            {"default": Spans(readings="30d"), "unclaimed": Spans(readings="1d", hours="1y")},
        ),
        ("retention = {}", {}),
    ],
)
def test_retention_is_by_kind(tmp_path: Path, line: str, expected: dict[str, Spans]) -> None:
    """A text stands for all kinds, and for the single readings of one."""
    assert expected == load(tmp_path, f"[store]\n{line}").settings.store.retention


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may begin with ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path / "kinds" == load(tmp_path).path("~/kinds")


def test_settings_cannot_be_changed() -> None:
    """Settings are values."""
    settings = Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.web.port = 1  # type: ignore[misc]


# Mistakes. FILE stands for the config file's path.

A_FILE = "expected a file after three slashes, such as sqlite:///fleetglass.db"
A_SPAN = 'expected a span such as "90m", "12h", "30d", "2w", "1y" or "forever"'
A_SIZE = 'expected a size such as "256 MB", "1 GiB" or a number of bytes'
IN_FILE = [
    ("[mqtt]\nx = 1", "FILE: [mqtt]: unknown section; expected one of [broker], [schemas], [devices], "),
    ("port = 1", "FILE: [port]: a key outside of any section; expected one of [broker], "),
    ("[web]\nprot = 1", "FILE: [web] prot: unknown key; expected one of host, port, origins, "),
    ("[web]\nport = '8550'", 'FILE: [web] port: expected an integer, got "8550"'),
    ("[web]\nport = true", "FILE: [web] port: expected an integer, got true"),
    (
        "[web]\nport = 99999",
        "FILE: [web] port: expected a port from 1 to 65535, or 0 for any that is free, got 99999",
    ),
    (
        "[web]\nport = -1",
        "FILE: [web] port: expected a port from 1 to 65535, or 0 for any that is free, got -1",
    ),
    ("[web]\nmax_sessions = 0", "FILE: [web] max_sessions: expected at least 1, got 0"),
    ("[web]\nsession_timeout = 0", "FILE: [web] session_timeout: expected more than 0, got 0"),
    ("[web]\nsession_timeout = '9'", 'FILE: [web] session_timeout: expected a number, got "9"'),
    ("[web]\nsession_timeout = inf", "FILE: [web] session_timeout: expected a finite number, got Infinity"),
    ("[web]\norigins = 'x'", 'FILE: [web] origins: expected a list such as ["…"], got "x"'),
    ("[web]\norigins = ['http://x', 3]", "FILE: [web] origins, item 2: expected a text in quotes, got 3"),
    ("[web]\nport = 2026-01-31", 'FILE: [web] port: expected an integer, got "2026-01-31"'),
    ("web = 5", "FILE: [web]: expected a table, got a number"),
    ("[[web]]\nport = 1", "FILE: [web]: expected a table, got a list"),
    (
        "[devices.'lamp.a']\nname = 'a\u2028b'",
        'FILE: [devices."lamp.a"] name: expected one line without control characters, got "a\\u2028b"',
    ),
    (
        f"[devices.'lamp.a']\nplace = '{'x' * 101}'",
        'FILE: [devices."lamp.a"] place: expected at most 100 characters, got ',
    ),
    ("[devices.'lamp.a']\nretired = 1", 'FILE: [devices."lamp.a"] retired: expected true or false, got 1'),
    ("[ui]\ntitle = ['x']", "FILE: [ui] title: expected a text in quotes, got a list"),
    ("[ui.title]\nx = 1", "FILE: [ui] title: expected a text in quotes, got a table"),
    ("[broker]\ntopics = []", "FILE: [broker] topics: expected at least 1 of them, got an empty list"),
    ("[broker]\ntls_insecure = 1", "FILE: [broker] tls_insecure: expected true or false, got 1"),
    (
        "[broker]\nurl = 'http://h'",
        "FILE: [broker] url: expected a URL that starts with embedded:// or mqtt:// or mqtts://, got http://…",
    ),
    (
        "[broker]\nurl = 'host:1883'",
        "FILE: [broker] url: expected a URL that starts with embedded:// or mqtt:// or mqtts://, ",
    ),
    (
        "[broker]\nurl = 'mqtt://h:99999'",
        "FILE: [broker] url: expected a host, and after a colon a port from 1 to 65535, got mqtt://…",
    ),
    (
        "[broker]\nurl = 'mqtt://h:0'",
        "FILE: [broker] url: expected a host, and after a colon a port from 1 to 65535, got mqtt://…",
    ),
    (
        "[broker]\nurl = 'mqtt://[::1'",
        "FILE: [broker] url: expected a host, and after a colon a port from 1 to 65535, got mqtt://…",
    ),
    (
        "[store]\nurl = 'oracle:///a'",
        "FILE: [store] url: expected a URL that starts with sqlite:// or memory://, got oracle://…",
    ),
    ("[store]\nurl = 'sqlite://host/a'", f"FILE: [store] url: {A_FILE}, got sqlite://…"),
    ("[store]\nurl = 'sqlite:///'", f"FILE: [store] url: {A_FILE}, got sqlite://…"),
    ("[store]\nretention = '30 days'", f'FILE: [store] retention: {A_SPAN}, got "30 days"'),
    ("[store]\nretention = ''", f'FILE: [store] retention: {A_SPAN}, got ""'),
    ("[store]\nretention = '0d'", f'FILE: [store] retention: {A_SPAN}, got "0d"'),
    (
        "[store]\nretention = 30",
        'FILE: [store] retention: expected a span such as "30d", or a table of spans by kind, got 30',
    ),
    ("[store.retention]\nplug = 'x'", f'FILE: [store] retention.plug: {A_SPAN}, got "x"'),
    (
        "[store.retention]\nplug = 5",
        'FILE: [store] retention.plug: expected a span such as "30d", or a table of them, got 5',
    ),
    ("[store.retention.plug]\nhours = 'x'", f'FILE: [store] retention.plug.hours: {A_SPAN}, got "x"'),
    (
        "[store.retention.plug]\nhours = 5",
        "FILE: [store] retention.plug.hours: expected a text in quotes, got 5",
    ),
    (
        "[store.retention.plug]\nhuors = '1d'",
        "FILE: [store] retention.plug.huors: unknown key; expected one of readings, minutes, hours",
    ),
    (
        "[store.retention.plug]\nreadings = '1y'\nhours = '1d'",
        "FILE: [store] retention.plug: expected hours to be kept for no less than readings, got a table",
    ),
    ("[store]\nquarantine_age = '12'", f'FILE: [store] quarantine_age: {A_SPAN}, got "12"'),
    ("[store]\nquarantine_size = '5 q'", f'FILE: [store] quarantine_size: {A_SIZE}, got "5 q"'),
    ("[store]\nquarantine_size = 0", f"FILE: [store] quarantine_size: {A_SIZE}, got 0"),
    ("[store]\nquarantine_size = true", f"FILE: [store] quarantine_size: {A_SIZE}, got true"),
    (
        "[bus]\nurl = 'mqtt://a'",
        "FILE: [bus] url: expected a URL that starts with memory:// or redis:// or rediss://, got mqtt://…",
    ),
    (
        "[devices.'lamp.a']\nnmae = 'x'",
        'FILE: [devices."lamp.a"] nmae: unknown key; expected one of name, place, override, retired',
    ),
    ("[devices.'lamp.a']\nname = 3", 'FILE: [devices."lamp.a"] name: expected a text in quotes, got 3'),
    ("[devices]\n'lamp.a' = 'Desk'", 'FILE: [devices."lamp.a"]: expected a table, got "Desk"'),
    (
        "[devices.lamp.a]\nname = 'x'",
        'FILE: [devices."lamp"] a: a table inside of a device; put the id in quotes: [devices."lamp.a"]',
    ),
    ("devices = 5", "FILE: [devices]: expected a table, got a number"),
    ("[auth]\nx = 1", "FILE: [auth]: this version has no users and passwords yet; take the section out"),
    ("[[alerts]]\nx = 1", "FILE: [alerts]: this version has no alerts yet; take the section out"),
    ("[notify]", "FILE: [notify]: this version has no notifications yet; take the section out"),
    ("[web]\nport = 'a'\nhost = 3", "FILE: [web] host: expected a text in quotes, got 3 (and 1 more)"),
    ("[web", "FILE: not valid TOML: "),
    ("x = " + "9" * 5_000, "FILE: not valid TOML: "),
    ("x = " + "[" * 5_000, "FILE: not valid TOML: "),
]


@pytest.mark.parametrize(("text", "expected"), IN_FILE)
def test_mistakes_in_the_file(tmp_path: Path, text: str, expected: str) -> None:
    """One line names the file, the section and key, what was expected and what is there."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text)
    found = str(refused.value).replace(str(tmp_path / "fleetglass.toml"), "FILE")
    # One that ends in a space goes on with a list, or with words of the TOML reader.
    assert expected == (found[: len(expected)] if expected.endswith(" ") else found)
    assert len(found.splitlines()) == 1


def test_a_missing_file(tmp_path: Path) -> None:
    """A file that was named must be there, and be a file."""
    for path, text in (
        (tmp_path / "no.toml", "no such config file"),
        (tmp_path, "a folder, not a config file"),
    ):
        with pytest.raises(SettingsError) as refused:
            load_settings(path)
        assert f"{path}: {text}" == str(refused.value)


def test_a_file_of_another_encoding(tmp_path: Path) -> None:
    """A file that is not UTF-8 is told as that."""
    file = tmp_path / "fleetglass.toml"
    file.write_text("[ui]", encoding="utf-16")
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    assert f"{file}: expected text in UTF-8, got invalid start byte at 0" == str(refused.value)


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("FLEETGLASS_WEB_PORT", "abc", 'FLEETGLASS_WEB_PORT: expected an integer, got "abc"'),
        ("FLEETGLASS_WEB_PORT", "1.5", "FLEETGLASS_WEB_PORT: expected "),
        ("FLEETGLASS_WEB_PORT", "[]", "FLEETGLASS_WEB_PORT: expected an integer, got an empty list"),
        (
            "FLEETGLASS_BROKER_TLS_INSECURE",
            "yes",
            'FLEETGLASS_BROKER_TLS_INSECURE: expected true or false, got "yes"',
        ),
        (
            "FLEETGLASS_WEB_SESSION_TIMEOUT",
            "inf",
            'FLEETGLASS_WEB_SESSION_TIMEOUT: expected a number, got "inf"',
        ),
        (
            "FLEETGLASS_BROKER_TOPICS",
            " , ",
            "FLEETGLASS_BROKER_TOPICS: expected at least 1 of them, got an empty list",
        ),
        (
            "FLEETGLASS_UI_TILTE",
            "x",
            (
                "FLEETGLASS_UI_TILTE: not a setting; expected one of FLEETGLASS_UI_LANGUAGE, "
                "FLEETGLASS_UI_PAGES, FLEETGLASS_UI_TITLE"
            ),
        ),
        (
            "FLEETGLASS_AUTH_USERS",
            "x",
            "FLEETGLASS_AUTH_USERS: not a setting; expected one of FLEETGLASS_BROKER_",
        ),
        (
            "FLEETGLASS_DEVICES_X",
            "x",
            "FLEETGLASS_DEVICES_X: not a setting; expected one of FLEETGLASS_BROKER_",
        ),
        ("FLEETGLASS_", "x", "FLEETGLASS_: not a setting; expected one of FLEETGLASS_BROKER_"),
    ],
)
def test_mistakes_in_the_environment(tmp_path: Path, variable: str, text: str, expected: str) -> None:
    """One line names the variable, not the file."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, environment={variable: text})
    found = str(refused.value)
    assert f"environment: {expected}" == found[: len(expected) + 13]
    assert len(found.splitlines()) == 1


def test_mistakes_on_the_command_line(tmp_path: Path) -> None:
    """One line says that it was the command line, not the file."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, "[web]\nport = 8550", {"FLEETGLASS_WEB_PORT": "8551"}, {"web": {"port": 99_999}})
    text = "command line: [web] port: expected a port from 1 to 65535, or 0 for any that is free, got 99999"
    assert text == str(refused.value)


@pytest.mark.parametrize("source", ["environment", "flag"])
def test_a_section_that_is_no_table(tmp_path: Path, source: str) -> None:
    """A file with a value for a section is told so, even where another source sets a key of it."""
    environment = {"FLEETGLASS_WEB_PORT": "1"} if source == "environment" else {}
    flags: dict[str, dict[str, object]] = {"web": {"port": 1}} if source == "flag" else {}
    with pytest.raises(SettingsError, match=r"\[web\]: expected a table, got a number"):
        load(tmp_path, "web = 5", environment, flags)


@pytest.mark.parametrize(
    "text",
    [
        f"[broker]\nurl = 'http://ann:{SECRET}@host'",
        f"[broker]\nurl = 'ann:{SECRET}@host'",
        f"[broker]\nurl = 'mqtt://ann:{SECRET}'",
        f"[broker]\nurl = 'mqtt://ann:{SECRET}/x@host:99999'",
        f"[broker]\nurl = 'mqtt://[{SECRET}@host'",
        f"[broker]\nurl = ['mqtt://ann:{SECRET}@host']",
        f"broker = 'mqtt://ann:{SECRET}@host'",
        f"[store]\nurl = 'postgresql://ann:{SECRET}@host/db?password={SECRET}'",
        f"[broker]\npassword = '{SECRET}'",
        f"[broker]\npassword_file = ['{SECRET}']",
        "[broker]\npassword_file = 123456",
        f"[auth]\npassword = '{SECRET}'",
    ],
)
def test_no_message_shows_a_secret(tmp_path: Path, text: str) -> None:
    """Nothing that may be a password is in the text of an error."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text)
    assert [SECRET in str(refused.value), "123456" in str(refused.value)] == [False, False]


def test_an_unknown_home_folder(tmp_path: Path) -> None:
    """A ~name that is nobody's is told with the key."""
    with pytest.raises(SettingsError, match=r"\[schemas\] paths: no such home folder"):
        load(tmp_path).existing("~nobody-of-this-name/kinds", "[schemas] paths")


def test_the_callers_mappings_stay(tmp_path: Path) -> None:
    """Loading writes into nothing that it was given."""
    web = MappingProxyType({"port": 1})
    loaded = load_settings(folder=tmp_path, flags=MappingProxyType({"web": web}))
    assert (loaded.settings.web.port, dict(web)) == (1, {"port": 1})


def test_every_section_is_strict() -> None:
    """No section takes unknown keys or converts types silently."""
    annotations = [field.annotation for field in Settings.model_fields.values()]
    models = [model for model in annotations if isinstance(model, type) and issubclass(model, BaseModel)]
    assert {("forbid", True, True)} == {
        (m.model_config.get("extra"), m.model_config.get("strict"), m.model_config.get("frozen"))
        for m in models
    }
