"""From a real Mosquitto into the store: sustained at QoS 0 and 1, and a backlog that waited.

The rivals get the same messages from the same broker on the same machine: `mosquitto_sub`, which throws them
away, as the floor; and a bare paho client whose callback does nothing. None of them validates or stores.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.measure import Row
from tests.servers import Mosquitto, needs

MESSAGES = 100_000
DEVICES = 100
ROUNDS = 3
ROOT = Path(__file__).parents[1]


def rows() -> Iterator[Row]:
    """Messages a second, each against both rivals."""
    for what, qos, durable in (
        ("sustained at QoS 0, validated and stored", 0, False),
        ("sustained at QoS 1, acknowledged once stored", 1, False),
        (f"a backlog of {MESSAGES:,} at QoS 1, acknowledged once stored", 1, True),
    ):
        rates: dict[str, list[float]] = {"ours": [], "paho": [], "mosquitto_sub": []}
        for _ in range(ROUNDS):
            for who, found in rates.items():
                found.append(_rate(who, qos, durable=durable))
        ours = median(rates["ours"])
        for rival, name in (("paho", "a bare paho callback"), ("mosquitto_sub", "`mosquitto_sub`")):
            yield Row(what, "msg/s", ours, median(rates[rival]), name, more_is_better=True)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A subscriber to start. With `count` 0 it subscribes and leaves, so that the broker keeps for it."""

    who: str
    port: int
    count: int
    qos: int
    folder: str
    durable: bool

    def command(self) -> Sequence[str]:
        numbers = [str(self.port), str(self.count), str(self.qos)]
        if self.who != "mosquitto_sub":
            session = "durable" if self.durable else "clean"
            return [sys.executable, "-m", "benchmarks.subscriber", self.who, *numbers, self.folder, session]
        command = [needs("mosquitto_sub"), "-p", numbers[0], "-q", numbers[2], "-t", "fleet/#", "-N"]
        command += ["-i", "subscriber-c"]
        command += ["-c"] if self.durable else []
        return [*command, "-C", numbers[1]] if self.count else [*command, "-E"]


def _rate(who: str, qos: int, *, durable: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, _broker(Path(folder)) as broker:
        reader = _Reader(who, broker.port, MESSAGES, qos, folder, durable)
        if not durable:
            with _running(reader) as subscriber:
                _flood(broker.port, qos)
                return MESSAGES / _seconds(who, subscriber)
        with _running(replace(reader, count=0)) as leaving:
            leaving.wait()
        _flood(broker.port, qos)
        with _running(reader) as subscriber:
            return MESSAGES / _seconds(who, subscriber)


@contextmanager
def _broker(folder: Path) -> Iterator[Mosquitto]:
    """A Mosquitto with the product's own configuration."""
    text = (ROOT / "mosquitto.conf").read_text()
    (folder / "data").mkdir()
    broker = Mosquitto(folder, re.sub(r"^listener 1883 ", "listener PORT ", text, flags=re.MULTILINE))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def _running(reader: _Reader) -> "Iterator[subprocess.Popen[str]]":
    """The subscriber in its process; subscribed, where it begins with an empty session."""
    process = subprocess.Popen(reader.command(), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        if reader.who == "mosquitto_sub":
            # It does not tell when it is subscribed.
            time.sleep(0.0 if reader.durable else 0.5)
        elif reader.count == 0 or not reader.durable:
            process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _flood(port: int, qos: int) -> None:
    command = [sys.executable, "-m", "benchmarks.flood", str(port), str(MESSAGES), str(qos), str(DEVICES)]
    subprocess.run(command, cwd=ROOT, check=True)


def _seconds(who: str, subscriber: "subprocess.Popen[str]") -> float:
    """From its first message to its last."""
    assert subscriber.stdout is not None
    if who == "mosquitto_sub":
        output = subscriber.stdout.fileno()
        first = None
        while os.read(output, 1 << 16):
            first = first or time.perf_counter()
        assert first is not None
        return time.perf_counter() - first
    for line in subscriber.stdout:
        if line.startswith("{"):
            return float(json.loads(line)["seconds"])
    raise RuntimeError(f"{who} ended without a result")
