"""The pages about configuration and the HTTP interface say what is true, and all of it."""

import argparse
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from bridge.errors import SettingsError
from bridge.quarantine import REASONS
from bridge.service import Plan
from bridge.settings import PLANNED, DeviceSettings, Section, Settings, environment_names, load_settings
from bridge.simulate import plan
from bridge.status import STAGES
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from dashboard.api import api
from dashboard.api_stream import Listening
from dashboard.app import LocalHouse
from dashboard.cli import _parser
from dashboard.commands.run import DEMO_DEVICES
from dashboard.contract import (
    Command,
    Device,
    Health,
    HistoryPage,
    HistoryPoint,
    MetricValue,
    QuarantinedMessage,
    QuarantineGroup,
    ReplayResult,
)
from dashboard.metrics import BROKER_DROPPED, COUNTERS, GAUGES, OF_THE_BRIDGE, QUARANTINED, STAGE, STORE
from dashboard.views import pages
from schemas.catalog import shipped_kinds

DOCS = Path(__file__).parents[1] / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
API = (DOCS / "api.md").read_text(encoding="utf-8")
THERE, NOT_THERE = CONFIGURATION.split("## What is not there yet")
TOML = re.findall(r"```toml\n(.*?)```", CONFIGURATION, flags=re.DOTALL)

TYPES = {str: ("text", "path"), int: ("integer",), float: ("number",), bool: ("true or false",)}


def section_of(page: str, heading: str) -> str:
    """The text below a heading of the third level, up to the next heading."""
    found = re.search(rf"^### {re.escape(heading)}.*?\n(.*?)(?=^##|\Z)", page, flags=re.DOTALL | re.MULTILINE)
    assert found, f"there is no heading {heading}"
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each row whose first cell is code, by that code."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            found[cells[0].split("`")[1]] = cells[1:]
    return found


# Settings.

SECTIONS = [
    (name, field.annotation if name != "devices" else DeviceSettings)
    for name, field in Settings.model_fields.items()
]


@pytest.mark.parametrize(("name", "model"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_every_setting_is_on_the_page(name: str, model: type[Section]) -> None:
    """Each section has a row for every key, and no other, with its type, its default and its variable."""
    heading = '`[devices."<id>"]`' if name == "devices" else f"`[{name}]`"
    table = rows(section_of(CONFIGURATION, heading))
    assert list(model.model_fields) == list(table)
    for key, field in model.model_fields.items():
        sort, default, *others = table[key]
        expected = "none" if field.default is None else f"`{json.dumps(field.default)}`"
        assert (key, expected) == (key, default)
        plain = next((words for kind, words in TYPES.items() if kind == field.annotation), ("text", "path"))
        lists = tuple(f"list of {word}s" for word in ("text", "path"))
        assert sort in (lists if isinstance(field.default, list) else plain)
        if name != "devices":
            assert others[0] == f"`FLEETGLASS_{name}_{key}`".upper()


def test_the_variables_of_the_page_are_those_that_are_read() -> None:
    """The page names every environment variable, and no other."""
    found = set(re.findall(r"\bFLEETGLASS_[A-Z_]+[A-Z]\b", CONFIGURATION))
    assert set(environment_names()) == found


def test_the_examples_load(tmp_path: Path) -> None:
    """Every TOML example is a config file without a mistake."""
    for number, text in enumerate(TOML):
        file = tmp_path / f"{number}.toml"
        file.write_text(text, encoding="utf-8")
        assert file == load_settings(file).file


def test_the_complete_example_is_complete() -> None:
    """The first example has every section with every key."""
    example = tomllib.loads(TOML[0])
    expected = {name: sorted(model.model_fields) for name, model in SECTIONS}
    found = {name: sorted(table) for name, table in example.items()}
    assert expected == found | {"devices": sorted(example["devices"]["thermostat.kitchen"])}


def test_the_messages_of_the_page_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistakes that the page shows are told in these words."""
    monkeypatch.chdir(tmp_path)
    file = Path("fleetglass.toml")
    file.write_text("[web]\nport = '8550'\n")
    told = []
    for environment in ({}, {"FLEETGLASS_WEB_PORT": "abc"}):
        with pytest.raises(SettingsError) as refused:
            load_settings(file, environment=environment)
        told.append(f"fleetglass: {refused.value}")
    assert "\n".join(told) in CONFIGURATION


def test_what_is_planned_is_told() -> None:
    """Sections and stores that this version does not have are named as such."""
    assert [] == [section for section in PLANNED if f"[{section}]" not in NOT_THERE]
    assert [] == [scheme for scheme in ("postgresql:",) if scheme not in NOT_THERE]


def test_the_pages_that_are_not_there_are_told() -> None:
    """Of the addresses that are promised, those that open no page of their own are named as such."""
    promised = {
        "/",
        "/devices/{id}",
        "/pages/{name}",
        "/alerts",
        "/quarantine",
        "/unclaimed",
        "/topics",
        "/system",
    }
    absent = promised - {page.route for page in pages()}
    assert absent == {route for route in promised - {"/"} if f"`{route}`" in NOT_THERE}


# What can be copied to a terminal.

LINES = [
    (path.name, line)
    for path in (DOCS.parent / "README.md", *sorted(DOCS.glob("*.md")))
    for block in re.findall(
        r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    for line in block.splitlines()
]
DEMO = {device for _, device in plan(shipped_kinds(), DEMO_DEVICES)}


def test_our_command_is_called_as_a_checkout_has_it() -> None:
    """No line to copy calls a bare `fleetglass`, which only an installed package has."""
    assert [] == [line for line in LINES if re.search(r"(?:^|[|&;] *)fleetglass ", line[1])]
    named = [
        path for path in DOCS.glob("*.md") if re.search(r"`fleetglass \w", path.read_text(encoding="utf-8"))
    ]
    unsaid = [path.name for path in named if ".venv/bin/fleetglass" not in path.read_text(encoding="utf-8")]
    assert [] == unsaid


def test_the_devices_that_are_asked_for_are_there() -> None:
    """Every device in a line to copy is one of the demo's."""
    asked = [
        (page, device)
        for page, line in LINES
        for device in re.findall(r"(?:/devices/|--device )([a-z_]+\.[\w%]+)", line)
    ]
    assert ("api.md", "lamp.hall") in asked
    assert [] == [(page, device) for page, device in asked if device not in DEMO]


# The command line.


def commands(
    parser: argparse.ArgumentParser, path: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and sub-command that can be called, with its parser."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    if not below:
        yield path.strip(), parser
    for action in below:
        for name, child in action.choices.items():
            yield from commands(child, f"{path} {name}")


COMMANDS = dict(commands(_parser()))


def flags(parser: argparse.ArgumentParser) -> Iterator[tuple[str, object]]:
    """The flags of a command, but for --help, with their defaults."""
    for action in parser._actions:  # noqa: SLF001
        for flag in action.option_strings:
            if flag not in ("-h", "--help"):
                yield flag, action.default


def flag_rows(text: str) -> dict[str, list[str]]:
    """The rows of a table of flags, by each flag in the first cell."""
    found = {}
    for line in text.splitlines():
        if line.startswith("| `--"):
            first, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            found |= dict.fromkeys(re.findall(r"--[a-z-]+", first), cells)
    return found


SHARED = flag_rows(THERE.split("## Commands and flags")[1].split("\n### ")[0])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_flag_is_on_the_page(command: str) -> None:
    """Each command has a heading, and below it a row for each flag of its own with its default."""
    heading = next(
        line.removeprefix("### ")
        for line in THERE.splitlines()
        if line.startswith("### ") and re.search(rf"`fleetglass {command}\b", line)
    )
    own = flag_rows(section_of(THERE, heading))
    for flag, default in flags(COMMANDS[command]):
        cells = own.get(flag) or SHARED.get(flag)
        assert cells is not None, flag
        if isinstance(default, int | float) and not isinstance(default, bool):
            assert f"{default:g}" == cells[0]


def test_no_flag_on_the_page_is_made_up() -> None:
    """Every flag in the page's tables belongs to a command."""
    known = {flag for parser in COMMANDS.values() for flag, _ in flags(parser)}
    assert set() == set(flag_rows(THERE)) - known
    assert known == set(flag_rows(THERE))


# The HTTP interface.


def described() -> dict[str, dict[str, object]]:
    """What the interface says of itself."""
    app = FastAPI(openapi_url="/api/v1/openapi.json")
    house = LocalHouse(Plan(shipped_kinds(), [ThreadTransport()], MemoryStore()))
    app.include_router(api(house, Listening(house)))
    paths: dict[str, dict[str, object]] = app.openapi()["paths"]
    return paths


def test_every_route_is_on_the_page() -> None:
    """The page names every request that is answered, and no other."""
    expected = {f"{method.upper()} {path}" for path, methods in described().items() for method in methods}
    found = set(re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) \S+)`", API, flags=re.MULTILINE))
    assert expected | {"GET /api/v1/openapi.json"} == found


@pytest.mark.parametrize(
    "model",
    [
        Health,
        Device,
        MetricValue,
        HistoryPage,
        HistoryPoint,
        Command,
        QuarantinedMessage,
        QuarantineGroup,
        ReplayResult,
    ],
)
def test_every_field_is_on_the_page(model: type[BaseModel]) -> None:
    """The page has a row for every field of an answer, and no other, and says which may be null."""
    table = rows(section_of(API, model.__name__))
    expected = {
        name: type(None) in getattr(f.annotation, "__args__", ()) for name, f in model.model_fields.items()
    }
    assert expected == {name: cells[0].endswith("?") for name, cells in table.items()}


def test_every_reason_is_on_the_page() -> None:
    """Each code for which a message can be in quarantine is explained, here or for authors of kinds."""
    pages = API + (DOCS / "adding-a-device.md").read_text(encoding="utf-8")
    assert [] == [reason for reason in sorted(REASONS) if f"`{reason}`" not in pages]


def test_every_metric_is_on_the_page() -> None:
    """The page names every metric with its type, and no other."""
    expected = dict.fromkeys(
        (f"{name}_total" for name in (*COUNTERS, BROKER_DROPPED, QUARANTINED)), "counter"
    )
    expected |= dict.fromkeys((*GAUGES, *OF_THE_BRIDGE, STORE), "gauge") | {STAGE: "histogram"}
    table = rows(API.split("## Metrics")[1])
    assert expected == {name: cells[0] for name, cells in table.items()}
    assert [] == [stage for stage in STAGES if f"`{stage}`" not in table[STAGE][1]]
