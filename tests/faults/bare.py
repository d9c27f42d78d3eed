"""A bridge of the real parts and nothing else, as a process that is told and asked on its standard input.

`python -m tests.faults.bare OPTIONS`, OPTIONS being JSON. Each line in is one word and perhaps a number; each
line out is the answer, as JSON.
"""

import json
import logging
import signal
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Where the broker is, as whom to go there, where the data is kept, and how patient to be."""

    url: str
    client_id: str
    folder: str
    keepalive: int = 30


class Wall:
    """A computer's clock that can be set."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._true = time.time

    def __call__(self) -> float:
        """Unix seconds, as far as this computer knows."""
        return self._true() + self.ahead


def main() -> int:
    """Run until `stop`, the end of the input, or SIGTERM."""
    # Before anything of the bridge is imported, so that all of it lives by this clock.
    time.time = wall = Wall()  # type: ignore[assignment]
    from bridge.retention import StoreOptions
    from bridge.service import Bridge, Plan
    from bridge.stores import store_for
    from bridge.transports.mqtt import MqttTransport
    from schemas.catalog import shipped_kinds

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    options = Options(**json.loads(sys.argv[1]))
    store = store_for("sqlite:///fleetglass.db", StoreOptions(Path(options.folder)))
    store.open()
    transport = MqttTransport(
        options.url, client_id=options.client_id, topics=["#"], keepalive=options.keepalive, durable=True
    )
    bridge = Bridge(Plan(shipped_kinds(), [transport], store))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bridge.start()
    try:
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word == "stop":
                break
            if word == "clock":
                wall.ahead = float(rest)
            presences = Counter(device.presence.availability for device in bridge.devices.values())
            answer = asdict(bridge.status) | {"devices": len(bridge.devices), "presences": presences}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    bridge.stop()
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
