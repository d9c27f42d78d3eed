"""The embedded broker: amqtt in a process of its own, for development and a first look.

It listens on this computer only, knows no passwords and keeps nothing on disk. The child is
`python -m bridge.broker`; it ends when its standard input does, and so never outlives its parent.
"""

import argparse
import asyncio
import errno
import ipaddress
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from bridge.errors import FleetglassError, PortTaken, SettingsError

log = logging.getLogger(__name__)

START_WITHIN = 30.0
STOP_WITHIN = 5.0
AGAIN_AFTER = 1.0
HIGHEST_PORT = 65_535

_READY = "ready"
_EXIT_TAKEN = 3
_EXIT_FAILED = 4


class EmbeddedBroker:
    """An anonymous MQTT 3.1.1 broker at host:port. Nothing is promised beyond the life of its process.

    `insecure` allows a host that others on the network can reach.
    """

    def __init__(self, host: str, port: int, *, insecure: bool = False) -> None:
        self.host = host
        self.port = port
        self._insecure = insecure
        self._child: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._last_line = ""
        self._ready = False
        self._stopped = threading.Event()
        self._handing_over = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs, else None."""
        return None if self._child is None or self._child.poll() is not None else self._child.pid

    def start(self) -> None:
        """Return when the broker accepts connections.

        Raises `PortTaken`, `SettingsError` for an address that may not or cannot be listened on, and
        `FleetglassError` if the child ends or does not get ready.
        """
        if self._child is not None:
            raise RuntimeError("the embedded broker runs already")
        self._check_address()
        self._last_line = ""
        self._ready = False
        self._stopped.clear()
        child = self._child = _spawn(self.host, self.port)
        # A daemon: waiting for it when the interpreter ends would wait for the child, which waits for us.
        self._listener = threading.Thread(target=self._watch, args=(child,), name="broker-watch", daemon=True)
        self._listener.start()
        impatience = threading.Timer(START_WITHIN, child.kill)
        impatience.name = "broker-start"
        impatience.start()
        try:
            self._ready = _pipe(child.stdout).readline().strip() == _READY
        finally:
            impatience.cancel()
            if not self._ready:
                self.stop()
        if not self._ready:
            if child.returncode == _EXIT_TAKEN:
                raise self._taken()
            why = self._last_line or f"exit code {child.returncode}"
            raise FleetglassError(f"the embedded broker did not start on {self.host}:{self.port}: {why}")

    def stop(self) -> None:
        """End the child and wait for it. Does nothing if it is not there."""
        with self._handing_over:
            self._stopped.set()
            child, listener = self._child, self._listener
        if child is None:
            return
        _pipe(child.stdin).close()
        try:
            child.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if listener is not None:
            listener.join()
        _pipe(child.stdout).close()
        self._child = self._listener = None

    def _watch(self, child: "subprocess.Popen[str]") -> None:
        """Log what the child says; when it ends by itself, start another until one stays."""
        self._follow(child)
        while self._ready and not self._stopped.wait(AGAIN_AFTER):
            with self._handing_over:
                if self._stopped.is_set():
                    return
                child = self._child = _spawn(self.host, self.port)
            if _pipe(child.stdout).readline().strip() == _READY:
                log.warning("the embedded broker on %s:%s is back, with nothing kept", self.host, self.port)
            self._follow(child)

    def _follow(self, child: "subprocess.Popen[str]") -> None:
        with _pipe(child.stderr) as lines:
            for line in lines:
                if text := line.strip():
                    self._last_line = text
                    log.warning("embedded broker: %s", text)
        child.wait()
        if self._ready and not self._stopped.is_set():
            why = self._last_line or f"exit code {child.returncode}"
            log.error("the embedded broker on %s:%s ended by itself: %s", self.host, self.port, why)
            _pipe(child.stdin).close()
            _pipe(child.stdout).close()

    def _check_address(self) -> None:
        if not (is_loopback(self.host) or self._insecure):
            raise SettingsError(
                f"the embedded broker knows no passwords; listening on {self.host!r} needs --insecure,"
                " or use a broker with passwords (see mosquitto.conf)"
            )
        if not 1 <= self.port <= HIGHEST_PORT:
            raise SettingsError(f"--mqtt-port: expected 1 to {HIGHEST_PORT}, got {self.port}")
        try:
            for family, kind, proto, _, address in socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            ):
                with socket.socket(family, kind, proto) as probe:
                    # As the broker will: connections that were just closed do not make a port taken.
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(address)
                    probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise self._taken() from error
            raise SettingsError(
                f"the embedded broker cannot listen on {self.host}:{self.port}: {error.strerror};"
                " choose another port with --mqtt-port"
            ) from error

    def _taken(self) -> PortTaken:
        return PortTaken(
            f"port {self.port} on {self.host} is taken by another program;"
            " choose another for the embedded broker with --mqtt-port"
        )


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach what listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("the child was started without its pipes")
    return pipe


def _spawn(host: str, port: int) -> "subprocess.Popen[str]":
    environment = dict(os.environ)
    root = Path(__file__).resolve().parent.parent
    if root.name not in ("site-packages", "dist-packages"):
        # From a checkout: the child finds this package whatever folder it is started in.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{known}" if known else str(root)
    return subprocess.Popen(
        # -P, because the folder somebody happens to be in must not change what the child imports; the
        # warnings are amqtt's deprecations, which nobody here can mend.
        [sys.executable, "-P", "-W", "ignore", "-m", "bridge.broker", "--host", host, "--port", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        # Out of the terminal's process group: Ctrl-C reaches the parent, which then ends the child in order.
        start_new_session=True,
    )


# The child.


def main(arguments: list[str] | None = None) -> int:
    """Serve until standard input ends. Prints one line to standard output when connections are accepted."""
    parser = argparse.ArgumentParser(prog="python -m bridge.broker", description="The embedded MQTT broker.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    chosen = parser.parse_args(arguments)
    _end_with_parent()
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        asyncio.run(_serve(chosen.host, chosen.port))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent shows its last line
        taken = any(getattr(e, "errno", None) == errno.EADDRINUSE for e in (error, error.__cause__))
        text = " ".join(str(error).split()) or type(error).__name__
        sys.stderr.write(f"{text}\n")
        return _EXIT_TAKEN if taken else _EXIT_FAILED
    return 0


async def _serve(host: str, port: int) -> None:
    from bridge.amqtt_broker import PatientBroker

    address = f"[{host}]" if ":" in host else host
    broker = PatientBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{address}:{port}"}},
            # No logging and no $SYS plugin: with them it takes half the messages.
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    sys.stdout.write(f"{_READY}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _end_with_parent() -> None:
    """End this process at once when the parent is gone, however it went. There is nothing to save."""
    parent = os.getppid()

    def until_closed() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    def until_orphaned() -> None:
        # A process that the parent forked can keep the pipe open after the parent's death.
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=until_closed, name="parent-pipe", daemon=True).start()
    threading.Thread(target=until_orphaned, name="parent-id", daemon=True).start()


class _OneLine(logging.Formatter):
    """The message and, of a traceback, its last line: amqtt logs one for every client that breaks off."""

    def format(self, record: logging.LogRecord) -> str:
        text = " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[1] is not None:
            text += f" ({record.exc_info[1]!r})"
        return text


if __name__ == "__main__":
    sys.exit(main())
