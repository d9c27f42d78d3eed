"""Topic patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import TopicPattern, quote_topic, unquote_topic

levels = st.text(
    alphabet=st.characters(exclude_characters="/+#{}\0", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda level: not level.startswith("$"))
values = st.text(
    alphabet=st.characters(exclude_characters="/+#\0", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda value: not value.startswith("$"))
patterns = st.lists(levels | st.sampled_from(["{a}", "{b}", "{device}"]), min_size=1, max_size=6).filter(
    lambda parts: all(parts.count(part) == 1 for part in parts if part.startswith("{"))
)


@given(parts=patterns, given_values=st.lists(values, min_size=3, max_size=3))
def test_format_then_match(parts: list[str], given_values: list[str]) -> None:
    """What `format` wrote, `match` reads back."""
    pattern = TopicPattern("/".join(parts))
    expected = dict(zip(pattern.placeholders, given_values, strict=False))
    assert expected == pattern.match(pattern.format(expected))


@given(parts=patterns, topic=st.lists(st.text(max_size=5), max_size=6).map("/".join))
def test_match_then_format(parts: list[str], topic: str) -> None:
    """What `match` read, `format` writes back."""
    pattern = TopicPattern("/".join(parts))
    found = pattern.match(topic)
    if found is not None:
        assert topic == pattern.format(found)


@given(topic=st.text(alphabet=st.characters()))
def test_quoting_round_trips(topic: str) -> None:
    """A quoted topic is one plain word and tells the topic."""
    quoted = quote_topic(topic)
    assert topic == unquote_topic(quoted)
    assert (True, False) == (quoted.isascii(), "/" in quoted)


def test_subscription() -> None:
    """A placeholder becomes the one-level wildcard."""
    pattern = TopicPattern("fleet/{site}/lamp/{device}/state")
    assert ("fleet/+/lamp/+/state", ("site", "device")) == (pattern.subscription, pattern.placeholders)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("a/{device", "whole level"),
        ("a/x{device}", "whole level"),
        ("a/{}", "is named with"),
        ("a/{de vice}", "is named with"),
        ("a/{device}/{device}", "twice"),
        ("a/+/b", "instead of the wildcards"),
        ("a/#", "instead of the wildcards"),
        ("a/\0", "NUL"),
        ("a" * 70_000, "65535 bytes"),
    ],
)
def test_bad_patterns(text: str, part: str) -> None:
    """A pattern that makes no sense is refused in words."""
    with pytest.raises(ValueError, match=part):
        TopicPattern(text)


@pytest.mark.parametrize("value", ["", "a/b", "+", "#", "a\0", "\ud800", "x" * 65_535])
def test_bad_values(value: str) -> None:
    """A value that cannot be one level is refused, so no command can leave its topic."""
    with pytest.raises(ValueError, match="lamp"):
        TopicPattern("lamp/{device}/set").format({"device": value})


def test_a_missing_value() -> None:
    """Every placeholder needs its value."""
    with pytest.raises(ValueError, match="no value"):
        TopicPattern("lamp/{device}/set").format({})


def test_system_topics_are_no_devices() -> None:
    """As in MQTT, a placeholder in front does not stand for the broker's own topics."""
    assert None is TopicPattern("{device}/state").match("$SYS/state")
