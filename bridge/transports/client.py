"""What every MQTT client of ours has in common: how it is made, and why it was refused, in words."""

import socket
import ssl

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from bridge.transports.address import Broker

_NOT_AUTHORISED = "not authorised (the broker refused this user name and password)"
_REFUSED = {
    "Bad user name or password": _NOT_AUTHORISED,
    "Not authorized": _NOT_AUTHORISED,
    "Client identifier not valid": "the broker refused the client id",
    "Unsupported protocol version": "the broker does not speak this version of MQTT",
    "Server unavailable": "the broker is there but not ready",
}


def new_client(broker: Broker, client_id: str) -> Client:
    """A paho client for MQTT 3.1.1 in a clean session, with the broker's credentials; not yet connected."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id,
        clean_session=True,
        protocol=MQTTv311,
        reconnect_on_failure=False,
    )
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if broker.tls is not None:
        client.tls_set_context(broker.tls)
        # The context checks the host name; without this paho would check again in its own way.
        client.tls_insecure_set(not broker.tls.check_hostname)
    return client


def why_refused(reason: ReasonCode) -> str:
    """Why the broker did not accept the connection."""
    return _REFUSED.get(reason.getName(), f"refused: {reason.getName()}")


def why_failed(error: Exception) -> str:
    """Why connecting failed, in words."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the broker's certificate is not trusted ({error.verify_message})"
        case ssl.SSLError():
            return f"no TLS with the broker ({error.reason})"
        case ConnectionRefusedError():
            return "nothing listens there"
        case socket.gaierror():
            return f"the host name is not known ({error.strerror})"
        case TimeoutError():
            return "no answer"
        case OSError(strerror=str(text)):
            return text
        case _:
            return f"not understood ({type(error).__name__})"
