"""All devices as order and filters need them: looked at anew only where something is new."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.labels import Label
from bridge.presence import Availability
from bridge.state import UNCLAIMED, DeviceState
from dashboard.present import INFERRED, default_name, tone_of
from schemas.kind import Kind
from schemas.traits import Location, Numeric

if TYPE_CHECKING:
    from dashboard.house import House

REMEMBERED = 64
"""Answers about the devices that are kept until one of them is another; of more, the oldest are forgotten."""


class Standing(NamedTuple):
    """One device, without its values.

    `alert`: one of its values is beyond its limits or means trouble, and is true now. `words` is what can be
    sought, lower case. `metrics` is how many it has, those that it has not said yet too; `number`: the first
    one is a number. `seen_at` is Unix seconds, None before its first live message.
    """

    id: str
    kind: str
    name: str
    place: str
    words: str
    availability: Availability
    alert: bool
    metrics: int
    number: bool
    seen_at: float | None

    @property
    def attention(self) -> bool:
        """Whether somebody should look at it. Where nothing is known, there is nothing to look at."""
        return self.alert or self.availability in ("offline", "stale")


class Census:
    """The standing of every device but those that have been retired, on the web loop.

    `version` grows when one of them has another standing, but for when it was heard.
    """

    def __init__(self) -> None:
        self.version = 0
        self.standings: Sequence[Standing] = ()
        self.renamed = False
        """Some have other names or places, or were retired: whoever looks next looks for these too."""
        self._known: dict[str, tuple[DeviceState, Label, Standing | None]] = {}
        self._answers: dict[object, tuple[int, Any]] = {}

    def look(self, house: "House", *, labels: bool = True) -> Sequence[Standing]:
        """All of them now, in no order that means something.

        Without `labels`, which is quicker, new names and places are not looked for where nothing else is new,
        unless it is known that there are some.
        """
        labels, self.renamed = labels or self.renamed, False
        known, before = self._known, len(self._known)
        changed = heard = False
        devices = list(house.devices.values())
        for device in devices:
            last = known.get(device.id)
            if last is not None and last[0] is device and not labels:
                continue
            label = house.label(device)
            if last is not None and last[0] is device and last[1] == label:
                continue
            if label.retired:
                found = None
            elif last is not None and last[2] is not None and _alike(last[0], device) and last[1] == label:
                # Only its values are new.
                kind = house.kinds.get(device.kind)
                found = last[2]._replace(alert=_alert(device, kind), seen_at=device.seen_at)
            else:
                found = standing(device, house, label)
            heard = True
            changed = changed or last is None or _lasting(last[2]) != _lasting(found)
            known[device.id] = (device, label, found)
        if len(known) > len(devices):
            there = {device.id for device in devices}
            for gone in [device_id for device_id in known if device_id not in there]:
                del known[gone]
        if changed or len(known) < before:
            self.version += 1
        if heard or changed or len(known) != before:
            self.standings = [found for _device, _label, found in known.values() if found is not None]
        return self.standings

    def answer(self, question: object, ask: Callable[[], Any]) -> Any:  # noqa: ANN401  (whatever is asked)
        """What `ask` says, asked once as long as no device has another standing."""
        found = self._answers.get(question)
        if found is None or found[0] != self.version:
            self._answers.pop(question, None)
            found = self._answers[question] = (self.version, ask())
            for old in list(self._answers)[: max(0, len(self._answers) - REMEMBERED)]:
                del self._answers[old]
        return found[1]


def standing(device: DeviceState, house: "House", label: Label) -> Standing:
    """Of one device."""
    kind = house.kinds.get(device.kind)
    declared = kind.metrics if kind else {}
    name, place = label.name or default_name(device.id), label.place or ""
    first = next((metric.trait for metric in declared.values()), None)
    if first is None:
        first = next((INFERRED[type(metric.value)] for metric in device.metrics.values()), None)
    return Standing(
        device.id,
        device.kind,
        name,
        place,
        "\n".join((name, place, device.id, kind.title if kind else "unclaimed")).casefold(),
        device.presence.availability,
        _alert(device, kind),
        len(declared) + sum(name not in declared for name in device.metrics) - _positions(kind),
        isinstance(first, Numeric),
        device.seen_at,
    )


def _positions(kind: Kind | None) -> int:
    """How many have two halves, which are shown as one."""
    traits = [metric.trait for metric in kind.metrics.values()] if kind else []
    axes = [trait.axis for trait in traits if isinstance(trait, Location)]
    return min(axes.count("latitude"), axes.count("longitude"))


def _alike(one: DeviceState, other: DeviceState) -> bool:
    """Whether they differ at most in values and times, as far as a standing tells of them."""
    return (
        one.kind == other.kind
        and one.presence == other.presence
        and one.metrics.keys() == other.metrics.keys()
        # What no kind declares is a number or none by its value.
        and one.kind != UNCLAIMED
    )


def _alert(device: DeviceState, kind: Kind | None) -> bool:
    if kind is None or device.presence.availability != "online":
        # What an absent device said last may no longer be so; that it is absent says enough.
        return False
    metrics = kind.metrics
    return any(
        tone_of(state.value, metrics[name].trait) in ("warn", "bad")
        for name, state in device.metrics.items()
        if name in metrics
    )


def _lasting(found: Standing | None) -> Standing | None:
    return None if found is None else found._replace(seen_at=None)


def count(standings: Iterable[Standing]) -> dict[str, int]:
    """How many there are of each availability, and with an `alert`."""
    counts = {"online": 0, "offline": 0, "stale": 0, "unknown": 0, "alert": 0}
    for found in standings:
        counts[found.availability] += 1
        counts["alert"] += found.alert
    return counts
