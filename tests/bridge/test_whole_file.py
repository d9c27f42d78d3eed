"""A file is replaced as a whole: never half of it, never another mode, never the link instead of the file."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.whole_file import replace_file

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from bridge.whole_file import replace_file

def kill(event, _arguments):
    if event == "os.rename":
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
replace_file(Path(sys.argv[1]), b"new")
"""


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(file.name for file in folder.iterdir())


def test_it_is_made_or_replaced(tmp_path: Path) -> None:
    """The file then holds just this, and nothing else is left in the folder."""
    file = tmp_path / "a.toml"
    for data in (b"one, which is long", b"two"):
        replace_file(file, data)
        assert (data, ["a.toml"]) == (file.read_bytes(), names(tmp_path))


def test_the_mode_stays(tmp_path: Path) -> None:
    """Who may read it, may read it afterwards, and nobody else."""
    file = tmp_path / "a.toml"
    file.write_bytes(b"old")
    for mode in (0o640, 0o600, 0o664):
        file.chmod(mode)
        replace_file(file, b"new")
        assert mode == stat.S_IMODE(file.stat().st_mode)


def test_a_link_is_followed(tmp_path: Path) -> None:
    """A link stays one; what it leads to is replaced in its own folder."""
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.toml").write_bytes(b"old")
    link = tmp_path / "b.toml"
    link.symlink_to(real / "a.toml")
    replace_file(link, b"new")
    assert (True, b"new") == (link.is_symlink(), (real / "a.toml").read_bytes())
    assert (["b.toml", "real"], ["a.toml"]) == (names(tmp_path), names(real))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_kill_leaves_the_old_one(tmp_path: Path) -> None:
    """Killed when all but the renaming is done, the old file is whole, and the next call goes on as ever."""
    file = tmp_path / "a.toml"
    file.write_bytes(b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=ROOT, check=False)
    assert (-signal.SIGKILL, b"old") == (killed.returncode, file.read_bytes())
    assert [".a.toml.part", "a.toml"] == names(tmp_path)
    replace_file(file, b"newer")
    assert (b"newer", ["a.toml"]) == (file.read_bytes(), names(tmp_path))


def test_nobody_is_led_astray(tmp_path: Path) -> None:
    """A link in the place of what is not finished is taken away, not written through."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / ".a.toml.part").symlink_to(victim)
    replace_file(tmp_path / "a.toml", b"new")
    assert (b"mine", b"new") == (victim.read_bytes(), (tmp_path / "a.toml").read_bytes())


def test_the_last_word(tmp_path: Path) -> None:
    """Who is asked at the last moment may refuse: the old file stays, and nothing else is left."""

    def refuse() -> None:
        assert b"new" == (tmp_path / ".a.toml.part").read_bytes()
        raise LookupError

    file = tmp_path / "a.toml"
    file.write_bytes(b"old")
    with pytest.raises(LookupError):
        replace_file(file, b"new", refuse)
    assert (b"old", ["a.toml"]) == (file.read_bytes(), names(tmp_path))


def test_what_cannot_be_written_stays(tmp_path: Path) -> None:
    """A folder that is missing, or in the place of the file, is an `OSError`, and nothing is left."""
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "nowhere" / "a.toml", b"new")
    (tmp_path / "a.toml").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "a.toml", b"new")
    assert ["a.toml"] == names(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_stays(tmp_path: Path) -> None:
    """A file that was marked as read-only is not replaced, though its folder would allow it."""
    file = tmp_path / "a.toml"
    file.write_bytes(b"old")
    file.chmod(0o444)
    with pytest.raises(PermissionError, match="it is read-only"):
        replace_file(file, b"new")
    assert b"old" == file.read_bytes()
