"""The text of a file that declares a kind. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas import traits
from schemas.guess import Guess, quoted, written
from schemas.traits import Trait

WIDTH = 110
TRAITS: Final = frozenset(
    name for name, value in vars(traits).items() if isinstance(value, type) and issubclass(value, Trait)
) | {"Image"}
TAKEN: Final = frozenset({"int", "float", "bool", "str", "Annotated", "Literal", "AwareDatetime", "Field"})
"""Names that a file uses, besides those of traits."""


class Declared(NamedTuple):
    """A field: its name, the one in JSON, and what it is."""

    name: str
    key: str
    guess: Guess
    optional: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What goes into the file. `about` are lines of code, `comments` and what they quote are safe to write.

    `refused`: so many messages no kind would take.
    """

    name: str
    pattern: str
    stale_after: int | None
    about: Sequence[str]
    declared: Sequence[Declared]
    comments: Sequence[str]
    refused: int


def line(name: str, type_: str, rest: Sequence[str], *, optional: bool, doubt: str = "") -> str:
    """The line, or lines, of a field: its type, and what else stands in `Annotated`."""
    default = " = None" if optional else ""
    comment = f"  # {doubt}" if doubt else ""
    text = f"    {name}: Annotated[{', '.join([type_, *rest])}]{default}{comment}"
    if len(text) <= WIDTH:
        return text
    above = f"    # {doubt}\n" if doubt else ""
    inner = "".join(f"        {part},\n" for part in (type_, *rest))
    return f"{above}    {name}: Annotated[\n{inner}    ]{default}"


def file_of(draft: Draft) -> str:
    """The whole file."""
    lines = [*draft.about, *[_field(field) for field in draft.declared]]
    body = "\n".join(lines)
    typing = [word for word in ("Annotated", "Literal") if word in body]
    pydantic = [word for word in ("AwareDatetime", "Field") if re.search(rf"\b{word}\b", body)]
    ours = sorted({"Device", *[name for name in TRAITS if f"{name}(" in body]})
    notes = [f"    # {comment}" for comment in draft.comments]
    if draft.refused:
        notes.append(
            f"    # {draft.refused} of the messages were no JSON objects with finite numbers: "
            "refused by any kind."
        )
    arguments = [f"    topic={quoted(draft.pattern)},"]
    if draft.stale_after is not None:
        arguments.append(f"    stale_after={draft.stale_after},  # three times the usual silence")
    return "\n".join(
        [
            '"""A first draft, written from the messages that were heard. Look over each line."""',
            "",
            f"from typing import {', '.join(typing)}",
            "",
            *([f"from pydantic import {', '.join(pydantic)}", ""] if pydantic else []),
            f"from schemas import {', '.join(ours)}",
            "",
            "",
            f"class {draft.name}(",
            "    Device,",
            *arguments,
            "):",
            '    """Say here in one line what it is."""',
            "",
            *([*notes, ""] if notes else []),
            body,
            "",
        ]
    )


def _field(field: Declared) -> str:
    rest = [written(field.guess.trait)]
    if field.name != field.key:
        rest.append(f"Field(alias={quoted(field.key)})")
    type_ = f"{field.guess.type} | None" if field.optional else field.guess.type
    return line(field.name, type_, rest, optional=field.optional, doubt=field.guess.doubt)
