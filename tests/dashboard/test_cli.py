"""The command line: a user's mistake is one line and exit code 2, and the product ends as it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.subscribe
import pytest

from dashboard import cli
from dashboard.cli import main
from tests.dashboard.forked import Forker, forker
from tests.dashboard.product import COMMAND, ROOT, Running, environment
from tests.servers import Embedded, accepts, free_port, wait_until


class Command:
    """The command line in a folder."""

    def __init__(self, forked: Forker, folder: Path) -> None:
        self._forked = forked
        self._folder = folder

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run it in a process of its own, to its end."""
        return self._forked.run(self._folder, arguments, environment() | variables)

    def mistake(self, *arguments: str, **variables: str) -> str:
        """Run what must be a user's mistake; its one line."""
        ended = self.run(*arguments, **variables)
        assert (2, 1, "") == (ended.returncode, len(ended.stderr.splitlines()), ended.stdout), ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stderr


@pytest.fixture(scope="module")
def forked() -> Iterator[Forker]:
    """What all runs are forked from."""
    with forker() as loaded:
        yield loaded


@pytest.fixture
def command(forked: Forker, tmp_path: Path) -> Command:
    """The command line in a folder of its own."""
    return Command(forked, tmp_path)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["fly"], "fly"),
        ([], "COMMAND"),
        (["run", "--port", "99999"], "port"),
        (["run", "--port", "eight"], "eight"),
        (["run", "--mqtt-port", "0"], "port"),
        (["run", "--broker", "ftp://x"], "[broker] url"),
        (["run", "--broker", "mqtt://"], "host"),
        (["run", "--broker", "mqtt://x:notaport"], "port"),
        (["run", "--store", "oracle://x"], "[store] url"),
        (["run", "--config", "nowhere.toml"], "nowhere.toml"),
        (["run", "--config", "."], "not a config file"),
        (["run", "--host", "0.0.0.0", "--port", "0"], "--insecure"),
        (["run", "--host", "127.example", "--port", "0"], "--insecure"),
        (["run", "--host", "no such host", "--port", "0", "--insecure"], "no such host"),
        (["run", "--nonsense"], "--nonsense"),
        (["publish", "a"], "PAYLOAD"),
        (["publish", "a", "b", "--qos", "3"], "3"),
        (["simulate", "--kind", "unicorn"], "unicorn"),
        (["schemas", "show", "unicorn"], "unicorn"),
        (["schemas"], "ACTION"),
        (["history"], "ACTION"),
        (["history", "export"], "--output"),
        (["history", "export", "--output", "x.csv"], "nothing is kept there yet"),
        (["history", "export", "--output", "-", "--start", "soon"], "--start soon"),
        (["history", "export", "--output", "-", "--start", "-1h", "--end", "-2h"], "before --end -2h"),
        (["history", "export", "--output", "-", "--format", "parquet"], "--format parquet"),
        (["history", "export", "--output", "x", "--format", "xml"], "xml"),
        (["quarantine"], "ACTION"),
        (["quarantine", "list", "--limit", "0"], "--limit"),
        (["quarantine", "list", "--data-dir", "nowhere"], "nowhere"),
        (["quarantine", "replay", "--dry-run"], "nothing is kept there yet"),
        (["backup"], "FILE"),
        (["backup", "x.db"], "nothing is kept there yet"),
        (["restore", "nowhere.db"], "nowhere.db"),
        (["run", "--data-dir", "/proc/nowhere", "--port", "0"], "/proc/nowhere cannot be written"),
        (["run", "--store", "sqlite:///nowhere/../../..", "--port", "0"], "cannot be opened"),
    ],
)
def test_a_mistake_is_one_line(command: Command, arguments: list[str], told: str) -> None:
    """A wrong command, flag, URL or file is named on one line, without a traceback."""
    assert told in command.mistake(*arguments)


def test_a_program_that_was_loaded_anew_ends_alike(tmp_path: Path) -> None:
    """What the others fork is what a person starts: the same line and the same exit code."""
    ended = subprocess.run(
        [*COMMAND, "run", "--host", "0.0.0.0", "--port", "0"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (2, 1, "") == (ended.returncode, len(ended.stderr.splitlines()), ended.stdout), ended.stderr
    assert "--insecure" in ended.stderr


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ('[broker]\nurls = "mqtt://x"\n', "urls"),
        ("[brocker]\n", "brocker"),
        ('[web]\nmax_sessions = "many"\n', "max_sessions"),
        ("[web\n", "TOML"),
        ('[schemas]\npaths = ["nowhere"]\n', "nowhere"),
        ('[broker]\npassword_file = "nowhere"\nusername = "x"\n', "password_file"),
        ("[auth]\n", "[auth]"),
        ('[web]\norigins = ["*"]\n', "[web] origins"),
    ],
)
def test_a_mistake_in_the_config_names_the_file(
    command: Command, tmp_path: Path, config: str, told: str
) -> None:
    """What is wrong in the config is told with the file's name."""
    (tmp_path / "fleetglass.toml").write_text(config)
    line = command.mistake("run", "--port", "0", "--broker", f"mqtt://127.0.0.1:{free_port()}")
    assert "fleetglass.toml" in line
    assert told in line


def test_a_mistake_in_the_environment_names_the_variable(command: Command) -> None:
    """A variable that is no setting, or of the wrong type, is named."""
    assert "FLEETGLASS_WEB_PROT" in command.mistake("check", FLEETGLASS_WEB_PROT="1")
    assert "FLEETGLASS_WEB_PORT" in command.mistake("check", FLEETGLASS_WEB_PORT="many")


def test_a_taken_port_is_told(command: Command, taken: int) -> None:
    """A port that somebody else listens on, of the web or of MQTT, is named with what to do."""
    web = command.mistake("run", "--port", str(taken), "--mqtt-port", str(free_port()))
    assert str(taken) in web
    assert "--port" in web
    mqtt = command.mistake("run", "--port", "0", "--mqtt-port", str(taken))
    assert str(taken) in mqtt


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says what this is, and ends well."""
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert 0 == end.value.code
    assert capsys.readouterr().out.startswith("fleetglass ")


def test_the_command_line_loads_no_flet() -> None:
    """Importing it, and the commands that show nothing, do not pay for Flet."""
    code = (
        "import sys, dashboard.cli as cli; cli.main(['schemas', 'list']);"
        "print('flet' in sys.modules, 'uvicorn' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "False False"


def test_the_kinds_are_listed_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every kind has a line with its topic; one is shown as JSON Schema."""
    monkeypatch.chdir(tmp_path)
    assert 0 == main(["schemas", "list"])
    lines = capsys.readouterr().out.splitlines()
    assert ["thermostat", "fleet/thermostat/{device}/state"] in [line.split()[:2] for line in lines]
    assert 12 == len(lines)
    assert 0 == main(["schemas", "show", "plug"])
    assert {"on", "power", "energy"} <= set(json.loads(capsys.readouterr().out)["properties"])


@pytest.fixture(scope="module")
def broker() -> Iterator[Embedded]:
    """A broker."""
    embedded = Embedded()
    embedded.start()
    yield embedded
    embedded.stop()


def test_publish_arrives(tmp_path: Path, broker: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retained message that was published is there for who comes later, byte by byte."""
    monkeypatch.chdir(tmp_path)
    payload = '{"temperature": 21.5, "name": "Küche"}'
    arguments = ["publish", "--broker", broker.url, "--retain", "--qos", "1", "a/b", payload]
    assert 0 == main(arguments)
    heard = paho.mqtt.subscribe.simple(  # type: ignore[no-untyped-call]
        "a/b", hostname="127.0.0.1", port=broker.port
    )
    assert ("a/b", payload.encode(), True) == (heard.topic, heard.payload, bool(heard.retain))


def test_publish_to_nobody_is_told(command: Command) -> None:
    """Without a broker nothing is published, and the line names the address."""
    port = free_port()
    assert str(port) in command.mistake("publish", "--broker", f"mqtt://127.0.0.1:{port}", "a", "b")


def test_check_tells_what_works(
    tmp_path: Path, broker: Embedded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` has a line for each part, and its exit code says whether all is well. It makes nothing."""
    monkeypatch.chdir(tmp_path)
    assert 0 == main(["check", "--broker", broker.url])
    lines = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert ["config", "kinds", "store", "pages", "broker"] == lines
    assert 2 == main(["check", "--broker", f"mqtt://127.0.0.1:{free_port()}"])
    assert "not reached" in capsys.readouterr().out
    assert [] == list(tmp_path.iterdir())


def test_what_check_finds_is_told_once(command: Command) -> None:
    """Its own line says what is wrong with the broker; the log does not say it again, unless it is asked."""
    broker = ("--broker", f"mqtt://127.0.0.1:{free_port()}")
    ended = command.run("check", *broker)
    assert (2, "") == (ended.returncode, ended.stderr)
    assert "nothing listens there" in ended.stdout
    assert "nothing listens there" in command.run("check", "--verbose", *broker).stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["schemas", "show", "plug"], 0), (["schemas", "list"], 0), (["check"], 2)]
)
def test_who_reads_only_the_beginning_ends_it_without_a_complaint(
    tmp_path: Path, arguments: list[str], code: int
) -> None:
    """Any command may stand before `head`; how it ended is told all the same."""
    reading, writing = os.pipe()
    os.close(reading)
    (tmp_path / "fleetglass.toml").write_text(f'[broker]\nurl = "mqtt://127.0.0.1:{free_port()}"\n')
    try:
        ended = subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=environment() | {"PYTHONUNBUFFERED": ""},
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (code, b"") == (ended.returncode, ended.stderr)


def test_another_broken_pipe_is_no_reader_that_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only standard output counts: what breaks elsewhere is a fault, and is not hidden."""

    def broken(*_: object) -> None:
        raise BrokenPipeError

    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(cli, "_run", broken)
        with pytest.raises(BrokenPipeError):
            main(["schemas", "list"])
        monkeypatch.undo()


def test_check_tells_of_an_unknown_kind(
    tmp_path: Path, broker: Embedded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A retention for a kind that is not there is told, and is not all well."""
    monkeypatch.chdir(tmp_path)
    Path("fleetglass.toml").write_text('[store.retention]\nplgu = "1d"\n')
    assert 2 == main(["check", "--broker", broker.url])
    assert "there is no kind plgu" in capsys.readouterr().out


def test_flags_stand_before_or_after_the_action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shared flags of a command with actions are understood at either place."""
    monkeypatch.chdir(tmp_path)
    for arguments in (["schemas", "--config", "no.toml", "list"], ["schemas", "list", "--config", "no.toml"]):
        assert 2 == main(arguments)
        assert "no.toml" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_product_starts_and_ends(running: Running, number: signal.Signals) -> None:
    """With one command all is there; a signal ends it with 0, and its broker with it, without a complaint."""
    code, out, err = running.end(number)
    assert (0, "") == (code, err)
    assert f"http://127.0.0.1:{running.web}/" in out
    assert f"mosquitto_pub -p {running.mqtt} -t fleet/thermostat/kitchen/state" in out
    wait_until(lambda: not accepts(running.mqtt), "the broker to be gone")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_killed_product_leaves_no_broker(running: Running) -> None:
    """Even after kill -9 the broker's process ends, and the port is free."""
    assert accepts(running.mqtt)
    running.end(signal.SIGKILL)
    wait_until(lambda: not accepts(running.mqtt), "the broker to be gone")


@pytest.mark.slow
def test_a_browser_that_is_open_does_not_hold_the_end_up(running: Running) -> None:
    """With a socket open that says nothing, SIGTERM still ends the product with 0."""
    with socket.create_connection(("127.0.0.1", running.web)) as idle:
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        head = f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{running.web}\r\n"
        head += "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        idle.sendall(f"{head}{key}\r\n".encode())
        assert b"101" in idle.recv(100)
        code, _out, err = running.end(signal.SIGTERM)
    assert (0, "") == (code, err)
