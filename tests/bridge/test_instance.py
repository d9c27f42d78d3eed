"""One Fleetglass a data folder, and how others find it."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.errors import AlreadyRunning, UserMistake
from bridge.instance import Instance, Running, find_running

ROOT = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:8550/"
HOLD = (
    "import sys, time; from pathlib import Path; from bridge.instance import Instance\n"
    "one = Instance(Path(sys.argv[1])); one.take(); one.announce(sys.argv[2]); print(one.token, flush=True)\n"
    "time.sleep(600)"
)


@contextmanager
def another(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds the folder, and its token."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), URL], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def test_nobody_runs(tmp_path: Path) -> None:
    """Where nobody ever ran nobody is found, and looking leaves nothing behind."""
    assert find_running(tmp_path / "data") is None
    assert [] == list(tmp_path.iterdir())


def test_the_folder_is_made(tmp_path: Path) -> None:
    """A folder that is missing is made, with those above it."""
    with Instance(tmp_path / "a" / "data"):
        assert (tmp_path / "a" / "data").is_dir()


def test_the_second_is_told_who_is_first(tmp_path: Path) -> None:
    """A second one is refused with a line that names the process, its address and the folder."""
    with another(tmp_path) as (process, token):
        with pytest.raises(AlreadyRunning) as refused:
            Instance(tmp_path).take(patience=0)
        who = f"another Fleetglass (process {process.pid}, {URL})"
        text = f"{who} keeps its data in {tmp_path}; stop it, or name another folder with --data-dir"
        assert text == str(refused.value)
        assert Running(process.pid, URL, token) == find_running(tmp_path)


def test_one_that_was_killed_does_no_harm(tmp_path: Path) -> None:
    """After kill -9 its files are there, but nobody is found, and the next one may have the folder."""
    with another(tmp_path) as (process, _):
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert ["fleetglass.lock", "running.json"] == sorted(path.name for path in tmp_path.iterdir())
    assert find_running(tmp_path) is None
    with Instance(tmp_path) as instance:
        assert not (tmp_path / "running.json").exists()
        instance.announce(URL)
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            Instance(tmp_path).take(patience=0)


def test_looking_takes_nothing_away(tmp_path: Path) -> None:
    """Who looks lets go at once, and the folder is as free as before."""
    with Instance(tmp_path):
        pass
    assert find_running(tmp_path) is None
    with Instance(tmp_path):
        pass


def test_the_note_is_for_the_owner_alone(tmp_path: Path) -> None:
    """It has a word that cannot be guessed, nobody else can read it, and it goes when the run ends."""
    with Instance(tmp_path) as instance:
        instance.announce(URL)
        note = tmp_path / "running.json"
        assert 0o600 == stat.S_IMODE(note.stat().st_mode)
        assert {"pid": os.getpid(), "url": URL, "token": instance.token} == json.loads(note.read_text())
        assert len(instance.token) >= 32
    assert not note.exists()
    assert Instance(tmp_path).token != instance.token


def test_no_message_shows_the_word(tmp_path: Path) -> None:
    """It stands in no text that could be logged."""
    assert "secret" not in repr(Running(1, URL, "secret"))
    with Instance(tmp_path) as instance:
        instance.announce(URL)
        with pytest.raises(AlreadyRunning) as refused:
            Instance(tmp_path).take(patience=0)
    assert instance.token not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "url": "http://h", "token": "t"}'])
def test_a_note_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """A note that is damaged is as good as none."""
    with another(tmp_path):
        (tmp_path / "running.json").write_text(text)
        assert find_running(tmp_path) is None
        with pytest.raises(AlreadyRunning, match=r"^another Fleetglass keeps its data in"):
            Instance(tmp_path).take(patience=0)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the folder should be, or above it, is told in one line."""
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(UserMistake) as refused:
            Instance(folder).take()
        start = f"the data folder {folder} cannot be written: "
        assert (start, 1) == (str(refused.value)[: len(start)], len(str(refused.value).splitlines()))
