"""Many rows in few statements.

Python lets go of its lock once a statement and may wait for it long, so a row must not be a statement.
"""

# ruff: noqa: S608 - the parts of the queries are constants of ours, the values are bound

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from schemas.message import Reading, Value

LONGEST = 4_096
"""Rows in the longest statement: four values each, of the 32,766 that SQLite takes."""

Bound = bool | int | float | str | bytes | None
T = TypeVar("T")


def insert(db: sqlite3.Connection, into: str, width: int, flat: list[Bound]) -> int:
    """Insert rows of `width` values that stand one after the other; how many were new.

    `into` must not mind a row that comes twice (OR IGNORE, OR REPLACE): the last one fills up the statement.
    """
    new = 0
    for begin in range(0, len(flat), LONGEST * width):
        part = flat[begin : begin + LONGEST * width] if len(flat) > LONGEST * width else flat
        count = len(part) // width
        rows = 1 << (count - 1).bit_length()
        if rows > count:
            part = part + part[-width:] * (rows - count)
        new += db.execute(_statement(into, width, rows), part).rowcount
    return new


def append(db: sqlite3.Connection, into: str, width: int, flat: list[Bound]) -> None:
    """Insert rows as they are, also equal ones, in their order."""
    begin = 0
    while begin < len(flat):
        left = (len(flat) - begin) // width
        rows = min(LONGEST // 8, 1 << (left.bit_length() - 1))
        db.execute(_statement(into, width, rows), flat[begin : begin + rows * width])
        begin += rows * width


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Items in parts of at most `size`."""
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


@cache
def _statement(into: str, width: int, rows: int) -> str:
    row = f"({','.join('?' * width)})"
    return f"INSERT {into} VALUES {','.join([row] * rows)}"


def storable(value: Value) -> Value:
    """The nearest value that SQLite can hold: whole numbers have 64 bits there, and NaN is nothing."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value
    if -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        return f"{value:#x}"


def tame(item: Any) -> Any:  # noqa: ANN401 - goes through every sort of value that a batch is made of
    """A batch, or a part of it, with nothing in it that SQLite cannot hold."""
    if isinstance(item, Reading):
        return Reading(str(storable(item.metric)), storable(item.value), str(storable(item.unit)), item.extra)
    if isinstance(item, bool | int | float | str):
        return storable(item)
    if isinstance(item, tuple):
        parts = [tame(part) for part in item]
        return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
    if isinstance(item, list):
        return [tame(part) for part in item]
    if isinstance(item, Mapping):
        return MappingProxyType({tame(key): tame(value) for key, value in item.items()})
    if is_dataclass(item) and not isinstance(item, type):
        return replace(item, **{f.name: tame(getattr(item, f.name)) for f in fields(item)})
    return item
