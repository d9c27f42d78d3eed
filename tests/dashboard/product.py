"""The whole product as a user starts it, for tests of the command line."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.servers import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "dashboard"]


def environment() -> dict[str, str]:
    """Ours, without settings of whoever runs the tests, and with the checkout on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLEETGLASS_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


class Running:
    """The whole product as a user starts it."""

    def __init__(self, folder: Path) -> None:
        self.web, self.mqtt = free_port(), free_port()
        self.process = subprocess.Popen(
            [*COMMAND, "run", "--port", str(self.web), "--mqtt-port", str(self.mqtt), "--demo"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str) -> tuple[int, object]:
        """Status and JSON; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, None

    def wait(self) -> None:
        """Return when it is ready and its devices are there."""

        def ready() -> bool:
            assert self.process.poll() is None, self.process.communicate()
            return self.get("/readyz")[0] == 200

        wait_until(ready, "the product to be ready")
        wait_until(lambda: self.devices() >= 12, "the simulated devices")

    def devices(self) -> int:
        """How many devices there are."""
        page = self.get("/api/v1/devices")[1]
        return len(page["items"]) if isinstance(page, dict) else 0

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; the exit code and what was said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err
