"""What bridge, stores, bus and drafts say in English is told in Chinese: nothing is left bare."""

import ast
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from sqlite3 import OperationalError

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from redis.exceptions import AuthenticationError, NoPermissionError

from bridge.bus.faults import trouble
from bridge.errors import CommandRefused, LabelRefused
from bridge.explorer import check_publishable
from bridge.labels import NOTHING, relabelled
from bridge.presence import judge
from bridge.stores.sqlite.file import cannot_open
from bridge.transports.client import why_failed, why_refused
from dashboard.drafted import drafted
from dashboard.language.told import DEEPEST
from dashboard.reader import ENGLISH, Reader
from schemas.catalog import shipped_kinds
from schemas.message import RawMessage
from schemas.suggest import Unsuitable, suggest
from tests.dashboard.fake import FakeHouse

CHINESE = Reader("zh")
ROOT = Path(__file__).resolve().parents[2]
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
OF_NO_LANGUAGE = frozenset(
    {
        "MQTT",
        "QoS",
        "JSON",
        "NUL",
        "TLS",
        "SQLite",
        "Redis",
        "Fleetglass",
        "null",
        "Errno",
        "ThreadTransport",
        "true",
        "false",
    }
)


def left(text: str, data: Sequence[str] = ()) -> list[str]:
    """The English words of a text that is told in Chinese, but for those of its data."""
    said = CHINESE.told(text)
    for known in sorted(data, key=len, reverse=True):
        said = said.replace(known, " ")
    return [word for word in ENGLISH_WORD.findall(said) if word not in OF_NO_LANGUAGE]


RAISED = frozenset(
    {"BusAway", "CommandRefused", "FleetglassError", "InvalidCommand", "LabelRefused", "LookupError",
     "NotConnected", "ProtocolError", "StoreError", "Unsuitable"}
)  # fmt: skip
"""Errors whose text reaches a person in a browser."""
OF_THE_COMMAND_LINE = frozenset({"broker.py", "copies.py", "memory.py"})
"""What only who starts it or makes a backup is told."""
FILLED = "Xyz"


def raised() -> Iterator[str]:
    """What bridge and schemas raise for people to read, with a word in the place of each value."""
    for file in sorted([*(ROOT / "bridge").rglob("*.py"), *(ROOT / "schemas").rglob("*.py")]):
        if file.name in OF_THE_COMMAND_LINE:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            text = node.args[0]
            if node.func.id in RAISED and isinstance(text, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else FILLED for part in text.values]
                yield "".join(map(str, parts))
            elif node.func.id in RAISED and isinstance(text, ast.Constant):
                yield str(text.value)


def test_whatever_is_raised_for_a_person_is_known() -> None:
    """Each sentence in the code of bridge and schemas has one in `foreign.py`."""
    found = sorted(set(raised()))
    assert len(found) > 25
    data = [FILLED, "[store] url", "temperature", "ThreadTransport.on_command"]
    assert {} == {text: words for text in found if (words := left(text, data))}


@pytest.mark.parametrize(
    ("topic", "payload", "qos"),
    [
        ("", b"x", 1), ("a/+", b"x", 1), ("a/#", b"x", 1), ("$SYS/x", b"x", 1), ("a\0b", b"x", 1),
        ("\ud800", b"x", 1), ("a/" * 40_000, b"x", 1), ("a", b"x" * 2_000_000, 1), ("a", b"x", 3),
    ],
    ids=["empty", "plus", "hash", "system", "nul", "surrogate", "long", "payload", "qos"],
)  # fmt: skip
def test_what_cannot_be_published_is_told(topic: str, payload: bytes, qos: int) -> None:
    """The topic stands in it as it was written."""
    with pytest.raises(CommandRefused) as error:
        check_publishable(topic, payload, qos)
    assert [] == left(str(error.value), ["fleet/plug/kitchen/set", "$SYS/x", "ud800", "x00"])


@pytest.mark.parametrize(
    ("topic", "payloads"),
    [
        ("a/b", [b"21.5"]), ("a/b", [b"{}"]), ("a/b", [b'{"a": null}']), ("a/b", [b'{"a": {"b": 1}}']),
        ("a/b", [b'{"a": [1]}']), ("a/b", [b'{"a": 1}', b'{"a": "b"}', b'{"a": true}']),
        ("a/b", [b'{" ": 1}']), ("/", [b'{"a": 1}']),
    ],
    ids=["number", "nothing", "null", "object", "list", "mixed", "no-name", "no-device"],
)  # fmt: skip
def test_why_no_kind_can_be_made_is_told(topic: str, payloads: Sequence[bytes]) -> None:
    """Whatever the messages are."""
    with pytest.raises(Unsuitable) as error:
        suggest([RawMessage(topic, payload, 0.0) for payload in payloads], shipped_kinds())
    assert [] == left(str(error.value), ["temperature"])


def test_that_a_topic_is_claimed_or_was_not_heard_is_told() -> None:
    """By what, or where to wait for it."""
    house, told = FakeHouse(), []
    for topic in ("fleet/plug/one/state", "attic/nothing"):
        with pytest.raises((CommandRefused, LookupError)) as error:
            house.suggestion(topic)
        told.append(left(str(error.value), ["plug", topic]))
    assert [[], []] == told


def draft() -> str:
    """A draft with a comment of every sort."""
    contents = [
        {"temp_c": number, "mode": "abba"[number % 4], "ts": 1_700_000_000, "place": 5,
         "both": (1, "x")[number % 2], "list": [1], "deep": {"x": 1}, "none": None, " ": 1}
        for number in range(12)
    ]  # fmt: skip
    payloads = [json.dumps(content).encode() for content in contents]
    messages = [RawMessage("a/b/c/state", payload, 60.0 * at) for at, payload in enumerate(payloads)]
    return suggest([*messages, RawMessage("a/b/c/state", b"hello", 900.0)], shipped_kinds()).text


def test_what_a_draft_says_is_told_and_its_code_stays() -> None:
    """Comments and docstrings; Python reads the same class from it."""
    text = draft()
    chinese = drafted(text, CHINESE)

    def said(source: str) -> list[str]:
        return re.findall(r'(?:# |""")(.*?)(?:"""|$)', source, re.MULTILINE)

    def code(source: str) -> list[str]:
        return [re.sub(r'"""[^"]+"""', '""', line.partition("  #")[0]) for line in source.splitlines()
                if not line.lstrip().startswith("#")]  # fmt: skip

    data = ["place", "device_place", "both", "list", "deep.x", "deep", "none"]
    words = {line: left(line, data) for line in said(text)}
    assert len(words) > 8
    assert set() == {word for found in words.values() for word in found}
    assert code(text) == code(chinese)
    assert ast.dump(_without_docstrings(text)) == ast.dump(_without_docstrings(chinese))
    assert text == drafted(text, ENGLISH)


def _without_docstrings(text: str) -> ast.Module:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            assert ast.get_docstring(node)
            del node.body[0]
    return tree


def test_why_there_is_no_connection_is_told() -> None:
    """As the broker, the network or its certificate has it, within an availability's reason too."""
    untrusted = ssl.SSLCertVerificationError()
    untrusted.verify_message = "certificate has expired"
    no_tls = ssl.SSLError()
    no_tls.reason = "WRONG_VERSION_NUMBER"
    failures: Sequence[Exception] = [
        untrusted, no_tls, ConnectionRefusedError(), TimeoutError(), OSError(113, "No route to host"),
        socket.gaierror(-2, "Name or service not known"), ValueError(),
    ]  # fmt: skip
    reasons = [why_failed(failure) for failure in failures]
    names = ("Bad user name or password", "Client identifier not valid", "Unsupported protocol version",
             "Server unavailable", "Quota exceeded")  # fmt: skip
    reasons += [why_refused(ReasonCode(PacketTypes.CONNACK, name)) for name in names]
    presence = [
        judge(announced=None, heard=None, known=False, stale_after=None, now=0.0,
              broker_down=f"mqtt://[::1]:1883: {reason}").reason
        for reason in reasons
    ]  # fmt: skip
    data = ["mqtt://[::1]:1883", "WRONG_VERSION_NUMBER", "ValueError"]
    assert {} == {text: words for text in presence if (words := left(text, data))}


def test_why_the_bus_is_away_is_told() -> None:
    """What Redis or the way to it says, with how to mend it."""
    faults: Sequence[Exception] = [
        AuthenticationError("Authentication required."),
        AuthenticationError("AUTH called without any password configured for the default user"),
        AuthenticationError("invalid username-password pair"),
        NoPermissionError("NOPERM"),
        ConnectionError("Error 111 connecting to localhost:6379. Connection refused."),
    ]
    data = ["[bus] url", "redis://:password@host", "docs/scaling.md", "NOPERM", "localhost:6379"]
    texts = [trouble(fault) for fault in faults]
    assert {} == {text: words for text in texts if (words := left(text, data))}


def test_why_the_store_cannot_be_used_is_told() -> None:
    """With the file, as the disk or SQLite has it."""
    errors = [
        OperationalError("file is not a database"), OperationalError("database disk image is malformed"),
        OperationalError("database or disk is full"), OperationalError("database is locked"),
        OperationalError("unable to open database file"), OSError(13, "Permission denied"),
    ]  # fmt: skip
    texts = [cannot_open(Path("/data/fleet.db"), error) for error in errors]
    texts += [str(OSError(28, "No space left on device")), "disk I/O error"]
    assert {} == {text: words for text in texts if (words := left(text, ["/data/fleet.db"]))}


def test_why_a_name_is_refused_is_told() -> None:
    """A name, and a place."""
    edits: Mapping[str, Callable[[], object]] = {
        "name": lambda: relabelled(NOTHING, None, "x" * 101, None),
        "place": lambda: relabelled(NOTHING, None, None, "a\nb"),
    }
    for edit in edits.values():
        with pytest.raises(ValueError, match="expected") as error:
            edit()
        assert [] == left(str(LabelRefused(str(error.value))))


def test_data_stays_as_it_is() -> None:
    """A topic that is called like a word of ours is not told."""
    assert CHINESE.told("clear") != "clear"
    assert "offline 含有 + 或 #" in CHINESE.told(
        "offline stands for many topics, by its + or #; name the one that is meant"
    )


@pytest.mark.parametrize("around", ["the tile: ", "refused: ", "no connection to the broker: "])
def test_what_stands_within_each_other_without_end_is_told_as_far_as_people_write_it(around: str) -> None:
    """A device may put our words around each other as often as it likes: some of it stays in English."""
    once = CHINESE.told(f"{around}x").removesuffix("x")
    few, many = (f"{around * number}x" for number in (4, 20))
    assert f"{once * 4}x" == CHINESE.told(few)
    assert f"{once * DEEPEST}{around * (20 - DEEPEST)}x" == CHINESE.told(many)


@pytest.mark.parametrize("piece", ["the tile: ", "refused: ", ": expected , got ", " (", "a, ", "[Errno 1] "])
def test_a_text_that_is_longer_than_any_of_ours_stays_as_it_is(piece: str) -> None:
    """It costs nothing, whatever it is made of, and is not remembered."""
    text = piece * (100_000 // len(piece))
    assert text == CHINESE.told(text)
