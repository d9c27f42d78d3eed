"""From the annotated field of a model to the metric it declares."""

import enum
import types
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, NoReturn, Union, cast, get_args, get_origin

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from schemas.button import Button
from schemas.image import Image
from schemas.kind import Metric
from schemas.traits import (
    Binary,
    Choice,
    Counter,
    Event,
    KindError,
    Location,
    Numeric,
    Text,
    Timestamp,
    Trait,
)

_INFERRED: dict[str, type[Trait]] = {
    "bool": Binary,
    "float": Numeric,
    "int": Numeric,
    "str": Text,
    "bytes": Image,
    "datetime": Timestamp,
    "literal": Choice,
    "enum": Choice,
}
_LEAVES = {
    bool: "bool",
    float: "float",
    int: "int",
    str: "str",
    bytes: "bytes",
    datetime: "datetime",
    AwareDatetime: "datetime",
}


def metric_of(owner: str, name: str, field: FieldInfo) -> Metric:
    """The metric of a field. A trait inferred from the type is written into the field.

    Raises `KindError` for a type that is not supported, a trait that does not go with it, or a wrong default.
    """
    mistakes = _Mistakes(owner, name)
    leaf = _leaf(_type_of(field))
    if leaf is None:
        mistakes.fail(
            "this type is not supported; use float, int, bool, str, bytes, Literal, a text Enum or "
            "AwareDatetime, or one of these with | None"
        )
    trait = _given_trait(field, mistakes)
    if trait is None:
        trait = _INFERRED[leaf]()
        field.metadata = [*field.metadata, trait]
    elif leaf not in trait.goes_with:
        expected = " or ".join(dict.fromkeys(trait.goes_with.values()))
        mistakes.fail(f"{type(trait).__name__} goes with {expected}, not with {_INFERRED_NAMES[leaf]}")
    if not trait.can_be_read and field.is_required():
        mistakes.fail("no state has it, because it is only sent; write its type with | None, and = None")
    if isinstance(trait, Image) and trait.topic is not None and field.is_required():
        mistakes.fail("it comes on a topic of its own, so not every message has it; write | None, and = None")
    _check_default(field, mistakes)
    return Metric(
        name=name,
        trait=trait,
        required=field.is_required(),
        label=trait.label or words(name),
        options=_options(field, trait, mistakes),
        settable=trait.command is not None,
        unit=_unit(trait),
        key=key_of(name, field),
        whole=leaf == "int",
    )


def adapter_of(field: FieldInfo) -> TypeAdapter[object]:
    """What validates one value as the field does in a message."""
    annotated = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    config = ConfigDict(strict=True, allow_inf_nan=False, hide_input_in_errors=True)
    return TypeAdapter(cast(type[object], annotated), config=config)


def words(name: str) -> str:
    """A name in snake case as words: `air_quality` becomes `Air quality`."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


class _Mistakes:
    """Says where a mistake is."""

    def __init__(self, owner: str, name: str) -> None:
        self._where = f"{owner}.{name}"

    def fail(self, text: str) -> NoReturn:
        raise KindError(f"{self._where}: {text}")


_INFERRED_NAMES = {leaf: leaf for leaf in _INFERRED} | {"literal": "Literal", "enum": "Enum"}


def _given_trait(field: FieldInfo, mistakes: _Mistakes) -> Trait | None:
    found: list[Trait] = []
    for item in _annotations(field):
        if isinstance(item, type) and issubclass(item, Trait):
            mistakes.fail(f"write {item.__name__}() with parentheses")
        if isinstance(item, Trait):
            found.append(item)
    if len(found) > 1:
        mistakes.fail(f"{' and '.join(type(item).__name__ for item in found)} are given; keep one")
    return found[0] if found else None


def _annotations(field: FieldInfo) -> Iterator[object]:
    """What stands in `Annotated`, around the whole type or around the part beside None."""
    yield from field.metadata
    for part in _parts(field.annotation):
        if get_origin(part) is Annotated:
            yield from get_args(part)[1:]


def _parts(annotation: object) -> tuple[object, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for part in get_args(annotation) if part is not type(None))
    return (annotation,)


def _type_of(field: FieldInfo) -> object:
    """The type of a field without None and Annotated, or None for a union of several types."""
    parts = _parts(field.annotation)
    if len(parts) != 1:
        return None
    return get_args(parts[0])[0] if get_origin(parts[0]) is Annotated else parts[0]


def _leaf(annotation: object) -> str | None:
    """Pydantic's name of the core type, or None for a type that no metric can have."""
    if get_origin(annotation) is Literal:
        return "literal"
    if not isinstance(annotation, type):
        return None
    return "enum" if issubclass(annotation, enum.Enum) else _LEAVES.get(annotation)


def _options(field: FieldInfo, trait: Trait, mistakes: _Mistakes) -> tuple[str, ...]:
    values = _type_of(field)
    if not isinstance(trait, Choice | Event | Button) or values is bool:
        return ()
    if isinstance(values, type) and issubclass(values, enum.Enum):
        options: tuple[object, ...] = tuple(item.value for item in values)
    else:
        options = get_args(values)
    texts = tuple(option for option in options if isinstance(option, str))
    if not options or len(texts) != len(options):
        mistakes.fail(
            f"the options must be texts, not {', '.join(repr(option) for option in options) or 'none'}"
        )
    for word in trait.alarming if isinstance(trait, Choice) else ():
        if word not in texts:
            mistakes.fail(f'alarming names "{word}", which is not one of {", ".join(texts)}')
    for word in trait.confirm_for if isinstance(trait, Choice) else ():
        if word not in texts:
            mistakes.fail(f'confirm_for names "{word}", which is not one of {", ".join(texts)}')
    return texts


def _check_default(field: FieldInfo, mistakes: _Mistakes) -> None:
    if field.is_required() or field.default is None or field.default_factory is not None:
        return
    try:
        adapter_of(field).validate_python(field.default)
    except ValidationError:
        mistakes.fail(f"the default {field.default!r} is not a value the field allows")


def key_of(name: str, field: FieldInfo) -> str:
    """The field's name in JSON."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else field.alias or name


def aliases_of(field: FieldInfo) -> set[str]:
    """All the names in JSON that a field takes instead of its own."""
    alias = field.validation_alias or field.alias
    if alias is None or isinstance(alias, str):
        return {alias} if alias else set()
    paths = alias.convert_to_aliases()
    return {str(path[0] if isinstance(path, list) else path) for path in paths}


def _unit(trait: Trait) -> str:
    if isinstance(trait, Numeric | Counter):
        return trait.unit
    return "°" if isinstance(trait, Location) else ""
