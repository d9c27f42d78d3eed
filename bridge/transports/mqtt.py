"""MQTT over paho: one connection at a time, on one thread, which comes back by itself."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.errors import NotConnected, SettingsError
from bridge.ports import Connection
from bridge.transports.address import TlsSettings, broker_at
from bridge.transports.client import new_client, why_failed, why_refused
from schemas.message import RawMessage

__all__ = ["MqttTransport", "TlsSettings"]

log = logging.getLogger(__name__)

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
# A connection that lasted this long was a good one: the next failure starts again with the first delay.
STEADY_AFTER = 5.0
ANSWER_WITHIN = 10.0
# Unacknowledged commands; more means that the broker has stopped answering.
MOST_PENDING = 10_000
STOP_WITHIN = 1.5
# MQTT counts seconds of keep-alive and bytes of a topic in two bytes.
SIXTEEN_BITS = 65_535


class MqttTransport:
    """An MQTT 3.1.1 client of the broker at `url`, `mqtt://[user:password@]host[:port]` or `mqtts://…`.

    Subscribes to `topics` at QoS 1 in a clean session; it is up once the broker has answered that. Raises
    `SettingsError` for what can be seen to be wrong before connecting. No text it makes holds the password.
    """

    def __init__(  # noqa: PLR0913 - what a broker may ask for, all by name
        self,
        url: str,
        *,
        client_id: str,
        topics: Sequence[str] = ("#",),
        username: str | None = None,
        password: str | None = None,
        tls: TlsSettings | None = None,
        keepalive: int = 30,
    ) -> None:
        self._broker = broker_at(url, username, password, tls)
        self._client_id = client_id
        self._topics = tuple(_filter(topic) for topic in topics)
        if not 1 <= keepalive <= SIXTEEN_BITS:
            raise SettingsError(f"broker keepalive: expected 1 to {SIXTEEN_BITS} seconds, got {keepalive}")
        self._keepalive = keepalive
        self._deliver: Callable[[RawMessage], None] | None = None
        self._on_connection: Callable[[Connection], None] | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._client: Client | None = None
        self._last: Connection | None = None
        self._up_since: float | None = None
        self._refusal: str | None = None

    def start(
        self, deliver: Callable[[RawMessage], None], on_connection: Callable[[Connection], None]
    ) -> None:
        if self._thread is not None or self._stopping.is_set():
            raise RuntimeError("a transport starts once")
        self._deliver = deliver
        self._on_connection = on_connection
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand a message to the network thread. Raises `NotConnected`, or `ValueError` for an invalid topic.

        What the broker has not acknowledged when the connection is lost is dropped, never sent later.
        """
        client = self._client
        if client is None or self._up_since is None or self._stopping.is_set():
            raise NotConnected(f"{self._broker.name} is not connected, so nothing was sent")
        rc = client.publish(topic, payload, qos=qos, retain=retain).rc
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnected(f"{self._broker.name} did not take the message: {error_string(rc)}")

    def stop(self) -> None:
        self._stopping.set()
        client, thread = self._client, self._thread
        if client is not None:
            client.disconnect()
        if thread is not None and thread is not threading.current_thread():
            # Connecting to a host that does not answer cannot be interrupted; the thread then ends unheard.
            thread.join(STOP_WITHIN)

    # The network thread.

    def _run(self) -> None:
        delay = FIRST_DELAY
        short = 0
        while not self._stopping.is_set():
            self._refusal = None
            try:
                reason = self._connection()
            except Exception as error:
                log.debug("the connection to %s failed", self._broker.name, exc_info=True)
                reason = why_failed(error)
            steady = self._up_since is not None and time.monotonic() - self._up_since >= STEADY_AFTER
            short = short + 1 if self._up_since is not None and not steady else 0
            self._client = self._up_since = None
            if short > 1:
                reason += f"; is another client using the id {self._client_id!r}?"
            self._report(Connection(False, f"{self._broker.name}: {reason}"))
            delay = FIRST_DELAY if steady else delay
            # With jitter, so that many clients of one broker do not all come back in the same instant.
            self._stopping.wait(random.uniform(delay / 2, delay))
            delay = min(delay * 2, LONGEST_DELAY)

    def _connection(self) -> str:
        """One connection from beginning to end; why it ended."""
        # A new client each time, so that no command of an earlier connection is sent late.
        client = self._client = self._new_client()
        client.connect(self._broker.host, self._broker.port, self._keepalive)
        answer_by = time.monotonic() + ANSWER_WITHIN
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        while rc == MQTTErrorCode.MQTT_ERR_SUCCESS and not self._stopping.is_set():
            rc = client.loop(1.0)
            if self._up_since is None and time.monotonic() > answer_by:
                return "something listens there, but it does not answer as an MQTT broker"
        if self._stopping.is_set():
            client.disconnect()
            for _ in range(10):
                if client.loop(0.05) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    break
            return "stopped"
        return self._refusal or _LOST.get(rc, error_string(rc).rstrip("."))

    def _new_client(self) -> Client:
        client = new_client(self._broker, self._client_id)
        client.max_queued_messages_set(MOST_PENDING)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._message
        # Without a writer paho would write to the socket from the publishing thread, past the network thread.
        client.on_socket_register_write = _wait_for_loop
        return client

    def _connected(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = why_refused(reason)
        elif self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])
        else:
            self._up(())

    def _subscribed(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._up([topic for topic, reason in zip(self._topics, reasons, strict=False) if reason.is_failure])

    def _up(self, refused: Sequence[str]) -> None:
        self._up_since = time.monotonic()
        detail = self._broker.name
        if refused:
            detail += f" (not authorised to subscribe to {', '.join(refused)})"
            log.warning("%s", detail)
        self._report(Connection(True, detail))

    def _message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self._deliver is None or self._stopping.is_set():
            return
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            topic = error.object.decode("utf-8", "replace")
            log.warning("a topic is no UTF-8 and was taken as %r", topic)
        try:
            self._deliver(RawMessage(topic, bytes(message.payload), time.time(), message.retain, message.qos))
        except Exception:
            log.exception("a message on %r could not be delivered", topic)

    def _report(self, connection: Connection) -> None:
        """Tell of a change; the same failure again is no news."""
        if connection == self._last or self._on_connection is None or self._stopping.is_set():
            return
        self._last = connection
        if connection.up:
            log.info("connected: %s", connection.detail)
        else:
            log.warning("not connected: %s", connection.detail)
        try:
            self._on_connection(connection)
        except Exception:
            log.exception("the state of the connection could not be told")


def _wait_for_loop(_client: Client, _userdata: object, _socket: object) -> None:
    """Do nothing: paho has already woken the network thread, which does the writing."""


_LOST = {
    MQTTErrorCode.MQTT_ERR_CONN_LOST: "the connection was lost",
    MQTTErrorCode.MQTT_ERR_NO_CONN: "the connection was lost (no answer to the keep-alive)",
    MQTTErrorCode.MQTT_ERR_KEEPALIVE: "the connection was lost (no answer to the keep-alive)",
    MQTTErrorCode.MQTT_ERR_PROTOCOL: "the answer is not MQTT 3.1.1",
}


def _filter(topic: str) -> str:
    levels = topic.split("/")
    wild = any(("#" in level or "+" in level) and len(level) > 1 for level in levels) or "#" in levels[:-1]
    if wild or not topic or "\0" in topic or len(topic.encode("utf-8", "replace")) > SIXTEEN_BITS:
        raise SettingsError(f"broker topics: expected MQTT topic filters, got {topic!r}")
    return topic


SCHEMES = {"mqtt": MqttTransport, "mqtts": MqttTransport}
