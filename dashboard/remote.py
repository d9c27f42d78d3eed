"""A bridge in another process, as the dashboard sees it: followed and asked over the bus."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.album import Album
from bridge.bus.follower import BusLink, Follower
from bridge.commands import CommandRecord
from bridge.errors import StoreError
from bridge.frames import Frame
from bridge.groups import Groups
from bridge.labels import Label, retired_of
from bridge.ports import Heard, History, Pictured, QuarantineCounts, Sought, StoreFacts
from bridge.quarantine import Quarantined
from bridge.replay import Replayed
from bridge.state import DeviceState
from bridge.status import BridgeStatus, Counts
from bridge.topic_levels import LISTED, TopicEntry, TopicLevel
from dashboard.aside import Aside
from dashboard.boards import Boards
from dashboard.census import Census
from dashboard.house import Dropped
from dashboard.timing import Timing
from dashboard.trends import Trends
from dashboard.vitals import Vitals
from schemas.catalog import Kinds
from schemas.message import RawMessage, Value
from schemas.picture import Picture
from schemas.suggest import Suggestion

if TYPE_CHECKING:
    from dashboard.session import Shared


class RemoteHouse:
    """See `House`. What it is asked while the bus or the bridge is away raises `BusAway` at once.

    Without `boards` people's own pages are those in the folder `pages` of the current one.
    """

    def __init__(self, kinds: Kinds, follower: Follower, boards: Boards | None = None) -> None:
        self.kinds = kinds
        self.boards = boards or Boards(Path("pages"))
        self.broadcast = follower.broadcast
        self.shared: Shared | None = None
        self.aside = Aside()
        self.timing = Timing()
        self.census = Census()
        self.trends = Trends()
        self.vitals = Vitals()
        self.dropped = Dropped()
        self.quarantine_changes = 0
        self.kind_folder: str | None = None
        self.voice = None
        self._follower = follower
        self._asker = follower.asker
        self._run = ""
        self._album = Album()
        follower.listen(self._note)

    def start(self) -> None:
        """Begin to follow; returns at once. Call once."""
        self._follower.start()

    def stop(self) -> None:
        """End. Call once."""
        self._follower.stop()

    @property
    def bus(self) -> BusLink:
        """How the bridge is reached."""
        return self._follower.link

    @property
    def sessions(self) -> int:
        """Browsers that are connected to this dashboard."""
        return len(self.shared.open) if self.shared else 0

    @property
    def behind(self) -> int:
        """Those of them that have not taken yet what they were to be told."""
        return self.shared.behind if self.shared else 0

    @property
    def devices(self) -> Mapping[str, DeviceState]:
        """The present state by device id, as far as it has been heard."""
        return self._follower.devices

    @property
    def status(self) -> BridgeStatus:
        """What the bridge last said. While it is not heard, nobody knows of a connection to the broker."""
        status, away = self._follower.status, self._follower.link.away
        return replace(status, broker_up=False, broker_detail=away) if away else status

    @property
    def counts(self) -> Counts:
        """The bridge's totals."""
        return self._follower.counts

    @property
    def merged(self) -> int:
        """See `House`."""
        return self._follower.merged

    def label(self, device: DeviceState) -> Label:
        """See `House`; names and places are of the bridge's config."""
        return self._follower.label(device)

    @property
    def retired(self) -> frozenset[str]:
        """See `House`."""
        return retired_of(self._follower.labels)

    def relabel(self, device_id: str, *, name: str | None, place: str | None) -> None:
        """See `House`; the config file is the bridge's."""
        self._asker.relabel(device_id, name=name, place=place)

    def retire(self, device_id: str, *, retired: bool) -> None:
        """See `House`."""
        self._asker.retire(device_id, retired=retired)

    def forget(self, device_id: str, *, history: bool, retained: bool) -> None:
        """See `House`."""
        self._asker.forget(device_id, history=history, retained=retained)

    def quarantined(self, sought: Sought) -> Sequence[Quarantined]:
        """See `House`; payloads are cut to 65,536 bytes."""
        return self._asker.quarantined(sought)

    def quarantine_groups(self, reason: str | None = None) -> Groups:
        """See `House`; the kinds are those of the bridge."""
        return self._asker.quarantine_groups(reason)

    def quarantine_counts(self) -> QuarantineCounts:
        """See `House`."""
        return self._asker.quarantine_counts()

    def replay(self, *, dry_run: bool, ids: Sequence[int] | None = None) -> Replayed:
        """See `House`; the kinds are those of the bridge."""
        return self._asker.replay(dry_run=dry_run, ids=ids)

    def history(
        self, device_id: str, metric: str, start: float, end: float, points: int
    ) -> tuple[str, History]:
        """See `House`."""
        return self._asker.history(device_id, metric, start, end, points)

    def picture(self, device_id: str, metric: str) -> Picture | None:
        """See `House`. One that is shown already is not asked for again."""
        device = self.devices.get(device_id)
        state = device.metrics.get(metric) if device is not None else None
        kept = self._album.get(device_id, metric)
        if kept is not None and state is not None and kept.words == state.value:
            return kept
        found = self._asker.picture(device_id, metric)
        if found is not None:
            self._album.put([Pictured(device_id, metric, time.time(), found)])
        return found

    def facts(self) -> StoreFacts:
        """See `House`."""
        return self._asker.facts()

    def restore(self, file: Path) -> None:
        """Refused: the file is one of the computer on which the bridge runs."""
        raise StoreError(f"{file}: a backup is put back where the bridge runs, while it is stopped")

    def command(self, device_id: str, changes: Mapping[str, Value], *, by: str) -> str:
        """See `House`. What the bridge could not be asked is recorded nowhere."""
        return self._asker.command(device_id, changes, by=by)

    def commanded(self, device_id: str | None, *, limit: int = 100) -> Sequence[CommandRecord]:
        """See `House`."""
        return self._asker.commanded(device_id, limit=limit)

    def topics(self, prefix: str = "", *, limit: int = LISTED) -> TopicLevel:
        """See `House`."""
        return self._asker.topics(prefix, limit)

    def topic(self, name: str) -> TopicEntry | None:
        """See `House`."""
        return self._asker.topic(name)

    def find_topics(self, text: str, limit: int = 100) -> Sequence[TopicEntry]:
        """See `House`."""
        return self._asker.find_topics(text, limit)

    def publish(self, topic: str, payload: bytes, *, by: str, qos: int = 1, retain: bool = False) -> None:
        """See `House`."""
        self._asker.publish(topic, payload, by=by, qos=qos, retain=retain)

    def clear_retained(self, topic: str, *, by: str) -> None:
        """See `House`."""
        self._asker.publish(topic, b"", by=by, qos=1, retain=True)

    def samples(self, device_id: str, limit: int = 50) -> Sequence[RawMessage]:
        """See `House`; messages of more than 65,536 bytes are left out."""
        return self._asker.samples(device_id, limit)

    def suggestion(self, topic: str) -> Suggestion:
        """See `House`; the kinds are those of the bridge."""
        return self._asker.suggestion(topic)

    def heard(self, device_id: str, *, limit: int = 100) -> Sequence[Heard]:
        """See `House`."""
        return self._asker.heard(device_id, limit=limit)

    def _note(self, frame: Frame) -> None:
        # Before the hub hears of it: who then looks, looks at the new one.
        if frame.quarantined:
            self.quarantine_changes += 1
        if frame.status is not None:
            self.dropped = self.dropped.noted(frame.status.broker_dropped, time.time())
        if self._follower.run != self._run:
            # Another bridge may know fewer devices, of which no frame tells.
            self._run = self._follower.run
            self.aside.announce({"devices"})
