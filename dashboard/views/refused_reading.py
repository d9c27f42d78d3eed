"""What is read of the quarantine beside the loop: counts, groups, and messages in stretches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from bridge.groups import Group
from bridge.ports import QuarantineCounts
from dashboard.aside import Found, tag
from dashboard.house import House
from dashboard.refusals import Verdict, verdict
from dashboard.views.refused import Refused, refused
from dashboard.views.refused_wanted import MOST, Wanted
from schemas.catalog import Kinds

COUNTS = "quarantine/counts"


@dataclass(frozen=True, slots=True)
class Judged:
    """A group, and what the present kinds say of its newest message."""

    group: Group
    verdict: Verdict

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the others."""
        return self.group.topic, self.group.reason, self.group.field

    @property
    def passes(self) -> bool:
        """Whether the newest would pass now."""
        return self.group.now == ""


@dataclass(frozen=True, slots=True)
class Lot:
    """Groups that would pass first, then the largest; how many more there are, and if all is counted."""

    groups: Sequence[Judged]
    more: int
    whole: bool

    @property
    def some(self) -> bool:
        """Whether there is any."""
        return bool(self.groups)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some messages, newest first, and whether there are older ones that are wanted."""

    entries: Sequence[Refused]
    more: bool

    @property
    def some(self) -> bool:
        """Whether there is any."""
        return bool(self.entries)


def counts(house: House) -> Found[QuarantineCounts] | None:
    """How much there is."""
    return house.aside.look(COUNTS, house.quarantine_changes, house.quarantine_counts)


def groups(house: House, reason: str) -> Found[Lot] | None:
    """The groups, or those of a reason."""
    return house.aside.look(
        groups_name(reason), house.quarantine_changes, partial(_read_groups, house, reason)
    )


def groups_name(reason: str) -> str:
    """Their name beside the loop."""
    return f"quarantine/groups/{reason}"


def one_group(house: House, these: Wanted) -> Judged | None:
    """The group that these are, as far as that is known."""
    if these.group is None:
        return None
    found = groups(house, these.reason)
    lot = found.value if found is not None else None
    return next((each for each in lot.groups if each.key == these.group), None) if lot is not None else None


def stretch(house: House, these: Wanted, n: int = 0) -> Found[Stretch] | None:
    """The stretch of messages after `n` others; None while it, or the one before it, is not read."""
    here = these
    if n:
        found = stretch(house, these, n - 1)
        above = found.value if found is not None else None
        if above is None:
            return None
        if not above.more:
            return Found(Stretch((), more=False))
        here = replace(these, before=above.entries[-1].id)
    version = (house.quarantine_changes, here.before)
    return house.aside.look(f"{these.name}#{n}", version, partial(_read, house, here))


def tags(these: Wanted, n: int) -> frozenset[str]:
    """What is announced when there is news of a stretch, or of one before it."""
    return frozenset(tag(f"{these.name}#{each}") for each in range(n + 1))


def _read(house: House, these: Wanted) -> Stretch:
    found = house.quarantined(these.sought)
    return Stretch(tuple(refused(entry, house.kinds) for entry in found[:MOST]), len(found) > MOST)


def _read_groups(house: House, reason: str) -> Lot:
    found = house.quarantine_groups(reason or None)
    judged = [Judged(group, _judge(group, house.kinds)) for group in found.groups]
    # Sorting keeps the order of what is alike.
    return Lot(tuple(sorted(judged, key=lambda each: not each.passes)), found.more, found.whole)


def _judge(group: Group, kinds: Kinds) -> Verdict:
    return verdict(group.newest, kinds)
