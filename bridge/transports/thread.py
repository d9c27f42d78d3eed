"""Messages from any thread of this process: a serial port, a GPIO pin, a driver's callback."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from bridge.clock import receipt_clock
from bridge.errors import NotConnected
from bridge.ports import Connection, Deliver, Taken
from schemas.message import RawMessage
from schemas.refusal import one_line

log = logging.getLogger(__name__)


class ThreadTransport:
    """A transport whose source is your own thread: it calls `submit`, and `on_command` hears commands.

    Deliveries of several threads come one after the other. There is nothing to acknowledge: a message that
    `submit` took is ours, and one that it did not take is still yours.
    """

    def __init__(self) -> None:
        self._deliver: Deliver | None = None
        self._handler: Callable[[str, bytes], None] | None = None
        self._started = False
        self._paused = False
        self._resumed = 0
        # Re-entrant, because a delivery may submit again or stop the transport.
        self._lock = threading.RLock()
        # Never held while a delivery runs, so that `resume` does not wait for one.
        self._gate = threading.Lock()

    def submit(
        self, topic: str, payload: bytes | str | Mapping[str, object], *, retained: bool = False
    ) -> bool:
        """Hand over one message from any thread. A mapping is sent as JSON.

        True if it was taken. False before `start`, after `stop`, and while more waits than should: then try
        again later, or drop it. Raises `TypeError` for a payload that cannot be encoded, and nothing else.
        """
        encoded = _encode(topic, payload)
        with self._lock:
            if self._deliver is None or self._paused:
                return False
            resumed = self._resumed
            try:
                goes_on = self._deliver([RawMessage(topic, encoded, receipt_clock(), retained=retained)])
            except Exception:
                log.exception("a message on %r could not be delivered", topic)
                goes_on = True
            with self._gate:
                # `resume` may have come before `deliver` returned.
                if not goes_on and resumed == self._resumed:
                    self._paused = True
            return True

    def on_command(self, handler: Callable[[str, bytes], None]) -> None:
        """Call `handler(topic, payload)` for each command, in the thread that sent it. Replaces the last."""
        self._handler = handler

    def start(self, deliver: Deliver, on_connection: Callable[[Connection], None]) -> None:
        with self._lock:
            if self._started:
                raise RuntimeError("a transport starts once")
            self._started = True
            self._deliver = deliver
            try:
                on_connection(Connection(True, "threads of this process"))
            except Exception:
                log.exception("the state of the connection could not be told")

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, taken: Taken | None = None
    ) -> None:
        """Call the command handler; without one this raises `NotConnected`.

        What the handler raises is logged, and refuses the message in the same words.
        """
        del qos, retain  # There is no broker between the two to keep anything.
        if self._deliver is None:
            raise NotConnected("the thread transport is not running, so the command was not sent")
        if self._handler is None:
            raise NotConnected("no thread takes commands (see ThreadTransport.on_command)")
        refused = ""
        try:
            self._handler(topic, payload)
        except Exception as error:
            log.exception("the command on %r failed in its handler", topic)
            refused = one_line(f"the thread that takes commands failed: {type(error).__name__}: {error}")
        if taken is not None:
            taken(refused)

    def acknowledge(self, connection: int, packet_ids: Sequence[int]) -> None:
        """Do nothing: there is no source that would send a message again."""

    def resume(self) -> None:
        with self._gate:
            self._resumed += 1
            self._paused = False

    def stop(self) -> None:
        with self._lock:
            self._started = True
            self._deliver = None


def _encode(topic: str, payload: object) -> bytes:
    match payload:
        case bytes() | bytearray():
            return bytes(payload)
        case str():
            # Lone surrogates come from undecodable serial input; as bytes they are refused later, and shown.
            return payload.encode("utf-8", "surrogatepass")
        case Mapping():
            # NaN passes on purpose: quarantined where people see it, it does not end a hardware thread.
            try:
                return json.dumps(dict(payload), separators=(",", ":")).encode()
            except (TypeError, ValueError, RecursionError) as error:
                raise TypeError(f"the payload for {topic!r} is no JSON: {error}") from error
        case _:
            raise TypeError(
                f"the payload for {topic!r} must be bytes, str or a mapping, not {type(payload).__name__}"
            )
