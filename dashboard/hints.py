"""Lines that a person can copy to a terminal."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from bridge.setup import MQTT_PORT

HERE = (None, "127.0.0.1", "localhost")
"""Hosts, and below them ports, that both commands take if none is said."""
USUAL = (None, MQTT_PORT)
TOPIC = "fleet/thermostat/kitchen/state"
GOOD = '{"temperature": 21.5}'
BAD = '{"temperature": "hot"}'


def mosquitto_pub(broker_url: str, payload: str = GOOD, topic: str = TOPIC) -> str:
    """A line for mosquitto_pub that reaches this broker."""
    parts = urlsplit(broker_url)
    host = "" if parts.hostname in HERE else f" -h {parts.hostname}"
    port = "" if parts.port in USUAL else f" -p {parts.port}"
    return f"mosquitto_pub{host}{port} -t {topic} -m '{payload}'"


def publish(broker_url: str, payload: str = GOOD, topic: str = TOPIC) -> str:
    """The same with our own command, for who has no mosquitto_pub."""
    parts = urlsplit(broker_url)
    broker = "" if parts.hostname in HERE and parts.port in USUAL else f" --broker {broker_url}"
    return f"{program()} publish{broker} {topic} '{payload}'"


def program() -> str:
    """How this program was called, so that it can be called again from the same folder."""
    called = Path(sys.argv[0])
    if called.name != "fleetglass":
        return f"{Path(sys.executable).name} -m dashboard"
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return "fleetglass"
