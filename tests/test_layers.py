"""Who may import whom: the contracts of pyproject.toml, and that they can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "bridge", "dashboard")
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def python(code: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter whose first import path is `cwd`."""
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages and the contracts, free to be broken."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold() -> None:
    """Every import goes dashboard → bridge → schemas, and Flet and MQTT stay where they belong."""
    linted = python(LINT, cwd=ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("bridge", "import flet"),
        ("bridge", "import dashboard"),
        ("bridge", "import paho.mqtt.client"),
        ("dashboard", "import redis"),
        ("schemas", "import bridge"),
        ("schemas", "import sqlite3"),
        ("dashboard", "import amqtt.broker"),
        ("dashboard/chart", "import flet"),
    ],
)
def test_a_breach_is_seen(tree: Path, package: str, line: str) -> None:
    """One forbidden import in a new file breaks the contracts."""
    (tree / package / "breach.py").write_text(f"{line}\n", encoding="utf-8")
    linted = python(LINT, cwd=tree)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert f"{package.replace('/', '.')}.breach" in linted.stdout


def test_the_command_line_starts_without_flet() -> None:
    """Importing the command line loads no Flet: only commands that show something pay for it."""
    loaded = python("import sys, dashboard.cli; print('flet' in sys.modules)", cwd=ROOT)
    assert loaded.stdout == "False\n", loaded.stderr
