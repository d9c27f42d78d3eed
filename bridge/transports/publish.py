"""One message to a broker, and done."""

import ssl

from paho.mqtt import MQTTException
from paho.mqtt.publish import single

from bridge.errors import UserMistake
from bridge.transports.address import TlsSettings, broker_at


def publish_once(
    url: str, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False,
    username: str | None = None, password: str | None = None, tls: TlsSettings | None = None,
) -> None:  # fmt: skip
    """Send and wait until the broker has it. Raises `UserMistake` if it cannot be reached or refuses."""
    broker = broker_at(url, username, password, tls)
    try:
        single(
            topic, payload, qos=qos, retain=retain, hostname=broker.host, port=broker.port,
            auth={"username": broker.username, "password": broker.password} if broker.username else None,
            tls=broker.tls,
        )  # fmt: skip
    except (OSError, MQTTException, ssl.SSLError) as error:
        raise UserMistake(f"{broker.host}:{broker.port}: not sent: {error}") from None
    except ValueError as error:
        raise UserMistake(f"{topic}: not a topic to publish on: {error}") from None
