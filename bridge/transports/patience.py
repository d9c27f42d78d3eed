"""How long an MQTT connection is waited for: its keep-alive, and the pauses between tries. Told the time."""

import random
from dataclasses import dataclass

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
# Two clients with one id throw each other out for ever. Without a word that looks like a bad line.
LONGEST_DELAY_OF_RIVALS = 300.0
# A connection that lasted this long was a good one: the next failure starts again with the first delay.
STEADY_AFTER = 5.0
TAKEN_OVER_WITHIN = 60.0
TAKEN_OVER_AT_MOST = 3


class KeepAlive:
    """Asks a broker for a sign of life after half of `seconds`, and gives it up after one and a half.

    All times are seconds of one clock that does not jump. 0 seconds switch it off.
    """

    def __init__(self, seconds: float, now: float) -> None:
        self._seconds = seconds
        self._sent = self._heard = now
        self._asked: float | None = None

    def sent(self, now: float) -> None:
        """Something was sent."""
        self._sent = now

    def heard(self, now: float) -> None:
        """Something was received, or the waiting starts anew because nothing was read until now."""
        self._heard = now
        self._asked = None

    def asked(self, now: float) -> None:
        """The question for a sign of life was sent."""
        self._sent = now
        if self._asked is None:
            self._asked = now

    def ask_at(self, *, reading: bool) -> float:
        """When to ask next. Who does not read asks only so that the broker sees him alive."""
        if not self._seconds:
            return float("inf")
        half = self._seconds / 2
        if reading and self._asked is None:
            return min(self._sent, self._heard) + half
        return self._sent + half

    def give_up_at(self) -> float:
        """When the broker is to be taken for dead, if nothing has come by then although we were reading.

        Never sooner than a while after the question: if we slept ourselves, it could not answer.
        """
        if not self._seconds or self._asked is None:
            return float("inf")
        return max(self._heard + 1.5 * self._seconds, self._asked + self._seconds / 2)

    def due(self, *, reading: bool) -> float:
        """When there is something to do next."""
        ask_at = self.ask_at(reading=reading)
        return min(ask_at, self.give_up_at()) if reading else ask_at


@dataclass(frozen=True, slots=True)
class Ended:
    """How a connection ended. `lasted` is seconds from its being accepted, None if it never was.

    `up` says whether the broker had answered the subscription, `taken_over` that it told of another client
    with our id. Not every broker does that, even in MQTT 5: Mosquitto 2.0.11 closes without a word.
    """

    lasted: float | None = None
    up: bool = False
    taken_over: bool = False


class Retries:
    """The pauses between tries: doubling up to a bound, starting again after a good connection."""

    def __init__(self) -> None:
        self._delay = FIRST_DELAY
        self._short = 0
        self._taken_over = 0

    def after(self, ended: Ended) -> float | None:
        """Seconds until the next try; None if there is to be none."""
        lasted = ended.lasted
        if ended.taken_over and lasted is not None and lasted < TAKEN_OVER_WITHIN:
            self._taken_over += 1
            if self._taken_over >= TAKEN_OVER_AT_MOST:
                return None
        steady = lasted is not None and lasted >= STEADY_AFTER
        self._short = self._short + 1 if ended.up and not steady else 0
        if steady:
            self._delay = FIRST_DELAY
        longest = LONGEST_DELAY_OF_RIVALS if self.rival_likely else LONGEST_DELAY
        delay = min(self._delay, longest)
        self._delay = min(self._delay * 2, longest)
        # With jitter, so that many clients of one broker do not all come back in the same instant.
        return random.uniform(delay / 2, delay)

    @property
    def rival_likely(self) -> bool:
        """Whether another client with our id may be why connections end so soon."""
        return self._short > 1
