"""One message to a broker, and done."""

import secrets
import threading
import time

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.errors import UserMistake
from bridge.transports.address import TlsSettings, broker_at
from bridge.transports.client import new_client, why_failed, why_refused

PATIENCE = 10.0
"""Seconds for each of connecting and handing over."""


def publish_once(  # noqa: PLR0913 - what a broker may ask for, all by name
    url: str, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False,
    username: str | None = None, password: str | None = None, tls: TlsSettings | None = None,
) -> None:  # fmt: skip
    """Send, and wait until the broker has it. Raises `UserMistake` if that cannot be."""
    broker = broker_at(url, username, password, tls)
    client = new_client(broker, f"fleetglass-publish-{secrets.token_hex(4)}")
    answered = threading.Event()
    refused: list[str] = []

    def connected(
        _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _more: Properties | None
    ) -> None:
        if reason.is_failure:
            refused.append(why_refused(reason))
        answered.set()

    client.on_connect = connected
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise UserMistake(f"{broker.name}: not sent: {why_failed(error)}") from None
    client.loop_start()
    try:
        if not answered.wait(PATIENCE):
            raise UserMistake(f"{broker.name}: not sent: no answer")
        if refused:
            raise UserMistake(f"{broker.name}: not sent: {refused[0]}")
        sent = client.publish(topic, payload, qos=qos, retain=retain)
        sent.wait_for_publish(PATIENCE)
        if not sent.is_published():
            raise UserMistake(f"{broker.name}: not sent: the broker did not take it")
    except ValueError as error:
        raise UserMistake(f"{topic!r}: not a topic to publish on: {error}") from None
    finally:
        client.disconnect()
        deadline = time.monotonic() + 1.0
        while client.is_connected() and time.monotonic() < deadline:
            time.sleep(0.01)
        client.loop_stop()
