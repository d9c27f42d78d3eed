"""What is fuzzed: each target takes any bytes, and fails where the product breaks a promise."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bridge.errors import SettingsError
from bridge.settings import load_settings
from schemas import Device, TopicPattern, decode, kind_of, quote_topic, shipped_kinds, unquote_topic
from schemas.message import RawMessage
from tests.schemas.sound import check

NOW = 1_780_000_000.0


class Strict(Device, topic="strict/{site}/{device}", unknown="refuse"):
    """A kind that takes only what it declares."""

    level: float


KINDS = shipped_kinds()
KINDS.add(kind_of(Strict))


def fuzz_decode(data: bytes) -> None:
    """The first line is a topic, the rest a payload: every outcome is sound."""
    topic, _, payload = data.partition(b"\n")
    raw = RawMessage(topic.decode("utf-8", "surrogateescape"), payload, NOW)
    check(raw, decode(raw, KINDS))


def fuzz_topics(data: bytes) -> None:
    """The lines are a pattern, a topic and values: matching and formatting are each other's inverse."""
    text, topic, *values = [*data.decode("utf-8", "surrogateescape").split("\n"), ""]
    assert topic == unquote_topic(quote_topic(topic))
    assert quote_topic(topic).isascii()
    try:
        pattern = TopicPattern(text)
    except ValueError:
        return
    found = pattern.match(topic)
    if found is not None:
        assert topic == pattern.format(found)
    given = dict(zip(pattern.placeholders, values, strict=False))
    with suppress(ValueError):
        made = pattern.format(given)
        assert given == pattern.match(made)
        assert made.encode()


def fuzz_config(data: bytes) -> None:
    """A config file of any content is read, or refused in one readable line that names the file."""
    file = Path(_FOLDER.name) / "fleetglass.toml"
    file.write_bytes(data)
    try:
        loaded = load_settings(file, environment={})
    except SettingsError as error:
        text = str(error)
        assert text.startswith(str(file))
        assert text.isprintable()
    else:
        assert loaded.file == file


_FOLDER = tempfile.TemporaryDirectory(prefix="fleetglass-fuzz-")


class Target(NamedTuple):
    """A target and the inputs it starts from."""

    run: Callable[[bytes], None]
    seeds: Sequence[bytes]


TARGETS: Mapping[str, Target] = {
    "decode": Target(
        fuzz_decode,
        (
            b'fleet/thermostat/hall/state\n{"temperature":21.5,"humidity":45,"heating":true,"target":20.5}',
            b'fleet/thermostat/hall/state\n{"temperature":1,"time":"2026-01-31T12:00:00Z","sequence":7,"x":[1]}',
            b'fleet/lamp/a/state\n{"on":true,"color":"#ff8800","brightness":1e2,"name":"\\u00e9"}',
            b'fleet/machine/a/state\n{"state":"fault","parts":9223372036854775807}',
            b'fleet/tracker/a/state\n{"latitude":-90,"longitude":1.5e2}',
            b"fleet/plug/a/availability\nonline",
            b"fleet/plug/a/availability\noffline\r\n",
            b'fleet/plug/a/set\n{"on":false}',
            b'strict/s/d\n{"level":1,"depth":NaN}',
            b'somewhere/else\n{"a":{"b":[1,{"c":null}],"b":"x:y"},"":-Infinity,"a.b":1e999}',
            b"somewhere/else\n\xef\xbb\xbf\xff\x00",
            b"$SYS/broker/uptime\n1 seconds",
            b"\n",
            b"",
        ),
    ),
    "topics": Target(
        fuzz_topics,
        (
            b"fleet/thermostat/{device}/state\nfleet/thermostat/hall/state\nhall",
            b"{site}/{device}\n$SYS/x\n$SYS\nx",
            b"a/{b}/+/#\na/\xff/%2F\n/",
            b"/{a}//{b_1}\n/x//y\nx\ny",
            b"",
        ),
    ),
    "config": Target(
        fuzz_config,
        (
            b'[broker]\nurl = "mqtts://h:8883"\ntopics = ["fleet/#"]\nclient_id = "x"\n',
            b'[web]\nhost = "::1"\nport = 8550\norigins = []\n[ui]\ntitle = "Fleet"\n',
            b'[devices."thermostat.hall"]\nname = "Hall"\nplace = 5\n',
            b'[store]\nurl = "memory://"\nretention = "30 days"\n[bus]\nurl = "redis://x"\n',
            b"[[alerts]]\n[auth]\n[broker]\nport = nan\n",
            b"\xef\xbb\xbfa = 1979-05-27T07:32:00Z\n\xff",
            b"",
        ),
    ),
}
