"""The plant that faults are tried on: a real Mosquitto as we ship it, and the bridge or the whole product."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.servers import LONG, PATIENCE, Mosquitto, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "fleetglass-under-test"
STORE = "fleetglass.db"
LISTENER = re.compile(r"^listener 1883 127\.0\.0\.1$", re.MULTILINE)


def shipped_broker(folder: Path) -> Mosquitto:
    """Mosquitto with the configuration of this repository, moved to a free port. Not started."""
    (folder / "data").mkdir(exist_ok=True)
    text, count = LISTENER.subn(
        "listener PORT 127.0.0.1", (ROOT / "mosquitto.conf").read_text(encoding="utf-8")
    )
    assert count == 1
    return Mosquitto(folder, text)


class Program:
    """A program of ours in a process of its own, whose words are kept in a file."""

    def __init__(self, folder: Path, name: str, arguments: list[str]) -> None:
        self.folder = folder
        self._arguments = arguments
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[str] | None = None

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process, which runs or has ended."""
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        """All that it has said, over all its runs."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Run it, without waiting for anything."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("FLEETGLASS_")
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if self.asked else log,
                stderr=log,
                text=True,
            )

    asked = False
    """Whether its output are answers."""

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self._wait()

    def stop(self) -> int:
        """End it in order; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def end(self) -> None:
        """Whatever it does, there is nothing left of it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
        if self._process is not None:
            self._wait()

    def limit_files(self, size: int | None) -> None:
        """Let none of its files grow beyond `size` bytes, as on a full disk; None takes that back."""
        # Where there is no such call, as on macOS, the test is skipped.
        resource = pytest.importorskip("resource")
        if not hasattr(resource, "prlimit"):
            pytest.skip("this system cannot limit another process")
        hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(
            self.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY if size is None else size, hard)
        )

    def _wait(self) -> int:
        code = self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        return code


class Bare(Program):
    """The bridge alone: `tests.faults.bare`."""

    asked = True

    def __init__(self, folder: Path, url: str, *, client_id: str = CLIENT, keepalive: int = 30) -> None:
        self.store = folder / STORE
        options = {"url": url, "client_id": client_id, "folder": str(folder), "keepalive": keepalive}
        super().__init__(folder, "bridge", ["tests.faults.bare", json.dumps(options)])

    def start(self, *, wait: bool = True) -> None:
        """Run it, and wait until it is connected."""
        super().start()
        if wait:
            self.connected()

    def status(self, word: str = "status") -> Mapping[str, Any]:
        """Tell it a word and hear how it is."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(f"{word}\n")
            stdin.flush()
            answer: Mapping[str, Any] = json.loads(stdout.readline())
        except (OSError, ValueError):
            pytest.fail(f"the bridge has ended:\n{self.log}")
        return answer

    def connected(self) -> None:
        """Wait until it is."""
        wait_until(lambda: self.status()["broker_up"], "the bridge to be connected", LONG)


class Product(Program):
    """`fleetglass run` with a config and a data folder of its own."""

    def __init__(
        self, folder: Path, url: str, *, broker: str = "", data: Path | None = None, client_id: str = CLIENT
    ) -> None:
        self.data = data or folder / "product-data"
        self.data.mkdir(exist_ok=True)
        self.store = self.data / STORE
        self.port = free_port()
        config = folder / f"{self.data.name}.toml"
        named = f'client_id = "{client_id}"\n' if client_id else ""
        config.write_text(f'[broker]\nurl = "{url}"\n{named}{broker}')
        arguments = ["--config", str(config), "--port", str(self.port), "--data-dir", str(self.data)]
        super().__init__(folder, self.data.name, ["dashboard", "run", "--no-demo", *arguments])

    def start(self, *, wait: bool = True) -> None:
        """Run it, and wait until it is connected."""
        super().start()
        if wait:
            self.connected()

    def ask(self, path: str) -> Mapping[str, Any]:
        """What it answers over HTTP."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
            found: Mapping[str, Any] = json.loads(answer.read())
            return found

    def health(self) -> Mapping[str, Any]:
        """What `/healthz` says, nothing while it does not answer."""
        try:
            return self.ask("/healthz")
        except (TimeoutError, urllib.error.URLError, ConnectionError):
            code = self.process.poll()
            if code is not None:
                pytest.fail(f"the product ended with {code}:\n{self.log}")
            return {}

    def connected(self) -> None:
        """Wait until it is."""
        wait_until(lambda: self.health().get("broker_connected"), "the product to be connected", LONG)

    @property
    def memory(self) -> int:
        """Its resident memory in MiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"^VmRSS:\s+(\d+) kB$", text, re.MULTILINE)
        assert found is not None
        return int(found[1]) // 1024
