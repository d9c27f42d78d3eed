"""Names and places of the running bridge: changed in its config file, and followed when it is edited."""

import logging
import threading
from collections.abc import Callable, Mapping

from bridge.config_file import ConfigFile
from bridge.errors import LabelRefused, SettingsError
from bridge.labels import NOTHING, Label

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at whether somebody has edited the file."""


class Naming:
    """Keeps what `present` gives in step with the file; `take` is told of all labels when some are others.

    Without a file what is changed holds until the process ends. `change` may be called from any thread.
    """

    def __init__(
        self,
        file: ConfigFile | None,
        present: Callable[[], Mapping[str, Label]],
        take: Callable[[Mapping[str, Label]], None],
    ) -> None:
        self._file = file
        self._present = present
        self._take = take
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="config", daemon=True)

    def start(self) -> None:
        """Take in what the file gives now, and watch it. Call once."""
        if self._file is not None:
            self.look()
            self._thread.start()

    def stop(self) -> None:
        """Watch no more. Call once."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=LOOK_EVERY)

    def change(self, device_id: str, edit: Callable[[Label], Label]) -> None:
        """Give a device another label; it is in the file when this returns.

        Raises `SettingsError` if the file cannot be written, `LabelRefused` for the ValueError of `edit`.
        """
        with self._lock:
            try:
                if self._file is not None:
                    labels = self._file.change(device_id, edit)
                else:
                    before = self._present()
                    labels = {**before, device_id: edit(before.get(device_id, NOTHING))}
            except ValueError as error:
                raise LabelRefused(str(error)) from None
            self._take(labels)

    def look(self) -> None:
        """Take in what was edited by hand; of a file that is not valid there is a line in the log."""
        with self._lock:
            try:
                labels = self._file.news() if self._file is not None else None
            except SettingsError as error:
                log.warning("names and places stay as they were: %s", error)
                return
            if labels is not None:
                self._take(labels)

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            try:
                self.look()
            except Exception:
                log.exception("our fault: the config file could not be looked at")
