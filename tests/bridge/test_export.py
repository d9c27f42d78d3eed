"""The history as a file: what stands in it, and that there is never half of one."""

import csv
import io
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import UserMistake
from bridge.export import COLUMNS, ROWS, format_of, whole_file, write_csv, write_parquet
from bridge.ports import Exported
from schemas.message import Value

AT = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()
ROW = Exported(AT, AT + 0.000_25, "plug.one", "power", 12.5, "W")
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


def as_csv(*rows: Exported) -> list[list[str]]:
    """The lines of the CSV, as any reader of CSV finds them."""
    file = io.StringIO()
    assert len(rows) == write_csv(rows, file, lambda _more: None)
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))


def as_parquet(folder: Path, *rows: Exported) -> pa.Table:
    """The table, as any reader of Parquet finds it."""
    file = folder / "x.parquet"
    assert len(rows) == write_parquet(rows, file, lambda _more: None)
    return pq.read_table(file)


def test_csv_columns() -> None:
    """A head and a line: times in UTC with microseconds, then whose it is, the value and its unit."""
    expected = [
        "2026-01-31T12:00:00.000000Z",
        "2026-01-31T12:00:00.000250Z",
        "plug.one",
        "power",
        "12.5",
        "W",
    ]
    assert [list(COLUMNS), expected] == as_csv(ROW)
    assert [list(COLUMNS)] == as_csv()


def test_csv_lines_are_those_of_unix() -> None:
    """A line ends as text does on the systems that we support, without a carriage return."""
    file = io.StringIO()
    write_csv([ROW], file, lambda _more: None)
    assert (2, 0) == (file.getvalue().count("\n"), file.getvalue().count("\r"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"), (False, "false"), (-5, "-5"), (0.1, "0.1"), (-1e300, "-1e+300"),
        (10**25, str(10**25)), ("a\rb", "a\rb"),
        ("", ""), ("idle", "idle"), ('a,"b"\nc', 'a,"b"\nc'), ("'x", "'x"), ("Küche 🔥\0", "Küche 🔥\0"),
    ],
)  # fmt: skip
def test_csv_values(value: Value, expected: str) -> None:
    """Numbers stay numbers, negative ones too; a text is as it was."""
    assert expected == as_csv(ROW._replace(value=value))[1][4]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_holds_no_formula(text: str) -> None:
    """A text of a device's that a spreadsheet would calculate gets an apostrophe before it, in any column."""
    row = Exported(AT, AT, text, text, text, text)
    assert [f"'{text}"] * 4 == as_csv(row)[1][2:]


@given(st.lists(st.text(max_size=8), min_size=4, max_size=4))
def test_csv_comes_back(texts: list[str]) -> None:
    """Whatever the texts are, they are read again as they were, but for the apostrophe."""
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    found = as_csv(Exported(AT, AT, *texts))[1][2:]
    assert texts == [
        cell[1:] if text.startswith(tuple("=+-@\t\r\n")) else cell
        for cell, text in zip(found, texts, strict=True)
    ]


def test_parquet_columns(tmp_path: Path) -> None:
    """The columns have types: times in UTC, names as dictionaries, numbers, and texts by themselves."""
    word = pa.dictionary(pa.int32(), pa.string())
    time = pa.timestamp("us", "UTC")
    table = as_parquet(tmp_path, ROW)
    assert [
        ("time", time), ("received_at", time), ("device", word), ("metric", word), ("value", pa.float64()),
        ("unit", word), ("text", pa.string()),
    ] == [(field.name, field.type) for field in table.schema]  # fmt: skip
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    expected = {
        "time": at, "received_at": at.replace(microsecond=250), "device": "plug.one", "metric": "power",
        "value": 12.5, "unit": "W", "text": None,
    }  # fmt: skip
    assert [expected] == table.to_pylist()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, (1.0, None)), (False, (0.0, None)), (-5, (-5.0, None)), (10**400, (None, str(10**400))),
        ("=1", (None, "=1")), ("", (None, "")),
    ],
)  # fmt: skip
def test_parquet_values(tmp_path: Path, value: Value, expected: object) -> None:
    """True and false are 1 and 0; what is no number of 64 bits is a text, unchanged."""
    row = as_parquet(tmp_path, ROW._replace(value=value)).to_pylist()[0]
    assert expected == (row["value"], row["text"])


def test_parquet_of_nothing(tmp_path: Path) -> None:
    """Without a reading the file has its columns all the same."""
    table = as_parquet(tmp_path)
    assert (0, 7) == (table.num_rows, table.num_columns)


@pytest.mark.parametrize("sort", ["csv", "parquet"])
def test_progress_is_told(tmp_path: Path, sort: str) -> None:
    """Batch by batch it is told how many more were written, so that long work can be watched."""
    told: list[int] = []
    rows = (ROW._replace(time=AT + number) for number in range(ROWS + 1))
    if sort == "csv":
        with (tmp_path / "x").open("w", newline="") as file:
            write_csv(rows, file, told.append)
    else:
        write_parquet(rows, tmp_path / "x", told.append)
    assert [ROWS, 1] == told


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, one line says how to install it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserMistake, match=r"pip install 'fleetglass\[parquet\]'"):
        write_parquet([ROW], tmp_path / "x", lambda _more: None)


@pytest.mark.parametrize(
    ("name", "expected"), [("a.csv", "csv"), ("a.PARQUET", "parquet"), ("a.pq", "parquet"), ("a", "csv")]
)
def test_the_suffix_says_the_format(name: str, expected: str) -> None:
    """Parquet by its suffix, else CSV."""
    assert expected == format_of(Path(name))


def test_a_whole_file_or_none(tmp_path: Path) -> None:
    """Until all is written the name is not taken, and what fails leaves nothing."""
    output = tmp_path / "x.csv"
    with whole_file(output, replace=False) as part:
        part.write_text("all")
        assert not output.exists()
    assert ["x.csv"] == [path.name for path in tmp_path.iterdir()]

    def interrupted(part: Path) -> None:
        part.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), whole_file(output, replace=True) as part:
        interrupted(part)
    assert [("x.csv", "all")] == [(path.name, path.read_text()) for path in tmp_path.iterdir()]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """It is written over only if that is said; a link's own file is, and the link stays."""
    output, link = tmp_path / "x.csv", tmp_path / "link"
    output.write_text("old")
    link.symlink_to(output)
    for path in (output, link):
        with pytest.raises(UserMistake, match="--force"), whole_file(path, replace=False):
            pytest.fail("nothing may be written")
    with whole_file(link, replace=True) as part:
        part.write_text("new")
    assert ("new", True) == (output.read_text(), link.is_symlink())


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    """A pipe is written to, and is a pipe afterwards; so /dev/null is safe too."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with whole_file(pipe, replace=True) as part:
        assert pipe == part
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", [".", "nowhere/x.csv"])
def test_a_place_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    """A folder, or one that is not there, is told in one line."""
    with pytest.raises(UserMistake) as refused, whole_file(tmp_path / name, replace=False):
        pytest.fail("nothing may be written")
    assert 1 == len(str(refused.value).splitlines())
