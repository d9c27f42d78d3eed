"""A first model of a device, written from messages that no kind claims. Pure."""

import keyword
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Final, cast

from pydantic import AwareDatetime, TypeAdapter
from pydantic_core import from_json

from schemas.catalog import Kinds
from schemas.decode import FUTURE_SECONDS, MAX_PAYLOAD
from schemas.device import Device
from schemas.draft import TAKEN, TRAITS, Declared, Draft, file_of, line
from schemas.flatten import LARGEST_INT, MAX_NAME, SMALLEST_INT
from schemas.guess import Guess, guess, moment_unit, quoted, takes, words_of, written
from schemas.image import Image
from schemas.message import RawMessage
from schemas.picture import bare_picture, glimpse_of
from schemas.topics import TopicPattern
from schemas.traits import Counter, Text, Timestamp, Trait

ONLY_PICTURES = "Only pictures were heard, no JSON: the topic of that is a guess."
MAX_FIELDS = 64
DAY = 86_400.0
"""Seconds by which a device's clock may differ from ours, to be taken for a clock."""
_CONTENT: Final = frozenset(
    ["state", "status", "data", "sensor", "telemetry", "value", "values", "json", "up", "update",
     "attributes",
     "info", "reading", "readings", "measurement", "result", "event", "events", "get", "report", "uplink"]
)  # fmt: skip
"""Last levels that say what is sent, not who sends it."""
_STALE: Final = (30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800)
_KINDS_TAKEN: Final = frozenset({"topic", "device", "unclaimed"})


class Unsuitable(ValueError):
    """No kind can be written from these messages; the text is one line for a person."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A file with a kind: its text, what to call it, and what it claims.

    `topics` are those it was written from, `messages` how many of them it would accept, and `refused` how
    many no kind would.
    """

    kind: str
    file: str
    pattern: str
    text: str
    topics: tuple[str, ...]
    messages: int
    refused: int = 0


def suggest(samples: Sequence[RawMessage], kinds: Kinds, begun: Sequence[RawMessage] = ()) -> Suggestion:
    """A kind that claims the topics of these messages and accepts them. Raises `Unsuitable`.

    The topics have the same number of levels. What of a message no field can hold is left to the extra
    values, and said in a comment. `begun` are pictures of which only the beginning is at hand.
    """
    topics = tuple(dict.fromkeys(sample.topic for sample in (*samples, *begun)))
    pattern, place = _pattern(topics)
    read = [(sample, content) for sample in samples if (content := _content(sample)) is not None]
    pictures = [*begun, *[sample for sample in samples if bare_picture(sample.payload) is not None]]
    if not read and pictures:
        refused = len(samples) + len(begun) - len(pictures)
        return _of_pictures(pictures, pattern, place, refused, kinds)
    if not read:
        raise Unsuitable(
            "a kind is made of messages that are JSON objects with finite numbers, such as "
            '{"temperature": 21.5}, and none of these is one'
        )
    contents = [content for _, content in read]
    keys = list(dict.fromkeys(key for content in contents for key in content))
    values = {key: [c[key] for c in contents if c.get(key) is not None] for key in keys}
    about, own, comments = _about(read, keys, values)
    declared: list[Declared] = []
    for key in keys:
        if key in own:
            continue
        found, why = _guess(key, values[key], len(declared))
        if found is None:
            comments.append(f"{quoted(key[:60])}: {why}")
        else:
            name = _identifier(
                key, {field.name for field in declared} | {other for other in keys if other != key}
            )
            declared.append(Declared(name, key, found, len(values[key]) < len(contents)))
    if not declared:
        if not comments:
            raise Unsuitable("these messages hold no value that a field could be made of")
        # One reason does for all: where there are many, nobody would read the others.
        raise Unsuitable(f"no field of these messages can be declared; {comments[-1]}")
    name = _class_name(pattern, place, kinds)
    refused = len(samples) + len(begun) - len(read)
    stale_after = _stale_after([sample for sample, _ in read])
    text = file_of(Draft(name, pattern.text, stale_after, about, declared, comments, refused))
    kind = "_".join(words_of(name))
    return Suggestion(kind, f"{kind}.py", pattern.text, text, topics, len(read), refused)


def _of_pictures(
    pictures: Sequence[RawMessage], pattern: TopicPattern, place: int, refused: int, kinds: Kinds
) -> Suggestion:
    """A kind whose pictures come on the pattern. What it may say else has a topic beside that."""
    name = _class_name(pattern, place, kinds)
    last = pattern.levels[-1]
    field = _identifier(last if words_of(last) and last[:1] != "{" else "picture", set())
    image = Guess("bytes", Image(topic=pattern.text))
    state = _beside(pattern, kinds)
    draft = Draft(
        name, state, _stale_after(pictures), [], [Declared(field, field, image, optional=True)],
        [ONLY_PICTURES], refused,
    )  # fmt: skip
    kind = "_".join(words_of(name))
    topics = tuple(dict.fromkeys(picture.topic for picture in pictures))
    return Suggestion(kind, f"{kind}.py", pattern.text, file_of(draft), topics, len(pictures), refused)


def _beside(pattern: TopicPattern, kinds: Kinds) -> str:
    """A topic for values in JSON that nothing else has. Raises `Unsuitable`."""
    *above, last = pattern.levels
    levels = [*above, last] if last[:1] == "{" else above
    for name in ("state", "values", *[f"values_{number}" for number in range(2, 100)]):
        text = "/".join([*levels, name])
        try:
            free = TopicPattern(text)
        except ValueError as error:
            raise Unsuitable(f"no pattern can be made of this topic: {error}") from None
        if name != last and kinds.claim(free.format(dict.fromkeys(free.placeholders, "x"))) is None:
            return text
    raise Unsuitable(f"no kind can claim the topic {quoted(pattern.text[:200])}")


def siblings(topic: str, others: Mapping[str, Sequence[RawMessage]]) -> tuple[str, ...]:
    """The topics of others that seem to be of the same kind of device, and the topic itself, sorted.

    They differ from it in one and the same level, and half of the fields that they send are the same.
    """
    levels = topic.split("/")
    mine = _keys(others.get(topic, ()))
    groups: dict[int, list[str]] = {}
    for other, samples in others.items():
        theirs = other.split("/")
        if len(theirs) != len(levels) or other == topic:
            continue
        differing = [at for at, (one, two) in enumerate(zip(levels, theirs, strict=True)) if one != two]
        keys = _keys(samples)
        if len(differing) == 1 and len(mine & keys) * 2 >= len(mine | keys):
            groups.setdefault(differing[0], []).append(other)
    return tuple(sorted([topic, *max(groups.values(), key=len, default=[])]))


def _keys(samples: Iterable[RawMessage]) -> set[str]:
    # A picture has no keys. What it is told by is no key of JSON that a person would write.
    return {
        key
        for sample in samples
        for key in _content(sample) or (() if glimpse_of(sample.payload) is None else ("\0picture",))
    }


def _content(sample: RawMessage) -> dict[str, object] | None:
    """The object that a message is; None for one that every kind would refuse."""
    if len(sample.payload) > MAX_PAYLOAD:
        return None
    try:
        content = from_json(sample.payload)
    except ValueError:
        return None
    return content if isinstance(content, dict) and _is_sound(content) else None


def _is_sound(content: dict[str, object]) -> bool:
    for value in content.values():
        if isinstance(value, dict):
            if not _is_sound(value):
                return False
        elif isinstance(value, float):
            if not math.isfinite(value):
                return False
        elif isinstance(value, int) and not SMALLEST_INT <= value <= LARGEST_INT:
            return False
    return True


def _pattern(topics: Sequence[str]) -> tuple[TopicPattern, int]:
    """With a placeholder where the topics differ, else where a device's name is likely, and where that is."""
    split = [topic.split("/") for topic in topics]
    if len({len(levels) for levels in split}) != 1:
        raise Unsuitable("the topics have different numbers of levels; choose those of one kind of device")
    first, count = split[0], len(split[0])
    open_levels = [at for at in range(count) if len({levels[at] for levels in split}) > 1]
    device = open_levels[-1] if open_levels else _likely(first)
    # A brace cannot stand in a pattern, so that level stays open too.
    open_levels += [at for at in range(count) if "{" in first[at] or "}" in first[at]]
    levels = [f"{{level_{at + 1}}}" if at in open_levels else level for at, level in enumerate(first)]
    levels[device] = "{device}"
    try:
        pattern = TopicPattern("/".join(levels))
    except ValueError as error:
        raise Unsuitable(f"no pattern can be made of this topic: {error}") from None
    for topic in topics:
        if pattern.match(topic) is None:
            raise Unsuitable(f"no kind can claim the topic {quoted(topic[:200])}")
    return pattern, device


def _likely(levels: Sequence[str]) -> int:
    """The level before the last; the last one of two, unless it says what is sent."""
    last = len(levels) - 1
    if last == 1 and levels[1].lower() not in _CONTENT:
        return 1
    return max(0, last - 1)


def _class_name(pattern: TopicPattern, device: int, kinds: Kinds) -> str:
    """After the level that says most: the nearest before the device's name, else one behind it."""
    literal = [
        level for level in pattern.levels[:device][::-1] + pattern.levels[device + 1 :] if level[:1] != "{"
    ]
    likely = [level for level in literal if level.lower() not in _CONTENT] or literal
    for level in likely:
        name = "".join(word.capitalize() for word in words_of(level))[:40].lstrip("0123456789")
        name = name[:1].upper() + name[1:]
        if name:
            break
    else:
        name = "HeardDevice"
    number, base = 1, name
    while kinds.get("_".join(words_of(name))) is not None or _is_taken(name):
        number += 1
        name = f"{base}Kind{number}" if number > 2 else f"{base}Kind"
    return name


def _is_taken(name: str) -> bool:
    return name in TRAITS | TAKEN or name.lower() in _KINDS_TAKEN or keyword.iskeyword(name)


def _about(
    read: Sequence[tuple[RawMessage, dict[str, object]]],
    keys: Sequence[str],
    values: Mapping[str, list[object]],
) -> tuple[list[str], set[str], list[str]]:
    """Lines for what messages say of the device itself, the keys that are settled by it, and comments."""
    lines: list[str] = []
    own: set[str] = set()
    comments: list[str] = []
    for name, (leaf, written_type, trait) in _ABOUT.items():
        if name not in values:
            continue
        if takes(leaf, trait, values[name]) and (name != "time" or _is_clock(read, "time", None)):
            own.add(name)
            continue
        if name == "sequence" and guess(name, values[name]) is not None:
            # Declared under this key, it takes it from the base model by itself.
            continue
        unit = moment_unit(cast(Sequence[float], values[name])) if _numbers(values[name]) else None
        if name == "time" and unit is not None and _is_clock(read, "time", unit):
            lines.append(
                line("time", f"{written_type} | None", [written(Timestamp(unit=unit))], optional=True)
            )
            own.add(name)
            continue
        elsewhere = f"device_{name}"
        while elsewhere in keys:
            elsewhere += "_"
        lines.append(
            line(
                name,
                f"{written_type} | None",
                [written(trait), f"Field(alias={quoted(elsewhere)})"],
                optional=True,
            )
        )
        comments.append(f'"{name}" is none of the device\'s own here; it would come as "{elsewhere}"')
    return lines, own, comments


_ABOUT: Final[Mapping[str, tuple[object, str, Trait]]] = {
    "time": (AwareDatetime, "AwareDatetime", Timestamp()),
    "name": (str, "str", Text(max_length=80)),
    "place": (str, "str", Text(max_length=80)),
    "sequence": (int, "int", Counter(measure="sequence")),
}
"""What the base model says of the device itself."""


def _numbers(values: Sequence[object]) -> bool:
    return bool(values) and all(type(value) in (int, float) for value in values)


def _is_clock(read: Sequence[tuple[RawMessage, dict[str, object]]], key: str, unit: str | None) -> bool:
    """Whether no message says a moment ahead of us; where it is a number, also none long ago."""
    for sample, content in read:
        value = content.get(key)
        if value is None:
            continue
        if unit is None:
            moment = _MOMENT.validate_python(value).timestamp()
        else:
            moment = cast(float, value) / (1000 if unit == "ms" else 1)
            if moment < sample.received_at - DAY:
                return False
        if moment > sample.received_at + FUTURE_SECONDS:
            return False
    return True


_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


def _guess(key: str, values: Sequence[object], count: int) -> tuple[Guess | None, str]:
    """What a field is, or why it is not declared."""
    if not values:
        return None, "it was always null"
    if not key.strip() or len(key) > MAX_NAME:
        return None, "no field can have this name; its values are shown as extra ones"
    if count >= MAX_FIELDS:
        return None, f"left to the extra values, after {MAX_FIELDS} fields"
    names = sorted({_NAMES[type(value)] for value in values})
    if names == ["an object"]:
        example = quoted(f"{key[:30]}.x")
        return None, f"an object; its values are shown as extra ones, under names such as {example}"
    if names == ["a list"]:
        return None, "a list; it is shown as an extra value, as text"
    found = guess(key, values)
    return found, "" if found else f"not always the same ({', '.join(names)}); it is shown as an extra value"


_NAMES: Final = {
    dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number",
    str: "a text",
}  # fmt: skip


def _identifier(key: str, taken: set[str]) -> str:
    """A name for a field, which is neither one of Python's nor of the base model's nor another field's."""
    name = key
    if not (key.isidentifier() and unicodedata.normalize("NFKC", key) == key):
        name = "_".join(words_of(key))
    elif key.isascii():
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
    name = name.strip("_")[:40].strip("_")
    if not name.isidentifier():
        name = f"field_{name}".strip("_")
    base, number = name, 1
    while (
        name in taken
        or keyword.iskeyword(name)
        or hasattr(Device, name)
        or name in Device.model_fields
        or name in _RESERVED
    ):
        number += 1
        name = f"{base}_{number}"
    return name


_RESERVED: Final = TAKEN | TRAITS | {"model_config"}


def _stale_after(samples: Sequence[RawMessage]) -> int | None:
    """Three times the usual silence, None where too few messages tell."""
    by_topic: dict[str, list[float]] = {}
    for sample in samples:
        if not sample.retained:
            by_topic.setdefault(sample.topic, []).append(sample.received_at)
    gaps = [
        later - earlier
        for times in (sorted(times) for times in by_topic.values())
        for earlier, later in pairwise(times)
    ]
    if len(gaps) < 2:
        return None
    silence = 3 * max(median(gaps), max(gaps) / 2)
    return next((seconds for seconds in _STALE if seconds >= silence), None)
