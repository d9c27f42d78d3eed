"""What a listener of the stream wants to hear of, checked: a slip is told, and not met by silence."""

from collections.abc import Iterator, Sequence

from fastapi import HTTPException

from bridge.broadcast import Filter
from bridge.state import UNCLAIMED
from dashboard.api_devices import candidates
from dashboard.house import House
from schemas.kind import Kind
from schemas.refusal import shown

TOPIC = "topic"
"""In the place of the kind in the id of an unclaimed device."""


def wants_of(house: House, devices: Sequence[str], kinds: Sequence[str], metrics: Sequence[str]) -> Filter:
    """The filter. Raises 422 for what cannot be, now or later."""
    for name in kinds:
        if name != UNCLAIMED and house.kinds.get(name) is None:
            raise HTTPException(422, f"kind: there is no {shown(name)}; {_known(house)}")
    for name in devices:
        _check_id(house, name, kinds)
    wants = Filter(
        frozenset(one for name in devices for one in candidates(house, name)),
        frozenset(kinds),
        frozenset(metrics),
    )
    concerned = _concerned(house, wants)
    for name in metrics:
        if all(
            kind is not None and kind.unknown == "refuse" and name not in kind.metrics for kind in concerned
        ):
            there = dict.fromkeys(metric for kind in concerned if kind is not None for metric in kind.metrics)
            raise HTTPException(422, f"metric: there is no {shown(name)}; known are {', '.join(there)}")
    return wants


def unheard_of(house: House, wants: Filter) -> Iterator[str]:
    """A line for each device and metric of which nothing is known so far, though it may come."""
    for device_id in sorted(one for one in wants.devices if one not in house.devices):
        yield f"nothing has been heard of a device with the id {shown(device_id)} so far"
    declared = {name for kind in _concerned(house, wants) if kind is not None for name in kind.metrics}
    for name in sorted(wants.metrics - declared):
        if any(name in device.metrics for device in list(house.devices.values()) if wants.has(device)):
            continue
        yield f"no such device has had a metric {shown(name)} so far"


def _check_id(house: House, device_id: str, kinds: Sequence[str]) -> None:
    kind, _, rest = device_id.partition(".")
    if not kind or not rest:
        raise HTTPException(422, f"device: expected an id such as thermostat.kitchen, got {shown(device_id)}")
    # A device of a kind that is not loaded any more may be there from an earlier run.
    if kind != TOPIC and house.kinds.get(kind) is None and device_id not in house.devices:
        raise HTTPException(422, f"device: {shown(device_id)} is of no kind that there is; {_known(house)}")
    if kinds and (UNCLAIMED if kind == TOPIC else kind) not in kinds:
        line = f"device: {shown(device_id)} is of none of the kinds that are asked for with it"
        raise HTTPException(422, line)


def _concerned(house: House, wants: Filter) -> Sequence[Kind | None]:
    """The kinds of which there may be news; None stands for devices without one."""
    named = {device_id.partition(".")[0] for device_id in wants.devices} or wants.kinds
    if not named:
        return [*house.kinds, None]
    return [house.kinds.get(name) for name in named]


def _known(house: House) -> str:
    return f"known are {', '.join(sorted(kind.name for kind in house.kinds))}, {UNCLAIMED}"
