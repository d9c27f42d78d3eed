"""Lines that a person can copy to a terminal."""

import os
import shlex
import shutil
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


def bridge(bus: str) -> str:
    """A line that starts a bridge on this bus; `bus` is its URL without a password."""
    return f"{program()} bridge --bus {bus}"


def program() -> str:
    """How to call this program from the same folder: as it was called, or as what is beside its Python."""
    called = Path(sys.argv[0])
    if called.name != "fleetglass":
        called = Path(sys.executable).with_name("fleetglass")
    if not called.exists():
        return f"{shlex.quote(sys.executable)} -m dashboard"
    found = shutil.which("fleetglass")
    if found is not None and Path(found).samefile(called):
        return "fleetglass"
    whole = Path(os.path.abspath(called))  # noqa: PTH100  (a link stays what it is called by)
    here = Path.cwd()
    # Without a slash a shell looks for it elsewhere.
    near = f"./{whole.name}" if whole.parent == here else os.path.relpath(whole, here)
    return shlex.quote(near if whole.is_relative_to(here) else str(whole))
