"""The command line in a process of its own for each run, forked from one that has loaded the program already.

What is forked is a whole process: its own exit code, log, standard streams, folder and environment. All it
spares is the loading. It is run as a module too: then it is the process that is forked from.
"""

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.dashboard.product import COMMAND, ROOT, environment

PATIENCE = 60
"""Seconds after which a run that has not ended is killed."""


class Forker:
    """Runs commands, one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, folder: Path, arguments: Sequence[str], env: Mapping[str, str]) -> CompletedProcess[str]:
        """Run a command in a folder, with this environment and no other, to its end."""
        out, err = (folder.with_name(f"{folder.name}.{stream}") for stream in ("out", "err"))
        wish = {"arguments": arguments, "folder": str(folder), "env": env, "out": str(out), "err": str(err)}
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        asked.write(json.dumps(wish) + "\n")
        asked.flush()
        code = int(told.readline())
        texts = [file.read_text() for file in (out, err)]
        for file in (out, err):
            file.unlink()
        return CompletedProcess([*COMMAND, *arguments], code, *texts)


@contextmanager
def forker() -> Iterator[Forker]:
    """One that has loaded the program."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.dashboard.forked"], cwd=ROOT, env=environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        yield Forker(process)
        assert process.stdin is not None
        process.stdin.close()


def _serve() -> None:
    # What the commands load when they need it, too.
    import dashboard.run  # noqa: F401
    from dashboard.cli import main

    # A child that ends would else go through all that it shares with us, and copy it.
    gc.freeze()
    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(wish)
            sys.exit(main(wish["arguments"]))
        print(_ended(child), flush=True)  # noqa: T201 - the answer


def _become(wish: Mapping[str, Any]) -> None:
    """Be the process that was wished for."""
    signal.alarm(PATIENCE)
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["env"])
    with open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(wish[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["fleetglass", *wish["arguments"]]
    with contextlib.suppress(OSError):
        sys.stdin.close()


def _ended(child: int) -> int:
    """How it ended, as `subprocess` says it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    _serve()
