"""One Fleetglass a data folder: a lock while it runs, and a note for other commands of how to ask it."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from bridge.errors import AlreadyRunning, UserMistake

LOCK = "fleetglass.lock"
NOTE = "running.json"
PATIENCE = 1.0
"""Seconds to wait for the lock: whoever only looks holds it for a moment."""


@dataclass(frozen=True, slots=True)
class Running:
    """Who runs, where it answers on this computer, and the word by which it knows that its owner asks.

    `url` is empty for a bridge without a dashboard, which answers over the bus alone.
    """

    pid: int
    url: str
    token: str = field(repr=False)


_NOTE = TypeAdapter(Running)


class Instance:
    """The right to write in a data folder, from `take` to `release`, which ends with the process too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_urlsafe(32)
        self._lock = FileLock(folder / LOCK, thread_local=False)

    def take(self, patience: float = PATIENCE) -> None:
        """Make the folder if it is missing, and lock it. Raises `AlreadyRunning`, or `UserMistake`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=patience, poll_interval=0.02)
            # Of somebody who was killed. What is not there any more is not asked.
            (self.folder / NOTE).unlink(missing_ok=True)
        except Timeout:
            raise AlreadyRunning(_already(self.folder)) from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise UserMistake(f"the data folder {self.folder} cannot be written: {why}") from None

    def announce(self, url: str) -> None:
        """Tell other commands where we answer. Only we and they, who have our rights, can read it."""
        text = json.dumps(asdict(Running(os.getpid(), url, self.token)))
        new = self.folder / f"{NOTE}.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        new.replace(self.folder / NOTE)

    def release(self) -> None:
        """Let others have it."""
        if self._lock.is_locked:
            (self.folder / NOTE).unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        """Take it."""
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""
        self.release()


def find_running(folder: Path) -> Running | None:
    """Whoever runs on this data folder and can be asked; None where nobody does."""
    if not (folder / LOCK).exists():
        return None
    lock = FileLock(folder / LOCK, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except OSError:
        # Held by another (`Timeout` is an OSError), or not ours to lock.
        return _noted(folder)
    lock.release()
    return None


def _noted(folder: Path) -> Running | None:
    try:
        return _NOTE.validate_json((folder / NOTE).read_bytes(), strict=True)
    except (OSError, ValidationError):
        return None


def _already(folder: Path) -> str:
    running = _noted(folder)
    who = "another Fleetglass"
    if running:
        who = f"{who} (process {running.pid}, {running.url or 'a bridge'})"
    return f"{who} keeps its data in {folder}; stop it, or name another folder with --data-dir"
