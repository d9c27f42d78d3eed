"""What can be set: a model for each table of the config file."""

import re
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridge.amounts import size, span
from bridge.labels import line_of_words
from bridge.retention import DEFAULT

ORIGIN = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([0-9]{1,5}))?/?", re.IGNORECASE
)
"""Scheme, host and port. A host with other letters is written as browsers send it (`xn--…`)."""
URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.ASCII | re.IGNORECASE)


def _scheme(*known: str) -> AfterValidator:
    def check(url: str) -> str:
        named = URL.match(url)
        if named is None or named[1].lower() not in known:
            raise ValueError(f"expected a URL that starts with {' or '.join(k + '://' for k in known)}")
        try:
            port = urlsplit(url).port
        except ValueError:
            port = 0
        if port == 0:
            raise ValueError("expected a host, and after a colon a port from 1 to 65535")
        if named[1].lower() == "sqlite" and not re.match(r"sqlite:///[^?#]+\Z", url, re.IGNORECASE):
            raise ValueError("expected a file after three slashes, such as sqlite:///fleetglass.db")
        return url

    return AfterValidator(check)


def _origin(text: str) -> str:
    """An origin as a browser sends it: small, without the port that everybody takes, without a path."""
    found = ORIGIN.fullmatch(text)
    port = int(found[3] or 1) if found else 0
    if found is None or not 1 <= port <= 65_535:
        raise ValueError(
            "expected a scheme, a host and maybe a port, such as https://fleet.example.org or "
            "http://10.0.0.5:8550, without a path or *"
        )
    scheme, host = found[1].lower(), found[2].lower()
    usual = found[3] is None or (scheme, port) in (("http", 80), ("https", 443))
    return f"{scheme}://{host}" if usual else f"{scheme}://{host}:{port}"


Origin = Annotated[str, AfterValidator(_origin)]


def _port(number: int) -> int:
    if not 0 <= number <= 65_535:
        raise ValueError("expected a port from 1 to 65535, or 0 for any that is free")
    return number


Port = Annotated[int, AfterValidator(_port)]


def _span(text: str) -> str:
    span(text)
    return text


Span = Annotated[str, AfterValidator(_span)]
"""A span of time such as `30d`, kept as it was written."""


def _size(given: object) -> object:
    text = str(given) if isinstance(given, int | str) and not isinstance(given, bool) else ""
    size(text)
    return text


def _for_all(given: object) -> object:
    if isinstance(given, str):
        span(given)
        return {DEFAULT: given}
    if not isinstance(given, dict):
        raise ValueError('expected a span such as "30d", or a table of spans by kind')  # noqa: TRY004
    return given


def _of_single(given: object) -> object:
    if isinstance(given, str):
        span(given)
        return {"readings": given}
    if not isinstance(given, dict | Spans):
        raise ValueError('expected a span such as "30d", or a table of them')  # noqa: TRY004
    return given


class Section(BaseModel):
    """A table of the config file: unknown keys are mistakes, types are strict."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False
    )


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


Words = Annotated[str, AfterValidator(line_of_words)]
"""What people call something: one line, trimmed."""


class DeviceSettings(Section):
    """`[devices."<id>"]`: what people call a device, and whether it is still in use."""

    name: Words | None = None
    place: Words | None = None
    override: bool = False
    retired: bool = False


class Spans(Section):
    """How long the readings of a kind are kept: single ones, then means by the minute, then by the hour."""

    readings: Span | None = None
    minutes: Span | None = None
    hours: Span | None = None

    @model_validator(mode="after")
    def _coarser_for_longer(self) -> Self:
        given = [
            (name, span(text)) for name in Spans.model_fields if (text := getattr(self, name)) is not None
        ]
        for (finer, short), (coarser, long) in pairwise(given):
            if long < short:
                raise ValueError(f"expected {coarser} to be kept for no less than {finer}")
        return self


SpansOfKind = Annotated[Spans, BeforeValidator(_of_single)]


class StoreSettings(Section):
    """`[store]`: where the bridge keeps things, and for how long.

    `retention` is by kind; in the config a text stands for all kinds, or for the single readings of one.
    """

    url: Annotated[str, _scheme("sqlite", "memory")] = "sqlite:///fleetglass.db"
    retention: Annotated[dict[str, SpansOfKind], BeforeValidator(_for_all)] = Field(
        default="30d", validate_default=True
    )
    quarantine_age: Span = "30d"
    quarantine_size: Annotated[str, BeforeValidator(_size)] = "256 MiB"
    pictures_size: Annotated[str, BeforeValidator(_size)] = "64 MiB"


class BusSettings(Section):
    """`[bus]`: how bridge and dashboard talk."""

    url: Annotated[str, _scheme("memory", "redis", "rediss")] = "memory://"


class WebSettings(Section):
    """`[web]`: where the dashboard listens."""

    host: str = "127.0.0.1"
    port: Port = 8550
    origins: list[Origin] = []
    max_sessions: Annotated[int, Field(ge=1)] = 1_000
    new_sessions: Annotated[int, Field(ge=1)] = 100
    session_timeout: Annotated[float, Field(gt=0, le=86_400)] = 20.0


class UiSettings(Section):
    """`[ui]`: how the dashboard presents itself."""

    title: str = "Fleetglass"
    language: Literal["en", "zh"] | None = None
    pages: Annotated[str, Field(min_length=1)] = "pages"


class Settings(Section):
    """Everything that can be set. Relative paths are beside the config file (`base`)."""

    broker: BrokerSettings = BrokerSettings()
    schemas: SchemaSettings = SchemaSettings()
    devices: dict[str, DeviceSettings] = {}
    store: StoreSettings = StoreSettings()
    bus: BusSettings = BusSettings()
    web: WebSettings = WebSettings()
    ui: UiSettings = UiSettings()
