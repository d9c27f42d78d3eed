"""`fleetglass schemas`."""

import argparse
import json
import sys

from bridge.errors import UserMistake
from bridge.setup import load_kinds, told
from dashboard.commands.parser import Commands, load
from schemas.catalog import Kinds


def add(commands: Commands) -> None:
    """Offer the commands."""
    group = commands.group("schemas", "The kinds, or the JSON Schema of one.")
    group.add("list", listed)
    group.add("show", show).add_argument("name", metavar="KIND")


def listed(options: argparse.Namespace) -> int:
    """All kinds with their topics."""
    for known in _kinds(options):
        print(f"{known.name:<14} {known.topic.text:<36} {known.doc}")
    return 0


def show(options: argparse.Namespace) -> int:
    """The JSON Schema of a kind."""
    kinds = _kinds(options)
    kind = kinds.get(options.name)
    if kind is None:
        raise UserMistake(f"no such kind: {options.name}; known are {', '.join(k.name for k in kinds)}")
    print(json.dumps(kind.model.model_json_schema(), indent=2, ensure_ascii=False))
    return 0


def _kinds(options: argparse.Namespace) -> Kinds:
    kinds, broken = load_kinds(load(options))
    for mistake in broken:
        print(f"fleetglass: {told(mistake)}", file=sys.stderr)
    return kinds
