"""A dashboard's side of asking the bridge: at once or not at all."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from redis import Redis
from redis.typing import EncodableT, FieldT

from bridge.bus.address import ANSWERS_WITHIN, Address, connect
from bridge.bus.answers import pack_request, unpack_answer
from bridge.bus.faults import FAULTS, trouble
from bridge.commands import CommandRecord
from bridge.errors import BusAway
from bridge.explorer import check_publishable
from bridge.groups import Groups
from bridge.ports import Heard, History, QuarantineCounts, Sought, StoreFacts
from bridge.quarantine import Quarantined
from bridge.replay import Replayed
from bridge.topic_levels import TopicEntry, TopicLevel
from schemas.message import RawMessage, Value
from schemas.picture import Picture
from schemas.suggest import Suggestion

WITHIN: Mapping[str, float] = {"command": 5.0, "publish": 5.0, "replay": 600.0}
"""Seconds within which a request is to be answered; all else in `OTHERS`."""
OTHERS = 30.0
TO_DEVICES = frozenset({"command", "publish"})
"""What goes to devices: done in order, and never held up by what may take long."""
OPEN = 1_000
"""Requests that are kept at most."""


class Asker:
    """Asks the bridge, from any thread. `away` says why the bridge cannot be reached, or is empty."""

    def __init__(self, address: Address, away: Callable[[], str]) -> None:
        self._address = address
        self._away = away
        self._client: Redis = connect(address)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def ask(self, method: str, *arguments: object, timeout: float | None = None) -> object:
        """The bridge's answer. Raises what it raises, and `BusAway` if it cannot be reached or is silent."""
        within = WITHIN.get(method, OTHERS) if timeout is None else timeout
        self._check()
        answer_to = self._address.key(f"answer:{secrets.token_hex(8)}")
        try:
            seconds, micros = self._client.time()
            deadline = int(seconds * 1000 + micros / 1000 + within * 1000)
            # In Redis's own time, so that what lay in a socket while Redis was frozen is not done afterwards.
            asked: dict[FieldT, EncodableT] = {
                "to": answer_to,
                "deadline": str(deadline),
                "lane": "command" if method in TO_DEVICES else "other",
                "request": pack_request(method, arguments),
            }
            self._client.xadd(self._address.key("asked"), asked, maxlen=OPEN)
            return self._wait(method, answer_to, within)
        except FAULTS as fault:
            raise BusAway(trouble(fault)) from None

    def _wait(self, method: str, answer_to: str, within: float) -> object:
        give_up = time.monotonic() + within
        while (left := give_up - time.monotonic()) > 0:
            slice_of_it = min(max(left, 0.05), ANSWERS_WITHIN / 3)
            found = cast("tuple[bytes, bytes] | None", self._client.blpop([answer_to], timeout=slice_of_it))
            if found is not None:
                return unpack_answer(method, found[1])
            self._check()
        if method in TO_DEVICES:
            raise BusAway(
                f"the bridge did not answer within {within:g} s; look at the device whether it was done"
            )
        raise BusAway(f"the bridge did not answer within {within:g} s")

    def _check(self) -> None:
        if away := self._away():
            raise BusAway(away)

    # The same, by name and with types.

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> str:
        """See `Bridge`."""
        return cast(str, self.ask("command", device_id, changes, by))

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """See `Bridge`."""
        return cast("Sequence[CommandRecord]", self.ask("commanded", device_id, limit))

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """See `Bridge`."""
        return cast("Sequence[Heard]", self.ask("heard", device_id, limit))

    def history(
        self, device_id: str, metric: str, start: float, end: float, points: int
    ) -> tuple[str, History]:
        """See `Bridge`."""
        return cast("tuple[str, History]", self.ask("history", device_id, metric, start, end, points))

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """See `Bridge`; payloads are cut to 65,536 bytes."""
        return cast("Sequence[Quarantined]", self.ask("quarantined", sought))

    def quarantine_groups(self, reason: str | None) -> Groups:
        """See `Bridge`."""
        return cast(Groups, self.ask("quarantine_groups", reason))

    def quarantine_counts(self) -> QuarantineCounts:
        """See `Bridge`."""
        return cast(QuarantineCounts, self.ask("quarantine_counts"))

    def replay(self, *, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
        """See `Bridge`."""
        return cast(Replayed, self.ask("replay", dry_run, None if ids is None else list(ids)))

    def picture(self, device_id: str, metric: str) -> Picture | None:
        """See `Bridge`."""
        return cast("Picture | None", self.ask("picture", device_id, metric))

    def facts(self) -> StoreFacts:
        """See `Bridge`."""
        return cast(StoreFacts, self.ask("facts"))

    def relabel(self, device_id: str, *, name: str | None, place: str | None) -> None:
        """See `Bridge`."""
        self.ask("relabel", device_id, name, place)

    def retire(self, device_id: str, *, retired: bool) -> None:
        """See `Bridge`."""
        self.ask("retire", device_id, retired)

    def forget(self, device_id: str, *, history: bool, retained: bool) -> None:
        """See `Bridge`."""
        self.ask("forget", device_id, history, retained)

    def topics(self, prefix: str, limit: int) -> TopicLevel:
        """See `Bridge`."""
        return cast(TopicLevel, self.ask("topics", prefix, limit))

    def topic(self, name: str) -> TopicEntry | None:
        """See `Bridge`."""
        return cast("TopicEntry | None", self.ask("topic", name))

    def find_topics(self, text: str, limit: int) -> Sequence[TopicEntry]:
        """See `Bridge`."""
        return cast("Sequence[TopicEntry]", self.ask("find_topics", text, limit))

    def publish(self, topic: str, payload: bytes, *, by: str, qos: int, retain: bool) -> None:
        """See `Bridge`."""
        # What no bridge would take need not travel.
        check_publishable(topic, payload, qos)
        self.ask("publish", topic, payload, by, qos, retain)

    def samples(self, device_id: str, limit: int) -> Sequence[RawMessage]:
        """See `Bridge`; messages of more than 65,536 bytes are left out."""
        return cast("Sequence[RawMessage]", self.ask("samples", device_id, limit))

    def suggestion(self, topic: str) -> Suggestion:
        """See `Bridge`."""
        return cast(Suggestion, self.ask("suggestion", topic))
