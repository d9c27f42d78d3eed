"""The example for a hardware thread runs as it is written."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.dashboard.product import ROOT, environment
from tests.servers import free_port, wait_until

pytestmark = pytest.mark.slow

SENSOR = ROOT / "examples" / "thread_sensor.py"


class Sensor:
    """The example, started by its path in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.web = free_port()
        self.variables = environment() | {
            "FLEETGLASS_WEB_PORT": str(self.web),
            "FLEETGLASS_BROKER_URL": f"embedded://127.0.0.1:{free_port()}",
        }
        self.process = self.start(folder)

    def start(self, folder: Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(SENSOR)],
            cwd=folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def metrics(self) -> dict[str, object]:
        """The values that the dashboard has of it; none while there is no dashboard, or no value."""
        with suppress(httpx.TransportError):
            return {
                name: metric["value"]
                for name, metric in httpx.get(self.url()).json().get("metrics", {}).items()
            }
        return {}

    def url(self, more: str = "") -> str:
        return f"http://127.0.0.1:{self.web}/api/v1/devices/thermostat.cellar{more}"


@pytest.fixture
def sensor(tmp_path: Path) -> Iterator[Sensor]:
    """The example, whose device is there."""
    sensor = Sensor(tmp_path)
    try:
        wait_until(lambda: sensor.metrics() or sensor.process.poll() is not None, "the thermostat")
        yield sensor
    finally:
        if sensor.process.poll() is None:
            sensor.process.kill()
            sensor.process.communicate()


def test_the_sensor_is_shown_and_commanded(sensor: Sensor, tmp_path: Path) -> None:
    """Its readings arrive, its heating is switched; a second one is told in a line; Ctrl-C ends it with 0."""
    assert False is sensor.metrics()["heating"]
    assert 202 == httpx.post(sensor.url("/commands"), json={"heating": True}).status_code
    wait_until(lambda: sensor.metrics()["heating"] is True, "the heating")
    out, err = sensor.start(tmp_path).communicate(timeout=60)
    assert ("", 1, True) == (out, len(err.splitlines()), err.startswith("thread_sensor: another Fleetglass"))
    sensor.process.send_signal(signal.SIGINT)
    out, err = sensor.process.communicate(timeout=60)
    assert (0, "") == (sensor.process.returncode, err)
    assert "python -m dashboard" not in out
