"""In which order, and below which headings, the overview shows its devices. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bridge.state import UNCLAIMED
from dashboard.census import Standing
from dashboard.language import marked
from dashboard.reader import Reader
from dashboard.views.wanted import Wanted

HEADINGS_FROM = 3
"""Devices a group, on average, from which each group gets a heading."""
ATTENTION, ALL = "attention", "all"
UNCLAIMED_SAYS = marked("No kind claims what these speak; their metrics are inferred.")
AGES = (60.0, 300.0, 3_600.0, 86_400.0)
"""Seconds since a device was heard that are told apart for the order: finer ones, and cards would jump."""


class Section(NamedTuple):
    """Devices below one heading, in order; without a title there is none. `key` names it in all languages."""

    key: str
    title: str
    devices: Sequence[Standing]
    explanation: str = ""


def sections(
    devices: Sequence[Standing], these: Wanted, titles: Mapping[str, str], reader: Reader, now: float
) -> Sequence[Section]:
    """Those of the devices that are wanted, as they are to stand at Unix time `now`.

    `titles` are of the kinds, by their names, as this person calls them.
    """
    unclaimed = reader.say("Unclaimed")
    found = [device for device in devices if these.fits(device, titles.get(device.kind, unclaimed))]
    if these.sort == "heard":
        found.sort(key=lambda device: (_since(device, now), as_read(device.name), device.id))
    else:
        found.sort(key=lambda device: (as_read(device.name), device.id))
    urgent: Sequence[Standing] = ()
    if these.sort == "attention":
        urgent = [device for device in found if device.attention]
        found = [device for device in found if not device.attention]
    groups = _groups(found, these, titles, reader)
    if not urgent or not found:
        return groups if found else _groups(list(urgent), these, titles, reader)
    if groups[0].key == ALL and these.group == "kind":
        # A small fleet has no headings; then this is none of its own either.
        return [groups[0]._replace(devices=[*urgent, *groups[0].devices]), *groups[1:]]
    others = reader.say("All others")
    return [
        Section(ATTENTION, reader.say("Needs attention"), urgent),
        *(group if group.title else group._replace(title=others) for group in groups),
    ]


def _groups(
    devices: Sequence[Standing], these: Wanted, titles: Mapping[str, str], reader: Reader
) -> Sequence[Section]:
    if these.group == "none":
        return [Section(ALL, "", devices)] if devices else []
    by_kind = these.group == "kind"
    found: dict[str, list[Standing]] = {}
    for device in devices:
        found.setdefault(device.kind if by_kind else device.place, []).append(device)

    def title(key: str) -> str:
        if by_kind:
            return titles.get(key, reader.say("Unclaimed"))
        return key or reader.say("Without a place")

    def last(key: str) -> bool:
        return key not in titles if by_kind else not key

    order = sorted(found, key=lambda key: (last(key), as_read(title(key)), key))
    # A heading takes a row of its own: with a card or two below each, most of the screen would be empty.
    if these.group == "kind" and len(devices) < HEADINGS_FROM * len(found):
        known = [device for key in order if key != UNCLAIMED for device in found[key]]
        # Cards of one height beside each other, as far as that goes.
        known.sort(key=lambda device: -device.metrics - device.number)
        order = [key for key in order if key == UNCLAIMED]
        few = [Section(ALL, "", known)] if known else []
    else:
        few = []
    return few + [
        Section(key, title(key), found[key], reader.say(UNCLAIMED_SAYS) if key == UNCLAIMED else "")
        for key in order
    ]


@lru_cache(maxsize=10_000)
def as_read(text: str) -> tuple[str | tuple[int, str], ...]:
    """By what texts are sorted as a person would: numbers in them by size, capitals as small letters."""
    parts = re.split("([0-9]+)", text.casefold())
    # Every other part is a number; of two the one with more digits is larger, and none is too long.
    return tuple(_size(part) if place % 2 else part for place, part in enumerate(parts))


def _size(digits: str) -> tuple[int, str]:
    digits = digits.lstrip("0")
    return len(digits), digits


def _since(device: Standing, now: float) -> int:
    if device.seen_at is None:
        return len(AGES) + 1
    return sum(now - device.seen_at >= age for age in AGES)
