"""Lines to copy: they call this very program, from where the person is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import hints
from tests.dashboard.product import environment


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with our command in it; the current folder, and nothing on the path."""
    command = tmp_path / "check out" / ".venv" / "bin" / "fleetglass"
    command.parent.mkdir(parents=True)
    command.touch(0o755)
    monkeypatch.chdir(tmp_path / "check out")
    monkeypatch.setenv("PATH", str(tmp_path))
    return command


def test_it_is_called_as_it_was(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the checkout by its short path, from elsewhere by its whole one, by name where that is found."""
    monkeypatch.setattr(sys, "argv", [str(installed), "run"])
    assert ".venv/bin/fleetglass" == hints.program()
    monkeypatch.chdir(installed.parent)
    assert "./fleetglass" == hints.program()
    (installed.parent / "elsewhere").mkdir()
    monkeypatch.chdir(installed.parent / "elsewhere")
    assert f"'{installed}'" == hints.program()
    monkeypatch.setenv("PATH", str(installed.parent))
    assert "fleetglass" == hints.program()


def test_started_in_another_way_it_is_what_is_beside_its_python(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of one's own is no `fleetglass`; where there is none, its own Python can always be asked."""
    monkeypatch.setattr(sys, "argv", ["examples/thread_sensor.py"])
    monkeypatch.setattr(sys, "executable", str(installed.with_name("python")))
    assert ".venv/bin/fleetglass" == hints.program()
    monkeypatch.setattr(sys, "executable", "/opt/my python")
    assert "'/opt/my python' -m dashboard" == hints.program()


def test_the_line_works(tmp_path: Path) -> None:
    """What is told when the product was started as a module can be called as it stands."""
    code = "import sys; sys.argv = ['x.py']; from dashboard import hints; print(hints.program())"
    asked = [sys.executable, "-c", code]
    line = subprocess.run(
        asked, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    ).stdout.strip()
    shell = shutil.which("sh") or "sh"
    told = subprocess.run(
        [shell, "-c", f"{line} --version"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("fleetglass ")
