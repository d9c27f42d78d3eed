"""The commands that read and write what is kept, while nothing runs and while the product does."""

import csv
import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bridge.instance import Instance, find_running
from bridge.ports import Batch, Record, Selection
from bridge.quarantine import quarantine
from bridge.retention import StoreOptions
from bridge.stores.sqlite import SqliteStore
from dashboard.cli import main
from schemas.message import RawMessage, Reading, Rejected
from tests.dashboard.product import COMMAND, Running, environment
from tests.servers import free_port, send, wait_until

AT = 1_769_860_800.0  # 2026-01-31T12:00:00Z
MINUTE = 60.0


def record(number: int, device: str = "plug.one") -> Record:
    """A reading of each sort, a minute after the one before."""
    at = AT + number * MINUTE
    readings = (Reading("power", float(number), "W"), Reading("on", value=True), Reading("note", "=1+1"))
    return Record(device, "plug", at, at + 0.25, readings)


@contextmanager
def store_in(folder: Path) -> Iterator[SqliteStore]:
    """The store of a data folder."""
    folder.mkdir(exist_ok=True)
    store = SqliteStore(folder / "fleetglass.db", StoreOptions(folder))
    store.open()
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with some history, and three refused messages of which one passes today."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FLEETGLASS_")]:
        monkeypatch.delenv(name)
    why = Rejected("wrong_type", "on: expected true or false,\x1b[31m got 3")
    payloads = (b'{"on": 3}', b'{"on": true}', b"{")
    messages = [RawMessage("fleet/plug/two/state", text, AT + n) for n, text in enumerate(payloads)]
    with store_in(tmp_path / "data") as store:
        store.commit(
            Batch(
                records=[*(record(number) for number in range(3)), record(0, "plug.other")],
                quarantined=[quarantine(message, why) for message in messages],
            )
        )
    return tmp_path


def exported(capsys: pytest.CaptureFixture[str], *arguments: str) -> Sequence[Sequence[str]]:
    """The lines of an export to standard output, without their head."""
    assert 0 == main(["history", "export", "--output", "-", *arguments])
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:]


# Export.


def test_export_to_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All readings are in the file, by device, metric and time; how many is told on standard error."""
    assert 0 == main(["history", "export", "--output", "x.csv"])
    said = capsys.readouterr()
    assert ("", "12 readings in x.csv\n") == (said.out, said.err)
    lines = (folder / "x.csv").read_text().splitlines()
    assert "time,received_at,device,metric,value,unit" == lines[0]
    assert "2026-01-31T12:00:00.000000Z,2026-01-31T12:00:00.250000Z,plug.one,note,'=1+1," == lines[1]
    assert 13 == len(lines)
    assert ["data", "x.csv"] == sorted(path.name for path in folder.iterdir())


def test_export_of_a_part(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One device, one metric, from a start up to an end that is left out."""
    one = ("--device", "plug.one", "--metric", "power")
    assert ["0.0", "1.0", "2.0"] == [line[4] for line in exported(capsys, *one)]
    start = ("--start", "2026-01-31T12:01:00Z")
    assert ["1.0", "2.0"] == [line[4] for line in exported(capsys, *one, *start)]
    end = ("--end", "2026-01-31T13:02:00+01:00")
    assert ["1.0"] == [line[4] for line in exported(capsys, *one, *start, *end)]
    assert ["plug.other"] * 3 == [line[2] for line in exported(capsys, "--device", "plug.other")]
    assert [] == exported(capsys, "--end", "2026-01-31")


def test_export_since_a_while_ago(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A span before now may stand as a word of its own, though it begins like a flag."""
    assert 12 == len(exported(capsys, "--start", "-1000w"))
    assert [] == exported(capsys, "--start", "-1h")
    assert 12 == len(exported(capsys, "--start=-1000w", "--end", "-1h"))


def test_export_as_parquet(folder: Path) -> None:
    """By the suffix, or by the flag whatever the name is."""
    assert 0 == main(["history", "export", "--output", "x.parquet"])
    assert 0 == main(["history", "export", "--output", "y", "--format", "parquet"])
    tables = [pq.read_table(folder / name) for name in ("x.parquet", "y")]
    assert (12, True) == (tables[0].num_rows, tables[0].equals(tables[1]))


def test_export_does_not_write_over_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there stays, unless it is said that it may go."""
    (folder / "x.csv").write_text("mine")
    assert 2 == main(["history", "export", "--output", "x.csv"])
    assert ("mine", True) == ((folder / "x.csv").read_text(), "--force" in capsys.readouterr().err)
    assert 0 == main(["history", "export", "--output", "x.csv", "--force"])
    assert (folder / "x.csv").read_text().startswith("time,")


def test_export_of_an_unknown_device(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A device that was never heard of is a mistake, and nothing is written."""
    assert 2 == main(["history", "export", "--output", "x.csv", "--device", "plug.noe"])
    assert "--device plug.noe: nothing was ever heard of" in capsys.readouterr().err
    assert not (folder / "x.csv").exists()


def test_export_into_a_pipe_that_closes(folder: Path) -> None:
    """Who reads only the beginning, as head does, ends it without a complaint."""
    with store_in(folder / "data") as store:
        store.commit(Batch(records=[record(number) for number in range(30_000)]))
    command = [*COMMAND, "history", "export", "--output", "-"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (b"", 0) == (process.stderr.read(), process.wait())


# Quarantine.


def test_the_quarantine_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each, newest first, without what could drive a terminal; counts on standard error."""
    assert 0 == main(["quarantine", "list"])
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert ["3", "2", "1"] == [line.split()[0] for line in lines]
    assert "2026-01-31T12:00:02Z" in lines[0]
    assert "\x1b" not in said.out
    assert "3 shown of 3 kept (3 wrong_type)\n" == said.err
    for arguments, expected in (
        (["--limit", "1"], ["3"]),
        (["--reason", "not_an_object"], []),
        (["--reason", "wrong_type", "--search", '"ON": TRUE'], ["2"]),
    ):
        assert 0 == main(["quarantine", "list", *arguments])
        assert expected == [line.split()[0] for line in capsys.readouterr().out.splitlines()]


def test_a_reason_that_there_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a mistake, not an empty list, and those that there are are named."""
    assert 2 == main(["quarantine", "list", "--reason", "foo"])
    out, err = capsys.readouterr()
    assert ("", True) == (out, err.startswith('fleetglass: --reason: there is no reason "foo"; known are '))
    assert "wrong_type" in err
    with store_in(folder / "data") as store:
        message = RawMessage("fleet/plug/two/state", b"{", AT)
        store.commit(Batch(quarantined=[quarantine(message, Rejected("of_old", "another version said so"))]))
    assert 0 == main(["quarantine", "list", "--reason", "of_old"])
    assert "another version said so" in capsys.readouterr().out


def test_the_quarantine_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same page that the HTTP interface gives."""
    assert 0 == main(["quarantine", "list", "--json", "--limit", "2"])
    page = json.loads(capsys.readouterr().out)
    assert ([3, 2], "2") == ([entry["id"] for entry in page["items"]], page["next"])
    assert "{" == page["items"][0]["payload"]


def test_replay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run only tells; then what passes is history, at the time at which it was received."""
    told = "1 of 3 messages {}\n1 refused still: invalid_json\n1 refused still: wrong_type\n"
    assert 0 == main(["quarantine", "replay", "--dry-run"])
    assert told.format("would pass") == capsys.readouterr().out
    with store_in(folder / "data") as store:
        assert 0 == store.count(Selection("plug.two"))
    assert 0 == main(["quarantine", "replay"])
    assert told.format("passed") == capsys.readouterr().out
    with store_in(folder / "data") as store:
        assert [(AT + 1, True)] == [(row.time, row.value) for row in store.export(Selection("plug.two"))]
        assert 2 == store.quarantine_counts().kept


def test_replay_of_some(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the ids that are named; one that is not there is a mistake."""
    assert 0 == main(["quarantine", "replay", "--id", "1", "--id", "2"])
    assert "1 of 2 messages passed" in capsys.readouterr().out
    assert 2 == main(["quarantine", "replay", "--id", "99"])
    assert "1 of these are not in quarantine" in capsys.readouterr().err


def test_nothing_is_written_while_another_has_the_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that starts, or restores, is not disturbed: that is told in one line."""
    main(["backup", "b.db"])
    with Instance(folder / "data"):
        for arguments in (["quarantine", "replay"], ["restore", "b.db"]):
            capsys.readouterr()
            assert 2 == main(arguments)
            assert "another Fleetglass keeps its data in" in capsys.readouterr().err
        assert 0 == main(["quarantine", "list"])
        assert 0 == main(["history", "export", "--output", "x.csv"])


# Backup and restore.


def test_backup_and_restore(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A backup holds all of that moment; restored, what came later is gone, but kept beside it."""
    assert 0 == main(["backup", "b.db"])
    assert 2 == main(["backup", "b.db"])
    assert 0 == main(["backup", "b.db", "--force"])
    with store_in(folder / "data") as store:
        store.commit(Batch(records=[record(5)]))
    assert 15 == len(exported(capsys))
    assert 0 == main(["restore", "b.db"])
    assert "is restored from b.db; what was there is" in capsys.readouterr().err
    assert 12 == len(exported(capsys))


def test_restore_into_a_new_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A backup can be taken to where nothing is yet."""
    main(["backup", "b.db"])
    assert 0 == main(["restore", "b.db", "--data-dir", "other"])
    assert 12 == len(exported(capsys, "--data-dir", "other"))


def test_restore_leaves_us_who_we_are(folder: Path) -> None:
    """The broker holds messages for the session of this store, not for that of the backup's time."""
    main(["backup", "b.db"])
    with store_in(folder / "data") as store:
        store.set_note("client_id", "fleetglass-us")
    main(["restore", "b.db"])
    with store_in(folder / "data") as store:
        assert "fleetglass-us" == store.note("client_id")


def test_restore_over_a_damaged_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be opened any more can be replaced all the same."""
    main(["backup", "b.db"])
    (folder / "data" / "fleetglass.db").write_bytes(b"damaged" * 1_000)
    assert 0 == main(["restore", "b.db"])
    capsys.readouterr()
    assert 12 == len(exported(capsys))


def test_restore_of_something_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no backup is refused, and what is there stays."""
    (folder / "x").write_text("hello")
    assert 2 == main(["restore", "x"])
    capsys.readouterr()
    assert 12 == len(exported(capsys))


@pytest.mark.parametrize(
    "arguments",
    [
        ["history", "export", "--output", "x.csv"],
        ["quarantine", "list"],
        ["quarantine", "replay"],
        ["backup", "b"],
    ],
)
def test_a_store_in_memory_has_nothing_for_others(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """Where nothing is kept, a command says so instead of finding an old file."""
    (folder / "fleetglass.toml").write_text('[store]\nurl = "memory://"\n')
    assert 2 == main(arguments)
    assert "memory:// keeps nothing" in capsys.readouterr().err


# While it runs.


def said(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command beside it; the exit code and what was said."""
    ended = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.slow
def test_all_commands_beside_the_product(running: Running, tmp_path: Path) -> None:
    """Everything works while it runs, a second one is refused, and a signal ends it as ever."""
    send(running.mqtt, "fleet/plug/one/state", b'{"on": 3}')
    wait_until(lambda: "wrong_type" in said(tmp_path, "quarantine", "list")[1], "the refused message")
    code, out, err = said(tmp_path, "quarantine", "replay")
    assert (0, "0 of 1 messages passed\n1 refused still: wrong_type\n") == (code, out)
    assert f"the Fleetglass that runs (process {running.process.pid})" in err
    assert 0 == said(tmp_path, "history", "export", "--output", "x.csv", "--start", "-1h")[0]
    assert (tmp_path / "x.csv").read_text().count("\n") > 12
    assert 0 == said(tmp_path, "backup", "b.db")[0]
    code, _, err = said(tmp_path, "run", "--port", "0", "--mqtt-port", str(free_port()))
    assert (2, True) == (code, f"http://127.0.0.1:{running.web}/" in err)
    assert 0 == said(tmp_path, "restore", "b.db")[0]
    assert running.devices() >= 12
    assert (0, "") == running.end(signal.SIGTERM)[::2]
    assert find_running(tmp_path / "data") is None


@pytest.mark.slow
def test_after_kill_9_it_starts_again(running: Running, tmp_path: Path) -> None:
    """What it left behind keeps nobody from the folder, and its history is there."""
    running.end(signal.SIGKILL)
    assert 0 == said(tmp_path, "quarantine", "replay")[0]
    again = Running(tmp_path)
    try:
        again.wait()
        assert (0, "") == again.end(signal.SIGTERM)[::2]
    finally:
        if again.process.poll() is None:
            again.process.kill()
            again.process.communicate()
