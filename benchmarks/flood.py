"""A publisher that costs nearly nothing: packets encoded beforehand, written to a bare socket.

`python -m benchmarks.flood PORT COUNT QOS DEVICES` publishes COUNT messages of four values each, and
ends when the broker has acknowledged the last one.
"""

import socket
import sys
import threading

ACKNOWLEDGEMENT = 4
"""Bytes of a PUBACK."""
AT_ONCE = 500
"""Packets in one write."""


def payload(number: int) -> bytes:
    """A message of four values, different from its neighbours."""
    return b'{"temperature": %d.%d, "humidity": %d, "heating": %s, "target": 20.5}' % (
        18 + number % 9, number % 10, 40 + number % 30, b"true" if number % 3 else b"false",
    )  # fmt: skip


def packet(number: int, qos: int, devices: int) -> bytes:
    """One PUBLISH of MQTT 3.1.1."""
    topic = b"fleet/thermostat/d%d/state" % (number % devices)
    identifier = (number % 65_535 + 1).to_bytes(2, "big") if qos else b""
    body = len(topic).to_bytes(2, "big") + topic + identifier + payload(number)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size % 128 | 128, size // 128])
    return bytes([0x30 | qos << 1]) + length + body


def publish(port: int, count: int, qos: int, devices: int) -> None:
    """Publish all of it as fast as the broker takes it."""
    packets = [packet(number, qos, devices) for number in range(count)]
    writes = [b"".join(packets[at : at + AT_ONCE]) for at in range(0, count, AT_ONCE)]
    with socket.create_connection(("127.0.0.1", port)) as broker:
        name = b"flood"
        connect = b"\0\4MQTT\4\2\0\0" + len(name).to_bytes(2, "big") + name
        broker.sendall(bytes([0x10, len(connect)]) + connect)
        broker.recv(4)
        expected = count * ACKNOWLEDGEMENT if qos else 0
        reader = threading.Thread(target=_read, args=(broker, expected), name="acknowledgements")
        reader.start()
        for write in writes:
            broker.sendall(write)
        reader.join()
        broker.sendall(b"\xe0\0")


def _read(broker: socket.socket, expected: int) -> None:
    while expected > 0:
        got = len(broker.recv(65_536))
        if not got:
            raise ConnectionError("the broker ended the connection")
        expected -= got


if __name__ == "__main__":
    publish(*(int(argument) for argument in sys.argv[1:5]))
