"""What all commands have in common: one-line mistakes, the shared flags, and the settings they load."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from bridge.settings import Loaded, load_settings

Command: TypeAlias = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """One clear line instead of the usage."""

    def error(self, message: str) -> NoReturn:
        """Tell it and end."""
        print(f"{self.prog}: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


class Commands:
    """The commands below a parser. Each takes `--config` and `--verbose`; with `data` also `--data-dir`."""

    def __init__(self, parser: argparse.ArgumentParser, word: str = "COMMAND") -> None:
        self._below = parser.add_subparsers(metavar=word, dest=word, required=True, parser_class=Parser)

    def add(self, name: str, command: Command, *, data: bool = False) -> argparse.ArgumentParser:
        """A command, whose docstring is its help."""
        added = self._below.add_parser(name, help=command.__doc__, description=command.__doc__)
        added.set_defaults(command=command)
        _add_shared(added, data=data)
        return added

    def group(self, name: str, about: str, *, data: bool = False) -> "Commands":
        """A word with commands of its own below it; the shared flags may stand before or after those."""
        group = self._below.add_parser(name, help=about, description=about)
        _add_shared(group, data=data, default=None)
        return Commands(group, "ACTION")


def _add_shared(parser: argparse.ArgumentParser, *, data: bool, default: object = argparse.SUPPRESS) -> None:
    # Without a default of its own a flag of an action leaves what was said before the action.
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=default,
        help="default: fleetglass.toml if there is one",
    )
    if data:
        parser.add_argument(
            "--data-dir", type=Path, metavar="DIR", default=default,
            help="where data is kept (data/ beside the config)",
        )  # fmt: skip
    parser.add_argument("--verbose", action="store_true", default=default, help="log what happens")


def add_broker(parser: argparse.ArgumentParser) -> None:
    """The flags that say which broker."""
    parser.add_argument(
        "--broker", metavar="URL", help="embedded://, mqtt:// or mqtts://, with host and port"
    )
    parser.add_argument("--mqtt-port", type=int, metavar="P", help="port of the embedded broker (1883)")


def load(options: argparse.Namespace) -> Loaded:
    """The settings of a command line. Raises `SettingsError`."""
    flags: dict[str, dict[str, Any]] = {"broker": {}, "store": {}, "bus": {}, "web": {}}
    for name, section, key in (
        ("broker", "broker", "url"), ("store", "store", "url"), ("bus", "bus", "url"),
        ("host", "web", "host"), ("port", "web", "port"),
    ):  # fmt: skip
        value = getattr(options, name, None)
        if value is not None:
            flags[section][key] = value
    mqtt_port = getattr(options, "mqtt_port", None)
    if mqtt_port is not None and "url" not in flags["broker"]:
        flags["broker"]["url"] = f"embedded://127.0.0.1:{mqtt_port}"
    given: Mapping[str, Mapping[str, object]] = flags
    return load_settings(
        getattr(options, "config", None),
        environment=os.environ,
        flags=given,
        data_dir=getattr(options, "data_dir", None),
    )
