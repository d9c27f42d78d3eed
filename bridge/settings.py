"""Settings: fleetglass.toml, then FLEETGLASS_* of the environment, then flags; each mistake is one clear line."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bridge.errors import SettingsError
from schemas.text import shown

CONFIG_NAME = "fleetglass.toml"
ENV_PREFIX = "FLEETGLASS_"
PLANNED = {"auth": "users and passwords", "alerts": "alerts", "notify": "notifications"}
"""Sections of the contract that this version does not have yet."""


def _scheme(*known: str) -> AfterValidator:
    def check(url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in known:
            raise ValueError(f"expected a URL that starts with {' or '.join(k + '://' for k in known)}")
        try:
            parts.port  # noqa: B018  (the property raises on a bad port)
        except ValueError:
            raise ValueError("expected a port between 0 and 65535 after the colon") from None
        return url

    return AfterValidator(check)


Port = Annotated[int, Field(ge=0, le=65_535)]


class Section(BaseModel):
    """A table of the config file: unknown keys are mistakes, types are strict."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True)


class BrokerSettings(Section):
    """`[broker]`: where messages come from."""

    url: Annotated[str, _scheme("embedded", "mqtt", "mqtts")] = "embedded://127.0.0.1:1883"
    client_id: str | None = None
    username: str | None = None
    password_file: str | None = None
    topics: list[str] = Field(default=["#"], min_length=1)
    tls_ca_file: str | None = None
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    tls_insecure: bool = False


class SchemaSettings(Section):
    """`[schemas]`: folders with the user's own device kinds."""

    paths: list[str] = []


class DeviceSettings(Section):
    """`[devices."<id>"]`: what people call a device."""

    name: str | None = None
    place: str | None = None


class StoreSettings(Section):
    """`[store]`: where the bridge keeps things."""

    url: Annotated[str, _scheme("memory")] = "memory://"


class BusSettings(Section):
    """`[bus]`: how bridge and dashboard talk."""

    url: Annotated[str, _scheme("memory")] = "memory://"


class WebSettings(Section):
    """`[web]`: where the dashboard listens."""

    host: str = "127.0.0.1"
    port: Port = 8550
    origins: list[str] = []
    max_sessions: Annotated[int, Field(ge=1)] = 1_000
    session_timeout: Annotated[float, Field(gt=0, strict=False)] = 20.0


class UiSettings(Section):
    """`[ui]`: how the dashboard presents itself."""

    title: str = "Fleetglass"


class Settings(Section):
    """Everything that can be set. Relative paths are beside the config file (`base`)."""

    broker: BrokerSettings = BrokerSettings()
    schemas: SchemaSettings = SchemaSettings()
    devices: dict[str, DeviceSettings] = {}
    store: StoreSettings = StoreSettings()
    bus: BusSettings = BusSettings()
    web: WebSettings = WebSettings()
    ui: UiSettings = UiSettings()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the folder that relative paths count from, and the file they came from, if any."""

    settings: Settings
    base: Path
    file: Path | None

    def path(self, text: str) -> Path:
        """A path of the config, made whole."""
        return self.base / Path(text).expanduser()

    def existing(self, text: str, where: str) -> Path:
        """The same, but it must be there. Raises `SettingsError` that names `where`, a `[section] key`."""
        path = self.path(text)
        if not path.exists():
            raise SettingsError(f"{self.file or 'settings'}: {where}: {path} does not exist")
        return path


def load_settings(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Mapping[str, object]] | None = None,
    folder: Path | None = None,
) -> Loaded:
    """Read and check all settings.

    `file`: the config, which must exist if given; else `fleetglass.toml` in `folder` (default: the current
    one) if there is one. `flags`: section to key to value, the strongest. Raises `SettingsError`.
    """
    folder = folder or Path.cwd()
    if file is None:
        found = folder / CONFIG_NAME
        file = found if found.is_file() else None
    elif not file.is_file():
        raise SettingsError(f"{file}: no such config file")
    tables: dict[str, Any] = _read(file) if file else {}
    _add_environment(tables, environment or {})
    for section, values in (flags or {}).items():
        if values:
            tables.setdefault(section, {}).update(values)
    for section, what in PLANNED.items():
        if section in tables:
            raise SettingsError(f"{file}: [{section}]: this version has no {what} yet; take the section out")
    try:
        settings = Settings.model_validate(tables)
    except ValidationError as error:
        raise SettingsError(_explain(error, tables, str(file or "settings"))) from None
    base = file.resolve().parent if file else folder
    return Loaded(settings, base, file)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from None


def _add_environment(tables: dict[str, Any], environment: Mapping[str, str]) -> None:
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENV_PREFIX):
            continue
        section, _, key = variable.removeprefix(ENV_PREFIX).lower().partition("_")
        field = Settings.model_fields.get(section)
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, Section)) or key not in model.model_fields:
            names = ", ".join(environment_names())
            raise SettingsError(f"environment: {variable}: not a setting; known are {names}")
        tables.setdefault(section, {})[key] = _typed(text, model.model_fields[key].annotation)


def environment_names() -> Sequence[str]:
    """Every variable that is read, sorted."""
    return sorted(
        f"{ENV_PREFIX}{section}_{key}".upper()
        for section, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.model_fields
    )


def _typed(text: str, annotation: object) -> object:
    if annotation == list[str]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if annotation in (int, float, bool):
        try:
            return json.loads(text.lower())
        except ValueError:
            return text
    return text


_EXPECTED = {
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "list_type": "a list such as [\"…\"]",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _explain(error: ValidationError, tables: Mapping[str, Any], source: str) -> str:
    first = error.errors(include_url=False)[0]
    location = [str(part) for part in first["loc"]]
    where = _place(location)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    kind = first["type"]
    if kind == "extra_forbidden":
        return f"{source}: {where}: unknown key; expected one of {', '.join(_siblings(location))}{more}"
    got = shown(first["input"])
    if kind == "value_error":
        expected = str(first["ctx"]["error"])
    else:
        expected = "expected " + _EXPECTED.get(kind, first["msg"].removeprefix("Input should be "))
    return f"{source}: {where}: {expected}, got {got}{more}"


def _place(location: Sequence[str]) -> str:
    if location[0] == "devices" and len(location) > 1:
        return f'[devices."{location[1]}"] ' + ".".join(location[2:])
    if len(location) == 1:
        return f"[{location[0]}]"
    return f"[{location[0]}] {'.'.join(location[1:])}"


def _siblings(location: Sequence[str]) -> Sequence[str]:
    if len(location) == 1:
        return [f"[{name}]" for name in Settings.model_fields]
    if location[0] == "devices":
        return list(DeviceSettings.model_fields)
    annotation = Settings.model_fields[location[0]].annotation
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return list(annotation.model_fields)
    return []
