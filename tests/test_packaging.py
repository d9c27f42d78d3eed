"""What the checkout promises to whoever installs it."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Built from parts, so that this file passes its own test.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm|root|opt/pypi|tmp/proto)/")


def pins(name: str) -> dict[str, str]:
    """Package → version of a compiled requirements file."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, flags=re.MULTILINE))


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file that is tracked or about to be."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_bytes().decode("utf-8", errors="ignore")


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the business of whoever installs them."""
    found = [(name, host) for name, text in texts() for host in REGISTRIES if host in text]
    assert found == []


def test_no_file_names_a_path_of_one_machine() -> None:
    """The checkout works in any folder of any machine."""
    found = [(name, match.group()) for name, text in texts() for match in MACHINE_PATH.finditer(text)]
    assert found == []


def test_there_is_one_kind_of_lock() -> None:
    """Versions are locked in requirements/*.txt, by hash, and nowhere else."""
    others = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
    assert [name for name in others if (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", ["run", "test", "dev"])
def test_every_pin_has_a_hash(name: str) -> None:
    """No package is taken on its name and version alone."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    bare = [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert bare == []


def test_the_pins_satisfy_what_the_package_asks_for() -> None:
    """requirements/run.txt was compiled after the last change of pyproject.toml."""
    run = pins("run")
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    unmet = [str(need) for need in wanted if run.get(canonicalize_name(need.name), "") not in need.specifier]
    assert unmet == []


def test_tests_run_on_the_versions_that_ship() -> None:
    """Each set of requirements holds the smaller one unchanged."""
    run, test, dev = pins("run"), pins("test"), pins("dev")
    assert (run.items() - test.items(), test.items() - dev.items()) == (set(), set())


def test_every_dependency_is_explained() -> None:
    """docs/dependencies.md gives a row to what we ask for and names all that it brings along."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`]+)`", page, flags=re.MULTILINE))
    asked: set[str] = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    for name in ("run", "test", "dev"):
        lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
        asked |= {line.strip() for line in lines if line.strip() and not line.startswith(("#", "-"))}
    assert asked - rows == set()
    assert pins("dev").keys() - set(re.findall(r"`([^`]+)`", page)) == set()


def test_a_change_can_be_checked_by_one_script() -> None:
    """.ci/run is there and can be started as it is."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def run(*command: Path | str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a stranger would: without our import path and our settings."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FLEETGLASS_", "PYTHON")) and name != "VIRTUAL_ENV"
    }
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `fleetglass` of a new environment that holds our wheel and its locked dependencies alone."""
    folder = tmp_path_factory.mktemp("stranger")
    build = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    )
    built = run(*build, "--wheel-dir", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("fleetglass-*.whl")
    venv.create(folder / "env")
    scripts = folder / "env" / "bin"
    # With our pip, for a new one and the compiling of all that it brings take longer than the rest.
    pip = (
        sys.executable, "-m", "pip", "--python", scripts / "python", "install",
        "--quiet", "--disable-pip-version-check", "--no-compile",
    )  # fmt: skip
    locked = run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "run.txt", cwd=folder)
    assert locked.returncode == 0, locked.stderr
    # No --no-deps here: a dependency that is declared but not locked would fail.
    added = run(*pip, "--no-index", wheel, cwd=folder)
    assert added.returncode == 0, added.stderr
    return scripts / "fleetglass"


@pytest.mark.slow
def test_the_wheel_knows_its_version(installed: Path, tmp_path: Path) -> None:
    """`fleetglass --version` works from any folder and tells what was built."""
    shown = run(installed, "--version", cwd=tmp_path)
    assert (shown.returncode, shown.stdout.split()[-1:]) == (0, [PROJECT["version"]]), shown.stderr


@pytest.mark.slow
def test_the_wheel_brings_all_it_needs(installed: Path, tmp_path: Path) -> None:
    """`fleetglass check` finds nothing wrong in an empty folder, with no config file and no checkout near."""
    checked = run(installed, "check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_packages(installed: Path, tmp_path: Path) -> None:
    """Assets, translations and py.typed travel with the code."""
    code = "import dashboard, pathlib; print(pathlib.Path(dashboard.__path__[0]).parent)"
    site = Path(run(installed.with_name("python"), "-c", code, cwd=tmp_path).stdout.strip())
    missing = [
        str(path.relative_to(ROOT))
        for package in ("schemas", "bridge", "dashboard")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not (site / path.relative_to(ROOT)).is_file()
    ]
    assert missing == []
