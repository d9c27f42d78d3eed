"""MQTT: one connection at a time, on one thread, which comes back by itself."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Literal

from bridge.errors import NotConnected, SettingsError
from bridge.ports import Connection, Deliver, Taken
from bridge.transports.address import TlsSettings, broker_at
from bridge.transports.bell import Bell
from bridge.transports.client import why_failed
from bridge.transports.patience import Ended, Retries
from bridge.transports.session import Plan, Session
from schemas.message import RawMessage

__all__ = ["MqttTransport", "TlsSettings"]

log = logging.getLogger(__name__)

ANSWER_WITHIN = 10.0
# A broker of MQTT 3.1.1 may take MQTT 5 for an unfinished greeting and wait for the rest, as amqtt does.
ANSWER_TO_TRIAL_WITHIN = 3.0
STOP_WITHIN = 2.0
# MQTT counts seconds of keep-alive and bytes of a topic in two bytes.
SIXTEEN_BITS = 65_535


class MqttTransport:
    """A client of the broker at `url`, `mqtt://[user:password@]host[:port]` or `mqtts://…`.

    Subscribes to `topics` at QoS 1; it is up once the broker has answered that. A message at QoS 1 is
    acknowledged by `acknowledge` and not before.

    `durable`: the broker keeps the session while we are away, for 14 days where MQTT 5 lets us say so, and
    sends what came meanwhile and what was not acknowledged. `abandoned` are topic filters of an earlier run
    that such a session is to forget. `protocol` "auto" is MQTT 5, or 3.1.1 with a broker that is older.

    Raises `SettingsError` for what can be seen to be wrong before connecting. No text it makes holds the
    password.
    """

    def __init__(  # noqa: PLR0913 - what a broker may ask for, all by name
        self,
        url: str,
        *,
        client_id: str,
        topics: Sequence[str] = ("#",),
        abandoned: Sequence[str] = (),
        username: str | None = None,
        password: str | None = None,
        tls: TlsSettings | None = None,
        keepalive: int = 30,
        durable: bool = False,
        protocol: Literal["auto", "3.1.1", "5"] = "auto",
    ) -> None:
        if not 1 <= keepalive <= SIXTEEN_BITS:
            raise SettingsError(f"broker keepalive: expected 1 to {SIXTEEN_BITS} seconds, got {keepalive}")
        if durable and not client_id:
            raise SettingsError(
                "broker client_id: expected one, because the broker keeps our session under it"
            )
        self._broker = broker_at(url, username, password, tls)
        self._plan = Plan(
            self._broker,
            client_id,
            tuple(_filter(topic) for topic in topics),
            tuple(_filter(topic) for topic in abandoned),
            durable,
            keepalive,
        )
        self._protocol = protocol
        # None until it is known what the broker speaks.
        self._version5 = None if protocol == "auto" else protocol == "5"
        self._deliver: Deliver | None = None
        self._on_connection: Callable[[Connection], None] | None = None
        self._thread: threading.Thread | None = None
        self._bell: Bell | None = None
        self._stopping = threading.Event()
        self._flowing = threading.Event()
        self._session: Session | None = None
        self._connections = 0
        self._last: Connection | None = None

    def start(self, deliver: Deliver, on_connection: Callable[[Connection], None]) -> None:
        if self._thread is not None or self._stopping.is_set():
            raise RuntimeError("a transport starts once")
        self._deliver = deliver
        self._on_connection = on_connection
        self._flowing.set()
        self._bell = Bell()
        self._thread = threading.Thread(target=self._run, args=(self._bell,), name="mqtt", daemon=True)
        self._thread.start()

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, taken: Taken | None = None
    ) -> None:
        """Hand a message to the network thread. Raises `NotConnected`, or `ValueError` for an invalid topic.

        What the broker has not acknowledged when the connection is lost is dropped, never sent later, and
        `taken` is not called; a broker that acknowledges nothing for 10 s counts as not connected.
        """
        session = self._session
        if session is None or self._stopping.is_set():
            raise NotConnected(f"{self._broker.name} is not connected, so nothing was sent")
        session.publish(topic, payload, qos=qos, retain=retain, taken=taken)

    def acknowledge(self, connection: int, packet_ids: Sequence[int]) -> None:
        session = self._session
        if session is not None and session.number == connection and packet_ids:
            session.acknowledge(packet_ids)

    def resume(self) -> None:
        if not self._flowing.is_set():
            self._flowing.set()
            self._ring()

    def stop(self) -> None:
        """End in order: what was acknowledged before this call is still sent, if the broker takes it soon."""
        self._stopping.set()
        self._ring()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            # Connecting to a host that does not answer cannot be interrupted; the thread then ends unheard.
            thread.join(STOP_WITHIN)

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()

    # The network thread.

    def _run(self, bell: Bell) -> None:
        retries = Retries()
        with closing(bell):
            while not self._stopping.is_set():
                ended, reason = self._visit(bell)
                delay = retries.after(ended)
                if delay is None:
                    reason = f"another client uses the id {self._plan.client_id!r}; not connecting again"
                    log.error("%s: start again when the other one has been ended", self._broker.name)
                elif retries.rival_likely:
                    reason += f"; is another client using the id {self._plan.client_id!r}?"
                self._report(Connection(False, f"{self._broker.name}: {reason}"))
                self._stopping.wait(delay)

    def _visit(self, bell: Bell) -> tuple[Ended, str]:
        """One connection, in the version of MQTT that the broker speaks; how it ended, and why in words."""
        version5 = self._version5 is not False
        on_trial = version5 and self._version5 is None
        session, reason = self._connection(
            bell, ANSWER_TO_TRIAL_WITHIN if on_trial else ANSWER_WITHIN, version5=version5
        )
        if on_trial and session.greeting in ("unanswered", "wrong version") and not self._stopping.is_set():
            log.info("%s does not answer to MQTT 5 (%s), so it is asked in 3.1.1", self._broker.name, reason)
            version5 = False
            session, reason = self._connection(bell, ANSWER_WITHIN, version5=version5)
        if self._protocol == "auto":
            if session.greeting == "accepted":
                self._version5 = version5
            elif session.greeting == "wrong version":
                self._version5 = None
        lasted = None if session.accepted_at is None else time.monotonic() - session.accepted_at
        return Ended(lasted, session.is_up, session.taken_over), reason

    def _connection(self, bell: Bell, answer_within: float, *, version5: bool) -> tuple[Session, str]:
        session = Session(self._plan, self._connections + 1, self, bell, version5=version5)
        self._session = session
        try:
            return session, session.run(answer_within)
        except Exception as error:
            log.debug("the connection to %s failed", self._broker.name, exc_info=True)
            return session, why_failed(error)
        finally:
            self._session = None

    # What the session tells, on the network thread.

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def flowing(self) -> bool:
        return self._flowing.is_set()

    def accepted(self, *, resumed: bool) -> None:
        again = self._connections > 0
        self._connections += 1
        if resumed:
            return
        if again and self._plan.durable:
            log.warning(
                "%s no longer knows the session of %r: what was sent to it meanwhile is lost",
                self._broker.name,
                self._plan.client_id,
            )
        self._report(Connection(False, f"{self._broker.name}: connected, subscribing", fresh=True))

    def up(self, refused: Sequence[str]) -> None:
        detail = self._broker.name
        if refused:
            detail += f" (not authorised to subscribe to {', '.join(refused)})"
            log.warning("%s", detail)
        self._report(Connection(True, detail))

    def take(self, messages: Sequence[RawMessage]) -> None:
        if self._deliver is None:
            return
        # Cleared before and not after, since `resume` may come before `deliver` has returned.
        self._flowing.clear()
        try:
            goes_on = self._deliver(messages)
        except Exception:
            log.exception(
                "%s messages, the first on %r, could not be delivered", len(messages), messages[0].topic
            )
            goes_on = True
        if goes_on:
            self._flowing.set()

    def _report(self, connection: Connection) -> None:
        """Tell of a change; the same failure again is no news."""
        known = connection == self._last and not connection.fresh
        if known or self._on_connection is None or self._stopping.is_set():
            return
        self._last = connection
        if connection.up or connection.fresh:
            log.info("%s", connection.detail if connection.fresh else f"connected: {connection.detail}")
        else:
            log.warning("not connected: %s", connection.detail)
        try:
            self._on_connection(connection)
        except Exception:
            log.exception("the state of the connection could not be told")


def _filter(topic: str) -> str:
    levels = topic.split("/")
    wild = any(("#" in level or "+" in level) and len(level) > 1 for level in levels) or "#" in levels[:-1]
    if wild or not topic or "\0" in topic or len(topic.encode("utf-8", "replace")) > SIXTEEN_BITS:
        raise SettingsError(f"broker topics: expected MQTT topic filters, got {topic!r}")
    return topic


SCHEMES = {"mqtt": MqttTransport, "mqtts": MqttTransport}
