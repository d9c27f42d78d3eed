"""What a field may be, going by the values that were seen: types and traits, the likeliest first. Pure."""

import json
import re
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Final, Literal, NamedTuple, cast

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from schemas.flatten import LARGEST_INT, SMALLEST_INT
from schemas.traits import Binary, Choice, Color, Location, Numeric, Text, Timestamp, Trait

MAX_WORDS = 6
"""Different words of a text that may still be a choice."""
MAX_WORD = 32
PER_WORD = 4
"""Times that each word must have come, on average, before a text is taken for a choice; and each at least
twice, for a choice refuses what it does not name."""
MAX_DECIMALS = 3
ENDLESS: Final = 1.7e308

_UNIT_WORDS: Final = {
    "celsius": "°C", "fahrenheit": "°F", "percent": "%", "pct": "%", "kwh": "kWh", "wh": "Wh", "kw": "kW",
    "mv": "mV", "ma": "mA", "hpa": "hPa", "kpa": "kPa", "mbar": "mbar", "ppm": "ppm", "ppb": "ppb",
    "lux": "lx", "lx": "lx", "dbm": "dBm", "rpm": "rpm", "kmh": "km/h", "hz": "Hz", "khz": "kHz",
    "mhz": "MHz", "kg": "kg", "mm": "mm", "cm": "cm", "km": "km", "ml": "mL", "seconds": "s", "sec": "s",
    "minutes": "min", "litres": "L", "liters": "L", "metres": "m", "meters": "m", "volts": "V", "watts": "W",
    "amps": "A", "degrees": "°",
}  # fmt: skip
_LETTERS: Final[dict[tuple[str, ...], str]] = {
    ("temp", "c"): "°C", ("temperature", "c"): "°C", ("temp", "f"): "°F", ("temperature", "f"): "°F",
    ("power", "w"): "W", ("voltage", "v"): "V", ("current", "a"): "A", ("distance", "m"): "m",
    ("volume", "l"): "L", ("uptime", "s"): "s", ("duration", "s"): "s", ("uptime", "ms"): "ms",
    ("duration", "ms"): "ms",
}  # fmt: skip
"""A letter alone is a unit only after a word that it goes with."""
_SHARES: Final = frozenset({"humidity", "battery"})
"""In percent, where all values are from 0 to 100."""
_WHOLE: Final = frozenset({"count", "counter", "rssi", "linkquality", "lqi", "channel", "port", "index"})
_MOMENTS: Final = frozenset({"time", "timestamp", "ts", "at", "seen", "date", "datetime", "updated"})
_AXES: Final[dict[str, Literal["latitude", "longitude"]]] = {
    "lat": "latitude", "latitude": "latitude", "lon": "longitude", "lng": "longitude", "long": "longitude",
    "longitude": "longitude",
}  # fmt: skip
_SOON, _LATE = 1e9, 4.2e9
"""Unix seconds from 2001 to 2103."""


class Guess(NamedTuple):
    """A type as it is written in a file, its trait, and what is not sure about it."""

    type: str
    trait: Trait
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    type: object
    written: str
    trait: Trait
    doubt: str = ""


def guess(name: str, values: Sequence[object]) -> Guess | None:
    """The first type that takes all these JSON values, none of them null. None if no type does."""
    for candidate in _candidates(words_of(name), values):
        if takes(candidate.type, candidate.trait, values):
            return Guess(candidate.written, candidate.trait, candidate.doubt)
    return None


def takes(leaf: object, trait: Trait, values: Sequence[object]) -> bool:
    """Whether a field of that type would take all these JSON values."""
    config = ConfigDict(strict=True, allow_inf_nan=False, hide_input_in_errors=True)
    adapter = TypeAdapter(cast(type[object], Annotated[leaf, trait]), config=config)
    try:
        for value in values:
            adapter.validate_json(json.dumps(value))
    except (ValidationError, ValueError):
        return False
    return True


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in any notation, small: `batteryLevel_pct` is battery, level and pct."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.findall(r"[a-z0-9]+", apart.lower()))


def written(trait: Trait) -> str:
    """A trait as it is written in a file."""
    given = [
        f"{each.name}={quoted(value) if isinstance(value, str) else value}"
        for each in fields(trait)
        if (value := getattr(trait, each.name)) != each.default or each.default is MISSING
    ]
    return f"{type(trait).__name__}({', '.join(given)})"


def quoted(text: str) -> str:
    """A text as it is written in Python, on one line whatever it holds."""
    return '"' + "".join(_ESCAPED.get(letter) or _printable(letter) for letter in text) + '"'


_ESCAPED: Final = {'"': '\\"', "\\": "\\\\"}


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else repr(letter)[1:-1]


def _candidates(words: Sequence[str], values: Sequence[object]) -> Iterator[_Candidate]:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        yield _Candidate(bool, "bool", Binary())
    elif kinds <= {int, float}:
        yield from _numbers(words, cast(Sequence[float], values), whole=kinds == {int})
    elif kinds == {str}:
        yield from _texts(words, cast(Sequence[str], values))


def _numbers(words: Sequence[str], values: Sequence[float], *, whole: bool) -> Iterator[_Candidate]:
    last = words[-1] if words else ""
    axis = _AXES.get(last)
    if axis is not None:
        yield _Candidate(float, "float", Location(axis=axis))
    if last in _MOMENTS:
        unit = moment_unit(values)
        if unit is not None:
            yield _Candidate(AwareDatetime, "AwareDatetime", Timestamp(unit=unit), "a moment, by its name")
    unit_of = _unit(words, values)
    doubt = "the unit is a guess from the name" if unit_of else ""
    if whole and _WHOLE & set(words):
        yield _Candidate(int, "int", Numeric(unit=unit_of), doubt)
    decimals = max((_decimals(value) for value in values), default=0)
    precision = min(decimals, MAX_DECIMALS) if not whole and len(values) > 2 else None
    yield _Candidate(float, "float", Numeric(unit=unit_of, precision=precision), doubt)
    if whole:
        yield _Candidate(int, "int", Numeric(low=SMALLEST_INT, high=LARGEST_INT))
    yield _Candidate(float, "float", Numeric(low=-ENDLESS, high=ENDLESS))


def moment_unit(values: Sequence[float]) -> Literal["s", "ms"] | None:
    """In what all these numbers count from 1970, if they are of this century: seconds or milliseconds."""
    if all(_SOON <= value < _LATE for value in values):
        return "s"
    return "ms" if all(_SOON * 1000 <= value < _LATE * 1000 for value in values) else None


def _texts(words: Sequence[str], values: Sequence[str]) -> Iterator[_Candidate]:
    yield _Candidate(str, "str", Color())
    if words and words[-1] in _MOMENTS:
        yield _Candidate(AwareDatetime, "AwareDatetime", Timestamp())
    tally = Tally(values)
    few = len(tally) <= MAX_WORDS and len(values) >= PER_WORD * len(tally) and min(tally.values()) > 1
    if few and len(tally) > 1 and all(0 < len(word) <= MAX_WORD for word in tally):
        options = tuple(sorted(tally))
        text = f"Literal[{', '.join(quoted(word) for word in options)}]"
        yield _Candidate(Literal[options], text, Choice(), "other words are refused: add those it may say")
    yield _Candidate(str, "str", Text())
    longest = max(len(value) for value in values)
    yield _Candidate(str, "str", Text(max_length=2 ** longest.bit_length()))


def _unit(words: Sequence[str], values: Sequence[float]) -> str:
    if not words:
        return ""
    unit = _UNIT_WORDS.get(words[-1], "") if len(words) > 1 else ""
    unit = unit or _LETTERS.get(tuple(words[-2:]), "")
    if not unit and words[-1] in _SHARES and all(0 <= value <= 100 for value in values):
        return "%"
    return unit


def _decimals(value: float) -> int:
    text = repr(value)
    return 0 if "e" in text or text.endswith(".0") else len(text.partition(".")[2])
