"""The history as a file: CSV for people and spreadsheets, Parquet for data frames."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

from bridge.errors import UserMistake
from bridge.ports import Exported
from schemas.message import Value

Format: TypeAlias = Literal["csv", "parquet"]
COLUMNS = ("time", "received_at", "device", "metric", "value", "unit")
PARQUET_COLUMNS = (*COLUMNS, "text")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would take for a formula."""
ROWS = 65_536
"""Readings that are written together."""


def format_of(output: Path) -> Format:
    """The format that a file's name asks for: Parquet by its suffix, else CSV."""
    return "parquet" if output.suffix.lower() in (".parquet", ".pq") else "csv"


def write_csv(rows: Iterable[Exported], file: TextIO, advance: Callable[[int], object]) -> int:
    """Write a head and a line for each reading; how many. Times are RFC 3339 in UTC, with microseconds.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. `advance` hears how many
    readings were written since it last did.
    """
    writer = csv.writer(_Lines(file))
    writer.writerow(COLUMNS)
    count = 0
    for batch in _batches(rows):
        writer.writerows(
            (
                _rfc3339(row.time), _rfc3339(row.received_at), _harmless(row.device_id),
                _harmless(row.metric), _written(row.value), _harmless(row.unit),
            )
            for row in batch
        )  # fmt: skip
        count += len(batch)
        advance(len(batch))
    return count


def write_parquet(rows: Iterable[Exported], output: Path, advance: Callable[[int], object]) -> int:
    """Write a Parquet file; how many readings. Raises `UserMistake` where pyarrow is not installed.

    `value` is a number (1 and 0 for true and false), or null for a text, which then stands in `text`.
    """
    pa, pq = _pyarrow()
    word, time = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us", "UTC")
    types = (time, time, word, word, pa.float64(), word, pa.string())
    schema = pa.schema(list(zip(PARQUET_COLUMNS, types, strict=True)))
    count = 0
    with pq.ParquetWriter(output, schema, compression="zstd") as writer:
        for batch in _batches(rows):
            times, received, devices, metrics, values, units = zip(*batch, strict=True)
            numbers = [_number(value) for value in values]
            columns: Sequence[Any] = (
                pa.array([_microseconds(each) for each in times], time),
                pa.array([_microseconds(each) for each in received], time),
                pa.array(devices, pa.string()).dictionary_encode(),
                pa.array(metrics, pa.string()).dictionary_encode(),
                pa.array(numbers, pa.float64()),
                pa.array(units, pa.string()).dictionary_encode(),
                pa.array([None if n is not None else str(v) for v, n in zip(values, numbers, strict=True)]),
            )
            writer.write_table(
                pa.Table.from_arrays([c.cast(t) for c, t in zip(columns, types, strict=True)], schema=schema)
            )
            count += len(batch)
            advance(len(batch))
    return count


@contextmanager
def whole_file(output: Path, *, replace: bool) -> Iterator[Path]:
    """A path to write to, which becomes `output` if all goes well and leaves nothing if not.

    Raises `UserMistake` for a place that cannot be written, and for a file that is there unless `replace`.
    """
    if output.is_dir():
        raise UserMistake(f"{output}: a folder; name a file in it")
    if output.exists() and not output.is_file():
        # A pipe or a device is written to as it is, and must not be replaced by a file.
        yield output
        return
    output = output.resolve()
    if output.exists() and not replace:
        raise UserMistake(f"{output}: there is such a file already; --force writes over it")
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        part.touch(exist_ok=False)
    except OSError as error:
        raise UserMistake(f"{output}: cannot be written: {error.strerror}") from None
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


class _Lines:
    """Ends lines as Unix does. Told to do so itself, the writer of CSV leaves carriage returns unquoted."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(f"{line[:-2]}\n")


def _batches(rows: Iterable[Exported]) -> Iterator[list[Exported]]:
    walk = iter(rows)
    while batch := list(islice(walk, ROWS)):
        yield batch


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _written(value: Value) -> str | float:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _harmless(value) if isinstance(value, str) else value


def _number(value: Value) -> float | None:
    if isinstance(value, str):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserMistake(
            "Parquet needs the package pyarrow; install it with: pip install 'fleetglass[parquet]'"
        ) from None
    return pa, parquet
