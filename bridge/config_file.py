"""The config file as it is changed by the program: one device's table at a time, all else as it was."""

import re
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from bridge.errors import SettingsError
from bridge.labels import NOTHING, Label
from bridge.sections import Settings
from bridge.settings import settings_of
from bridge.whole_file import replace_file

TRIES = 5
"""How often a change is made anew because somebody else has written the file meanwhile."""
_KEYS = ("name", "place", "override", "retired")
_HEAD = re.compile(r"^[ \t]*\[", re.MULTILINE)
_BEHIND = re.compile(r"(?<=\n)(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:[ \t]*#[^\n]*)?\Z")
"""Blank lines and comments at the end."""
_BOM = "\ufeff"


class _Stamp(NamedTuple):
    """By which one content of a file is told from the next."""

    inode: int
    size: int
    changed: int


class _Text(NamedTuple):
    """A file as it was read; `stamp` is None where there was none."""

    data: bytes
    stamp: _Stamp | None


class ConfigFile:
    """Reads and changes names and places in a config file, which need not be there yet. Thread-safe.

    A change is on the disk when it returns, and the file is whole at every moment. What was there stays as
    it was written: comments, order, the mode, whatever else somebody has changed meanwhile. Whoever is
    pointed to by a link is changed, not the link.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._looked_at: _Stamp | None = None

    def labels(self) -> Mapping[str, Label]:
        """What the file gives now; nothing if it is not there. Raises `SettingsError` if it is not valid."""
        with self._lock:
            found = self._read()
            self._looked_at = found.stamp
            return labels_of(self._settings(found))

    def news(self) -> Mapping[str, Label] | None:
        """What the file gives, if it is another one than when it was last looked at; else None.

        Raises `SettingsError`, once for each content that is not valid, and when it is not there any more.
        """
        with self._lock:
            stamp = self._stamp()
            if stamp == self._looked_at:
                return None
            self._looked_at = stamp
            if stamp is None:
                raise SettingsError(f"{self.path}: it is not there any more")
            found = self._read()
            self._looked_at = found.stamp
            return labels_of(self._settings(found))

    def change(self, device_id: str, edit: Callable[[Label], Label]) -> Mapping[str, Label]:
        """Give a device another label, made of the one that the file gives it; what all of it gives then.

        A file that is not there is made. Raises `SettingsError` for one that is not valid or cannot be
        written, and whatever `edit` raises: then nothing has changed.
        """
        with self._lock:
            for _ in range(TRIES):
                found = self._read()
                before = labels_of(self._settings(found))
                label = edit(before.get(device_id, NOTHING))
                if label == before.get(device_id, NOTHING):
                    return before
                text = _changed(found.data.decode("utf-8"), device_id, label)
                if text is None:
                    raise SettingsError(
                        f'{self.path}: [devices."{device_id}"]: it cannot be changed as it is written there; '
                        "change it by hand"
                    )
                if self._replaced(found, text.encode()):
                    self._looked_at = self._stamp()
                    return {**before, device_id: label}
        raise SettingsError(f"{self.path}: somebody else keeps writing it; try again")

    def _read(self) -> _Text:
        stamp = self._stamp()
        if stamp is None:
            return _Text(b"", None)
        try:
            return _Text(self.path.read_bytes(), stamp)
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be read: {error.strerror}") from None

    def _stamp(self) -> _Stamp | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be read: {error.strerror}") from None
        return _Stamp(found.st_ino, found.st_size, found.st_mtime_ns)

    def _settings(self, found: _Text) -> Settings:
        return settings_of(found.data, self.path)

    def _replaced(self, found: _Text, data: bytes) -> bool:
        """Put this in the place of what was read; False if that is not there any more."""

        def check() -> None:
            # By what is in it: two writings within one tick of the file system's clock have one stamp.
            if self._read().data != found.data:
                raise _OtherwiseByNow

        try:
            replace_file(self.path, data, check)
        except _OtherwiseByNow:
            return False
        except OSError as error:
            raise SettingsError(
                f"{self.path}: cannot be written: {error.strerror}; look at the rights of the file and its "
                "folder"
            ) from None
        return True


class _OtherwiseByNow(Exception):
    """Somebody has written the file since it was read."""


def labels_of(settings: Settings) -> Mapping[str, Label]:
    """Names, places and who is retired, from the config."""
    return {
        device_id: Label(device.name, device.place, device.retired, device.override)
        for device_id, device in settings.devices.items()
    }


def _changed(text: str, device_id: str, label: Label) -> str | None:
    """The text with another label for a device; None if none of our ways to write it gives what is meant."""
    values: dict[str, object] = {key: getattr(label, key) or None for key in _KEYS}
    meant = _tables(text)
    table = {**meant.get("devices", {}).get(device_id, {}), **values}
    meant["devices"] = {
        **meant.get("devices", {}),
        device_id: {key: value for key, value in table.items() if value is not None},
    }
    for candidate in _candidates(text, device_id, values):
        try:
            if _tables(candidate) == meant:
                return candidate
        except tomllib.TOMLDecodeError:
            continue
    return None


def _candidates(text: str, device_id: str, values: Mapping[str, object]) -> Iterator[str]:
    """Ways to write it, the finest first. What they give is looked at."""
    there = _tables(text).get("devices", {})
    end = "\r\n" if "\r\n" in text else "\n"
    if device_id not in there:
        yield _appended(text, device_id, values, end)
    begin, stop = _table(text, device_id)
    bom = len(_BOM) if text.startswith(_BOM) else 0
    for first, last, inline in ((begin, stop, False), (bom, len(text), False), (bom, len(text), True)):
        try:
            edited = _edited(text[first:last], device_id, values, inline=inline)
        except (TOMLKitError, KeyError, ValueError, TypeError):
            continue
        if end == "\r\n":
            edited = edited.replace("\r\n", "\n").replace("\n", end)
        yield text[:first] + edited + text[last:]


def _table(text: str, device_id: str) -> tuple[int, int]:
    """Where a device's table seems to stand, without the comments behind it, which are the next one's."""
    heads = [found.start() for found in _HEAD.finditer(text)]
    for begin, stop in pairwise([*heads, len(text)]):
        line, _, _ = text[begin:stop].partition("\n")
        try:
            if "devices" in line and _tables(line) == {"devices": {device_id: {}}}:
                return begin, begin + len(_BEHIND.sub("", text[begin:stop]))
        except tomllib.TOMLDecodeError:
            continue
    return 0, 0


def _appended(text: str, device_id: str, values: Mapping[str, object], end: str) -> str:
    document = tomlkit.document()
    devices = tomlkit.table(is_super_table=True)
    table = tomlkit.table()
    for key, value in values.items():
        if value is not None:
            table.add(key, value)
    devices.append(device_id, table)
    document.append("devices", devices)
    gap = end * (0 if not text.strip(_BOM) else 1 if text.endswith("\n") else 2)
    return text + gap + document.as_string().replace("\n", end)


def _edited(text: str, device_id: str, values: Mapping[str, object], *, inline: bool) -> str:
    document = tomlkit.parse(text)
    devices: Any = document["devices"]
    if device_id not in devices:
        devices[device_id] = tomlkit.inline_table() if inline or isinstance(devices, InlineTable) else {}
    table = devices[device_id]
    for key, value in values.items():
        if value is not None:
            table[key] = value
        elif key in table:
            del table[key]
    return document.as_string()


def _tables(text: str) -> dict[str, Any]:
    return tomllib.loads(text.removeprefix(_BOM))
