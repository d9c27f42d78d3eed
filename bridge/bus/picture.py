"""What a dashboard knows of the bridge, folded from what comes. Pure: never back to older values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from bridge.bus.codec import Entry, Header
from bridge.labels import Label
from bridge.state import Change, DeviceState
from bridge.status import BridgeStatus, Counts


class Verdict(Enum):
    """What is to be done with an entry of the stream."""

    NEXT = "it follows on what we have"
    OLD = "we have it, or it is a former leader's"
    GAP = "something between is missing: look at the whole picture"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was kept on the bus at one moment."""

    header: Header
    devices: Mapping[str, Entry]
    labels: Mapping[str, Label] = field(default_factory=dict)


class Picture:
    """The states, and how new each is. `devices` is replaced as a whole by a snapshot."""

    def __init__(self) -> None:
        self.run = ""
        self.epoch = 0
        self.number = 0
        self.sequence = 0
        self.devices: dict[str, DeviceState] = {}
        self.labels: Mapping[str, Label] = {}
        self.status = BridgeStatus(broker_detail="the bridge has not been heard yet")
        self.counts = Counts()
        self.merged = 0
        self._at: dict[str, tuple[int, int]] = {}

    def judge(self, header: Header) -> Verdict:
        """Whether an entry follows on what we have."""
        if header.epoch < self.epoch:
            return Verdict.OLD
        if header.epoch == self.epoch:
            if header.number <= self.number:
                return Verdict.OLD
            if header.number == self.number + 1 and header.run == self.run and not header.fresh:
                return Verdict.NEXT
        return Verdict.GAP

    def entry(
        self,
        header: Header,
        entries: Iterable[Entry],
        left: Iterable[str] = (),
        labels: Mapping[str, Label] | None = None,
    ) -> list[Change]:
        """Take in an entry that is next, and first who left; what changed by it."""
        changes = []
        for device_id in left:
            self.devices.pop(device_id, None)
            self._at.pop(device_id, None)
        if labels is not None:
            self.labels = labels
        for change, at in entries:
            if at > self._at.get(change.device.id, (0, 0)):
                self.devices[change.device.id] = change.device
                self._at[change.device.id] = at
                changes.append(change)
        self._note(header)
        return changes

    def snapshot(self, found: Snapshot) -> list[Change] | None:
        """Take in a whole picture; what changed by it. None if it is older than what we have."""
        header = found.header
        if (header.epoch, header.number) < (self.epoch, self.number):
            return None
        same_run = header.run == self.run
        devices, ats, changes = {}, {}, []
        for device_id, (change, at) in found.devices.items():
            before = self.devices.get(device_id)
            renamed = found.labels.get(device_id) != self.labels.get(device_id)
            if before is not None and same_run and self._at.get(device_id, (0, 0))[1] >= at[1]:
                # A picture that was written again bears the sequence of that moment; this one is no newer.
                devices[device_id], ats[device_id] = before, max(at, self._at[device_id])
                changes += [Change(before)] if renamed else []
                continue
            devices[device_id], ats[device_id] = change.device, at
            difference = _difference(before, change.device)
            if difference is not None:
                changes.append(difference)
            elif renamed:
                changes.append(Change(change.device))
        self.devices, self._at, self.labels = devices, ats, found.labels
        self._note(header)
        return changes

    def believe(self) -> None:
        """Forget how new it all is: the leader that we knew has been silent for too long."""
        self.epoch = self.number = 0
        self._at = {}

    def _note(self, header: Header) -> None:
        self.run, self.epoch, self.number = header.run, header.epoch, header.number
        self.sequence, self.merged = header.sequence, header.merged
        self.status, self.counts = header.status, header.counts


def _difference(before: DeviceState | None, after: DeviceState) -> Change | None:
    """What there is to tell of a device; None if nothing. Monotonic times are never quite the same again."""
    if before is None:
        return Change(after, tuple(after.metrics), moved=True)
    if before._replace(heard=None, commands={}) == after._replace(heard=None, commands={}) and (
        not before.commands and not after.commands
    ):
        return None
    touched = (name for name, metric in after.metrics.items() if before.metrics.get(name) != metric)
    names = dict.fromkeys((*touched, *before.commands, *after.commands))
    return Change(after, tuple(names), before.presence.availability != after.presence.availability)
