"""A sensor on a wire, read by a thread of its own: no broker between the hardware and the dashboard.

    .venv/bin/python examples/thread_sensor.py

Replace `read_sensor` by what your serial port, GPIO pin or driver gives. The dashboard shows the thermostat
`thermostat.cellar`; switching its heating there calls `take_command` here.
"""

import json
import os
import random
import sys
import threading

from bridge.errors import UserMistake
from bridge.settings import load_settings
from bridge.transports.thread import ThreadTransport
from dashboard.run import RunOptions, run

STATE = "fleet/thermostat/cellar/state"
SET = "fleet/thermostat/cellar/set"
EVERY_SECONDS = 1.0


class CellarThermostat:
    """The pretend hardware: a room that warms up while its heating is on."""

    def __init__(self, transport: ThreadTransport) -> None:
        self._transport = transport
        self._heating = False
        self._temperature = 18.0
        self._stopping = threading.Event()
        # The thread knows nothing of the dashboard or its event loop; it only calls `submit`.
        self._thread = threading.Thread(target=self._run, name="cellar-sensor", daemon=True)
        transport.on_command(self.take_command)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def read_sensor(self) -> dict[str, object]:
        """One reading of the hardware."""
        self._temperature += (0.3 if self._heating else -0.1) + random.uniform(-0.05, 0.05)
        self._temperature = min(max(self._temperature, 8.0), 28.0)
        return {"temperature": round(self._temperature, 1), "heating": self._heating}

    def take_command(self, topic: str, payload: bytes) -> None:
        """Switch the heating, and tell the new state at once: that is what confirms the command."""
        if topic == SET:
            self._heating = bool(json.loads(payload)["heating"])
            self._transport.submit(STATE, self.read_sensor())

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            # False while the product is not running yet, or no longer: then the reading is simply gone.
            self._transport.submit(STATE, self.read_sensor())


def main() -> None:
    """Start the sensor's thread, then the dashboard beside it."""
    transport = ThreadTransport()
    thermostat = CellarThermostat(transport)
    thermostat.start()
    try:
        start_product(transport)
    except UserMistake as error:
        # Such as `make run`, which still has the port: one line that says what to do.
        sys.exit(f"thread_sensor: {error}")
    finally:
        thermostat.stop()


def start_product(transport: ThreadTransport) -> None:
    """Run the dashboard with this transport beside the configured broker, until Ctrl-C."""
    settings = load_settings(environment=os.environ)
    run(settings, RunOptions(), extra=[transport])  # <- THE PRODUCT STARTS HERE


if __name__ == "__main__":
    main()
