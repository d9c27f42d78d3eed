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
from collections.abc import Iterator
from contextlib import contextmanager
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


def _rate(who: str, qos: int, *, durable: bool) -> float:
    with tempfile.TemporaryDirectory() as folder, _broker(Path(folder)) as broker:
        if not durable:
            with _subscriber(who, broker.port, MESSAGES, qos, folder, "clean") as subscriber:
                _flood(broker.port, qos)
                return MESSAGES / _seconds(who, subscriber)
        with _subscriber(who, broker.port, 0, qos, folder, "durable") as leaving:
            leaving.wait()
        _flood(broker.port, qos)
        with _subscriber(who, broker.port, MESSAGES, qos, folder, "durable") as subscriber:
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
def _subscriber(
    who: str, port: int, count: int, qos: int, folder: str, session: str
) -> "Iterator[subprocess.Popen[str]]":
    if who == "mosquitto_sub":
        command = [
            needs("mosquitto_sub"), "-p", str(port), "-q", str(qos), "-t", "fleet/#", "-i", "subscriber-c", "-N",
        ]  # fmt: skip
        command += ["-c"] if session == "durable" else []
        command += ["-C", str(count)] if count else ["-E"]
    else:
        command = [sys.executable, "-m", "benchmarks.subscriber", who, str(port), str(count), str(qos)]
        command += [folder, session]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if who == "mosquitto_sub":
            time.sleep(0.5 if count and session == "clean" else 0.0)
        elif count == 0 or session == "clean":
            assert process.stdout is not None
            process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
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
