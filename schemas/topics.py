"""Topic patterns: how a kind finds its devices among the topics of a broker."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

MAX_TOPIC_BYTES = 65_535

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_FORBIDDEN = re.compile("[/+#\0]")


@dataclass(frozen=True, slots=True)
class TopicPattern:
    """A topic in which `{name}` stands for exactly one whole level, as in `fleet/lamp/{device}/state`.

    `match` and `format` are each other's inverse. A pattern that makes no sense raises `ValueError` with a
    text for its author. Two patterns are equal when their texts are.
    """

    text: str
    placeholders: tuple[str, ...] = field(init=False, compare=False, repr=False)
    levels: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Take the text apart."""
        if not self.text:
            raise ValueError("a topic pattern must not be empty")
        if _utf8_length(self.text) > MAX_TOPIC_BYTES:
            raise ValueError(f"a topic pattern must not be longer than {MAX_TOPIC_BYTES} bytes")
        levels = tuple(self.text.split("/"))
        names: list[str] = []
        for level in levels:
            name = _placeholder(level)
            if name is None:
                _check_literal(self.text, level)
            elif not _NAME.fullmatch(name):
                raise ValueError(f'"{self.text}": a placeholder is named with a-z, 0-9 and _, not {level}')
            elif name in names:
                raise ValueError(f'"{self.text}": {level} stands there twice')
            else:
                names.append(name)
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "placeholders", tuple(names))

    @property
    def subscription(self) -> str:
        """The MQTT topic filter that covers the pattern."""
        return "/".join("+" if is_placeholder(level) else level for level in self.levels)

    def match(self, topic: str) -> dict[str, str] | None:
        """The value of each placeholder, or None where the topic does not fit."""
        levels = topic.split("/")
        if len(levels) != len(self.levels) or _utf8_length(topic) > MAX_TOPIC_BYTES:
            return None
        values: dict[str, str] = {}
        for position, (expected, level) in enumerate(zip(self.levels, levels, strict=True)):
            if is_placeholder(expected):
                if _refusal(level, first=position == 0):
                    return None
                values[expected[1:-1]] = level
            elif expected != level:
                return None
        return values

    def format(self, values: Mapping[str, str]) -> str:
        """The topic with every placeholder filled in.

        Values of other names are left aside. A missing or impossible value raises `ValueError`.
        """
        levels: list[str] = []
        for position, level in enumerate(self.levels):
            if not is_placeholder(level):
                levels.append(level)
                continue
            value = values.get(level[1:-1])
            if value is None:
                raise ValueError(f'"{self.text}": no value is given for {level}')
            refusal = _refusal(value, first=position == 0)
            if refusal:
                raise ValueError(f'"{self.text}": the value of {level} {refusal}')
            levels.append(value)
        topic = "/".join(levels)
        if _utf8_length(topic) > MAX_TOPIC_BYTES:
            raise ValueError(f'"{self.text}": the topic would be longer than {MAX_TOPIC_BYTES} bytes')
        return topic


def is_placeholder(level: str) -> bool:
    """Whether a level of a valid pattern is a placeholder."""
    return level.startswith("{")


def quote_topic(topic: str) -> str:
    """A topic as one word without `/`, fit for an id. Every text has a quoted form."""
    return quote(topic, safe="", errors="surrogatepass")


def unquote_topic(quoted: str) -> str:
    """The topic that `quote_topic` was given."""
    return unquote(quoted, errors="surrogatepass")


def _placeholder(level: str) -> str | None:
    return level[1:-1] if level.startswith("{") and level.endswith("}") else None


def _check_literal(text: str, level: str) -> None:
    if "{" in level or "}" in level:
        raise ValueError(
            f'"{text}": a placeholder must be a whole level, as in a/{{device}}/b, not "{level}"'
        )
    if "+" in level or "#" in level:
        raise ValueError(f'"{text}": write a {{placeholder}} instead of the wildcards + and #')
    if "\0" in level:
        raise ValueError("a topic pattern must not hold a NUL character")


def _refusal(value: str, *, first: bool) -> str | None:
    """Why a text cannot be one level of a topic that a placeholder stands for, or None if it can."""
    if not value:
        return "is empty"
    if _FORBIDDEN.search(value):
        return "holds / or + or # or NUL"
    if first and value.startswith("$"):
        return "starts with $, which is kept for the broker's own topics"
    if not value.isascii() and _utf8_length(value) > MAX_TOPIC_BYTES:
        return "is not valid Unicode"
    return None


def _utf8_length(text: str) -> int:
    """The length in bytes; more than any topic may have where the text holds lone surrogates."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return MAX_TOPIC_BYTES + 1
