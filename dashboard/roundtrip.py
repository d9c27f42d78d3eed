"""Sampled round trips to browsers: how long it takes until one has taken a frame in. Pure, told the time.

Flet's client answers every call of a method, in the order in which messages come, and at once with an error
if there is no such method. So a call that follows a frame is answered when the browser has taken the frame
in; it paints it within the next of its own frames. The answer is for us alone: Flet never sees it.
"""

from collections import deque
from collections.abc import Callable

from flet.messaging.protocol import InvokeMethodRequestBody, Message, MessageAction

from dashboard.flet_messages import pack_message

METHOD = "fleetglass_round_trip"
"""No control has such a method, and the page, which is always there, says so at once."""
PAGE = 1
"""The id of Flet's page control."""
PREFIX = "fleetglass-"
"""Begins the ids of our calls. Flet's own are ten letters and digits."""
EVERY = 10.0
"""Seconds between two turns."""
AT_ONCE = 5
"""Browsers that are asked in one turn."""


class Trip:
    """One browser's. At most one question is under way; one that is never answered is the last."""

    __slots__ = ("_answered", "_asked_at", "_call", "due")

    def __init__(self, answered: Callable[[float], None]) -> None:
        self.due = False
        self._answered = answered
        self._asked_at: float | None = None
        self._call = 0

    @property
    def under_way(self) -> bool:
        """Whether a question waits for its answer."""
        return self._asked_at is not None

    def question(self, now: float) -> bytes | None:
        """What to send right after a live frame that has just left, if it is this browser's turn."""
        if not self.due:
            return None
        self.due = False
        self._asked_at = now
        self._call += 1
        body = InvokeMethodRequestBody(PAGE, f"{PREFIX}{self._call}", METHOD, {})
        return pack_message(Message(MessageAction.INVOKE_METHOD, body))

    def answer(self, call: str, now: float) -> bool:
        """Whether the answer to a call is for us, and not for Flet; then the time is noted, once."""
        if not call.startswith(PREFIX):
            return False
        if self._asked_at is not None and call == f"{PREFIX}{self._call}":
            self._answered(max(0.0, now - self._asked_at))
            self._asked_at = None
        return True


class Trips:
    """Whose turn it is, in one process: a few browsers at a time, one after the other."""

    def __init__(self, answered: Callable[[float], None], every: float = EVERY) -> None:
        self._answered = answered
        self._every = every
        self._waiting: deque[Trip] = deque()
        self._chosen: list[Trip] = []
        self._next = float("-inf")

    def join(self) -> Trip:
        """A browser has come."""
        trip = Trip(self._answered)
        self._waiting.append(trip)
        return trip

    def leave(self, trip: Trip) -> None:
        """It has gone."""
        trip.due = False
        for trips in (self._waiting, self._chosen):
            if trip in trips:
                trips.remove(trip)

    def turn(self, now: float) -> None:
        """Called often. When the time has come, the next browsers are to be asked, in place of those before.

        A browser that no live frame left for loses its turn.
        """
        if now < self._next:
            return
        self._next = now + self._every
        for trip in self._chosen:
            trip.due = False
        self._waiting.extend(self._chosen)
        self._chosen = []
        for _ in range(len(self._waiting)):
            trip = self._waiting.popleft()
            if trip.under_way:
                self._waiting.append(trip)
                continue
            trip.due = True
            self._chosen.append(trip)
            if len(self._chosen) == AT_ONCE:
                break
