"""One connection to an MQTT broker, from the greeting to its end, on the thread that calls it."""

import logging
import selectors
import time
from array import array
from collections import deque
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from sys import byteorder
from typing import Literal, Protocol, TypeAlias

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, error_string
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.clock import receipt_clock
from bridge.errors import NotConnected
from bridge.ports import Taken
from bridge.transports.address import Broker
from bridge.transports.bell import Bell
from bridge.transports.client import why_refused
from bridge.transports.packets import ProtocolError, Published
from bridge.transports.patience import KeepAlive
from bridge.transports.tap import Tap, TappedClient, tapped_client
from bridge.transports.unacknowledged import SILENT_AFTER, Unacknowledged
from schemas.message import RawMessage

log = logging.getLogger(__name__)

SESSION_KEPT = 14 * 86_400
"""Seconds for which a broker is asked to keep a durable session while we are away."""
MOST_OUTSTANDING = 16_000
"""Messages at QoS 1 that are handed over and not yet acknowledged, at the most; then reading stops.

Half of the receipts that a store remembers, so that whatever comes again is recognised. The broker is asked
for the same bound, but Mosquitto 2.0 forgets it with the first acknowledgement of what waited for us.
"""
LEAVE_WITHIN = 1.0
# Unacknowledged commands; more means that the broker has stopped answering.
MOST_PENDING = 10_000
# Decoded topics that are remembered, so that the same one is the same string each time.
TOPICS_KEPT = 20_000
_PINGREQ = b"\xc0\x00"
_DISCONNECT = b"\xe0\x00"
_PUBACK = 0x4002
_TAKEN_OVER = "Session taken over"
_WRONG_VERSION = "Unsupported protocol version"
_NO_MQTT = "something listens there, but it does not answer as an MQTT broker"
_SILENT = "the connection was lost (no answer to the keep-alive)"
_LOST = "the connection was lost"
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Greeting: TypeAlias = Literal["unreached", "unanswered", "wrong version", "refused", "accepted"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a connection is to do. `abandoned` are filters of an earlier run that are not wanted any more."""

    broker: Broker
    client_id: str
    topics: tuple[str, ...]
    abandoned: tuple[str, ...]
    durable: bool
    keepalive: int


class Owner(Protocol):
    """Whom a session tells what happens, on its own thread. Nothing here raises."""

    @property
    def stopping(self) -> bool: ...

    @property
    def flowing(self) -> bool:
        """Whether messages may be handed over; False asks to stop reading."""

    def accepted(self, *, resumed: bool) -> None:
        """The broker let us in; `resumed` if it knows us, so that it sends what waited for us."""

    def up(self, refused: Sequence[str]) -> None:
        """The broker answered the subscription, and refused these topics."""

    def take(self, messages: Sequence[RawMessage]) -> None:
        """Messages, oldest first."""


class Session:
    """One connection. `publish` and `acknowledge` are for any thread, all else is for the one of `run`."""

    def __init__(self, plan: Plan, number: int, owner: Owner, bell: Bell, *, version5: bool) -> None:
        self.number = number
        self.greeting: Greeting = "unreached"
        self.accepted_at: float | None = None
        self.is_up = False
        self.taken_over = False
        self._plan = plan
        self._version5 = version5
        self._owner = owner
        self._bell = bell
        self._client: TappedClient | None = None
        self._ending: str | None = None
        self._alive = KeepAlive(plan.keepalive, 0)
        self._acks: deque[bytes] = deque()
        self._published = Unacknowledged()
        self._reading = True
        self._outstanding = 0
        self._resumed = False
        self._held: list[RawMessage] = []
        self._topics: dict[bytes, str] = {}
        self._watched = 0

    def run(self, answer_within: float) -> str:
        """Connect, stay until it ends, and say why it did. Raises whatever connecting raises."""
        client = self._client = self._new_client()
        with closing(self._connect(client)) as tap, selectors.DefaultSelector() as selector:
            selector.register(self._bell, _READ)
            self.greeting = "unanswered"
            try:
                self._stay(client, tap, selector, time.monotonic() + answer_within)
                if self._ending is None:
                    self._leave(tap)
            except ProtocolError as error:
                self._ending = str(error)
            except ConnectionError:
                self._ending = _LOST
        return self._ending or "stopped"

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, taken: Taken | None) -> None:
        """Hand over a message. Raises `NotConnected`, or `ValueError` for an invalid topic."""
        client, name = self._client, self._plan.broker.name
        if client is None or not self.is_up:
            raise NotConnected(f"{name} is not connected, so nothing was sent")
        silent = self._published.silent_for
        if silent > SILENT_AFTER and self._reading:
            raise NotConnected(
                f"{name} has not acknowledged anything for {silent:.0f} s, so nothing was sent"
            )
        sent = client.publish(topic, payload, qos=qos, retain=retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotConnected(f"{name} did not take the message: {error_string(sent.rc)}")
        self._published.add(sent.mid, taken)

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Tell the broker that these are kept, in this order."""
        self._acks.append(pubacks(packet_ids))
        self._bell.ring()

    # The network thread.

    def _connect(self, client: TappedClient) -> Tap:
        plan = self._plan
        where = (plan.broker.host, plan.broker.port, plan.keepalive)
        if self._version5:
            client.connect(*where, clean_start=not plan.durable, properties=self._properties())
        else:
            client.connect(*where)
        if client.tap is None or client.socket() is not client.tap:
            raise RuntimeError("this version of paho does not make its socket as expected")
        return client.tap

    def _properties(self) -> Properties | None:
        if not self._plan.durable:
            return None
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_KEPT
        properties.ReceiveMaximum = MOST_OUTSTANDING
        return properties

    def _stay(self, client: Client, tap: Tap, selector: selectors.BaseSelector, answer_by: float) -> None:
        self._alive = KeepAlive(self._plan.keepalive, time.monotonic())
        while self._ending is None and not self._owner.stopping:
            self._send_acks(tap)
            self._hand_over()
            reading = (self._owner.flowing and not self._held) or self._waits_for_an_answer()
            if not reading and not self.is_up:
                # Its answer to the subscription lies behind what we do not read, but it goes on from before.
                self._up(())
            if reading and not self._reading:
                self._alive.heard(time.monotonic())
                self._published.listens_again()
            self._reading = reading
            self._write(client, tap, reading=reading)
            self._watch(tap, selector, (_READ if reading else 0) | (_WRITE if tap.unsent else 0))
            due = self._alive.due(reading=reading) if self.accepted_at is not None else answer_by
            nap = 0.0 if reading and tap.more else min(max(due - time.monotonic(), 0.0), 3600.0)
            readable = reading and tap.more
            for key, events in selector.select(nap):
                if key.fileobj is self._bell:
                    self._bell.hush()
                elif events & _READ:
                    readable = True
            if readable:
                self._read(client, tap)
            elif reading:
                self._judge_silence(answer_by)

    def _judge_silence(self, answer_by: float) -> None:
        """End the connection if nothing came for too long, though we were reading."""
        now = time.monotonic()
        if self.accepted_at is None and now >= answer_by:
            self._ending = _NO_MQTT
        elif self.accepted_at is not None and now >= self._alive.give_up_at():
            self._ending = _SILENT

    def _waits_for_an_answer(self) -> bool:
        """Whether the broker has to say first whether it lets us in and to what, which it does at once.

        Where it goes on with our session it may first send thousands of messages.
        """
        return not self.is_up and not self._resumed and len(self._held) < MOST_OUTSTANDING

    def _read(self, client: Client, tap: Tap) -> None:
        size, messages = tap.read()
        if size:
            self._alive.heard(time.monotonic())
        # First what paho has to say, so that it is known who we are to the broker before a message is told.
        while tap.has_others and self._ending is None:
            rc = client.loop_read()
            if rc != MQTTErrorCode.MQTT_ERR_SUCCESS and self._ending is None:
                self._ending = _ENDINGS.get(rc, error_string(rc).rstrip("."))
        if not messages:
            return
        if self.accepted_at is None:
            raise ProtocolError("the answer is not MQTT (a message before we were let in)")
        self._held += self._received(messages)
        self._hand_over()

    def _received(self, messages: Sequence[Published]) -> list[RawMessage]:
        number, topics, new = self.number, self._topics, tuple.__new__
        return [
            new(
                RawMessage,
                (
                    topics.get(topic) or self._decoded(topic),
                    payload,
                    at,
                    retained,
                    qos,
                    dup,
                    packet_id,
                    number,
                ),
            )
            for at, (topic, payload, retained, qos, dup, packet_id) in zip(
                receipt_clock.moments(len(messages)), messages, strict=True
            )
        ]

    def _decoded(self, topic: bytes) -> str:
        try:
            text = topic.decode()
        except UnicodeDecodeError:
            text = topic.decode("utf-8", "replace")
            log.warning("a topic is no UTF-8 and was taken as %r", text)
            return text
        if len(self._topics) >= TOPICS_KEPT:
            self._topics.clear()
        self._topics[topic] = text
        return text

    def _hand_over(self) -> None:
        room = MOST_OUTSTANDING - self._outstanding
        while self._held and room > 0 and self._owner.flowing and not self._owner.stopping:
            messages, self._held = self._held[:room], self._held[room:]
            self._outstanding += sum(1 for message in messages if message.packet_id)
            room = MOST_OUTSTANDING - self._outstanding
            self._owner.take(messages)

    def _write(self, client: Client, tap: Tap, *, reading: bool) -> None:
        if client.want_write():
            client.loop_write()
        now = time.monotonic()
        if self.accepted_at is not None and now >= self._alive.ask_at(reading=reading):
            # What still waits to be sent is as good a question.
            if not tap.unsent:
                tap.send(_PINGREQ)
            self._alive.asked(now)
        if tap.unsent and tap.flush():
            self._alive.sent(now)

    def _send_acks(self, tap: Tap) -> None:
        while self._acks:
            acks = self._acks.popleft()
            tap.send(acks)
            self._outstanding -= len(acks) // 4

    def _watch(self, tap: Tap, selector: selectors.BaseSelector, events: int) -> None:
        if events == self._watched:
            return
        if not events:
            selector.unregister(tap)
        elif not self._watched:
            selector.register(tap, events)
        else:
            selector.modify(tap, events)
        self._watched = events

    def _leave(self, tap: Tap) -> None:
        """Send what is left and say goodbye, and let the broker read it: within `LEAVE_WITHIN`."""
        deadline = time.monotonic() + LEAVE_WITHIN
        self._send_acks(tap)
        tap.send(_DISCONNECT)
        with selectors.DefaultSelector() as selector, suppress(OSError):
            selector.register(tap, _WRITE)
            while tap.unsent and (left := deadline - time.monotonic()) > 0:
                selector.select(left)
                tap.flush()
            # A socket that is closed with unread bytes in it resets the connection, and the broker might then
            # not read what is on its way.
            tap.finish()
            selector.modify(tap, _READ)
            while (left := deadline - time.monotonic()) > 0 and selector.select(left) and tap.discard():
                pass

    # paho's callbacks, on the network thread too.

    def _new_client(self) -> TappedClient:
        # A new client each time, so that no command of an earlier connection is sent late.
        plan = self._plan
        client = tapped_client(plan.broker, plan.client_id, version5=self._version5, clean=not plan.durable)
        client.max_queued_messages_set(MOST_PENDING)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_publish = self._acknowledged
        client.on_disconnect = self._disconnected
        # Without a writer paho would write to the socket from the publishing thread, past the network thread.
        client.on_socket_register_write = lambda *_: self._bell.ring()
        return client

    def _connected(
        self, client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, more: Properties | None
    ) -> None:
        if reason.is_failure:
            self.greeting = "wrong version" if reason.getName() == _WRONG_VERSION else "refused"
            self._ending = why_refused(reason)
            return
        self.greeting = "accepted"
        self.accepted_at = time.monotonic()
        self._alive = KeepAlive(getattr(more, "ServerKeepAlive", self._plan.keepalive), self.accepted_at)
        self._resumed = flags.session_present
        self._owner.accepted(resumed=self._resumed)
        dropped = [topic for topic in self._plan.abandoned if topic not in self._plan.topics]
        if self._resumed and dropped:
            client.unsubscribe(dropped)
        if self._plan.topics:
            client.subscribe([(topic, 1) for topic in self._plan.topics])
        else:
            self._up(())

    def _subscribed(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _more: Properties | None
    ) -> None:
        topics = self._plan.topics
        self._up([topic for topic, reason in zip(topics, reasons, strict=False) if reason.is_failure])

    def _acknowledged(
        self, _client: Client, _data: object, number: int, reason: ReasonCode, _more: Properties | None
    ) -> None:
        why = f"the broker refused it ({reason.getName()})" if reason.is_failure else ""
        self._published.acknowledged(number, why)

    def _up(self, refused: Sequence[str]) -> None:
        self.is_up = True
        self._owner.up(refused)

    def _disconnected(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.taken_over = reason.getName() == _TAKEN_OVER
            self._ending = f"the broker ended the connection ({reason.getName()})"


def pubacks(packet_ids: Sequence[int]) -> bytes:
    """A PUBACK for each of the ids in order, 0 being none."""
    ids = array("H", [packet_id for packet_id in packet_ids if packet_id])
    words = array("H", [_PUBACK]) * (2 * len(ids))
    words[1::2] = ids
    if byteorder == "little":
        words.byteswap()
    return words.tobytes()


_ENDINGS = {
    MQTTErrorCode.MQTT_ERR_CONN_LOST: _LOST,
    MQTTErrorCode.MQTT_ERR_NO_CONN: _LOST,
    MQTTErrorCode.MQTT_ERR_PROTOCOL: "the answer is not MQTT",
}
