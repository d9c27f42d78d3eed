"""Lines that a person can copy to a terminal."""

from urllib.parse import urlsplit

MQTT_PORT = 1883
TOPIC = "fleet/thermostat/kitchen/state"
GOOD = '{"temperature": 21.5}'
BAD = '{"temperature": "hot"}'


def mosquitto_pub(broker_url: str, payload: str = GOOD, topic: str = TOPIC) -> str:
    """A line for mosquitto_pub that reaches this broker."""
    parts = urlsplit(broker_url)
    host = "" if parts.hostname in (None, "127.0.0.1", "localhost") else f" -h {parts.hostname}"
    port = "" if parts.port in (None, MQTT_PORT) else f" -p {parts.port}"
    return f"mosquitto_pub{host}{port} -t {topic} -m '{payload}'"


def publish(broker_url: str, payload: str = GOOD, topic: str = TOPIC, program: str = "fleetglass") -> str:
    """The same with our own command, for who has no mosquitto_pub."""
    parts = urlsplit(broker_url)
    default = parts.hostname in (None, "127.0.0.1", "localhost") and parts.port in (None, MQTT_PORT)
    broker = "" if default else f" --broker {broker_url}"
    return f"{program} publish{broker} {topic} '{payload}'"
