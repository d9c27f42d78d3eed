"""One device's table in the config file is changed; all else stays as somebody wrote it."""

import os
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import config_file
from bridge.config_file import ConfigFile
from bridge.errors import SettingsError
from bridge.labels import Label

LAMP = "lamp.desk"
WRITTEN = """\
# Our house.
[web]
port = 8080        # not the usual one

[devices."plug.tv"]
name = 'TV'   # the old one
place = "Den"

[ui]
title = "House"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a config would be."""
    return tmp_path / "fleetglass.toml"


def called(name: str | None, **other: bool) -> Callable[[Label], Label]:
    """The edit that gives this name."""
    return lambda label: replace(label, name=name, **other)


def test_a_file_is_made(path: Path) -> None:
    """Where there was none there is one, with nothing but the device, which the next start reads."""
    file = ConfigFile(path)
    assert {LAMP: Label("Küche")} == file.change(LAMP, called("Küche"))
    assert '[devices."lamp.desk"]\nname = "Küche"\n' == path.read_text(encoding="utf-8")
    assert {LAMP: Label("Küche")} == ConfigFile(path).labels()


def test_all_else_stays(path: Path) -> None:
    """Comments, order, quotes and blanks, of the device's own table too; the new one comes at the end."""
    path.write_text(WRITTEN, encoding="utf-8")
    file = ConfigFile(path)
    file.change(LAMP, called("Desk", retired=True))
    added = f'{WRITTEN}\n[devices."lamp.desk"]\nname = "Desk"\nretired = true\n'
    assert added == path.read_text(encoding="utf-8")
    file.change("plug.tv", called("Screen"))
    assert added.replace("'TV'", '"Screen"') == path.read_text(encoding="utf-8")
    file.change(LAMP, called(None, retired=False))
    assert {LAMP: Label(), "plug.tv": Label("Screen", "Den")} == file.labels()


def test_comments_stay_where_they_belong(path: Path) -> None:
    """One above a table is not parted from it by a key that is added to the table before it."""
    before, behind = (
        '[devices."lamp.desk"]\nname = "Desk"  # oak\n',
        '\n# The old one.\n[devices."plug.tv"]\n',
    )
    path.write_text(f"{before}{behind}# End.\n", encoding="utf-8")
    ConfigFile(path).change(LAMP, called("Desk", retired=True))
    assert f"{before}retired = true\n{behind}# End.\n" == path.read_text(encoding="utf-8")
    ConfigFile(path).change("plug.tv", called("TV"))
    expected = f'{before}retired = true\n{behind}name = "TV"\n# End.\n'
    assert expected == path.read_text(encoding="utf-8")


SHAPES = {
    "nothing": "",
    "no end of line": "[web]\nport = 1",
    "only comments": "# nothing yet\n",
    "a table of tables": '[devices]\n"plug.tv" = {name = "TV"}\n"lamp.desk".place = "Den"\n[ui]\ntitle = "x"',
    "an inline table": 'devices = {"plug.tv" = {name = "TV"}}\n[ui]\ntitle = "x"\n',
    "dotted keys": 'devices."lamp.desk".name = "Old"\n[ui]\ntitle = "x"\n',
    "apart": '[devices."plug.tv"]\nname = "TV"\n[ui]\ntitle = "x"\n[devices."lamp.desk"]\nplace = "Den"\n',
    "lines of Windows": '[ui]\r\ntitle = "x"\r\n\r\n[devices."plug.tv"]\r\nname = "TV"\r\n',
    "a byte order mark": '\ufeff[ui]\ntitle = "x"\n[devices."lamp.desk"]\nname = "Old"\n',
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_however_it_is_written(path: Path, text: str) -> None:
    """Every way that TOML has: the device is changed, all else gives the same, the lines end as before."""
    path.write_bytes(text.encode())
    before = ConfigFile(path).labels()
    expected = {**before, LAMP: replace(before.get(LAMP, Label()), name='a "b" \\', override=True)}
    assert expected == ConfigFile(path).change(LAMP, called('a "b" \\', override=True))
    assert expected == ConfigFile(path).labels()
    written = path.read_bytes().decode()
    assert ("\r\n" in text, text.startswith("\ufeff")) == ("\r\n" in written, written.startswith("\ufeff"))
    assert 0 == written.replace("\r\n", "").count("\n") or "\r\n" not in text
    parsed = [tomllib.loads(each.removeprefix("\ufeff")) for each in (text, written)]
    assert all(parsed[0][name] == parsed[1][name] for name in parsed[0] if name != "devices")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([LAMP, "plug.tv", "topic.a%2Fb", "lamp.ü 'x' \"y\""]),
            st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_change_after_change(path: Path, changes: list[tuple[str, str | None, bool]]) -> None:
    """Whatever is changed how often: the file gives the last of each."""
    path.write_text(WRITTEN, encoding="utf-8")
    expected = {"plug.tv": Label("TV", "Den")}
    for device_id, text, retired in changes:
        name = (text or "").strip() or None
        expected[device_id] = replace(expected.get(device_id, Label()), name=name, retired=retired)
        ConfigFile(path).change(device_id, called(name, retired=retired))
    # A device that never got a label has no table.
    found = ConfigFile(path).labels()
    assert expected == {device_id: found.get(device_id, Label()) for device_id in expected}


def test_what_others_wrote_meanwhile_stays(path: Path) -> None:
    """Also what comes between the reading and the writing: it is read anew."""
    path.write_text(WRITTEN, encoding="utf-8")
    file = ConfigFile(path)
    file.labels()
    path.write_text(WRITTEN.replace("8080", "8081"), encoding="utf-8")
    others = iter(["8082", "8083"])

    def edit(label: Label) -> Label:
        port = next(others, None)
        if port is not None:
            path.write_text(WRITTEN.replace("8080", port), encoding="utf-8")
        return replace(label, name="Desk")

    file.change(LAMP, edit)
    assert WRITTEN.replace("8080", "8083") in path.read_text(encoding="utf-8")
    assert "Desk" == file.labels()[LAMP].name


def test_who_is_always_in_the_way_is_told(path: Path) -> None:
    """After some tries it is given up, and the file is as the other one left it."""
    ports = iter(range(9_000, 10_000))

    def edit(label: Label) -> Label:
        path.write_text(f"[web]\nport = {next(ports)}\n", encoding="utf-8")
        return replace(label, name="Desk")

    with pytest.raises(SettingsError, match="somebody else keeps writing it"):
        ConfigFile(path).change(LAMP, edit)
    assert f"[web]\nport = {9_000 + config_file.TRIES - 1}\n" == path.read_text(encoding="utf-8")
    assert [path.name] == [left.name for left in path.parent.iterdir()]


def test_mode_and_link_stay(path: Path, tmp_path: Path) -> None:
    """A file that only its owner reads stays so; a link points to the changed file."""
    real = tmp_path / "kept" / "house.toml"
    real.parent.mkdir()
    real.write_text(WRITTEN, encoding="utf-8")
    real.chmod(0o640)
    path.symlink_to(real)
    ConfigFile(path).change(LAMP, called("Desk"))
    assert (True, 0o640) == (path.is_symlink(), real.stat().st_mode & 0o7777)
    assert "Desk" in real.read_text(encoding="utf-8")
    assert [real.name] == [left.name for left in real.parent.iterdir()]


def test_a_file_that_is_not_valid_is_not_touched(path: Path) -> None:
    """The person is told what is wrong with it."""
    path.write_text("[web]\nport = 'x'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"\[web\] port: expected an integer"):
        ConfigFile(path).change(LAMP, called("Desk"))
    assert "[web]\nport = 'x'\n" == path.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """One line with the file and the reason; here the folder is not there."""
    path = tmp_path / "gone" / "fleetglass.toml"
    with pytest.raises(SettingsError) as told:
        ConfigFile(path).change(LAMP, called("Desk"))
    expected = f"{path}: cannot be written: No such file or directory; look at the rights of the file"
    assert expected == str(told.value)[: len(expected)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_only_be_read(path: Path) -> None:
    """It is not replaced either, although its folder would let us."""
    path.write_text(WRITTEN, encoding="utf-8")
    path.chmod(0o400)
    with pytest.raises(SettingsError, match="cannot be written: it is read-only"):
        ConfigFile(path).change(LAMP, called("Desk"))
    assert WRITTEN == path.read_text(encoding="utf-8")


def test_news(path: Path) -> None:
    """Told once for each content, our own changes not at all, and what is wrong once too."""
    file = ConfigFile(path)
    assert file.news() is None
    file.change(LAMP, called("Desk"))
    assert file.news() is None
    path.write_text(WRITTEN, encoding="utf-8")
    assert [{"plug.tv": Label("TV", "Den")}, None] == [file.news(), file.news()]
    path.write_text("[devices]\n'lamp.desk' = 7\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="expected a table"):
        file.news()
    assert file.news() is None
    path.unlink()
    with pytest.raises(SettingsError, match="it is not there any more"):
        file.news()
    assert file.news() is None
