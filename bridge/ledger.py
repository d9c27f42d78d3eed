"""Which commands are open, of all devices, and how each one ends. Pure: it is told what happens, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bridge.commands import (
    SHOW_CONFIRMED_FOR,
    SHOW_FAILURE_FOR,
    CommandEnd,
    CommandFailed,
    CommandRecord,
    CommandSent,
    CommandState,
    CommandStatus,
    CommandTaken,
    confirms,
    note_of,
)
from schemas.message import Value
from schemas.refusal import shown

LATE_WITHIN = 60.0
"""Seconds after the time-out within which a device's own state still confirms a command."""
RECENT = 1_000
"""Commands whose newest state is remembered here, because the store may not have it yet."""
UNKNOWN = ", nor the broker's word that it has the command: nobody knows whether it was delivered"
FORGOTTEN = "the device was forgotten before it answered"
UNSEEN = "the broker has it; the device's state does not show whether it was done"
RESTARTED = "Fleetglass was restarted before the device answered"

_RANK: Sequence[CommandEnd] = ("refused", "not_sent", "timed_out", "replaced", "confirmed")
"""A command of several metrics ended as the first of these that one of them did."""


@dataclass(slots=True)
class _Open:
    """A command that has not ended, or that a late answer may still confirm. `asked` is monotonic seconds."""

    sent: CommandSent
    within: float
    asked: float
    parts: dict[str, CommandEnd]
    why: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    unseen: frozenset[str] = frozenset()
    ended: CommandEnd = "pending"

    @property
    def ends_at(self) -> float:
        """The monotonic time at which it times out."""
        return self.asked + self.within


class Ledger:
    """Follows every command from when it is asked to its end. Written by one thread; read `recent` from any.

    Bound: for each metric of a device the newest command only, since a newer one replaces it.
    """

    def __init__(self) -> None:
        self.recent: dict[str, CommandRecord] = {}
        """The newest state of the last `RECENT` commands, by id, in the order in which they were asked."""
        self._newest: dict[str, dict[str, _Open]] = {}
        self._pending: dict[str, _Open] = {}
        self._timed_out: dict[str, _Open] = {}
        self._shown: dict[str, dict[str, CommandState]] = {}
        self._news: dict[str, CommandRecord] = {}

    def __contains__(self, device_id: str) -> bool:
        """Whether a word of that device could confirm something."""
        return device_id in self._newest

    def restore(self, unanswered: Iterable[CommandRecord], at: float) -> None:
        """Commands of an earlier run that had not ended: nobody has looked for their answer, at Unix `at`."""
        for record in closed(unanswered, at):
            self._tell(record)

    def asked(
        self, note: CommandSent, within: float, now: float, unseen: frozenset[str] = frozenset()
    ) -> None:
        """Values are asked of a device, which has `within` seconds. What was asked before is replaced."""
        made = _Open(note, within, now, dict.fromkeys(note.changes, "pending"), unseen=unseen)
        newest = self._newest.setdefault(note.device_id, {})
        for metric, value in note.changes.items():
            before = newest.get(metric)
            newest[metric] = made
            if before is not None and before.parts[metric] == "pending":
                self._end(
                    before, metric, "replaced", f"{note.by} asked for {shown(value)} before it answered"
                )
                self._settle(before, note.time)
            state = CommandState(value, "pending", note.by, made.ends_at, id=note.id)
            self._shown.setdefault(note.device_id, {})[metric] = state
        self._pending[note.id] = made
        self._tell(CommandRecord(note.id, note.device_id, note.time, dict(note.changes), note.by))

    def failed(self, note: CommandFailed, now: float, metrics: Iterable[str]) -> None:
        """What is noted was not sent. It is shown for `metrics`: those of its changes that the kind has."""
        made = self._pending.get(note.id)
        for metric in metrics:
            self._show(note, metric, now)
        if made is None:
            self._tell(
                CommandRecord(
                    note.id, note.device_id, note.time, dict(note.changes), note.by,
                    note.ended, note.time, note.note,
                )
            )  # fmt: skip
            return
        for metric in note.changes:
            if made.parts[metric] == "pending":
                self._end(made, metric, note.ended, note.note)
        self._settle(made, note.time)

    def forget(self, device_id: str, at: float, *, history: bool) -> None:
        """Follow no command of a device any more: what was open ends at Unix time `at`.

        With `history` nothing is known of its commands, nor told.
        """
        self._newest.pop(device_id, None)
        self._shown.pop(device_id, None)
        ended = [one.sent for one in self._pending.values() if one.sent.device_id == device_id]
        for which in (self._pending, self._timed_out):
            for key in [key for key, one in which.items() if one.sent.device_id == device_id]:
                del which[key]
        if history:
            for known in (self.recent, self._news):
                for key in [key for key, record in known.items() if record.device_id == device_id]:
                    del known[key]
            return
        for sent in ended:
            self._tell(
                CommandRecord(
                    sent.id, device_id, sent.time, dict(sent.changes), sent.by,
                    "timed_out", max(at, sent.time), FORGOTTEN,
                )
            )  # fmt: skip

    def taken(self, note: CommandTaken, now: float) -> bool:
        """The broker has a command, or refused it: whether something is shown differently now."""
        made = self._pending.get(note.id) or self._timed_out.get(note.id)
        if made is None:
            return False
        made.taken.update(note.metrics)
        after = now - made.asked
        changed = False
        for metric in note.metrics:
            if made.parts[metric] == "timed_out" and not note.refused:
                why = f"no answer within {made.within:g} s; the broker took it only after {after:.0f} s"
                made.why[metric] = why
                self._reshow(made, metric, "timed_out", why, now)
            elif made.parts[metric] in {"pending", "timed_out"} and note.refused:
                self._end(made, metric, "refused", note.refused)
                self._reshow(made, metric, "refused", note.refused, now)
            elif made.parts[metric] == "pending" and metric in made.unseen:
                self._end(made, metric, "confirmed", UNSEEN)
                self._reshow(made, metric, "confirmed", UNSEEN, now)
            else:
                continue
            changed = True
        if changed:
            self._settle(made, made.sent.time + after)
        return changed

    def heard(
        self, device_id: str, said: Mapping[str, Value], now: float, at: float
    ) -> Mapping[str, CommandState]:
        """A device's own live values, received at Unix time `at`: what is shown if they confirm something.

        Else nothing.
        """
        newest = self._newest[device_id]
        confirmed = False
        for metric in [name for name in newest if name in said]:
            made = newest[metric]
            if not confirms(made.sent.changes[metric], said[metric]):
                continue
            why = f"the device says {shown(said[metric])}"
            if made.parts[metric] == "timed_out":
                why = f"late, after {now - made.asked:.0f} s: {why}"
            self._end(made, metric, "confirmed", why)
            self._reshow(made, metric, "confirmed", why, now)
            self._settle(made, at)
            confirmed = True
        return self.shown(device_id) if confirmed else {}

    def pass_time(self, now: float) -> set[str]:
        """Let commands time out and old news vanish; the devices of which something else is shown now."""
        changed = set()
        for made in [one for one in self._pending.values() if now >= one.ends_at]:
            changed.add(made.sent.device_id)
            for metric in [name for name, ended in made.parts.items() if ended == "pending"]:
                why = f"no answer within {made.within:g} s"
                if metric not in made.taken:
                    why += UNKNOWN
                made.parts[metric], made.why[metric] = "timed_out", why
                self._reshow(made, metric, "timed_out", why, now)
            self._settle(made, made.sent.time + made.within)
        for made in [one for one in self._timed_out.values() if now >= one.ends_at + LATE_WITHIN]:
            self._forget(made)
        for device_id, states in list(self._shown.items()):
            over = [name for name, one in states.items() if one.status != "pending" and now >= one.until]
            if over:
                changed.add(device_id)
                for metric in over:
                    del states[metric]
                if not states:
                    del self._shown[device_id]
        return changed

    def shown(self, device_id: str) -> Mapping[str, CommandState]:
        """What is to be shown of the commands of a device, by metric."""
        return MappingProxyType(dict(self._shown.get(device_id, {})))

    def take(self) -> Sequence[CommandRecord]:
        """The commands that are new or have ended since this was last asked, each as it is now."""
        if not self._news:
            return ()
        news, self._news = self._news, {}
        return list(news.values())

    def _end(self, made: _Open, metric: str, ended: CommandEnd, why: str) -> None:
        """One metric of a command has come to its end, and nothing can come after that."""
        made.parts[metric], made.why[metric] = ended, why
        newest = self._newest.get(made.sent.device_id, {})
        if newest.get(metric) is made:
            del newest[metric]
        if not newest:
            self._newest.pop(made.sent.device_id, None)

    def _settle(self, made: _Open, at: float) -> None:
        """Record the end of a command once none of its metrics is pending; again for a late answer."""
        ends = set(made.parts.values())
        if "pending" in ends:
            return
        sent = made.sent
        ended = next(each for each in _RANK if each in ends)
        self._pending.pop(sent.id, None)
        if "timed_out" in ends:
            self._timed_out[sent.id] = made
        else:
            self._timed_out.pop(sent.id, None)
        before = self.recent.get(sent.id)
        if ended == made.ended and before is not None and before.ended_at is not None:
            at = before.ended_at
        made.ended = ended
        self._tell(
            CommandRecord(
                sent.id, sent.device_id, sent.time, dict(sent.changes), sent.by, ended, max(at, sent.time),
                note_of({name: made.why[name] for name in made.parts}),
            )
        )  # fmt: skip

    def _forget(self, made: _Open) -> None:
        """A late answer would come too late."""
        del self._timed_out[made.sent.id]
        newest = self._newest.get(made.sent.device_id, {})
        for metric in [name for name, one in newest.items() if one is made]:
            del newest[metric]
        if not newest:
            self._newest.pop(made.sent.device_id, None)

    def _tell(self, record: CommandRecord) -> None:
        self._news[record.id] = record
        self.recent[record.id] = record
        while len(self.recent) > RECENT:
            del self.recent[next(iter(self.recent))]

    def _reshow(self, made: _Open, metric: str, status: CommandStatus, why: str, now: float) -> None:
        """Show the end, unless a newer command of the metric is shown."""
        states = self._shown.setdefault(made.sent.device_id, {})
        state = states.get(metric)
        if state is None or state.id == made.sent.id:
            until = now + (SHOW_CONFIRMED_FOR if status == "confirmed" else SHOW_FAILURE_FOR)
            value = made.sent.changes[metric]
            states[metric] = CommandState(value, status, made.sent.by, until, why, made.sent.id)

    def _show(self, note: CommandFailed, metric: str, now: float) -> None:
        """Show what was not sent, unless another command is on its way."""
        state = self._shown.get(note.device_id, {}).get(metric)
        if state is None or state.id == note.id or state.status != "pending":
            until = now + SHOW_FAILURE_FOR
            made = CommandState(note.changes[metric], note.ended, note.by, until, note.note, note.id)
            self._shown.setdefault(note.device_id, {})[metric] = made


def closed(unanswered: Iterable[CommandRecord], at: float) -> Sequence[CommandRecord]:
    """Commands of which nobody follows the answer any more, ended at Unix time `at`."""
    return [record._replace(ended="timed_out", ended_at=at, note=RESTARTED) for record in unanswered]
