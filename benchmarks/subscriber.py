"""One subscriber in a process of its own: the bridge with its store, or a bare paho client.

`python -m benchmarks.subscriber ours|paho PORT COUNT QOS FOLDER durable|clean` prints `ready` once it is
subscribed, and at the end a JSON object: `seconds` from the first message to the last (ours: until the bridge
has ended, with all of them stored and acknowledged), `cpu` seconds of the process. Where COUNT is 0 it only
subscribes and leaves.
"""

import json
import resource
import sys
import time
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bridge.garbage import look_rarely
from bridge.retention import StoreOptions
from bridge.service import Bridge, Plan
from bridge.stores import store_for
from bridge.transports.mqtt import MqttTransport
from schemas.catalog import shipped_kinds

READINGS = 4
"""In each message."""
TOPICS = ("fleet/#",)
PATIENCE = 300.0


def ours(port: int, count: int, folder: Path, *, durable: bool) -> None:
    """The product's way: validated, folded into the state, stored, then acknowledged."""
    store = store_for("sqlite:///fleet.db", StoreOptions(folder))
    store.open()
    transport = MqttTransport(
        f"mqtt://127.0.0.1:{port}", client_id="subscriber-ours", topics=TOPICS, durable=durable
    )
    bridge = Bridge(Plan(shipped_kinds(), [transport], store))
    look_rarely()
    bridge.start()
    _wait(lambda: bridge.status.broker_up)
    _say_ready()
    began = cpu = 0.0
    if count:
        _wait(lambda: bridge.counts.received)
        began, cpu = time.perf_counter(), _cpu()
        _wait(lambda: bridge.counts.received >= count)
    # What is left is committed now, rather than when more has gathered.
    bridge.stop()
    if count:
        _tell(time.perf_counter() - began, _cpu() - cpu)
    assert store.facts().readings == count * READINGS
    store.close()


def paho(port: int, count: int, qos: int, *, durable: bool) -> None:
    """paho as its documentation shows it, with a callback that does nothing but count."""
    client = Client(
        CallbackAPIVersion.VERSION2, "subscriber-paho", clean_session=not durable,
        protocol=MQTTProtocolVersion.MQTTv311,
    )  # fmt: skip
    seen = 0
    began = cpu = 0.0

    def message(*_: object) -> None:
        nonlocal seen, began, cpu
        if not seen:
            began, cpu = time.perf_counter(), _cpu()
        seen += 1
        if seen == count:
            _tell(time.perf_counter() - began, _cpu() - cpu)
            client.disconnect()

    def subscribed(*_: object) -> None:
        _say_ready()
        if not count:
            client.disconnect()

    def connected(*_: object) -> None:
        client.subscribe([(topic, qos) for topic in TOPICS])

    client.on_message = message
    client.on_subscribe = subscribed
    client.on_connect = connected
    client.connect("127.0.0.1", port)
    client.loop_forever()


def _wait(true: object) -> None:
    assert callable(true)
    give_up = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > give_up:
            sys.exit("waited in vain")
        time.sleep(0.002)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _say_ready() -> None:
    print("ready", flush=True)


def _tell(seconds: float, cpu: float) -> None:
    print(json.dumps({"seconds": seconds, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    who, port, count, qos, folder = sys.argv[1:6]
    if who == "ours":
        ours(int(port), int(count), Path(folder), durable=sys.argv[6] == "durable")
    else:
        paho(int(port), int(count), int(qos), durable=sys.argv[6] == "durable")
