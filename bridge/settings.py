"""Settings: fleetglass.toml, FLEETGLASS_* of the environment, then flags; each mistake is one clear line."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from bridge.errors import SettingsError
from bridge.mistakes import expectation
from bridge.sections import URL, DeviceSettings, Section, Settings, Spans
from schemas.refusal import shown

CONFIG_NAME = "fleetglass.toml"
DATA_FOLDER = "data"
ENV_PREFIX = "FLEETGLASS_"
PLANNED = {"auth": "users and passwords", "alerts": "alerts", "notify": "notifications"}
"""Sections of the contract that this version does not have yet."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the folder that relative paths count from, and the file they came from, if any.

    `data_dir` is where the store, the lock and whatever else is written have their place.
    """

    settings: Settings
    base: Path
    file: Path | None
    data_dir: Path

    def path(self, text: str) -> Path:
        """A path of the config, made whole."""
        return self.base / Path(text).expanduser()

    def existing(self, text: str, where: str) -> Path:
        """The same, but it must be there. Raises `SettingsError` that names `where`, a `[section] key`."""
        try:
            path = self.path(text)
        except RuntimeError:
            # "~name" of somebody who is not there.
            raise SettingsError(f"{self.source}: {where}: no such home folder: {shown(text)}") from None
        if not path.exists():
            raise SettingsError(f"{self.source}: {where}: {path} does not exist")
        return path

    @property
    def source(self) -> str:
        """Where the settings came from, as messages name it."""
        return str(self.file or "settings")


def load_settings(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Mapping[str, object]] | None = None,
    folder: Path | None = None,
    data_dir: Path | None = None,
) -> Loaded:
    """Read and check all settings.

    `file`: the config, which must exist if given; else `fleetglass.toml` in `folder` (default: the current
    one) if there is one. `flags`: section to key to value, the strongest. `data_dir`: where data is kept, by
    default `data` beside the config or in `folder`. Raises `SettingsError`.
    """
    folder = folder or Path.cwd()
    if file is None:
        found = folder / CONFIG_NAME
        file = found if found.is_file() else None
    elif not file.is_file():
        what = "a folder, not a config file" if file.is_dir() else "no such config file"
        raise SettingsError(f"{file}: {what}")
    tables: dict[str, Any] = _tables(_read(file), file) if file else {}
    origins: dict[tuple[str, str], str] = {}
    for variable, section, key, value in _environment(environment or {}):
        _put(tables, section, key, value)
        origins[section, key] = f"environment: {variable}"
    for section, values in (flags or {}).items():
        for key, value in values.items():
            _put(tables, section, key, value)
            origins[section, key] = f"command line: [{section}] {key}"
    settings = _checked(tables, file, origins)
    base = file.resolve().parent if file else folder
    return Loaded(settings, base, file, folder / data_dir.expanduser() if data_dir else base / DATA_FOLDER)


def settings_of(data: bytes, file: Path) -> Settings:
    """What a config file with this content says by itself. Raises `SettingsError`."""
    return _checked(_tables(data, file), file, {})


def _checked(tables: dict[str, Any], file: Path | None, origins: Mapping[tuple[str, str], str]) -> Settings:
    for section, what in PLANNED.items():
        if section in tables:
            raise SettingsError(f"{file}: [{section}]: this version has no {what} yet; take the section out")
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        raise SettingsError(_explain(error, str(file or "settings"), origins)) from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from None


def _tables(data: bytes, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: expected text in UTF-8, got {error.reason} at {error.start}") from None
    except (ValueError, RecursionError) as error:
        # tomllib's own error is a ValueError; a number of thousands of digits raises a plain one.
        raise SettingsError(f"{file}: not valid TOML: {str(error).splitlines()[0]}") from None


def _put(tables: dict[str, Any], section: str, key: str, value: object) -> None:
    table = tables.setdefault(section, {})
    # Something else than a table is a mistake of the file's, which validation will name.
    if isinstance(table, dict):
        table[key] = value


def _environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str, object]]:
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENV_PREFIX):
            continue
        section, _, key = variable.removeprefix(ENV_PREFIX).lower().partition("_")
        field = Settings.model_fields.get(section)
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, Section)) or key not in model.model_fields:
            known = environment_names()
            near = [name for name in known if name.startswith(f"{ENV_PREFIX}{section}_".upper())]
            raise SettingsError(
                f"environment: {variable}: not a setting; expected one of {', '.join(near or known)}"
            )
        yield variable, section, key, _typed(text, model.model_fields[key].annotation)


def environment_names() -> Sequence[str]:
    """Every variable that is read, sorted."""
    return sorted(
        f"{ENV_PREFIX}{section}_{key}".upper()
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.model_fields
    )


def _typed(text: str, annotation: object) -> object:
    if get_origin(annotation) is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if annotation in (int, float, bool):
        try:
            return json.loads(text.lower())
        except ValueError:
            return text
    return text


def _explain(error: ValidationError, source: str, origins: Mapping[tuple[str, str], str]) -> str:
    first = error.errors(include_url=False)[0]
    location = first["loc"]
    origin = origins.get((str(location[0]), str(location[1]))) if len(location) > 1 else None
    where = origin or f"{source}: {_place(location)}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    given: object = first["input"]
    if first["type"] == "extra_forbidden":
        return f"{where}: {_unknown(location, given)}{more}"
    return f"{where}: {expectation(first)}, got {_got(location, given)}{more}"


def _got(location: tuple[int | str, ...], given: object) -> str:
    """What was given, where it cannot hold a secret; else what sort of thing it was."""
    key = str(location[-1])
    if isinstance(given, str) and key == "url":
        named = URL.match(given)
        return f"{named[0]}…" if named else "no scheme"
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, list):
        return "a list" if given else "an empty list"
    if len(location) == 1 or "password" in key or key == "url":
        return {str: "a text", bool: "true or false", int: "a number", float: "a number"}.get(
            type(given), f"a {type(given).__name__}"
        )
    return shown(given)


def _unknown(location: tuple[int | str, ...], given: object) -> str:
    if len(location) == 1:
        what = "unknown section" if isinstance(given, dict | list) else "a key outside of any section"
        return f"{what}; expected one of {', '.join(f'[{name}]' for name in Settings.model_fields)}"
    model: type[Section] = DeviceSettings
    if location[0] == "store" and len(location) > 2:
        model = Spans
    elif location[0] != "devices":
        annotation = Settings.model_fields[str(location[0])].annotation
        assert isinstance(annotation, type)  # noqa: S101  (all sections but the devices are models)
        model = annotation
    elif isinstance(given, dict):
        # TOML takes an unquoted dot for a table inside of a table.
        whole = ".".join(str(part) for part in location[1:])
        return f'a table inside of a device; put the id in quotes: [devices."{whole}"]'
    return f"unknown key; expected one of {', '.join(model.model_fields)}"


def _place(location: tuple[int | str, ...]) -> str:
    section, *rest = location
    if not rest:
        return f"[{section}]"
    if section == "devices":
        section, *rest = f'devices."{rest[0]}"', *rest[1:]
    key = "".join(f", item {part + 1}" if isinstance(part, int) else f".{part}" for part in rest)
    return f"[{section}] {key.removeprefix('.')}" if rest else f"[{section}]"
