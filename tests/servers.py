"""Real brokers for tests: each on a free port of this computer, each ended by its own process id."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NoReturn, Protocol

import paho.mqtt.publish
import pytest

from bridge.broker import EmbeddedBroker
from bridge.ports import Deliver
from schemas.message import RawMessage

PATIENCE = 20.0
LONG = 60.0
"""Seconds for what has thousands of messages to move."""


class Broker(Protocol):
    """A broker that can be started and stopped more than once."""

    port: int

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now, and that nobody else here is given."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _ports() -> Iterator[int]:
    # Below those that systems hand out by themselves, and each worker of the tests has its own: until a
    # server listens on its port, nobody else may come to it. From anywhere, as two rounds may run at once.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = range(20_000 + worker, 32_000, workers)
    for number in count(int.from_bytes(os.urandom(4), "big")):
        yield mine[number % len(mine)]


_PORTS = _ports()


def needs(program: str) -> str:
    """Where the program is. Without it the test is skipped, but fails in CI, where it must be installed."""
    found = shutil.which(program) or shutil.which(
        program, path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
    )
    if found is None:
        lacks(f"install {program} (on Debian: apt install mosquitto mosquitto-clients openssl redis-server)")
    return found


def lacks(how: str) -> NoReturn:
    """The computer has not all that the test needs, and `how` it would: a failure in CI, elsewhere a skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(how)
    pytest.skip(how)


def wait_until(true: Callable[[], object], what: str, within: float = PATIENCE) -> None:
    """Return when the condition holds; fail the test with `what` if it never does."""
    give_up = time.monotonic() + within
    while not true():
        if time.monotonic() > give_up:
            pytest.fail(f"waited in vain for: {what}")
        time.sleep(0.01)


def send(port: int, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
    """Publish one message as an ordinary client, and wait for the broker's acknowledgement."""
    paho.mqtt.publish.single(topic, payload, qos=qos, retain=retain, hostname="127.0.0.1", port=port)


def into(messages: list[RawMessage]) -> Deliver:
    """A `deliver` that puts the messages into the list and wants more."""

    def deliver(more: Sequence[RawMessage]) -> bool:
        messages.extend(more)
        return True

    return deliver


def accepts(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Embedded:
    """The embedded broker; each start is a new one."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self._broker = EmbeddedBroker("127.0.0.1", self.port)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._broker.start()

    def stop(self) -> None:
        self._broker.stop()


class Mistreated:
    """A server of the test's own, which can be ended and frozen."""

    _process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """End it as a power cut would: nothing is saved any more, and what was not is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it do nothing, with all its connections open, until `thaw`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)


class Mosquitto(Mistreated):
    """A real Mosquitto with the given lines as its configuration, `PORT` in them being its port."""

    def __init__(self, folder: Path, config: str = "listener PORT 127.0.0.1\nallow_anonymous true\n") -> None:
        self._program = needs("mosquitto")
        self.folder = folder
        self.port = free_port()
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # As root it would become another user, who may not read the test's files.
            config += "\nuser root\n"
        self._config = folder / "mosquitto-under-test.conf"
        self._config.write_text(config.replace("PORT", str(self.port)))
        self._log = folder / "mosquitto.log"

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = process = subprocess.Popen(
                [self._program, "-c", str(self._config)], cwd=self.folder, stdout=log, stderr=log
            )

        def ready() -> bool:
            if process.poll() is not None:
                pytest.fail(f"mosquitto ended with {process.returncode}: {self.log}")
            return accepts(self.port)

        wait_until(ready, "mosquitto to accept connections")

    def done_with(self, client_id: str) -> None:
        """Return when it has read all that a client said who has gone.

        Who comes in its name before that has the rest of it thrown away, acknowledgements too.
        """

        def gone() -> bool:
            said = [line for line in self.log.splitlines() if client_id in line]
            return bool(said) and "New client connected" not in said[-1]

        wait_until(gone, f"the broker to be done with {client_id}")

    def stop(self) -> None:
        if self._process is not None:
            # A frozen process hears nothing of it.
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class RedisServer(Mistreated):
    """A real Redis that saves nothing; what it had is gone when it is started again.

    With `tls`, a folder with what `certificates` makes, it speaks TLS alone.
    """

    def __init__(self, port: int | None = None, tls: Path | None = None) -> None:
        self._program = needs("redis-server")
        self.port = port or free_port()
        self._tls = tls

    @property
    def url(self) -> str:
        if self._tls is not None:
            return f"rediss://127.0.0.1:{self.port}/0?ssl_ca_certs={self._tls / 'ca.crt'}"
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        if self._tls is not None:
            options |= {"port": "0", "tls-port": str(self.port), "tls-auth-clients": "no"}
            for option, file in (("cert", "server.crt"), ("key", "server.key"), ("ca-cert", "ca.crt")):
                options[f"tls-{option}-file"] = str(self._tls / file)
        line = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = process = subprocess.Popen(
            [self._program, *line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def ready() -> bool:
            if process.poll() is not None:
                if self._tls is not None:
                    lacks("a redis-server that speaks TLS")
                pytest.fail(f"redis-server ended with {process.returncode}")
            return accepts(self.port)

        wait_until(ready, "redis-server to accept connections")


@contextmanager
def redis_server(tls: Path | None = None) -> Iterator[RedisServer]:
    """A Redis of the test's own, on a free port."""
    server = RedisServer(tls=tls)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def passwords(file: Path, user: str, password: str) -> None:
    """A password file for Mosquitto with one user."""
    subprocess.run([needs("mosquitto_passwd"), "-b", "-c", str(file), user, password], check=True)


def certificates(folder: Path, *, days: int = 2, names: str = "DNS:localhost,IP:127.0.0.1") -> None:
    """An authority (ca.crt) and a server's certificate for localhost, or `names` (server.crt, server.key).

    The server's is valid for so many days from now; with a negative number it has expired.
    """

    def openssl(*arguments: str) -> None:
        subprocess.run([needs("openssl"), *arguments], cwd=folder, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    # From Python 3.13 on a certificate is held to all of RFC 5280, an authority's key usage included.
    of_authority = ("-days", "2", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl(
        "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", *of_authority, "-subj", "/CN=test"
    )
    openssl("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text(
        f"subjectAltName={names}\nauthorityKeyIdentifier=keyid,issuer\nsubjectKeyIdentifier=hash\n"
    )
    signed_by = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    openssl(
        "x509",
        "-req",
        "-in",
        "server.csr",
        *signed_by,
        "-out",
        "server.crt",
        "-days",
        str(days),
        "-extfile",
        "names",
    )
