"""What people call a device, where it is, and whether it is retired. Pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.state import DeviceState

LONGEST = 100
"""Characters of a name or a place."""
_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of characters, and what ends a line or a paragraph."""


@dataclass(frozen=True, slots=True)
class Label:
    """A device's name and place, None where there is none, and whether it is retired.

    As the config gives it, `override` says that it goes before what the device announces. As it is `shown`,
    `own_name` and `own_place` are what the device announces, whatever goes first.
    """

    name: str | None = None
    place: str | None = None
    retired: bool = False
    override: bool = False
    own_name: str | None = None
    own_place: str | None = None


NOTHING = Label()


def shown(given: Label, device: DeviceState) -> Label:
    """What to show of a device: what it announces, else what the config gives; with `override` this first."""
    if given is NOTHING and device.name is None and device.place is None:
        # Most devices, with each of their messages.
        return NOTHING
    if given.override:
        name, place = given.name or device.name, given.place or device.place
    else:
        name, place = device.name or given.name, device.place or given.place
    return Label(name, place, given.retired, given.override, device.name, device.place)


def retired_of(labels: Mapping[str, Label]) -> frozenset[str]:
    """The ids of the devices that are retired."""
    return frozenset([device_id for device_id, label in labels.items() if label.retired])


def relabelled(given: Label, device: DeviceState | None, name: str | None, place: str | None) -> Label:
    """What the config must give so that these are shown; None leaves it to the device or its id.

    What the device announces itself is not given again, so that it may change. Raises ValueError for what is
    no name or place.
    """
    own_name, own_place = (None, None) if device is None else (device.name, device.place)
    name, before_name = _given(name, own_name, "name")
    place, before_place = _given(place, own_place, "place")
    override = before_name or before_place or (given.override and bool(name or place))
    return replace(given, name=name, place=place, override=override)


def line_of_words(text: str) -> str:
    """A name or a place, trimmed: one line, in any script. Raises ValueError for anything else."""
    text = text.strip()
    if len(text) > LONGEST:
        raise ValueError(f"expected at most {LONGEST} characters")
    if any(unicodedata.category(letter) in _NOT_IN_A_LINE for letter in text):
        raise ValueError("expected one line without control characters")
    return text


def _given(text: str | None, own: str | None, what: str) -> tuple[str | None, bool]:
    """What the config gives of it, and whether that has to go before the device's own."""
    try:
        text = line_of_words(text or "") or None
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    if text == own:
        return None, False
    return text, text is not None and own is not None
