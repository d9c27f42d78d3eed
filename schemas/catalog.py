"""The known kinds: those shipped, those of a user's folder, and which of them a topic belongs to."""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal, NamedTuple, TypeAlias

from schemas.device import Device, Kind, KindError, kind_of
from schemas.mistakes import mistake
from schemas.topics import TopicPattern, is_placeholder

Role: TypeAlias = Literal["state", "availability", "command", "image"]

_CACHED_TOPICS = 10_000
_CACHED_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Claim:
    """A topic is one of a kind's. `device_id` is only the kind's name where the topic lacks a placeholder.

    `metric` is the one to which a topic of its own belongs.
    """

    kind: Kind
    role: Role
    device_id: str
    metric: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file, or a folder, of a user's kinds that could not be used."""

    file: Path
    line: int | None
    message: str


class _Entry(NamedTuple):
    placeholders: int
    order: int
    kind: Kind
    role: Role
    pattern: TopicPattern
    metric: str = ""


_Shape: TypeAlias = tuple[int, ...]


class Kinds:
    """The set of known kinds, in order of addition."""

    def __init__(self) -> None:
        """Start without any kind."""
        self._kinds: dict[str, Kind] = {}
        self._filters: dict[str, tuple[Kind, Role]] = {}
        # number of levels → positions of the literal levels → those levels → the pattern
        self._index: dict[int, dict[_Shape, dict[tuple[str, ...], _Entry]]] = {}
        self._claims: dict[str, Claim | None] = {}
        self._order = 0

    def __iter__(self) -> Iterator[Kind]:
        """All kinds, in order of addition."""
        return iter(tuple(self._kinds.values()))

    def __len__(self) -> int:
        """How many kinds there are."""
        return len(self._kinds)

    def get(self, name: str) -> Kind | None:
        """The kind of that name."""
        return self._kinds.get(name)

    def add(self, kind: Kind) -> None:
        """Take in a kind. Raises `KindError` where its name or its topic belongs to another kind."""
        if kind.name in self._kinds:
            raise KindError(
                f"there is already a kind named {kind.name}; rename the class {kind.model.__name__}"
            )
        taken = self._filters.get(kind.topic.subscription)
        if taken is not None:
            whose = f"the {taken[1]} topic of {taken[0].name}"
            raise KindError(f'{kind.model.__name__}: the topic "{kind.topic.text}" is already {whose}')
        for pattern in (kind.availability, *kind.commands, *(own for _, own in kind.own_topics)):
            taken = self._filters.get(pattern.subscription) if pattern is not None else None
            if pattern is not None and taken is not None and taken[1] == "state":
                whose = f"the state topic of {taken[0].name}"
                raise KindError(f'{kind.model.__name__}: "{pattern.text}" is already {whose}')
        self._kinds[kind.name] = kind
        self._file(kind, "state", kind.topic)
        for metric, own in kind.own_topics:
            self._file(kind, "image", own, metric)
        if kind.availability is not None:
            self._file(kind, "availability", kind.availability)
        for command in kind.commands:
            self._file(kind, "command", command)
        self._claims.clear()

    def claim(self, topic: str) -> Claim | None:
        """Whose topic it is. The pattern with the fewest placeholders wins, then the one added first."""
        try:
            return self._claims[topic]
        except KeyError:
            claim = self._find(topic)
        if len(topic) <= _CACHED_LENGTH:
            if len(self._claims) >= _CACHED_TOPICS:
                self._claims.clear()
            self._claims[topic] = claim
        return claim

    def _file(self, kind: Kind, role: Role, pattern: TopicPattern, metric: str = "") -> None:
        self._filters.setdefault(pattern.subscription, (kind, role))
        positions = tuple(at for at, level in enumerate(pattern.levels) if not is_placeholder(level))
        literals = tuple(pattern.levels[at] for at in positions)
        shape = self._index.setdefault(len(pattern.levels), {}).setdefault(positions, {})
        shape.setdefault(
            literals, _Entry(len(pattern.placeholders), self._order, kind, role, pattern, metric)
        )
        self._order += 1

    def _find(self, topic: str) -> Claim | None:
        levels = topic.split("/")
        found: list[_Entry] = []
        for positions, patterns in self._index.get(len(levels), {}).items():
            entry = patterns.get(tuple(levels[at] for at in positions))
            if entry is not None:
                found.append(entry)
        for entry in sorted(found, key=lambda entry: entry[:2]):
            values = entry.pattern.match(topic)
            if values is None:
                continue
            whole = len(values) == len(entry.kind.topic.placeholders)
            device_id = entry.kind.device_id(values) if whole else entry.kind.name
            return Claim(entry.kind, entry.role, device_id, entry.metric)
        return None


def shipped_kinds() -> Kinds:
    """The kinds of `schemas.kinds`: one new file there is one new kind."""
    package = importlib.import_module("schemas.kinds")
    kinds = Kinds()
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        for model in _models(importlib.import_module(f"{package.__name__}.{name}")):
            kinds.add(kind_of(model))
    return kinds


def load_folder(kinds: Kinds, folder: Path) -> list[Broken]:
    """Add the kinds of every `*.py` in a folder whose name does not start with `_`.

    What is wrong with one file is reported and leaves the others working. The files run as a package, so one
    can import from its neighbour with `from ._shared import Celsius`.
    """
    if not folder.is_dir():
        return [Broken(folder, None, "there is no such folder of kinds")]
    package = ModuleType(f"fleetglass_kinds_{len(_packages)}")
    package.__path__ = [str(folder)]
    _packages.append(package)
    sys.modules[package.__name__] = package
    broken: list[Broken] = []
    for file in sorted(folder.glob("*.py")):
        if not file.name.startswith("_"):
            broken += _load_file(kinds, package, file)
    return broken


_packages: list[ModuleType] = []


def _load_file(kinds: Kinds, package: ModuleType, file: Path) -> list[Broken]:
    module = ModuleType(f"{package.__name__}.{file.stem.replace('.', '_')}")
    module.__file__ = str(file)
    module.__package__ = package.__name__
    # Pydantic looks up the names in annotations by the module's entry here.
    sys.modules[module.__name__] = module
    source = b""
    try:
        source = file.read_bytes()
        # A user's file is a program and may raise anything. The import system would leave a __pycache__
        # behind and could serve a stale one.
        exec(compile(source, str(file), "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except (Exception, SystemExit) as error:  # noqa: BLE001
        del sys.modules[module.__name__]
        return [Broken(file, *mistake(error, file, source, module.__dict__))]
    models = _models(module)
    if not models:
        text = "no kind is declared here; a file that is none should have a name that starts with _"
        return [Broken(file, None, text)]
    broken: list[Broken] = []
    for model in models:
        try:
            kinds.add(kind_of(model))
        except KindError as error:
            broken.append(Broken(file, _first_line(model), str(error)))
    return broken


def _models(module: ModuleType) -> list[type[Device]]:
    """The kinds declared in a module, without those it only imports."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Device)
        and value is not Device
        and value.__module__ == module.__name__
    ]


def _first_line(model: type[Device]) -> int | None:
    try:
        return inspect.getsourcelines(model)[1]
    except (OSError, TypeError):
        return None
