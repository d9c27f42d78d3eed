"""One device's own MQTT connection. It never waits: the fleet's thread drives it."""

import logging
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.simulate.device import SimulatedDevice
from bridge.simulate.faults import BURST, Fault, FaultClock, spoil
from bridge.transports.address import Broker
from bridge.transports.client import new_client, why_refused

log = logging.getLogger(__name__)

KEEPALIVE = 30
CONNECT_WITHIN = 3.0
ANSWER_WITHIN = 10.0
LONGEST_NAP = 1.0
MOST_PENDING = 200
"""Unacknowledged messages of one device, at QoS 1; more are not sent."""
_LOST = "the connection was lost"

Phase: TypeAlias = Literal["waiting", "connecting", "up", "away", "left"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How the devices of a fleet publish: messages a second, QoS, and whether the broker keeps the state."""

    rate: float
    qos: int
    retain: bool


class Link:
    """The connection of one device.

    `on_change` is called with None when it is up, and with the reason when it has ended and waits to be
    connected again.
    """

    def __init__(  # noqa: PLR0913 - what a connection is made of, all from the fleet
        self,
        device: SimulatedDevice,
        broker: Broker,
        client_id: str,
        manner: Manner,
        selector: selectors.BaseSelector,
        *,
        rng: Random,
        faults: FaultClock | None,
        on_change: "Callable[[Link, str | None], None]",
    ) -> None:
        self.device = device
        self.phase: Phase = "waiting"
        self.published = 0
        self._broker = broker
        self._client_id = client_id
        self._manner = manner
        self._selector = selector
        self._rng = rng
        self._faults = faults
        self._on_change = on_change
        self._client: Client | None = None
        self._socket: socket.socket | None = None
        self._next = self._deadline = 0.0
        self._ending = _LOST

    def connect(self) -> None:
        """Open the socket and say hello. Raises `OSError` where nothing answers."""
        client = self._client = self._new_client()
        client.connect(self._broker.host, self._broker.port, KEEPALIVE)
        sock = client.socket()
        if not isinstance(sock, socket.socket):
            raise ConnectionError("the socket was closed at once")
        self._socket = sock
        self._selector.register(sock, selectors.EVENT_READ, self)
        self._watch(write=client.want_write())
        self.phase, self._ending = "connecting", _LOST
        self._deadline = time.monotonic() + ANSWER_WITHIN

    def ready(self, mask: int) -> None:
        """Read and write what the socket is ready for."""
        client, sock = self._client, self._socket
        if client is None or sock is None:
            return
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        if mask & selectors.EVENT_READ:
            rc = client.loop_read()
            # What TLS has already decrypted does not make the socket readable again.
            while rc == MQTTErrorCode.MQTT_ERR_SUCCESS and isinstance(sock, ssl.SSLSocket) and _pending(sock):
                rc = client.loop_read()
        if rc == MQTTErrorCode.MQTT_ERR_SUCCESS and mask & selectors.EVENT_WRITE:
            rc = client.loop_write()
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.lost(self._ending)
        elif client is self._client:
            self._watch(write=client.want_write())

    def tick(self, now: float) -> float:
        """Do what is due; when to be called again."""
        match self.phase:
            case "away" if now >= self._deadline:
                self.lost(None)
            case "connecting" if now >= self._deadline:
                self.lost("something listens there, but it does not answer as an MQTT broker")
            case "up":
                return self._tick_up(now)
        return now + LONGEST_NAP

    def drop(self, seconds: float) -> None:
        """Break off without a word, so that the broker sends the last will, and stay away for a while."""
        self.close()
        self.phase = "away"
        self._deadline = time.monotonic() + seconds

    def leave(self) -> None:
        """Say offline and disconnect, which takes until the socket is closed."""
        client, availability = self._client, self.device.availability
        if self.phase != "up" or client is None:
            self.close()
            self.phase = "left"
            return
        self.phase = "left"
        if availability is not None:
            client.publish(availability, b"offline", qos=0, retain=True)
        client.disconnect()
        self._watch(write=True)

    def lost(self, reason: str | None) -> None:
        """The connection has ended; wait to be connected again."""
        self.close()
        if self.phase != "left":
            self.phase = "waiting"
            self._on_change(self, reason or "away")

    def close(self) -> None:
        """Close the socket as it is."""
        client, sock = self._client, self._socket
        self._client = self._socket = None
        if sock is not None:
            self._forget(sock)
            sock.close()
        if client is not None:
            client.on_connect = client.on_subscribe = client.on_message = client.on_socket_close = None

    @property
    def open(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    def _tick_up(self, now: float) -> float:
        client = self._client
        if client is None:
            return now + LONGEST_NAP
        if client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.lost(f"{_LOST} (no answer to the keep-alive)")
            return now + LONGEST_NAP
        fault = self._faults.next(now) if self._faults is not None else None
        if fault is Fault.DROP_OUT and self._faults is not None:
            self.drop(self._faults.away())
            return now + LONGEST_NAP
        if fault is Fault.BURST:
            for _ in range(BURST):
                self._tell(None)
        elif fault is not None:
            self._tell(fault)
        # Where the broker does not take what was written last, no more is piled up.
        if now >= self._next and not client.want_write():
            self._tell(None)
            pause = self._rng.uniform(0.9, 1.1) / self._manner.rate
            self._next = max(self._next + pause, now)
        self._watch(write=client.want_write())
        return min(self._next, now + LONGEST_NAP) if self._next > now else now + 0.01

    def _tell(self, fault: Fault | None) -> None:
        payload = self.device.step(time.time())
        if fault is not None:
            payload = spoil(self.device.kind, payload or b"{}", fault, self._rng)
        if payload is not None:
            self._publish(payload)
        client = self._client
        if client is None:
            return
        for topic, picture in self.device.pictures():
            client.publish(topic, picture, qos=self._manner.qos, retain=self._manner.retain)

    def _publish(self, payload: bytes) -> None:
        if self._client is None:
            return
        retain = self._manner.retain and not self.device.momentary
        self._client.publish(self.device.topic, payload, qos=self._manner.qos, retain=retain)
        self.published += 1

    def _new_client(self) -> Client:
        client = new_client(self._broker, self._client_id)
        client.connect_timeout = CONNECT_WITHIN
        if self.device.availability is not None:
            client.will_set(self.device.availability, b"offline", qos=1, retain=True)
        client.max_queued_messages_set(MOST_PENDING)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._commanded
        client.on_socket_close = self._closed
        # Without a writer paho would write at once, and could block the thread.
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
            self._ending = why_refused(reason)
            return
        if self.device.commands:
            client.subscribe([(topic, 1) for topic in self.device.commands])
        else:
            self._up(client)

    def _subscribed(
        self,
        client: Client,
        _userdata: object,
        _mid: int,
        _reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._up(client)

    def _up(self, client: Client) -> None:
        self.phase = "up"
        if self.device.availability is not None:
            client.publish(self.device.availability, b"online", qos=0, retain=True)
        self._tell(None)
        self._next = time.monotonic() + self._rng.random() / self._manner.rate
        self._on_change(self, None)

    def _commanded(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        # amqtt also hands out what was never asked for.
        if self.phase != "up" or message.topic not in self.device.commands:
            return
        try:
            answer = self.device.command(bytes(message.payload), time.time())
        except Exception:
            log.exception("%s could not take a command", self.device.device_id)
            return
        if answer is not None:
            self._publish(answer)

    def _closed(self, _client: Client, _userdata: object, sock: object) -> None:
        if isinstance(sock, socket.socket):
            self._forget(sock)
        if sock is self._socket:
            self._socket = None

    def _watch(self, *, write: bool) -> None:
        if self._socket is None:
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        if self._selector.get_key(self._socket).events != events:
            self._selector.modify(self._socket, events, self)

    def _forget(self, sock: socket.socket) -> None:
        try:
            self._selector.unregister(sock)
        except (KeyError, ValueError):
            log.debug("the socket was not watched")


def _pending(sock: ssl.SSLSocket) -> bool:
    try:
        return sock.pending() > 0
    except (OSError, ValueError):
        return False


def _wait_for_loop(_client: Client, _userdata: object, _socket: object) -> None:
    """Do nothing: the fleet's thread asks what is to be written."""
