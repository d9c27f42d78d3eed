"""The whole product in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.dashboard.product import COMMAND, environment
from tests.servers import LONG, PATIENCE, free_port, wait_until


class Product:
    """`python -m dashboard run` with `arguments` in `folder`, on ports of its own.

    Without `broker`, a URL, it has the embedded one, at `mqtt_port`.
    """

    def __init__(self, folder: Path, *arguments: str, broker: str | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.mqtt_port = free_port() if broker is None else urlsplit(broker).port or 1883
        at = ("--mqtt-port", str(self.mqtt_port)) if broker is None else ("--broker", broker)
        self._arguments = ("run", "--port", str(self.port), *at, *arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=self.url, timeout=5, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All it has said."""
        return (self.folder / "product.log").read_text(errors="replace")

    def start(self) -> None:
        """Return once it is ready."""
        with (self.folder / "product.log").open("ab") as log:
            self._process = process = subprocess.Popen(
                [*COMMAND, *self._arguments],
                cwd=self.folder, env=environment(), stdout=log, stderr=log,
            )  # fmt: skip

        def ready() -> bool:
            if process.poll() is not None:
                pytest.fail(f"the product ended with {process.returncode}: {self.log}")
            return self.status("/readyz") == 200

        wait_until(ready, "the product to be ready", LONG)

    def kill(self) -> None:
        """End its process at once, without a word; it can be started again."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It keeps its sockets, and does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """End it for good, as Ctrl-C would; the exit code."""
        self._http.close()
        process, self._process = self._process, None
        if process is None:
            return 0
        process.terminate()
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def command(self, *arguments: str) -> None:
        """Run another of its commands against the broker that it has, to its end."""
        subprocess.run(
            [sys.executable, "-m", "dashboard", *arguments, "--broker", f"mqtt://127.0.0.1:{self.mqtt_port}"],
            cwd=self.folder, env=environment(), check=True, timeout=PATIENCE,
        )  # fmt: skip

    def status(self, path: str) -> int:
        """The HTTP status at a path, 0 while nobody answers."""
        try:
            return self._http.get(path).status_code
        except httpx.TransportError:
            return 0

    def json(self, path: str) -> dict[str, Any]:
        """The JSON object at a path."""
        return dict(self._http.get(path).json())
