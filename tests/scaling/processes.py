"""Bridges and dashboards as processes of their own, with the Redis, the broker and the folders they need."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from tests.dashboard.product import COMMAND, environment
from tests.servers import LONG, Mosquitto, RedisServer, free_port, redis_server, send, wait_until

JSON = {"content-type": "application/json"}
CONFIG = "listener PORT 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_queued_bytes 100000000\n"


T = TypeVar("T", bound="Program")


class Program:
    """One process of ours; what it says is in `log`."""

    def __init__(self, folder: Path, name: str, *arguments: str) -> None:
        folder.mkdir(exist_ok=True)
        self.file = folder / f"{name}.log"
        self._folder = folder
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All it has said."""
        return self.file.read_text(errors="replace") if self.file.exists() else ""

    @property
    def pid(self) -> int:
        """Its number, while it runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Begin, in its folder."""
        with self.file.open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, *self._arguments], cwd=self._folder, env=environment(), stdout=log, stderr=log
            )

    def alive(self) -> bool:
        """True; fails the test, with what it said, if it has ended."""
        if self._process is not None and (code := self._process.poll()) is not None:
            pytest.fail(f"it ended with {code}: {self.log}")
        return True

    def says(self, text: str) -> None:
        """Return when it has said so."""
        wait_until(lambda: self.alive() and text in self.log, f"{text!r} in {self.file.name}", LONG)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def end(self) -> int:
        """Tell it to end, as a supervisor does; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(30)
        self._process = None
        return code


class Dashboard(Program):
    """A dashboard, asked over HTTP."""

    def __init__(self, folder: Path, *arguments: str, origin: str | None = None) -> None:
        self.port = free_port()
        super().__init__(folder, "dashboard", *arguments, "--port", str(self.port))
        if origin is not None:
            (folder / "fleetglass.toml").write_text(f'[web]\norigins = ["{origin}"]\n')

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON; 0 while nobody answers."""
        self.alive()
        try:
            answer = httpx.get(self.url + path, timeout=20, trust_env=False)
        except httpx.TransportError:
            return 0, {}
        return answer.status_code, answer.json()

    def post(self, path: str, body: object) -> tuple[int, Any]:
        """Status and JSON."""
        text = json.dumps(body)
        answer = httpx.post(self.url + path, content=text, headers=JSON, timeout=20, trust_env=False)
        return answer.status_code, answer.json()

    def ready(self) -> None:
        """Return when it hears the bridge, and that the broker."""
        wait_until(lambda: self.get("/readyz")[0] == 200, f"{self.url} to be ready: {self.log}", LONG)

    def unready(self, why: str) -> None:
        """Return when it says that it is not, and why."""

        def told() -> bool:
            status, health = self.get("/readyz")
            return status == 503 and why in f"{health['broker']} {health.get('bus', '')}"

        wait_until(told, f"{self.url} to say {why!r}", LONG)

    def value(self, device: str, metric: str) -> object:
        """What it shows of a metric; None while it does not know it."""
        status, found = self.get(f"/api/v1/devices/{device}")
        return found["metrics"].get(metric, {}).get("value") if status == 200 else None

    def shows(self, device: str, metric: str, value: object) -> None:
        """Return when it does."""
        wait_until(lambda: self.value(device, metric) == value, f"{device} {metric} {value} at {self.url}")


class Site:
    """A Redis and a Mosquitto, and what is started beside them."""

    def __init__(self, folder: Path, redis: RedisServer, broker: Mosquitto) -> None:
        self.folder = folder
        self.redis = redis
        self.broker = broker
        self.started: list[Program] = []

    def bridge(self, name: str = "bridge") -> Program:
        """One more bridge, on the one data folder."""
        data = str(self.folder / "data")
        made = Program(
            self.folder / name, "bridge", "bridge",
            "--bus", self.redis.url, "--broker", self.broker.url, "--data-dir", data,
        )  # fmt: skip
        return self._start(made)

    def dashboard(self, name: str, *, origin: str | None = None) -> Dashboard:
        """One more dashboard."""
        folder = self.folder / name
        folder.mkdir()
        return self._start(Dashboard(folder, "dashboard", "--bus", self.redis.url, origin=origin))

    def whole(self) -> Dashboard:
        """Bridge and dashboard in one process, heard on the bus as well."""
        return self._start(
            Dashboard(
                self.folder, "run", "--no-demo", "--bus", self.redis.url, "--broker", self.broker.url,
                "--data-dir", str(self.folder / "data"),
            )
        )  # fmt: skip

    def send(self, topic: str, payload: object) -> None:
        """A device says something, at QoS 1."""
        send(self.broker.port, topic, json.dumps(payload).encode())

    def kept(self) -> list[float]:
        """What was kept of the meter's power, in order."""
        answer = subprocess.run(
            [*COMMAND, "history", "export", "--output", "-", "--data-dir", str(self.folder / "data")],
            cwd=self.folder, env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows = [line.split(",") for line in answer.stdout.splitlines()[1:]]
        return [float(row[4]) for row in rows if row[2:4] == ["energy_meter.one", "power"]]

    def _start(self, program: T) -> T:
        self.started.append(program)
        program.start()
        return program


@contextmanager
def site(folder: Path, tls: Path | None = None) -> Iterator[Site]:
    """All of it ends with the context. `tls`: see `RedisServer`."""
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(tls))
        broker = Mosquitto(folder, CONFIG)
        broker.start()
        stack.callback(broker.stop)
        made = Site(folder, redis, broker)
        try:
            yield made
        finally:
            for program in made.started:
                program.kill()
