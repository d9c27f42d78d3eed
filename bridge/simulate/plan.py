"""Which devices a simulated fleet has, what they are called and where they stand."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import count as count_from

from schemas.catalog import Kinds
from schemas.device import Kind

_GROUND, _UPPER, _CELLAR, _OUTSIDE, _WORKS = "Ground floor", "Upper floor", "Cellar", "Outside", "Workshop"

PLACES = {
    "living_room": _GROUND,
    "kitchen": _GROUND,
    "hall": _GROUND,
    "dining_room": _GROUND,
    "bedroom": _UPPER,
    "bathroom": _UPPER,
    "office": _UPPER,
    "nursery": _UPPER,
    "attic": "Attic",
    "cellar": _CELLAR,
    "utility_room": _CELLAR,
    "boiler_room": _CELLAR,
    "garage": _OUTSIDE,
    "garden": _OUTSIDE,
    "rooftop": _OUTSIDE,
    "front_door": _GROUND,
    "terrace_door": _GROUND,
    "bedroom_window": _UPPER,
    "kitchen_window": _GROUND,
    "garage_door": _OUTSIDE,
    "stairs": _GROUND,
    "driveway": _OUTSIDE,
    "doorbell": _GROUND,
    "bedside": _UPPER,
    "desk": _UPPER,
    "floor_lamp": _GROUND,
    "reading_lamp": _UPPER,
    "washing_machine": _CELLAR,
    "dishwasher": _GROUND,
    "television": _GROUND,
    "heat_pump": _CELLAR,
    "main": _CELLAR,
    "rainwater": _OUTSIDE,
    "heating_oil": _CELLAR,
    "line_1": _WORKS,
    "line_2": _WORKS,
    "press": _WORKS,
    "lathe": _WORKS,
    "packing": _WORKS,
    "van_1": "Depot",
    "van_2": "Depot",
    "forklift": "Depot",
}
"""The names devices get, and the place of each."""

_ROOMS = ("living_room", "bedroom", "kitchen", "bathroom", "office", "hall", "dining_room", "attic")
_NAMES: dict[str, tuple[str, ...]] = {
    "thermostat": ("living_room", "bedroom", "bathroom", "office", "nursery"),
    "plug": ("washing_machine", "dishwasher", "television", "desk"),
    "lamp": ("hall", "floor_lamp", "kitchen", "reading_lamp", "bedside"),
    "contact": ("front_door", "terrace_door", "bedroom_window", "kitchen_window", "garage_door"),
    "motion": ("stairs", "driveway", "garage", "hall", "cellar"),
    "air_quality": ("office", "bedroom", "nursery", "kitchen"),
    "energy_meter": ("main", "rooftop", "heat_pump"),
    "tank": ("rainwater", "heating_oil"),
    "machine": ("line_1", "line_2", "press", "lathe", "packing"),
    "tracker": ("van_1", "van_2", "forklift"),
    "camera": ("driveway", "garden", "front_door"),
    "button": ("doorbell", "bedside", "desk"),
}
_ELSEWHERE = (_GROUND, _UPPER, _CELLAR, _OUTSIDE)


def plan(kinds: Kinds, count: int, only: Sequence[str] = ()) -> list[tuple[Kind, str]]:
    """`count` devices over the kinds in turn, as kind and device id; always the same ones.

    `only` names the kinds to take. Raises `ValueError` for a name that is no kind.
    """
    unknown = [name for name in only if kinds.get(name) is None]
    if unknown:
        raise ValueError(f"there is no kind {unknown[0]}, only {', '.join(kind.name for kind in kinds)}")
    chosen = [kind for kind in kinds if not only or kind.name in only]
    if not chosen:
        return []
    names = {kind.name: _names(kind.name) for kind in chosen}
    return [(kind, _device_id(kind, next(names[kind.name]))) for kind in _in_turn(chosen, count)]


def place_of(kind: Kind, device_id: str) -> str:
    """A plausible place for the device, always the same one."""
    device = kind.placeholders_of(device_id)["device"]
    for name in (device, _stem(device), f"{_stem(device)}_1"):
        if name in PLACES:
            return PLACES[name]
    return _ELSEWHERE[zlib.crc32(device_id.encode()) % len(_ELSEWHERE)]


def _in_turn(kinds: Sequence[Kind], count: int) -> Iterator[Kind]:
    for number in range(count):
        yield kinds[number % len(kinds)]


def _names(kind: str) -> Iterator[str]:
    """Endless names: first those that suit the kind, then the same with numbers."""
    names = _NAMES.get(kind, _ROOMS)
    yield from names
    # A name that ends in a number gets no second one: van_1 goes on as van_3.
    stems = tuple(dict.fromkeys(_stem(name) for name in names))
    for number in count_from(2):
        for stem in stems:
            if f"{stem}_{number}" not in names:
                yield f"{stem}_{number}"


def _stem(name: str) -> str:
    return name.rstrip("0123456789").rstrip("_")


def _device_id(kind: Kind, device: str) -> str:
    """The id with every other placeholder of the topic filled in too."""
    others = {name: f"{name}_1" for name in kind.topic.placeholders}
    return kind.device_id(others | {"device": device})
